//! Triage and the checklist of the category: what line 1 finds out before it answers or hands up.

use handover::wire::{Reader, enums, evidence, record};
use handover::{Desk, Order, Refused};
use plan::{Checklist, Plan, Way};
use proto::line1::{
    ChecklistStep, GetChecklistResponse, RecordStepRequest, RecordStepResponse, TriageRequest, TriageResponse,
};
use rpc::Caller;
use ticket::evidence::{StepOutcome, StepResult};
use ticket::field::LINE_BYTES_MAX;
use ticket::{EventBody, Impact, Mood, Ticket, TicketId, Urgency};

use crate::own::Home;

pub(crate) async fn triage(desk: &Desk, caller: &Caller, request: TriageRequest) -> Result<TriageResponse, Refused> {
    let order = Order::of(caller, "Triage", &request.request_id, &request)?.expecting(request.expected_version);
    let TriageRequest {
        request_id: _,
        ticket_id,
        category,
        impact,
        urgency,
        mood,
        product,
        environment,
        kind,
        expected_version: _,
    } = request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let category = reader.text("category", &category, LINE_BYTES_MAX);
    let impact = enums::impact(&mut reader, "impact", impact, true).unwrap_or(Impact::Medium);
    let urgency = enums::urgency(&mut reader, "urgency", urgency, true).unwrap_or(Urgency::Medium);
    let mood = enums::mood(&mut reader, "mood", mood, true).unwrap_or(Mood::Neutral);
    let product = reader.optional("product", &product, LINE_BYTES_MAX);
    let kind = enums::kind(&mut reader, "kind", kind, false);
    let environment = reader.optional("environment", &environment, LINE_BYTES_MAX);
    let id = reader.finish(id)?;
    desk.change(&order, id, "triage", move |change| {
        Box::pin(async move {
            if change.plan.category(&category).is_none() {
                return Err(Refused::CategoryUnknown(category));
            }
            let (mut ticket, read) = change.ticket(id).await?;
            ticket.may_work("triage").map_err(Refused::state(id))?;
            let facts = &mut ticket.facts;
            (facts.impact, facts.urgency, facts.mood) = (impact, urgency, mood);
            facts.reckon(change.plan.priority(impact, urgency));
            let priority = facts.priority;
            facts.category = Some(category.clone());
            facts.product = product.or(facts.product.take());
            facts.environment = environment.or(facts.environment.take());
            facts.kind = kind.unwrap_or(facts.kind);
            ticket.wake = Some(change.queue_wake(&ticket));
            ticket.changed_at = change.now;
            change.log(&ticket, EventBody::Triaged { category, impact, urgency, mood, priority }).await?;
            change.align_with_force_majeure(&mut ticket).await?;
            let version = change.put(&ticket, Some(read)).await?;
            let mut home: Home = change.work.own(change.organization(), id).await?;
            home.triaged = true;
            change.work.put_own(change.organization(), id, &home).await?;
            let checklist = steps(&change.plan, &ticket, &home);
            Ok(TriageResponse { ticket: Some(record::to_ticket(&ticket, version.number())), checklist })
        })
    })
    .await
}

pub(crate) async fn record_step(
    desk: &Desk,
    caller: &Caller,
    request: RecordStepRequest,
) -> Result<RecordStepResponse, Refused> {
    let order = Order::of(caller, "RecordStep", &request.request_id, &request)?.expecting(request.expected_version);
    let RecordStepRequest { request_id: _, ticket_id, outcome, expected_version: _ } = request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let outcome = reader.given("outcome", outcome).and_then(|given| evidence::step(&mut reader, "outcome", given));
    let (id, outcome) = reader.finish(id.zip(outcome))?;
    desk.change(&order, id, "record a step", move |change| {
        Box::pin(async move {
            let (mut ticket, read) = change.ticket(id).await?;
            ticket.may_work("record a step of").map_err(Refused::state(id))?;
            let mut home: Home = change.work.own(change.organization(), id).await?;
            allowed(&change.plan, &ticket, &home, &outcome)?;
            match home.checklist.iter_mut().find(|known| known.step == outcome.step) {
                Some(known) => known.clone_from(&outcome),
                None => home.checklist.push(outcome.clone()),
            }
            change.work.put_own(change.organization(), id, &home).await?;
            change.log(&ticket, EventBody::ChecklistStep { outcome }).await?;
            let checklist = steps(&change.plan, &ticket, &home);
            let version = change.touch(&mut ticket, read).await?;
            Ok(RecordStepResponse { ticket: Some(record::to_ticket(&ticket, version.number())), checklist })
        })
    })
    .await
}

/// The step must be gone through already or come next, and be skipped only where the plan allows that, with a reason.
fn allowed(plan: &Plan, ticket: &Ticket, home: &Home, outcome: &StepOutcome) -> Result<(), Refused> {
    let refused = |why: &str| Err(Refused::StepRefused { step: outcome.step.clone(), why: why.to_owned() });
    let Some(category) = &ticket.facts.category else {
        return refused("the ticket has no category yet; triage it first");
    };
    let Some(checklist) = plan.checklist_for(category) else {
        return refused("the ticket's category has no checklist");
    };
    let Some(step) = checklist.steps.iter().find(|step| step.id == outcome.step) else {
        return refused("the checklist of the ticket's category has no such step");
    };
    let way = way(checklist, home);
    if !way.gone.iter().chain(&way.next).any(|on_the_way| on_the_way.id == step.id) {
        let next =
            way.next.map_or("the checklist is at its end".to_owned(), |next| format!("next comes `{}`", next.id));
        return refused(&format!("its turn has not come: {next}"));
    }
    match outcome.result {
        StepResult::Skipped if !step.may_skip => refused("the plan does not allow to skip it"),
        StepResult::Skipped if outcome.note.is_empty() => refused("say in the note why it is skipped"),
        StepResult::Passed | StepResult::Failed | StepResult::Skipped => Ok(()),
    }
}

fn way<'c>(checklist: &'c Checklist, home: &Home) -> Way<'c> {
    checklist.way(|step| home.checklist.iter().find(|outcome| outcome.step == step).map(|outcome| outcome.result))
}

fn of_ticket<'p>(plan: &'p Plan, ticket: &Ticket) -> Option<&'p Checklist> {
    plan.checklist_for(ticket.facts.category.as_deref()?)
}

/// What came out of each step on the way through the branches, in its order: evidence for the next line.
pub(crate) fn run(plan: &Plan, ticket: &Ticket, home: &Home) -> Vec<StepOutcome> {
    let Some(checklist) = of_ticket(plan, ticket) else { return Vec::new() };
    let gone = way(checklist, home).gone.into_iter();
    gone.filter_map(|step| home.checklist.iter().find(|outcome| outcome.step == step.id)).cloned().collect()
}

/// How the checklist of the ticket's category stands.
pub(crate) fn standing(plan: &Plan, ticket: &Ticket, home: &Home) -> GetChecklistResponse {
    let way = of_ticket(plan, ticket).map(|checklist| way(checklist, home));
    let ids = |way: &Way<'_>| way.gone.iter().map(|step| step.id.clone()).collect();
    GetChecklistResponse {
        steps: steps(plan, ticket, home),
        way: way.as_ref().map(ids).unwrap_or_default(),
        next_step: way.as_ref().and_then(|way| way.next).map(|step| step.id.clone()).unwrap_or_default(),
        is_complete: way.is_some_and(|way| way.next.is_none()),
    }
}

/// The checklist of the ticket's category with what was recorded so far, in the organization's language.
fn steps(plan: &Plan, ticket: &Ticket, home: &Home) -> Vec<ChecklistStep> {
    let language = plan.profile().language;
    let steps = of_ticket(plan, ticket).map(|checklist| checklist.steps.as_slice()).unwrap_or_default();
    let outcome = |id: &str| home.checklist.iter().find(|outcome| outcome.step == id).cloned();
    steps
        .iter()
        .map(|step| ChecklistStep {
            step: step.id.clone(),
            text: step.text.in_language(language).to_owned(),
            expected: step.expected.in_language(language).to_owned(),
            may_skip: step.may_skip,
            outcome: outcome(&step.id).map(evidence::to_step),
        })
        .collect()
}
