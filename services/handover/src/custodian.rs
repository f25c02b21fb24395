//! `CustodianService`: what the custodian of a ticket does with it, the same on lines 1 to 4.

use proto::handover as hand;
use proto::handover::custodian_service_server::CustodianService;
use rpc::identity::Role;
use store::Version;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{EventBody, Line, Resolution, Ticket, TicketId, WakeReason};
use tonic::{Request, Response, Status, async_trait};

use crate::caller::answer;
use crate::change::Change;
use crate::desk::Desk;
use crate::order::{Order, ticket_id};
use crate::receiving::tell_everyone;
use crate::refused::Refused;
use crate::wire::{Reader, enums, record};

/// Serves `CustodianService` for a line.
#[derive(Debug, Clone)]
pub struct Custodian(pub Desk);

#[async_trait]
impl CustodianService for Custodian {
    async fn assign(&self, request: Request<hand::AssignRequest>) -> Result<Response<hand::AssignResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Assign", &request.request_id, &request)?.expecting(request.expected_version);
            let hand::AssignRequest { request_id: _, expected_version: _, ticket_id, zone, assignee } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let zone = reader.optional("zone", &zone, LINE_BYTES_MAX);
            let assignee = reader.optional("assignee", &assignee, LINE_BYTES_MAX);
            if zone.is_none() && assignee.is_none() {
                reader.wrong("assignee", "is empty, and so is `zone`; give one of them");
            }
            let id: TicketId = reader.finish(id)?;
            let may_override = caller.role == Role::Supervisor;
            let rules = self.0.0.rules.clone();
            self.0
                .change(&order, id, "assign", move |change| {
                    Box::pin(async move {
                        let to_queue = zone.is_some() && assignee.is_none();
                        let (mut ticket, read) = assign(change, id, zone, assignee, may_override).await?;
                        if to_queue {
                            rules.queued(change, &mut ticket).await?;
                        }
                        let version = change.put(&ticket, Some(read)).await?;
                        Ok(hand::AssignResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
                    })
                })
                .await
        })
        .await
    }

    async fn ask_client(
        &self,
        request: Request<hand::AskClientRequest>,
    ) -> Result<Response<hand::AskClientResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "AskClient", &request.request_id, &request)?.expecting(request.expected_version);
            let hand::AskClientRequest { request_id: _, expected_version: _, ticket_id, question, within_hours } =
                request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let question = reader.text("question", &question, TEXT_BYTES_MAX);
            let most = self.0.plan(&caller.organization)?.clarification_hours_max();
            if within_hours > most {
                reader.wrong("within_hours", format!("is {within_hours}; the plan allows at most {most}"));
            }
            let within = (within_hours > 0).then_some(within_hours);
            self.0.ask_client(&order, reader.finish(id)?, question, within).await
        })
        .await
    }

    async fn report_progress(
        &self,
        request: Request<hand::CustodianServiceReportProgressRequest>,
    ) -> Result<Response<hand::CustodianServiceReportProgressResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ReportProgress", &request.request_id, &request)?
                .expecting(request.expected_version);
            let hand::CustodianServiceReportProgressRequest { request_id: _, expected_version: _, ticket_id, text } =
                request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let text = reader.text("text", &text, TEXT_BYTES_MAX);
            self.0.report_progress(&order, reader.finish(id)?, text).await
        })
        .await
    }

    async fn r#return(
        &self,
        request: Request<hand::CustodianServiceReturnRequest>,
    ) -> Result<Response<hand::CustodianServiceReturnResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Return", &request.request_id, &request)?.expecting(request.expected_version);
            let hand::CustodianServiceReturnRequest {
                request_id: _,
                expected_version: _,
                ticket_id,
                reason,
                asked_for,
            } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let reason = enums::return_reason(&mut reader, "reason", reason, true);
            let asked_for = reader.text("asked_for", &asked_for, TEXT_BYTES_MAX);
            let (id, reason) = reader.finish(id.zip(reason))?;
            let (ticket, version, outcome) = self.0.hand_back(&order, id, reason, asked_for).await?;
            let ticket = Some(record::to_ticket(&ticket, version.number()));
            Ok(hand::CustodianServiceReturnResponse { ticket, outcome: Some(outcome) })
        })
        .await
    }

    async fn resolve(
        &self,
        request: Request<hand::CustodianServiceResolveRequest>,
    ) -> Result<Response<hand::CustodianServiceResolveResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Resolve", &request.request_id, &request)?.expecting(request.expected_version);
            let id = ticket_id(&request.ticket_id)?;
            let resolution = resolution(self.0.line(), request)?;
            if self.0.line() == Line::OWNER {
                return self.0.resolve_here(&order, id, resolution).await;
            }
            let (ticket, version, outcome) = self.0.hand_in(&order, id, resolution).await?;
            let ticket = Some(record::to_ticket(&ticket, version.number()));
            Ok(hand::CustodianServiceResolveResponse { ticket, outcome: Some(outcome) })
        })
        .await
    }
}

fn resolution(by: Line, request: hand::CustodianServiceResolveRequest) -> Result<Resolution, Refused> {
    let hand::CustodianServiceResolveRequest {
        request_id: _,
        ticket_id: _,
        expected_version: _,
        root_cause,
        done,
        workaround,
        how_to_verify,
        knowledge,
        steps_to_verify,
    } = request;
    let mut reader = Reader::default();
    let resolution = Resolution {
        by,
        root_cause: reader.text("root_cause", &root_cause, TEXT_BYTES_MAX),
        done: reader.text("done", &done, TEXT_BYTES_MAX),
        workaround,
        how_to_verify: reader.text("how_to_verify", &how_to_verify, TEXT_BYTES_MAX),
        steps_to_verify: record::steps(&mut reader, "steps_to_verify", steps_to_verify),
        knowledge: reader.optional("knowledge", &knowledge, TEXT_BYTES_MAX),
    };
    reader.finish(Some(resolution))
}

impl Desk {
    /// Line 1 solves a ticket itself: it waits for the client's confirmation where it is.
    async fn resolve_here(
        &self,
        order: &Order,
        id: TicketId,
        resolution: Resolution,
    ) -> Result<hand::CustodianServiceResolveResponse, Refused> {
        let rules = self.0.rules.clone();
        self.change(order, id, "resolve", move |change| {
            Box::pin(async move {
                let (mut ticket, read) = change.ticket(id).await?;
                let wake = change.wake_in(change.plan.auto_close(), WakeReason::AutoClose);
                ticket.resolve(resolution.clone(), wake, change.now).map_err(Refused::state(id))?;
                change.log(&ticket, EventBody::Resolved { resolution: resolution.clone() }).await?;
                rules.solved(change, &ticket, &resolution).await?;
                tell_everyone(change, &ticket, &resolution).await?;
                let version = change.put(&ticket, Some(read)).await?;
                let ticket = Some(record::to_ticket(&ticket, version.number()));
                Ok(hand::CustodianServiceResolveResponse { ticket, outcome: None })
            })
        })
        .await
    }
}

async fn assign(
    change: &Change<'_>,
    id: TicketId,
    zone: Option<String>,
    assignee: Option<String>,
    may_override: bool,
) -> Result<(Ticket, Version), Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    ticket.may_work("assign").map_err(Refused::state(id))?;
    if ticket.assignment.forced && !may_override {
        let owner = ticket.assignment.assignee.clone().unwrap_or_default();
        return Err(Refused::HopBudgetSpent { ticket: id, owner });
    }
    if let Some(zone) = zone {
        let known = change.plan.zone(&zone).ok_or_else(|| Refused::ZoneUnknown(zone.clone()))?;
        ticket.assignment.group = Some(known.group.clone());
        ticket.assignment.zone = Some(zone);
        // Whoever has it does not work in that zone: it is for its group to go on.
        let has = ticket.assignment.assignee.as_ref();
        let works = |has| change.plan.group(&known.group).is_some_and(|group| group.members.contains(has));
        if !ticket.assignment.forced && !has.is_some_and(works) {
            ticket.assignment.assignee = None;
        }
    }
    if let Some(person) = assignee {
        // A line without groups has no list of its people.
        let listed = change.plan.groups().any(|group| group.line == change.line);
        if listed && !change.plan.may_have(change.line, &person) {
            return Err(Refused::PersonUnknown(person));
        }
        ticket.assignment.assignee = Some(person);
    }
    ticket.changed_at = change.now;
    let ticket::Assignment { zone, group, assignee, forced: _ } = ticket.assignment.clone();
    change.log(&ticket, EventBody::Assigned { zone, group, assignee }).await?;
    Ok((ticket, read))
}
