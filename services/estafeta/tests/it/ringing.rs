//! A process that is killed again and again while its timers ring.

use std::path::Path;

use futures::StreamExt;
use jiff::SignedDuration;
use proto::line1::{RegisterRequest, service_desk_service_client::ServiceDeskServiceClient};
use proto::queue::change_many_request::{Action, HoldEach};
use proto::queue::{ChangeManyRequest, queue_service_client::QueueServiceClient};
use proto::ticket::{
    Channel, GetJourneyRequest, Language, WatchTicketRequest, ticket_service_client::TicketServiceClient,
};
use rpc::Role;
use store::testing::TestDatabase;
use ticket::{Clock, SystemClock};

use crate::scene::{Serving, at, desk_agent, err, out, ran, text};

/// Groups of tickets whose holds end together, how many each has, and how far the groups are apart.
const GROUPS: usize = 2;
const EACH: usize = 50;
const APART: SignedDuration = SignedDuration::from_millis(300);

/// What a ticket says when its hold has ended.
const ENDED: &str = "goes on with it";

/// Waits until the timeline of `ticket` says that its hold has ended.
async fn until_ended(address: &str, data: &Path, ticket: &str) {
    let mut tickets = TicketServiceClient::new(at(address, data, Role::Supervisor));
    let request = WatchTicketRequest { ticket_id: ticket.to_owned(), resume_token: String::new() };
    let mut events = tickets.watch_ticket(request).await.expect("the ticket can be watched").into_inner();
    while let Some(event) = events.message().await.expect("the stream goes on") {
        if event.event.expect("each has an event").summary.contains(ENDED) {
            return;
        }
    }
    panic!("the stream of events ended before the hold of {ticket} did");
}

#[tokio::test]
async fn a_process_killed_while_it_rings_rings_each_timer_once() {
    ring_and_kill(&[]).await;
}

#[tokio::test]
async fn a_process_on_postgresql_killed_while_it_rings_rings_each_timer_once() {
    if let Some(database) = TestDatabase::postgres() {
        ring_and_kill(&["--database".into(), format!("line1={}", database.url())]).await;
    }
}

/// Line 1 in a process of its own over this database, or over a file in its data directory.
#[expect(clippy::unwrap_used, reason = "the body of two tests")]
async fn ring_and_kill(database: &[String]) {
    let dir = tempfile::tempdir().unwrap();
    let (data, plan) = (dir.path(), dir.path().join("plan.toml"));
    std::fs::write(&plan, plan::DEMO).unwrap();
    let start = || Serving::start("line1", data, &plan, database);
    let mut line1 = start();

    let desk = ServiceDeskServiceClient::new(at(&line1.address, data, desk_agent()));
    let registered = futures::stream::iter(0..GROUPS * EACH).map(|number| {
        let mut desk = desk.clone();
        async move {
            let request = RegisterRequest {
                request_id: format!("r-{number}"),
                client: format!("client-{number}"),
                text: format!("Не печатает принтер номер {number}"),
                channel: Channel::Phone as i32,
                language: Language::Russian as i32,
                ..RegisterRequest::default()
            };
            desk.register(request).await.unwrap().into_inner().ticket.unwrap().facts.unwrap().ticket_id
        }
    });
    let tickets: Vec<String> = registered.buffered(16).collect().await;

    let mut queue = QueueServiceClient::new(at(&line1.address, data, Role::Supervisor));
    let mut until = SystemClock.now() + SignedDuration::from_secs(2);
    for (number, group) in tickets.chunks(EACH).enumerate() {
        let nanos = until.subsec_nanosecond();
        let hold = HoldEach {
            reason: "vendor".into(),
            until: Some(prost_types::Timestamp { seconds: until.as_second(), nanos }),
            note: String::new(),
        };
        let request = ChangeManyRequest {
            request_id: format!("h-{number}"),
            ticket_ids: group.to_vec(),
            action: Some(Action::Hold(hold)),
        };
        let results = queue.change_many(request).await.unwrap().into_inner().results;
        assert!(results.iter().all(|result| result.reason.is_empty()), "{results:?}");
        until += APART;
    }

    // Killed as soon as the first of a group has rung, while the others of it are due.
    for group in tickets.chunks(EACH) {
        until_ended(&line1.address, data, &group[0]).await;
        drop(line1);
        line1 = start();
    }
    let mut journeys = TicketServiceClient::new(at(&line1.address, data, Role::Supervisor));
    for ticket in tickets {
        until_ended(&line1.address, data, &ticket).await;
        let journey = journeys.get_journey(GetJourneyRequest { ticket_id: ticket }).await.unwrap().into_inner();
        assert_eq!(journey.events.iter().filter(|event| event.summary.contains(ENDED)).count(), 1);
    }
    let mut audit = vec!["audit", "--data", text(data)];
    audit.extend(database.iter().map(String::as_str));
    let audited = ran(&audit);
    assert!(audited.status.success(), "{}{}", out(&audited), err(&audited));
    assert!(line1.terminate(), "line 1 did not end well");
}
