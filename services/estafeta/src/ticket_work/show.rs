//! A ticket's journey as a timeline, and lists of tickets.

use std::fmt::Write as _;

use jiff::Timestamp;
use proto::ticket::{
    GetJourneyRequest, GetJourneyResponse, ListTicketsRequest, State, Stay, Ticket,
    ticket_service_client::TicketServiceClient,
};
use rpc::{Limits, tuned};

use super::connect::Connected;
use crate::failure::Failure;
use crate::lines;
use crate::target::Target;

pub(super) async fn show(suite: &Connected, id: &str) -> Result<(), Failure> {
    let (line, _) = suite.ticket(id).await?;
    let mut tickets = tuned!(TicketServiceClient::new(suite.line(line)?), &Limits::default());
    let request = suite.request(GetJourneyRequest { ticket_id: id.to_owned() });
    let journey = tickets.get_journey(request).await?.into_inner();
    suite.print("estafeta.ticket.v1.GetJourneyResponse", &journey, timeline(&journey))
}

pub(super) async fn list(suite: &Connected, at: Target, state: Option<&str>, limit: i32) -> Result<(), Failure> {
    let line = at.line().ok_or_else(|| Failure::Given("the gateway holds no tickets".to_owned()))?;
    let name = state.map(|state| format!("STATE_{}", state.to_uppercase().replace('-', "_")));
    let state = name.and_then(|name| State::from_str_name(&name)).unwrap_or(State::Unspecified);
    let mut tickets = tuned!(TicketServiceClient::new(suite.line(line)?), &Limits::default());
    let request = ListTicketsRequest { page_size: limit, state: state as i32, ..ListTicketsRequest::default() };
    let page = tickets.list_tickets(suite.request(request)).await?.into_inner();
    let people: Vec<String> = page.tickets.iter().map(row).collect();
    let people = if people.is_empty() { format!("{at} has no such tickets") } else { people.join("\n") };
    suite.print("estafeta.ticket.v1.ListTicketsResponse", &page, people)
}

pub(super) fn row(ticket: &Ticket) -> String {
    let facts = ticket.facts.clone().unwrap_or_default();
    let priority = facts.priority().as_str_name().trim_start_matches("PRIORITY_");
    let state = ticket.state().as_str_name().trim_start_matches("STATE_");
    let holder = lines::name(ticket.custodian());
    let short: String = facts.subject.chars().take(60).collect();
    format!("{}  {:<10} {state:<9} {priority:<9} {holder:<13} {}", facts.ticket_id, facts.number, short)
}

/// The journey for people.
fn timeline(journey: &GetJourneyResponse) -> String {
    let mut text = String::new();
    let ticket = journey.ticket.clone().unwrap_or_default();
    let facts = ticket.facts.clone().unwrap_or_default();
    // Writing to a String does not fail.
    let _ = writeln!(text, "{} {}  {}", facts.ticket_id, facts.number, facts.subject);
    let state = ticket.state().as_str_name().trim_start_matches("STATE_");
    let trace = facts.trace.split('-').nth(1).unwrap_or_default();
    let _ = writeln!(
        text,
        "{state}, held by {}; opened {}; trace {trace}",
        lines::name(ticket.custodian()),
        at(facts.opened_at)
    );
    for stay in &journey.stays {
        let _ = write!(text, "\n{}", held(stay));
        let here = journey.events.iter().filter(|event| event.line == stay.line && event.epoch == stay.epoch);
        for event in here {
            let _ = writeln!(text, "    {}  {:<14} {}", at(event.at), event.actor, event.summary);
        }
    }
    let strays: Vec<_> = journey
        .events
        .iter()
        .filter(|event| !journey.stays.iter().any(|stay| stay.line == event.line && stay.epoch == event.epoch))
        .collect();
    if !strays.is_empty() {
        let _ = writeln!(text, "\nbeside:");
    }
    for event in strays {
        let line = lines::name(event.line());
        let _ = writeln!(text, "    {}  {:<14} {line}: {}", at(event.at), event.actor, event.summary);
    }
    if let Some(resolution) = &ticket.resolution {
        let _ = writeln!(text, "\nsolved by {}: {}", lines::name(resolution.by()), resolution.done);
        let _ = writeln!(text, "    root cause: {}", resolution.root_cause);
    }
    for line in &journey.missing {
        let line = proto::ticket::Line::try_from(*line).unwrap_or_default();
        let _ = writeln!(text, "\n{} could not be asked; its part is missing", lines::name(line));
    }
    text.trim_end().to_owned()
}

fn held(stay: &Stay) -> String {
    let until = stay.until.map_or_else(|| "now".to_owned(), |until| at(Some(until)));
    let why = if stay.why.is_empty() { "unknown" } else { &stay.why };
    let mut text =
        format!("{} (epoch {})  {} to {until}  came by {why}\n", lines::name(stay.line()), stay.epoch, at(stay.from));
    let evidence: Option<serde_json::Value> = serde_json::from_str(&stay.evidence_json).ok();
    if let Some(evidence) = evidence {
        brought(&mut text, &evidence);
    }
    text
}

/// What came along, a field on a line.
fn brought(text: &mut String, evidence: &serde_json::Value) {
    match evidence {
        serde_json::Value::Object(fields) => {
            // Which kind of message it was stands in the headline.
            for (name, value) in fields.iter().filter(|(name, _)| *name != "is" && *name != "to") {
                match value {
                    serde_json::Value::Object(_) => brought(text, value),
                    serde_json::Value::Null => {}
                    serde_json::Value::String(said) => _ = writeln!(text, "    | {name}: {said}"),
                    serde_json::Value::Array(_) | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
                        let _ = writeln!(text, "    | {name}: {value}");
                    }
                }
            }
        }
        other => _ = writeln!(text, "    | {other}"),
    }
}

/// A time as people read it, UTC.
pub(super) fn at(time: Option<prost_types::Timestamp>) -> String {
    let time = time.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
    time.map_or_else(|| "?".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
