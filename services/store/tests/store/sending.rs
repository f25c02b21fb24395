//! The outbox: order, leases, dead letters.

use std::collections::BTreeSet;

use store::testing::TestDatabase;
use store::{Claimed, Store, StoreError};

use crate::fixture::{acme, at, enqueue, message, on_each, organization, put, replay, ticket};

fn steps(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|claimed| std::str::from_utf8(&claimed.message.payload).expect("text")).collect()
}

async fn deliver(store: &Store, claimed: &[Claimed]) {
    for Claimed { message, .. } in claimed {
        let id = message.id;
        let done: Result<(), StoreError> =
            store.write(move |work| Box::pin(async move { work.delivered(id).await })).await;
        done.expect("the receipt is recorded");
    }
}

#[tokio::test]
async fn a_message_is_sent_once_whoever_enqueues_it_again() {
    on_each(|store| async move {
        let message = message(&ticket("one", 0), "a", Some("one"));
        enqueue(&store, &message).await.unwrap();
        enqueue(&store, &message).await.unwrap();
        let claimed = store.claim(at(1), at(30), 10).await.unwrap();
        assert_eq!(claimed, [Claimed { message, attempts: 1 }]);
        deliver(&store, &claimed).await;
        assert!(store.claim(at(100), at(130), 10).await.unwrap().is_empty());
        assert_eq!(store.next_due().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn messages_of_one_key_are_claimed_one_after_the_other() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        for (step, key) in [("a1", Some("a")), ("a2", Some("a")), ("b1", Some("b")), ("free1", None), ("free2", None)] {
            enqueue(&store, &message(&one, step, key)).await.unwrap();
        }
        let first = store.claim(at(1), at(30), 10).await.unwrap();
        assert_eq!(steps(&first), ["a1", "b1", "free1", "free2"]);
        assert!(store.claim(at(2), at(30), 10).await.unwrap().is_empty(), "a2 waits for a1");
        assert_eq!(store.next_due().await.unwrap(), Some(at(30)), "nothing can be claimed before the leases end");
        let a2 = message(&one, "a2", Some("a"));
        assert_eq!(store.claim_toward(a2.id, at(2), at(30)).await.unwrap(), None);

        deliver(&store, &first[..1]).await;
        assert_eq!(store.next_due().await.unwrap(), Some(at(0)));
        assert_eq!(steps(&store.claim(at(2), at(30), 10).await.unwrap()), ["a2"]);
    })
    .await;
}

#[tokio::test]
async fn a_lease_ends_by_time_or_by_postponing() {
    on_each(|store| async move {
        let message = message(&ticket("one", 0), "a", None);
        enqueue(&store, &message).await.unwrap();
        assert!(store.claim_toward(message.id, at(0), at(30)).await.unwrap().is_some());
        assert!(store.claim(at(29), at(60), 10).await.unwrap().is_empty());
        let again = store.claim(at(30), at(60), 10).await.unwrap();
        assert_eq!(again[0].attempts, 2);

        store.postpone(message.id, at(45), "line 2 is down").await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(45)));
        assert!(store.claim(at(44), at(60), 10).await.unwrap().is_empty());
        assert_eq!(store.claim(at(45), at(60), 10).await.unwrap()[0].attempts, 3);
    })
    .await;
}

#[tokio::test]
async fn the_longest_due_go_first_and_no_more_than_asked_for() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        for (step, due) in [("late", 9), ("early", 1), ("middle", 5), ("not-yet", 50)] {
            let mut message = message(&one, step, None);
            message.due = at(due);
            enqueue(&store, &message).await.unwrap();
        }
        assert_eq!(steps(&store.claim(at(10), at(30), 2).await.unwrap()), ["early", "middle"]);
        assert_eq!(steps(&store.claim(at(10), at(30), 2).await.unwrap()), ["late"]);
    })
    .await;
}

#[tokio::test]
async fn a_dead_letter_is_seen_by_its_organization_holds_up_nothing_and_can_be_replayed() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        let (first, second) = (message(&one, "a1", Some("a")), message(&one, "a2", Some("a")));
        enqueue(&store, &first).await.unwrap();
        enqueue(&store, &second).await.unwrap();
        store.claim(at(1), at(30), 10).await.unwrap();
        store.dead(first.id, "the vendor does not know the case").await.unwrap();
        assert_eq!(steps(&store.claim(at(2), at(30), 10).await.unwrap()), ["a2"]);

        let dead = store.dead_letters(&acme(), None, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!((&dead[0].message, dead[0].attempts), (&first, 1));
        assert_eq!(dead[0].error, "the vendor does not know the case");
        assert!(store.dead_letters(&acme(), Some(dead[0].number), 10).await.unwrap().is_empty());
        let other = organization("umbrella");
        assert!(store.dead_letters(&other, None, 10).await.unwrap().is_empty());
        assert!(!replay(&store, &other, first.id, at(40)).await.unwrap());
        let figures = store.figures(Some(&acme())).await.unwrap();
        assert_eq!((figures.outbox_pending, figures.outbox_dead, figures.outbox_oldest), (1, 1, Some(at(0))));

        assert!(replay(&store, &acme(), first.id, at(40)).await.unwrap());
        assert!(!replay(&store, &acme(), first.id, at(40)).await.unwrap(), "it is not dead any more");
        assert_eq!(steps(&store.claim(at(40), at(60), 10).await.unwrap()), ["a1"]);
    })
    .await;
}

#[tokio::test]
async fn a_message_is_written_with_its_cause_or_not_at_all() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        put(&store, &one, None).await.unwrap();
        let (copy, offer) = (one.clone(), message(&one, "offer", None));
        let written: Result<(), StoreError> = store
            .write(move |work| {
                Box::pin(async move {
                    work.enqueue(&offer).await?;
                    work.put(&copy, None).await.map(|_| ())
                })
            })
            .await;
        assert!(matches!(written, Err(StoreError::AlreadyExists { .. })));
        assert!(store.claim(at(1), at(30), 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_replicas_never_claim_the_same_message_or_wake_up() {
    for database in TestDatabase::all() {
        let replicas = [database.open().await.unwrap(), database.open().await.unwrap()];
        let tickets: Vec<_> = (0..60).map(|number| ticket(&format!("t{number}"), 0)).collect();
        for ticket in &tickets {
            put(&replicas[0], ticket, None).await.unwrap();
            enqueue(&replicas[0], &message(ticket, "a", None)).await.unwrap();
        }
        let claims = replicas.iter().flat_map(|store| std::iter::repeat_n(store, 4)).map(|store| async move {
            let (mut messages, mut wakes) = (Vec::new(), Vec::new());
            loop {
                let claimed = store.claim(at(1), at(1000), 3).await.unwrap();
                let woken = store.claim_wakes(at(100), at(1000), 3).await.unwrap();
                if claimed.is_empty() && woken.is_empty() {
                    return (messages, wakes);
                }
                messages.extend(claimed.into_iter().map(|claimed| claimed.message.id));
                wakes.extend(woken.into_iter().map(|(_, ticket)| ticket));
            }
        });
        let (messages, wakes): (Vec<_>, Vec<_>) = futures::future::join_all(claims).await.into_iter().unzip();
        let (messages, wakes) = (messages.concat(), wakes.concat());
        assert_eq!((messages.len(), wakes.len()), (60, 60), "each was claimed");
        assert_eq!(messages.iter().collect::<BTreeSet<_>>().len(), 60, "by one");
        assert_eq!(wakes.iter().collect::<BTreeSet<_>>().len(), 60, "by one");
        for store in replicas {
            store.close().await.unwrap();
        }
    }
}
