//! A hard talk goes to a senior of the group, within the service desk.

use handover::wire::{Reader, record};
use handover::{Change, Desk, Order, Recipient, Refused};
use proto::line1::{HandToSeniorRequest, HandToSeniorResponse};
use rpc::{Caller, Role};
use texts::Text;
use ticket::event::DeskEvent;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX, Violation};
use ticket::{Assignment, EventBody, Line, Ticket, TicketId};

pub(crate) async fn hand(
    desk: &Desk,
    caller: &Caller,
    request: HandToSeniorRequest,
) -> Result<HandToSeniorResponse, Refused> {
    let order = Order::of(caller, "HandToSenior", &request.request_id, &request)?.expecting(request.expected_version);
    let HandToSeniorRequest { request_id: _, ticket_id, reason, senior, expected_version: _ } = request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let reason = reader.text("reason", &reason, TEXT_BYTES_MAX);
    let wanted = reader.optional("senior", &senior, LINE_BYTES_MAX);
    let id = reader.finish(id)?;
    let may_override = caller.role == Role::Supervisor;
    desk.change(&order, id, "hand to a senior", move |change| {
        Box::pin(async move {
            let (mut ticket, read) = change.ticket(id).await?;
            ticket.may_work("hand to a senior").map_err(Refused::state(id))?;
            if ticket.assignment.forced && !may_override {
                let owner = ticket.assignment.assignee.clone().unwrap_or_default();
                return Err(Refused::HopBudgetSpent { ticket: id, owner });
            }
            let (group, senior) = choose(change, &ticket, wanted, may_override).await?;
            ticket.assignment.group = Some(group);
            ticket.assignment.assignee = Some(senior.clone());
            ticket.changed_at = change.now;
            let Assignment { zone, group, assignee, forced: _ } = ticket.assignment.clone();
            change.log(&ticket, EventBody::Assigned { zone, group, assignee }).await?;
            let to = Recipient::Person(senior.clone());
            let fields = [("reason", reason.as_str())];
            change.notify_of(&ticket, to, "handed-to-senior", Text::NoticeHandedToSenior, &fields).await?;
            change.log(&ticket, EventBody::Desk(DeskEvent::HandedToSenior { senior, reason })).await?;
            let version = change.put(&ticket, Some(read)).await?;
            Ok(HandToSeniorResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
        })
    })
    .await
}

/// The group and its senior: the one wanted, or of those who can take it the one with the most room. A supervisor may name
/// one who cannot.
async fn choose(
    change: &Change<'_>,
    ticket: &Ticket,
    wanted: Option<String>,
    may_override: bool,
) -> Result<(String, String), Refused> {
    let wrong = |fault: String| Err(Refused::Fields(vec![Violation::new("senior", fault)]));
    let own = ticket.assignment.group.as_deref().and_then(|group| change.plan.group(group));
    let group = own.or_else(|| change.plan.groups().find(|group| group.line == Line::ServiceDesk));
    let Some(group) = group.filter(|group| !group.seniors.is_empty()) else {
        return wrong("cannot be chosen: the group has no `seniors` in the plan; name some there".to_owned());
    };
    let seniors = group.seniors.join(", ");
    let among: Vec<String> = match wanted {
        Some(wanted) if !group.seniors.contains(&wanted) => {
            return wrong(format!("`{wanted}` is no senior of {}; those are: {seniors}", group.id));
        }
        Some(wanted) if may_override => return Ok((group.id.clone(), wanted)),
        Some(wanted) => vec![wanted],
        None => {
            let present = ticket.assignment.assignee.as_ref();
            group.seniors.iter().filter(|senior| present != Some(senior)).cloned().collect()
        }
    };
    if among.is_empty() {
        return wrong(format!("cannot be chosen: {seniors} works on it already"));
    }
    Ok((group.id.clone(), queues::most_room(change, ticket, &group.id, &among).await?))
}
