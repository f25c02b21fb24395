//! `DecisionService`: what was decided without a person, read from the log.

use proto::ticket as wire;
use proto::ticket::decision_service_server::DecisionService;
use store::{DecisionEvents, DecisionsWanted};
use ticket::event::{HeardEvent, Opinion, OpinionOutcome, PriorityEvent, QueueEvent, ScenarioEvent, SortingEvent};
use ticket::{Event, EventBody, Raise, TicketId};
use tonic::{Request, Response, Status, async_trait};
use wire::DecisionKind as Kind;
use wire::DecisionOutcome as Outcome;

use crate::caller::answer;
use crate::desk::Desk;
use crate::reading::page_size;
use crate::refused::Refused;
use crate::wire::{Reader, instant, to_instant};

/// Serves `DecisionService`.
#[derive(Debug, Clone)]
pub struct Decisions(pub Desk);

#[async_trait]
impl DecisionService for Decisions {
    async fn list_decisions(
        &self,
        request: Request<wire::ListDecisionsRequest>,
    ) -> Result<Response<wire::ListDecisionsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListDecisionsRequest { ticket_id, kind, since, until, page_size: size, page_token } = request;
            let size = page_size(size)?;
            let mut reader = Reader::default();
            let ticket = if ticket_id.is_empty() { None } else { reader.id::<TicketId>("ticket_id", &ticket_id) };
            let kind = Kind::try_from(kind).unwrap_or_else(|_| {
                reader.wrong("kind", "is no kind of decision");
                Kind::Unspecified
            });
            let mut at = |name, at: Option<_>| at.and_then(|at| to_instant(&mut reader, name, Some(at)));
            let (since, until) = (at("since", since), at("until", until));
            reader.finish(Some(()))?;
            if let Some(ticket) = ticket {
                self.0.find(&caller.organization, ticket).await?;
            }
            let after = (!page_token.is_empty()).then(|| page_token.parse()).transpose();
            let after = after.map_err(|_| Refused::PageToken)?;
            let wanted = DecisionsWanted { ticket, since, until, after };
            let events = self.0.store().decisions(&caller.organization, events_of(kind), &wanted, size).await?;
            let is_last = events.len() < size as usize;
            let next = events.last().map(|(place, _)| place.to_string()).filter(|_| !is_last);
            let decisions = events.iter().flat_map(|(_, event)| of(event));
            let decisions = decisions.filter(|one| kind == Kind::Unspecified || one.kind() == kind).collect();
            Ok(wire::ListDecisionsResponse { decisions, next_page_token: next.unwrap_or_default() })
        })
        .await
    }
}

/// Which events tell of decisions of a kind.
fn events_of(kind: Kind) -> &'static [DecisionEvents] {
    match kind {
        Kind::Unspecified => &DecisionEvents::ALL,
        Kind::Answer => &[DecisionEvents::Answered, DecisionEvents::Declined],
        Kind::Sorting => &[DecisionEvents::Sorted],
        Kind::Priority => &[DecisionEvents::Priority],
        Kind::Mood | Kind::Profile => &[DecisionEvents::Heard],
        Kind::Assignee => &[DecisionEvents::Queue],
        Kind::Scenario => &[DecisionEvents::Scenario],
    }
}

/// The decisions that an event tells of.
fn of(event: &Event) -> Vec<wire::Decision> {
    let one = |kind: Kind, field: &str, value: &str, plan: &str| wire::Decision {
        ticket_id: event.ticket.to_string(),
        kind: kind.into(),
        at: Some(instant(event.at)),
        field: field.to_owned(),
        value: value.to_owned(),
        outcome: Outcome::Done.into(),
        plan: plan.to_owned(),
        trace_id: event.trace_id.clone(),
        ..wire::Decision::default()
    };
    match &event.body {
        EventBody::AutoAnswered { article, score, threshold, plan } => {
            let (score, threshold) = (signed(*score), signed(*threshold));
            vec![wire::Decision { score, threshold, ..one(Kind::Answer, "answer", article, plan) }]
        }
        EventBody::AutoDeclined { score, threshold, plan } => {
            let (score, threshold, outcome) = (signed(*score), signed(*threshold), Outcome::Declined.into());
            vec![wire::Decision { score, threshold, outcome, ..one(Kind::Answer, "answer", "", plan) }]
        }
        EventBody::Sorted(SortingEvent::ByRules { rules, settings, plan, .. }) => settings
            .iter()
            .map(|set| {
                let held = rules.iter().find(|held| held.rule == set.rule);
                let words = held.map(|held| held.words.clone()).unwrap_or_default();
                wire::Decision { by: set.rule.clone(), words, ..one(Kind::Sorting, &set.field, &set.value, plan) }
            })
            .collect(),
        EventBody::Sorted(SortingEvent::ByModels { opinions, plan, .. }) => opinions
            .iter()
            .map(|opinion| {
                let Opinion { field, value, probability, threshold, words, model, by_meaning, outcome } = opinion;
                wire::Decision {
                    score: signed(*probability),
                    threshold: threshold.and_then(signed),
                    by: model.clone(),
                    words: words.clone(),
                    outcome: became(*outcome).into(),
                    by_meaning: *by_meaning,
                    ..one(Kind::Sorting, field, value, plan)
                }
            })
            .collect(),
        EventBody::Priority(
            PriorityEvent::Raised { raise: Raise { cause, .. }, priority, plan, .. }
            | PriorityEvent::Lowered { cause, priority, plan, .. },
        ) => {
            let by = [cause.name(), cause.id()].join(" ").trim_end().to_owned();
            vec![wire::Decision { by, ..one(Kind::Priority, "priority", priority.name(), plan) }]
        }
        EventBody::Heard(HeardEvent { mood, score, words, profile, plan }) => {
            let (score, words) = (Some(*score), words.clone());
            let mood = wire::Decision { score, words, ..one(Kind::Mood, "mood", mood.name(), plan) };
            let profile = profile.as_ref().map(|profile| one(Kind::Profile, "profile", profile, plan));
            std::iter::once(mood).chain(profile).collect()
        }
        EventBody::Queue(QueueEvent::Chosen { person, strategy, plan, .. }) => {
            vec![wire::Decision { by: strategy.clone(), ..one(Kind::Assignee, "assignee", person, plan) }]
        }
        EventBody::Queue(QueueEvent::NobodyFree { .. }) => {
            vec![wire::Decision { outcome: Outcome::Declined.into(), ..one(Kind::Assignee, "assignee", "", "") }]
        }
        EventBody::Scenario(ScenarioEvent::Begun { scenario, plan }) => {
            vec![one(Kind::Scenario, "scenario", scenario, plan)]
        }
        EventBody::Scenario(ScenarioEvent::Called { scenario, service, plan, .. }) => {
            vec![wire::Decision { by: scenario.clone(), ..one(Kind::Scenario, "call", service, plan) }]
        }
        EventBody::Scenario(ScenarioEvent::Ended { scenario, why, plan }) => {
            let (by, outcome) = (scenario.clone(), Outcome::Declined.into());
            vec![wire::Decision { by, outcome, ..one(Kind::Scenario, "end", why, plan) }]
        }
        // Of the kinds that are read the rest is what people do in a queue, and what services answer.
        _ => Vec::new(),
    }
}

fn became(outcome: OpinionOutcome) -> Outcome {
    match outcome {
        OpinionOutcome::Set => Outcome::Done,
        OpinionOutcome::Suggested => Outcome::Suggested,
        OpinionOutcome::Overruled => Outcome::Overruled,
        OpinionOutcome::Shadow => Outcome::Shadow,
    }
}

fn signed(thousandths: u32) -> Option<i32> {
    i32::try_from(thousandths).ok()
}
