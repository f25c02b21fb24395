//! `TechnicalService`: line 2's own daily work.

use handover::wire::{Reader, evidence, instant, record};
use handover::{Change, Desk, Order, Refused, answer, page_size, ticket_id};
use plan::ReviewedStep;
use proto::line2 as wire;
use proto::line2::escalate_request;
use proto::line2::technical_service_server::TechnicalService;
use ticket::evidence::Finding;
use ticket::{EventBody, Evidence, OrganizationId, TicketId};
use tonic::{Request, Response, Status, async_trait};

use crate::own::{Diagnosis, Entry, FINDINGS_MAX};
use crate::{files, review, session};

/// Serves `TechnicalService`.
pub(crate) struct Work(pub(crate) Desk);

impl Work {
    async fn diagnosis(&self, organization: &OrganizationId, id: &str) -> Result<Diagnosis, Refused> {
        let id = ticket_id(id)?;
        self.0.find(organization, id).await?;
        Ok(self.0.store().own(organization, id).await?)
    }
}

#[async_trait]
impl TechnicalService for Work {
    async fn diagnose(
        &self,
        request: Request<wire::DiagnoseRequest>,
    ) -> Result<Response<wire::DiagnoseResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Diagnose", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::DiagnoseRequest { request_id: _, expected_version: _, ticket_id, finding } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let finding =
                reader.given("finding", finding).map(|given| evidence::finding(&mut reader, "finding", given));
            if finding.as_ref().is_some_and(|finding| finding.tried.is_empty() || finding.result.is_empty()) {
                reader.wrong("finding", "says not what was tried, or not what came out; it needs `tried` and `result`");
            }
            let (id, finding) = reader.finish(id.zip(finding))?;
            let by = caller.subject.clone();
            self.0
                .change(&order, id, "diagnose", move |change| {
                    Box::pin(async move { diagnose(change, id, by, finding).await })
                })
                .await
        })
        .await
    }

    async fn get_help(
        &self,
        request: Request<wire::GetHelpRequest>,
    ) -> Result<Response<wire::GetHelpResponse>, Status> {
        answer(request, async |caller, request| review::help(&self.0, &caller, request).await).await
    }

    async fn review_help(
        &self,
        request: Request<wire::ReviewHelpRequest>,
    ) -> Result<Response<wire::ReviewHelpResponse>, Status> {
        answer(request, async |caller, request| review::review(&self.0, &caller, request).await).await
    }

    async fn list_findings(
        &self,
        request: Request<wire::ListFindingsRequest>,
    ) -> Result<Response<wire::ListFindingsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListFindingsRequest { ticket_id, page_size, page_token } = request;
            let (seen, size) = place(page_size, &page_token)?;
            let diagnosis = self.diagnosis(&caller.organization, &ticket_id).await?;
            let (findings, next_page_token) = page(diagnosis.findings, seen, size);
            let entry = |Entry { finding, by, at }: Entry| wire::FindingEntry {
                finding: Some(evidence::to_finding(finding)),
                by,
                at: at.map(instant),
            };
            Ok(wire::ListFindingsResponse { findings: findings.into_iter().map(entry).collect(), next_page_token })
        })
        .await
    }

    async fn begin_session(
        &self,
        request: Request<wire::BeginSessionRequest>,
    ) -> Result<Response<wire::BeginSessionResponse>, Status> {
        answer(request, async |caller, request| session::begin(&self.0, &caller, request).await).await
    }

    async fn end_session(
        &self,
        request: Request<wire::EndSessionRequest>,
    ) -> Result<Response<wire::EndSessionResponse>, Status> {
        answer(request, async |caller, request| session::end(&self.0, &caller, request).await).await
    }

    async fn list_sessions(
        &self,
        request: Request<wire::ListSessionsRequest>,
    ) -> Result<Response<wire::ListSessionsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListSessionsRequest { ticket_id, page_size, page_token } = request;
            let (seen, size) = place(page_size, &page_token)?;
            let diagnosis = self.diagnosis(&caller.organization, &ticket_id).await?;
            let (sessions, next_page_token) = page(diagnosis.sessions, seen, size);
            let sessions = sessions.into_iter().map(session::to_wire).collect();
            Ok(wire::ListSessionsResponse { sessions, next_page_token })
        })
        .await
    }

    async fn escalate(
        &self,
        request: Request<wire::EscalateRequest>,
    ) -> Result<Response<wire::EscalateResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Escalate", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::EscalateRequest { request_id: _, expected_version: _, ticket_id, evidence: given } = request;
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
            let (id, mut given) = reader.finish(id.zip(given))?;
            if let Evidence::Expert(evidence) = &mut given
                && evidence.attachments.is_empty()
            {
                evidence.attachments = files::named(&self.0, &caller.organization, id).await;
            }
            let (ticket, version, outcome) = self.0.hand_up(&order, id, given, None).await?;
            let ticket = Some(record::to_ticket(&ticket, version.number()));
            Ok(wire::EscalateResponse { ticket, outcome: Some(outcome) })
        })
        .await
    }
}

async fn diagnose(
    change: &Change<'_>,
    id: TicketId,
    by: String,
    finding: Finding,
) -> Result<wire::DiagnoseResponse, Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    ticket.may_work("diagnose").map_err(Refused::state(id))?;
    let mut diagnosis: Diagnosis = change.work.own(change.organization(), id).await?;
    review::reviewed(change, &ticket, &diagnosis, ReviewedStep::Diagnosis)?;
    if diagnosis.findings.len() >= FINDINGS_MAX {
        return Err(Refused::RecordFull { what: "findings", most: FINDINGS_MAX });
    }
    diagnosis.findings.push(Entry { finding: finding.clone(), by, at: Some(change.now) });
    change.work.put_own(change.organization(), id, &diagnosis).await?;
    change.log(&ticket, EventBody::Diagnosed { finding }).await?;
    let version = change.touch(&mut ticket, read).await?;
    Ok(wire::DiagnoseResponse {
        ticket: Some(record::to_ticket(&ticket, version.number())),
        findings: diagnosis.findings.into_iter().map(|entry| evidence::to_finding(entry.finding)).collect(),
    })
}

/// Where a page of a list that only grows begins, and how long it is.
fn place(size: i32, token: &str) -> Result<(usize, usize), Refused> {
    let seen = if token.is_empty() { 0 } else { token.parse().map_err(|_| Refused::PageToken)? };
    Ok((seen, page_size(size)? as usize))
}

/// The page of `all`, and the token of the next one.
fn page<T>(all: Vec<T>, seen: usize, size: usize) -> (Vec<T>, String) {
    let next = seen.saturating_add(size);
    let token = if next < all.len() { next.to_string() } else { String::new() };
    (all.into_iter().skip(seen).take(size).collect(), token)
}
