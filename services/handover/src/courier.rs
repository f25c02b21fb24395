//! Step (b): the outbox delivers until there is a definite answer.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use proto::errors::Reason;
use proto::{handover as hand, line1, line2, line3, vendor};
use rpc::Channel;
use store::{Claimed, Outgoing};
use telemetry::carry;
use ticket::{Actor, Line, MessageId};
use tokio::time::Instant;
use tonic::{Status, codec::CompressionEncoding};
use tracing::{Instrument, info_span, warn};

use crate::arrangement::ArrangementParcel;
use crate::change::corrupt;
use crate::desk::{Desk, trace_context};
use crate::parcel::{ExpertiseParcel, Parcel, ticket_of};
use crate::refused::Refused;
use crate::rules::Carried;
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

/// What came of carrying a message.
enum Delivery {
    Answer(hand::Answer),
    Done,
    Moved(Line),
    Partner(Carried),
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
    pub(crate) async fn deliver_now(&self, id: MessageId) {
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
        self.0.fuse.pass(crate::fuse::CrashPoint::BeforeDelivery).await;
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
                    Some(ticket) => rpc::about(ticket, self.carry(&message)).await,
                    None => self.carry(&message).await,
                }
            };
            let failed = match rpc::deadline::within(patience, carried).await {
                Ok(Ok((by, delivery))) => {
                    self.arrived(&message, by, delivery).await.err().map(|e| (e.to_string(), false))
                }
                Ok(Err(status)) => Some((status.message().to_owned(), rpc::is_definite(&status))),
                Err(late) => Some((late.to_string(), false)),
            };
            if let Some((error, definite)) = failed {
                self.failed(&message, attempts, &error, definite).await;
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
    async fn failed(&self, message: &Outgoing, attempts: u32, error: &str, definite: bool) {
        let (ticket, to) = (message.ticket.map(tracing::field::display), message.to.as_str());
        let recorded = match (definite, message.handover, message.to.parse::<Line>()) {
            (true, Some(handover), Ok(by)) => {
                self.settle(message, handover, by, Verdict::Declined(refused_by_receiver(error))).await
            }
            (true, ..) => {
                warn!(ticket, to, kind = message.kind, error, "refused for good, now a dead letter");
                self.0.store.dead(message.id, error).await.map_err(Refused::from)
            }
            (false, ..) => {
                let wait = self.0.backoff.wait(attempts);
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

    async fn carry(&self, message: &Outgoing) -> Result<(Option<Line>, Delivery), Status> {
        let parcel: Parcel = message.kind.parse().map_err(|e| unreadable(&e))?;
        if let Parcel::Partner(parcel) = parcel {
            let carried = self.0.rules.carry(self, parcel, message).await?;
            return Ok((None, Delivery::Partner(carried)));
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
                Err(status) => return Err(status),
            }
        }
        // It moves faster than the message; the next try will meet it somewhere.
        let moves = ticket_of(message).map_or_else(|damaged| damaged, Refused::ConcurrentChange);
        Err(rpc::into_status(&moves))
    }
}

/// Whether what a message was about is over, so that nobody misses it: it is no dead letter then.
fn is_overtaken(parcel: Parcel, refused: &Status) -> bool {
    match parcel {
        // The ticket has moved on since it was asked, and nobody waits for the answer any more.
        Parcel::ClarificationRequest => rpc::reason_of(refused) == Some(Reason::StaleEpoch),
        // The line to which the ticket was offered has declined it, and the sender, who holds it, has this in its log.
        Parcel::ClarificationAnswer | Parcel::ClientMessage => rpc::reason_of(refused) == Some(Reason::TicketNotFound),
        Parcel::Offer
        | Parcel::Return
        | Parcel::Resolve
        | Parcel::Progress
        | Parcel::ResolutionNotice
        | Parcel::Arrangement(_)
        | Parcel::Expertise(_)
        | Parcel::Partner(_) => false,
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn unreadable(fault: &impl ToString) -> Status {
    rpc::into_status(&rpc::Refusal::Unreadable { what: fault.to_string() })
}

fn decode<M: Message + Default>(payload: &[u8]) -> Result<M, Status> {
    M::decode(payload).map_err(|e| unreadable(&e))
}

macro_rules! client {
    ($client:path, $channel:expr) => {{
        use $client as Client;
        Client::new($channel).send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip)
    }};
}

/// Gives one parcel to one line.
///
/// Boxed with nothing borrowed: the compiler cannot see that a future that borrows across a client's call is `Send`.
fn hand_to(
    channel: Channel,
    to: Line,
    parcel: Parcel,
    payload: Vec<u8>,
) -> BoxFuture<'static, Result<Delivery, Status>> {
    async move { hand_over(channel, to, parcel, &payload).await }.boxed()
}

async fn hand_over(channel: Channel, to: Line, parcel: Parcel, payload: &[u8]) -> Result<Delivery, Status> {
    let answered = |answer: Option<hand::Answer>| answer.map(Delivery::Answer).ok_or_else(|| unreadable(&"no answer"));
    let moved = |line: i32| match crate::wire::enums::line(&mut crate::wire::Reader::default(), "moved_to", line, false)
    {
        Some(line) => Delivery::Moved(line),
        None => Delivery::Done,
    };
    let relay = || client!(hand::relay_service_client::RelayServiceClient, channel.clone());
    match parcel {
        Parcel::Offer => {
            let answer = match to {
                Line::SelfService => return Err(unreadable(&"nobody hands to self-service")),
                Line::ServiceDesk => {
                    let mut intake = client!(line1::intake_service_client::IntakeServiceClient, channel);
                    intake.offer(decode::<line1::OfferRequest>(payload)?).await?.into_inner().answer
                }
                Line::Technical => {
                    let mut intake = client!(line2::intake_service_client::IntakeServiceClient, channel);
                    intake.offer(decode::<line2::OfferRequest>(payload)?).await?.into_inner().answer
                }
                Line::Expert => {
                    let mut intake = client!(line3::intake_service_client::IntakeServiceClient, channel);
                    intake.offer(decode::<line3::OfferRequest>(payload)?).await?.into_inner().answer
                }
                Line::Vendor => {
                    let mut intake = client!(vendor::intake_service_client::IntakeServiceClient, channel);
                    intake.offer(decode::<vendor::OfferRequest>(payload)?).await?.into_inner().answer
                }
            };
            answered(answer)
        }
        Parcel::Return => {
            answered(relay().r#return(decode::<hand::ReturnRequest>(payload)?).await?.into_inner().answer)
        }
        Parcel::Resolve => {
            answered(relay().resolve(decode::<hand::ResolveRequest>(payload)?).await?.into_inner().answer)
        }
        Parcel::ClarificationRequest => {
            relay().request_clarification(decode::<hand::RequestClarificationRequest>(payload)?).await?;
            Ok(Delivery::Done)
        }
        Parcel::ClarificationAnswer => {
            let message = decode::<hand::AnswerClarificationRequest>(payload)?;
            Ok(moved(relay().answer_clarification(message).await?.into_inner().moved_to))
        }
        Parcel::Progress => {
            relay().report_progress(decode::<hand::ReportProgressRequest>(payload)?).await?;
            Ok(Delivery::Done)
        }
        Parcel::ClientMessage => {
            let message = decode::<hand::ForwardClientMessageRequest>(payload)?;
            Ok(moved(relay().forward_client_message(message).await?.into_inner().moved_to))
        }
        Parcel::ResolutionNotice => {
            relay().notify_resolution(decode::<hand::NotifyResolutionRequest>(payload)?).await?;
            Ok(Delivery::Done)
        }
        Parcel::Arrangement(arrangement) => {
            let mut arrange = client!(hand::arrangement_service_client::ArrangementServiceClient, channel);
            match arrangement {
                ArrangementParcel::Clarification => {
                    arrange.update_clarification(decode::<hand::UpdateClarificationRequest>(payload)?).await?;
                }
                ArrangementParcel::VisitNews => {
                    arrange.tell_visit(decode::<hand::TellVisitRequest>(payload)?).await?;
                }
                ArrangementParcel::Hold => {
                    arrange.tell_hold(decode::<hand::TellHoldRequest>(payload)?).await?;
                }
                ArrangementParcel::Problem => {
                    arrange.tell_problem(decode::<hand::TellProblemRequest>(payload)?).await?;
                }
                ArrangementParcel::MajorIncident => {
                    arrange.tell_major_incident(decode::<hand::TellMajorIncidentRequest>(payload)?).await?;
                }
                ArrangementParcel::VisitAnswer => {
                    arrange.answer_visit(decode::<hand::AnswerVisitRequest>(payload)?).await?;
                }
            }
            Ok(Delivery::Done)
        }
        Parcel::Expertise(expertise) => {
            let mut teach = client!(hand::expertise_service_client::ExpertiseServiceClient, channel);
            match expertise {
                ExpertiseParcel::Item => {
                    teach.tell_item(decode::<hand::TellItemRequest>(payload)?).await?;
                }
                ExpertiseParcel::Test => {
                    teach.tell_test(decode::<hand::TellTestRequest>(payload)?).await?;
                }
                ExpertiseParcel::Outcome => {
                    teach.tell_outcome(decode::<hand::TellOutcomeRequest>(payload)?).await?;
                }
            }
            Ok(Delivery::Done)
        }
        Parcel::Partner(_) => Err(unreadable(&"a message to a partner, for a line")),
    }
}
