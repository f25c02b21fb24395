//! Nothing sleeps for ever: what happens to a ticket when its deadline passes.

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use store::Timer;
use ticket::{Actor, EventBody, Line, OrganizationId, Ticket, TicketId, Wake, WakeReason};
use tokio::sync::broadcast;
use tracing::{Instrument, info_span, warn};

use crate::change::Change;
use crate::desk::Desk;
use crate::fuse::CrashPoint;
use crate::messages::report;
use crate::refused::Refused;
use crate::{clarification, clocks, force_majeure, hold, notice};

/// How long a claimed wake-up is this process's alone.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// How soon a timer that could not be rung is tried again: after as long as it is late by then, within these. One that
/// met a busy database rings within a second, one that never works disturbs nobody.
const AGAIN: (SignedDuration, SignedDuration) = (SignedDuration::from_millis(200), LEASE);

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
                match self.ring(timer.clone()).await {
                    Ok(true) => self.rang(timer.due),
                    Ok(false) => {}
                    Err(problem) => self.not_rung(&timer, lease, &problem).await,
                }
            })
            .await;
        due
    }

    /// How late each timer rang since this was called, for whoever measures.
    #[must_use]
    pub fn punctuality(&self) -> broadcast::Receiver<SignedDuration> {
        self.0.rung.subscribe()
    }

    fn rang(&self, due: Timestamp) {
        let late = self.clock().now().duration_since(due);
        telemetry::measure::meters().timer_late(self.line().name(), late.as_secs_f64().max(0.0));
        // Mostly nobody measures.
        let _ = self.0.rung.send(late);
    }

    /// Gives the lease of a timer back that could not be rung.
    async fn not_rung(&self, timer: &Timer, lease: Timestamp, problem: &Refused) {
        let (kind, id) = (&timer.kind, &timer.id);
        warn!(kind, id, error = problem as &dyn std::error::Error, "not rung, will try again");
        // A line that was stopped does nothing more: its lease runs out.
        if matches!(problem, Refused::Halted) {
            return;
        }
        let now = self.clock().now();
        let wait = now.duration_since(timer.due).clamp(AGAIN.0, AGAIN.1);
        let again = now.saturating_add(wait).unwrap_or(now).min(lease);
        if let Err(error) = self.0.store.release_timer(timer, lease, again).await {
            warn!(kind, id, error = &error as &dyn std::error::Error, "its lease is kept until it runs out");
        }
    }

    /// Rings a claimed timer; whether it was still to ring.
    async fn ring(&self, timer: Timer) -> Result<bool, Refused> {
        self.0.fuse.pass(CrashPoint::BeforeRing).await;
        let rung = self.ring_once(timer).await?;
        self.0.fuse.pass(CrashPoint::AfterRing).await;
        Ok(rung)
    }

    async fn ring_once(&self, timer: Timer) -> Result<bool, Refused> {
        if timer.kind == clocks::TIMER {
            return self.ring_clocks(timer).await;
        }
        let (rules, fuse) = (self.0.rules.clone(), self.0.fuse.clone());
        let organization = timer.organization.clone();
        let span = match timer.ticket {
            Some(ticket) => self.journey_span(&organization, ticket, "ring").await?,
            None => info_span!("timer", kind = timer.kind, id = timer.id, line = %self.line()),
        };
        self.work(&organization, Actor::Line { line: self.line() }, move |change| {
            Box::pin(async move {
                let Some(timer) = still_due(change, &timer).await? else { return Ok(false) };
                change.work.clear_timer(change.organization(), &timer.kind, &timer.id).await?;
                match timer.kind.as_str() {
                    hold::TIMER => hold::rang(change, &timer).await?,
                    notice::TIMER => notice::rang(change, &timer).await?,
                    clocks::RECKON => clocks::reckon(change, &timer).await?,
                    force_majeure::TIMER => force_majeure::rang(change, &timer).await?,
                    clarification::TIMER => clarification::rang(change, &timer, rules.as_ref()).await?,
                    _ => rules.rang(change, &timer).await?,
                }
                fuse.cut(CrashPoint::WithinRing)?;
                Ok(true)
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

/// The timer that was claimed, as it is now; none when it was taken away or set anew meanwhile, or the clock was set back.
pub(crate) async fn still_due(change: &Change<'_>, claimed: &Timer) -> Result<Option<Timer>, Refused> {
    if let Some(ticket) = claimed.ticket {
        change.work.lock(change.organization(), ticket).await?;
    }
    let known = change.work.timer(change.organization(), &claimed.kind, &claimed.id).await?;
    if let Some(early) = known.as_ref().filter(|known| known.due > change.now) {
        // The lease is given back, so that it rings when it is due and not when that ends.
        change.work.set_timer(early).await?;
    }
    Ok(known.filter(|known| known.due <= change.now))
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
