//! A database with many open tickets, written past the RPCs: a million of them would take hours.

use handover::Desk;
use jiff::{SignedDuration, Timestamp};
use store::{StoreError, Timer};
use ticket::{
    Actor, Channel, Clock, Epoch, Event, EventBody, Facts, Impact, Kind, Language, Line, Mood, OrganizationId,
    Priority, SystemClock, Ticket, TicketId, Urgency, Wake, WakeReason,
};

/// How many tickets are written at once when the database is filled.
const FILL: u64 = 5_000;

/// Writes open tickets, in the desk's queue, every other in somebody's hands.
pub(super) async fn tickets(desk: &Desk, organization: &OrganizationId, tickets: u64) -> Result<(), StoreError> {
    let now = SystemClock.now();
    write(desk, tickets, |number| {
        let ago = SignedDuration::from_secs(i64::try_from(number % 5_000_000).unwrap_or(0));
        let opened_at = now.saturating_sub(ago).unwrap_or(now);
        let priority = [Priority::Low, Priority::Medium, Priority::High, Priority::Critical][(number % 4) as usize];
        Some((one(organization, number, priority, opened_at)?, None))
    })
    .await
}

/// The `number`th of the tickets that [`tickets`] leaves to nobody, so that they can be claimed.
pub(super) fn unclaimed(organization: &OrganizationId, number: u64) -> Option<TicketId> {
    id(organization, 2 * number + 1)
}

/// Writes tickets that were just registered, each with its log and a timer of its clocks; the last `late` of them were
/// registered a month ago, and nobody has answered. Returns the ids, those in time and those late.
pub(super) async fn with_timers(
    desk: &Desk,
    organization: &OrganizationId,
    pending: u64,
    late: u64,
) -> Result<(Vec<TicketId>, Vec<TicketId>), StoreError> {
    let now = SystemClock.now();
    let in_time = pending.saturating_sub(late);
    let long_ago = now.saturating_sub(SignedDuration::from_hours(24 * 30)).unwrap_or(now);
    write(desk, pending, |number| {
        // Their first warning is half an hour away.
        let opened_at = if number < in_time { now } else { long_ago };
        let ticket = one(organization, number, Priority::Low, opened_at)?;
        // None is due before it is told to be.
        let in_a_day = SignedDuration::from_hours(24) + SignedDuration::from_millis(i64::try_from(number).ok()?);
        let timer = clock_timer(organization, ticket.facts.id, now.saturating_add(in_a_day).ok()?);
        Some((ticket, Some(timer)))
    })
    .await?;
    let ids = |from, to| (from..to).filter_map(|number| id(organization, number)).collect();
    Ok((ids(0, in_time), ids(in_time, pending)))
}

/// The timer by which the clocks of a ticket ring.
pub(super) fn clock_timer(organization: &OrganizationId, id: TicketId, due: Timestamp) -> Timer {
    Timer {
        organization: organization.clone(),
        kind: handover::CLOCK_TIMER.to_owned(),
        id: id.to_string(),
        ticket: Some(id),
        due,
        payload: serde_json::Value::Null,
    }
}

async fn write(
    desk: &Desk,
    tickets: u64,
    make: impl Fn(u64) -> Option<(Ticket, Option<Timer>)>,
) -> Result<(), StoreError> {
    let mut written = 0;
    while written < tickets {
        let until = tickets.min(written + FILL);
        let (some, timers): (Vec<Ticket>, Vec<Option<Timer>>) = (written..until).filter_map(&make).unzip();
        let timers: Vec<Timer> = timers.into_iter().flatten().collect();
        let job = desk.store().write(move |work| {
            Box::pin(async move {
                work.put_all_new(&some).await?;
                if !timers.is_empty() {
                    work.append_all(&some.iter().map(registered).collect::<Vec<_>>()).await?;
                    work.set_timers(&timers).await?;
                }
                Ok(())
            })
        });
        job.await.map_err(|error: StoreError| error)?;
        written = until;
    }
    desk.store().look_over_tables().await
}

fn registered(ticket: &Ticket) -> Event {
    Event {
        organization: ticket.facts.organization.clone(),
        ticket: ticket.facts.id,
        line: ticket.line,
        epoch: Epoch::FIRST,
        at: ticket.facts.opened_at,
        actor: Actor::Line { line: ticket.line },
        trace_id: String::new(),
        body: EventBody::Registered { channel: Channel::Phone },
    }
}

/// Ids do not depend on when a run began.
fn id(organization: &OrganizationId, number: u64) -> Option<TicketId> {
    let request = format!("fill-{number}").parse().ok()?;
    Some(TicketId::of_request(organization, Line::ServiceDesk, "bench", &request, Timestamp::UNIX_EPOCH))
}

fn one(organization: &OrganizationId, number: u64, priority: Priority, opened_at: Timestamp) -> Option<Ticket> {
    let facts = Facts {
        id: id(organization, number)?,
        organization: organization.clone(),
        number: Some(format!("BENCH-{number:07}")),
        kind: Kind::Incident,
        subject: format!("Нет интернета, обращение {number}"),
        text: "Роутер включён, лампочка горит красным, сайты не открываются".to_owned(),
        language: Language::Russian,
        client: format!("client-{}", number % 10_000),
        impact: Impact::Medium,
        urgency: Urgency::Medium,
        priority,
        raises: Vec::new(),
        mood: Mood::Neutral,
        category: Some("no-internet".to_owned()),
        product: Some("Роутер".to_owned()),
        environment: None,
        opened_at,
        trace: String::new(),
    };
    // Nobody wakes them while it is measured.
    let far = SystemClock.now().saturating_add(SignedDuration::from_hours(24 * 365)).unwrap_or(Timestamp::MAX);
    let wake = Wake { at: far, reason: WakeReason::QueueDeadline };
    let mut ticket = Ticket::register(facts, Line::ServiceDesk, wake, opened_at);
    ticket.assignment.group = Some("desk".to_owned());
    // Those in hands are in hands of people who have left: nobody's room is used up.
    ticket.assignment.assignee = number.is_multiple_of(2).then(|| format!("left.{}", number % 1_000));
    Some(ticket)
}
