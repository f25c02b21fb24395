//! `MajorIncidentService`: what people do with candidates and major incidents.

use futures::future::BoxFuture;
use handover::wire::Reader;
use handover::{Change, Desk, Order, Refused, answer, page_size};
use proto::line1 as wire;
use proto::line1::major_incident_service_server::MajorIncidentService;
use texts::Text;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{Line, MajorIncidentId, Resolution, TicketId};
use tonic::{Request, Response, Status, async_trait};

use super::children::{leave, obstacle};
use super::incident::{ANSWERS_MAX, Answer as Written, Child, Incident, Stage};
use super::kept::{self, BY_INCIDENT, BY_STAGE, CHILD, KIND, LIVE};
use super::wire::{stage, to_wire};
use crate::own::Home;

/// The most tickets of one call.
const TICKETS_MAX: usize = 100;

/// Serves `MajorIncidentService`.
pub(crate) struct MajorIncidents(pub(crate) Desk);

type Answer<T> = Result<Response<T>, Status>;

impl MajorIncidents {
    /// Does something to a major incident that is at `stage`, once. Every answer has the incident alone, so that one type
    /// does for all.
    async fn alter(
        &self,
        order: &Order,
        id: MajorIncidentId,
        (stage, action): (Stage, &'static str),
        deed: impl for<'c, 'w> FnOnce(&'c Change<'w>, &'c mut Incident) -> BoxFuture<'c, Result<(), Refused>>
        + Send
        + 'static,
    ) -> Result<Option<wire::MajorIncident>, Refused> {
        let done: wire::GetMajorIncidentResponse = self
            .0
            .once(order, move |change| {
                Box::pin(async move {
                    let (mut incident, read) = kept::load_at(change, id, stage, action).await?;
                    deed(change, &mut incident).await?;
                    kept::save(change, &mut incident, Some(read)).await?;
                    Ok(wire::GetMajorIncidentResponse { incident: Some(to_wire(incident)) })
                })
            })
            .await?;
        Ok(done.incident)
    }
}

fn incident_id(given: &str) -> Result<MajorIncidentId, Refused> {
    let mut reader = Reader::default();
    let id = reader.id::<MajorIncidentId>("incident_id", given);
    reader.finish(id)
}

fn read_tickets(reader: &mut Reader, given: &[String]) -> Vec<TicketId> {
    if given.len() > TICKETS_MAX {
        reader.wrong("ticket_ids", format!("has {} entries; at most {TICKETS_MAX} are taken", given.len()));
        return Vec::new();
    }
    given.iter().filter_map(|id| reader.id::<TicketId>("ticket_ids", id)).collect()
}

fn read_steps(reader: &mut Reader, given: u32) -> u8 {
    let most = u32::try_from(plan::RAISE_STEPS_MAX).unwrap_or(0);
    if given > most {
        reader.wrong("raise", format!("is {given}; give from 0 to {most}"));
    }
    u8::try_from(given).unwrap_or(0)
}

/// Lets tickets wait to become children, unless something is against one of them.
async fn add(change: &Change<'_>, incident: &mut Incident, tickets: Vec<TicketId>) -> Result<(), Refused> {
    let mut clients = Vec::new();
    for id in tickets {
        let (ticket, _) = change.ticket(id).await?;
        let home: Home = change.work.own(change.organization(), id).await?;
        if home.incident.as_ref().is_some_and(|of| of.incident == incident.id) || incident.waiting.contains(&id) {
            continue;
        }
        if let Some(refused) = obstacle(incident, &ticket, &home) {
            return Err(refused);
        }
        let counts = !clients.contains(&ticket.facts.client);
        clients.push(ticket.facts.client);
        incident.add(id, counts);
    }
    Ok(())
}

#[async_trait]
impl MajorIncidentService for MajorIncidents {
    async fn declare_major_incident(
        &self,
        request: Request<wire::DeclareMajorIncidentRequest>,
    ) -> Answer<wire::DeclareMajorIncidentResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "DeclareMajorIncident", &request.request_id, &request)?;
            let wire::DeclareMajorIncidentRequest { request_id: _, title, about, raise, ticket_ids } = request;
            let mut reader = Reader::default();
            let title = reader.text("title", &title, LINE_BYTES_MAX);
            let about = reader.optional("about", &about, TEXT_BYTES_MAX).unwrap_or_default();
            let (steps, tickets) = (read_steps(&mut reader, raise), read_tickets(&mut reader, &ticket_ids));
            let (title, about) = reader.finish(Some((title, about)))?;
            let (by, request) = (caller.subject.clone(), order.request_id.to_string());
            let declare = self.0.once(&order, move |change| {
                Box::pin(async move {
                    let id = MajorIncidentId::of(change.organization(), &by, &request, change.now);
                    let mut incident = Incident::declared(id, title, about, steps, change.now);
                    add(change, &mut incident, tickets).await?;
                    kept::open(change, &mut incident, by).await?;
                    kept::save(change, &mut incident, None).await?;
                    Ok(wire::DeclareMajorIncidentResponse { incident: Some(to_wire(incident)) })
                })
            });
            declare.await
        })
        .await
    }

    async fn accept_candidate(
        &self,
        request: Request<wire::AcceptCandidateRequest>,
    ) -> Answer<wire::AcceptCandidateResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "AcceptCandidate", &request.request_id, &request)?;
            let (id, by) = (incident_id(&request.incident_id)?, caller.subject.clone());
            let accept = self.alter(&order, id, (Stage::Candidate, "accept"), move |change, incident| {
                Box::pin(async move { kept::open(change, incident, by).await })
            });
            Ok(wire::AcceptCandidateResponse { incident: accept.await? })
        })
        .await
    }

    async fn reject_candidate(
        &self,
        request: Request<wire::RejectCandidateRequest>,
    ) -> Answer<wire::RejectCandidateResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "RejectCandidate", &request.request_id, &request)?;
            let mut reader = Reader::default();
            let id = reader.id::<MajorIncidentId>("incident_id", &request.incident_id);
            let why = reader.text("why", &request.why, TEXT_BYTES_MAX);
            let (id, by) = (reader.finish(id)?, caller.subject.clone());
            let reject = self.alter(&order, id, (Stage::Candidate, "reject"), move |change, incident| {
                Box::pin(async move {
                    incident.reject(by, why, change.now);
                    incident.is_unheard = true;
                    kept::cascade(change, incident.id).await
                })
            });
            Ok(wire::RejectCandidateResponse { incident: reject.await? })
        })
        .await
    }

    async fn attach_tickets(
        &self,
        request: Request<wire::AttachTicketsRequest>,
    ) -> Answer<wire::AttachTicketsResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "AttachTickets", &request.request_id, &request)?;
            let mut reader = Reader::default();
            let id = reader.id::<MajorIncidentId>("incident_id", &request.incident_id);
            if request.ticket_ids.is_empty() {
                reader.wrong("ticket_ids", "is empty; name at least one ticket");
            }
            let tickets = read_tickets(&mut reader, &request.ticket_ids);
            let id = reader.finish(id)?;
            let attach = self.alter(&order, id, (Stage::Open, "attach tickets to"), move |change, incident| {
                Box::pin(async move {
                    add(change, incident, tickets).await?;
                    kept::cascade(change, incident.id).await
                })
            });
            Ok(wire::AttachTicketsResponse { incident: attach.await? })
        })
        .await
    }

    async fn detach_ticket(&self, request: Request<wire::DetachTicketRequest>) -> Answer<wire::DetachTicketResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "DetachTicket", &request.request_id, &request)?;
            let mut reader = Reader::default();
            let id = reader.id::<MajorIncidentId>("incident_id", &request.incident_id);
            let ticket = reader.id::<TicketId>("ticket_id", &request.ticket_id);
            let (id, ticket) = reader.finish(id.zip(ticket))?;
            let detach = self.0.change(&order, ticket, "detach", move |change| {
                Box::pin(async move {
                    let (mut incident, read) = kept::load(change, id).await?;
                    if leave(change, &mut incident, ticket).await? {
                        kept::save(change, &mut incident, Some(read)).await?;
                    }
                    Ok(wire::DetachTicketResponse { incident: Some(to_wire(incident)) })
                })
            });
            detach.await
        })
        .await
    }

    async fn write_to_children(
        &self,
        request: Request<wire::WriteToChildrenRequest>,
    ) -> Answer<wire::WriteToChildrenResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "WriteToChildren", &request.request_id, &request)?;
            let wire::WriteToChildrenRequest { request_id: _, incident_id, ru, en } = request;
            let mut reader = Reader::default();
            let id = reader.id::<MajorIncidentId>("incident_id", &incident_id);
            let ru = reader.optional("ru", &ru, TEXT_BYTES_MAX);
            let en = reader.optional("en", &en, TEXT_BYTES_MAX);
            if ru.is_none() && en.is_none() {
                reader.wrong("ru", "is empty, and so is `en`; write in one language at least");
            }
            let words = ru.clone().or(en.clone()).map(|other| (ru.unwrap_or(other.clone()), en.unwrap_or(other)));
            let ((id, (ru, en)), by) = (reader.finish(id.zip(words))?, caller.subject.clone());
            let write = self.alter(&order, id, (Stage::Open, "write to the children of"), move |change, incident| {
                Box::pin(async move {
                    if incident.answers.len() >= ANSWERS_MAX {
                        return Err(Refused::RecordFull { what: "answers", most: ANSWERS_MAX });
                    }
                    incident.answers.push(Written { by, at: change.now, ru, en, is_template: false });
                    sweep(change, incident).await
                })
            });
            Ok(wire::WriteToChildrenResponse { incident: write.await? })
        })
        .await
    }

    async fn raise_major_incident(
        &self,
        request: Request<wire::RaiseMajorIncidentRequest>,
    ) -> Answer<wire::RaiseMajorIncidentResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "RaiseMajorIncident", &request.request_id, &request)?;
            let mut reader = Reader::default();
            let id = reader.id::<MajorIncidentId>("incident_id", &request.incident_id);
            let steps = read_steps(&mut reader, request.raise);
            let id = reader.finish(id)?;
            let raise = self.alter(&order, id, (Stage::Open, "raise"), move |change, incident| {
                Box::pin(async move {
                    incident.steps = steps;
                    sweep(change, incident).await
                })
            });
            Ok(wire::RaiseMajorIncidentResponse { incident: raise.await? })
        })
        .await
    }

    async fn resolve_major_incident(
        &self,
        request: Request<wire::ResolveMajorIncidentRequest>,
    ) -> Answer<wire::ResolveMajorIncidentResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ResolveMajorIncident", &request.request_id, &request)?;
            let wire::ResolveMajorIncidentRequest {
                request_id: _,
                incident_id,
                root_cause,
                done,
                workaround,
                how_to_verify,
            } = request;
            let mut reader = Reader::default();
            let id = reader.id::<MajorIncidentId>("incident_id", &incident_id);
            let resolution = Resolution {
                by: Line::ServiceDesk,
                root_cause: reader.text("root_cause", &root_cause, TEXT_BYTES_MAX),
                done: reader.text("done", &done, TEXT_BYTES_MAX),
                workaround,
                how_to_verify: reader.text("how_to_verify", &how_to_verify, TEXT_BYTES_MAX),
                steps_to_verify: Vec::new(),
                knowledge: None,
            };
            let id = reader.finish(id)?;
            let resolve = self.alter(&order, id, (Stage::Open, "resolve"), move |change, incident| {
                Box::pin(async move {
                    let fields = [("incident", incident.title.as_str()), ("done", resolution.done.as_str())];
                    kept::tell_groups(change, Text::NoticeIncidentOver, &fields).await?;
                    incident.stage = Stage::Resolved;
                    incident.is_unheard = incident.topic.is_some();
                    incident.resolution = Some((resolution, change.now));
                    sweep(change, incident).await
                })
            });
            Ok(wire::ResolveMajorIncidentResponse { incident: resolve.await? })
        })
        .await
    }

    async fn get_major_incident(
        &self,
        request: Request<wire::GetMajorIncidentRequest>,
    ) -> Answer<wire::GetMajorIncidentResponse> {
        answer(request, async |caller, request| {
            let id = incident_id(&request.incident_id)?;
            let incident = kept::find(self.0.store(), &caller.organization, id).await?;
            Ok(wire::GetMajorIncidentResponse { incident: Some(to_wire(incident)) })
        })
        .await
    }

    async fn list_major_incidents(
        &self,
        request: Request<wire::ListMajorIncidentsRequest>,
    ) -> Answer<wire::ListMajorIncidentsResponse> {
        answer(request, async |caller, request| {
            let wire::ListMajorIncidentsRequest { stage: number, page_size: size, page_token } = request;
            let mut reader = Reader::default();
            let wanted = match number {
                0 => Some(LIVE),
                number => stage(number).map(Stage::name),
            };
            if wanted.is_none() {
                reader.wrong("stage", format!("{number} is not a value of this enum"));
            }
            let wanted = reader.finish(wanted)?;
            let (size, after) = (page_size(size)?, page_after::<MajorIncidentId>(&page_token)?);
            let store = self.0.store();
            let found = store.documents_by(&caller.organization, KIND, BY_STAGE, wanted, after, size).await?;
            let next = found.last().filter(|_| found.len() == size as usize).map(|(id, ..)| id.clone());
            let incidents = found.into_iter().map(|(_, incident, _)| to_wire(incident)).collect();
            Ok(wire::ListMajorIncidentsResponse { incidents, next_page_token: next.unwrap_or_default() })
        })
        .await
    }

    async fn list_children(&self, request: Request<wire::ListChildrenRequest>) -> Answer<wire::ListChildrenResponse> {
        answer(request, async |caller, request| {
            let wire::ListChildrenRequest { incident_id: id, page_size: size, page_token } = request;
            let (id, size) = (incident_id(&id)?, page_size(size)?);
            let after = page_after::<TicketId>(&page_token)?.map(|token| format!("{id}.{token}"));
            let (store, of) = (self.0.store(), id.to_string());
            kept::find(store, &caller.organization, id).await?;
            let found =
                store.documents_by::<Child>(&caller.organization, CHILD, BY_INCIDENT, &of, after.as_deref(), size);
            let found = found.await?;
            let next = found.last().filter(|_| found.len() == size as usize);
            let next_page_token = next.map(|(_, child, _)| child.ticket.to_string()).unwrap_or_default();
            let ticket_ids = found.into_iter().map(|(_, child, _)| child.ticket.to_string()).collect();
            Ok(wire::ListChildrenResponse { ticket_ids, next_page_token })
        })
        .await
    }
}

/// All children are brought to where the incident stands now, from the first one on.
async fn sweep(change: &Change<'_>, incident: &mut Incident) -> Result<(), Refused> {
    incident.sweep = Some(String::new());
    kept::cascade(change, incident.id).await
}

fn page_after<T: std::str::FromStr>(token: &str) -> Result<Option<&str>, Refused> {
    match token {
        "" => Ok(None),
        token if token.parse::<T>().is_ok() => Ok(Some(token)),
        _ => Err(Refused::PageToken),
    }
}
