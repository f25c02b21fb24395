//! What came of a call of an internal service: told to the client, or to line 1 where a person has the request meanwhile.

use std::collections::BTreeMap;

use handover::{Change, Refused, ticket_of};
use plan::{Scenario, filled};
use prost::Message;
use proto::line0 as wire;
use proto::line0::reply::Outcome;
use proto::scenario::perform_response::Outcome as Answer;
use proto::scenario::{Done, PerformRequest, PerformResponse, ToldField};
use scenarios::Stage;
use store::Outgoing;
use texts::Text;
use ticket::event::ScenarioEvent;
use ticket::{Custody, Language, State, Ticket};

use crate::ask::{close, reply, resolution, say};
use crate::own::{Performed, Talk};
use crate::scenario::{begin_with, call_of, give_up, log};

/// Records what the service answered, and goes on: within the transaction that takes the call out of the outbox.
pub(crate) async fn performed(change: &Change<'_>, message: &Outgoing, answer: PerformResponse) -> Result<(), Refused> {
    let (mut ticket, read) = change.ticket(ticket_of(message)?).await?;
    let mut talk: Talk = change.work.own(change.organization(), ticket.facts.id).await?;
    let id = PerformRequest::decode(message.payload.as_slice()).map(|request| request.scenario).unwrap_or_default();
    let is_awaited = matches!(ticket.custody, Custody::Held)
        && matches!(ticket.state, State::Open | State::OnHold { .. })
        && talk
            .run
            .as_ref()
            .is_some_and(|run| run.stage == Stage::Working && call_of(ticket.facts.id, run) == message.id);
    let event = match &answer.outcome {
        Some(Answer::Done(done)) => ScenarioEvent::Done { scenario: id.clone(), call: message.id, fields: told(done) },
        Some(Answer::Refused(refusal)) => {
            ScenarioEvent::Refused { scenario: id.clone(), call: message.id, reason: refusal.reason.clone() }
        }
        Some(Answer::NotNow(_)) | None => {
            ScenarioEvent::Ended { scenario: id.clone(), why: why(&answer), plan: change.plan.version().to_string() }
        }
    };
    if !is_awaited {
        // A person has the request meanwhile, and has to know.
        return late(change, &ticket, &mut talk, message, event, &id).await;
    }
    let reply = match answer.outcome {
        Some(Answer::Done(done)) => {
            log(change, &ticket, event).await?;
            tell_done(change, &mut ticket, &mut talk, &id, &told(&done)).await?
        }
        Some(Answer::Refused(refusal)) => {
            log(change, &ticket, event).await?;
            tell_refused(change, &mut ticket, &mut talk, &id, &refusal.reason).await?
        }
        Some(Answer::NotNow(_)) | None => {
            let why = format!("{} (call {}; it may have been done all the same)", why(&answer), message.id);
            give_up(change, &mut ticket, &mut talk, &id, &why).await?
        }
    };
    let wire::Reply { outcome, text, handover, .. } = reply;
    let handover = handover.map(|outcome| outcome.encode_to_vec());
    talk.performed = Some(Performed { call: message.id, outcome, text, handover });
    change.put_with(&ticket, Some(read), &talk).await?;
    Ok(())
}

fn told(done: &Done) -> BTreeMap<String, String> {
    done.fields.iter().map(|ToldField { field_id, text }| (field_id.clone(), text.clone())).collect()
}

fn why(answer: &PerformResponse) -> String {
    match &answer.outcome {
        Some(Answer::NotNow(not_now)) => format!("the service did not do it: {}", not_now.reason),
        Some(Answer::Done(_) | Answer::Refused(_)) | None => "the service did not do it".to_owned(),
    }
}

async fn tell_done(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    id: &str,
    fields: &BTreeMap<String, String>,
) -> Result<wire::Reply, Refused> {
    let (plan, language) = (change.plan.clone(), ticket.facts.language);
    let Some(scenario) = plan.scenario(id) else {
        return give_up(change, ticket, talk, id, "it was done; the plan has no such scenario any more").await;
    };
    let mut shown = over(talk, scenario, language, "done");
    // What the service was to tell and did not is a dash, like a field that was left out.
    let told = |field: &String| fields.get(field).filter(|value| !value.is_empty()).map_or("—", String::as_str);
    shown.extend(scenario.reply.iter().map(|field| (field.clone(), told(field).to_owned())));
    let text = filled(scenario.done.in_language(language), |field| shown.get(field).map(String::as_str));
    match &scenario.then {
        Some(next) => {
            // One message to the client: what there is, and whether it is wanted.
            Box::pin(begin_with(change, ticket, talk, next, ("", fields), Some(text))).await
        }
        None => answered(change, ticket, talk, scenario, text).await,
    }
}

async fn tell_refused(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    id: &str,
    reason: &str,
) -> Result<wire::Reply, Refused> {
    let (plan, language) = (change.plan.clone(), ticket.facts.language);
    let Some(scenario) = plan.scenario(id) else {
        return give_up(change, ticket, talk, id, "it was refused; the plan has no such scenario any more").await;
    };
    let mut shown = over(talk, scenario, language, &format!("refused: {reason}"));
    shown.insert("reason".to_owned(), if reason.is_empty() { "—".to_owned() } else { reason.to_owned() });
    let text = match &scenario.refused {
        Some(words) => filled(words.in_language(language), |field| shown.get(field).map(String::as_str)),
        None => Text::ScenarioRefused.with(language, &[("reason", &shown["reason"])]),
    };
    answered(change, ticket, talk, scenario, text).await
}

/// Ends the run with this outcome; what it knows, as the client reads it.
fn over(talk: &mut Talk, scenario: &Scenario, language: Language, outcome: &str) -> BTreeMap<String, String> {
    let Some(run) = &mut talk.run else { return BTreeMap::new() };
    run.stage = Stage::Over;
    outcome.clone_into(&mut run.outcome);
    run.shown(scenario, language)
}

async fn answered(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    scenario: &Scenario,
    text: String,
) -> Result<wire::Reply, Refused> {
    let text = Text::Answered.with(ticket.facts.language, &[("answer", &text)]);
    let told = say(change, ticket, talk, text.clone()).await?;
    close(change, ticket, resolution(scenario.name.in_language(ticket.facts.language), &text, "")).await?;
    Ok(reply(Outcome::Answered, told))
}

/// What came of a call whose request is not line 0's to answer any more goes to line 1.
async fn late(
    change: &Change<'_>,
    ticket: &Ticket,
    talk: &mut Talk,
    message: &Outgoing,
    event: ScenarioEvent,
    id: &str,
) -> Result<(), Refused> {
    let outcome = match &event {
        ScenarioEvent::Done { fields, .. } => {
            let fields: Vec<String> = fields.iter().map(|(field, value)| format!("{field}: {value}")).collect();
            format!("done; {}", fields.join(", "))
        }
        ScenarioEvent::Refused { reason, .. } => format!("refused: {reason}"),
        ScenarioEvent::Ended { why, .. } => why.clone(),
        ScenarioEvent::Begun { .. } | ScenarioEvent::Called { .. } => String::new(),
    };
    log(change, ticket, event).await?;
    if let Some(run) = talk.run.as_mut().filter(|run| call_of(ticket.facts.id, run) == message.id) {
        run.stage = Stage::Over;
        run.outcome.clone_from(&outcome);
        change.work.put_own(change.organization(), ticket.facts.id, talk).await?;
    }
    if matches!(ticket.custody, Custody::Held) {
        return Ok(());
    }
    let language = change.plan.profile().language;
    let name = change.plan.scenario(id).map_or(id, |scenario| scenario.name.in_language(language));
    let text = Text::ScenarioLate.with(language, &[("scenario", name), ("outcome", &outcome)]);
    handover::report(change, ticket, text, &message.id.to_string()).await
}
