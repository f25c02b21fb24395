//! `TicketService`: reads of what this line holds or once held, journeys over all lines, and the live stream.

use std::pin::Pin;
use std::time::Duration;

use futures::{Stream, StreamExt};
use proto::ticket as wire;
use proto::ticket::ticket_service_client::TicketServiceClient;
use proto::ticket::ticket_service_server::TicketService;
use store::{CustodyKind, Filter, Page, Position, StateKind, Store};
use ticket::field::{LINE_BYTES_MAX, Violation};
use ticket::journey::{Journey, Leg, assemble};
use ticket::{Event, Line, OrganizationId, Ticket, TicketId};
use tonic::{Request, Response, Status, async_trait};

use crate::caller::answer;
use crate::deadlines;
use crate::desk::Desk;
use crate::force_majeure::Board;
use crate::order::ticket_id;
use crate::refused::Refused;
use crate::wire::{Reader, enums, record};

/// How many tickets a page has when the caller does not say, and at most.
const PAGE: (i32, i32) = (50, 200);

/// How many events are read at once.
const EVENTS: u32 = 500;

/// How long a stream waits at most before it looks again: other replicas write unseen.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The longest part of a journey that another line is believed, in bytes.
const LEG_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Serves `TicketService` for a line.
#[derive(Debug, Clone)]
pub struct Reading(pub Desk);

/// A page size from the wire: 50 when unset.
///
/// # Errors
/// [`Refused::Fields`] outside 1 to 200.
pub fn page_size(given: i32) -> Result<u32, Refused> {
    let size = if given == 0 { PAGE.0 } else { given };
    match u32::try_from(size) {
        Ok(size @ 1..) if given <= PAGE.1 => Ok(size),
        _ => {
            let fault = format!("is {given}; it must be from 1 to {}, or 0 for {}", PAGE.1, PAGE.0);
            Err(Refused::Fields(vec![Violation::new("page_size", fault)]))
        }
    }
}

#[async_trait]
impl TicketService for Reading {
    async fn get_ticket(
        &self,
        request: Request<wire::GetTicketRequest>,
    ) -> Result<Response<wire::GetTicketResponse>, Status> {
        answer(request, async |caller, request| {
            let (ticket, version) = self.0.find(&caller.organization, ticket_id(&request.ticket_id)?).await?;
            Ok(wire::GetTicketResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
        })
        .await
    }

    async fn list_tickets(
        &self,
        request: Request<wire::ListTicketsRequest>,
    ) -> Result<Response<wire::ListTicketsResponse>, Status> {
        answer(request, async |caller, request| {
            let (filter, page) = listing(request)?;
            let listing = self.0.store().tickets(&caller.organization, &filter, &page).await?;
            let tickets = listing.tickets.iter().map(|(t, version)| record::to_ticket(t, version.number())).collect();
            Ok(wire::ListTicketsResponse { tickets, next_page_token: listing.next.unwrap_or_default() })
        })
        .await
    }

    async fn get_journey(
        &self,
        request: Request<wire::GetJourneyRequest>,
    ) -> Result<Response<wire::GetJourneyResponse>, Status> {
        answer(request, async |caller, request| {
            let journey = self.0.journey(&caller.organization, ticket_id(&request.ticket_id)?).await?;
            Ok(wire::GetJourneyResponse {
                ticket: Some(record::to_ticket(&journey.ticket, 0)),
                stays: journey.stays.iter().map(record::to_stay).collect(),
                events: journey.events.iter().map(|event| record::to_event(event, String::new())).collect(),
                missing: journey.missing.into_iter().map(enums::to_line).collect(),
            })
        })
        .await
    }

    async fn get_leg(&self, request: Request<wire::GetLegRequest>) -> Result<Response<wire::GetLegResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::GetLegRequest { organization: _, ticket_id: id } = request;
            let leg = self.0.leg(&caller.organization, ticket_id(&id)?).await?;
            leg_to_wire(&leg)
        })
        .await
    }

    async fn explain_deadline(
        &self,
        request: Request<wire::ExplainDeadlineRequest>,
    ) -> Result<Response<wire::ExplainDeadlineResponse>, Status> {
        answer(request, async |caller, request| {
            let id = ticket_id(&request.ticket_id)?;
            let (ticket, _) = self.0.find(&caller.organization, id).await?;
            let known = self.0.0.plans.known(&caller.organization)?;
            let log = self.0.events_of(&caller.organization, id).await?;
            let board = Board::of(self.0.store(), &caller.organization).await?;
            let clocks = deadlines::clocks(&known, &board, self.0.line(), &ticket, &log, self.0.clock().now())?;
            Ok(wire::ExplainDeadlineResponse { clocks })
        })
        .await
    }

    type WatchTicketStream = Pin<Box<dyn Stream<Item = Result<wire::WatchTicketResponse, Status>> + Send>>;

    async fn watch_ticket(
        &self,
        request: Request<wire::WatchTicketRequest>,
    ) -> Result<Response<Self::WatchTicketStream>, Status> {
        answer(request, async |caller, request| {
            let id = ticket_id(&request.ticket_id)?;
            let from = match request.resume_token.as_str() {
                "" => None,
                token => Some(token.parse::<Position>().map_err(|_| Refused::ResumeToken)?),
            };
            self.0.find(&caller.organization, id).await?;
            let store = self.0.store().clone();
            let events = follow(store, caller.organization, id, from).map(|next| match next {
                Ok((position, event)) => {
                    Ok(wire::WatchTicketResponse { event: Some(record::to_event(&event, position.to_string())) })
                }
                Err(refused) => Err(rpc::into_status(&refused)),
            });
            Ok(Box::pin(events) as Self::WatchTicketStream)
        })
        .await
    }
}

fn listing(request: wire::ListTicketsRequest) -> Result<(Filter, Page), Refused> {
    let wire::ListTicketsRequest { page_size: size, page_token, custody, state, zone, assignee, client } = request;
    let mut reader = Reader::default();
    let custody = match wire::Custody::try_from(custody) {
        Ok(wire::Custody::Unspecified) => None,
        Ok(wire::Custody::Held) => Some(CustodyKind::Held),
        Ok(wire::Custody::HandingOver) => Some(CustodyKind::HandingOver),
        Ok(wire::Custody::PassedOn) => Some(CustodyKind::PassedOn),
        Err(_) => {
            reader.wrong("custody", format!("{custody} is not a value of this enum"));
            None
        }
    };
    let states = match wire::State::try_from(state) {
        Ok(wire::State::Unspecified) => vec![],
        Ok(wire::State::Open) => vec![StateKind::Open],
        Ok(wire::State::OnHold) => vec![StateKind::OnHold],
        Ok(wire::State::Resolved) => vec![StateKind::Resolved],
        Ok(wire::State::Closed) => vec![StateKind::Closed],
        Err(_) => {
            reader.wrong("state", format!("{state} is not a value of this enum"));
            vec![]
        }
    };
    let filter = Filter {
        custody,
        states,
        zone: reader.optional("zone", &zone, LINE_BYTES_MAX),
        group: None,
        assignee: reader.optional("assignee", &assignee, LINE_BYTES_MAX),
        client: reader.optional("client", &client, LINE_BYTES_MAX),
    };
    let filter = reader.finish(Some(filter))?;
    Ok((filter, Page { after: (!page_token.is_empty()).then_some(page_token), size: page_size(size)? }))
}

impl Desk {
    /// Everything in this line's log about a ticket, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn events_of(&self, organization: &OrganizationId, id: TicketId) -> Result<Vec<Event>, Refused> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page = self.store().events(organization, id, after, EVENTS).await?;
            let is_last = page.len() < EVENTS as usize;
            after = page.last().map(|(last, _)| *last);
            all.extend(page.into_iter().map(|(_, event)| event));
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn leg(&self, organization: &OrganizationId, id: TicketId) -> Result<Leg, Refused> {
        let (ticket, _) = self.find(organization, id).await?;
        Ok(Leg { ticket, events: self.events_of(organization, id).await? })
    }

    /// The whole run of a ticket, from every line of the organization that can be asked.
    ///
    /// # Errors
    /// [`Refused::TicketNotFound`], or what the database says. A line that cannot be asked is named in the journey.
    pub async fn journey(&self, organization: &OrganizationId, id: TicketId) -> Result<Journey, Refused> {
        let here = self.leg(organization, id).await;
        let (mut legs, mut missing) = match here {
            Ok(leg) => (vec![leg], vec![]),
            Err(Refused::TicketNotFound(_)) => (vec![], vec![]),
            Err(refused) => return Err(refused),
        };
        let plan = self.plan(organization)?;
        let others = plan.topology().lines().filter(|line| *line != self.line());
        let asked = others.map(async |line| (line, self.leg_of(line, organization, id).await));
        for (line, leg) in futures::future::join_all(asked).await {
            match leg {
                Ok(Some(leg)) => legs.push(leg),
                Ok(None) => {}
                Err(_) => missing.push(line),
            }
        }
        assemble(legs, missing).ok_or_else(|| Refused::TicketNotFound(id.to_string()))
    }

    /// Another line's part; none when it does not know the ticket.
    async fn leg_of(&self, line: Line, organization: &OrganizationId, id: TicketId) -> Result<Option<Leg>, Refused> {
        let mut lines =
            TicketServiceClient::new(self.peer(line)?.of(organization)).max_decoding_message_size(LEG_BYTES_MAX);
        let request = wire::GetLegRequest { organization: organization.to_string(), ticket_id: id.to_string() };
        match rpc::about(id, lines.get_leg(request)).await {
            Ok(response) => leg_from_wire(response.into_inner()).map(Some).ok_or(Refused::PeerUnavailable(line)),
            Err(status) if rpc::reason_of(&status) == Some(proto::errors::Reason::TicketNotFound) => Ok(None),
            Err(_) => Err(Refused::PeerUnavailable(line)),
        }
    }
}

fn leg_to_wire(leg: &Leg) -> Result<wire::GetLegResponse, Refused> {
    let json = |value: Result<String, serde_json::Error>| value.map_err(|e| crate::change::corrupt(e.to_string()));
    Ok(wire::GetLegResponse {
        ticket_json: json(serde_json::to_string(&leg.ticket))?,
        events_json: leg.events.iter().map(|event| json(serde_json::to_string(event))).collect::<Result<_, _>>()?,
    })
}

fn leg_from_wire(leg: wire::GetLegResponse) -> Option<Leg> {
    let ticket: Ticket = serde_json::from_str(&leg.ticket_json).ok()?;
    let events = leg.events_json.iter().map(|event| serde_json::from_str(event).ok()).collect::<Option<_>>()?;
    Some(Leg { ticket, events })
}

/// What happened to a ticket after `from`, then what happens, without an end.
fn follow(
    store: Store,
    organization: OrganizationId,
    id: TicketId,
    from: Option<Position>,
) -> impl Stream<Item = Result<(Position, Event), Refused>> + Send {
    let changes = store.changes();
    let state = (store, changes, from, std::collections::VecDeque::new());
    futures::stream::try_unfold(state, move |(store, mut changes, mut after, mut ready)| {
        let organization = organization.clone();
        async move {
            loop {
                if let Some((position, event)) = ready.pop_front() {
                    return Ok(Some(((position, event), (store, changes, after, ready))));
                }
                // Marked before reading, so that a change in between is seen by the wait.
                changes.mark_unchanged();
                let page = store.events(&organization, id, after, EVENTS).await?;
                match page.last() {
                    Some((last, _)) => {
                        after = Some(*last);
                        ready.extend(page);
                    }
                    None => {
                        let _ = tokio::time::timeout(LOOK_AGAIN, changes.changed()).await;
                    }
                }
            }
        }
    })
}
