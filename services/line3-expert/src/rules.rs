//! What line 3 adds to the protocol: its group takes what arrives.

use std::sync::Arc;

use handover::{Arrival, Change, Desk, Foresight, Refused, Rules};
use plan::Plan;
use store::Timer;
use tally::Tally;
use ticket::event::Brought;
use ticket::{EventBody, Line, OrganizationId, Ticket};
use tonic::async_trait;

use crate::{linked, newcomers, shelved};

/// Line 3's rules.
#[derive(Default)]
pub(crate) struct Expert(Tally);

#[async_trait]
impl Rules for Expert {
    fn line(&self) -> Line {
        Line::Expert
    }

    async fn took_over(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        arrival: &Arrival,
        _: Foresight,
    ) -> Result<(), Refused> {
        if ticket.assignment.forced || !matches!(arrival.brought, Brought::Evidence { .. }) {
            return queues::enter(change, ticket).await;
        }
        let group = change.plan.groups().find(|group| group.line == Line::Expert).map(|group| group.id.clone());
        ticket.assignment.group.clone_from(&group);
        change.log(ticket, EventBody::Assigned { zone: None, group, assignee: None }).await?;
        queues::enter(change, ticket).await
    }

    async fn queued(&self, change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
        queues::enter(change, ticket).await
    }

    async fn plan_came(&self, desk: &Desk, organization: &OrganizationId) -> Result<(), Refused> {
        queues::plan_came(desk, organization).await?;
        newcomers::look(desk, organization).await
    }

    async fn follow(&self, desk: &Desk, plan: &Arc<Plan>) -> Result<usize, Refused> {
        self.0.follow(desk, plan).await
    }

    async fn rang(&self, change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
        match timer.kind.as_str() {
            linked::KIND => linked::rang(change, timer).await,
            newcomers::KIND => newcomers::rang(change, timer).await,
            shelved::REVIEW => shelved::rang(change, timer).await,
            _ => queues::rang(change, timer).await.map(|_| ()),
        }
    }
}
