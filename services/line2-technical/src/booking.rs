//! Field visits in the database: documents with keys by ticket and by engineer, changed only here.
//!
//! Bookings of one engineer queue up, so that of two at the same time the second one sees the first.

use handover::{Arranged, Change, Recipient, Refused, tell_visit};
use plan::Plan;
use store::{Store, Version};
use texts::Text;
use ticket::event::{VisitEvent, VisitState, Window};
use ticket::evidence::Session;
use ticket::field::Violation;
use ticket::{EventBody, Line, OrganizationId, Ticket, TicketId, VisitId};
use visits::{Answer, Booking, Visit, WrongVisit, busy_search, moment};

/// The kind of the documents, and of the timers.
pub(crate) const KIND: &str = "visit";
/// The key by ticket and instant of planning.
pub(crate) const BY_TICKET: &str = "ticket";
/// The key by engineer and beginning of the window, of all visits.
pub(crate) const BY_ENGINEER: &str = "engineer";
/// The same, of those that take place or may.
const BUSY: &str = "busy";

/// The most visits of one ticket.
pub(crate) const VISITS_MAX: usize = 50;

/// How many visits are read at once.
const PAGE: u32 = 200;

/// What an instant follows in a key: no id has it, and it sorts before everything that one has.
pub(crate) fn key(whose: &str, at: &str) -> String {
    format!("{whose}\n{at}")
}

/// Every key of `whose`.
pub(crate) fn keys_of(whose: &str) -> (String, String) {
    (key(whose, ""), format!("{whose}\u{b}"))
}

/// Books a new visit.
pub(crate) async fn book(change: &Change<'_>, ticket: &Ticket, visit: &Visit) -> Result<(), Refused> {
    if of_ticket(change, ticket.facts.id).await?.len() >= VISITS_MAX {
        return Err(Refused::RecordFull { what: "visits", most: VISITS_MAX });
    }
    may_be_booked(change, visit.id, &visit.booking).await?;
    save(change, ticket, visit, None).await
}

/// Fails where the engineer cannot be sent so.
pub(crate) async fn may_be_booked(change: &Change<'_>, id: VisitId, booking: &Booking) -> Result<(), Refused> {
    fits(&change.plan, booking)?;
    within_hours(&change.plan, booking)?;
    let organization = change.organization();
    change.work.queue_for(&["visit", organization.as_str(), &booking.engineer]).await?;
    let search = busy_search(booking);
    let from = key(&booking.engineer, &moment(search.begins));
    let to = key(&booking.engineer, &moment(search.ends));
    let mut after: Option<(String, String)> = None;
    loop {
        let seen = after.as_ref().map(|(value, id)| (value.as_str(), id.as_str()));
        let range = (from.as_str(), to.as_str());
        let page = change.work.documents_between::<Visit>(organization, KIND, BUSY, range, seen, PAGE).await?;
        let Some((value, last, ..)) = page.last() else { return Ok(()) };
        after = Some((value.clone(), last.clone()));
        let clash =
            page.iter().map(|(_, _, visit, _)| visit).find(|other| other.id != id && other.booking.clashes(booking));
        if let Some(other) = clash {
            let (engineer, busy) = (booking.engineer.clone(), other.booking.busy());
            return Err(Refused::VisitClash { engineer, visit: other.id, busy });
        }
    }
}

/// Whether the plan knows the engineer, and the engineer what is asked for.
fn fits(plan: &Plan, booking: &Booking) -> Result<(), Refused> {
    let engineer = &booking.engineer;
    if plan.groups_of(Line::Technical, engineer).next().is_none() {
        let fault = format!("`{engineer}` is in no group of line 2; see the plan's [[groups]]");
        return Err(Refused::Fields(vec![Violation::new("booking.engineer", fault)]));
    }
    let of_groups = plan.groups_of(Line::Technical, engineer).flat_map(|group| group.skills.clone());
    let own = plan.person(engineer).skills.into_keys();
    let known: Vec<String> = of_groups.chain(own).map(|skill| skill.to_lowercase()).collect();
    let lacking = booking.skills.iter().filter(|skill| !known.contains(&skill.to_lowercase()));
    let faults = lacking.map(|skill| {
        let fault = format!("`{engineer}` does not know `{skill}`; see the plan's [[people]] and [[groups]]");
        Violation::new("booking.skills", fault)
    });
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() { Ok(()) } else { Err(Refused::Fields(faults)) }
}

/// Whether the engineer is at work for all of it, the way and the break at noon included: by the engineer's own calendar,
/// or that of those who drive out, or that of the line.
fn within_hours(plan: &Plan, booking: &Booking) -> Result<(), Refused> {
    let own = plan.person(&booking.engineer).calendar;
    let id = own.as_ref().or(plan.technical().visits.calendar.as_ref());
    let calendar = id.and_then(|id| plan.calendar(id)).or_else(|| plan.calendar_of(Line::Technical));
    let Some(calendar) = calendar else { return Ok(()) };
    if booking.outside_hours {
        return Ok(());
    }
    let Window { begins, ends } = booking.busy();
    let minutes = std::iter::successors(Some(begins), |at| at.checked_add(jiff::SignedDuration::from_mins(1)).ok());
    let mut minutes = minutes.take_while(|at| *at < ends);
    match minutes.find(|at| !calendar.is_open_or_break(calendar.zone.to_datetime(*at))) {
        None => Ok(()),
        Some(at) => {
            Err(Refused::OutsideHours { engineer: booking.engineer.clone(), calendar: calendar.id.clone(), at })
        }
    }
}

/// Writes a visit with its keys, its timer and its place in the log, and tells line 1.
pub(crate) async fn save(
    change: &Change<'_>,
    ticket: &Ticket,
    visit: &Visit,
    read: Option<Version>,
) -> Result<(), Refused> {
    let (organization, id) = (change.organization(), visit.id.to_string());
    change.work.put_document(organization, KIND, &id, visit, read).await?;
    let begins = key(&visit.booking.engineer, &moment(visit.booking.window.begins));
    let planned = key(&visit.ticket.to_string(), &moment(visit.planned_at));
    let mut keys = vec![(BY_TICKET, planned), (BY_ENGINEER, begins.clone())];
    if visit.state.is_open() {
        keys.push((BUSY, begins));
    }
    change.work.put_keys(organization, KIND, &id, &keys).await?;
    match visit.late_at(change.plan.technical().visits.grace) {
        Some(at) => {
            let payload = serde_json::Value::Null;
            change.set_timer(KIND, id, Some(visit.ticket), at, payload).await?;
        }
        None => {
            change.work.clear_timer(organization, KIND, &id).await?;
        }
    }
    let changed = VisitEvent::Changed { news: visit.news(), engineer: visit.booking.engineer.clone() };
    change.log(ticket, EventBody::Visit(changed)).await?;
    tell_visit(change, ticket, visit.news(), visit.revision).await
}

/// The visit `id`, outside of a change.
pub(crate) async fn find(store: &Store, organization: &OrganizationId, id: VisitId) -> Result<Visit, Refused> {
    let found = store.document::<Visit>(organization, KIND, &id.to_string()).await?;
    found.map(|(visit, _)| visit).ok_or_else(|| Refused::VisitNotFound(id.to_string()))
}

/// The visit `id`, for a change.
pub(crate) async fn load(change: &Change<'_>, id: VisitId) -> Result<(Visit, Version), Refused> {
    let found = change.work.document::<Visit>(change.organization(), KIND, &id.to_string()).await?;
    found.ok_or_else(|| Refused::VisitNotFound(id.to_string()))
}

/// `id` does not allow it.
pub(crate) fn wrong(id: VisitId) -> impl FnOnce(WrongVisit) -> Refused {
    move |WrongVisit { action, state }| Refused::VisitState { visit: id, action, state: state.name() }
}

/// The visits of a ticket, in the order of planning.
pub(crate) async fn of_ticket(change: &Change<'_>, ticket: TicketId) -> Result<Vec<(Visit, Version)>, Refused> {
    let (from, to) = keys_of(&ticket.to_string());
    let range = (from.as_str(), to.as_str());
    let found =
        change.work.documents_between::<Visit>(change.organization(), KIND, BY_TICKET, range, None, PAGE).await?;
    Ok(found.into_iter().map(|(_, _, visit, version)| (visit, version)).collect())
}

/// The visit that is under way, if there is one: the ticket stays while it is.
pub(crate) async fn stays_while_under_way(change: &Change<'_>, ticket: TicketId) -> Result<(), Refused> {
    let visits = of_ticket(change, ticket).await?;
    match visits.iter().find(|(visit, _)| visit.state == VisitState::UnderWay) {
        Some((visit, _)) => {
            Err(Refused::VisitState { visit: visit.id, action: "hand on the ticket of", state: visit.state.name() })
        }
        None => Ok(()),
    }
}

/// The ticket has left line 2: nobody drives out for it any more.
pub(crate) async fn cancel_open(change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
    for (mut visit, read) in of_ticket(change, ticket.facts.id).await? {
        if visit.state.is_open() {
            let why = Text::VisitNotNeeded.plain(ticket.facts.language).to_owned();
            visit.cancel(why, change.now).map_err(wrong(visit.id))?;
            save(change, ticket, &visit, Some(read)).await?;
        }
    }
    Ok(())
}

/// Hears the client's word on a window; one that does not count any more changes nothing.
pub(crate) async fn hear(change: &Change<'_>, ticket: &Ticket, told: &Arranged) -> Result<(), Refused> {
    let Arranged::VisitAnswer { visit, sequence, agreed, comment } = told else { return Ok(()) };
    let found = change.work.document::<Visit>(change.organization(), KIND, &visit.to_string()).await?;
    let Some((mut visit, read)) = found.filter(|(visit, _)| visit.ticket == ticket.facts.id) else { return Ok(()) };
    let answer = Answer { agreed: *agreed, comment: comment.clone(), at: change.now };
    if visit.hear(*sequence, answer) {
        save(change, ticket, &visit, Some(read)).await?;
        if !agreed {
            let when = when(change, &visit);
            let fields = [("when", when.as_str()), ("comment", comment.as_str())];
            let to = Recipient::who_works(&ticket.assignment);
            change.notify_of(ticket, to, "visit-declined", Text::NoticeVisitDeclined, &fields).await?;
        }
    }
    Ok(())
}

/// When a visit begins, for people.
fn when(change: &Change<'_>, visit: &Visit) -> String {
    let begins = visit.booking.window.begins.to_zoned(change.plan.profile().time_zone.clone());
    begins.strftime("%d.%m.%Y %H:%M").to_string()
}

/// Somebody should look why a visit has not begun, or not ended.
pub(crate) async fn rang(change: &Change<'_>, timer: &store::Timer) -> Result<(), Refused> {
    let Ok(id) = timer.id.parse::<VisitId>() else { return Ok(()) };
    let found = change.work.document::<Visit>(change.organization(), KIND, &timer.id).await?;
    let Some((visit, _)) = found else { return Ok(()) };
    let is_late = visit.late_at(change.plan.technical().visits.grace).is_some_and(|at| at <= change.now);
    if is_late {
        let (ticket, _) = change.ticket(visit.ticket).await?;
        let late = VisitEvent::Late { visit: id, state: visit.state };
        change.log(&ticket, EventBody::Visit(late)).await?;
        let (when, engineer) = (when(change, &visit), visit.booking.engineer.clone());
        let fields = [("engineer", engineer.as_str()), ("when", when.as_str())];
        let works = Recipient::who_works(&ticket.assignment);
        let drives = Some(Recipient::Person(engineer.clone())).filter(|drives| *drives != works);
        for to in std::iter::once(works).chain(drives) {
            change.notify_of(&ticket, to, "visit-late", Text::NoticeVisitLate, &fields).await?;
        }
    }
    Ok(())
}

/// What visits of a ticket brought, as evidence for line 3.
pub(crate) async fn evidence(change: &Change<'_>, ticket: TicketId) -> Result<Vec<Session>, Refused> {
    let visits = of_ticket(change, ticket).await?.into_iter().map(|(visit, _)| visit);
    let took_place = visits.filter(|visit| matches!(visit.state, VisitState::Done | VisitState::Failed));
    Ok(took_place
        .map(|visit| Session {
            on_site: true,
            outcome: format!("{}: {}", visit.state.name(), visit.outcome),
            did: visit.purpose,
            by: visit.booking.engineer,
            tool: String::new(),
            began: visit.begun_at,
            ended: visit.ended_at,
        })
        .collect())
}
