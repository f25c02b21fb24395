//! Brings one message to the bridge, as often as it takes.

use std::time::Duration;

use proto::partner::{
    AcceptCaseRequest, Acknowledgement, CloseCaseRequest, PartnerBridgeServiceRespondRequest, ProposeFixRequest,
    RejectCaseRequest, RequestInformationRequest, partner_bridge_service_client::PartnerBridgeServiceClient,
};
use tonic::{Code, Request, Response, Status, metadata::MetadataMap};

use crate::{Says, Sent};

/// Longer, and the answer counts as lost.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// The bridge as its partner calls it.
pub(crate) type Bridge = PartnerBridgeServiceClient<rpc::Channel>;

/// Sends `sent` until the bridge has answered for good or `backoff` (given the number of failed attempts) says to stop.
pub(crate) async fn deliver(
    bridge: &Bridge,
    sent: &Sent,
    backoff: &(dyn Fn(u32) -> Option<Duration> + Send + Sync),
) -> Result<Acknowledgement, Status> {
    let mut failed = 0;
    loop {
        let answer = match tokio::time::timeout(ANSWER_PATIENCE, send(bridge.clone(), sent.clone())).await {
            Ok(answer) => answer,
            Err(_) => Err(Status::deadline_exceeded("the bridge has not answered in time")),
        };
        let Err(status) = &answer else { return answer };
        if !is_transient(status.code()) {
            return answer;
        }
        failed += 1;
        let Some(pause) = backoff(failed) else { return answer };
        tracing::debug!(message_id = sent.envelope.message_id, code = ?status.code(), failed, "not delivered, will repeat");
        tokio::time::sleep(pause).await;
    }
}

/// Whether the same message may fare better later. Repeating does no harm, so that all counts which is not plainly an
/// answer; `Unknown` and `Internal` are what a cut connection looks like.
pub(crate) fn is_transient(code: Code) -> bool {
    match code {
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::Cancelled
        | Code::ResourceExhausted
        | Code::Unknown
        | Code::Internal => true,
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => false,
    }
}

async fn send(mut bridge: Bridge, Sent { envelope, says }: Sent) -> Result<Acknowledgement, Status> {
    let envelope = Some(envelope);
    let acknowledgement = match says {
        Says::Accept { text } => {
            let request = AcceptCaseRequest { envelope, text };
            bridge.accept_case(traced(request)).await.map(Response::into_inner)?.acknowledgement
        }
        Says::Reject { text } => {
            let request = RejectCaseRequest { envelope, text };
            bridge.reject_case(traced(request)).await.map(Response::into_inner)?.acknowledgement
        }
        Says::RequestInformation { text } => {
            let request = RequestInformationRequest { envelope, text };
            bridge.request_information(traced(request)).await.map(Response::into_inner)?.acknowledgement
        }
        Says::Respond { text } => {
            let request = PartnerBridgeServiceRespondRequest { envelope, text };
            bridge.respond(traced(request)).await.map(Response::into_inner)?.acknowledgement
        }
        Says::ProposeFix { root_cause, fix, workaround, how_to_verify } => {
            let request = ProposeFixRequest { envelope, root_cause, fix, workaround, how_to_verify };
            bridge.propose_fix(traced(request)).await.map(Response::into_inner)?.acknowledgement
        }
        Says::Close { text } => {
            let request = CloseCaseRequest { envelope, text };
            bridge.close_case(traced(request)).await.map(Response::into_inner)?.acknowledgement
        }
    };
    acknowledgement.ok_or_else(|| Status::data_loss("the bridge has answered without an acknowledgement"))
}

/// A request in the trace of the span that is entered.
fn traced<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let mut headers = MetadataMap::new().into_headers();
    telemetry::carry::inject(&mut headers);
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    request.set_timeout(ANSWER_PATIENCE);
    request
}
