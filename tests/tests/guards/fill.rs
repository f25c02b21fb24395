//! Requests made from descriptors: each field gets what its name asks for.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use ticket::{Epoch, HandoverId, Line, TicketId};

/// Some time in the summer before a stage begins, in seconds since 1970.
const EARLIER: i64 = 1_784_000_000;

/// The afternoon after a stage begins.
const TOMORROW: i64 = 1_789_473_600;

/// What a request is filled with.
#[derive(Debug, Clone)]
pub(crate) struct Fill {
    pub(crate) request: String,
    pub(crate) ticket: String,
    /// Another one.
    pub(crate) other: String,
    pub(crate) bond: String,
    pub(crate) message: String,
    pub(crate) clarification: String,
    pub(crate) organization: String,
    /// Who speaks, and to whom.
    pub(crate) from: Line,
    pub(crate) to: Line,
    /// The epoch of a baton or an envelope.
    pub(crate) epoch: u32,
    pub(crate) zone: String,
    pub(crate) category: String,
    pub(crate) step: String,
    pub(crate) vendor: String,
    pub(crate) visit: String,
    pub(crate) view: String,
    pub(crate) attachment: String,
    pub(crate) problem: String,
    pub(crate) article: String,
    pub(crate) incident: String,
    pub(crate) model: String,
    pub(crate) alert: String,
    pub(crate) majeure: String,
    pub(crate) profile: String,
    pub(crate) runbook: String,
    pub(crate) test: String,
    pub(crate) tester: String,
    /// When a visit begins, in seconds since 1970.
    pub(crate) begins: i64,
}

impl Fill {
    /// For the demonstration organization: nobody's ids, from line 1 to line 2.
    pub(crate) fn demo(request: &str) -> Self {
        let nobodys = |prefix: &str| format!("{prefix}_{}", "0".repeat(32));
        Self {
            request: request.to_owned(),
            ticket: nobodys("tkt"),
            other: format!("tkt_{}", "1".repeat(32)),
            bond: nobodys("bnd"),
            message: nobodys("msg"),
            clarification: nobodys("clr"),
            organization: "romashka".to_owned(),
            from: Line::ServiceDesk,
            to: Line::Technical,
            epoch: 2,
            zone: "network".to_owned(),
            category: "no-internet".to_owned(),
            step: "outage".to_owned(),
            vendor: "cloudcore".to_owned(),
            visit: nobodys("vis"),
            view: String::new(),
            attachment: nobodys("att"),
            problem: nobodys("prb"),
            article: "nobodys-article".to_owned(),
            incident: nobodys("mjr"),
            model: "mdl_0000000000000000".to_owned(),
            alert: nobodys("alr"),
            majeure: nobodys("fmj"),
            profile: tests::force_majeure::BACKBONE.to_owned(),
            runbook: nobodys("rbk"),
            test: nobodys("rbt"),
            tester: "a.petrova".to_owned(),
            begins: TOMORROW,
        }
    }

    /// A whole message: each field set that may be, of a choice the first.
    pub(crate) fn whole(&self, of: &MessageDescriptor) -> DynamicMessage {
        let mut message = DynamicMessage::new(of.clone());
        if of.full_name() == "google.protobuf.Timestamp" {
            message.set_field_by_name("seconds", Value::I64(EARLIER));
            return message;
        }
        for field in of.fields() {
            let is_another =
                field.containing_oneof().is_some_and(|choice| choice.fields().next().as_ref() != Some(&field));
            // Pages are asked for whole: what narrows them stays unset.
            let is_asked_for = match field.name() {
                "ticket_id" | "problem_id" | "article_id" | "incident_id" | "question" | "engineer" => true,
                "view_id" => false,
                "client" => of.name() == "SearchOpenTicketsRequest",
                _ => false,
            };
            let narrows = of.get_field_by_name("page_size").is_some() && !is_asked_for;
            // Only who is away comes back at some time.
            let is_until = of.name() == "SetPresenceRequest" && field.name() == "until";
            if !is_another && !narrows && !is_until && field.name() != "returns" {
                let value = self.value(&field);
                message.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
            }
        }
        message
    }

    /// What fits into one field.
    pub(crate) fn value(&self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::String => Value::String(self.text(field)),
            Kind::Enum(_) => Value::EnumNumber(match field.name() {
                "from" | "by" | "line" => self.from as i32 + 1,
                "to" => self.to as i32 + 1,
                _ => 1,
            }),
            Kind::Message(of) => {
                let mut message = self.whole(&of);
                if let Some(at) = match field.name() {
                    "begins" | "until" | "valid_until" => Some(self.begins),
                    "ends" => Some(self.begins + 3_600),
                    _ => None,
                } {
                    message.set_field_by_name("seconds", Value::I64(at));
                }
                Value::Message(message)
            }
            Kind::Uint32 => Value::U32(match (field.name(), field.parent_message().name()) {
                ("epoch", "Hop") => self.epoch.saturating_sub(1),
                ("epoch", _) => self.epoch,
                ("sequence" | "score" | "number" | "messages" | "step", _) => 1,
                _ => 0,
            }),
            Kind::Uint64 if field.name() == "bytes" => Value::U64(1),
            Kind::Bytes => Value::Bytes("a".into()),
            other => Value::default_value(&other),
        }
    }

    fn text(&self, field: &FieldDescriptor) -> String {
        match (field.name(), field.parent_message().name()) {
            // Of the reasons to wait that every plan has.
            ("reason", "HoldRequest") => "vendor".to_owned(),
            ("request_id", _) | ("message_id", "CaseEnvelope") => self.request.clone(),
            ("ticket_id" | "ticket_ids", _) => self.ticket.clone(),
            ("view_id", _) => self.view.clone(),
            ("attachment_id", _) => self.attachment.clone(),
            ("media_type", _) => "text/plain".to_owned(),
            ("sha256", _) => String::new(),
            ("view_ids", _) => "mine".to_owned(),
            ("person", "SetPresenceRequest") | ("group", _) => String::new(),
            ("person", _) => "s.orlova".to_owned(),
            ("assignee", "ReassignRequest") => "i.smirnov".to_owned(),
            // A supervisor may have a ticket of any line.
            ("assignee", "AssignRequest") => "s.orlova".to_owned(),
            ("other_ticket_id", _) => self.other.clone(),
            ("bond_id", _) => self.bond.clone(),
            ("message_id", _) => self.message.clone(),
            ("clarification_id", _) => self.clarification.clone(),
            ("organization", _) => self.organization.clone(),
            ("handover_id", _) => self.handover(),
            ("zone", _) => self.zone.clone(),
            ("category", _) => self.category.clone(),
            ("step", _) => self.step.clone(),
            ("vendor", _) => self.vendor.clone(),
            ("visit_id", _) => self.visit.clone(),
            ("article_id", of) if of.ends_with("ArticleRequest") || of == "ListArticleVersionsRequest" => {
                self.article.clone()
            }
            ("incident_id", _) => self.incident.clone(),
            ("model_id", _) => self.model.clone(),
            ("alert_id", _) => self.alert.clone(),
            ("force_majeure_id", _) => self.majeure.clone(),
            ("profile_id", _) => self.profile.clone(),
            ("problem_id" | "item_id", _) => self.problem.clone(),
            ("runbook_id", _) => self.runbook.clone(),
            ("test_id", _) => self.test.clone(),
            ("tester", _) => self.tester.clone(),
            ("categories", "Guide") => self.category.clone(),
            ("owner", "ProblemStep") => "g.pavlov".to_owned(),
            ("due", "ProblemStep") => "2026-09-15".to_owned(),
            ("template_id", _) => "callback".to_owned(),
            ("field_id", _) => "time".to_owned(),
            ("value", "FieldValue") => "14:30".to_owned(),
            ("senior", _) => "o.kuznetsova".to_owned(),
            ("engineer", _) => "d.volkov".to_owned(),
            ("skills", _) => "оптика".to_owned(),
            ("place", _) => "addr:1".to_owned(),
            ("first_day", _) => "2026-09-15".to_owned(),
            ("address", _) => String::new(),
            ("page_token" | "resume_token" | "forced_owner" | "trace", _) => String::new(),
            ("partner_case_id", _) => "CASE-1".to_owned(),
            (name, _) => format!("что стоит в {name}"),
        }
    }

    /// The id that a handover of the ticket at the epoch has.
    fn handover(&self) -> String {
        match (self.ticket.parse::<TicketId>(), Epoch::new(self.epoch)) {
            (Ok(ticket), Some(epoch)) => HandoverId::of(ticket, epoch).to_string(),
            _ => String::new(),
        }
    }
}
