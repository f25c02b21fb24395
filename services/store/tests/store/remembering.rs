//! Answers that repeat, other names, numbers and documents.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use store::{Remembered, RequestKey, Store, StoreError};
use ticket::MessageId;

use crate::fixture::{acme, at, key, on_each, organization, ticket};

fn remembered(answer: &str) -> Remembered {
    Remembered { fingerprint: b"print".to_vec(), answer: answer.into() }
}

async fn remember(store: &Store, key: RequestKey, answer: &str) -> Result<(), StoreError> {
    let answer = answer.into();
    store.write(move |work| Box::pin(async move { work.remember_request(&key, b"print", answer, at(0)).await })).await
}

#[tokio::test]
async fn a_repeated_request_finds_the_first_answer_and_that_of_nobody_else() {
    on_each(|store| async move {
        assert_eq!(store.answer_of(&key("anna")).await.unwrap(), None);
        remember(&store, key("anna"), "pending").await.unwrap();
        assert!(matches!(remember(&store, key("anna"), "else").await, Err(StoreError::Refused(_))));
        assert_eq!(store.answer_of(&key("anna")).await.unwrap(), Some(remembered("pending")));
        assert_eq!(store.answer_of(&key("boris")).await.unwrap(), None);
        let elsewhere = RequestKey { organization: organization("umbrella"), ..key("anna") };
        assert_eq!(store.answer_of(&elsewhere).await.unwrap(), None);

        let amend = |key: RequestKey| {
            store.write(move |work| Box::pin(async move { work.amend_request(&key, b"accepted".to_vec()).await }))
        };
        let amended: Result<(), StoreError> = amend(key("anna")).await;
        amended.unwrap();
        let missing: Result<(), StoreError> = amend(key("boris")).await;
        assert!(matches!(missing, Err(StoreError::Missing { .. })));
        assert_eq!(store.answer_of(&key("anna")).await.unwrap(), Some(remembered("accepted")));
    })
    .await;
}

#[tokio::test]
async fn documents_are_read_along_with_a_request_and_anew_once_they_were_written() {
    on_each(|store| async move {
        let put = store.write(|work| {
            Box::pin(async move {
                work.remember_request(&key("anna"), b"print", b"yes".to_vec(), at(0)).await?;
                work.put_document(&acme(), "board", "one", &1, None).await?;
                work.put_document(&organization("umbrella"), "board", "two", &9, None).await
            })
        });
        let put: Result<_, StoreError> = put.await;
        put.unwrap();
        let job = store.write(|work| {
            Box::pin(async move {
                let along = [("board", "one"), ("board", "two")];
                assert_eq!(work.request(&key("anna"), &along).await?, Some(remembered("yes")));
                assert_eq!(work.request(&key("boris"), &along).await?, None);
                let one = work.peek::<u32>(&acme(), "board", "one").await?.expect("it is there");
                assert_eq!((one.0, one.1.number()), (1, 1));
                assert_eq!(work.peek::<u32>(&acme(), "board", "two").await?, None, "that is another organization's");
                work.put_document(&acme(), "board", "one", &2, Some(one.1)).await?;
                work.put_document(&acme(), "board", "two", &3, None).await?;
                let (one, two) = (work.peek(&acme(), "board", "one").await?, work.peek(&acme(), "board", "two").await?);
                assert_eq!([one, two].map(|found| found.map(|(value, _)| value)), [Some(2), Some(3)]);
                work.delete_document(&acme(), "board", "one").await?;
                assert_eq!(work.peek::<u32>(&acme(), "board", "one").await?, None);
                Ok(())
            })
        });
        let done: Result<(), StoreError> = job.await;
        done.unwrap();
    })
    .await;
}

#[tokio::test]
async fn repeats_that_run_at_the_same_time_do_the_work_once() {
    on_each(|store| async move {
        let times = Arc::new(AtomicU32::new(0));
        let jobs = (0..10).map(|_| {
            let times = Arc::clone(&times);
            store.write(move |work| {
                Box::pin(async move {
                    let key = key("anna");
                    if let Some(known) = work.request(&key, &[]).await? {
                        return Ok(known.answer);
                    }
                    let answer = vec![times.fetch_add(1, Ordering::Relaxed) as u8];
                    work.remember_request(&key, b"print", answer.clone(), at(0)).await?;
                    Ok::<_, StoreError>(answer)
                })
            })
        });
        for answer in futures::future::join_all(jobs).await {
            assert_eq!(answer.unwrap(), [0]);
        }
        assert_eq!(times.load(Ordering::Relaxed), 1);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_message_finds_the_first_answer() {
    on_each(|store| async move {
        let id = MessageId::of_step(ticket("one", 0).facts.id, "progress", "a");
        let receive = |answer: &'static [u8]| {
            store.write(move |work| {
                Box::pin(async move {
                    if let Some(known) = work.inbox_answer(&acme(), id).await? {
                        return Ok(known.answer);
                    }
                    work.remember_inbox(&acme(), id, None, b"print", answer.to_vec()).await?;
                    Ok::<_, StoreError>(answer.to_vec())
                })
            })
        };
        assert_eq!(receive(b"first").await.unwrap(), b"first");
        assert_eq!(receive(b"second").await.unwrap(), b"first");
    })
    .await;
}

#[tokio::test]
async fn another_name_belongs_to_one_ticket_of_its_organization() {
    on_each(|store| async move {
        let (one, two) = (ticket("one", 0).facts.id, ticket("two", 0).facts.id);
        let name = |ticket| {
            store.write(move |work| Box::pin(async move { work.alias(&acme(), "number", "INC-1", ticket).await }))
        };
        let named: Result<(), StoreError> = name(one).await;
        named.unwrap();
        let again: Result<(), StoreError> = name(one).await;
        again.unwrap();
        let taken: Result<(), StoreError> = name(two).await;
        assert!(matches!(taken, Err(StoreError::AlreadyExists { what }) if what == "number `INC-1`"));
        assert_eq!(store.by_alias(&acme(), "number", "INC-1").await.unwrap(), Some(one));
        assert_eq!(store.by_alias(&organization("umbrella"), "number", "INC-1").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn numbers_have_no_gaps_and_no_repeats_even_when_jobs_fail() {
    on_each(|store| async move {
        let jobs = (0..20).map(|number| {
            store.write(move |work| {
                Box::pin(async move {
                    let next = work.next_number(&acme(), "tickets").await?;
                    if number % 4 == 3 { Err(StoreError::BadToken) } else { Ok(next) }
                })
            })
        });
        let mut numbers: Vec<u64> = futures::future::join_all(jobs).await.into_iter().flatten().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=15).collect::<Vec<u64>>());
        let elsewhere: Result<u64, StoreError> =
            store.write(|work| Box::pin(async { work.next_number(&organization("umbrella"), "tickets").await })).await;
        assert_eq!(elsewhere.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn documents_have_versions_and_are_listed_by_id() {
    on_each(|store| async move {
        let put = |id: &'static str, text: &'static str, read| {
            store.write(move |work| {
                Box::pin(async move { work.put_document(&acme(), "article", id, &text, read).await })
            })
        };
        let first: Result<_, StoreError> = put("b", "about b", None).await;
        let first = first.unwrap();
        let again: Result<_, StoreError> = put("b", "else", None).await;
        assert!(matches!(again, Err(StoreError::AlreadyExists { .. })));
        let second: Result<_, StoreError> = put("b", "more about b", Some(first)).await;
        let late: Result<_, StoreError> = put("b", "too late", Some(first)).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })));
        let read: Option<(String, _)> = store.document(&acme(), "article", "b").await.unwrap();
        assert_eq!(read, Some(("more about b".to_owned(), second.unwrap())));

        for id in ["c", "a"] {
            let written: Result<_, StoreError> = put(id, "x", None).await;
            written.unwrap();
        }
        let ids = async |after| -> Vec<String> {
            let page: Vec<(String, String, _)> = store.documents(&acme(), "article", after, 2).await.unwrap();
            page.into_iter().map(|(id, _, _)| id).collect()
        };
        assert_eq!(ids(None).await, ["a", "b"]);
        assert_eq!(ids(Some("b")).await, ["c"]);
        let gone: Result<bool, StoreError> =
            store.write(|work| Box::pin(async { work.delete_document(&acme(), "article", "b").await })).await;
        assert!(gone.unwrap());
        assert_eq!(ids(None).await, ["a", "c"]);
        let theirs: Option<(String, _)> = store.document(&organization("umbrella"), "article", "a").await.unwrap();
        assert_eq!(theirs, None);
    })
    .await;
}
