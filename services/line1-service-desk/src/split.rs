//! One ticket about two things becomes two.

use std::collections::BTreeSet;

use handover::wire::{Reader, record};
use handover::{Change, Desk, Order, Refused};
use proto::line1::{SplitRequest, SplitResponse};
use rpc::Caller;
use store::Mark;
use texts::Text;
use ticket::event::DeskEvent;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX, Violation};
use ticket::{Channel, EventBody, Facts, Line, LinkKind, Ticket, TicketId};

use crate::heard::Heard;
use crate::merge::stands_alone;
use crate::own::{Home, Message};
use crate::record::on_both;
use crate::register::first_line;
use crate::rules::{number, queue, write_to_client};
use crate::sorting::{Said, sort};

/// What the new ticket is made of.
struct Part {
    new: TicketId,
    messages: BTreeSet<u32>,
    subject: Option<String>,
    category: Option<String>,
}

pub(crate) async fn split(desk: &Desk, caller: &Caller, request: SplitRequest) -> Result<SplitResponse, Refused> {
    let order = Order::of(caller, "Split", &request.request_id, &request)?.expecting(request.expected_version);
    let SplitRequest { request_id: _, expected_version: _, ticket_id, messages, subject, category } = request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let messages: BTreeSet<u32> = reader.list("messages", messages).into_iter().collect();
    let subject = reader.optional("subject", &subject, LINE_BYTES_MAX);
    let category = reader.optional("category", &category, LINE_BYTES_MAX);
    let id = reader.finish(id)?;
    let part = Part { new: desk.new_ticket(&order), messages, subject, category };
    desk.change(&order, id, "split", move |change| Box::pin(async move { part_off(change, id, part).await })).await
}

async fn part_off(change: &Change<'_>, id: TicketId, part: Part) -> Result<SplitResponse, Refused> {
    let Part { new, messages, subject, category } = part;
    if let Some(category) = category.as_ref().filter(|category| change.plan.category(category).is_none()) {
        return Err(Refused::CategoryUnknown(category.clone()));
    }
    let (whole, _) = change.ticket(id).await?;
    let mut home: Home = change.work.own(change.organization(), id).await?;
    stands_alone(id, &home, "split")?;
    let chosen = chosen(&home, &messages)?;
    let text = said(&chosen);
    let heard = Heard::in_text(&text, change.now);
    let facts = Facts {
        id: new,
        number: None,
        subject: subject.unwrap_or_else(|| first_line(&text)),
        text,
        mood: heard.mood,
        // What raised the whole is judged anew for the part.
        priority: change.plan.priority(whole.facts.impact, whole.facts.urgency),
        raises: Vec::new(),
        category,
        opened_at: change.now,
        trace: change.trace.traceparent.clone(),
        ..whole.facts.clone()
    };
    let wake = change.queue_wake_of(&facts);
    let mut ticket = Ticket::register(facts, Line::ServiceDesk, wake, change.now);
    number(change, &mut ticket).await?;
    change.log(&ticket, EventBody::Registered { channel: Channel::InternalService }).await?;
    change.log(&ticket, EventBody::Desk(DeskEvent::SplitFrom { other: id })).await?;
    let mut own = Home {
        contact: home.contact.clone(),
        conversation: chosen,
        original_mood: Some(heard.clone()),
        current_mood: Some(heard),
        ..Home::default()
    };
    let said = Said { kind: true, impact: true, urgency: true };
    // It has what people said of the whole, so that there is nothing to ask a model.
    sort(change, &mut ticket, &mut own, None, said, Vec::new()).await?;
    queue(change, &mut ticket).await?;
    let words = |ticket: &Ticket| ticket.facts.number.clone().unwrap_or_default();
    let fields = [("number", words(&whole)), ("other", words(&ticket))];
    write_to_client(change, &ticket, &mut own, Text::Split, &fields).await?;
    let version = change.put(&ticket, None).await?;
    change
        .work
        .add_mark(change.organization(), ticket.facts.id, Mark::Channel, Channel::InternalService.name())
        .await?;
    change.work.put_own(change.organization(), new, &own).await?;
    home.told_by_itself = 0;
    change.work.put_own(change.organization(), id, &home).await?;
    let messages = messages.into_iter().collect();
    change.log(&whole, EventBody::Desk(DeskEvent::SplitOff { other: new, messages })).await?;
    on_both(change, new, id, Some(LinkKind::Related)).await?;
    Ok(SplitResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
}

/// The messages of these places, counted from 1; the original keeps them too.
fn chosen(home: &Home, places: &BTreeSet<u32>) -> Result<Vec<Message>, Refused> {
    let wrong = |fault: String| Err(Refused::Fields(vec![Violation::new("messages", fault)]));
    let count = home.conversation.len();
    let at = |place: &u32| usize::try_from(*place).ok()?.checked_sub(1).and_then(|at| home.conversation.get(at));
    if let Some(place) = places.iter().find(|place| at(place).is_none()) {
        return wrong(format!("has {place}; the conversation has the messages 1 to {count}"));
    }
    let chosen: Vec<Message> = places.iter().filter_map(at).cloned().collect();
    if !chosen.iter().any(|message| message.from_client) {
        return wrong("has no message of the client; name at least one that the new ticket is about".to_owned());
    }
    Ok(chosen)
}

/// What the client said in them, as one text of the size that a request may have.
fn said(messages: &[Message]) -> String {
    let said = messages.iter().filter(|message| message.from_client).map(|message| message.text.as_str());
    let mut said = said.collect::<Vec<_>>().join("\n\n");
    said.truncate(said.floor_char_boundary(TEXT_BYTES_MAX));
    said
}
