//! What line 2 adds to the protocol: the zone of responsibility decides which group works on a ticket.

use handover::{Arrival, Change, Refused, Rules};
use plan::Plan;
use ticket::event::{Brought, Decline};
use ticket::evidence::TechnicalEvidence;
use ticket::{EventBody, Evidence, Line, Ticket};
use tonic::async_trait;

/// Line 2's rules.
pub(crate) struct Technical;

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

    async fn took_over(&self, change: &Change<'_>, ticket: &mut Ticket, arrival: &Arrival) -> Result<(), Refused> {
        let Some(evidence) = evidence(&arrival.brought) else { return Ok(()) };
        let (zone, category) = (evidence.zone.clone(), evidence.category.clone());
        ticket.facts.impact = evidence.impact;
        ticket.facts.urgency = evidence.urgency;
        ticket.facts.priority = change.plan.priority(evidence.impact, evidence.urgency);
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
        Ok(())
    }
}
