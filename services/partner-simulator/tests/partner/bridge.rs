//! A bridge that notes every call and answers as it is told, and the partner's system in front of it.
#![expect(clippy::disallowed_methods, reason = "the bridge's refusals stand here only for their codes")]

use std::{sync::Arc, time::Duration};

use partner_simulator::{Conduct, Habits, Simulator};
use proto::partner::{
    AcceptCaseRequest, AcceptCaseResponse, Acknowledgement, CaseEnvelope, CloseCaseRequest, CloseCaseResponse,
    OpenCaseRequest, PartnerBridgeServiceRespondRequest, PartnerBridgeServiceRespondResponse, ProposeFixRequest,
    ProposeFixResponse, RejectCaseRequest, RejectCaseResponse, RequestInformationRequest, RequestInformationResponse,
    RespondRequest,
    partner_bridge_service_server::{PartnerBridgeService, PartnerBridgeServiceServer},
    partner_desk_service_client::PartnerDeskServiceClient,
};
use telemetry::carry;
use tokio::sync::watch;
use tonic::{Code, Request, Response, Status, metadata::MetadataMap, service::Routes};

/// Generous: it only ends a test that would hang.
const HANGS: Duration = Duration::from_secs(60);

pub(crate) const BOND: &str = "bnd_00000000000000000000000000000001";

/// One call of the partner.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) rpc: &'static str,
    pub(crate) envelope: CaseEnvelope,
    pub(crate) text: String,
    pub(crate) trace: Option<String>,
}

impl Call {
    /// The RPC, the number, and the message id without the bond: `Accept 1 id 1`.
    pub(crate) fn line(&self) -> String {
        let CaseEnvelope { message_id, bond_id: _, partner_case_id: _, sequence } = &self.envelope;
        let id = message_id.strip_prefix(BOND).and_then(|id| id.strip_prefix('-')).expect("an id of this bond");
        format!("{} {sequence} id {id}", self.rpc)
    }
}

type Judge = dyn Fn(&[Call]) -> Result<(), Code> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Bridge {
    calls: Arc<watch::Sender<Vec<Call>>>,
    judge: Arc<Judge>,
}

impl Bridge {
    /// Answers each call as `judge` says of all calls so far, the newest last.
    pub(crate) fn judging(judge: impl Fn(&[Call]) -> Result<(), Code> + Send + Sync + 'static) -> Self {
        Self { calls: Arc::new(watch::Sender::new(Vec::new())), judge: Arc::new(judge) }
    }

    /// Takes everything.
    pub(crate) fn willing() -> Self {
        Self::judging(|_| Ok(()))
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.borrow().clone()
    }

    /// Waits for so many calls, and returns what they were.
    pub(crate) async fn heard(&self, calls: usize) -> Vec<String> {
        let mut news = self.calls.subscribe();
        soon(news.wait_for(|heard| heard.len() >= calls)).await.expect("the sender lives in `self`");
        self.lines()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.calls().iter().map(Call::line).collect()
    }

    /// A partner with this bridge that repeats three times and at once.
    pub(crate) fn partner(&self, conduct: Conduct) -> Simulator {
        let channel = in_process(Routes::new(PartnerBridgeServiceServer::new(self.clone())));
        let backoff = Arc::new(|failed| (failed <= 3).then_some(Duration::ZERO));
        let habits = Habits { backoff, ..Habits::default() };
        Simulator::with_habits("acme", channel, move |_| conduct.clone(), habits)
    }

    fn hear<T>(
        &self,
        rpc: &'static str,
        request: Request<T>,
        parts: impl FnOnce(T) -> (Option<CaseEnvelope>, String),
    ) -> Result<Option<Acknowledgement>, Status> {
        let trace = carry::received(&request.metadata().clone().into_headers()).trace_id();
        let (envelope, text) = parts(request.into_inner());
        let envelope = envelope.expect("a partner's message has an envelope");
        let message_id = envelope.message_id.clone();
        self.calls.send_modify(|calls| calls.push(Call { rpc, envelope, text, trace }));
        (self.judge)(&self.calls.borrow()).map_err(|code| Status::new(code, "as judged"))?;
        Ok(Some(Acknowledgement { message_id, waiting_for_earlier: false }))
    }
}

#[tonic::async_trait]
impl PartnerBridgeService for Bridge {
    async fn accept_case(&self, request: Request<AcceptCaseRequest>) -> Result<Response<AcceptCaseResponse>, Status> {
        let acknowledgement = self.hear("Accept", request, |it| (it.envelope, it.text))?;
        Ok(Response::new(AcceptCaseResponse { acknowledgement }))
    }

    async fn reject_case(&self, request: Request<RejectCaseRequest>) -> Result<Response<RejectCaseResponse>, Status> {
        let acknowledgement = self.hear("Reject", request, |it| (it.envelope, it.text))?;
        Ok(Response::new(RejectCaseResponse { acknowledgement }))
    }

    async fn request_information(
        &self,
        request: Request<RequestInformationRequest>,
    ) -> Result<Response<RequestInformationResponse>, Status> {
        let acknowledgement = self.hear("Ask", request, |it| (it.envelope, it.text))?;
        Ok(Response::new(RequestInformationResponse { acknowledgement }))
    }

    async fn respond(
        &self,
        request: Request<PartnerBridgeServiceRespondRequest>,
    ) -> Result<Response<PartnerBridgeServiceRespondResponse>, Status> {
        let acknowledgement = self.hear("Respond", request, |it| (it.envelope, it.text))?;
        Ok(Response::new(PartnerBridgeServiceRespondResponse { acknowledgement }))
    }

    async fn propose_fix(&self, request: Request<ProposeFixRequest>) -> Result<Response<ProposeFixResponse>, Status> {
        let acknowledgement = self
            .hear("Fix", request, |it| (it.envelope, format!("{}\n{}\n{}", it.root_cause, it.fix, it.how_to_verify)))?;
        Ok(Response::new(ProposeFixResponse { acknowledgement }))
    }

    async fn close_case(&self, request: Request<CloseCaseRequest>) -> Result<Response<CloseCaseResponse>, Status> {
        let acknowledgement = self.hear("Close", request, |it| (it.envelope, it.text))?;
        Ok(Response::new(CloseCaseResponse { acknowledgement }))
    }
}

fn in_process(routes: Routes) -> rpc::Channel {
    rpc::Channel::new(routes)
}

/// The partner as the bridge calls it.
pub(crate) fn desk(partner: &Simulator) -> PartnerDeskServiceClient<rpc::Channel> {
    rpc::tuned!(PartnerDeskServiceClient::new(in_process(Routes::new(partner.server()))), &rpc::Limits::default())
}

/// The bridge's `sequence`-th message about a bond; the id is `message-` and that number.
pub(crate) fn envelope(bond: &str, sequence: u32) -> Option<CaseEnvelope> {
    Some(CaseEnvelope {
        message_id: format!("message-{bond}-{sequence}"),
        bond_id: bond.to_owned(),
        partner_case_id: String::new(),
        sequence,
    })
}

pub(crate) fn opening(bond: &str) -> OpenCaseRequest {
    OpenCaseRequest {
        envelope: envelope(bond, 1),
        product: "Router".to_owned(),
        reproduction: "[EMAIL-1] restarts it".to_owned(),
        ..OpenCaseRequest::default()
    }
}

pub(crate) fn response(bond: &str, sequence: u32, text: &str) -> RespondRequest {
    RespondRequest { envelope: envelope(bond, sequence), text: text.to_owned() }
}

/// The same in a trace of somebody else's.
pub(crate) fn in_trace<T>(message: T, traceparent: &str) -> Request<T> {
    let mut request = Request::new(message);
    let mut metadata = MetadataMap::new();
    metadata.insert("traceparent", traceparent.parse().expect("ASCII"));
    metadata.insert("authorization", "Bearer secret".parse().expect("ASCII"));
    *request.metadata_mut() = metadata;
    request
}

/// Opens a case with `partner` and returns its id.
pub(crate) async fn open(partner: &Simulator) -> String {
    desk(partner).open_case(opening(BOND)).await.expect("a partner takes every case").into_inner().partner_case_id
}

/// Waits for `event`, but not for ever.
pub(crate) async fn soon<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANGS, event).await.expect("it happens")
}
