//! The log: order, resumption, and PostgreSQL's late commits.

use std::time::Duration;

use store::testing::TestDatabase;
use store::{Position, Store, StoreError};
use ticket::{Event, OrganizationId, Ticket};
use tokio::sync::oneshot;

use crate::fixture::{acme, event, on_each, organization, put, texts, ticket, ticket_of};

async fn append(store: &Store, ticket: &Ticket, text: &str) {
    let event = event(ticket, text);
    let done: Result<(), StoreError> =
        store.write(move |work| Box::pin(async move { work.append(&event).await })).await;
    done.expect("the event is appended");
}

/// The feed behind `after` once it has `count` events: on PostgreSQL it waits for transactions of other tests as well.
async fn feed(
    store: &Store,
    organization: Option<&OrganizationId>,
    after: Position,
    count: usize,
) -> Vec<(Position, Event)> {
    let wait = async {
        loop {
            let seen = store.feed(organization, after, 10).await.expect("the feed is read");
            if seen.len() >= count {
                return seen;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the events come")
}

#[tokio::test]
async fn a_tickets_events_are_read_in_order_and_from_where_one_stopped() {
    on_each(|store| async move {
        let (one, two) = (ticket("one", 0), ticket("two", 0));
        for (ticket, text) in [(&one, "a"), (&two, "x"), (&one, "b"), (&one, "c")] {
            append(&store, ticket, text).await;
        }
        let first = store.events(&acme(), one.facts.id, None, 2).await.unwrap();
        assert_eq!(texts(&first), ["a", "b"]);
        let token = first[1].0.to_string();
        let rest = store.events(&acme(), one.facts.id, Some(token.parse().unwrap()), 10).await.unwrap();
        assert_eq!(texts(&rest), ["c"]);
        assert!(store.events(&organization("umbrella"), one.facts.id, None, 10).await.unwrap().is_empty());
        assert!(matches!("12".parse::<Position>(), Err(StoreError::BadToken)));
    })
    .await;
}

#[tokio::test]
async fn the_feed_has_every_ticket_of_one_organization_or_of_all() {
    on_each(|store| async move {
        let (ours, theirs) = (ticket("ours", 0), ticket_of(&organization("umbrella"), "theirs", 0));
        append(&store, &ours, "a").await;
        append(&store, &theirs, "x").await;
        feed(&store, None, Position::START, 2).await;
        let end = store.feed_end(None).await.unwrap();
        append(&store, &ours, "b").await;
        assert_eq!(texts(&feed(&store, None, Position::START, 3).await), ["a", "x", "b"]);
        assert_eq!(texts(&feed(&store, Some(&acme()), Position::START, 2).await), ["a", "b"]);
        assert_eq!(texts(&feed(&store, None, end, 1).await), ["b"]);
        assert_eq!(texts(&store.feed(None, Position::START, 1).await.unwrap()), ["a"]);
    })
    .await;
}

/// A job that has appended and waits before it commits.
async fn append_slowly(
    store: &Store,
    ticket: &Ticket,
    text: &str,
) -> (oneshot::Sender<()>, tokio::task::JoinHandle<Result<(), StoreError>>) {
    let (go, gone) = oneshot::channel::<()>();
    let (appended, has_appended) = oneshot::channel();
    let (store, event) = (store.clone(), event(ticket, text));
    let job = tokio::spawn(async move {
        let job = store.write(move |work| {
            Box::pin(async move {
                work.append(&event).await?;
                let _ = appended.send(());
                let _ = gone.await;
                Ok(())
            })
        });
        job.await
    });
    has_appended.await.expect("the job runs");
    (go, job)
}

#[tokio::test]
async fn on_postgresql_a_late_commit_with_an_early_number_is_not_skipped() {
    let Some(database) = TestDatabase::postgres() else { return };
    let store = database.open().await.unwrap();
    let (one, two) = (ticket("one", 0), ticket("two", 0));
    let (go, slow) = append_slowly(&store, &one, "early number, late commit").await;
    append(&store, &two, "late number, early commit").await;

    // The later number is committed; a reader that took it now would never see the earlier one.
    let quick = store.events(&acme(), two.facts.id, None, 10).await.unwrap();
    assert_eq!(texts(&quick), ["late number, early commit"], "it is committed, and its writer sees it");
    let seen = store.feed(None, Position::START, 10).await.unwrap();
    assert!(seen.is_empty(), "{seen:?}");
    assert_eq!(store.feed_end(None).await.unwrap(), Position::START);

    go.send(()).unwrap();
    slow.await.unwrap().unwrap();
    let seen = feed(&store, None, Position::START, 2).await;
    assert_eq!(texts(&seen), ["early number, late commit", "late number, early commit"]);
    assert!(seen.is_sorted_by(|a, b| a.0 < b.0));
    store.close().await.unwrap();
}

/// Fails when nobody does within ten seconds.
const UNTIL_SOMEBODY_WAITS_FOR_A_TICKET: &str = "DO $$ BEGIN FOR try IN 1..1000 LOOP \
     IF EXISTS (SELECT FROM pg_locks waits JOIN pg_locks uses ON uses.pid = waits.pid \
     WHERE NOT waits.granted AND uses.relation = 'ticket'::regclass) \
     THEN RETURN; END IF; PERFORM pg_sleep(0.01); END LOOP; RAISE 'nobody waits'; END $$";

#[tokio::test]
async fn writers_of_one_ticket_append_in_the_order_in_which_they_commit() {
    let Some(database) = TestDatabase::postgres() else { return };
    let store = database.open().await.unwrap();
    let one = ticket("one", 0);
    put(&store, &one, None).await.unwrap();
    let (go, slow) = append_slowly(&store, &one, "first").await;
    let (other, copy) = (store.clone(), one.clone());
    let second = tokio::spawn(async move { append(&other, &copy, "second").await });
    database.tamper(UNTIL_SOMEBODY_WAITS_FOR_A_TICKET).await;
    go.send(()).unwrap();
    slow.await.unwrap().unwrap();
    second.await.unwrap();
    assert_eq!(texts(&store.events(&acme(), one.facts.id, None, 10).await.unwrap()), ["first", "second"]);
    store.close().await.unwrap();
}

#[tokio::test]
async fn events_of_a_restored_dump_are_not_hidden_by_their_old_transaction_numbers() {
    let Some(database) = TestDatabase::postgres() else { return };
    let store = database.open().await.unwrap();
    append(&store, &ticket("one", 0), "a").await;
    store.close().await.unwrap();
    database.tamper("UPDATE event SET xid = 9000000000000000000").await;
    let store = database.open().await.unwrap();
    append(&store, &ticket("one", 0), "b").await;
    assert_eq!(texts(&feed(&store, None, Position::START, 2).await), ["a", "b"]);
    store.close().await.unwrap();
}
