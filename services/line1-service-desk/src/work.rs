//! `ServiceDeskService`: line 1's own daily work.

use handover::wire::{Reader, evidence, record};
use handover::{Desk, Order, Refused, answer, page_size, ticket_id};
use proto::line1 as wire;
use proto::line1::escalate_request::Evidence as Given;
use proto::line1::service_desk_service_server::ServiceDeskService;
use ticket::{Evidence, TicketId};
use tonic::{Request, Response, Status, async_trait};

use crate::own::Home;
use crate::{checklist, contact, register};

/// Serves `ServiceDeskService`.
pub(crate) struct Work(pub(crate) Desk);

#[async_trait]
impl ServiceDeskService for Work {
    async fn register(
        &self,
        request: Request<wire::RegisterRequest>,
    ) -> Result<Response<wire::RegisterResponse>, Status> {
        answer(request, async |caller, request| register::register(&self.0, &caller, request).await).await
    }

    async fn triage(&self, request: Request<wire::TriageRequest>) -> Result<Response<wire::TriageResponse>, Status> {
        answer(request, async |caller, request| checklist::triage(&self.0, &caller, request).await).await
    }

    async fn record_step(
        &self,
        request: Request<wire::RecordStepRequest>,
    ) -> Result<Response<wire::RecordStepResponse>, Status> {
        answer(request, async |caller, request| checklist::record_step(&self.0, &caller, request).await).await
    }

    async fn write_to_client(
        &self,
        request: Request<wire::WriteToClientRequest>,
    ) -> Result<Response<wire::WriteToClientResponse>, Status> {
        answer(request, async |caller, request| contact::write(&self.0, &caller, request).await).await
    }

    async fn reply(&self, request: Request<wire::ReplyRequest>) -> Result<Response<wire::ReplyResponse>, Status> {
        answer(request, async |caller, request| contact::reply(&self.0, &caller, request).await).await
    }

    async fn escalate(
        &self,
        request: Request<wire::EscalateRequest>,
    ) -> Result<Response<wire::EscalateResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Escalate", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::EscalateRequest { request_id: _, ticket_id, evidence: given, expected_version: _ } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let given = match reader.given("evidence", given) {
                Some(Given::Technical(given)) => evidence::technical(&mut reader, Some(given)).map(Evidence::Technical),
                Some(Given::Expert(given)) => evidence::expert(&mut reader, Some(given)).map(Evidence::Expert),
                Some(Given::Vendor(given)) => evidence::vendor(&mut reader, Some(given)).map(Evidence::Vendor),
                None => None,
            };
            let (id, given) = reader.finish(id.zip(given))?;
            let (ticket, version, outcome) = self.0.hand_up(&order, id, given, None).await?;
            let ticket = Some(record::to_ticket(&ticket, version.number()));
            Ok(wire::EscalateResponse { ticket, outcome: Some(outcome) })
        })
        .await
    }

    async fn confirm(&self, request: Request<wire::ConfirmRequest>) -> Result<Response<wire::ConfirmResponse>, Status> {
        answer(request, async |caller, request| contact::confirm(&self.0, &caller, request).await).await
    }

    async fn reopen(&self, request: Request<wire::ReopenRequest>) -> Result<Response<wire::ReopenResponse>, Status> {
        answer(request, async |caller, request| contact::reopen(&self.0, &caller, request).await).await
    }

    async fn get_case(
        &self,
        request: Request<wire::GetCaseRequest>,
    ) -> Result<Response<wire::GetCaseResponse>, Status> {
        answer(request, async |caller, request| contact::case(&self.0, &caller, request).await).await
    }

    async fn list_clarifications(
        &self,
        request: Request<wire::ListClarificationsRequest>,
    ) -> Result<Response<wire::ListClarificationsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListClarificationsRequest { ticket_id: id, page_size: size, page_token } = request;
            let id = ticket_id(&id)?;
            let size = page_size(size)? as usize;
            let seen = match page_token.as_str() {
                "" => 0,
                token => token.parse::<usize>().map_err(|_| Refused::PageToken)?,
            };
            self.0.find(&caller.organization, id).await?;
            let home: Home = self.0.store().own(&caller.organization, id).await?;
            // Questions are only added, so how many were seen says where the next page begins.
            let next = seen.saturating_add(size);
            let next_page_token = if next < home.questions.len() { next.to_string() } else { String::new() };
            let clarifications = home.questions.into_iter().skip(seen).take(size).map(contact::question).collect();
            Ok(wire::ListClarificationsResponse { clarifications, next_page_token })
        })
        .await
    }
}
