//! What each line asks for before it takes a ticket over (invariant 6), one type per hop.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::facts::Channel;
use crate::line::Line;
use crate::priority::{Impact, Mood, Urgency};

/// What comes with an offer, by the line that receives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum Evidence {
    /// 0 → 1.
    ServiceDesk(DeskEvidence),
    /// 1 → 2.
    Technical(TechnicalEvidence),
    /// 2 → 3, and 1 → 3 where there is no line 2.
    Expert(ExpertEvidence),
    /// To the vendor, before redaction.
    Vendor(VendorEvidence),
}

impl Evidence {
    /// The line this evidence is meant for.
    #[must_use]
    pub fn receiver(&self) -> Line {
        match self {
            Self::ServiceDesk(_) => Line::ServiceDesk,
            Self::Technical(_) => Line::Technical,
            Self::Expert(_) => Line::Expert,
            Self::Vendor(_) => Line::Vendor,
        }
    }

    /// The fields among `required` that are empty, in that order.
    #[must_use]
    pub fn missing(&self, required: &[EvidenceField]) -> Vec<EvidenceField> {
        required.iter().copied().filter(|field| field.receiver() == self.receiver() && !self.has(*field)).collect()
    }

    fn has(&self, field: EvidenceField) -> bool {
        use EvidenceField as F;
        match (self, field) {
            (Self::ServiceDesk(e), F::Question) => !e.question.is_empty(),
            (Self::ServiceDesk(e), F::ArticlesOffered) => !e.articles_offered.is_empty(),
            (Self::ServiceDesk(e), F::Conversation) => !e.conversation.is_empty(),
            (Self::Technical(e), F::Category) => !e.category.is_empty(),
            (Self::Technical(e), F::Product) => !e.product.is_empty(),
            (Self::Technical(e), F::Environment) => !e.environment.is_empty(),
            (Self::Technical(e), F::Checklist) => !e.checklist.is_empty(),
            (Self::Technical(e), F::AnswersTried) => !e.answers_tried.is_empty(),
            (Self::Technical(e), F::Zone) => !e.zone.is_empty(),
            (Self::Technical(e), F::ZoneReason) => !e.zone_reason.is_empty(),
            (Self::Technical(e), F::ClientAvailability) => e.client_availability.is_some(),
            (Self::Expert(e), F::Findings) => !e.findings.is_empty(),
            (Self::Expert(e), F::StepsToReproduce) => !e.steps_to_reproduce.is_empty(),
            (Self::Expert(e), F::Attachments) => !e.attachments.is_empty(),
            (Self::Expert(e), F::Sessions) => !e.sessions.is_empty(),
            (Self::Expert(e), F::WhyNotHere) => !e.why_not_here.is_empty(),
            (Self::Vendor(e), F::VendorName) => !e.vendor.is_empty(),
            (Self::Vendor(e), F::VendorProduct) => !e.product.is_empty(),
            (Self::Vendor(e), F::Version) => !e.version.is_empty(),
            (Self::Vendor(e), F::Contract) => !e.contract.is_empty(),
            (Self::Vendor(e), F::Hypothesis) => !e.hypothesis.is_empty(),
            (Self::Vendor(e), F::Reproduction) => !e.reproduction.is_empty(),
            (Self::Vendor(e), F::BusinessImpact) => !e.business_impact.is_empty(),
            (Self::Vendor(e), F::Asked) => !e.asked.is_empty(),
            (Self::ServiceDesk(_) | Self::Technical(_) | Self::Expert(_) | Self::Vendor(_), _) => false,
        }
    }
}

macro_rules! evidence_fields {
    ($($(#[$doc:meta])* $value:ident, $line:ident, $name:literal, $default:literal;)+) => {
        /// A field of evidence that a plan can require. Those that cannot be empty by their type are not listed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum EvidenceField { $($(#[$doc])* #[serde(rename = $name)] $value,)+ }

        impl EvidenceField {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// The field's name, as in the receiver's proto and in plans.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$value => $name),+ }
            }

            /// The line whose evidence has this field.
            #[must_use]
            pub fn receiver(self) -> Line {
                match self { $(Self::$value => Line::$line),+ }
            }

            /// Whether `line` asks for it when the plan says nothing.
            fn by_default(self) -> bool {
                match self { $(Self::$value => $default),+ }
            }
        }
    };
}

evidence_fields! {
    /// The question as asked.
    Question, ServiceDesk, "question", true;
    /// Which articles were offered and why they did not help.
    ArticlesOffered, ServiceDesk, "articles_offered", false;
    /// The conversation so far.
    Conversation, ServiceDesk, "conversation", true;
    /// What the ticket is about, by the plan's categories.
    Category, Technical, "category", true;
    /// The affected product.
    Product, Technical, "product", true;
    /// Where it happens.
    Environment, Technical, "environment", true;
    /// The checklist's run.
    Checklist, Technical, "checklist", true;
    /// What was already answered to the client.
    AnswersTried, Technical, "answers_tried", false;
    /// The zone of responsibility chosen.
    Zone, Technical, "zone", true;
    /// Why that zone.
    ZoneReason, Technical, "zone_reason", true;
    /// When the client can be reached.
    ClientAvailability, Technical, "client_availability", false;
    /// What was diagnosed and ruled out.
    Findings, Expert, "findings", true;
    /// How to see it happen.
    StepsToReproduce, Expert, "steps_to_reproduce", true;
    /// Logs and files.
    Attachments, Expert, "attachments", false;
    /// Remote sessions and visits.
    Sessions, Expert, "sessions", false;
    /// Why the zone cannot solve it.
    WhyNotHere, Expert, "why_not_here", true;
    /// The vendor.
    VendorName, Vendor, "vendor", true;
    /// The vendor's product.
    VendorProduct, Vendor, "vendor_product", true;
    /// Its version.
    Version, Vendor, "version", true;
    /// Serial or contract number.
    Contract, Vendor, "contract", true;
    /// The root cause as suspected.
    Hypothesis, Vendor, "hypothesis", true;
    /// How to see it happen.
    Reproduction, Vendor, "reproduction", true;
    /// What it costs the business.
    BusinessImpact, Vendor, "business_impact", true;
    /// What the vendor is asked to do.
    Asked, Vendor, "asked", true;
}

impl EvidenceField {
    /// What `line` asks for when the plan says nothing (design §3).
    #[must_use]
    pub fn defaults(line: Line) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|field| field.receiver() == line && field.by_default()).collect()
    }
}

/// 0 → 1: what self-service knows when it cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskEvidence {
    /// The question as asked.
    pub question: String,
    /// The articles offered, best first.
    pub articles_offered: Vec<OfferedArticle>,
    /// The conversation so far, oldest first.
    pub conversation: Vec<Turn>,
    /// How the client reached self-service, where it is known.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// What self-service did for the client, or tried to do.
    #[serde(default)]
    pub scenario: Option<ScenarioTried>,
}

/// A scenario that self-service went through with the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioTried {
    /// The scenario's id in the plan.
    pub scenario_id: String,
    /// What the client gave, by field, in the order of their ids.
    pub given: Vec<(String, String)>,
    /// What came of it, for the people of support.
    pub outcome: String,
}

/// An article that was offered and did not help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedArticle {
    /// The article.
    pub article_id: String,
    /// Its title.
    pub title: String,
    /// Why it did not help, in the client's or the machine's words.
    pub why_not: String,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Whether the client said it; otherwise support did.
    pub from_client: bool,
    /// What was said.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// 1 → 2: what the service desk found out and tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TechnicalEvidence {
    /// The category by the plan.
    pub category: String,
    /// How much it touches.
    pub impact: Impact,
    /// How soon it must be dealt with.
    pub urgency: Urgency,
    /// What the client sounds like.
    pub mood: Mood,
    /// The affected product.
    pub product: String,
    /// Where it happens.
    pub environment: String,
    /// The checklist's run, in the order of its steps.
    pub checklist: Vec<StepOutcome>,
    /// What was already answered to the client.
    pub answers_tried: Vec<String>,
    /// The zone of responsibility chosen.
    pub zone: String,
    /// Why that zone.
    pub zone_reason: String,
    /// When the client can be reached.
    pub client_availability: Option<String>,
}

/// How one step of a checklist went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// The step's id in the plan.
    pub step: String,
    /// Passed, failed or skipped.
    pub result: StepResult,
    /// What was seen; for a skipped step, why.
    pub note: String,
}

/// What came out of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepResult {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed,
    /// Not done, with a reason.
    Skipped,
}

/// 2 → 3: what the zone diagnosed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpertEvidence {
    /// What was diagnosed and ruled out.
    pub findings: Vec<Finding>,
    /// How to see it happen.
    pub steps_to_reproduce: String,
    /// Logs and files.
    pub attachments: Vec<AttachmentRef>,
    /// Remote sessions and visits with their outcomes.
    pub sessions: Vec<Session>,
    /// A way around, if one is known.
    pub workaround: Option<String>,
    /// Why the zone cannot solve it.
    pub why_not_here: String,
}

/// One thing that was examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was tried or looked at.
    pub tried: String,
    /// What came out.
    pub result: String,
    /// Whether it rules a cause out rather than in.
    pub ruled_out: bool,
}

/// A file that belongs to a ticket, by reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentRef {
    /// Its name.
    pub name: String,
    /// Where it lies, as the organization's stores name it.
    pub uri: String,
}

/// A remote session or a visit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)] // a record of an earlier release lacks what is new
pub struct Session {
    /// Whether somebody went there; otherwise it was remote.
    pub on_site: bool,
    /// What came out.
    pub outcome: String,
    /// What was done; may be empty.
    pub did: String,
    /// Who did it; may be empty.
    pub by: String,
    /// What it was done with; empty for a visit.
    pub tool: String,
    /// When it began, if that was recorded.
    pub began: Option<Timestamp>,
    /// When it ended, if that was recorded.
    pub ended: Option<Timestamp>,
}

/// To the vendor: what its engineers need. Redacted on the way out, never before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorEvidence {
    /// The vendor's id in the plan.
    pub vendor: String,
    /// Its product.
    pub product: String,
    /// The product's version.
    pub version: String,
    /// Serial or contract number.
    pub contract: String,
    /// The root cause as suspected.
    pub hypothesis: String,
    /// How to see it happen.
    pub reproduction: String,
    /// What it costs the business.
    pub business_impact: String,
    /// What the vendor is asked to do.
    pub asked: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_evidence_is_named_in_the_order_asked() {
        let evidence = Evidence::Expert(ExpertEvidence {
            findings: vec![],
            steps_to_reproduce: "press the button".into(),
            attachments: vec![],
            sessions: vec![],
            workaround: None,
            why_not_here: String::new(),
        });
        let required = EvidenceField::defaults(Line::Expert);
        assert_eq!(evidence.missing(&required), [EvidenceField::Findings, EvidenceField::WhyNotHere]);
        assert_eq!(evidence.missing(&[]), []);
    }

    #[test]
    fn every_receiving_line_asks_for_something() {
        for line in Line::ALL {
            assert_eq!(EvidenceField::defaults(line).is_empty(), line == Line::SelfService, "{line}");
        }
    }
}
