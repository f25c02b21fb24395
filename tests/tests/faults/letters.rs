//! Messages between lines as a courier has them in hand, to be delivered once more.

use handover::{ArrangementParcel, ExpertiseParcel, Parcel};
use prost::Message;
use proto::handover::arrangement_service_client::ArrangementServiceClient;
use proto::handover::bulletin_service_client::BulletinServiceClient;
use proto::handover::expertise_service_client::ExpertiseServiceClient;
use proto::handover::relay_service_client::RelayServiceClient;
use proto::{handover as hand, line1, line2, line3, vendor};
use rpc::{Peer, ServiceName};
use tests::Stage;
use ticket::{Clock, Line};
use tonic::Status;

/// A message that was first in its order when it was copied: its courier may have sent it and lost the answer.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    from: Line,
    to: Line,
    parcel: Parcel,
    payload: Vec<u8>,
    /// The first answer, encoded.
    pub(crate) answer: Option<Vec<u8>>,
}

/// Copies of what `line` would send now; it will send them all the same.
pub(crate) async fn copied(stage: &Stage, line: Line) -> Vec<Letter> {
    let Some(desk) = stage.suite.desk(line) else { return Vec::new() };
    let now = stage.clock.now();
    // A lease that ends as it begins leaves the messages to their courier.
    let due = desk.store().claim(now, now, 32).await.expect("the outbox can be read");
    let letter = |message: store::Outgoing| {
        let parcel = message.kind.parse().expect("the outbox has parcels only");
        let to = message.to.parse().ok()?;
        Some(Letter { from: line, to, parcel, payload: message.payload, answer: None })
    };
    due.into_iter().filter_map(|claimed| letter(claimed.message)).collect()
}

fn open<M: Message + Default>(payload: &[u8]) -> M {
    M::decode(payload).expect("the outbox has what was put into it")
}

impl Letter {
    /// Whether the same letter must get the same answer each time; the others may be told where the ticket has gone.
    pub(crate) fn moves_custody(&self) -> bool {
        matches!(self.parcel, Parcel::Offer | Parcel::Return | Parcel::Resolve)
    }

    /// Delivers it once more, as its sender. Returns the answer, encoded.
    pub(crate) async fn deliver(&self, stage: &Stage) -> Result<Vec<u8>, Status> {
        let Self { from, to, parcel, payload, .. } = self;
        let this = ServiceName::Line(*from);
        let signer = stage.suite.keys().signer(this.key()).expect("a suite opens every key");
        let clock = std::sync::Arc::new(stage.clock.clone());
        let channel = Peer::new(to.name(), stage.suite.channel(*to), signer, this, clock).of(stage.plan.organization());
        let mut relay = RelayServiceClient::new(channel.clone());
        Ok(match (parcel, to) {
            (Parcel::Offer, Line::Technical) => {
                let mut intake = line2::intake_service_client::IntakeServiceClient::new(channel);
                intake.offer(open::<line2::OfferRequest>(payload)).await?.into_inner().encode_to_vec()
            }
            (Parcel::Offer, Line::Expert) => {
                let mut intake = line3::intake_service_client::IntakeServiceClient::new(channel);
                intake.offer(open::<line3::OfferRequest>(payload)).await?.into_inner().encode_to_vec()
            }
            (Parcel::Offer, Line::Vendor) => {
                let mut intake = vendor::intake_service_client::IntakeServiceClient::new(channel);
                intake.offer(open::<vendor::OfferRequest>(payload)).await?.into_inner().encode_to_vec()
            }
            (Parcel::Offer, Line::SelfService | Line::ServiceDesk) => {
                let mut intake = line1::intake_service_client::IntakeServiceClient::new(channel);
                intake.offer(open::<line1::OfferRequest>(payload)).await?.into_inner().encode_to_vec()
            }
            (Parcel::Return, _) => {
                relay.r#return(open::<hand::ReturnRequest>(payload)).await?.into_inner().encode_to_vec()
            }
            (Parcel::Resolve, _) => {
                relay.resolve(open::<hand::ResolveRequest>(payload)).await?.into_inner().encode_to_vec()
            }
            (Parcel::ClarificationRequest, _) => relay
                .request_clarification(open::<hand::RequestClarificationRequest>(payload))
                .await?
                .into_inner()
                .encode_to_vec(),
            (Parcel::ClarificationAnswer, _) => relay
                .answer_clarification(open::<hand::AnswerClarificationRequest>(payload))
                .await?
                .into_inner()
                .encode_to_vec(),
            (Parcel::Progress, _) => {
                relay.report_progress(open::<hand::ReportProgressRequest>(payload)).await?.into_inner().encode_to_vec()
            }
            (Parcel::ClientMessage, _) => relay
                .forward_client_message(open::<hand::ForwardClientMessageRequest>(payload))
                .await?
                .into_inner()
                .encode_to_vec(),
            (Parcel::ResolutionNotice, _) => relay
                .notify_resolution(open::<hand::NotifyResolutionRequest>(payload))
                .await?
                .into_inner()
                .encode_to_vec(),
            (Parcel::Arrangement(arrangement), _) => {
                let mut arrange = ArrangementServiceClient::new(channel);
                match arrangement {
                    ArrangementParcel::Clarification => arrange
                        .update_clarification(open::<hand::UpdateClarificationRequest>(payload))
                        .await?
                        .into_inner()
                        .encode_to_vec(),
                    ArrangementParcel::VisitNews => {
                        arrange.tell_visit(open::<hand::TellVisitRequest>(payload)).await?.into_inner().encode_to_vec()
                    }
                    ArrangementParcel::Hold => {
                        arrange.tell_hold(open::<hand::TellHoldRequest>(payload)).await?.into_inner().encode_to_vec()
                    }
                    ArrangementParcel::Problem => arrange
                        .tell_problem(open::<hand::TellProblemRequest>(payload))
                        .await?
                        .into_inner()
                        .encode_to_vec(),
                    ArrangementParcel::MajorIncident => arrange
                        .tell_major_incident(open::<hand::TellMajorIncidentRequest>(payload))
                        .await?
                        .into_inner()
                        .encode_to_vec(),
                    ArrangementParcel::VisitAnswer => arrange
                        .answer_visit(open::<hand::AnswerVisitRequest>(payload))
                        .await?
                        .into_inner()
                        .encode_to_vec(),
                }
            }
            (Parcel::Expertise(expertise), _) => {
                let mut teach = ExpertiseServiceClient::new(channel);
                match expertise {
                    ExpertiseParcel::Item => {
                        teach.tell_item(open::<hand::TellItemRequest>(payload)).await?.into_inner().encode_to_vec()
                    }
                    ExpertiseParcel::Test => {
                        teach.tell_test(open::<hand::TellTestRequest>(payload)).await?.into_inner().encode_to_vec()
                    }
                    ExpertiseParcel::Outcome => teach
                        .tell_outcome(open::<hand::TellOutcomeRequest>(payload))
                        .await?
                        .into_inner()
                        .encode_to_vec(),
                }
            }
            (Parcel::ForceMajeure, _) => BulletinServiceClient::new(channel)
                .tell_force_majeure(open::<hand::TellForceMajeureRequest>(payload))
                .await?
                .into_inner()
                .encode_to_vec(),
            (Parcel::Partner(_) | Parcel::Perform, _) => unreachable!("a letter is for a line"),
        })
    }
}
