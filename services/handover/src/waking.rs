//! Nothing sleeps for ever: what happens to a ticket when its deadline passes.

use futures::StreamExt;
use jiff::SignedDuration;
use store::Timer;
use ticket::{Actor, EventBody, Line, OrganizationId, Ticket, TicketId, Wake, WakeReason};
use tracing::{Instrument, info_span, warn};

use crate::change::Change;
use crate::desk::Desk;
use crate::messages::report;
use crate::refused::Refused;
use crate::{clarification, clocks, hold, notice};

/// How long a claimed wake-up is this process's alone.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// How many wake-ups are claimed at once; the rest is claimed next.
const BATCH: u32 = 64;

impl Desk {
    /// Wakes every ticket whose deadline has passed. Returns how many there were.
    pub async fn wake_due(&self) -> usize {
        let now = self.clock().now();
        let lease = now.saturating_add(LEASE).unwrap_or(now);
        let claimed = match self.0.store.claim_wakes(now, lease, BATCH).await {
            Ok(claimed) => claimed,
            Err(error) => {
                warn!(line = %self.line(), error = &error as &dyn std::error::Error, "the wake-ups cannot be read, will try again");
                return 0;
            }
        };
        let due = claimed.len();
        for (organization, ticket) in claimed {
            if let Err(problem) = self.wake(organization, ticket).await {
                // The lease runs out, and the ticket is woken again.
                warn!(%ticket, error = &problem as &dyn std::error::Error, "not woken, will try again");
            }
        }
        due
    }

    /// Rings every timer that is due. Returns how many there were.
    pub async fn ring_due(&self) -> usize {
        let now = self.clock().now();
        let lease = now.saturating_add(LEASE).unwrap_or(now);
        let claimed = match self.0.store.claim_timers(now, lease, BATCH).await {
            Ok(claimed) => claimed,
            Err(error) => {
                warn!(line = %self.line(), error = &error as &dyn std::error::Error, "the timers cannot be read, will try again");
                return 0;
            }
        };
        let due = claimed.len();
        // At the same time, so that they share commits.
        futures::stream::iter(claimed)
            .for_each_concurrent(BATCH as usize, |timer| async move {
                let (kind, id) = (timer.kind.clone(), timer.id.clone());
                if let Err(problem) = self.ring(timer).await {
                    // The lease runs out, and it rings again.
                    warn!(kind, id, error = &problem as &dyn std::error::Error, "not rung, will try again");
                }
            })
            .await;
        due
    }

    async fn ring(&self, timer: Timer) -> Result<(), Refused> {
        if timer.kind == clocks::TIMER {
            return self.ring_clocks(timer).await;
        }
        let rules = self.0.rules.clone();
        let organization = timer.organization.clone();
        let span = match timer.ticket {
            Some(ticket) => self.journey_span(&organization, ticket, "ring").await?,
            None => info_span!("timer", kind = timer.kind, id = timer.id, line = %self.line()),
        };
        self.work(&organization, Actor::Line { line: self.line() }, move |change| {
            Box::pin(async move {
                // It may have been set anew or taken away since it was claimed.
                let known = change.work.timer(change.organization(), &timer.kind, &timer.id).await?;
                let Some(timer) = known.filter(|timer| timer.due <= change.now) else { return Ok(()) };
                change.work.clear_timer(change.organization(), &timer.kind, &timer.id).await?;
                match timer.kind.as_str() {
                    hold::TIMER => hold::rang(change, &timer).await,
                    notice::TIMER => notice::rang(change, &timer).await,
                    clarification::TIMER => clarification::rang(change, &timer, rules.as_ref()).await,
                    _ => rules.rang(change, &timer).await,
                }
            })
        })
        .instrument(span)
        .await
    }

    async fn wake(&self, organization: OrganizationId, id: TicketId) -> Result<(), Refused> {
        let rules = self.0.rules.clone();
        let span = self.journey_span(&organization, id, "wake").await?;
        self.work(&organization, Actor::Line { line: self.line() }, move |change| {
            Box::pin(async move {
                let (mut ticket, read) = change.ticket(id).await?;
                // It may have been worked on since it was claimed.
                let Some(due) = ticket.wake.clone().filter(|wake| wake.at <= change.now) else { return Ok(()) };
                change.log(&ticket, EventBody::Woke { reason: due.reason }).await?;
                let next = rules.woke(change, &mut ticket, due.reason).await?;
                ticket.wake = next;
                ticket.changed_at = change.now;
                change.put(&ticket, Some(read)).await?;
                Ok(())
            })
        })
        .instrument(span)
        .await
    }
}

/// What every line does when a deadline passes: it stays in the queue with the next deadline; where the client is
/// silent, line 1 is asked to remind.
///
/// # Errors
/// What the database says.
pub async fn wake_again(change: &Change<'_>, ticket: &Ticket, reason: WakeReason) -> Result<Option<Wake>, Refused> {
    match reason {
        WakeReason::QueueDeadline | WakeReason::BotDeadline | WakeReason::AutoClose => {
            Ok(Some(change.queue_wake(ticket)))
        }
        WakeReason::ClientSilence => {
            if change.line != Line::OWNER {
                let step = format!("client-silent:{}", change.now);
                report(
                    change,
                    ticket,
                    texts::Text::ClientSilent.plain(change.plan.profile().language).to_owned(),
                    &step,
                )
                .await?;
            }
            Ok(Some(change.wake_in(change.plan.client_silence(), reason)))
        }
        WakeReason::VendorSilence => Ok(Some(change.wake_in(change.plan.vendor_silence(), reason))),
    }
}
