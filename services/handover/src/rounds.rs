//! What a line does by itself: it delivers, wakes, rings and follows its log, each at its own pace, until it is stopped.
//!
//! The first three go on side by side, so that a line that does not answer delays no deadline. Following the log computes, and
//! has a task of its own, so that no timer waits for it.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use store::{Store, StoreError};
use tokio::task::{JoinSet, yield_now};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::desk::Desk;

/// How long to wait at most before looking again: other replicas write unseen, and a clock may be set forward.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long to wait when something is due and cannot be had.
const BUSY: Duration = Duration::from_millis(20);

/// How long to wait after a change before looking: whoever waits for an answer goes first, and one look serves many changes.
const GATHER: Duration = Duration::from_millis(20);

/// How long to wait before the log is read on: whoever follows it gathers what came meanwhile.
const FOLLOW_AGAIN: Duration = Duration::from_secs(1);

/// An instant at which something will be due.
type Next = Result<Option<Timestamp>, StoreError>;

/// Something that a line does again and again.
struct Round {
    /// Does what is due now; how much that was.
    due: for<'d> fn(&'d Desk) -> BoxFuture<'d, usize>,
    /// When something will be due; none when nothing is known of.
    next: for<'s> fn(&'s Store) -> BoxFuture<'s, Next>,
}

const DELIVER: Round = Round { due: |desk| desk.deliver_due().boxed(), next: |store| store.next_due().boxed() };
const WAKE: Round = Round { due: |desk| desk.wake_due().boxed(), next: |store| store.next_wake().boxed() };
const RING: Round = Round { due: |desk| desk.ring_due().boxed(), next: |store| store.next_timer().boxed() };

impl Desk {
    /// Delivers what is due, wakes what must wake, rings what must ring and follows the log, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        // It ends with this one, however this one ends.
        let mut follow = JoinSet::new();
        follow.spawn(self.clone().keep_following(stop.clone()));
        tokio::join!(self.repeat(&DELIVER, &stop), self.repeat(&WAKE, &stop), self.repeat(&RING, &stop));
        follow.join_all().await;
    }

    async fn keep_following(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(FOLLOW_AGAIN)).await.is_some() {
            while !stop.is_cancelled() && self.follow_log().await > 0 {
                yield_now().await;
            }
        }
    }

    /// Reads on in the log for every organization, by the line's rules; how many events there were.
    pub async fn follow_log(&self) -> usize {
        let mut read = 0;
        for plan in self.0.plans.all() {
            match self.0.rules.follow(self, &plan).await {
                Ok(events) => read += events,
                Err(problem) => {
                    let organization = plan.organization();
                    warn!(%organization, error = &problem as &dyn std::error::Error, "the log is not followed, will try again");
                }
            }
        }
        read
    }

    async fn repeat(&self, round: &Round, stop: &CancellationToken) {
        let mut changes = self.0.store.changes();
        while !stop.is_cancelled() {
            let nudged = self.0.nudge.notified();
            changes.mark_unchanged();
            // A look costs next to nothing, a claim is a transaction: every commit leads here.
            let wait = match (round.next)(&self.0.store).await {
                Ok(Some(at)) if at <= self.0.clock.now() => {
                    if (round.due)(self).await > 0 {
                        continue;
                    }
                    // Another replica is at it, or the database takes no claims.
                    BUSY
                }
                Ok(Some(at)) => Duration::try_from(at.duration_since(self.0.clock.now())).unwrap_or_default(),
                Ok(None) | Err(_) => LOOK_AGAIN,
            };
            let changed = async {
                tokio::select! {
                    () = nudged => {}
                    _ = changes.changed() => {}
                }
                tokio::time::sleep(GATHER).await;
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = changed => {}
                () = tokio::time::sleep(wait.clamp(Duration::from_millis(1), LOOK_AGAIN)) => {}
            }
        }
    }
}
