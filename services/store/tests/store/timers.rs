//! Timers, and documents by other keys than their ids.

use serde_json::json;
use store::{Store, StoreError, Timer};

use crate::fixture::{acme, at, on_each, organization};

fn timer(kind: &str, id: &str, due: i64) -> Timer {
    Timer {
        organization: acme(),
        kind: kind.to_owned(),
        id: id.to_owned(),
        ticket: None,
        due: at(due),
        payload: json!({ "step": id }),
    }
}

async fn set(store: &Store, timer: Timer) {
    let done: Result<(), StoreError> =
        store.write(move |work| Box::pin(async move { work.set_timer(&timer).await })).await;
    done.expect("a timer can be set");
}

#[tokio::test]
async fn a_timer_is_claimed_by_one_and_comes_again_unless_it_was_taken_away() {
    on_each(|store| async move {
        set(&store, timer("visit", "one", 10)).await;
        set(&store, timer("visit", "two", 20)).await;
        set(&store, timer("review", "one", 30)).await;
        assert_eq!(store.next_timer().await.unwrap(), Some(at(10)));
        assert!(store.claim_timers(at(9), at(40), 10).await.unwrap().is_empty());
        assert_eq!(store.claim_timers(at(21), at(60), 1).await.unwrap(), [timer("visit", "one", 10)]);
        assert_eq!(store.claim_timers(at(21), at(60), 10).await.unwrap(), [timer("visit", "two", 20)]);
        assert_eq!(store.next_timer().await.unwrap(), Some(at(30)), "what is leased is not due");

        set(&store, timer("visit", "one", 25)).await;
        assert_eq!(store.next_timer().await.unwrap(), Some(at(25)), "set anew it has no lease");
        let gone: Result<bool, StoreError> =
            store.write(|work| Box::pin(async move { work.clear_timer(&acme(), "visit", "one").await })).await;
        assert!(gone.unwrap());
        let due = store.claim_timers(at(61), at(90), 10).await.unwrap();
        assert_eq!(due.iter().map(|timer| timer.id.as_str()).collect::<Vec<_>>(), ["two", "one"]);
    })
    .await;
}

#[tokio::test]
async fn a_timer_that_could_not_be_rung_is_given_back_by_whoever_has_the_lease() {
    on_each(|store| async move {
        let visit = timer("visit", "one", 10);
        set(&store, visit.clone()).await;
        store.claim_timers(at(10), at(40), 10).await.unwrap();
        store.release_timer(&visit, at(39), at(12)).await.unwrap();
        assert!(store.claim_timers(at(30), at(60), 10).await.unwrap().is_empty(), "it is another's lease");
        store.release_timer(&visit, at(40), at(12)).await.unwrap();
        assert_eq!(store.next_timer().await.unwrap(), Some(at(12)));
        assert_eq!(
            store.claim_timers(at(12), at(42), 10).await.unwrap(),
            std::slice::from_ref(&visit),
            "due when it was"
        );

        set(&store, timer("visit", "one", 50)).await;
        store.release_timer(&visit, at(42), at(13)).await.unwrap();
        assert_eq!(store.next_timer().await.unwrap(), Some(at(50)), "set anew meanwhile");
    })
    .await;
}

#[tokio::test]
async fn documents_are_found_by_their_keys_in_the_order_of_values() {
    on_each(|store| async move {
        let written: Result<(), StoreError> = store
            .write(|work| {
                Box::pin(async move {
                    for (id, day, who) in [("a", "2026-03", "olga"), ("b", "2026-01", "olga"), ("c", "2026-02", "ivan")]
                    {
                        work.put_document(&acme(), "visit", id, &day, None).await?;
                        let keys = [("day", day.to_owned()), ("who", who.to_owned())];
                        work.put_keys(&acme(), "visit", id, &keys).await?;
                    }
                    Ok(())
                })
            })
            .await;
        written.unwrap();
        let of_olga = store.documents_by::<String>(&acme(), "visit", "who", "olga", None, 10).await.unwrap();
        assert_eq!(of_olga.iter().map(|(id, ..)| id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let next = store.documents_by::<String>(&acme(), "visit", "who", "olga", Some("a"), 10).await.unwrap();
        assert_eq!(next.len(), 1);
        let days = ("2026-01", "2026-03");
        let within = store.documents_between::<String>(&acme(), "visit", "day", days, None, 10).await.unwrap();
        assert_eq!(within.iter().map(|(_, id, ..)| id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        let after = Some(("2026-01", "b"));
        let rest = store.documents_between::<String>(&acme(), "visit", "day", days, after, 10).await.unwrap();
        assert_eq!(rest.iter().map(|(_, id, ..)| id.as_str()).collect::<Vec<_>>(), ["c"]);
        let elsewhere = organization("globex");
        assert!(store.documents_by::<String>(&elsewhere, "visit", "who", "olga", None, 10).await.unwrap().is_empty());

        let changed: Result<(), StoreError> = store
            .write(|work| {
                Box::pin(async move {
                    work.put_keys(&acme(), "visit", "a", &[("who", "ivan".to_owned())]).await?;
                    work.delete_document(&acme(), "visit", "c").await.map(|_| ())
                })
            })
            .await;
        changed.unwrap();
        let of_ivan = store.documents_by::<String>(&acme(), "visit", "who", "ivan", None, 10).await.unwrap();
        assert_eq!(of_ivan.iter().map(|(id, ..)| id.as_str()).collect::<Vec<_>>(), ["a"]);
        assert!(store.documents_between::<String>(&acme(), "visit", "day", days, after, 10).await.unwrap().is_empty());
    })
    .await;
}
