//! Tickets and messages to try the store with.

use jiff::{SignedDuration, Timestamp};
use store::testing::TestDatabase;
use store::{Outgoing, RequestKey, Store, StoreError, Version};
use ticket::{
    Actor, Epoch, Event, EventBody, Facts, Impact, Kind, Language, Line, MessageId, Mood, OrganizationId, Priority,
    RequestId, Ticket, TicketId, Urgency, Wake, WakeReason,
};

/// The same body on every kind of database that there is here.
pub(crate) async fn on_each<F: Future<Output = ()>>(test: impl Fn(Store) -> F) {
    for database in TestDatabase::all() {
        let store = database.open().await.expect("a new database opens");
        test(store.clone()).await;
        store.close().await.expect("the store closes");
    }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000).expect("an instant") + SignedDuration::from_secs(seconds)
}

pub(crate) fn organization(name: &str) -> OrganizationId {
    name.parse().expect("an organization")
}

pub(crate) fn acme() -> OrganizationId {
    organization("acme")
}

pub(crate) fn request(name: &str) -> RequestId {
    name.parse().expect("a request id")
}

/// A ticket of acme opened `seconds` after the beginning of time, which wakes a minute later.
pub(crate) fn ticket(name: &str, seconds: i64) -> Ticket {
    ticket_of(&acme(), name, seconds)
}

pub(crate) fn ticket_of(organization: &OrganizationId, name: &str, seconds: i64) -> Ticket {
    let facts = Facts {
        id: TicketId::of_request(organization, Line::ServiceDesk, "anna", &request(name), at(seconds)),
        organization: organization.clone(),
        number: None,
        kind: Kind::Incident,
        subject: name.to_owned(),
        text: "Не работает VPN".to_owned(),
        language: Language::Russian,
        client: format!("client of {name}"),
        impact: Impact::Low,
        urgency: Urgency::Low,
        priority: Priority::Low,
        raises: Vec::new(),
        mood: Mood::Neutral,
        category: None,
        product: None,
        environment: None,
        opened_at: at(seconds),
        trace: String::new(),
    };
    Ticket::register(facts, Line::ServiceDesk, wake(seconds + 60), at(seconds))
}

pub(crate) fn wake(seconds: i64) -> Wake {
    Wake { at: at(seconds), reason: WakeReason::QueueDeadline }
}

pub(crate) async fn put(store: &Store, ticket: &Ticket, read: Option<Version>) -> Result<Version, StoreError> {
    let ticket = ticket.clone();
    store.write(move |work| Box::pin(async move { work.put(&ticket, read).await })).await
}

pub(crate) async fn enqueue(store: &Store, message: &Outgoing) -> Result<(), StoreError> {
    let message = message.clone();
    store.write(move |work| Box::pin(async move { work.enqueue(&message).await })).await
}

/// Tries a dead letter of `organization` again from `due` on; whether there was one.
pub(crate) async fn replay(
    store: &Store,
    organization: &OrganizationId,
    id: MessageId,
    due: Timestamp,
) -> Result<bool, StoreError> {
    let organization = organization.clone();
    store.write(move |work| Box::pin(async move { work.replay(&organization, id, due).await })).await
}

/// A message of acme's ticket `name`, due at the beginning of time.
pub(crate) fn message(ticket: &Ticket, step: &str, order_key: Option<&str>) -> Outgoing {
    Outgoing {
        id: MessageId::of_step(ticket.facts.id, "progress", step),
        organization: ticket.facts.organization.clone(),
        ticket: Some(ticket.facts.id),
        handover: None,
        to: "technical".to_owned(),
        order_key: order_key.map(str::to_owned),
        kind: "progress".to_owned(),
        payload: step.as_bytes().to_vec(),
        trace: "00-00000000000000000000000000000001-0000000000000001-01".to_owned(),
        due: at(0),
    }
}

pub(crate) fn event(ticket: &Ticket, text: &str) -> Event {
    Event {
        organization: ticket.facts.organization.clone(),
        ticket: ticket.facts.id,
        line: ticket.line,
        epoch: Epoch::FIRST,
        at: at(0),
        actor: Actor::Client,
        trace_id: String::new(),
        body: EventBody::ClientWrote { text: text.to_owned() },
    }
}

/// What the events say.
pub(crate) fn texts<P>(events: &[(P, Event)]) -> Vec<&str> {
    events
        .iter()
        .map(|(_, event)| match &event.body {
            EventBody::ClientWrote { text } => text.as_str(),
            other => panic!("no such event was written: {other:?}"),
        })
        .collect()
}

/// A request of `caller`.
pub(crate) fn key(caller: &str) -> RequestKey {
    RequestKey {
        organization: acme(),
        caller: caller.to_owned(),
        method: "/estafeta.line1.v1.ServiceDesk/Register".to_owned(),
        request_id: request("r1"),
    }
}
