//! `VisitService`: field visits, and their calendars.

use handover::wire::{Reader, record};
use handover::{Change, Desk, Order, Refused, answer, page_size, ticket_id};
use jiff::Timestamp;
use jiff::civil::Date;
use plan::Plan;
use proto::line2 as wire;
use proto::line2::visit_service_server::VisitService;
use ticket::event::VisitState;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX, Violation};
use ticket::{OrganizationId, TicketId, VisitId};
use tonic::{Request, Response, Status, async_trait};
use visits::{Booking, Method, Place, Visit, WrongVisit, calendar, is_moment, moment};

use crate::booking::{self, BY_ENGINEER, BY_TICKET, KIND, key, keys_of};
use crate::visit_wire::{read_booking, read_place, to_wire, words};

/// How many days of an engineer are shown when the caller does not say, and at most.
const DAYS: (u32, u32) = (7, 92);

/// How many visits are read at once.
const PAGE: u32 = 200;

/// The most pages of one calendar: an engineer who has a visit every hour of every day fills fewer.
const PAGES_MAX: usize = 12;

/// Serves `VisitService`.
pub(crate) struct Visits(pub(crate) Desk);

impl Visits {
    /// Changes a visit of a ticket that is held here, once. Every answer has the visit alone, so that one type does for all.
    async fn alter<J>(&self, order: &Order, visit: &str, job: J) -> Result<Option<wire::Visit>, Refused>
    where
        J: AsyncChange + Send + 'static,
    {
        let mut reader = Reader::default();
        let id = reader.id::<VisitId>("visit_id", visit);
        let id = reader.finish(id)?;
        let found = booking::find(self.0.store(), &order.caller.organization, id).await;
        let Ok(Visit { ticket, .. }) = found else {
            // A repeat with another id is told so, rather than that there is no such visit.
            let done = self.0.refuse::<wire::GetVisitResponse>(order, Refused::VisitNotFound(id.to_string())).await;
            return done.map(|done| done.visit);
        };
        let done: wire::GetVisitResponse = self
            .0
            .change(order, ticket, "change a visit of", move |change| {
                Box::pin(async move {
                    let (mut ticket, seen) = change.ticket(ticket).await?;
                    ticket.may_work("change a visit of").map_err(Refused::state(ticket.facts.id))?;
                    let (mut visit, read) = booking::load(change, id).await?;
                    job.run(change, &mut visit).await?;
                    booking::save(change, &ticket, &visit, Some(read)).await?;
                    change.touch(&mut ticket, seen).await?;
                    Ok(wire::GetVisitResponse { visit: Some(to_wire(visit)) })
                })
            })
            .await?;
        Ok(done.visit)
    }

    /// The visits whose key lies in a range, a page of them.
    async fn page(
        &self,
        organization: &OrganizationId,
        name: &str,
        whose: &str,
        range: (&str, &str),
        (size, token): (u32, &str),
    ) -> Result<(Vec<Visit>, String), Refused> {
        let after = match token.split_once('.') {
            _ if token.is_empty() => None,
            Some((at, id)) if is_moment(at) && id.parse::<VisitId>().is_ok() => Some((key(whose, at), id.to_owned())),
            Some(_) | None => return Err(Refused::PageToken),
        };
        let after = after.as_ref().map(|(value, id)| (value.as_str(), id.as_str()));
        let store = self.0.store();
        let found = store.documents_between::<Visit>(organization, KIND, name, range, after, size).await?;
        let is_full = found.len() == size as usize;
        let next = found.last().filter(|_| is_full).and_then(|(value, id, ..)| {
            let (_, at) = value.split_once('\n')?;
            Some(format!("{at}.{id}"))
        });
        Ok((found.into_iter().map(|(_, _, visit, _)| visit).collect(), next.unwrap_or_default()))
    }
}

/// What is done to a visit within a change.
#[async_trait]
trait AsyncChange {
    async fn run(self, change: &Change<'_>, visit: &mut Visit) -> Result<(), Refused>;
}

/// A step that needs nothing but the visit and the instant.
struct Step<F>(F);

#[async_trait]
impl<F> AsyncChange for Step<F>
where
    F: FnOnce(&mut Visit, Timestamp) -> Result<(), WrongVisit> + Send,
{
    async fn run(self, change: &Change<'_>, visit: &mut Visit) -> Result<(), Refused> {
        let id = visit.id;
        (self.0)(visit, change.now).map_err(booking::wrong(id))
    }
}

/// Another time, or another engineer.
struct Move(Booking);

#[async_trait]
impl AsyncChange for Move {
    async fn run(self, change: &Change<'_>, visit: &mut Visit) -> Result<(), Refused> {
        visit.move_to(self.0.clone(), change.now).map_err(booking::wrong(visit.id))?;
        in_time(&self.0, change.now)?;
        booking::may_be_booked(change, visit.id, &self.0).await
    }
}

/// Fails where the booking makes no sense.
fn in_time(booking: &Booking, now: Timestamp) -> Result<(), Refused> {
    booking.check(now).map_err(|unfit| Refused::Fields(vec![Violation::new("booking", unfit.to_string())]))
}

/// The days that are asked for, as keys of `engineer`: on the organization's clocks, from midnight to midnight.
fn days(plan: &Plan, now: Timestamp, engineer: &str, first: &str, days: u32) -> Result<(String, String), Refused> {
    let zone = &plan.profile().time_zone;
    let mut reader = Reader::default();
    let first = match first {
        "" => Some(zone.to_datetime(now).date()),
        given => {
            let day = given.parse::<Date>().ok();
            if day.is_none() {
                reader.wrong("first_day", "is not a day such as 2026-09-14");
            }
            day
        }
    };
    let days = if days == 0 { DAYS.0 } else { days };
    if days > DAYS.1 {
        reader.wrong("days", format!("is {days}; it must be from 1 to {}, or 0 for {}", DAYS.1, DAYS.0));
    }
    let midnight = |day: Date| zone.to_ambiguous_zoned(day.into()).compatible().ok().map(|at| at.timestamp());
    let last = first.and_then(|day| day.checked_add(jiff::Span::new().days(i64::from(days.min(DAYS.1)))).ok());
    let range = first.and_then(midnight).zip(last.and_then(midnight));
    if range.is_none() && first.is_some() {
        reader.wrong("first_day", "is too far away");
    }
    let (from, to) = reader.finish(range)?;
    Ok((key(engineer, &moment(from)), key(engineer, &moment(to))))
}

#[async_trait]
impl VisitService for Visits {
    async fn plan_visit(
        &self,
        request: Request<wire::PlanVisitRequest>,
    ) -> Result<Response<wire::PlanVisitResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "PlanVisit", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::PlanVisitRequest {
                request_id: _,
                expected_version: _,
                ticket_id,
                booking,
                why_on_site,
                purpose,
                place,
                address,
            } = request;
            let keeps_address = self.0.plan(&caller.organization)?.technical().visits.keeps_address;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let booking = read_booking(&mut reader, booking);
            let why_on_site = reader.text("why_on_site", &why_on_site, TEXT_BYTES_MAX);
            let purpose = reader.text("purpose", &purpose, TEXT_BYTES_MAX);
            let place = read_place(&mut reader, &place, &address, keeps_address);
            let (id, booking) = reader.finish(id.zip(booking))?;
            let planned = Planned { booking, why_on_site, purpose, place, by: caller.subject.clone() };
            let visit = VisitId::of(id, &order.request_id);
            self.0
                .change(&order, id, "plan a visit for", move |change| {
                    Box::pin(async move { plan_visit(change, id, visit, planned).await })
                })
                .await
        })
        .await
    }

    async fn move_visit(
        &self,
        request: Request<wire::MoveVisitRequest>,
    ) -> Result<Response<wire::MoveVisitResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "MoveVisit", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::MoveVisitRequest { request_id: _, expected_version: _, visit_id, booking } = request;
            let mut reader = Reader::default();
            let booking = read_booking(&mut reader, booking);
            let booking = reader.finish(booking)?;
            Ok(wire::MoveVisitResponse { visit: self.alter(&order, &visit_id, Move(booking)).await? })
        })
        .await
    }

    async fn begin_visit(
        &self,
        request: Request<wire::BeginVisitRequest>,
    ) -> Result<Response<wire::BeginVisitResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "BeginVisit", &request.request_id, &request)?.expecting(request.expected_version);
            let begin = Step(Visit::begin);
            Ok(wire::BeginVisitResponse { visit: self.alter(&order, &request.visit_id, begin).await? })
        })
        .await
    }

    async fn finish_visit(
        &self,
        request: Request<wire::FinishVisitRequest>,
    ) -> Result<Response<wire::FinishVisitResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "FinishVisit", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::FinishVisitRequest { request_id: _, expected_version: _, visit_id, done, outcome } = request;
            let mut reader = Reader::default();
            let outcome = reader.text("outcome", &outcome, TEXT_BYTES_MAX);
            let outcome = reader.finish(Some(outcome))?;
            let finish = Step(move |visit: &mut Visit, now| visit.finish(done, outcome, now));
            Ok(wire::FinishVisitResponse { visit: self.alter(&order, &visit_id, finish).await? })
        })
        .await
    }

    async fn cancel_visit(
        &self,
        request: Request<wire::CancelVisitRequest>,
    ) -> Result<Response<wire::CancelVisitResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "CancelVisit", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::CancelVisitRequest { request_id: _, expected_version: _, visit_id, why } = request;
            let mut reader = Reader::default();
            let why = reader.text("why", &why, TEXT_BYTES_MAX);
            let why = reader.finish(Some(why))?;
            let cancel = Step(move |visit: &mut Visit, now| visit.cancel(why, now));
            Ok(wire::CancelVisitResponse { visit: self.alter(&order, &visit_id, cancel).await? })
        })
        .await
    }

    async fn get_visit(
        &self,
        request: Request<wire::GetVisitRequest>,
    ) -> Result<Response<wire::GetVisitResponse>, Status> {
        answer(request, async |caller, request| {
            let mut reader = Reader::default();
            let id = reader.id::<VisitId>("visit_id", &request.visit_id);
            let visit = booking::find(self.0.store(), &caller.organization, reader.finish(id)?).await?;
            Ok(wire::GetVisitResponse { visit: Some(to_wire(visit)) })
        })
        .await
    }

    async fn list_ticket_visits(
        &self,
        request: Request<wire::ListTicketVisitsRequest>,
    ) -> Result<Response<wire::ListTicketVisitsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListTicketVisitsRequest { ticket_id: id, page_size: size, page_token } = request;
            let (id, size) = (ticket_id(&id)?, page_size(size)?);
            self.0.find(&caller.organization, id).await?;
            let whose = id.to_string();
            let (from, to) = keys_of(&whose);
            let asked = (size, page_token.as_str());
            let found = self.page(&caller.organization, BY_TICKET, &whose, (&from, &to), asked).await?;
            let (visits, next_page_token) = found;
            Ok(wire::ListTicketVisitsResponse { visits: visits.into_iter().map(to_wire).collect(), next_page_token })
        })
        .await
    }

    async fn list_engineer_visits(
        &self,
        request: Request<wire::ListEngineerVisitsRequest>,
    ) -> Result<Response<wire::ListEngineerVisitsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListEngineerVisitsRequest { engineer, first_day, days: many, page_size: size, page_token } =
                request;
            let mut reader = Reader::default();
            let engineer = reader.text("engineer", &engineer, LINE_BYTES_MAX);
            let (engineer, size) = (reader.finish(Some(engineer))?, page_size(size)?);
            let plan = self.0.plan(&caller.organization)?;
            let (from, to) = days(&plan, self.0.clock().now(), &engineer, &first_day, many)?;
            let asked = (size, page_token.as_str());
            let found = self.page(&caller.organization, BY_ENGINEER, &engineer, (&from, &to), asked).await?;
            let (visits, next_page_token) = found;
            Ok(wire::ListEngineerVisitsResponse { visits: visits.into_iter().map(to_wire).collect(), next_page_token })
        })
        .await
    }

    async fn get_visit_calendar(
        &self,
        request: Request<wire::GetVisitCalendarRequest>,
    ) -> Result<Response<wire::GetVisitCalendarResponse>, Status> {
        answer(request, async |caller, request| {
            let mut reader = Reader::default();
            let id = reader.id::<VisitId>("visit_id", &request.visit_id);
            let visit = booking::find(self.0.store(), &caller.organization, reader.finish(id)?).await?;
            let plan = self.0.plan(&caller.organization)?;
            let (organization, method) = (caller.organization.as_str(), Method::of(&visit));
            let ics = calendar(organization, method, [&visit], |visit| words(visit, plan.profile().language));
            Ok(wire::GetVisitCalendarResponse { media_type: method.media_type(), ics })
        })
        .await
    }

    async fn get_engineer_calendar(
        &self,
        request: Request<wire::GetEngineerCalendarRequest>,
    ) -> Result<Response<wire::GetEngineerCalendarResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::GetEngineerCalendarRequest { engineer, first_day, days: many } = request;
            let mut reader = Reader::default();
            let engineer = reader.text("engineer", &engineer, LINE_BYTES_MAX);
            let engineer = reader.finish(Some(engineer))?;
            let plan = self.0.plan(&caller.organization)?;
            let (from, to) = days(&plan, self.0.clock().now(), &engineer, &first_day, many)?;
            let (mut all, mut token) = (Vec::new(), String::new());
            for _ in 0..PAGES_MAX {
                let asked = (PAGE, token.as_str());
                let page = self.page(&caller.organization, BY_ENGINEER, &engineer, (&from, &to), asked).await?;
                let (visits, next) = page;
                all.extend(visits);
                token = next;
                if token.is_empty() {
                    break;
                }
            }
            let (organization, method) = (caller.organization.as_str(), Method::Publish);
            let ics = calendar(organization, method, &all, |visit| words(visit, plan.profile().language));
            Ok(wire::GetEngineerCalendarResponse { media_type: method.media_type(), ics })
        })
        .await
    }
}

/// What is planned.
struct Planned {
    booking: Booking,
    why_on_site: String,
    purpose: String,
    place: Place,
    by: String,
}

async fn plan_visit(
    change: &Change<'_>,
    id: TicketId,
    visit: VisitId,
    planned: Planned,
) -> Result<wire::PlanVisitResponse, Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    ticket.may_work("plan a visit for").map_err(Refused::state(id))?;
    let Planned { booking, why_on_site, purpose, place, by } = planned;
    in_time(&booking, change.now)?;
    let visit = Visit {
        id: visit,
        ticket: id,
        number: ticket.facts.number.clone().unwrap_or_default(),
        booking,
        why_on_site,
        purpose,
        place,
        state: VisitState::Planned,
        sequence: 0,
        revision: 0,
        planned_by: by,
        planned_at: change.now,
        changed_at: change.now,
        answer: None,
        begun_at: None,
        ended_at: None,
        outcome: String::new(),
    };
    booking::book(change, &ticket, &visit).await?;
    let version = change.touch(&mut ticket, read).await?;
    let ticket = Some(record::to_ticket(&ticket, version.number()));
    Ok(wire::PlanVisitResponse { ticket, visit: Some(to_wire(visit)) })
}
