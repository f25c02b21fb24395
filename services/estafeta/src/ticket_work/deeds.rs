//! The daily work, one RPC each.

use std::path::Path;

use proto::handover::{self as hand, custodian_service_client::CustodianServiceClient, outcome::Standing};
use proto::line1::{self, service_desk_service_client::ServiceDeskServiceClient};
use proto::ticket::{Channel, Impact, Kind, Language, State, Ticket, Urgency};
use proto::{line2, line3, vendor};
use rpc::{Limits, tuned};
use serde_json::{Map, Value};
use ticket::Line;

use super::connect::{Connected, text_of};
use crate::failure::Failure;
use crate::lines;
use crate::target::Target;
use crate::wire_json;

/// A request to register.
#[derive(Debug, clap::Args)]
pub(super) struct Register {
    /// The request in the client's words.
    #[arg(long)]
    text: String,
    /// What it is about, in one line. Default: the first line of the text.
    #[arg(long, default_value = "")]
    subject: String,
    /// The client, as the organization refers to them.
    #[arg(long)]
    client: String,
    /// The client's name; stays on line 1, like all of the contact.
    #[arg(long, default_value = "")]
    name: String,
    /// The client's e-mail address.
    #[arg(long, default_value = "")]
    email: String,
    /// The client's phone.
    #[arg(long, default_value = "")]
    phone: String,
    /// How it came in.
    #[arg(long, default_value = "phone", value_parser = ["phone", "email", "chat", "messenger", "web-form", "mobile-app", "social-network", "internal-service"])]
    channel: String,
    /// What is asked for.
    #[arg(long, default_value = "question", value_parser = ["incident", "service-request", "question"])]
    kind: String,
    /// In which language the client is answered.
    #[arg(long, default_value = "ru", value_parser = ["ru", "en"])]
    language: String,
    /// A category of the plan; may be set later.
    #[arg(long, default_value = "")]
    category: String,
    /// How much is touched.
    #[arg(long, default_value = "medium", value_parser = ["low", "medium", "high"])]
    impact: String,
    /// How soon it must be dealt with.
    #[arg(long, default_value = "medium", value_parser = ["low", "medium", "high"])]
    urgency: String,
    /// The product.
    #[arg(long, default_value = "")]
    product: String,
    /// The client's surroundings: devices, versions.
    #[arg(long, default_value = "")]
    environment: String,
}

macro_rules! service_desk {
    ($suite:expr) => {
        tuned!(ServiceDeskServiceClient::new($suite.line(Line::ServiceDesk)?), &Limits::default())
    };
}

macro_rules! custodian {
    ($suite:expr, $id:expr) => {
        tuned!(CustodianServiceClient::new($suite.line($suite.custodian($id).await?)?), &Limits::default())
    };
}

pub(super) async fn register(suite: &Connected, given: Register) -> Result<(), Failure> {
    let Register {
        text,
        subject,
        client,
        name,
        email,
        phone,
        channel,
        kind,
        language,
        category,
        impact,
        urgency,
        product,
        environment,
    } = given;
    let request = line1::RegisterRequest {
        request_id: suite.request_id(),
        client,
        contact: Some(line1::Contact { name, email, phone, addresses: Vec::new() }),
        channel: named("CHANNEL", &channel, Channel::from_str_name)? as i32,
        kind: named("KIND", &kind, Kind::from_str_name)? as i32,
        subject,
        text,
        language: if language == "en" { Language::English } else { Language::Russian } as i32,
        category,
        impact: named("IMPACT", &impact, Impact::from_str_name)? as i32,
        urgency: named("URGENCY", &urgency, Urgency::from_str_name)? as i32,
        product,
        environment,
    };
    let answer = service_desk!(suite).register(suite.request(request)).await?.into_inner();
    let people = told(answer.ticket.as_ref(), None);
    suite.print("estafeta.line1.v1.RegisterResponse", &answer, people)
}

pub(super) async fn reply(suite: &Connected, ticket_id: String, text: String) -> Result<(), Failure> {
    let request =
        line1::ReplyRequest { request_id: suite.request_id(), ticket_id, text, clarification_id: String::new() };
    let answer = service_desk!(suite).reply(suite.request(request)).await?.into_inner();
    suite.print("estafeta.line1.v1.ReplyResponse", &answer, told(answer.ticket.as_ref(), None))
}

pub(super) async fn write(
    suite: &Connected,
    ticket_id: String,
    text: String,
    clarification_id: String,
) -> Result<(), Failure> {
    let request = line1::WriteToClientRequest {
        request_id: suite.request_id(),
        ticket_id,
        text,
        clarification_id,
        expected_version: 0,
    };
    let answer = service_desk!(suite).write_to_client(suite.request(request)).await?.into_inner();
    suite.print("estafeta.line1.v1.WriteToClientResponse", &answer, told(answer.ticket.as_ref(), None))
}

pub(super) async fn confirm(suite: &Connected, ticket_id: String) -> Result<(), Failure> {
    let request = line1::ConfirmRequest { request_id: suite.request_id(), ticket_id };
    let answer = service_desk!(suite).confirm(suite.request(request)).await?.into_inner();
    suite.print("estafeta.line1.v1.ConfirmResponse", &answer, told(answer.ticket.as_ref(), None))
}

pub(super) async fn assign(
    suite: &Connected,
    ticket_id: String,
    zone: String,
    assignee: String,
) -> Result<(), Failure> {
    let mut custodian = custodian!(suite, &ticket_id);
    let request =
        hand::AssignRequest { request_id: suite.request_id(), ticket_id, zone, assignee, expected_version: 0 };
    let answer = custodian.assign(suite.request(request)).await?.into_inner();
    suite.print("estafeta.handover.v1.AssignResponse", &answer, told(answer.ticket.as_ref(), None))
}

pub(super) async fn ask(
    suite: &Connected,
    ticket_id: String,
    question: String,
    within_hours: u32,
) -> Result<(), Failure> {
    let mut custodian = custodian!(suite, &ticket_id);
    let request = hand::AskClientRequest {
        request_id: suite.request_id(),
        ticket_id,
        question,
        within_hours,
        expected_version: 0,
    };
    let answer = custodian.ask_client(suite.request(request)).await?.into_inner();
    let people = format!("{}; the question is {}", told(answer.ticket.as_ref(), None), answer.clarification_id);
    suite.print("estafeta.handover.v1.AskClientResponse", &answer, people)
}

pub(super) async fn progress(suite: &Connected, ticket_id: String, text: String) -> Result<(), Failure> {
    let mut custodian = custodian!(suite, &ticket_id);
    let request = hand::CustodianServiceReportProgressRequest {
        request_id: suite.request_id(),
        ticket_id,
        text,
        expected_version: 0,
    };
    let answer = custodian.report_progress(suite.request(request)).await?.into_inner();
    let name = "estafeta.handover.v1.CustodianServiceReportProgressResponse";
    suite.print(name, &answer, told(answer.ticket.as_ref(), None))
}

pub(super) async fn hand_back(
    suite: &Connected,
    ticket_id: String,
    reason: &str,
    asked_for: String,
) -> Result<(), Failure> {
    let reason = named("RETURN_REASON", reason, hand::ReturnReason::from_str_name)? as i32;
    let mut custodian = custodian!(suite, &ticket_id);
    let request = hand::CustodianServiceReturnRequest {
        request_id: suite.request_id(),
        ticket_id,
        reason,
        asked_for,
        expected_version: 0,
    };
    let answer = custodian.r#return(suite.request(request)).await?.into_inner();
    let people = told(answer.ticket.as_ref(), answer.outcome.as_ref());
    suite.print("estafeta.handover.v1.CustodianServiceReturnResponse", &answer, people)
}

pub(super) async fn resolve(suite: &Connected, request: hand::CustodianServiceResolveRequest) -> Result<(), Failure> {
    let mut custodian = custodian!(suite, &request.ticket_id);
    let answer = custodian.resolve(suite.request(request)).await?.into_inner();
    let people = told(answer.ticket.as_ref(), answer.outcome.as_ref());
    suite.print("estafeta.handover.v1.CustodianServiceResolveResponse", &answer, people)
}

pub(super) async fn escalate(
    suite: &Connected,
    ticket_id: String,
    to: Target,
    file: Option<&Path>,
    fields: &[String],
) -> Result<(), Failure> {
    let evidence = evidence_json(file, fields)?;
    let from = suite.custodian(&ticket_id).await?;
    let request_id = suite.request_id();
    let no_way = || Failure::Given(format!("{} does not hand to {to}", Target::of(from)));
    let what = file.map_or_else(|| "--set".to_owned(), |path| path.display().to_string());
    let technical = || wire_json::read::<line2::Evidence>("estafeta.line2.v1.Evidence", &what, &evidence);
    let expert = || wire_json::read::<line3::Evidence>("estafeta.line3.v1.Evidence", &what, &evidence);
    let for_vendor = || wire_json::read::<vendor::Evidence>("estafeta.vendor.v1.Evidence", &what, &evidence);
    let channel = suite.line(from)?;
    match from {
        Line::ServiceDesk => {
            use line1::escalate_request::Evidence;
            let evidence = Some(match to {
                Target::Line2 => Evidence::Technical(technical()?),
                Target::Line3 => Evidence::Expert(expert()?),
                Target::Vendor => Evidence::Vendor(for_vendor()?),
                Target::Line0 | Target::Line1 | Target::Gateway => return Err(no_way()),
            });
            let request = line1::EscalateRequest { request_id, ticket_id, evidence, expected_version: 0 };
            let mut desk = tuned!(ServiceDeskServiceClient::new(channel), &Limits::default());
            let answer = desk.escalate(suite.request(request)).await?.into_inner();
            let people = told(answer.ticket.as_ref(), answer.outcome.as_ref());
            suite.print("estafeta.line1.v1.EscalateResponse", &answer, people)
        }
        Line::Technical => {
            use line2::escalate_request::Evidence;
            let evidence = Some(match to {
                Target::Line3 => Evidence::Expert(expert()?),
                Target::Vendor => Evidence::Vendor(for_vendor()?),
                Target::Line0 | Target::Line1 | Target::Line2 | Target::Gateway => return Err(no_way()),
            });
            let request = line2::EscalateRequest { request_id, ticket_id, evidence, expected_version: 0 };
            let mut technical =
                tuned!(line2::technical_service_client::TechnicalServiceClient::new(channel), &Limits::default());
            let answer = technical.escalate(suite.request(request)).await?.into_inner();
            let people = told(answer.ticket.as_ref(), answer.outcome.as_ref());
            suite.print("estafeta.line2.v1.EscalateResponse", &answer, people)
        }
        Line::Expert => {
            if to != Target::Vendor {
                return Err(no_way());
            }
            let evidence = Some(line3::escalate_request::Evidence::Vendor(for_vendor()?));
            let request = line3::EscalateRequest { request_id, ticket_id, evidence, expected_version: 0 };
            let mut expert =
                tuned!(line3::expert_service_client::ExpertServiceClient::new(channel), &Limits::default());
            let answer = expert.escalate(suite.request(request)).await?.into_inner();
            let people = told(answer.ticket.as_ref(), answer.outcome.as_ref());
            suite.print("estafeta.line3.v1.EscalateResponse", &answer, people)
        }
        Line::SelfService | Line::Vendor => Err(no_way()),
    }
}

/// The evidence as JSON: what the file says, and over it the fields given one by one.
fn evidence_json(file: Option<&Path>, fields: &[String]) -> Result<String, Failure> {
    let mut evidence: Map<String, Value> = match file {
        Some(path) => serde_json::from_str(&text_of(path)?)
            .map_err(|error| Failure::Given(format!("{} holds no JSON object ({error})", path.display())))?,
        None => Map::new(),
    };
    for field in fields {
        let (name, value) =
            field.split_once('=').ok_or_else(|| Failure::Given(format!("--set wants FIELD=VALUE, not `{field}`")))?;
        // Text needs no quotes; lists and messages are JSON.
        let json = serde_json::from_str(value).ok().filter(|value: &Value| value.is_array() || value.is_object());
        evidence.insert(name.to_owned(), json.unwrap_or_else(|| Value::String(value_of(name, value))));
    }
    if evidence.is_empty() {
        return Err(Failure::Given(
            "an escalation needs evidence; give --evidence FILE or --set FIELD=VALUE".to_owned(),
        ));
    }
    Ok(Value::Object(evidence).to_string())
}

/// `impact=high` is short for `impact=IMPACT_HIGH`.
fn value_of(name: &str, value: &str) -> String {
    let prefix = format!("{}_", name.to_uppercase());
    match name {
        "impact" | "urgency" | "mood" if !value.starts_with(&prefix) => format!("{prefix}{}", value.to_uppercase()),
        _ => value.to_owned(),
    }
}

/// What became of it, in a line.
pub(super) fn told(ticket: Option<&Ticket>, outcome: Option<&hand::Outcome>) -> String {
    let mut text = String::new();
    if let Some(ticket) = ticket {
        let facts = ticket.facts.clone().unwrap_or_default();
        let state = ticket.state().as_str_name().trim_start_matches("STATE_");
        text = format!("{} {} {state}, held by {}", facts.ticket_id, facts.number, lines::name(ticket.custodian()));
        if ticket.state() == State::Unspecified {
            text = facts.ticket_id;
        }
    }
    let Some(outcome) = outcome else { return text };
    let to = lines::name(outcome.to());
    match (outcome.standing(), &outcome.declined) {
        (Standing::Accepted, _) => format!("{text}\n{to} has taken it over"),
        (Standing::Pending, _) => {
            format!("{text}\n{to} could not be reached; it will be delivered, nothing more is asked of you")
        }
        (Standing::Declined, Some(declined)) => {
            let missing = declined.missing.join(", ");
            format!("{text}\n{to} turned it down: {:?} {}{missing}", declined.cause(), declined.named)
        }
        (Standing::Declined, None) => format!("{text}\n{to} turned it down"),
        (Standing::Unspecified, _) => text,
    }
}

/// The value `word` of the enum whose names start with `prefix`.
pub(super) fn named<T>(prefix: &str, word: &str, of: impl Fn(&str) -> Option<T>) -> Result<T, Failure> {
    let name = format!("{prefix}_{}", word.to_uppercase().replace('-', "_"));
    of(&name).ok_or_else(|| Failure::Given(format!("`{word}` is not known here")))
}
