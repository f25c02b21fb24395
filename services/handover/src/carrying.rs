//! Giving one message of the outbox to the line that it is for.

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use prost::Message;
use proto::errors::Reason;
use proto::scenario::PerformResponse;
use proto::{handover as hand, line1, line2, line3, vendor};
use rpc::Channel;
use ticket::Line;
use tonic::{Status, codec::CompressionEncoding};

use crate::arrangement::ArrangementParcel;
use crate::parcel::{ExpertiseParcel, Parcel};
use crate::rules::Carried;

/// What came of carrying a message.
pub(crate) enum Delivery {
    Answer(hand::Answer),
    Done,
    Moved(Line),
    Partner(Carried),
    /// What an internal service answered.
    Performed(PerformResponse),
}

/// Why a message was not delivered.
#[derive(Debug)]
pub struct Undelivered {
    /// What was answered, or happened on the way.
    pub status: Status,
    /// How long the receiver wants not to be tried again; none where that is the sender's to choose.
    pub after: Option<SignedDuration>,
}

impl From<Status> for Undelivered {
    fn from(status: Status) -> Self {
        Self { status, after: None }
    }
}

/// Whether what a message was about is over, so that nobody misses it: it is no dead letter then.
pub(crate) fn is_overtaken(parcel: Parcel, refused: &Status) -> bool {
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
        | Parcel::ForceMajeure
        | Parcel::Partner(_)
        | Parcel::Perform => false,
    }
}

pub(crate) fn unreadable(fault: &impl ToString) -> Status {
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
pub(crate) fn hand_to(
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
        Parcel::ForceMajeure => {
            let message = decode::<hand::TellForceMajeureRequest>(payload)?;
            client!(hand::bulletin_service_client::BulletinServiceClient, channel).tell_force_majeure(message).await?;
            Ok(Delivery::Done)
        }
        Parcel::Partner(_) | Parcel::Perform => Err(unreadable(&"a message to somebody outside, for a line")),
    }
}
