//! `QueueService`: who works on which ticket.

use handover::wire::{Reader, enums, record, to_instant};
use handover::{Desk, Order, OwnDeed, Recipient, Refused, answer};
use proto::queue as wire;
use proto::queue::change_many_request::Action;
use proto::queue::queue_service_server::QueueService;
use rpc::Problem as _;
use rpc::identity::Caller;
use store::{Escalation, Mark};
use texts::Text;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{EventBody, Impact, QueueEvent, Ticket, TicketId, Urgency};
use tonic::{Request, Response, Status, async_trait};

use crate::deed::{Deed, Who};
use crate::staff::Staff;

/// The most tickets of one ChangeMany.
const MANY_MAX: usize = 100;

/// Serves `QueueService`.
#[derive(Debug, Clone)]
pub(crate) struct Hands(pub(crate) Desk);

#[async_trait]
impl QueueService for Hands {
    async fn claim(&self, request: Request<wire::ClaimRequest>) -> Result<Response<wire::ClaimResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Claim", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::ClaimRequest { request_id: _, ticket_id, expected_version: _ } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let respond = |ticket| wire::ClaimResponse { ticket: Some(ticket) };
            self.one(&order, reader.finish(id)?, Deed::Claim, respond).await
        })
        .await
    }

    async fn release(&self, request: Request<wire::ReleaseRequest>) -> Result<Response<wire::ReleaseResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Release", &request.request_id, &request)?;
            let wire::ReleaseRequest { request_id: _, ticket_id, why, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let why = reader.optional("why", &why, LINE_BYTES_MAX).unwrap_or_default();
            let respond = |ticket| wire::ReleaseResponse { ticket: Some(ticket) };
            let order = order.expecting(expected_version);
            self.one(&order, reader.finish(id)?, Deed::Release { why }, respond).await
        })
        .await
    }

    async fn reassign(
        &self,
        request: Request<wire::ReassignRequest>,
    ) -> Result<Response<wire::ReassignResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Reassign", &request.request_id, &request)?;
            let wire::ReassignRequest { request_id: _, ticket_id, assignee, group, why, insist, expected_version } =
                request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let deed = reassign(&mut reader, &assignee, &group, &why, insist);
            let respond = |ticket| wire::ReassignResponse { ticket: Some(ticket) };
            let order = order.expecting(expected_version);
            self.one(&order, reader.finish(id)?, deed, respond).await
        })
        .await
    }

    async fn take_over(
        &self,
        request: Request<wire::TakeOverRequest>,
    ) -> Result<Response<wire::TakeOverResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "TakeOver", &request.request_id, &request)?;
            let wire::TakeOverRequest { request_id: _, ticket_id, why, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let why = reader.text("why", &why, LINE_BYTES_MAX);
            let respond = |ticket| wire::TakeOverResponse { ticket: Some(ticket) };
            let order = order.expecting(expected_version);
            self.one(&order, reader.finish(id)?, Deed::TakeOver { why }, respond).await
        })
        .await
    }

    async fn call_supervisor(
        &self,
        request: Request<wire::CallSupervisorRequest>,
    ) -> Result<Response<wire::CallSupervisorResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "CallSupervisor", &request.request_id, &request)?;
            let wire::CallSupervisorRequest { request_id: _, ticket_id, why, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let why = reader.text("why", &why, LINE_BYTES_MAX);
            let (id, order): (TicketId, _) = (reader.finish(id)?, order.expecting(expected_version));
            self.call(&order, id, why).await
        })
        .await
    }

    async fn end_escalation(
        &self,
        request: Request<wire::EndEscalationRequest>,
    ) -> Result<Response<wire::EndEscalationResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "EndEscalation", &request.request_id, &request)?;
            let wire::EndEscalationRequest { request_id: _, ticket_id, why, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id("ticket_id", &ticket_id);
            let why = reader.text("why", &why, LINE_BYTES_MAX);
            let respond = |ticket| wire::EndEscalationResponse { ticket: Some(ticket) };
            let order = order.expecting(expected_version);
            self.one(&order, reader.finish(id)?, Deed::EndEscalation { why }, respond).await
        })
        .await
    }

    async fn change_many(
        &self,
        request: Request<wire::ChangeManyRequest>,
    ) -> Result<Response<wire::ChangeManyResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ChangeMany", &request.request_id, &request)?;
            let (ids, deed) = many(request)?;
            self.many(&order, &caller, ids, deed).await
        })
        .await
    }
}

fn reassign(reader: &mut Reader, assignee: &str, group: &str, why: &str, insist: bool) -> Deed {
    let assignee = reader.optional("assignee", assignee, LINE_BYTES_MAX);
    let group = reader.optional("group", group, LINE_BYTES_MAX);
    if assignee.is_none() && group.is_none() {
        reader.wrong("assignee", "is empty, and so is `group`; give one of them");
    }
    Deed::Reassign { assignee, group, why: reader.text("why", why, LINE_BYTES_MAX), insist }
}

fn many(request: wire::ChangeManyRequest) -> Result<(Vec<TicketId>, Deed), Refused> {
    let wire::ChangeManyRequest { request_id: _, ticket_ids, action } = request;
    let mut reader = Reader::default();
    if ticket_ids.is_empty() || ticket_ids.len() > MANY_MAX {
        reader.wrong("ticket_ids", format!("has {} entries; give 1 to {MANY_MAX}", ticket_ids.len()));
    }
    let mut ids: Vec<TicketId> = Vec::new();
    for given in ticket_ids.iter().take(MANY_MAX) {
        match reader.id("ticket_ids", given) {
            Some(id) if ids.contains(&id) => reader.wrong("ticket_ids", format!("has {id} twice")),
            Some(id) => ids.push(id),
            None => {}
        }
    }
    let deed = match action {
        None => {
            reader.wrong("action", "is missing; say what is to be done");
            None
        }
        Some(Action::Claim(wire::change_many_request::ClaimEach {})) => Some(Deed::Claim),
        Some(Action::Release(wire::change_many_request::ReleaseEach { why })) => {
            Some(Deed::Release { why: reader.optional("release.why", &why, LINE_BYTES_MAX).unwrap_or_default() })
        }
        Some(Action::Reassign(wire::change_many_request::ReassignEach { assignee, group, why, insist })) => {
            Some(reassign(&mut reader, &assignee, &group, &why, insist))
        }
        Some(Action::Prioritize(wire::change_many_request::PrioritizeEach { impact, urgency })) => {
            let impact: Option<Impact> = enums::impact(&mut reader, "prioritize.impact", impact, true);
            let urgency: Option<Urgency> = enums::urgency(&mut reader, "prioritize.urgency", urgency, true);
            impact.zip(urgency).map(|(impact, urgency)| Deed::Prioritize { impact, urgency })
        }
        Some(Action::Hold(wire::change_many_request::HoldEach { reason, until, note })) => {
            let reason = reader.text("hold.reason", &reason, LINE_BYTES_MAX);
            let note = reader.optional("hold.note", &note, TEXT_BYTES_MAX).unwrap_or_default();
            let until = until.and_then(|until| to_instant(&mut reader, "hold.until", Some(until)));
            Some(Deed::Hold { reason, until, note })
        }
        Some(Action::Resume(wire::change_many_request::ResumeEach {})) => Some(Deed::Resume),
        Some(Action::Tag(wire::change_many_request::TagEach { add, remove })) => {
            let (add, remove) = (reader.tags("tag.add", &add), reader.tags("tag.remove", &remove));
            if add.is_empty() && remove.is_empty() {
                reader.wrong("tag.add", "is empty, and so is `tag.remove`; give one of them");
            }
            Some(Deed::Own(OwnDeed::Tag { add, remove }))
        }
        Some(Action::Close(wire::change_many_request::CloseEach {})) => Some(Deed::Own(OwnDeed::Close)),
    };
    reader.finish(deed.map(|deed| (ids, deed)))
}

impl Hands {
    async fn one<R: prost::Message + Default + 'static>(
        &self,
        order: &Order,
        id: TicketId,
        deed: Deed,
        respond: fn(proto::ticket::Ticket) -> R,
    ) -> Result<R, Refused> {
        let (who, rules) = (Who::of(&order.caller), self.0.rules().clone());
        self.0
            .change(order, id, deed.name(), move |change| {
                Box::pin(async move {
                    let (mut ticket, read) = change.ticket(id).await?;
                    deed.apply(change, &mut Staff::default(), &rules, &who, &mut ticket).await?;
                    let version = change.put(&ticket, Some(read)).await?;
                    Ok(respond(record::to_ticket(&ticket, version.number())))
                })
            })
            .await
    }

    async fn call(&self, order: &Order, id: TicketId, why: String) -> Result<wire::CallSupervisorResponse, Refused> {
        self.0
            .change(order, id, "call a supervisor to", move |change| {
                Box::pin(async move {
                    let (mut ticket, read) = change.ticket(id).await?;
                    ticket.may_work("call a supervisor to").map_err(Refused::state(id))?;
                    let plan = &change.plan;
                    let first = plan.profile().supervisors.first();
                    let supervisor = first.unwrap_or(&plan.hop_budget().supervisor).clone();
                    if !ticket.collaborate(&supervisor, change.line, false, change.now) {
                        return Err(full());
                    }
                    ticket.changed_at = change.now;
                    let fields = [("supervisor", supervisor.as_str()), ("why", why.as_str())];
                    let (to, text) = (Recipient::Supervisors, Text::NoticeSupervisorCalled);
                    change.notify_of(&ticket, to, "supervisor-called", text, &fields).await?;
                    let event = QueueEvent::Supervised { supervisor: supervisor.clone(), why };
                    change.log(&ticket, EventBody::Queue(event)).await?;
                    let version = change.put(&ticket, Some(read)).await?;
                    mark(change, &ticket).await?;
                    let organization = change.organization();
                    let by_hand = [(Mark::Escalated, Escalation::ByHand.name()), (Mark::Supervisor, &supervisor)];
                    for (mark, value) in by_hand {
                        change.work.add_mark(organization, id, mark, value).await?;
                    }
                    let ticket = Some(record::to_ticket(&ticket, version.number()));
                    Ok(wire::CallSupervisorResponse { ticket, supervisor })
                })
            })
            .await
    }

    async fn many(
        &self,
        order: &Order,
        caller: &Caller,
        ids: Vec<TicketId>,
        deed: Deed,
    ) -> Result<wire::ChangeManyResponse, Refused> {
        let (who, rules) = (Who::of(caller), self.0.rules().clone());
        self.0
            .once(order, move |change| {
                Box::pin(async move {
                    let found = change.work.tickets(change.organization(), &ids).await?;
                    let (mut staff, mut results) = (Staff::default(), Vec::with_capacity(ids.len()));
                    for id in ids {
                        let known = found.iter().find(|(ticket, _)| ticket.facts.id == id).cloned();
                        let done = match known {
                            None => Err(Refused::TicketNotFound(id.to_string())),
                            Some((mut ticket, read)) => {
                                match deed.apply(change, &mut staff, &rules, &who, &mut ticket).await {
                                    Ok(()) => change.put(&ticket, Some(read)).await,
                                    Err(refused) => Err(refused),
                                }
                            }
                        };
                        results.push(result(id, done)?);
                    }
                    Ok(wire::ChangeManyResponse { results })
                })
            })
            .await
    }
}

/// What became of one ticket; a fault of the database is one of the whole call.
fn result(id: TicketId, done: Result<store::Version, Refused>) -> Result<wire::change_many_response::Result, Refused> {
    let ticket_id = id.to_string();
    match done {
        Ok(version) => Ok(wire::change_many_response::Result {
            ticket_id,
            version: version.number(),
            reason: String::new(),
            message: String::new(),
        }),
        Err(fault @ Refused::Store(_)) => Err(fault),
        Err(refused) => Ok(wire::change_many_response::Result {
            ticket_id,
            version: 0,
            reason: refused.reason().as_str_name().trim_start_matches("REASON_").to_owned(),
            message: refused.to_string(),
        }),
    }
}

pub(crate) fn full() -> Refused {
    Refused::RecordFull { what: "collaborators", most: ticket::swarm::COLLABORATORS_MAX }
}

/// Keeps by whom a ticket is found up with who takes part in it.
pub(crate) async fn mark(change: &handover::Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
    let people: Vec<String> = ticket.collaborators.iter().map(|one| one.person.clone()).collect();
    Ok(change.work.put_marks(change.organization(), ticket.facts.id, Mark::Collaborator, &people).await?)
}
