//! What line 0 adds to the protocol: what it holds and cannot answer goes to line 1, again and again until it is taken.

use std::sync::Arc;

use backends::Backends;
use handover::{Change, Desk, Refused, Rules, Told, Undelivered, offer_up, wake_again};
use plan::{Plan, Silence};
use proto::scenario::PerformResponse;
use store::{Outgoing, Timer};
use tally::Tally;
use ticket::{Evidence, Line, State, Ticket, Wake, WakeReason};
use tonic::async_trait;

use crate::ask::close_unanswered;
use crate::asked;
use crate::own::{Talk, Waits};
use crate::{kept, learned};
use crate::{outcome, perform, scenario};

/// Line 0's rules.
pub(crate) struct SelfService {
    /// The company's internal services.
    pub(crate) backends: Backends,
    pub(crate) tally: Tally,
}

#[async_trait]
impl Rules for SelfService {
    fn line(&self) -> Line {
        Line::SelfService
    }

    fn read_along(&self) -> &[(&str, &str)] {
        &[kept::REVISIONS]
    }

    async fn told(&self, change: &Change<'_>, ticket: &mut Ticket, told: &Told) -> Result<(), Refused> {
        match told {
            Told::Resolution { resolution } => asked::solved(change, ticket, resolution).await,
            Told::Question { .. }
            | Told::Answer { .. }
            | Told::Progress { .. }
            | Told::ClientMessage { .. }
            | Told::Arranged(_) => Ok(()),
        }
    }

    async fn rang(&self, change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
        match timer.kind.as_str() {
            asked::ASKED => asked::count(change, timer).await,
            asked::SOLVED => asked::propose(change, timer).await,
            _ => Ok(()),
        }
    }

    async fn perform(&self, desk: &Desk, message: &Outgoing, attempts: u32) -> Result<PerformResponse, Undelivered> {
        perform::perform(&self.backends, desk, message, attempts).await
    }

    async fn performed(&self, change: &Change<'_>, message: &Outgoing, answer: PerformResponse) -> Result<(), Refused> {
        outcome::performed(change, message, answer).await
    }

    async fn follow(&self, desk: &Desk, plan: &Arc<Plan>) -> Result<usize, Refused> {
        learned::learn_when_due(desk, plan).await;
        self.tally.follow(desk, plan).await
    }

    async fn woke(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        reason: WakeReason,
    ) -> Result<Option<Wake>, Refused> {
        match ticket.state {
            // The client was silent, or line 1 declined it; a bot never leaves a request in silence.
            State::Open | State::OnHold { .. } => {
                let (organization, ticket_id) = (change.organization(), ticket.facts.id);
                let mut talk: Talk = change.work.own(organization, ticket_id).await?;
                if talk.is_working() {
                    let id = talk.run.as_ref().map(|run| run.scenario.clone()).unwrap_or_default();
                    scenario::give_up(change, ticket, &mut talk, &id, "the service was not heard of for long").await?;
                    change.work.put_own(organization, ticket_id, &talk).await?;
                    return Ok(None);
                }
                let closes = match &talk.waits {
                    Some(Waits::Question) => true,
                    Some(Waits::Choice { .. } | Waits::Topic { .. } | Waits::Scenario) => {
                        change.plan.dialogue().silence == Silence::Close
                    }
                    None => false,
                };
                if closes {
                    close_unanswered(change, ticket, &mut talk).await?;
                } else {
                    talk.waits = None;
                    talk.none_helped(texts::Text::WhyNoChoice.plain(ticket.facts.language));
                    hand_over(change, ticket, &talk).await?;
                }
                change.work.put_own(organization, ticket_id, &talk).await?;
                Ok(None)
            }
            State::Resolved { .. } | State::Closed { .. } => wake_again(change, ticket, reason).await,
        }
    }
}

/// Offers the ticket to line 1 with everything asked and offered.
pub(crate) async fn hand_over(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &Talk,
) -> Result<proto::handover::Outcome, Refused> {
    let evidence = Evidence::ServiceDesk(talk.evidence());
    offer_up(change, ticket, evidence, talk.contact.clone(), false).await
}
