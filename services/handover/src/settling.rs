//! Step (d): the sender records the receipt and keeps a read-only copy, or takes the ticket back.

use proto::handover as hand;
use store::Outgoing;
use ticket::event::Decline;
use ticket::{Actor, EventBody, HandoverId, Line, Ticket};

use crate::desk::Desk;
use crate::fuse::CrashPoint;
use crate::parcel::ticket_of;
use crate::refused::Refused;
use crate::wire::record;

/// What the receiver said to a handover.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    Accepted,
    Declined(Decline),
}

impl Verdict {
    /// What an answer says; none when it says nothing, which no release of ours does.
    pub(crate) fn of(answer: hand::Answer) -> Option<Self> {
        match answer.outcome? {
            hand::answer::Outcome::Accepted(_) => Some(Self::Accepted),
            hand::answer::Outcome::Declined(why) => Some(Self::Declined(record::declined(why))),
        }
    }
}

impl Desk {
    /// Records what the receiver said, and that the message is delivered.
    pub(crate) async fn settle(
        &self,
        message: &Outgoing,
        handover: HandoverId,
        by: Line,
        verdict: Verdict,
    ) -> Result<(), Refused> {
        let (fuse, rules) = (self.0.fuse.clone(), self.0.rules.clone());
        fuse.pass(CrashPoint::BeforeSettle).await;
        let (id, ticket_id) = (message.id, ticket_of(message)?);
        let offered_at = message.due;
        self.work(&message.organization, Actor::Line { line: by }, move |change| {
            Box::pin(async move {
                let (mut ticket, read) = change.ticket(ticket_id).await?;
                let epoch = offered_epoch(&ticket, handover);
                match verdict {
                    Verdict::Accepted => {
                        let news = ticket.passed(epoch, change.now).map_err(Refused::state(ticket_id))?;
                        change.log(&ticket, EventBody::Accepted { handover, by, epoch }).await?;
                        if news {
                            rules.left(change, &ticket).await?;
                            change.put(&ticket, Some(read)).await?;
                        }
                        let lag = change.now.duration_since(offered_at).as_secs_f64();
                        telemetry::measure::meters().handover_lag(change.line.name(), by.name(), lag);
                    }
                    Verdict::Declined(why) => {
                        let wake = change.queue_wake(&ticket);
                        ticket.take_back(epoch, wake, change.now).map_err(Refused::state(ticket_id))?;
                        change.log(&ticket, EventBody::Declined { handover, by, why }).await?;
                        change.put(&ticket, Some(read)).await?;
                    }
                }
                change.work.delivered(id).await?;
                fuse.cut(CrashPoint::WithinSettle)
            })
        })
        .await?;
        self.0.fuse.pass(CrashPoint::AfterSettle).await;
        Ok(())
    }
}

/// The epoch of `handover`: ids are derived from epochs, so the one that fits is found among those ever offered.
fn offered_epoch(ticket: &Ticket, handover: HandoverId) -> ticket::Epoch {
    let mut epoch = ticket::Epoch::FIRST;
    while HandoverId::of(ticket.facts.id, epoch) != handover && epoch < ticket.offered {
        epoch = epoch.next();
    }
    epoch
}
