//! `TechnicalService`: line 2's own daily work.

use handover::wire::{Reader, evidence, record};
use handover::{Change, Desk, Order, Refused, answer};
use proto::line2::technical_service_server::TechnicalService;
use proto::line2::{DiagnoseRequest, DiagnoseResponse, EscalateRequest, EscalateResponse, escalate_request};
use ticket::evidence::Finding;
use ticket::{EventBody, Evidence, TicketId};
use tonic::{Request, Response, Status, async_trait};

use crate::own::Diagnosis;

/// Serves `TechnicalService`.
pub(crate) struct Work(pub(crate) Desk);

#[async_trait]
impl TechnicalService for Work {
    async fn diagnose(&self, request: Request<DiagnoseRequest>) -> Result<Response<DiagnoseResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Diagnose", &request.request_id, &request)?;
            let DiagnoseRequest { request_id: _, ticket_id, finding } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let finding =
                reader.given("finding", finding).map(|given| evidence::finding(&mut reader, "finding", given));
            if finding.as_ref().is_some_and(|finding| finding.tried.is_empty() || finding.result.is_empty()) {
                reader.wrong("finding", "says not what was tried, or not what came out; it needs `tried` and `result`");
            }
            let (id, finding) = reader.finish(id.zip(finding))?;
            self.0
                .change(&order, id, "diagnose", move |change| {
                    Box::pin(async move { diagnose(change, id, finding).await })
                })
                .await
        })
        .await
    }

    async fn escalate(&self, request: Request<EscalateRequest>) -> Result<Response<EscalateResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Escalate", &request.request_id, &request)?;
            let EscalateRequest { request_id: _, ticket_id, evidence: given } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let given = match reader.given("evidence", given) {
                Some(escalate_request::Evidence::Expert(given)) => {
                    evidence::expert(&mut reader, Some(given)).map(Evidence::Expert)
                }
                Some(escalate_request::Evidence::Vendor(given)) => {
                    evidence::vendor(&mut reader, Some(given)).map(Evidence::Vendor)
                }
                None => None,
            };
            let (id, given) = reader.finish(id.zip(given))?;
            let (ticket, version, outcome) = self.0.hand_up(&order, id, given, None).await?;
            let ticket = Some(record::to_ticket(&ticket, version.number()));
            Ok(EscalateResponse { ticket, outcome: Some(outcome) })
        })
        .await
    }
}

async fn diagnose(change: &Change<'_>, id: TicketId, finding: Finding) -> Result<DiagnoseResponse, Refused> {
    let (ticket, read) = change.ticket(id).await?;
    ticket.may_work("diagnose").map_err(Refused::state(id))?;
    let mut diagnosis: Diagnosis = change.work.own(change.organization(), id).await?;
    diagnosis.findings.push(finding.clone());
    change.work.put_own(change.organization(), id, &diagnosis).await?;
    change.log(&ticket, EventBody::Diagnosed { finding }).await?;
    Ok(DiagnoseResponse {
        ticket: Some(record::to_ticket(&ticket, read.number())),
        findings: diagnosis.findings.into_iter().map(evidence::to_finding).collect(),
    })
}
