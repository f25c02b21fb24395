//! What happened to a ticket: the audit trail, the timeline and the source of live streams.

mod clarification;
mod clock;
mod decline;
mod desk;
mod priority;
mod problem;
mod queue;
mod scenario;
mod sorting;
mod technical;
mod visit;

pub use clarification::ClarificationEvent;
pub use clock::{ClockEvent, ClockName, HoldEvent};
pub use decline::Decline;
pub use desk::{ChildStanding, DeskEvent, IncidentNews};
pub use priority::PriorityEvent;
pub use problem::{ProblemNews, ProblemStage};
pub use queue::{QueueEvent, ReleaseReason};
pub use scenario::ScenarioEvent;
pub use sorting::{HeardEvent, Opinion, OpinionOutcome, RuleHeld, Setting, SortingEvent};
pub use technical::{SessionOutcome, TechnicalEvent};
pub use visit::{VisitEvent, VisitNews, VisitState, Window};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::custody::{Passage, WakeReason};
use crate::epoch::Epoch;
use crate::evidence::{Evidence, Finding, StepOutcome};
use crate::facts::Channel;
use crate::ids::{BondId, ClarificationId, HandoverId, OrganizationId, TicketId};
use crate::line::Line;
use crate::link::LinkKind;
use crate::priority::{Impact, Mood, Priority, Urgency};
use crate::resolution::{Resolution, ReturnReason};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Actor {
    /// The client.
    Client,
    /// A person of the organization, by subject.
    Person {
        /// The subject of the person's token.
        subject: String,
    },
    /// A line by itself.
    Line {
        /// Which.
        line: Line,
    },
    /// A vendor's side.
    Partner {
        /// The vendor's id in the plan.
        vendor: String,
    },
}

/// One entry of a line's log about one ticket. Never changed once written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Whose ticket.
    pub organization: OrganizationId,
    /// Which ticket.
    pub ticket: TicketId,
    /// The line whose log this is.
    pub line: Line,
    /// The epoch the ticket had at this line.
    pub epoch: Epoch,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// The trace id (32 hexadecimal digits) of the work that wrote it; empty when not traced.
    pub trace_id: String,
    /// What.
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum EventBody {
    /// A request became a ticket.
    Registered {
        /// How it came in.
        channel: Channel,
    },
    /// Line 0 answered by itself: the record of an automatic decision.
    AutoAnswered {
        /// The article used.
        article: String,
        /// Its score, in thousandths.
        score: u32,
        /// The threshold it had to reach, in thousandths.
        threshold: u32,
        /// The version of the plan that set the threshold.
        plan: String,
    },
    /// Line 0 found no answer it trusts: the record of an automatic decision.
    AutoDeclined {
        /// The best score there was, in thousandths.
        score: u32,
        /// The threshold it had to reach, in thousandths.
        threshold: u32,
        /// The version of the plan that set the threshold.
        plan: String,
    },
    /// Category, impact, urgency or mood were set.
    Triaged {
        /// The category.
        category: String,
        /// The impact.
        impact: Impact,
        /// The urgency.
        urgency: Urgency,
        /// The mood.
        mood: Mood,
        /// What followed by the plan.
        priority: Priority,
    },
    /// It was sorted by itself: the record of an automatic decision.
    Sorted(SortingEvent),
    /// How a message of the client sounds.
    Heard(HeardEvent),
    /// What raises its priority came or went.
    Priority(PriorityEvent),
    /// A step of the checklist was run.
    ChecklistStep {
        /// The step and its outcome.
        outcome: StepOutcome,
    },
    /// Line 0 went on with a scenario.
    Scenario(ScenarioEvent),
    /// The client wrote.
    ClientWrote {
        /// What.
        text: String,
    },
    /// Support wrote to the client.
    WroteToClient {
        /// What.
        text: String,
    },
    /// This line offered the ticket to another.
    Offered {
        /// Which handover.
        handover: HandoverId,
        /// To whom.
        to: Line,
        /// The epoch it would have there.
        epoch: Epoch,
        /// Why custody moves.
        passage: Passage,
    },
    /// The other line took it: the receipt.
    Accepted {
        /// Which handover.
        handover: HandoverId,
        /// By whom.
        by: Line,
        /// The epoch it has there.
        epoch: Epoch,
    },
    /// The other line turned it down; this line holds it again.
    Declined {
        /// Which handover.
        handover: HandoverId,
        /// By whom.
        by: Line,
        /// Why.
        why: Decline,
    },
    /// This line took the ticket over.
    TookOver {
        /// Which handover.
        handover: HandoverId,
        /// From whom.
        from: Line,
        /// What came along.
        with: Brought,
    },
    /// A spent hop budget gave the ticket a named owner.
    OwnerForced {
        /// The supervisor.
        owner: String,
        /// Between this line and which.
        other: Line,
    },
    /// A zone, group or person was put to it.
    Assigned {
        /// The zone.
        zone: Option<String>,
        /// The group.
        group: Option<String>,
        /// The person.
        assignee: Option<String>,
    },
    /// The client is asked something, through line 1.
    ClarificationAsked {
        /// Which question.
        clarification: ClarificationId,
        /// The line that wants to know.
        by: Line,
        /// The question.
        question: String,
    },
    /// Line 1 put the question to the client.
    ClarificationRelayed {
        /// Which question.
        clarification: ClarificationId,
    },
    /// The client's answer.
    ClarificationAnswered {
        /// Which question.
        clarification: ClarificationId,
        /// The answer.
        answer: String,
    },
    /// A question to the client waits for too long.
    Clarification(ClarificationEvent),
    /// Line 2 reviewed the help given, or worked remotely.
    Technical(TechnicalEvent),
    /// A field visit.
    Visit(VisitEvent),
    /// The service desk merged, split, handed to a senior, or kept a file.
    Desk(DeskEvent),
    /// The ticket was put on hold by hand, or the hold ended.
    Hold(HoldEvent),
    /// A clock of the ticket came to a warning, or too far.
    Clock(ClockEvent),
    /// A line tells how it goes.
    Progressed {
        /// Which line.
        by: Line,
        /// What it says.
        text: String,
    },
    /// Line 1 learned that custody moved elsewhere.
    CustodyMoved {
        /// Who holds it.
        to: Line,
        /// At which epoch.
        epoch: Epoch,
    },
    /// Something was examined.
    Diagnosed {
        /// What and with which result.
        finding: Finding,
    },
    /// The root cause was recorded.
    RootCauseRecorded {
        /// What it is.
        cause: String,
        /// How it was found.
        method: String,
    },
    /// What will be done about it.
    ActionPlanned {
        /// The steps, in order.
        steps: Vec<String>,
    },
    /// A case was opened with a vendor.
    BondOpened {
        /// The bond.
        bond: BondId,
        /// The vendor.
        vendor: String,
    },
    /// The vendor's side said or did something.
    PartnerSaid {
        /// The bond.
        bond: BondId,
        /// The verb: `accept`, `reject`, `request-information`, `respond`, `propose-fix`, `close`.
        verb: String,
        /// What it said, with tokens restored.
        text: String,
    },
    /// Something was sent to the vendor's side.
    SentToPartner {
        /// The bond.
        bond: BondId,
        /// What, as it was sent: redacted.
        text: String,
    },
    /// It is solved.
    Resolved {
        /// How.
        resolution: Resolution,
    },
    /// The line was told what solved a ticket that it once held.
    ToldResolution {
        /// How.
        resolution: Resolution,
    },
    /// It is closed.
    Closed {
        /// Whether the client said so.
        confirmed: bool,
    },
    /// The client opened it again.
    Reopened {
        /// Why.
        text: String,
    },
    /// Somebody at the service desk wrote an internal note. What it says stays in the record.
    NoteAdded,
    /// The service desk gave it tags.
    Tagged {
        /// All that it has now.
        tags: Vec<String>,
    },
    /// The service desk tied it to another ticket.
    Linked {
        /// Which.
        other: TicketId,
        /// How this one has to do with it.
        kind: LinkKind,
    },
    /// That link was taken away.
    Unlinked {
        /// From which.
        other: TicketId,
    },
    /// The client said how content they are.
    Rated {
        /// 1 to 5.
        score: u8,
    },
    /// It moved within the line.
    Queue(QueueEvent),
    /// News of the problem behind it.
    Problem(ProblemNews),
    /// A deadline passed and something happened by itself.
    Woke {
        /// Which deadline.
        reason: WakeReason,
    },
}

/// What came along with a baton.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Brought {
    /// Up: the evidence.
    Evidence {
        /// As it was accepted.
        evidence: Box<Evidence>,
    },
    /// Down: why it comes back.
    Return {
        /// The reason.
        reason: ReturnReason,
        /// What is asked for.
        asked_for: String,
    },
    /// To line 1: what solved it.
    Resolution {
        /// How.
        resolution: Resolution,
    },
}

impl From<Evidence> for Brought {
    fn from(evidence: Evidence) -> Self {
        Self::Evidence { evidence: Box::new(evidence) }
    }
}
