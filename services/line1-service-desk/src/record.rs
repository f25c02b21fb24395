//! `RecordService`: what line 1's people keep on a ticket, wherever custody is.

use std::collections::BTreeSet;

use handover::wire::tag::TAGS_MAX;
use handover::wire::{Reader, enums, evidence, instant, record};
use handover::{Change, Desk, Order, Refused, answer, page_size, ticket_id};
use proto::line1 as wire;
use proto::line1::record_service_server::RecordService;
use store::Mark;
use store::{Filter, Page, StateKind};
use ticket::event::OpinionOutcome;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{EventBody, LinkKind, State, Ticket, TicketId, WrongState};
use tonic::{Request, Response, Status, async_trait};

use crate::advice::to_heard;
use crate::contact::visible;
use crate::likeness::{DUPLICATE, likeness};
use crate::own::{Home, Link, Note, Rating};
use crate::{learned, satisfaction};

/// A record with more notes is read by nobody.
pub(crate) const NOTES_MAX: usize = 500;

/// A ticket with more links is a problem: line 3 keeps those.
const LINKS_MAX: usize = 200;

/// Serves `RecordService`.
pub(crate) struct Records(pub(crate) Desk);

#[async_trait]
impl RecordService for Records {
    async fn search_open_tickets(
        &self,
        request: Request<wire::SearchOpenTicketsRequest>,
    ) -> Result<Response<wire::SearchOpenTicketsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::SearchOpenTicketsRequest { client, text, page_size: size, page_token } = request;
            let mut reader = Reader::default();
            let client = reader.text("client", &client, LINE_BYTES_MAX);
            let text = reader.optional("text", &text, TEXT_BYTES_MAX).unwrap_or_default();
            let client = reader.finish(Some(client))?;
            let states = vec![StateKind::Open, StateKind::OnHold, StateKind::Resolved];
            let filter = Filter { states, client: Some(client), ..Filter::default() };
            let page = Page { after: (!page_token.is_empty()).then_some(page_token), size: page_size(size)? };
            let listing = self.0.store().tickets(&caller.organization, &filter, &page).await?;
            let open = |(ticket, version): &(ticket::Ticket, store::Version)| {
                let likeness = likeness(&ticket.facts.text, &text);
                let ticket = Some(record::to_ticket(ticket, version.number()));
                wire::OpenTicket { ticket, likeness, is_likely_duplicate: likeness >= DUPLICATE }
            };
            let tickets = listing.tickets.iter().map(open).collect();
            Ok(wire::SearchOpenTicketsResponse { tickets, next_page_token: listing.next.unwrap_or_default() })
        })
        .await
    }

    async fn get_record(
        &self,
        request: Request<wire::GetRecordRequest>,
    ) -> Result<Response<wire::GetRecordResponse>, Status> {
        answer(request, async |caller, request| {
            let id = ticket_id(&request.ticket_id)?;
            self.0.find(&caller.organization, id).await?;
            let home: Home = self.0.store().own(&caller.organization, id).await?;
            Ok(wire::GetRecordResponse { record: Some(to_record(id, home)) })
        })
        .await
    }

    async fn add_note(
        &self,
        request: Request<wire::AddNoteRequest>,
    ) -> Result<Response<wire::AddNoteResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "AddNote", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::AddNoteRequest { request_id: _, expected_version: _, ticket_id, text } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let text = reader.text("text", &text, TEXT_BYTES_MAX);
            let (id, by) = (reader.finish(id)?, caller.subject);
            let edit = self.0.change(&order, id, "write a note on", move |change| {
                Box::pin(async move {
                    let note = Note { by, text, at: change.now };
                    let answer = to_note(note.clone());
                    edit(change, id, EventBody::NoteAdded, |home| {
                        if home.notes.len() == NOTES_MAX {
                            return Err(Refused::RecordFull { what: "notes", most: NOTES_MAX });
                        }
                        home.notes.push(note);
                        Ok(())
                    })
                    .await?;
                    Ok(wire::AddNoteResponse { note: Some(answer) })
                })
            });
            edit.await
        })
        .await
    }

    async fn set_tags(
        &self,
        request: Request<wire::SetTagsRequest>,
    ) -> Result<Response<wire::SetTagsResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "SetTags", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::SetTagsRequest { request_id: _, ticket_id, tags, expected_version: _ } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let tags = reader.tags("tags", &tags);
            let id = reader.finish(id)?;
            let edit = self.0.change(&order, id, "tag", move |change| {
                Box::pin(async move {
                    let all: Vec<String> = tags.iter().cloned().collect();
                    edit(change, id, EventBody::Tagged { tags: all.clone() }, |home| {
                        home.tags = tags;
                        Ok(())
                    })
                    .await?;
                    change.work.put_marks(change.organization(), id, Mark::Tag, &all).await?;
                    Ok(wire::SetTagsResponse { tags: all })
                })
            });
            edit.await
        })
        .await
    }

    async fn link(&self, request: Request<wire::LinkRequest>) -> Result<Response<wire::LinkResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Link", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::LinkRequest { request_id: _, expected_version: _, ticket_id, other_ticket_id, kind } = request;
            let mut reader = Reader::default();
            let pair = read_pair(&mut reader, &ticket_id, &other_ticket_id);
            let kind = enums::link_kind(&mut reader, "kind", kind, true);
            let ((id, other), kind) = reader.finish(pair.zip(kind))?;
            let edit = self.0.change(&order, id, "link", move |change| {
                Box::pin(async move {
                    on_both(change, id, other, Some(kind)).await?;
                    Ok(wire::LinkResponse { link: Some(to_link(Link { other, kind })) })
                })
            });
            edit.await
        })
        .await
    }

    async fn unlink(&self, request: Request<wire::UnlinkRequest>) -> Result<Response<wire::UnlinkResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Unlink", &request.request_id, &request)?.expecting(request.expected_version);
            let wire::UnlinkRequest { request_id: _, expected_version: _, ticket_id, other_ticket_id } = request;
            let mut reader = Reader::default();
            let pair = read_pair(&mut reader, &ticket_id, &other_ticket_id);
            let (id, other) = reader.finish(pair)?;
            let edit = self.0.change(&order, id, "unlink", move |change| {
                Box::pin(
                    async move { Ok(wire::UnlinkResponse { was_linked: on_both(change, id, other, None).await? }) },
                )
            });
            edit.await
        })
        .await
    }

    async fn rate(&self, request: Request<wire::RateRequest>) -> Result<Response<wire::RateResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Rate", &request.request_id, &request)?;
            let wire::RateRequest { request_id: _, ticket_id, score, comment } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let comment = reader.optional("comment", &comment, TEXT_BYTES_MAX).unwrap_or_default();
            let sound = u8::try_from(score).ok().filter(|score| (1..=5).contains(score));
            if sound.is_none() {
                reader.wrong("score", format!("is {score}; it must be from 1 to 5"));
            }
            let (id, score) = reader.finish(id.zip(sound))?;
            let edit = self.0.change(&order, id, "rate", move |change| {
                Box::pin(async move {
                    let (ticket, _) = change.ticket(id).await?;
                    visible(&caller, &ticket)?;
                    if matches!(ticket.state, State::Open | State::OnHold { .. }) {
                        let problem = WrongState::Refused { action: "rate", state: ticket.state.name() };
                        return Err(Refused::State { ticket: id, problem });
                    }
                    let mut home: Home = change.work.own(change.organization(), id).await?;
                    satisfaction::keep(change, &ticket, &mut home, score, comment).await?;
                    change.work.put_own(change.organization(), id, &home).await?;
                    Ok(wire::RateResponse { rating: home.rating.map(to_rating) })
                })
            });
            edit.await
        })
        .await
    }
}

/// Changes the record of a ticket, and writes into the log that it was changed.
async fn edit(
    change: &Change<'_>,
    id: TicketId,
    body: EventBody,
    edit: impl FnOnce(&mut Home) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    let mut home: Home = change.work.own(change.organization(), id).await?;
    edit(&mut home)?;
    change.work.put_own(change.organization(), id, &home).await?;
    change.log(&ticket, body).await?;
    change.touch(&mut ticket, read).await.map(|_| ())
}

/// Gives a ticket tags and takes others away, within a change that will put it.
pub(crate) async fn retag(
    change: &Change<'_>,
    ticket: &mut Ticket,
    add: &BTreeSet<String>,
    remove: &BTreeSet<String>,
) -> Result<(), Refused> {
    let id = ticket.facts.id;
    let mut home: Home = change.work.own(change.organization(), id).await?;
    home.tags.retain(|tag| !remove.contains(tag));
    home.tags.extend(add.iter().cloned());
    if home.tags.len() > TAGS_MAX {
        return Err(Refused::RecordFull { what: "tags", most: TAGS_MAX });
    }
    change.work.put_own(change.organization(), id, &home).await?;
    let tags: Vec<String> = home.tags.into_iter().collect();
    change.log(ticket, EventBody::Tagged { tags: tags.clone() }).await?;
    change.work.put_marks(change.organization(), id, Mark::Tag, &tags).await?;
    ticket.changed_at = change.now;
    Ok(())
}

/// Links both tickets, or with no kind unlinks them. Returns whether they were linked before.
pub(crate) async fn on_both(
    change: &Change<'_>,
    id: TicketId,
    other: TicketId,
    kind: Option<LinkKind>,
) -> Result<bool, Refused> {
    let this = (id, other, kind);
    let there = (other, id, kind.map(LinkKind::seen_from_the_other));
    // Always in the same order, so that two who link crosswise do not wait for each other.
    let order = if id < other { [this, there] } else { [there, this] };
    let mut was_linked = false;
    for (one, another, kind) in order {
        let body = match kind {
            Some(kind) => EventBody::Linked { other: another, kind },
            None => EventBody::Unlinked { other: another },
        };
        edit(change, one, body, |home| {
            was_linked |= home.links.iter().any(|link| link.other == another);
            home.links.retain(|link| link.other != another);
            if kind.is_some() && home.links.len() == LINKS_MAX {
                return Err(Refused::RecordFull { what: "links", most: LINKS_MAX });
            }
            home.links.extend(kind.map(|kind| Link { other: another, kind }));
            Ok(())
        })
        .await?;
    }
    Ok(was_linked)
}

pub(crate) fn read_pair(reader: &mut Reader, id: &str, other: &str) -> Option<(TicketId, TicketId)> {
    let id = reader.id::<TicketId>("ticket_id", id);
    let other = reader.id::<TicketId>("other_ticket_id", other);
    if id.is_some() && id == other {
        reader.wrong("other_ticket_id", "is the same ticket; name another");
    }
    id.zip(other)
}

fn to_record(id: TicketId, home: Home) -> wire::Record {
    let Home {
        contact,
        notes,
        tags,
        links,
        rating,
        reopened,
        original_mood,
        current_mood,
        opinions,
        triaged,
        given,
        ..
    } = home;
    // Once a person has triaged it there is nothing left to suggest.
    let suggested = opinions.into_iter().filter(|said| !triaged && said.outcome == OpinionOutcome::Suggested);
    wire::Record {
        ticket_id: id.to_string(),
        contact: Some(evidence::to_contact(contact)),
        notes: notes.into_iter().map(to_note).collect(),
        tags: tags.into_iter().collect(),
        links: links.into_iter().map(to_link).collect(),
        rating: rating.map(to_rating),
        reopened,
        original_mood: original_mood.map(to_heard),
        current_mood: current_mood.map(to_heard),
        suggestions: suggested.map(learned::to_opinion).collect(),
        given: given.map(learned::to_given),
    }
}

fn to_note(note: Note) -> wire::Note {
    let Note { by, text, at } = note;
    wire::Note { by, text, at: Some(instant(at)) }
}

fn to_link(link: Link) -> wire::TicketLink {
    let Link { other, kind } = link;
    wire::TicketLink { other_ticket_id: other.to_string(), kind: enums::to_link_kind(kind) }
}

fn to_rating(rating: Rating) -> wire::Rating {
    let Rating { score, comment, at } = rating;
    wire::Rating { score: u32::from(score), comment, at: Some(instant(at)) }
}
