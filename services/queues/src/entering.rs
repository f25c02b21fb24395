//! A ticket enters a queue, and what happens to queues by themselves.

use handover::{Change, Desk, Refused};
use jiff::Timestamp;
use plan::Strategy;
use serde_json::Value;
use store::{CustodyKind, Sort, StateKind, Timer, Wanted};
use ticket::{EventBody, OrganizationId, QueueEvent, ReleaseReason, Ticket};

use crate::staff::{Staff, group_of};

/// Somebody was away for as long as the plan allows; the id is theirs.
const AWAY: &str = "queues.away";
/// Somebody comes back when they said they would; the id is theirs.
const BACK: &str = "queues.back";
/// A group looks again for people for the tickets that nobody has; the id is the group's.
const RETRY: &str = "queues.retry";
/// Somebody works at the line no more; the id is theirs.
const LOST: &str = "queues.lost";
/// The plan has a group no more; the id is the group's.
const REGROUP: &str = "queues.regroup";

/// How many tickets one transaction changes at most; the rest is changed by the next.
const BATCH: u32 = 50;

/// The ticket has come into the queue of its group: whoever had it and is away, or works here no more, loses it, and where nobody has it the
/// group's strategy chooses. Runs within a change that will put the ticket.
///
/// # Errors
/// What the database says.
pub async fn enter(change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
    if ticket.assignment.forced || ticket.may_work("assign").is_err() {
        return Ok(());
    }
    // While the ticket was elsewhere the plan may have changed.
    if let Some(gone) = ticket.assignment.group.clone().filter(|_| group_of(change, ticket).is_none()) {
        place(change, ticket);
        release(change, ticket, ReleaseReason::GroupGone, gone).await?;
    }
    let mut staff = Staff::default();
    if let Some(person) = ticket.assignment.assignee.clone() {
        staff.know(change, std::slice::from_ref(&person)).await?;
        let because = if !change.plan.may_have(change.line, &person) {
            ReleaseReason::LostAccess
        } else if staff.is_away(change, &person) {
            ReleaseReason::Away
        } else {
            return Ok(());
        };
        release(change, ticket, because, String::new()).await?;
    }
    if !staff.seat(change, ticket, None, true).await? {
        wait(change, ticket).await?;
    }
    Ok(())
}

fn retry_at(change: &Change<'_>) -> Timestamp {
    change.now.saturating_add(change.plan.queue_retry()).unwrap_or(Timestamp::MAX)
}

async fn ring_at(change: &Change<'_>, kind: &str, id: &str, at: Timestamp) -> Result<(), Refused> {
    change.set_timer(kind, id.to_owned(), None, at, Value::Null).await
}

async fn release(change: &Change<'_>, ticket: &mut Ticket, because: ReleaseReason, why: String) -> Result<(), Refused> {
    let from = ticket.assignment.assignee.take().unwrap_or_default();
    ticket.changed_at = change.now;
    change.log_by_itself(ticket, EventBody::Queue(QueueEvent::Released { from, because, why })).await
}

/// What this crate does when `timer` rings; says whether the timer is one of its own.
///
/// # Errors
/// What the database says.
pub async fn rang(change: &Change<'_>, timer: &Timer) -> Result<bool, Refused> {
    match timer.kind.as_str() {
        AWAY => give_back(change, timer, ReleaseReason::Away).await?,
        LOST => give_back(change, timer, ReleaseReason::LostAccess).await?,
        BACK => came_back(change, &timer.id).await?,
        RETRY => look_again(change, timer).await?,
        REGROUP => regroup(change, &timer.id).await?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Somebody went away: their tickets go back to the queue at the instant that is returned, unless they are back before.
pub(crate) async fn went_away(
    change: &Change<'_>,
    person: &str,
    until: Option<Timestamp>,
) -> Result<Timestamp, Refused> {
    let due = change.plan.away_due(change.line, change.now);
    ring_at(change, AWAY, person, due).await?;
    match until {
        Some(until) => ring_at(change, BACK, person, until).await?,
        None => {
            change.work.clear_timer(change.organization(), BACK, person).await?;
        }
    }
    Ok(due)
}

/// Somebody is back: their groups look at once for people for what waits.
pub(crate) async fn came_back(change: &Change<'_>, person: &str) -> Result<(), Refused> {
    change.work.put_away(change.organization(), person, None).await?;
    change.work.clear_timer(change.organization(), AWAY, person).await?;
    change.work.clear_timer(change.organization(), BACK, person).await?;
    for group in change.plan.groups_of(change.line, person).filter(|group| group.strategy != Strategy::Manual) {
        ring_at(change, RETRY, &group.id, change.now).await?;
    }
    Ok(())
}

/// What is held here and not closed.
fn active() -> Wanted {
    Wanted {
        custody: Some(CustodyKind::Held),
        states: vec![StateKind::Open, StateKind::OnHold, StateKind::Resolved],
        ..Wanted::default()
    }
}

/// Gives back what the person of `timer` has, a batch at a time.
async fn give_back(change: &Change<'_>, timer: &Timer, because: ReleaseReason) -> Result<(), Refused> {
    let person = timer.id.as_str();
    let wanted = Wanted { assignee: Some(person.to_owned()), ..active() };
    // What stays with the person must not stand in the way of what goes.
    let after = timer.payload.get("after").and_then(Value::as_str);
    let (ids, next) = change.work.queue_after(change.organization(), &wanted, Sort::Opened, after, BATCH).await?;
    let mut staff = Staff::default();
    for (mut ticket, read) in change.work.tickets(change.organization(), &ids).await? {
        if ticket.assignment.forced && because == ReleaseReason::Away {
            // The plan's supervisor must decide, however long that takes.
            continue;
        }
        let forced = ticket.assignment.forced;
        release(change, &mut ticket, because, String::new()).await?;
        if forced {
            ticket.assignment.assignee = Some(change.plan.hop_budget().supervisor.clone());
        } else if ticket.may_work("assign").is_ok() && !staff.seat(change, &mut ticket, Some(person), true).await? {
            wait(change, &ticket).await?;
        }
        change.put(&ticket, Some(read)).await?;
    }
    match next {
        Some(after) => {
            let payload = serde_json::json!({ "after": after });
            change.set_timer(&timer.kind, person.to_owned(), None, change.now, payload).await
        }
        None => Ok(()),
    }
}

/// The ticket's group looks again after a while.
pub(crate) async fn wait(change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
    if let Some(group) = group_of(change, ticket).filter(|group| group.strategy != Strategy::Manual)
        // One that is set already rings sooner; put off by each ticket that comes, it would never ring.
        && change.work.timer(change.organization(), RETRY, &group.id).await?.is_none()
    {
        ring_at(change, RETRY, &group.id, retry_at(change)).await?;
    }
    Ok(())
}

/// Offers what nobody of `group` has, in the order of the queue, a batch at a time: those for whom nobody is free must
/// not stand in the way of those for whom somebody is.
async fn look_again(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let group = timer.id.as_str();
    let wanted = Wanted {
        states: vec![StateKind::Open, StateKind::OnHold],
        group: Some(group.to_owned()),
        assignee: Some(String::new()),
        ..active()
    };
    let after = timer.payload.get("after").and_then(Value::as_str);
    let (ids, next) = change.work.queue_after(change.organization(), &wanted, Sort::Priority, after, BATCH).await?;
    let mut tickets = change.work.tickets(change.organization(), &ids).await?;
    // In the order of the queue, not of their ids.
    tickets.sort_by_key(|(ticket, _)| ids.iter().position(|id| *id == ticket.facts.id));
    // Whether anything was left behind, by this batch or one before it.
    let (mut staff, mut left) = (Staff::default(), timer.payload.get("left").is_some());
    for (mut ticket, read) in tickets {
        // Somebody may have taken it, or handed it on, since the queue was read.
        if ticket.assignment.assignee.is_some() || ticket.may_work("assign").is_err() {
            continue;
        }
        if staff.seat(change, &mut ticket, None, false).await? {
            ticket.changed_at = change.now;
            change.put(&ticket, Some(read)).await?;
        } else {
            left = true;
        }
    }
    if let Some(after) = next {
        let mut payload = serde_json::json!({ "after": after });
        if left {
            payload["left"] = Value::Bool(true);
        }
        return change.set_timer(RETRY, group.to_owned(), None, change.now, payload).await;
    }
    if left {
        ring_at(change, RETRY, group, retry_at(change)).await?;
    }
    Ok(())
}

/// Puts a ticket whose group is gone into the queue of its zone's group, or else of the line's first.
fn place(change: &Change<'_>, ticket: &mut Ticket) {
    let zone = ticket.assignment.zone.as_deref().and_then(|zone| change.plan.zone(zone));
    let first = || change.plan.groups().find(|group| group.line == change.line && zone.is_none());
    ticket.assignment.group = zone.map(|zone| zone.group.clone()).or_else(|| first().map(|g| g.id.clone()));
}

async fn regroup(change: &Change<'_>, gone: &str) -> Result<(), Refused> {
    if change.plan.group(gone).is_some_and(|group| group.line == change.line) {
        return Ok(());
    }
    let wanted = Wanted { group: Some(gone.to_owned()), ..active() };
    let ids = change.work.queue(change.organization(), &wanted, Sort::Opened, BATCH).await?;
    let mut staff = Staff::default();
    for (mut ticket, read) in change.work.tickets(change.organization(), &ids).await? {
        place(change, &mut ticket);
        release(change, &mut ticket, ReleaseReason::GroupGone, gone.to_owned()).await?;
        if ticket.assignment.forced {
            ticket.assignment.assignee = Some(change.plan.hop_budget().supervisor.clone());
        } else if ticket.may_work("assign").is_ok() && !staff.seat(change, &mut ticket, None, true).await? {
            wait(change, &ticket).await?;
        }
        change.put(&ticket, Some(read)).await?;
    }
    if ids.len() == BATCH as usize {
        ring_at(change, REGROUP, gone, change.now).await?;
    }
    Ok(())
}

/// A plan has come into force: what people and groups have that it does not know any more goes back to the queue.
/// Returns how many of both there are. Two statements of reading, whatever there is.
///
/// # Errors
/// What the database says.
pub async fn plan_came(desk: &Desk, organization: &OrganizationId) -> Result<usize, Refused> {
    let line = desk.line();
    let plan = desk.plan(organization)?;
    let mut gone = std::collections::BTreeSet::new();
    for (person, group) in desk.store().hands_in_use(organization).await? {
        if let Some(person) = person.filter(|person| !plan.may_have(line, person)) {
            gone.insert((LOST, person));
        }
        if let Some(group) = group.filter(|id| plan.group(id).is_none_or(|group| group.line != line)) {
            gone.insert((REGROUP, group));
        }
    }
    let many = gone.len();
    if many > 0 {
        let set = desk.work(organization, ticket::Actor::Line { line }, move |change| {
            Box::pin(async move {
                for (kind, id) in gone {
                    ring_at(change, kind, &id, change.now).await?;
                }
                Ok(())
            })
        });
        set.await?;
    }
    Ok(many)
}
