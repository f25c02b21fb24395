//! `SwarmService`: several people at one ticket without custody moving.

use futures::future::BoxFuture;
use handover::wire::{Reader, enums, record};
use handover::{Change, Desk, Order, Refused, answer};
use proto::queue as wire;
use proto::queue::swarm_service_server::SwarmService;
use rpc::identity::{Caller, Role};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{EventBody, Line, QueueEvent, Ticket, TicketId};
use tonic::{Request, Response, Status, async_trait};

use crate::hands::{full, mark};

/// Serves `SwarmService`.
#[derive(Debug, Clone)]
pub(crate) struct Swarm(pub(crate) Desk);

/// The line of whoever calls; a supervisor is of the line that is called.
fn line_of(caller: &Caller, here: Line) -> Line {
    match caller.role {
        Role::Agent { line } => line,
        Role::Client
        | Role::Supervisor
        | Role::KnowledgeEditor
        | Role::Administrator
        | Role::Partner { .. }
        | Role::Service { .. } => here,
    }
}

#[async_trait]
impl SwarmService for Swarm {
    async fn invite(&self, request: Request<wire::InviteRequest>) -> Result<Response<wire::InviteResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Invite", &request.request_id, &request)?;
            let wire::InviteRequest { request_id: _, ticket_id, person, line, why, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let person = reader.text("person", &person, LINE_BYTES_MAX);
            let line = enums::line(&mut reader, "line", line, false).unwrap_or(self.0.line());
            let why = reader.optional("why", &why, LINE_BYTES_MAX).unwrap_or_default();
            let (id, order) = (reader.finish(id)?, order.expecting(expected_version));
            let respond = |ticket| wire::InviteResponse { ticket: Some(ticket) };
            let invite = move |change: &Change<'_>, ticket: &mut Ticket| {
                if !change.plan.may_have(line, &person) {
                    return Err(Refused::PersonUnknown(person.clone()));
                }
                if !ticket.collaborate(&person, line, false, change.now) {
                    return Err(full());
                }
                Ok(QueueEvent::Invited { person: person.clone(), line, why: why.clone() })
            };
            self.edit(&order, id, "invite to", invite, respond).await
        })
        .await
    }

    async fn join(&self, request: Request<wire::JoinRequest>) -> Result<Response<wire::JoinResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Join", &request.request_id, &request)?;
            let wire::JoinRequest { request_id: _, ticket_id, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let (id, order) = (reader.finish(id)?, order.expecting(expected_version));
            let (person, line) = (caller.subject.clone(), line_of(&caller, self.0.line()));
            let respond = |ticket| wire::JoinResponse { ticket: Some(ticket) };
            let join = move |change: &Change<'_>, ticket: &mut Ticket| {
                if line != change.line && ticket.collaborator(&person).is_none() {
                    return Err(Refused::NotInvited { ticket: id, person: person.clone() });
                }
                if !ticket.collaborate(&person, line, true, change.now) {
                    return Err(full());
                }
                Ok(QueueEvent::Joined { person: person.clone(), line })
            };
            self.edit(&order, id, "join", join, respond).await
        })
        .await
    }

    async fn leave(&self, request: Request<wire::LeaveRequest>) -> Result<Response<wire::LeaveResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Leave", &request.request_id, &request)?;
            let wire::LeaveRequest { request_id: _, ticket_id, person, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let whom = reader.optional("person", &person, LINE_BYTES_MAX).unwrap_or_else(|| caller.subject.clone());
            let (id, order) = (reader.finish(id)?, order.expecting(expected_version));
            let (caller, here) = (caller, self.0.line());
            let respond = |ticket| wire::LeaveResponse { ticket: Some(ticket) };
            let leave = move |change: &Change<'_>, ticket: &mut Ticket| {
                // Whoever is of another line lets nobody go but themselves.
                let allowed = whom == caller.subject || line_of(&caller, here) == here;
                if !allowed || !ticket.part_from(&whom, change.now) {
                    return Err(Refused::NotInvited { ticket: id, person: whom.clone() });
                }
                Ok(QueueEvent::Left { person: whom.clone() })
            };
            self.edit(&order, id, "leave", leave, respond).await
        })
        .await
    }

    async fn add_finding(
        &self,
        request: Request<wire::AddFindingRequest>,
    ) -> Result<Response<wire::AddFindingResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "AddFinding", &request.request_id, &request)?;
            let wire::AddFindingRequest { request_id: _, ticket_id, text, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let text = reader.text("text", &text, TEXT_BYTES_MAX);
            let (id, order) = (reader.finish(id)?, order.expecting(expected_version));
            let person = caller.subject.clone();
            let respond = |ticket| wire::AddFindingResponse { ticket: Some(ticket) };
            let add = move |change: &Change<'_>, ticket: &mut Ticket| {
                if !ticket.collaborator(&person).is_some_and(|one| one.joined) {
                    return Err(Refused::NotInvited { ticket: id, person: person.clone() });
                }
                ticket.changed_at = change.now;
                Ok(QueueEvent::Found { person: person.clone(), text: text.clone() })
            };
            self.edit(&order, id, "add a finding to", add, respond).await
        })
        .await
    }
}

impl Swarm {
    /// Changes who takes part, or writes what one of them found.
    async fn edit<R: prost::Message + Default + 'static>(
        &self,
        order: &Order,
        id: TicketId,
        action: &'static str,
        edit: impl Fn(&Change<'_>, &mut Ticket) -> Result<QueueEvent, Refused> + Send + Sync + 'static,
        respond: fn(proto::ticket::Ticket) -> R,
    ) -> Result<R, Refused> {
        self.0
            .change(order, id, action, move |change| -> BoxFuture<'_, Result<R, Refused>> {
                Box::pin(async move {
                    let (mut ticket, read) = change.ticket(id).await?;
                    ticket.may_work(action).map_err(Refused::state(id))?;
                    let before = ticket.collaborators.clone();
                    let event = edit(change, &mut ticket)?;
                    change.log(&ticket, EventBody::Queue(event)).await?;
                    let version = change.put(&ticket, Some(read)).await?;
                    if ticket.collaborators != before {
                        mark(change, &ticket).await?;
                    }
                    Ok(respond(record::to_ticket(&ticket, version.number())))
                })
            })
            .await
    }
}
