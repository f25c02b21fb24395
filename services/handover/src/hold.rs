//! `ClockService`: people put tickets on hold for a reason of the plan, and go on with them.

use jiff::{SignedDuration, Timestamp};
use proto::handover as hand;
use proto::handover::clock_service_server::ClockService;
use store::Timer;
use ticket::custody::{HoldReason, State};
use ticket::event::HoldEvent;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX, Violation};
use ticket::{EventBody, Line, Ticket, TicketId, Wake, WakeReason, WrongState};
use tonic::{Request, Response, Status, async_trait};

use crate::arrangement::tell_hold;
use crate::caller::answer;
use crate::change::{Change, corrupt};
use crate::desk::Desk;
use crate::order::{Order, ticket_id};
use crate::refused::Refused;
use crate::wire::{Reader, record, to_instant};

/// The kind of the timers that end holds; the id of one is that of its ticket.
pub(crate) const TIMER: &str = "hold";

/// The longest hold that ends by itself.
pub const HOLD_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Serves `ClockService` for a line.
#[derive(Debug, Clone)]
pub(crate) struct Clocks(pub(crate) Desk);

#[async_trait]
impl ClockService for Clocks {
    async fn hold(&self, request: Request<hand::HoldRequest>) -> Result<Response<hand::HoldResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Hold", &request.request_id, &request)?.expecting(request.expected_version);
            let hand::HoldRequest { request_id: _, expected_version: _, ticket_id, reason, until, note } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let reason = reader.text("reason", &reason, LINE_BYTES_MAX);
            let note = reader.optional("note", &note, TEXT_BYTES_MAX).unwrap_or_default();
            let until = until.and_then(|until| to_instant(&mut reader, "until", Some(until)));
            let id = reader.finish(id)?;
            self.0
                .change(&order, id, "hold", move |change| {
                    Box::pin(async move {
                        let (mut ticket, read) = change.ticket(id).await?;
                        hold(change, &mut ticket, reason, until, note).await?;
                        let version = change.put(&ticket, Some(read)).await?;
                        Ok(hand::HoldResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
                    })
                })
                .await
        })
        .await
    }

    async fn resume(&self, request: Request<hand::ResumeRequest>) -> Result<Response<hand::ResumeResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Resume", &request.request_id, &request)?.expecting(request.expected_version);
            let id = ticket_id(&request.ticket_id)?;
            self.0
                .change(&order, id, "resume", move |change| {
                    Box::pin(async move {
                        let (mut ticket, read) = change.ticket(id).await?;
                        resume(change, &mut ticket).await?;
                        let version = change.put(&ticket, Some(read)).await?;
                        Ok(hand::ResumeResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
                    })
                })
                .await
        })
        .await
    }
}

fn is_by_hand(state: &State) -> bool {
    matches!(state, State::OnHold { reason: HoldReason::Reason { .. }, .. })
}

/// Goes on with a ticket that was put on hold by hand, within a change that will put it. What is refused has written nothing.
///
/// # Errors
/// [`Refused::State`] when it is not this line's, or was not put on hold by hand.
pub async fn resume(change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
    let id = ticket.facts.id;
    if !is_by_hand(&ticket.state) {
        let problem = WrongState::Refused { action: "resume", state: ticket.state.name() };
        return Err(Refused::State { ticket: id, problem });
    }
    go_on(change, ticket).await?;
    change.work.clear_timer(change.organization(), TIMER, &id.to_string()).await?;
    Ok(())
}

/// Puts a ticket that is held here on hold, within a change that will put it. What is refused has written nothing.
///
/// # Errors
/// [`Refused::HoldReasonUnknown`]; [`Refused::State`] when it is not this line's, or waits for somebody already.
pub async fn hold(
    change: &Change<'_>,
    ticket: &mut Ticket,
    reason: String,
    until: Option<Timestamp>,
    note: String,
) -> Result<(), Refused> {
    let id = ticket.facts.id;
    if change.plan.hold_reason(&reason).is_none() {
        return Err(Refused::HoldReasonUnknown(reason));
    }
    let last = change.now.saturating_add(HOLD_MAX).unwrap_or(Timestamp::MAX);
    if until.is_some_and(|until| until <= change.now || until > last) {
        return Err(Refused::Fields(vec![Violation::new("until", "is not within the next 366 days")]));
    }
    if matches!(ticket.state, State::OnHold { .. }) && !is_by_hand(&ticket.state) {
        // The client or the vendor is asked; that wait must not be lost.
        let problem = WrongState::Refused { action: "put on hold", state: ticket.state.name() };
        return Err(Refused::State { ticket: id, problem });
    }
    let wake = match until {
        Some(at) => Wake { at, reason: WakeReason::QueueDeadline },
        None => change.queue_wake(ticket),
    };
    let kept = HoldReason::Reason { id: reason.clone(), until };
    ticket.hold(kept, wake, change.now).map_err(Refused::state(id))?;
    let event = HoldEvent::Began { by: change.line, reason, until, note };
    change.log(ticket, EventBody::Hold(event.clone())).await?;
    tell(change, ticket, &event).await?;
    match until {
        Some(at) => change.set_timer(TIMER, id.to_string(), Some(id), at, serde_json::Value::Null).await?,
        None => {
            change.work.clear_timer(change.organization(), TIMER, &id.to_string()).await?;
        }
    }
    Ok(())
}

/// A hold has come to its end.
pub(crate) async fn rang(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let id: TicketId = timer.id.parse().map_err(|e| corrupt(format!("{e}")))?;
    let (mut ticket, read) = change.ticket(id).await?;
    // It may have been handed on, solved or held anew meanwhile.
    let ends = |until: &Option<Timestamp>| until.is_some_and(|until| until <= change.now);
    let is_due = matches!(&ticket.state, State::OnHold { reason: HoldReason::Reason { until, .. }, .. } if ends(until));
    if !is_due || ticket.may_work("resume").is_err() {
        return Ok(());
    }
    go_on(change, &mut ticket).await?;
    change.put(&ticket, Some(read)).await?;
    Ok(())
}

async fn go_on(change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
    let id = ticket.facts.id;
    ticket.resume(change.queue_wake(ticket), change.now).map_err(Refused::state(id))?;
    let event = HoldEvent::Ended { by: change.line };
    change.log(ticket, EventBody::Hold(event.clone())).await?;
    tell(change, ticket, &event).await
}

/// Line 1 keeps the client's clock and is told by the others.
async fn tell(change: &Change<'_>, ticket: &Ticket, event: &HoldEvent) -> Result<(), Refused> {
    if change.line == Line::OWNER {
        return Ok(());
    }
    tell_hold(change, ticket, event, &format!("hold:{}", change.now)).await
}
