//! Going through a scenario with a client: asking, calling the internal service, or handing over with everything that was
//! given. What came of a call is told by `outcome`.

use std::collections::BTreeMap;

use handover::{Change, Refused};
use jiff::SignedDuration;
use jiff::civil::Date;
use plan::{Holds, Scenario, filled};
use proto::line0 as wire;
use proto::line0::reply::Outcome;
use proto::scenario::field_value::Value as Given;
use proto::scenario::{FieldValue, PerformRequest};
use scenarios::{Next, Run, Stage, Value};
use texts::Text;
use ticket::event::ScenarioEvent;
use ticket::{EventBody, Kind, Language, MessageId, Ticket, TicketId, WakeReason};

use crate::ask::{close, reply, resolution, say, wait};
use crate::own::{Talk, Waits};
use crate::rules::hand_over;

/// When nothing was heard of a call for so long, a person takes over: longer than all its tries take, unless the service asks
/// for longer pauses.
const CALL_PATIENCE: SignedDuration = SignedDuration::from_mins(60);

/// The id of the call of a run of a ticket; the service knows a repeat by it.
pub(crate) fn call_of(ticket: TicketId, run: &Run) -> MessageId {
    MessageId::of_step(ticket, "perform", &run.number.to_string())
}

/// Today, where the organization is.
fn today(change: &Change<'_>) -> Date {
    change.plan.profile().time_zone.to_datetime(change.now).date()
}

/// Begins the scenario `id` with what `text` says; within a change that will put both documents.
pub(crate) async fn begin(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    id: &str,
    text: &str,
) -> Result<wire::Reply, Refused> {
    begin_with(change, ticket, talk, id, (text, &BTreeMap::new()), None).await
}

/// The same; `lead` is told before the first question, `brought` is what the scenario before it was told.
pub(crate) async fn begin_with(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    id: &str,
    (text, brought): (&str, &BTreeMap<String, String>),
    lead: Option<String>,
) -> Result<wire::Reply, Refused> {
    let plan = change.plan.clone();
    let number = talk.run.as_ref().map_or(0, |run| run.number) + 1;
    let Some(scenario) = plan.scenario(id) else {
        return give_up(change, ticket, talk, id, "the plan has no such scenario any more").await;
    };
    let (run, next) = Run::begin(scenario, number, text, brought, today(change));
    ticket.facts.kind = Kind::ServiceRequest;
    talk.run = Some(run);
    let version = plan.version().to_string();
    log(change, ticket, ScenarioEvent::Begun { scenario: id.to_owned(), plan: version }).await?;
    go_on(change, ticket, talk, scenario, next, Opening { is_first: lead.is_none(), lead }).await
}

/// Takes in what the client said to what was asked.
pub(crate) async fn hear(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    said: &str,
) -> Result<wire::Reply, Refused> {
    // Since it was decided what to do about it, something else may have been done.
    let Some(mut run) = talk.run.clone() else { return Err(Refused::ConcurrentChange(ticket.facts.id)) };
    let plan = change.plan.clone();
    let Some(scenario) = plan.scenario(&run.scenario) else {
        return give_up(change, ticket, talk, &run.scenario, "the plan has no such scenario any more").await;
    };
    match run.stage {
        Stage::Asking { .. } | Stage::Confirming => {}
        Stage::Working => {
            say_working(change, ticket, talk).await?;
            keep_waiting(change, ticket);
            return working(change, ticket, talk, scenario).await;
        }
        Stage::Over => return Err(Refused::ConcurrentChange(ticket.facts.id)),
    }
    let next = run.hear(scenario, said, today(change));
    talk.run = Some(run);
    go_on(change, ticket, talk, scenario, next, Opening::default()).await
}

/// What stands before a question.
#[derive(Default)]
struct Opening {
    /// Whether the client does not know yet how this goes.
    is_first: bool,
    /// What is told before.
    lead: Option<String>,
}

async fn go_on(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    scenario: &Scenario,
    next: Next,
    opening: Opening,
) -> Result<wire::Reply, Refused> {
    let language = ticket.facts.language;
    match next {
        Next::Ask { field, wrong, anew } => {
            let question = question(scenario, &field, wrong, language);
            let name = scenario.name.in_language(language);
            let text = match (anew, opening.is_first) {
                (true, _) => Text::ScenarioAnew.with(language, &[("question", &question)]),
                (false, true) => Text::ScenarioBegun.with(language, &[("scenario", name), ("question", &question)]),
                (false, false) => question,
            };
            ask(change, ticket, talk, scenario, opening.lead, text).await
        }
        Next::Confirm => {
            let shown = talk.run.as_ref().map(|run| run.shown(scenario, language)).unwrap_or_default();
            let words = scenario.confirm.as_ref().map_or("", |text| text.in_language(language));
            let question = filled(words, |field| shown.get(field).map(String::as_str));
            let text = Text::ScenarioConfirm.with(language, &[("question", &question)]);
            ask(change, ticket, talk, scenario, opening.lead, text).await
        }
        Next::Perform => {
            call(change, ticket, talk, scenario).await?;
            working(change, ticket, talk, scenario).await
        }
        Next::Cancel => {
            end(change, ticket, talk, &scenario.id, "the client does not want it").await?;
            let text = Text::ScenarioCancelled.plain(language).to_owned();
            let told = say(change, ticket, talk, text.clone()).await?;
            close(change, ticket, resolution(scenario.name.in_language(language), &text, "")).await?;
            Ok(reply(Outcome::Answered, told))
        }
        Next::GiveUp => give_up(change, ticket, talk, &scenario.id, "too many values were none").await,
    }
}

/// Asks the client, and waits.
async fn ask(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    scenario: &Scenario,
    lead: Option<String>,
    text: String,
) -> Result<wire::Reply, Refused> {
    let text = lead.map_or_else(|| text.clone(), |lead| format!("{lead}\n\n{text}"));
    let text = wait(change, ticket, talk, Waits::Scenario, text).await?;
    let asked = asked(scenario, talk, ticket.facts.language);
    Ok(wire::Reply { asked, ..reply(Outcome::AskedBack, text) })
}

/// A field's question, or what is said of a wrong value, with what there is to choose from.
fn question(scenario: &Scenario, field: &str, wrong: bool, language: Language) -> String {
    let Some(field) = scenario.field(field) else { return String::new() };
    let words = if wrong { &field.wrong } else { &field.question };
    let mut text = words.in_language(language).to_owned();
    for (place, name) in options(&field.holds, language).iter().enumerate() {
        text.push_str(&format!("\n{}. {name}", place + 1));
    }
    if field.optional { Text::ScenarioOptional.with(language, &[("question", &text)]) } else { text }
}

fn options(holds: &Holds, language: Language) -> Vec<String> {
    match holds {
        Holds::Choice { options } => {
            options.iter().map(|option| option.name.in_language(language).to_owned()).collect()
        }
        Holds::Text { .. } | Holds::Number { .. } | Holds::Date { .. } | Holds::Email | Holds::Phone | Holds::YesNo => {
            Vec::new()
        }
    }
}

/// What the client was asked for; none when it is nothing of a scenario.
pub(crate) fn asked(scenario: &Scenario, talk: &Talk, language: Language) -> Option<wire::AskedField> {
    let run = talk.run.as_ref()?;
    let scenario_id = run.scenario.clone();
    match &run.stage {
        Stage::Asking { field } => {
            let field = scenario.field(field)?;
            Some(wire::AskedField {
                scenario_id,
                field_id: field.id.clone(),
                kind: field.holds.name().to_owned(),
                options: options(&field.holds, language),
                is_optional: field.optional,
            })
        }
        Stage::Confirming => {
            Some(wire::AskedField { scenario_id, kind: "confirmation".to_owned(), ..wire::AskedField::default() })
        }
        Stage::Working | Stage::Over => None,
    }
}

/// Puts the call into the outbox. The client is told only when it is not answered at once.
async fn call(change: &Change<'_>, ticket: &mut Ticket, talk: &mut Talk, scenario: &Scenario) -> Result<(), Refused> {
    let Some(run) = &talk.run else { return Ok(()) };
    let call = call_of(ticket.facts.id, run);
    let given = scenario.fields.iter().filter_map(|field| {
        let value = match run.values.get(&field.id)?.clone() {
            Value::Text(words) => Given::Text(words),
            Value::Number(number) => Given::Number(number),
            Value::Date(day) => Given::Date(day.to_string()),
            Value::Choice(id) => Given::Choice(id),
            Value::Email(address) => Given::Email(address),
            Value::Phone(number) => Given::Phone(number),
            Value::YesNo(yes) => Given::YesNo(yes),
        };
        Some(FieldValue { field_id: field.id.clone(), value: Some(value) })
    });
    let request = PerformRequest {
        request_id: call.to_string(),
        organization: change.organization().to_string(),
        scenario: scenario.id.clone(),
        ticket_id: ticket.facts.id.to_string(),
        client: ticket.facts.client.clone(),
        language: handover::wire::enums::to_language(ticket.facts.language),
        fields: given.collect(),
    };
    let fields = run.values.iter().map(|(field, value)| (field.clone(), value.to_string())).collect();
    let (id, service) = (scenario.id.clone(), scenario.service.clone());
    let plan = change.plan.version().to_string();
    log(change, ticket, ScenarioEvent::Called { scenario: id, service, call, fields, plan }).await?;
    change.send_service(ticket, call, &scenario.service, &request).await?;
    talk.told_working = false;
    keep_waiting(change, ticket);
    Ok(())
}

fn keep_waiting(change: &Change<'_>, ticket: &mut Ticket) {
    ticket.wake = Some(change.wake_in(CALL_PATIENCE, WakeReason::BotDeadline));
    ticket.changed_at = change.now;
}

async fn working(
    change: &Change<'_>,
    ticket: &Ticket,
    talk: &Talk,
    scenario: &Scenario,
) -> Result<wire::Reply, Refused> {
    let language = ticket.facts.language;
    let text = Text::ScenarioWorking.with(language, &[("scenario", scenario.name.in_language(language))]);
    let call_id = talk.run.as_ref().map(|run| call_of(ticket.facts.id, run).to_string()).unwrap_or_default();
    let text = change.as_told_now(language, text).await?;
    Ok(wire::Reply { call_id, ..reply(Outcome::Working, text) })
}

/// Tells the client that the service is at it.
pub(crate) async fn say_working(change: &Change<'_>, ticket: &Ticket, talk: &mut Talk) -> Result<(), Refused> {
    let language = ticket.facts.language;
    let id = talk.run.as_ref().map(|run| run.scenario.clone()).unwrap_or_default();
    let name = change.plan.scenario(&id).map_or(id.as_str(), |scenario| scenario.name.in_language(language));
    talk.told_working = true;
    say(change, ticket, talk, Text::ScenarioWorking.with(language, &[("scenario", name)])).await.map(|_| ())
}

/// The run is over, without the service.
async fn end(change: &Change<'_>, ticket: &Ticket, talk: &mut Talk, id: &str, why: &str) -> Result<(), Refused> {
    if let Some(run) = &mut talk.run {
        run.stage = Stage::Over;
        why.clone_into(&mut run.outcome);
    }
    let (scenario, why, plan) = (id.to_owned(), why.to_owned(), change.plan.version().to_string());
    log(change, ticket, ScenarioEvent::Ended { scenario, why, plan }).await
}

/// Hands over to line 1 what line 0 cannot do, with everything that was given.
pub(crate) async fn give_up(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    id: &str,
    why: &str,
) -> Result<wire::Reply, Refused> {
    end(change, ticket, talk, id, why).await?;
    let language = ticket.facts.language;
    let name = change.plan.scenario(id).map_or(id, |scenario| scenario.name.in_language(language)).to_owned();
    let greeting = change.greeting(language).await?;
    let text = Text::ScenarioHandedOver.with(language, &[("greeting", &greeting), ("scenario", &name)]);
    let text = say(change, ticket, talk, text).await?;
    talk.waits = None;
    let outcome = hand_over(change, ticket, talk).await?;
    Ok(wire::Reply { handover: Some(outcome), ..reply(Outcome::HandedOver, text) })
}

pub(crate) async fn log(change: &Change<'_>, ticket: &Ticket, event: ScenarioEvent) -> Result<(), Refused> {
    change.log(ticket, EventBody::Scenario(event)).await
}
