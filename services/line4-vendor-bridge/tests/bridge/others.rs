//! The bridge's surroundings: lines that take everything and note it, and a partner that says nothing by itself.

use std::sync::{Arc, Mutex};

use handover::wire::instant;
use proto::handover as hand;
use proto::handover::relay_service_server::RelayService;
use proto::partner::partner_desk_service_server::PartnerDeskService;
use proto::partner::{
    CaseEnvelope, CloseRequest, CloseResponse, OpenCaseRequest, OpenCaseResponse, RespondRequest, RespondResponse,
};
use ticket::{Clock, ManualClock};
use tonic::{Request, Response, Status, async_trait};

/// Lines 1 and 3 in one: whatever the bridge hands down or says.
#[derive(Clone)]
pub(crate) struct Lines {
    pub(crate) clock: ManualClock,
    pub(crate) returns: Arc<Mutex<Vec<hand::ReturnRequest>>>,
    pub(crate) resolutions: Arc<Mutex<Vec<hand::ResolveRequest>>>,
    pub(crate) questions: Arc<Mutex<Vec<hand::RequestClarificationRequest>>>,
    pub(crate) progress: Arc<Mutex<Vec<hand::ReportProgressRequest>>>,
}

impl Lines {
    pub(crate) fn at(clock: ManualClock) -> Self {
        Self {
            clock,
            returns: Arc::default(),
            resolutions: Arc::default(),
            questions: Arc::default(),
            progress: Arc::default(),
        }
    }

    fn takes(&self, baton: Option<hand::Baton>) -> Option<hand::Answer> {
        let hand::Baton { handover_id, to, epoch, .. } = baton.expect("a handover has a baton");
        let receipt = hand::Receipt { line: to, epoch, at: Some(instant(self.clock.now())) };
        Some(hand::Answer { handover_id, outcome: Some(hand::answer::Outcome::Accepted(receipt)) })
    }
}

fn note<T>(all: &Mutex<Vec<T>>, one: T) {
    all.lock().unwrap().push(one);
}

#[async_trait]
impl RelayService for Lines {
    async fn r#return(&self, request: Request<hand::ReturnRequest>) -> Result<Response<hand::ReturnResponse>, Status> {
        let request = request.into_inner();
        note(&self.returns, request.clone());
        Ok(Response::new(hand::ReturnResponse { answer: self.takes(request.baton) }))
    }

    async fn resolve(&self, request: Request<hand::ResolveRequest>) -> Result<Response<hand::ResolveResponse>, Status> {
        let request = request.into_inner();
        note(&self.resolutions, request.clone());
        Ok(Response::new(hand::ResolveResponse { answer: self.takes(request.baton) }))
    }

    async fn request_clarification(
        &self,
        request: Request<hand::RequestClarificationRequest>,
    ) -> Result<Response<hand::RequestClarificationResponse>, Status> {
        note(&self.questions, request.into_inner());
        Ok(Response::new(hand::RequestClarificationResponse::default()))
    }

    async fn answer_clarification(
        &self,
        _: Request<hand::AnswerClarificationRequest>,
    ) -> Result<Response<hand::AnswerClarificationResponse>, Status> {
        Ok(Response::new(hand::AnswerClarificationResponse::default()))
    }

    async fn report_progress(
        &self,
        request: Request<hand::ReportProgressRequest>,
    ) -> Result<Response<hand::ReportProgressResponse>, Status> {
        note(&self.progress, request.into_inner());
        Ok(Response::new(hand::ReportProgressResponse::default()))
    }

    async fn forward_client_message(
        &self,
        _: Request<hand::ForwardClientMessageRequest>,
    ) -> Result<Response<hand::ForwardClientMessageResponse>, Status> {
        Ok(Response::new(hand::ForwardClientMessageResponse::default()))
    }

    async fn notify_resolution(
        &self,
        _: Request<hand::NotifyResolutionRequest>,
    ) -> Result<Response<hand::NotifyResolutionResponse>, Status> {
        Ok(Response::new(hand::NotifyResolutionResponse::default()))
    }
}

/// A partner's system that notes what it reads, `sequence RPC text`, and speaks only when the test does.
#[derive(Clone, Default)]
pub(crate) struct Quiet {
    pub(crate) read: Arc<Mutex<Vec<String>>>,
    pub(crate) envelopes: Arc<Mutex<Vec<CaseEnvelope>>>,
    pub(crate) refuses: Arc<Mutex<bool>>,
    /// Names another case than it did first.
    pub(crate) lies: Arc<Mutex<bool>>,
}

impl Quiet {
    pub(crate) const CASE: &str = "CASE-1";

    fn reads(&self, verb: &str, envelope: Option<CaseEnvelope>, text: &str) -> Result<String, Status> {
        if *self.refuses.lock().unwrap() {
            #[expect(clippy::disallowed_methods, reason = "a partner's refusal carries none of this suite's reasons")]
            return Err(Status::failed_precondition("our contract has run out"));
        }
        let envelope = envelope.expect("every message has an envelope");
        note(&self.read, format!("{} {verb} {text}", envelope.sequence));
        note(&self.envelopes, envelope);
        let case = if *self.lies.lock().unwrap() { "CASE-2" } else { Self::CASE };
        Ok(case.to_owned())
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.read.lock().unwrap().clone()
    }
}

#[async_trait]
impl PartnerDeskService for Quiet {
    async fn open_case(&self, request: Request<OpenCaseRequest>) -> Result<Response<OpenCaseResponse>, Status> {
        let OpenCaseRequest { envelope, asked, .. } = request.into_inner();
        Ok(Response::new(OpenCaseResponse { partner_case_id: self.reads("open", envelope, &asked)? }))
    }

    async fn respond(&self, request: Request<RespondRequest>) -> Result<Response<RespondResponse>, Status> {
        let RespondRequest { envelope, text } = request.into_inner();
        Ok(Response::new(RespondResponse { partner_case_id: self.reads("respond", envelope, &text)? }))
    }

    async fn close(&self, request: Request<CloseRequest>) -> Result<Response<CloseResponse>, Status> {
        let CloseRequest { envelope, text } = request.into_inner();
        Ok(Response::new(CloseResponse { partner_case_id: self.reads("close", envelope, &text)? }))
    }
}
