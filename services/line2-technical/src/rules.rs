//! What line 2 adds to the protocol: the zone of responsibility decides which group works on a ticket.

use std::sync::Arc;

use handover::{Arrival, Change, Desk, Foresight, Refused, Rules, Told};
use plan::{Plan, ReviewedStep};
use store::Timer;
use tally::Tally;
use ticket::custody::Passage;
use ticket::event::{Brought, Decline};
use ticket::evidence::TechnicalEvidence;
use ticket::{EventBody, Evidence, Line, OrganizationId, Ticket};
use tonic::async_trait;

use crate::booking;
use crate::own::{Diagnosis, RemoteSession};
use crate::review::reviewed;

/// Line 2's rules.
#[derive(Default)]
pub(crate) struct Technical(Tally);

fn evidence(brought: &Brought) -> Option<&TechnicalEvidence> {
    match brought {
        Brought::Evidence { evidence } => match evidence.as_ref() {
            Evidence::Technical(evidence) => Some(evidence),
            Evidence::ServiceDesk(_) | Evidence::Expert(_) | Evidence::Vendor(_) => None,
        },
        Brought::Return { .. } | Brought::Resolution { .. } => None,
    }
}

#[async_trait]
impl Rules for Technical {
    fn line(&self) -> Line {
        Line::Technical
    }

    fn object(&self, plan: &Plan, brought: &Brought) -> Option<Decline> {
        let zone = &evidence(brought)?.zone;
        plan.zone(zone).is_none().then(|| Decline::UnknownZone { zone: zone.clone() })
    }

    async fn took_over(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        arrival: &Arrival,
        _: Foresight,
    ) -> Result<(), Refused> {
        let Some(evidence) = evidence(&arrival.brought) else { return queues::enter(change, ticket).await };
        // What comes with new evidence is judged anew.
        let mut diagnosis: Diagnosis = change.work.own(change.organization(), ticket.facts.id).await?;
        if diagnosis.review.take().is_some() {
            change.work.put_own(change.organization(), ticket.facts.id, &diagnosis).await?;
        }
        let (zone, category) = (evidence.zone.clone(), evidence.category.clone());
        ticket.facts.impact = evidence.impact;
        ticket.facts.urgency = evidence.urgency;
        ticket.facts.reckon(change.plan.priority(evidence.impact, evidence.urgency));
        ticket.facts.mood = evidence.mood;
        ticket.facts.category = Some(category);
        ticket.facts.product = Some(evidence.product.clone());
        ticket.facts.environment = Some(evidence.environment.clone());
        ticket.wake = Some(change.queue_wake(ticket));
        if !ticket.assignment.forced {
            let group = change.plan.zone(&zone).map(|zone| zone.group.clone());
            ticket.assignment.zone = Some(zone.clone());
            ticket.assignment.group.clone_from(&group);
            ticket.assignment.assignee = None;
            change.log(ticket, EventBody::Assigned { zone: Some(zone), group, assignee: None }).await?;
        }
        queues::enter(change, ticket).await
    }

    async fn queued(&self, change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
        queues::enter(change, ticket).await
    }

    async fn complete(&self, change: &Change<'_>, ticket: &Ticket, evidence: Evidence) -> Result<Evidence, Refused> {
        let Evidence::Expert(mut given) = evidence else { return Ok(evidence) };
        let id = ticket.facts.id;
        let Diagnosis { findings, sessions, .. } = change.work.own(change.organization(), id).await?;
        if given.findings.is_empty() {
            given.findings = findings.into_iter().map(|entry| entry.finding).collect();
        }
        if given.sessions.is_empty() {
            given.sessions = sessions.iter().filter_map(RemoteSession::evidence).collect();
            given.sessions.extend(booking::evidence(change, id).await?);
        }
        Ok(Evidence::Expert(given))
    }

    async fn leaving(&self, change: &Change<'_>, ticket: &Ticket, passage: Passage) -> Result<(), Refused> {
        let step = match passage {
            Passage::Escalation => Some(ReviewedStep::Escalation),
            Passage::Resolution => Some(ReviewedStep::Resolution),
            Passage::Return => None,
        };
        if let Some(step) = step {
            let diagnosis: Diagnosis = change.work.own(change.organization(), ticket.facts.id).await?;
            reviewed(change, ticket, &diagnosis, step)?;
        }
        booking::stays_while_under_way(change, ticket.facts.id).await
    }

    async fn left(&self, change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
        booking::cancel_open(change, ticket).await
    }

    async fn told(&self, change: &Change<'_>, ticket: &mut Ticket, told: &Told) -> Result<(), Refused> {
        match told {
            Told::Arranged(arranged) => booking::hear(change, ticket, arranged).await,
            Told::Question { .. }
            | Told::Answer { .. }
            | Told::Progress { .. }
            | Told::ClientMessage { .. }
            | Told::Resolution { .. } => Ok(()),
        }
    }

    async fn plan_came(&self, desk: &Desk, organization: &OrganizationId) -> Result<(), Refused> {
        queues::plan_came(desk, organization).await.map(|_| ())
    }

    async fn follow(&self, desk: &Desk, plan: &Arc<Plan>) -> Result<usize, Refused> {
        self.0.follow(desk, plan).await
    }

    async fn rang(&self, change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
        match timer.kind.as_str() {
            booking::KIND => booking::rang(change, timer).await,
            _ => queues::rang(change, timer).await.map(|_| ()),
        }
    }
}
