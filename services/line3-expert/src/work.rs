//! `ExpertService`: line 3's own daily work.

use handover::wire::{Reader, evidence, record};
use handover::{Change, Desk, Order, Refused, answer};
use proto::line3::expert_service_server::ExpertService;
use proto::line3::{
    EscalateRequest, EscalateResponse, PlanActionsRequest, PlanActionsResponse, RecordRootCauseRequest,
    RecordRootCauseResponse, escalate_request,
};
use proto::ticket as wire;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{EventBody, Evidence, TicketId};
use tonic::{Request, Response, Status, async_trait};

use crate::own::{Research, RootCause};

/// Serves `ExpertService`.
pub(crate) struct Work(pub(crate) Desk);

#[async_trait]
impl ExpertService for Work {
    async fn record_root_cause(
        &self,
        request: Request<RecordRootCauseRequest>,
    ) -> Result<Response<RecordRootCauseResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "RecordRootCause", &request.request_id, &request)?
                .expecting(request.expected_version);
            let RecordRootCauseRequest { request_id: _, ticket_id, cause, method, expected_version: _ } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let cause = reader.text("cause", &cause, TEXT_BYTES_MAX);
            let method = reader.text("method", &method, LINE_BYTES_MAX);
            let id = reader.finish(id)?;
            self.0
                .change(&order, id, "record the root cause", move |change| {
                    Box::pin(async move {
                        let event = EventBody::RootCauseRecorded { cause: cause.clone(), method: method.clone() };
                        let found = RootCause { cause, method };
                        let set = move |research: &mut Research| research.root_cause = Some(found);
                        let ticket = research(change, id, "record the root cause of", event, set).await?;
                        Ok(RecordRootCauseResponse { ticket: Some(ticket) })
                    })
                })
                .await
        })
        .await
    }

    async fn plan_actions(
        &self,
        request: Request<PlanActionsRequest>,
    ) -> Result<Response<PlanActionsResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "PlanActions", &request.request_id, &request)?.expecting(request.expected_version);
            let PlanActionsRequest { request_id: _, ticket_id, steps, expected_version: _ } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let given = reader.list("steps", steps);
            if given.is_empty() {
                reader.wrong("steps", "is empty; a plan has at least one step");
            }
            let steps: Vec<String> = given.iter().map(|step| reader.text("steps", step, TEXT_BYTES_MAX)).collect();
            let id = reader.finish(id)?;
            self.0
                .change(&order, id, "plan actions", move |change| {
                    Box::pin(async move {
                        let event = EventBody::ActionPlanned { steps: steps.clone() };
                        let set = move |research: &mut Research| research.actions = steps;
                        let ticket = research(change, id, "plan actions for", event, set).await?;
                        Ok(PlanActionsResponse { ticket: Some(ticket) })
                    })
                })
                .await
        })
        .await
    }

    async fn escalate(&self, request: Request<EscalateRequest>) -> Result<Response<EscalateResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Escalate", &request.request_id, &request)?.expecting(request.expected_version);
            let EscalateRequest { request_id: _, ticket_id, evidence: given, expected_version: _ } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let given = match reader.given("evidence", given) {
                Some(escalate_request::Evidence::Vendor(given)) => evidence::vendor(&mut reader, Some(given)),
                None => None,
            };
            let (id, given) = reader.finish(id.zip(given))?;
            let (ticket, version, outcome) = self.0.hand_up(&order, id, Evidence::Vendor(given), None).await?;
            let ticket = Some(record::to_ticket(&ticket, version.number()));
            Ok(EscalateResponse { ticket, outcome: Some(outcome) })
        })
        .await
    }
}

/// Writes what the experts found into their own document and into the log.
async fn research(
    change: &Change<'_>,
    id: TicketId,
    action: &'static str,
    event: EventBody,
    set: impl FnOnce(&mut Research) + Send,
) -> Result<wire::Ticket, Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    ticket.may_work(action).map_err(Refused::state(id))?;
    let mut research: Research = change.work.own(change.organization(), id).await?;
    set(&mut research);
    change.work.put_own(change.organization(), id, &research).await?;
    let version = change.touch(&mut ticket, read).await?;
    change.log(&ticket, event).await?;
    Ok(record::to_ticket(&ticket, version.number()))
}
