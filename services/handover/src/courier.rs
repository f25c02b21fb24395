//! Step (b): the outbox delivers until there is a definite answer.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use jiff::{SignedDuration, Timestamp};
use store::{Claimed, Outgoing};
use telemetry::carry;
use ticket::{Actor, Line, MessageId};
use tokio::time::Instant;
use tracing::{Instrument, info_span, warn};

use crate::carrying::{Delivery, Undelivered, hand_to, is_overtaken, unreadable};
use crate::change::corrupt;
use crate::desk::{Desk, trace_context};
use crate::fuse::CrashPoint;
use crate::parcel::{Parcel, ticket_of};
use crate::refused::Refused;
use crate::sending::refused_by_receiver;
use crate::settling::Verdict;

/// How long a claimed message is this process's alone; after that another replica may try.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// How long one delivery may take; well within the lease.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many messages are claimed at once, and delivered at the same time.
const BATCH: u32 = 32;

/// How many messages are delivered before the one that a caller waits for; beyond that the answer is `pending`.
const AHEAD_MAX: usize = 16;

/// How often a message may be sent on because the ticket has moved, in one try.
const REDIRECTS_MAX: usize = 5;

/// How long a caller who waits for another's delivery looks away at most: other replicas write unseen.
const GLANCE: Duration = Duration::from_millis(100);

/// How long a caller waits for another's delivery at most; a process that died while it delivered would cost the caller
/// the whole deadline otherwise.
const OTHERS_PATIENCE: Duration = Duration::from_secs(2);

/// What of the caller's deadline is kept back to answer `pending` in time: a fifth of it, within these bounds. A machine
/// under load takes its time to write down that a delivery failed.
const ANSWER_MARGIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Whether a message that was not delivered is tried again.
#[derive(Debug, Clone, Copy)]
enum Again {
    After(SignedDuration),
    /// It was refused for good.
    Never,
}

impl Desk {
    /// Delivers every message that is due now, each once. Returns how many were tried.
    pub async fn deliver_due(&self) -> usize {
        let now = self.0.clock.now();
        let claimed = match self.0.store.claim(now, later(now, LEASE), BATCH).await {
            Ok(claimed) => claimed,
            Err(error) => {
                warn!(line = %self.line(), error = &error as &dyn std::error::Error, "the outbox cannot be read, will try again");
                return 0;
            }
        };
        let tried = claimed.len();
        futures::stream::iter(claimed)
            .for_each_concurrent(BATCH as usize, |claimed| async move { self.deliver(claimed, PATIENCE).await })
            .await;
        tried
    }

    /// Delivers one message at once, and before it those that must arrive before it, within what is left of the caller's
    /// deadline.
    pub async fn deliver_now(&self, id: MessageId) {
        let left = rpc::deadline::remaining().map_or(PATIENCE, |left| {
            left.saturating_sub((left / 5).clamp(ANSWER_MARGIN.0, ANSWER_MARGIN.1)).min(PATIENCE)
        });
        let until = Instant::now() + left;
        let others_until = until.min(Instant::now() + OTHERS_PATIENCE);
        let mut changes = self.0.store.changes();
        let mut delivered = 0;
        while delivered < AHEAD_MAX {
            changes.mark_unchanged();
            let now = self.0.clock.now();
            let claimed = match self.0.store.claim_toward(id, now, later(now, LEASE)).await {
                Ok(Some(claimed)) => claimed,
                // The courier, or another replica, is at it; it is done soon, or has failed.
                Ok(None) => match self.0.store.delivery(id).await {
                    Ok(store::Delivery::UnderWay) if Instant::now() < others_until => {
                        let _ =
                            tokio::time::timeout_at(others_until.min(Instant::now() + GLANCE), changes.changed()).await;
                        continue;
                    }
                    Ok(_) | Err(_) => return,
                },
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(message = %id, error, "not claimed, the courier will deliver it");
                    return;
                }
            };
            let arrived = claimed.message.id == id;
            self.deliver(claimed, until.saturating_duration_since(Instant::now())).await;
            if arrived {
                return;
            }
            delivered += 1;
        }
    }

    /// Boxed: the futures of every client in it would otherwise be part of every handler that hands over.
    fn deliver(&self, claimed: Claimed, patience: Duration) -> BoxFuture<'_, ()> {
        self.deliver_once(claimed, patience).boxed()
    }

    async fn deliver_once(&self, claimed: Claimed, patience: Duration) {
        let Claimed { message, attempts } = claimed;
        self.0.fuse.pass(CrashPoint::BeforeDelivery).await;
        let span = info_span!(
            "outbox",
            otel.name = format!("deliver {}", message.kind),
            otel.kind = "producer",
            ticket = message.ticket.map(tracing::field::display),
            line = %self.line(),
            to = message.to,
            attempt = attempts
        );
        carry::adopt(&span, &trace_context(&message.trace));
        async {
            let carried = async {
                match message.ticket {
                    Some(ticket) => rpc::about(ticket, self.carry(&message, attempts)).await,
                    None => self.carry(&message, attempts).await,
                }
            };
            let wait = self.0.backoff.wait(attempts);
            let later = |error: String| Some((error, Again::After(wait)));
            let failed = match rpc::deadline::within(patience, carried).await {
                Ok(Ok((by, delivery))) => {
                    self.arrived(&message, by, delivery).await.err().and_then(|refused| later(refused.to_string()))
                }
                Ok(Err(Undelivered { status, after })) => {
                    let definite = rpc::is_definite(&status);
                    let again = if definite { Again::Never } else { Again::After(after.unwrap_or(wait).max(wait)) };
                    Some((status.message().to_owned(), again))
                }
                Err(late) => later(late.to_string()),
            };
            if let Some((error, again)) = failed {
                self.failed(&message, attempts, &error, again).await;
            }
        }
        .instrument(span)
        .await;
    }

    /// Records that a message arrived, and what came back.
    async fn arrived(&self, message: &Outgoing, by: Option<Line>, delivery: Delivery) -> Result<(), Refused> {
        match (delivery, message.handover, by) {
            (Delivery::Answer(answer), Some(handover), Some(by)) => {
                let verdict = Verdict::of(answer).ok_or_else(|| corrupt("an answer without an outcome".to_owned()))?;
                self.settle(message, handover, by, verdict).await
            }
            (Delivery::Partner(carried), ..) => {
                let (id, sent, rules) = (message.id, message.clone(), self.0.rules.clone());
                let actor = Actor::Line { line: self.line() };
                self.work(&message.organization, actor, move |change| {
                    Box::pin(async move {
                        rules.carried(change, &sent, &carried).await?;
                        change.work.delivered(id).await?;
                        Ok(())
                    })
                })
                .await
            }
            (Delivery::Performed(performed), ..) => {
                let (id, sent) = (message.id, message.clone());
                let (rules, fuse) = (self.0.rules.clone(), self.0.fuse.clone());
                fuse.pass(CrashPoint::BeforeSettle).await;
                let actor = Actor::Line { line: self.line() };
                self.work(&message.organization, actor, move |change| {
                    Box::pin(async move {
                        rules.performed(change, &sent, performed).await?;
                        change.work.delivered(id).await?;
                        fuse.cut(CrashPoint::WithinSettle)
                    })
                })
                .await?;
                self.0.fuse.pass(CrashPoint::AfterSettle).await;
                Ok(())
            }
            (Delivery::Answer(_) | Delivery::Done | Delivery::Moved(_), ..) => {
                let id = message.id;
                let actor = Actor::Line { line: self.line() };
                self.work(&message.organization, actor, move |change| {
                    Box::pin(async move {
                        change.work.delivered(id).await?;
                        Ok(())
                    })
                })
                .await
            }
        }
    }

    /// A handover that was refused for good comes back; another message becomes a dead letter; the rest is tried again.
    async fn failed(&self, message: &Outgoing, attempts: u32, error: &str, again: Again) {
        let (ticket, to) = (message.ticket.map(tracing::field::display), message.to.as_str());
        let recorded = match (again, message.handover, message.to.parse::<Line>()) {
            (Again::Never, Some(handover), Ok(by)) => {
                self.settle(message, handover, by, Verdict::Declined(refused_by_receiver(error))).await
            }
            (Again::Never, ..) => {
                warn!(ticket, to, kind = message.kind, error, "refused for good, now a dead letter");
                self.0.store.dead(message.id, error).await.map_err(Refused::from)
            }
            (Again::After(wait), ..) => {
                let until = later(self.0.clock.now(), wait);
                warn!(
                    ticket,
                    to,
                    kind = message.kind,
                    attempt = attempts,
                    retry_in_ms = wait.as_millis(),
                    error,
                    "not delivered, will try again"
                );
                self.0.store.postpone(message.id, until, error).await.map_err(Refused::from)
            }
        };
        if let Err(problem) = recorded {
            // The lease runs out, and the message is tried again.
            warn!(ticket, to, error = &problem as &dyn std::error::Error, "not recorded");
        }
    }

    async fn carry(&self, message: &Outgoing, attempts: u32) -> Result<(Option<Line>, Delivery), Undelivered> {
        let parcel: Parcel = message.kind.parse().map_err(|e| unreadable(&e))?;
        if let Parcel::Partner(parcel) = parcel {
            let carried = self.0.rules.carry(self, parcel, message).await?;
            return Ok((None, Delivery::Partner(carried)));
        }
        if parcel == Parcel::Perform {
            let performed = self.0.rules.perform(self, message, attempts).await?;
            return Ok((None, Delivery::Performed(performed)));
        }
        let mut to: Line = message.to.parse().map_err(|e| unreadable(&e))?;
        for _ in 0..REDIRECTS_MAX {
            if to == self.line() {
                // It followed the ticket home. What was sent stands in the log here since before it came back.
                return Ok((Some(to), Delivery::Done));
            }
            let peer = self.peer(to).map_err(|refused| rpc::into_status(&refused))?;
            let channel = peer.of(&message.organization);
            match hand_to(channel, to, parcel, message.payload.clone()).await {
                Ok(Delivery::Moved(further)) if further != to => to = further,
                Ok(delivery) => return Ok((Some(to), delivery)),
                Err(status) if is_overtaken(parcel, &status) => return Ok((Some(to), Delivery::Done)),
                Err(status) => return Err(status.into()),
            }
        }
        // It moves faster than the message; the next try will meet it somewhere.
        let moves = ticket_of(message).map_or_else(|damaged| damaged, Refused::ConcurrentChange);
        Err(rpc::into_status(&moves).into())
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
