//! The contact with the client: what is written to the client, and what the client writes.

use handover::wire::{Reader, enums, instant, record};
use handover::{Change, Desk, Order, Parcel, Refused, answered, ticket_id};
use jiff::SignedDuration;
use proto::handover as hand;
use proto::line1::{
    CaseMessage, ConfirmRequest, ConfirmResponse, GetCaseRequest, GetCaseResponse, ReopenRequest, ReopenResponse,
    ReplyRequest, ReplyResponse, WriteToClientRequest, WriteToClientResponse,
};
use proto::ticket as wire;
use rpc::{Caller, Role};
use ticket::field::TEXT_BYTES_MAX;
use ticket::{ClarificationId, Custody, EventBody, HoldReason, Line, State, Ticket, TicketId};

use crate::merge::{followed, stands_alone};
use crate::own::{Home, Message, Question};
use crate::rules::queue;
use crate::sorting::feel;
use crate::thanks::is_thanks;
use crate::{progress, satisfaction};

/// A client sees only the own tickets; to others' the answer is the same as to those that do not exist.
pub(crate) fn visible(caller: &Caller, ticket: &Ticket) -> Result<(), Refused> {
    if caller.role == Role::Client && ticket.facts.client != caller.subject {
        return Err(Refused::TicketNotFound(ticket.facts.id.to_string()));
    }
    Ok(())
}

pub(crate) async fn write(
    desk: &Desk,
    caller: &Caller,
    request: WriteToClientRequest,
) -> Result<WriteToClientResponse, Refused> {
    let order = Order::of(caller, "WriteToClient", &request.request_id, &request)?.expecting(request.expected_version);
    let WriteToClientRequest { request_id: _, ticket_id, text, clarification_id, expected_version: _ } = request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let text = reader.text("text", &text, TEXT_BYTES_MAX);
    let clarification = optional_clarification(&mut reader, &clarification_id);
    let id = reader.finish(id)?;
    desk.change(&order, id, "write to the client", move |change| {
        Box::pin(async move {
            let (mut ticket, read) = change.ticket(id).await?;
            let mut home: Home = change.work.own(change.organization(), id).await?;
            if let Some(clarification) = clarification {
                let question = home.questions.iter_mut().find(|question| question.id == clarification);
                question.ok_or_else(|| Refused::no_clarification(clarification))?.relayed = true;
                change.log(&ticket, EventBody::ClarificationRelayed { clarification }).await?;
            }
            home.conversation.push(Message { from_client: false, text: text.clone(), at: change.now });
            change.log(&ticket, EventBody::WroteToClient { text }).await?;
            progress::spoke(change, &ticket, &mut home).await?;
            change.work.put_own(change.organization(), id, &home).await?;
            let version = change.touch(&mut ticket, read).await?;
            Ok(WriteToClientResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
        })
    })
    .await
}

fn optional_clarification(reader: &mut Reader, given: &str) -> Option<ClarificationId> {
    if given.is_empty() { None } else { reader.id("clarification_id", given) }
}

pub(crate) async fn reply(desk: &Desk, caller: &Caller, request: ReplyRequest) -> Result<ReplyResponse, Refused> {
    let order = Order::of(caller, "Reply", &request.request_id, &request)?;
    let ReplyRequest { request_id: _, ticket_id, text, clarification_id } = request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let text = reader.text("text", &text, TEXT_BYTES_MAX);
    let named = optional_clarification(&mut reader, &clarification_id);
    let id = reader.finish(id)?;
    let (caller, step) = (caller.clone(), order.request_id.to_string());
    desk.change(&order, id, "reply", move |change| {
        Box::pin(async move {
            let (mut ticket, read, mut home) = followed(change, id).await?;
            visible(&caller, &ticket)?;
            home.hear(text.clone(), change.now);
            change.log(&ticket, EventBody::ClientWrote { text: text.clone() }).await?;
            let question = home.answered_by(named).map(|question| {
                question.answer = Some(text.clone());
                question.id
            });
            match (question, named) {
                (Some(question), _) => answer_question(change, &ticket, &home, question, text.clone()).await?,
                (None, Some(named)) => return Err(Refused::no_clarification(named)),
                (None, None) if ticket.custody == Custody::Held => {}
                (None, None) => forward(change, &ticket, &home, text.clone(), &step).await?,
            }
            if ticket.custody == Custody::Held {
                hear_here(change, &mut ticket, &mut home, question, text).await?;
            }
            feel(change, &mut ticket, &home, None).await?;
            let version = change.put_with(&ticket, Some(read), &home).await?;
            Ok(ReplyResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
        })
    })
    .await
}

/// What the client writes on a ticket that line 1 holds: a resolved one is open again, unless it was only thanks, and so
/// is one that waits for the answer to this question.
async fn hear_here(
    change: &Change<'_>,
    ticket: &mut Ticket,
    home: &mut Home,
    answered: Option<ClarificationId>,
    text: String,
) -> Result<(), Refused> {
    if let Some(score) = satisfaction::given(ticket, home, &text) {
        return satisfaction::keep(change, ticket, home, score, String::new()).await;
    }
    match ticket.state {
        State::OnHold { reason: HoldReason::Client { clarification }, .. } if answered == Some(clarification) => {
            let wake = change.queue_wake(ticket);
            ticket.resume(wake, change.now).map_err(Refused::state(ticket.facts.id))
        }
        State::Open | State::OnHold { .. } => Ok(()),
        State::Resolved { .. } | State::Closed { .. } if is_thanks(&text) => Ok(()),
        State::Resolved { .. } | State::Closed { .. } => {
            home.reopened += 1;
            reopen_within_window(change, ticket, text).await
        }
    }
}

/// Brings the client's answer to whoever asked; where the ticket has moved since, it follows.
async fn answer_question(
    change: &Change<'_>,
    ticket: &Ticket,
    home: &Home,
    clarification: ClarificationId,
    answer: String,
) -> Result<(), Refused> {
    change.log(ticket, EventBody::ClarificationAnswered { clarification, answer: answer.clone() }).await?;
    let custodian = home.custodian(ticket);
    if custodian == Line::ServiceDesk {
        return answered(change, clarification).await;
    }
    let parcel = Parcel::ClarificationAnswer;
    let envelope = change.envelope(ticket, parcel, custodian, &clarification.to_string());
    let clarification_id = clarification.to_string();
    let sound = home.current_mood.as_ref().map(|heard| heard.sound().to_wire());
    let message =
        hand::AnswerClarificationRequest { envelope: Some(envelope.clone()), clarification_id, answer, sound };
    change.send(ticket, custodian, parcel, &envelope, &message).await
}

/// Brings what the client said to whoever has the ticket, with how the last of it sounds.
pub(crate) async fn forward(
    change: &Change<'_>,
    ticket: &Ticket,
    home: &Home,
    text: String,
    step: &str,
) -> Result<(), Refused> {
    let (parcel, custodian) = (Parcel::ClientMessage, home.custodian(ticket));
    let envelope = change.envelope(ticket, parcel, custodian, step);
    let sound = home.current_mood.as_ref().map(|heard| heard.sound().to_wire());
    let message = hand::ForwardClientMessageRequest { envelope: Some(envelope.clone()), text, sound };
    change.send(ticket, custodian, parcel, &envelope, &message).await
}

pub(crate) async fn confirm(desk: &Desk, caller: &Caller, request: ConfirmRequest) -> Result<ConfirmResponse, Refused> {
    let order = Order::of(caller, "Confirm", &request.request_id, &request)?;
    let (id, caller) = (ticket_id(&request.ticket_id)?, caller.clone());
    desk.change(&order, id, "confirm", move |change| {
        Box::pin(async move {
            let (mut ticket, read) = change.ticket(id).await?;
            visible(&caller, &ticket)?;
            ticket.close(true, change.now).map_err(Refused::state(id))?;
            change.log(&ticket, EventBody::Closed { confirmed: true }).await?;
            let mut home: Home = change.work.own(change.organization(), id).await?;
            satisfaction::ask(change, &ticket, &mut home).await?;
            let version = change.put_with(&ticket, Some(read), &home).await?;
            Ok(ConfirmResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
        })
    })
    .await
}

pub(crate) async fn reopen(desk: &Desk, caller: &Caller, request: ReopenRequest) -> Result<ReopenResponse, Refused> {
    let order = Order::of(caller, "Reopen", &request.request_id, &request)?;
    let ReopenRequest { request_id: _, ticket_id, text } = request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let text = reader.text("text", &text, TEXT_BYTES_MAX);
    let (id, caller) = (reader.finish(id)?, caller.clone());
    desk.change(&order, id, "reopen", move |change| {
        Box::pin(async move {
            let (mut ticket, read) = change.ticket(id).await?;
            visible(&caller, &ticket)?;
            let mut home: Home = change.work.own(change.organization(), id).await?;
            stands_alone(id, &home, "reopen")?;
            reopen_within_window(change, &mut ticket, text.clone()).await?;
            home.reopened += 1;
            home.hear(text, change.now);
            feel(change, &mut ticket, &home, None).await?;
            let version = change.put_with(&ticket, Some(read), &home).await?;
            Ok(ReopenResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
        })
    })
    .await
}

async fn reopen_within_window(change: &Change<'_>, ticket: &mut Ticket, text: String) -> Result<(), Refused> {
    if let State::Closed { at, .. } = &ticket.state
        && change.now.duration_since(*at) > change.plan.reopen_window().max(SignedDuration::ZERO)
    {
        let state = "closed for longer than it may be reopened; register a new request";
        let problem = ticket::WrongState::Refused { action: "reopen", state };
        return Err(Refused::State { ticket: ticket.facts.id, problem });
    }
    let wake = change.queue_wake(ticket);
    ticket.reopen(wake, change.now).map_err(Refused::state(ticket.facts.id))?;
    change.log(ticket, EventBody::Reopened { text }).await?;
    progress::arm(change, ticket).await?;
    queue(change, ticket).await
}

pub(crate) async fn case(desk: &Desk, caller: &Caller, request: GetCaseRequest) -> Result<GetCaseResponse, Refused> {
    let id = ticket_id(&request.ticket_id)?;
    let (ticket, _) = desk.find(&caller.organization, id).await?;
    visible(caller, &ticket)?;
    let home: Home = desk.store().own(&caller.organization, id).await?;
    let custodian = home.custodian(&ticket);
    let state = match &ticket.state {
        // The client's own words are awaited, whoever has the ticket.
        State::Open if home.waits_for_client() => wire::State::OnHold,
        State::Open => wire::State::Open,
        State::OnHold { .. } => wire::State::OnHold,
        State::Resolved { .. } => wire::State::Resolved,
        State::Closed { .. } => wire::State::Closed,
    };
    let (how_to_verify, steps_to_verify) = match ticket.state {
        State::Resolved { resolution, .. } | State::Closed { resolution, .. } => {
            (resolution.how_to_verify, resolution.steps_to_verify)
        }
        State::Open | State::OnHold { .. } => (String::new(), Vec::new()),
    };
    let message = |Message { from_client, text, at }| CaseMessage { from_client, text, at: Some(instant(at)) };
    Ok(GetCaseResponse {
        ticket_id: id.to_string(),
        number: ticket.facts.number.unwrap_or_default(),
        subject: ticket.facts.subject,
        state: state as i32,
        custodian: enums::to_line(custodian),
        conversation: home.conversation.into_iter().map(message).collect(),
        opened_at: Some(instant(ticket.facts.opened_at)),
        how_to_verify,
        steps_to_verify,
        merged_into: home.merged_into.map(|other| other.to_string()).unwrap_or_default(),
    })
}

/// The questions of other lines, as they stand.
pub(crate) fn question(question: Question) -> proto::line1::Clarification {
    let Question { id, by, question, relayed, answer, due, reminders, expired } = question;
    proto::line1::Clarification {
        clarification_id: id.to_string(),
        by: enums::to_line(by),
        question,
        relayed,
        answer: answer.unwrap_or_default(),
        due: due.map(instant),
        reminders,
        expired,
    }
}
