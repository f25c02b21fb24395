//! Two tickets about the same become one.

use handover::wire::tag::TAGS_MAX;
use handover::wire::{Reader, record};
use handover::{Change, Desk, Order, Refused, tell_everyone};
use proto::line1::{MergeRequest, MergeResponse};
use rpc::Caller;
use texts::Text;
use ticket::event::DeskEvent;
use ticket::field::{TEXT_BYTES_MAX, Violation};
use ticket::{Custody, EventBody, LinkKind, Resolution, State, Ticket, TicketId, WakeReason, WrongState};

use crate::contact::forward;
use crate::own::Home;
use crate::record::{NOTES_MAX, on_both, read_pair};
use crate::rules::write_to_client;

/// So many merges are followed from a duplicate to the ticket that stays; more would be a mistake in the data.
const MERGES_MAX: usize = 16;

pub(crate) async fn merge(desk: &Desk, caller: &Caller, request: MergeRequest) -> Result<MergeResponse, Refused> {
    let order = Order::of(caller, "Merge", &request.request_id, &request)?.expecting(request.expected_version);
    let MergeRequest { request_id: _, expected_version: _, ticket_id, other_ticket_id } = request;
    let mut reader = Reader::default();
    let pair = read_pair(&mut reader, &ticket_id, &other_ticket_id);
    let (id, other) = reader.finish(pair)?;
    let step = order.request_id.to_string();
    desk.change(&order, id, "merge", move |change| Box::pin(async move { join(change, id, other, &step).await })).await
}

async fn join(change: &Change<'_>, id: TicketId, other: TicketId, step: &str) -> Result<MergeResponse, Refused> {
    // Locked always in the same order, so that two who merge crosswise do not wait for each other.
    for ticket in [id.min(other), id.max(other)] {
        change.ticket(ticket).await?;
    }
    let (mut duplicate, read) = change.ticket(id).await?;
    let (stays, _) = change.ticket(other).await?;
    duplicate.may("merge").map_err(Refused::state(id))?;
    if duplicate.facts.client != stays.facts.client {
        let fault = "is a ticket of another client, who must not read this one's words; link them instead";
        return Err(Refused::Fields(vec![Violation::new("other_ticket_id", fault)]));
    }
    if matches!(stays.state, State::Resolved { .. } | State::Closed { .. }) {
        let problem = WrongState::Refused { action: "merge a duplicate into", state: stays.state.name() };
        return Err(Refused::State { ticket: other, problem });
    }
    let mut from: Home = change.work.own(change.organization(), id).await?;
    let mut into: Home = change.work.own(change.organization(), other).await?;
    let said = said(&from);
    from.merged_into = Some(other);
    take(&from, &mut into)?;
    close(change, &mut duplicate, &stays).await?;
    let number = |ticket: &Ticket| ticket.facts.number.clone().unwrap_or_default();
    let fields = [("number", number(&stays)), ("duplicate", number(&duplicate))];
    write_to_client(change, &stays, &mut into, Text::Merged, &fields).await?;
    change.work.put_own(change.organization(), id, &from).await?;
    change.work.put_own(change.organization(), other, &into).await?;
    change.put(&duplicate, Some(read)).await?;
    // Linking writes over both, and raises their versions.
    on_both(change, id, other, Some(LinkKind::DuplicateOf)).await?;
    change.log(&duplicate, EventBody::Desk(DeskEvent::MergedInto { other })).await?;
    change.log(&stays, EventBody::Desk(DeskEvent::MergedFrom { other: id })).await?;
    if stays.custody != Custody::Held && !said.is_empty() {
        forward(change, &stays, &into, said, step).await?;
    }
    let ((duplicate, closed), (mut stays, mut kept)) = (change.ticket(id).await?, change.ticket(other).await?);
    if let Some(heard) = &into.current_mood {
        change.raise_by_mood(&mut stays, &heard.sound()).await?;
        kept = change.put(&stays, Some(kept)).await?;
    }
    Ok(MergeResponse {
        ticket: Some(record::to_ticket(&stays, kept.number())),
        duplicate: Some(record::to_ticket(&duplicate, closed.number())),
    })
}

/// What the client said, as one message of the size that a message may have.
fn said(home: &Home) -> String {
    let said = home.conversation.iter().filter(|message| message.from_client).map(|message| message.text.as_str());
    let mut said = said.collect::<Vec<_>>().join("\n\n");
    said.truncate(said.floor_char_boundary(TEXT_BYTES_MAX));
    said
}

/// Conversation, notes, tags and files come along; what a duplicate was linked to is found by the link between them.
fn take(from: &Home, into: &mut Home) -> Result<(), Refused> {
    into.conversation.extend(from.conversation.iter().cloned());
    into.conversation.sort_by_key(|message| message.at);
    let (heard, said) = (into.current_mood.take(), from.current_mood.clone());
    into.current_mood = heard.into_iter().chain(said).max_by_key(|heard| heard.at);
    into.notes.extend(from.notes.iter().cloned());
    into.notes.sort_by_key(|note| note.at);
    into.tags.extend(from.tags.iter().cloned());
    for (what, has, most) in [("notes", into.notes.len(), NOTES_MAX), ("tags", into.tags.len(), TAGS_MAX)] {
        if has > most {
            return Err(Refused::RecordFull { what, most });
        }
    }
    Ok(())
}

/// The duplicate ends; what solved it is the ticket that stays.
async fn close(change: &Change<'_>, duplicate: &mut Ticket, stays: &Ticket) -> Result<(), Refused> {
    let id = duplicate.facts.id;
    if matches!(duplicate.state, State::Open | State::OnHold { .. }) {
        let other = stays.facts.number.clone().unwrap_or_default();
        let language = duplicate.facts.language;
        let words = |text: Text| text.with(language, &[("other", &other)]);
        let resolution = Resolution {
            by: change.line,
            root_cause: words(Text::MergedCause),
            done: words(Text::MergedDone),
            workaround: false,
            how_to_verify: words(Text::MergedDone),
            steps_to_verify: Vec::new(),
            knowledge: None,
        };
        let wake = change.wake_in(change.plan.auto_close(), WakeReason::AutoClose);
        duplicate.resolve(resolution.clone(), wake, change.now).map_err(Refused::state(id))?;
        change.log(duplicate, EventBody::Resolved { resolution: resolution.clone() }).await?;
        tell_everyone(change, duplicate, &resolution).await?;
    }
    duplicate.close(false, change.now).map_err(Refused::state(id))?;
    change.log(duplicate, EventBody::Closed { confirmed: false }).await
}

/// The ticket in which a client who writes to `id` is heard: itself, or the one that it was merged into.
pub(crate) async fn followed(change: &Change<'_>, id: TicketId) -> Result<(Ticket, store::Version, Home), Refused> {
    let mut at = id;
    for _ in 0..MERGES_MAX {
        let home: Home = change.work.own(change.organization(), at).await?;
        match home.merged_into {
            Some(other) => at = other,
            None => break,
        }
    }
    let (ticket, version) = change.ticket(at).await?;
    let home = change.work.own(change.organization(), at).await?;
    Ok((ticket, version, home))
}

/// A merged ticket is not opened again.
pub(crate) fn stands_alone(ticket: TicketId, home: &Home, action: &'static str) -> Result<(), Refused> {
    if home.merged_into.is_none() {
        return Ok(());
    }
    let state = "merged into another one; go on there, it is linked";
    Err(Refused::State { ticket, problem: WrongState::Refused { action, state } })
}
