//! What line 0 adds to the protocol: what it holds and cannot answer goes to line 1, again and again until it is taken.

use handover::{Change, Refused, Rules, Told, offer_up, wake_again};
use plan::Silence;
use store::Timer;
use ticket::{Evidence, Line, State, Ticket, Wake, WakeReason};
use tonic::async_trait;

use crate::ask::close_unanswered;
use crate::asked;
use crate::own::{Talk, Waits};

/// Line 0's rules.
pub(crate) struct SelfService;

#[async_trait]
impl Rules for SelfService {
    fn line(&self) -> Line {
        Line::SelfService
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

    async fn woke(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        reason: WakeReason,
    ) -> Result<Option<Wake>, Refused> {
        match ticket.state {
            // The client was silent, or line 1 declined it; a bot never leaves a request in silence.
            State::Open | State::OnHold { .. } => {
                let (organization, id) = (change.organization(), ticket.facts.id);
                let mut talk: Talk = change.work.own(organization, id).await?;
                let closes = match &talk.waits {
                    Some(Waits::Question) => true,
                    Some(Waits::Choice { .. } | Waits::Topic { .. }) => {
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
                change.work.put_own(organization, id, &talk).await?;
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
