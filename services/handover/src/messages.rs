//! What lines say to each other without custody moving: sent through the outbox, heard once.

use jiff::Timestamp;
use prost::Message;
use proto::handover as hand;
use ticket::custody::{Custody, HoldReason, State};
use ticket::event::EventBody;
use ticket::{Actor, ClarificationId, Epoch, Line, MessageId, OrganizationId, Ticket, TicketId, Wake, WakeReason};
use tracing::Instrument;

use crate::arrangement;
use crate::change::Change;
use crate::desk::Desk;
use crate::order::{Order, fingerprint};
use crate::parcel::Parcel;
use crate::receiving::known_answer;
use crate::refused::Refused;
use crate::rules::Told;
use crate::sound::Sound;
use crate::wire::{Reader, enums, instant, record};

/// The head of a message, read and verified: the sender is who it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) id: MessageId,
    pub(crate) organization: OrganizationId,
    pub(crate) ticket: TicketId,
    pub(crate) from: Line,
    pub(crate) epoch: Epoch,
}

impl Head {
    /// The head in `envelope`; its faults go to `reader`.
    pub(crate) fn read(reader: &mut Reader, envelope: Option<hand::Envelope>) -> Option<Self> {
        let hand::Envelope { message_id, organization, ticket_id, from, epoch } = reader.given("envelope", envelope)?;
        let id = reader.id("envelope.message_id", &message_id);
        let organization = reader.id("envelope.organization", &organization);
        let ticket = reader.id("envelope.ticket_id", &ticket_id);
        let from = enums::line(reader, "envelope.from", from, true);
        let epoch = record::epoch_of(reader, "envelope.epoch", epoch);
        Some(Self { id: id?, organization: organization?, ticket: ticket?, from: from?, epoch: epoch? })
    }
}

/// Who must hear a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Whoever holds the ticket: a line that has passed it on says where it went.
    Custodian,
    /// This line, held or not.
    Here,
}

impl Desk {
    /// Asks the client something through line 1, and holds the ticket until the answer.
    ///
    /// # Errors
    /// What the state does not allow.
    pub async fn ask_client(
        &self,
        order: &Order,
        id: TicketId,
        question: String,
        within_hours: Option<u32>,
    ) -> Result<hand::AskClientResponse, Refused> {
        let clarification = ClarificationId::of(id, &order.request_id);
        let rules = self.0.rules.clone();
        self.change(order, id, "ask the client", move |change| {
            Box::pin(async move {
                let (mut ticket, read) = change.ticket(id).await?;
                let due = ask(change, &mut ticket, clarification, question.clone(), within_hours).await?;
                if change.line == Line::OWNER {
                    let (by, epoch, due) = (change.line, ticket.epoch, Some(due));
                    let told = Told::Question { clarification, by, epoch, question, due };
                    rules.told(change, &mut ticket, &told).await?;
                }
                let version = change.put(&ticket, Some(read)).await?;
                Ok(hand::AskClientResponse {
                    ticket: Some(record::to_ticket(&ticket, version.number())),
                    clarification_id: clarification.to_string(),
                    due: Some(instant(due)),
                })
            })
        })
        .await
    }

    /// Tells line 1 how it goes.
    ///
    /// # Errors
    /// What the state does not allow.
    pub async fn report_progress(
        &self,
        order: &Order,
        id: TicketId,
        text: String,
    ) -> Result<hand::CustodianServiceReportProgressResponse, Refused> {
        let step = order.request_id.to_string();
        self.change(order, id, "report progress", move |change| {
            Box::pin(async move {
                let (ticket, version) = change.ticket(id).await?;
                ticket.may_work("report progress on").map_err(Refused::state(id))?;
                report(change, &ticket, text, &step).await?;
                Ok(hand::CustodianServiceReportProgressResponse {
                    ticket: Some(record::to_ticket(&ticket, version.number())),
                })
            })
        })
        .await
    }

    /// Hears a message of another line, once. Returns where the ticket is when it must be told there instead.
    pub(crate) async fn hear<M: Message + Default + 'static>(
        &self,
        head: Head,
        whom: For,
        told: Told,
        message: &impl Message,
        answer: M,
    ) -> Result<Result<M, Line>, Refused> {
        let (fingerprint, rules) = (fingerprint(message), self.0.rules.clone());
        let span = self.journey_span(&head.organization, head.ticket, "hear").await?;
        let organization = head.organization.clone();
        self.work(&organization, Actor::Line { line: head.from }, move |change| {
            Box::pin(async move {
                if let Some(known) = known_answer::<M>(change, head.id, &fingerprint).await? {
                    return Ok(Ok(known));
                }
                let (mut ticket, read) = change.ticket(head.ticket).await?;
                if whom == For::Custodian {
                    match ticket.custody {
                        Custody::Held => {}
                        Custody::PassedOn { to, .. } => return Ok(Err(to)),
                        Custody::HandingOver { .. } => return Err(Refused::ConcurrentChange(head.ticket)),
                    }
                }
                note(change, &mut ticket, &told).await?;
                rules.told(change, &mut ticket, &told).await?;
                change.put(&ticket, Some(read)).await?;
                change
                    .work
                    .remember_inbox(change.organization(), head.id, None, &fingerprint, answer.encode_to_vec())
                    .await?;
                Ok(Ok(answer))
            })
        })
        .instrument(span)
        .await
    }
}

/// Asks the client something through line 1, within a change that will put the ticket. Returns when the wait ends: after
/// `within_hours` of working time, or what the plan says.
///
/// # Errors
/// What the state does not allow.
pub async fn ask(
    change: &Change<'_>,
    ticket: &mut Ticket,
    clarification: ClarificationId,
    question: String,
    within_hours: Option<u32>,
) -> Result<Timestamp, Refused> {
    let due = crate::clarification::wait(change, ticket, clarification, within_hours).await?;
    // The timer of the question reminds and ends the wait; this one is behind it, should it be lost.
    let at = due.saturating_add(change.plan.client_silence()).unwrap_or(Timestamp::MAX);
    let wake = Wake { at, reason: WakeReason::ClientSilence };
    ticket.hold(HoldReason::Client { clarification }, wake, change.now).map_err(Refused::state(ticket.facts.id))?;
    let body = EventBody::ClarificationAsked { clarification, by: change.line, question: question.clone() };
    change.log(ticket, body).await?;
    if change.line == Line::OWNER {
        // It has no way to itself; its own rules hear the question.
        return Ok(due);
    }
    let parcel = Parcel::ClarificationRequest;
    let envelope = change.envelope(ticket, parcel, Line::OWNER, &clarification.to_string());
    let message = hand::RequestClarificationRequest {
        envelope: Some(envelope.clone()),
        clarification_id: clarification.to_string(),
        question,
        due: Some(instant(due)),
    };
    change.send(ticket, Line::OWNER, parcel, &envelope, &message).await?;
    Ok(due)
}

/// Tells line 1 how it goes, within a change.
///
/// # Errors
/// What the database says.
pub async fn report(change: &Change<'_>, ticket: &Ticket, text: String, step: &str) -> Result<(), Refused> {
    change.log(ticket, EventBody::Progressed { by: change.line, text: text.clone() }).await?;
    if change.line == Line::OWNER {
        return Ok(());
    }
    let parcel = Parcel::Progress;
    let envelope = change.envelope(ticket, parcel, Line::OWNER, step);
    let message = hand::ReportProgressRequest { envelope: Some(envelope.clone()), text, custody_moved: false };
    change.send(ticket, Line::OWNER, parcel, &envelope, &message).await
}

/// Writes what was told into the log, and changes the ticket where that follows for every line.
async fn note(change: &Change<'_>, ticket: &mut Ticket, told: &Told) -> Result<(), Refused> {
    match told.clone() {
        Told::Question { clarification, by, question, epoch: _, due: _ } => {
            change.log(ticket, EventBody::ClarificationAsked { clarification, by, question }).await
        }
        Told::Answer { clarification, answer, sound } => {
            change.log(ticket, EventBody::ClarificationAnswered { clarification, answer }).await?;
            resume_after_answer(change, ticket, clarification);
            felt(change, ticket, sound).await?;
            crate::clarification::answered(change, clarification).await
        }
        Told::Progress { by, took_over: Some(epoch), .. } => {
            change.log(ticket, EventBody::CustodyMoved { to: by, epoch }).await
        }
        Told::Progress { by, text, took_over: None } => change.log(ticket, EventBody::Progressed { by, text }).await,
        Told::ClientMessage { text, sound } => {
            change.log(ticket, EventBody::ClientWrote { text }).await?;
            felt(change, ticket, sound).await
        }
        Told::Resolution { resolution } => {
            change.log(ticket, EventBody::ToldResolution { resolution: resolution.clone() }).await?;
            ticket.outcome = Some(resolution);
            Ok(())
        }
        Told::Arranged(told) => arrangement::note(change, ticket, told).await,
    }
}

async fn felt(change: &Change<'_>, ticket: &mut Ticket, sound: Option<Sound>) -> Result<(), Refused> {
    match sound {
        Some(sound) => change.raise_by_mood(ticket, &sound).await,
        None => Ok(()),
    }
}

/// An answer ends the hold that waits for it; an answer to an older question ends none.
fn resume_after_answer(change: &Change<'_>, ticket: &mut Ticket, answered: ClarificationId) {
    let waits = matches!(
        &ticket.state,
        State::OnHold { reason: HoldReason::Client { clarification }, .. } if *clarification == answered
    );
    if waits {
        ticket.state = State::Open;
        ticket.wake = Some(change.queue_wake(ticket));
        ticket.changed_at = change.now;
    }
}
