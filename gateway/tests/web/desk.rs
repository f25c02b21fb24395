//! A line that remembers nothing but what it was asked, and streams what the test lets happen.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use futures::{Stream, StreamExt, stream};
use proto::{handover as handover_pb, line1 as desk_pb, ticket as pb};
use rpc::{Problem, Refusal, into_status};
use ticket::Line;
use tokio::sync::{Semaphore, watch};
use tonic::{Request, Response, Status};

/// A refusal with a reason, a fact and nothing else.
#[derive(Debug, thiserror::Error)]
#[error("{line} has no ticket {ticket}")]
struct NotFound {
    line: Line,
    ticket: String,
}

impl Problem for NotFound {
    fn reason(&self) -> proto::errors::Reason {
        proto::errors::Reason::TicketNotFound
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("ticket", self.ticket.clone())]
    }
}

/// One line of the test.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Inside>);

struct Inside {
    line: Line,
    /// How many events the log has.
    events: watch::Sender<u32>,
    /// After which event each stream breaks.
    break_after: Mutex<Option<u32>>,
    registered: Mutex<Vec<desk_pb::RegisterRequest>>,
    listed: Mutex<Vec<pb::ListTicketsRequest>>,
    watched: Mutex<Vec<String>>,
    metadata: Mutex<tonic::metadata::MetadataMap>,
    /// Closed while calls are to hang.
    open: Semaphore,
}

impl Desk {
    pub(crate) fn of(line: Line) -> Self {
        Self(Arc::new(Inside {
            line,
            events: watch::Sender::new(0),
            break_after: Mutex::default(),
            registered: Mutex::default(),
            listed: Mutex::default(),
            watched: Mutex::default(),
            metadata: Mutex::default(),
            open: Semaphore::new(1),
        }))
    }

    /// Lets `count` events have happened.
    pub(crate) fn happened(&self, count: u32) {
        self.0.events.send_replace(count);
    }

    /// Breaks each stream after event `number`, or none.
    pub(crate) fn break_after(&self, number: Option<u32>) {
        *self.0.break_after.lock().expect("no panic") = number;
    }

    /// Lets reads hang from now on.
    pub(crate) fn hang(&self) {
        self.0.open.forget_permits(1);
    }

    pub(crate) fn registered(&self) -> Vec<desk_pb::RegisterRequest> {
        self.0.registered.lock().expect("no panic").clone()
    }

    pub(crate) fn listed(&self) -> Vec<pb::ListTicketsRequest> {
        self.0.listed.lock().expect("no panic").clone()
    }

    /// With which resume token each stream was asked for.
    pub(crate) fn watched(&self) -> Vec<String> {
        self.0.watched.lock().expect("no panic").clone()
    }

    /// What came along with the last read.
    pub(crate) fn metadata(&self, key: &str) -> String {
        let metadata = self.0.metadata.lock().expect("no panic");
        metadata.get(key).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    fn ticket(&self, id: &str) -> pb::Ticket {
        let line = proto_line(self.0.line).into();
        let facts = pb::Facts { ticket_id: id.to_owned(), ..Default::default() };
        pb::Ticket { facts: Some(facts), line, state: pb::State::Open.into(), version: 7, ..Default::default() }
    }
}

fn proto_line(line: Line) -> pb::Line {
    match line {
        Line::SelfService => pb::Line::SelfService,
        Line::ServiceDesk => pb::Line::ServiceDesk,
        Line::Technical => pb::Line::Technical,
        Line::Expert => pb::Line::Expert,
        Line::Vendor => pb::Line::Vendor,
    }
}

fn not_here<T>() -> Result<Response<T>, Status> {
    Err(into_status(&Refusal::MethodUnknown { method: "not in this test".to_owned() }))
}

#[tonic::async_trait]
impl pb::ticket_service_server::TicketService for Desk {
    async fn get_ticket(
        &self,
        request: Request<pb::GetTicketRequest>,
    ) -> Result<Response<pb::GetTicketResponse>, Status> {
        *self.0.metadata.lock().expect("no panic") = request.metadata().clone();
        let _open = self.0.open.acquire().await.expect("never closed");
        let id = request.into_inner().ticket_id;
        if id == "tkt_none" {
            return Err(into_status(&NotFound { line: self.0.line, ticket: id }));
        }
        if id == "tkt_broken" {
            return Err(into_status(&Refusal::Internal { what: "secret words of a database".to_owned() }));
        }
        Ok(Response::new(pb::GetTicketResponse { ticket: Some(self.ticket(&id)) }))
    }

    async fn list_tickets(
        &self,
        request: Request<pb::ListTicketsRequest>,
    ) -> Result<Response<pb::ListTicketsResponse>, Status> {
        self.0.listed.lock().expect("no panic").push(request.into_inner());
        let tickets = vec![self.ticket("tkt_1"), self.ticket("tkt_2")];
        Ok(Response::new(pb::ListTicketsResponse { tickets, next_page_token: String::new() }))
    }

    async fn explain_deadline(
        &self,
        _: Request<pb::ExplainDeadlineRequest>,
    ) -> Result<Response<pb::ExplainDeadlineResponse>, Status> {
        not_here()
    }

    async fn get_journey(&self, _: Request<pb::GetJourneyRequest>) -> Result<Response<pb::GetJourneyResponse>, Status> {
        not_here()
    }

    async fn get_leg(&self, _: Request<pb::GetLegRequest>) -> Result<Response<pb::GetLegResponse>, Status> {
        not_here()
    }

    type WatchTicketStream = Pin<Box<dyn Stream<Item = Result<pb::WatchTicketResponse, Status>> + Send>>;

    async fn watch_ticket(
        &self,
        request: Request<pb::WatchTicketRequest>,
    ) -> Result<Response<Self::WatchTicketStream>, Status> {
        let pb::WatchTicketRequest { ticket_id, resume_token } = request.into_inner();
        if ticket_id == "tkt_none" {
            return Err(into_status(&NotFound { line: self.0.line, ticket: ticket_id }));
        }
        self.0.watched.lock().expect("no panic").push(resume_token.clone());
        let seen: u32 = resume_token.trim_start_matches("after-").parse().unwrap_or(0);
        let break_after = *self.0.break_after.lock().expect("no panic");
        let events = self.0.events.subscribe();
        let line = self.0.line;
        let happening = stream::unfold((seen, events), |(seen, mut events)| async move {
            let next = seen + 1;
            events.wait_for(|count| *count >= next).await.ok()?;
            Some((next, (next, events)))
        });
        let told = happening.map(move |number| match break_after {
            Some(last) if number > last => Err(into_status(&Refusal::GoingDown)),
            Some(_) | None => Ok(pb::WatchTicketResponse {
                event: Some(pb::TicketEvent {
                    resume_token: format!("after-{number}"),
                    ticket_id: ticket_id.clone(),
                    line: proto_line(line).into(),
                    summary: format!("событие {number}"),
                    ..Default::default()
                }),
            }),
        });
        Ok(Response::new(Box::pin(told)))
    }
}

#[tonic::async_trait]
impl desk_pb::service_desk_service_server::ServiceDeskService for Desk {
    async fn register(
        &self,
        request: Request<desk_pb::RegisterRequest>,
    ) -> Result<Response<desk_pb::RegisterResponse>, Status> {
        self.0.registered.lock().expect("no panic").push(request.into_inner());
        Ok(Response::new(desk_pb::RegisterResponse { ticket: Some(self.ticket("tkt_new")) }))
    }

    async fn triage(&self, _: Request<desk_pb::TriageRequest>) -> Result<Response<desk_pb::TriageResponse>, Status> {
        not_here()
    }

    async fn record_step(
        &self,
        _: Request<desk_pb::RecordStepRequest>,
    ) -> Result<Response<desk_pb::RecordStepResponse>, Status> {
        not_here()
    }

    async fn write_to_client(
        &self,
        _: Request<desk_pb::WriteToClientRequest>,
    ) -> Result<Response<desk_pb::WriteToClientResponse>, Status> {
        not_here()
    }

    async fn reply(&self, _: Request<desk_pb::ReplyRequest>) -> Result<Response<desk_pb::ReplyResponse>, Status> {
        not_here()
    }

    async fn escalate(
        &self,
        _: Request<desk_pb::EscalateRequest>,
    ) -> Result<Response<desk_pb::EscalateResponse>, Status> {
        not_here()
    }

    async fn confirm(&self, _: Request<desk_pb::ConfirmRequest>) -> Result<Response<desk_pb::ConfirmResponse>, Status> {
        not_here()
    }

    async fn reopen(&self, _: Request<desk_pb::ReopenRequest>) -> Result<Response<desk_pb::ReopenResponse>, Status> {
        not_here()
    }

    async fn get_case(
        &self,
        _: Request<desk_pb::GetCaseRequest>,
    ) -> Result<Response<desk_pb::GetCaseResponse>, Status> {
        not_here()
    }

    async fn list_clarifications(
        &self,
        _: Request<desk_pb::ListClarificationsRequest>,
    ) -> Result<Response<desk_pb::ListClarificationsResponse>, Status> {
        not_here()
    }
}

#[tonic::async_trait]
impl handover_pb::custodian_service_server::CustodianService for Desk {
    async fn assign(
        &self,
        _: Request<handover_pb::AssignRequest>,
    ) -> Result<Response<handover_pb::AssignResponse>, Status> {
        not_here()
    }

    async fn ask_client(
        &self,
        _: Request<handover_pb::AskClientRequest>,
    ) -> Result<Response<handover_pb::AskClientResponse>, Status> {
        not_here()
    }

    async fn report_progress(
        &self,
        _: Request<handover_pb::CustodianServiceReportProgressRequest>,
    ) -> Result<Response<handover_pb::CustodianServiceReportProgressResponse>, Status> {
        not_here()
    }

    async fn r#return(
        &self,
        _: Request<handover_pb::CustodianServiceReturnRequest>,
    ) -> Result<Response<handover_pb::CustodianServiceReturnResponse>, Status> {
        not_here()
    }

    async fn resolve(
        &self,
        request: Request<handover_pb::CustodianServiceResolveRequest>,
    ) -> Result<Response<handover_pb::CustodianServiceResolveResponse>, Status> {
        let ticket = self.ticket(&request.into_inner().ticket_id);
        Ok(Response::new(handover_pb::CustodianServiceResolveResponse { ticket: Some(ticket), outcome: None }))
    }
}
