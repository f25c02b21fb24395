//! A question to the client has a deadline: line 1 is asked to remind the client, and after it nobody waits any more.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Timer;
use texts::Text;
use ticket::custody::{HoldReason, State};
use ticket::event::ClarificationEvent;
use ticket::{ClarificationId, EventBody, Line, Ticket, TicketId};

use crate::arrangement::{Arranged, tell_clarification};
use crate::change::{Change, corrupt};
use crate::notice::Recipient;
use crate::refused::Refused;
use crate::rules::{Rules, Told};

/// The kind of the timers of questions; the id of one is that of its question.
pub(crate) const TIMER: &str = "clarification";

/// What is to come of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    ticket: TicketId,
    /// When the wait ends.
    due: Timestamp,
    /// The reminders to come, the next first.
    reminders: Vec<Timestamp>,
    /// How many there were.
    reminded: u32,
}

/// Sets the deadline of a question that was just asked on `ticket`, and the reminders before it. Returns the deadline.
pub(crate) async fn wait(
    change: &Change<'_>,
    ticket: &Ticket,
    clarification: ClarificationId,
    within_hours: Option<u32>,
) -> Result<Timestamp, Refused> {
    let due = change.plan.clarification_due(change.line, ticket.facts.priority, within_hours, change.now);
    let waiting = Waiting { ticket: ticket.facts.id, due: due.due, reminders: due.reminders, reminded: 0 };
    set(change, clarification, &waiting).await?;
    Ok(due.due)
}

/// The question was answered: nobody waits for it any more.
///
/// # Errors
/// What the database says.
pub async fn answered(change: &Change<'_>, clarification: ClarificationId) -> Result<(), Refused> {
    change.work.clear_timer(change.organization(), TIMER, &clarification.to_string()).await?;
    Ok(())
}

async fn set(change: &Change<'_>, clarification: ClarificationId, waiting: &Waiting) -> Result<(), Refused> {
    let at = waiting.reminders.first().copied().unwrap_or(waiting.due);
    let payload = serde_json::to_value(waiting).map_err(|e| corrupt(e.to_string()))?;
    change.set_timer(TIMER, clarification.to_string(), Some(waiting.ticket), at, payload).await
}

/// A reminder is due, or the deadline passed.
pub(crate) async fn rang(change: &Change<'_>, timer: &Timer, rules: &dyn Rules) -> Result<(), Refused> {
    let clarification: ClarificationId = timer.id.parse().map_err(|e| corrupt(format!("{e}")))?;
    let mut waiting: Waiting = serde_json::from_value(timer.payload.clone()).map_err(|e| corrupt(e.to_string()))?;
    let (mut ticket, read) = change.ticket(waiting.ticket).await?;
    let waits = ticket.may("wait for an answer on").is_ok()
        && matches!(
            &ticket.state,
            State::OnHold { reason: HoldReason::Client { clarification: open }, .. } if *open == clarification
        );
    if !waits {
        // Answered, or handed on, in the meantime.
        return Ok(());
    }
    if change.now < waiting.due {
        // After a pause several reminders may be due: one is enough.
        waiting.reminders.retain(|at| *at > change.now);
        waiting.reminded = waiting.reminded.saturating_add(1);
        let count = waiting.reminded;
        let reminded = ClarificationEvent::Reminded { clarification, count };
        change.log(&ticket, EventBody::Clarification(reminded)).await?;
        tell_owner(change, &mut ticket, Arranged::Reminder { clarification, count }, rules).await?;
        return set(change, clarification, &waiting).await;
    }
    change.log(&ticket, EventBody::Clarification(ClarificationEvent::Expired { clarification })).await?;
    ticket.resume(change.queue_wake(&ticket), change.now).map_err(Refused::state(waiting.ticket))?;
    tell_owner(change, &mut ticket, Arranged::Expired { clarification }, rules).await?;
    let to = Recipient::who_works(&ticket.assignment);
    change.notify_of(&ticket, to, "question-expired", Text::NoticeQuestionExpired, &[]).await?;
    change.put(&ticket, Some(read)).await?;
    Ok(())
}

/// Line 1 hears of it, by a message or, where it is line 1 that asked, at once.
async fn tell_owner(
    change: &Change<'_>,
    ticket: &mut Ticket,
    what: Arranged,
    rules: &dyn Rules,
) -> Result<(), Refused> {
    if change.line == Line::OWNER {
        return rules.told(change, ticket, &Told::Arranged(what)).await;
    }
    tell_clarification(change, ticket, what).await
}
