//! Step (c): the receiver checks evidence, topology and epoch, and stores the ticket with the receipt, or declines.

use plan::Plan;
use prost::Message;
use proto::handover as hand;
use ticket::event::{Brought, Decline};
use ticket::facts::Contact;
use ticket::{Actor, Baton, EventBody, Line, MessageId, State, Ticket, TicketId, Wake, WakeReason, WrongState};
use tracing::Instrument;

use crate::change::Change;
use crate::desk::Desk;
use crate::fuse::{CrashPoint, Fuse};
use crate::order::fingerprint;
use crate::parcel::Parcel;
use crate::refused::Refused;
use crate::rules::Foresight;
use crate::wire::{enums, instant, record};

/// What came with a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// Why it came.
    pub brought: Brought,
    /// How to reach the client; only from line 0 to line 1.
    pub contact: Option<Contact>,
}

impl Desk {
    /// Takes a ticket over, or declines it. A repeat gets the first answer.
    ///
    /// `message` is the request as it came, by which a repeat is told from a different offer under the same id.
    ///
    /// # Errors
    /// [`Refused::RequestIdReused`], or what the database says; a decline is an answer.
    pub async fn receive(
        &self,
        baton: Baton,
        arrival: Arrival,
        message: &impl Message,
    ) -> Result<hand::Answer, Refused> {
        let (fuse, rules) = (self.0.fuse.clone(), self.0.rules.clone());
        fuse.pass(CrashPoint::BeforeReceive).await;
        let fingerprint = fingerprint(message);
        let organization = baton.facts.organization.clone();
        let span = self.span(baton.facts.id, "take over", &baton.facts.trace);
        let foresight = rules.foresee(self, &baton.facts, &arrival).instrument(span.clone()).await;
        let sender = Actor::Line { line: baton.from };
        let answer = self
            .work(&organization, sender, move |change| {
                Box::pin(async move {
                    let id = MessageId::of_handover(baton.id());
                    if let Some(known) = known_answer(change, id, &fingerprint).await? {
                        return Ok(known);
                    }
                    let handover_id = baton.id().to_string();
                    let (ticket, epoch) = (baton.facts.id, baton.epoch);
                    let (accepted, outcome) = match objection(change, &baton, &arrival.brought, rules.as_ref()) {
                        Some(why) => (false, hand::answer::Outcome::Declined(record::to_declined(&why))),
                        None => take_over(change, baton, &arrival, rules.as_ref(), foresight).await?,
                    };
                    let answer = hand::Answer { handover_id, outcome: Some(outcome) };
                    let taken = accepted.then_some((ticket, epoch));
                    change
                        .work
                        .remember_inbox(change.organization(), id, taken, &fingerprint, answer.encode_to_vec())
                        .await?;
                    fuse_cut(&fuse)?;
                    Ok(answer)
                })
            })
            .instrument(span)
            .await?;
        self.0.fuse.pass(CrashPoint::AfterReceive).await;
        Ok(answer)
    }
}

fn fuse_cut(fuse: &Fuse) -> Result<(), Refused> {
    fuse.cut(CrashPoint::WithinReceive)
}

/// The first answer to a message that came before; a fault when it came with another content.
///
/// # Errors
/// [`Refused::RequestIdReused`], or what the database says.
pub async fn known_answer<M: Message + Default>(
    change: &Change<'_>,
    id: MessageId,
    fingerprint: &[u8],
) -> Result<Option<M>, Refused> {
    let Some(known) = change.work.inbox_answer(change.organization(), id).await? else { return Ok(None) };
    if known.fingerprint != fingerprint {
        let id = id.to_string().parse().map_err(|e| crate::change::corrupt(format!("{e}")))?;
        return Err(Refused::RequestIdReused(id));
    }
    M::decode(known.answer.as_slice()).map(Some).map_err(|e| crate::change::corrupt(e.to_string()))
}

fn objection(
    change: &Change<'_>,
    baton: &Baton,
    brought: &Brought,
    rules: &dyn crate::rules::Rules,
) -> Option<Decline> {
    if baton.to != change.line || !way_exists(&change.plan, baton.from, change.line, brought) {
        return Some(Decline::NotInTopology);
    }
    if let Brought::Evidence { evidence } = brought {
        let fields = evidence.missing(change.plan.required(change.line));
        if !fields.is_empty() {
            return Some(Decline::EvidenceMissing { fields });
        }
    }
    rules.object(&change.plan, brought)
}

fn way_exists(plan: &Plan, from: Line, here: Line, brought: &Brought) -> bool {
    let topology = plan.topology();
    match brought {
        Brought::Evidence { .. } => topology.allows(from, here),
        // A ticket that is on its way down must get home even when the plan has lost the way up since.
        Brought::Return { .. } => topology.has(here) && from > here,
        Brought::Resolution { .. } => here == Line::OWNER,
    }
}

async fn take_over(
    change: &Change<'_>,
    baton: Baton,
    arrival: &Arrival,
    rules: &dyn crate::rules::Rules,
    foresight: Foresight,
) -> Result<(bool, hand::answer::Outcome), Refused> {
    let (handover, from, epoch) = (baton.id(), baton.from, baton.epoch);
    let before = change.work.ticket(change.organization(), baton.facts.id).await?;
    let (before, read) = before.map_or((None, None), |(ticket, version)| (Some(ticket), Some(version)));
    let wake = Wake { at: change.now, reason: WakeReason::QueueDeadline };
    let mut ticket = match Ticket::receive(baton, before.as_ref(), wake, change.now) {
        Ok(ticket) => ticket,
        Err(WrongState::Stale { present, .. }) => {
            return Ok((false, hand::answer::Outcome::Declined(record::to_declined(&Decline::Stale { present }))));
        }
        Err(problem) => return Err(Refused::State { ticket: before_id(before.as_ref(), &handover)?, problem }),
    };
    ticket.wake = Some(change.queue_wake(&ticket));
    change.log(&ticket, EventBody::TookOver { handover, from, with: arrival.brought.clone() }).await?;
    if let Brought::Resolution { resolution } = &arrival.brought {
        ticket.state = State::Resolved { resolution: resolution.clone(), at: change.now };
        ticket.wake = Some(change.wake_in(change.plan.auto_close(), WakeReason::AutoClose));
        tell_everyone(change, &ticket, resolution).await?;
    }
    // Written before the rules run: a line's own document stands in the ticket's row.
    let read = change.put(&ticket, read).await?;
    rules.took_over(change, &mut ticket, arrival, foresight).await?;
    change.align_with_force_majeure(&mut ticket).await?;
    tell_owner(change, &ticket).await?;
    change.put(&ticket, Some(read)).await?;
    let receipt =
        hand::Receipt { line: enums::to_line(change.line), epoch: epoch.number(), at: Some(instant(change.now)) };
    Ok((true, hand::answer::Outcome::Accepted(receipt)))
}

fn before_id(before: Option<&Ticket>, handover: &impl std::fmt::Display) -> Result<TicketId, Refused> {
    before.map(|ticket| ticket.facts.id).ok_or_else(|| crate::change::corrupt(format!("{handover}")))
}

/// Line 1 learns of every move of custody, so that it can tell the client.
async fn tell_owner(change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
    if change.line == Line::OWNER {
        return Ok(());
    }
    let parcel = Parcel::Progress;
    let envelope = change.envelope(ticket, parcel, Line::OWNER, &format!("took-over:{}", ticket.epoch));
    let message =
        hand::ReportProgressRequest { envelope: Some(envelope.clone()), text: String::new(), custody_moved: true };
    change.send(ticket, Line::OWNER, parcel, &envelope, &message).await
}

/// Every other line that touched the ticket is told what solved it, within a change.
///
/// # Errors
/// What the database says.
pub async fn tell_everyone(
    change: &Change<'_>,
    ticket: &Ticket,
    resolution: &ticket::Resolution,
) -> Result<(), Refused> {
    let parcel = Parcel::ResolutionNotice;
    for line in ticket.touched().into_iter().filter(|line| *line != change.line) {
        let step = format!("resolved:{}:{}", ticket.epoch, ticket.reopened);
        let envelope = change.envelope(ticket, parcel, line, &step);
        let message = hand::NotifyResolutionRequest {
            envelope: Some(envelope.clone()),
            resolution: Some(record::to_resolution(resolution.clone())),
        };
        change.send(ticket, line, parcel, &envelope, &message).await?;
    }
    Ok(())
}
