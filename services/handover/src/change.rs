//! What a job works with inside a transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use plan::Plan;
use prost::Message;
use proto::handover as hand;
use serde::Serialize;
use store::{Outgoing, StoreError, Timer, Version, Work};
use telemetry::carry::{self, TraceContext};
use ticket::{
    Actor, Epoch, Event, EventBody, Facts, HandoverId, Line, MessageId, OrganizationId, Ticket, TicketId, Wake,
    WakeReason,
};
use tokio::sync::OnceCell;
use tracing::info_span;

use crate::desk::trace_context;
use crate::force_majeure::Board;
use crate::parcel::Parcel;
use crate::refused::Refused;
use crate::wire::enums;

/// One transaction of one line for one organization.
#[derive(Debug)]
pub struct Change<'w> {
    /// The transaction.
    pub work: &'w Work,
    /// The plan in force.
    pub plan: Arc<Plan>,
    /// Whose database this is.
    pub line: Line,
    /// The instant of the change.
    pub now: Timestamp,
    /// Who causes it.
    pub actor: Actor,
    /// The trace of the work that causes it.
    pub trace: TraceContext,
    /// What goes into the log, in this order, when the job is done: at once, since each statement costs its way.
    pub(crate) entries: Mutex<Vec<Event>>,
    /// What this line has heard of force majeure, once it was read.
    pub(crate) board: OnceCell<Option<Board>>,
    /// Where the journeys go on of those tickets that are in other traces.
    pub(crate) places: Mutex<BTreeMap<TicketId, TraceContext>>,
}

impl Change<'_> {
    /// The organization for which this is done.
    #[must_use]
    pub fn organization(&self) -> &OrganizationId {
        self.plan.organization()
    }

    /// A ticket of the organization.
    ///
    /// # Errors
    /// [`Refused::TicketNotFound`].
    pub async fn ticket(&self, id: TicketId) -> Result<(Ticket, Version), Refused> {
        let found = self.work.ticket(self.organization(), id).await?;
        found.ok_or_else(|| Refused::TicketNotFound(id.to_string()))
    }

    /// Writes `ticket` over what `read` saw.
    ///
    /// # Errors
    /// [`Refused::ConcurrentChange`] when another write came between.
    pub async fn put(&self, ticket: &Ticket, read: Option<Version>) -> Result<Version, Refused> {
        self.work.put(ticket, read).await.map_err(|error| not_put(ticket, error))
    }

    /// The same, with the line's own document of the ticket.
    ///
    /// # Errors
    /// As [`Change::put`].
    pub async fn put_with<T: Serialize + Sync>(
        &self,
        ticket: &Ticket,
        read: Option<Version>,
        own: &T,
    ) -> Result<Version, Refused> {
        self.work.put_with(ticket, read, own).await.map_err(|error| not_put(ticket, error))
    }

    /// Writes a ticket of which only the line's own document changes, so that its version tells those who saw it before.
    ///
    /// # Errors
    /// As [`Change::put`].
    pub async fn touch(&self, ticket: &mut Ticket, read: Version) -> Result<Version, Refused> {
        ticket.changed_at = self.now;
        self.put(ticket, Some(read)).await
    }

    /// Writes an entry into the log.
    ///
    /// # Errors
    /// What the database says.
    pub async fn log(&self, ticket: &Ticket, body: EventBody) -> Result<(), Refused> {
        self.log_of(self.actor.clone(), ticket, body).await
    }

    /// Writes an entry of what the line does by itself, whoever caused it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn log_by_itself(&self, ticket: &Ticket, body: EventBody) -> Result<(), Refused> {
        self.log_of(Actor::Line { line: self.line }, ticket, body).await
    }

    async fn log_of(&self, actor: Actor, ticket: &Ticket, body: EventBody) -> Result<(), Refused> {
        // Whoever writes about a ticket has it locked from here on, as if it were written now.
        self.work.lock(self.organization(), ticket.facts.id).await?;
        let event = Event {
            organization: self.organization().clone(),
            ticket: ticket.facts.id,
            line: self.line,
            epoch: ticket.epoch,
            at: self.now,
            actor,
            trace_id: self.place_of(ticket).trace_id().unwrap_or_default(),
            body,
        };
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        Ok(())
    }

    /// Writes the entries into the log, and lets the clocks ring that they may move.
    pub(crate) async fn write_log(&self) -> Result<(), Refused> {
        let entries = std::mem::take(&mut *self.entries.lock().unwrap_or_else(PoisonError::into_inner));
        self.work.append_all(&entries).await?;
        let having = |is: fn(&EventBody) -> bool| -> BTreeSet<TicketId> {
            entries.iter().filter(|entry| is(&entry.body)).map(|entry| entry.ticket).collect()
        };
        let mut about = having(|body| !matches!(body, EventBody::Clock(_)));
        // What came and was closed at once has kept its promises.
        let closed = having(|body| matches!(body, EventBody::Closed { .. }));
        let new = having(|body| matches!(body, EventBody::Registered { .. }));
        about.retain(|ticket| !(new.contains(ticket) && closed.contains(ticket)));
        let timers: Vec<Timer> = about.into_iter().map(|ticket| self.clock_timer(ticket)).collect();
        Ok(self.work.set_timers(&timers).await?)
    }

    /// Where the journey of `ticket` goes on: here, or, within a change of many tickets that was caused in another trace, at a
    /// span of its own in the ticket's trace, which is linked to here.
    fn place_of(&self, ticket: &Ticket) -> TraceContext {
        let home = trace_context(&ticket.facts.trace);
        if home.trace_id().is_none() || home.trace_id() == self.trace.trace_id() {
            return self.trace.clone();
        }
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = places.entry(ticket.facts.id).or_insert_with(|| {
            let span =
                info_span!("ticket", otel.name = "ticket among many", ticket = %ticket.facts.id, line = %self.line);
            carry::adopt(&span, &home);
            carry::link(&span, &self.trace);
            span.in_scope(TraceContext::current)
        });
        place.clone()
    }

    /// The same of a ticket about which something was written or sent before; of others, here.
    fn known_place(&self, ticket: Option<TicketId>) -> TraceContext {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        ticket.and_then(|ticket| places.get(&ticket)).unwrap_or(&self.trace).clone()
    }

    /// The head of a message about `ticket` that this change causes by `step`.
    #[must_use]
    pub fn envelope(&self, ticket: &Ticket, parcel: Parcel, to: Line, step: &str) -> hand::Envelope {
        self.envelope_about(ticket.facts.id, ticket.epoch, parcel, to, step)
    }

    /// The same, about a ticket that need not be here.
    pub(crate) fn envelope_about(
        &self,
        ticket: TicketId,
        epoch: Epoch,
        parcel: Parcel,
        to: Line,
        step: &str,
    ) -> hand::Envelope {
        hand::Envelope {
            message_id: MessageId::of_step(ticket, &format!("{parcel}>{to}"), step).to_string(),
            organization: self.organization().to_string(),
            ticket_id: ticket.to_string(),
            from: enums::to_line(self.line),
            epoch: epoch.number(),
        }
    }

    /// Puts a message to another line into the outbox. Those about one ticket to one line arrive in this order.
    ///
    /// # Errors
    /// What the database says.
    pub async fn send(
        &self,
        ticket: &Ticket,
        to: Line,
        parcel: Parcel,
        envelope: &hand::Envelope,
        message: &impl Message,
    ) -> Result<(), Refused> {
        self.place_of(ticket);
        self.send_about(ticket.facts.id, to, parcel, envelope, message).await
    }

    /// The same, about a ticket that need not be here.
    pub(crate) async fn send_about(
        &self,
        ticket: TicketId,
        to: Line,
        parcel: Parcel,
        envelope: &hand::Envelope,
        message: &impl Message,
    ) -> Result<(), Refused> {
        let id = envelope.message_id.parse().map_err(|e| corrupt(format!("{e}")))?;
        let about = About::Ticket(ticket);
        self.enqueue(about, id, None, to.name().to_owned(), parcel, message).await
    }

    /// Puts an offer of custody into the outbox.
    pub(crate) async fn send_handover(
        &self,
        ticket: &Ticket,
        handover: HandoverId,
        to: Line,
        parcel: Parcel,
        message: &impl Message,
    ) -> Result<(), Refused> {
        self.place_of(ticket);
        self.enqueue(
            About::Ticket(ticket.facts.id),
            MessageId::of_handover(handover),
            Some(handover),
            to.name().to_owned(),
            parcel,
            message,
        )
        .await
    }

    /// Puts a message to a vendor's side into the outbox, in the order of the bond.
    ///
    /// # Errors
    /// What the database says.
    pub async fn send_partner(
        &self,
        ticket: &Ticket,
        id: MessageId,
        vendor: &str,
        parcel: Parcel,
        message: &impl Message,
    ) -> Result<(), Refused> {
        self.place_of(ticket);
        let about = About::Ticket(ticket.facts.id);
        self.enqueue(about, id, None, format!("partner:{vendor}"), parcel, message).await
    }

    /// Puts a call of an internal service into the outbox; `id` is the call's, the same with each try.
    ///
    /// # Errors
    /// What the database says.
    pub async fn send_service(
        &self,
        ticket: &Ticket,
        id: MessageId,
        service: &str,
        message: &impl Message,
    ) -> Result<(), Refused> {
        let about = About::Ticket(ticket.facts.id);
        self.enqueue(about, id, None, format!("service:{service}"), Parcel::Perform, message).await
    }

    pub(crate) async fn enqueue(
        &self,
        about: About<'_>,
        id: MessageId,
        handover: Option<HandoverId>,
        to: String,
        parcel: Parcel,
        message: &impl Message,
    ) -> Result<(), Refused> {
        // A receiver must hear of a ticket before it hears more about it, so offers keep the same order.
        let (ticket, order_key) = match about {
            About::Ticket(ticket) => (Some(ticket), Some(format!("{ticket}>{to}"))),
            About::Other(what) => (None, Some(format!("{what}>{to}"))),
        };
        let outgoing = Outgoing {
            id,
            organization: self.organization().clone(),
            ticket,
            handover,
            to,
            order_key,
            kind: parcel.to_string(),
            payload: message.encode_to_vec(),
            trace: self.known_place(ticket).traceparent,
            due: self.now,
        };
        self.work.enqueue(&outgoing).await?;
        Ok(())
    }

    /// Sets a timer of this line: another one with the same kind and id is replaced.
    ///
    /// # Errors
    /// What the database says.
    pub async fn set_timer(
        &self,
        kind: &str,
        id: String,
        ticket: Option<TicketId>,
        due: Timestamp,
        payload: serde_json::Value,
    ) -> Result<(), Refused> {
        let organization = self.organization().clone();
        Ok(self.work.set_timer(&Timer { organization, kind: kind.to_owned(), id, ticket, due, payload }).await?)
    }

    /// When a ticket that stands in a person's queue here must be looked at.
    #[must_use]
    pub fn queue_wake(&self, ticket: &Ticket) -> Wake {
        self.queue_wake_of(&ticket.facts)
    }

    /// The same, for a ticket that is only being made.
    #[must_use]
    pub fn queue_wake_of(&self, facts: &Facts) -> Wake {
        let at = self.plan.queue_due(self.line, facts.priority, facts.category.as_deref(), self.now);
        Wake { at, reason: WakeReason::QueueDeadline }
    }

    /// A wake-up after `delay`.
    #[must_use]
    pub fn wake_in(&self, delay: jiff::SignedDuration, reason: WakeReason) -> Wake {
        Wake { at: self.now.saturating_add(delay).unwrap_or(Timestamp::MAX), reason }
    }
}

fn not_put(ticket: &Ticket, error: StoreError) -> Refused {
    match error {
        StoreError::Conflict { .. } => Refused::ConcurrentChange(ticket.facts.id),
        error => error.into(),
    }
}

/// What a message is about; those about the same thing to the same receiver arrive in the order of sending.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About<'a> {
    /// A ticket.
    Ticket(TicketId),
    /// Something else, by its id.
    Other(&'a str),
}

/// The most events that a refused caller is told of.
const CHANGES_MAX: u32 = 20;

/// The most bytes of them: they travel in a header.
const CHANGES_BYTES_MAX: usize = 480;

/// Fails when the ticket is no longer at the version that the caller saw, and tells what changed since.
pub(crate) async fn unchanged(change: &Change<'_>, id: TicketId, seen: u64) -> Result<(), Refused> {
    let (_, present) = change.ticket(id).await?;
    if present.number() == seen {
        return Ok(());
    }
    let since = change.work.events_since(change.organization(), id, seen, CHANGES_MAX).await?;
    let mut changes: Vec<String> = Vec::new();
    for event in &since {
        let told = crate::wire::record::to_event(event, String::new());
        let at = event.at.to_string();
        let one = serde_json::json!({ "at": at, "actor": told.actor, "what": told.what, "summary": told.summary });
        let one = one.to_string();
        if changes.iter().map(String::len).sum::<usize>() + changes.len() + one.len() > CHANGES_BYTES_MAX {
            break;
        }
        changes.push(one);
    }
    let changes = format!("[{}]", changes.join(","));
    Err(Refused::ChangedMeanwhile { ticket: id, expected: seen, present: present.number(), changes })
}

pub(crate) fn corrupt(why: String) -> Refused {
    Refused::Store(StoreError::Corrupt { what: "a message of the outbox".to_owned(), why })
}
