//! Jobs: alone or together, whole or not at all.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use store::testing::TestDatabase;
use store::{BATCH_JOBS_MAX, Options, Store, StoreError};
use tokio::sync::oneshot;

use crate::fixture::{acme, at, key, message, on_each, put, ticket};

/// The jobs' own error, as a service has one.
#[derive(Debug)]
enum Failure {
    Refused,
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Holds up the writer until the sender is used, so that what is written meanwhile waits together.
async fn hold_up(store: &Store) -> (oneshot::Sender<()>, tokio::task::JoinHandle<Result<(), StoreError>>) {
    let (go, gone) = oneshot::channel::<()>();
    let (started, has_started) = oneshot::channel();
    let store = store.clone();
    let job = tokio::spawn(async move {
        let job = store.write(move |_| {
            Box::pin(async move {
                let _ = started.send(());
                let _ = gone.await;
                Ok(())
            })
        });
        job.await
    });
    has_started.await.expect("the job runs");
    (go, job)
}

#[tokio::test]
async fn a_failing_job_leaves_nothing_and_takes_nothing_with_it() {
    on_each(|store| async move {
        let (go, held_up) = hold_up(&store).await;
        let jobs = (0..6).map(|number| {
            let ticket = ticket(&format!("t{number}"), number);
            store.write(move |work| {
                Box::pin(async move {
                    work.put(&ticket, None).await?;
                    if number % 2 == 0 { Ok(number) } else { Err(Failure::Refused) }
                })
            })
        });
        // The jobs are polled, and so queued, before the writer goes on.
        let (results, _) = futures::future::join(join_all(jobs), async { go.send(()) }).await;
        held_up.await.unwrap().unwrap();
        for (number, result) in results.into_iter().enumerate() {
            let id = ticket(&format!("t{number}"), number as i64).facts.id;
            let is_there = store.ticket(&acme(), id).await.unwrap().is_some();
            match result {
                Ok(done) => assert!(done as usize == number && is_there),
                Err(Failure::Refused) => assert!(number % 2 == 1 && !is_there),
                Err(Failure::Store(error)) => panic!("{error}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn jobs_that_wait_together_share_a_commit_on_sqlite() {
    let database = TestDatabase::sqlite();
    let store = database.open().await.unwrap();
    let (go, held_up) = hold_up(&store).await;
    let jobs = BATCH_JOBS_MAX * 2;
    let tickets: Vec<_> = (0..jobs).map(|number| ticket(&format!("t{number}"), 0)).collect();
    let writes = join_all(tickets.iter().map(|ticket| put(&store, ticket, None)));
    let (results, _) = futures::future::join(writes, async { go.send(()) }).await;
    held_up.await.unwrap().unwrap();
    assert!(results.iter().all(Result::is_ok));
    let written = store.written();
    // The job that held the others up had a commit of its own.
    assert_eq!((written.jobs, written.commits), (1 + jobs as u64, 3));
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_job_whose_caller_went_away_is_done_in_full_or_not_at_all() {
    on_each(|store| async move {
        let (one, other) = (ticket("one", 0), ticket("other", 0));
        let (started, has_started) = oneshot::channel();
        let (go, gone) = oneshot::channel::<()>();
        let (first, second) = (one.clone(), other.clone());
        let mut write = store
            .write(move |work| {
                Box::pin(async move {
                    work.put(&first, None).await?;
                    let _ = started.send(());
                    let _ = gone.await;
                    work.put(&second, None).await
                })
            })
            .boxed();
        // The caller gives up in the middle of the job.
        tokio::select! {
            _ = &mut write => panic!("it waits for us"),
            _ = has_started => {}
        }
        drop::<futures::future::BoxFuture<'_, Result<_, StoreError>>>(write);
        let mut changes = store.changes();
        go.send(()).unwrap();
        changes.changed().await.unwrap();
        assert!(store.ticket(&acme(), one.facts.id).await.unwrap().is_some());
        assert!(store.ticket(&acme(), other.facts.id).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_job_that_panics_writes_nothing_and_the_next_one_is_served() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        let copy = one.clone();
        let job = store.write(move |work| {
            Box::pin(async move {
                work.put(&copy, None).await?;
                if copy.reopened == 0 {
                    panic!("a fault in a job");
                }
                Ok::<(), StoreError>(())
            })
        });
        assert!(std::panic::AssertUnwindSafe(job).catch_unwind().await.is_err());
        assert_eq!(store.ticket(&acme(), one.facts.id).await.unwrap(), None);
        put(&store, &one, None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_commit_is_announced_and_a_failed_job_is_not() {
    on_each(|store| async move {
        let changes = store.changes();
        let refused: Result<(), Failure> = store.write(|_| Box::pin(async { Err(Failure::Refused) })).await;
        assert!(matches!(refused, Err(Failure::Refused)));
        assert!(!changes.has_changed().unwrap());
        put(&store, &ticket("one", 0), None).await.unwrap();
        assert!(changes.has_changed().unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_job_that_shrugs_off_the_databases_error_is_not_committed() {
    for database in TestDatabase::all() {
        let store = database.open().await.unwrap();
        database.tamper("DROP TABLE counter").await;
        let one = ticket("one", 0);
        let copy = one.clone();
        let write = store.write(move |work| {
            Box::pin(async move {
                work.put(&copy, None).await?;
                let _ = work.next_number(&acme(), "tickets").await;
                Ok(())
            })
        });
        let result: Result<(), StoreError> = write.await;
        assert!(matches!(result, Err(StoreError::Refused(_))), "{result:?}");
        assert_eq!(store.ticket(&acme(), one.facts.id).await.unwrap(), None);
        put(&store, &one, None).await.unwrap();
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_put_off_is_seen_by_what_comes_after_it_and_is_kept_or_lost_with_the_rest() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        let write = |fails: bool| {
            let one = one.clone();
            store.write(move |work| {
                Box::pin(async move {
                    work.put(&one, None).await?;
                    work.enqueue(&message(&one, "a", None)).await?;
                    work.remember_request(&key("anna"), b"print", b"yes".to_vec(), at(0)).await?;
                    let known = work.request(&key("anna"), &[]).await?.map(|known| known.answer);
                    work.enqueue(&message(&one, "b", None)).await?;
                    if fails { Err(StoreError::BadToken) } else { Ok(known) }
                })
            })
        };
        assert!(matches!(write(true).await, Err(StoreError::BadToken)));
        assert_eq!((store.answer_of(&key("anna")).await.unwrap(), store.next_due().await.unwrap()), (None, None));
        assert_eq!(write(false).await.unwrap(), Some(b"yes".to_vec()));
        let sent = store.claim(at(1), at(30), 10).await.unwrap();
        assert_eq!(sent.into_iter().map(|claimed| claimed.message.payload).collect::<Vec<_>>(), [b"a", b"b"]);
    })
    .await;
}

#[tokio::test]
async fn much_that_is_put_off_arrives_whole_and_in_order() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        let steps: Vec<String> = (10..60).map(|number| number.to_string()).collect();
        let (copy, messages) = (one.clone(), steps.clone());
        let write = store.write(move |work| {
            Box::pin(async move {
                work.put(&copy, None).await?;
                for step in &messages {
                    work.enqueue(&message(&copy, step, None)).await?;
                }
                Ok(())
            })
        });
        let written: Result<(), StoreError> = write.await;
        written.unwrap();
        let sent = store.claim(at(1), at(30), 100).await.unwrap();
        let sent = sent.into_iter().map(|claimed| String::from_utf8(claimed.message.payload).unwrap());
        assert_eq!(sent.collect::<Vec<_>>(), steps);
    })
    .await;
}

#[tokio::test]
async fn a_job_is_not_done_when_what_it_put_off_is_refused() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        let copy = one.clone();
        let write = store.write(move |work| {
            Box::pin(async move {
                work.put(&copy, None).await?;
                for _ in 0..2 {
                    work.remember_request(&key("anna"), b"print", Vec::new(), at(0)).await?;
                }
                Ok(())
            })
        });
        let result: Result<(), StoreError> = write.await;
        assert!(matches!(result, Err(StoreError::Refused(_))), "{result:?}");
        assert_eq!(store.ticket(&acme(), one.facts.id).await.unwrap(), None);
        put(&store, &one, None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_is_told_as_such_and_loses_nothing() {
    let database = TestDatabase::sqlite();
    let options = Options { pages_max: Some(120), ..Options::default() };
    let store = Store::open_with(database.url(), &options).await.unwrap();
    let mut kept = Vec::new();
    let full = loop {
        let mut large = ticket(&format!("t{}", kept.len()), 0);
        large.facts.text = "x".repeat(20_000);
        match put(&store, &large, None).await {
            Ok(_) => kept.push(large),
            Err(error) => break error,
        }
        assert!(kept.len() < 100, "the file does not fill up");
    };
    assert!(matches!(full, StoreError::Full(_)), "{full:?}");
    assert!(!kept.is_empty());
    store.close().await.unwrap();

    let store = database.open().await.unwrap();
    for ticket in &kept {
        assert_eq!(store.ticket(&acme(), ticket.facts.id).await.unwrap().unwrap().0, *ticket);
    }
    put(&store, &ticket("after", 0), None).await.unwrap();
    assert_eq!(store.snapshot(ticket::Line::ServiceDesk).await.unwrap().tickets.len(), kept.len() + 1);
    store.close().await.unwrap();
}

#[tokio::test]
async fn jobs_beside_the_one_that_fills_the_disk_are_told_or_done() {
    let database = TestDatabase::sqlite();
    let options = Options { pages_max: Some(120), ..Options::default() };
    let store = Store::open_with(database.url(), &options).await.unwrap();
    let (go, held_up) = hold_up(&store).await;
    let tickets: Vec<_> = (0..9)
        .map(|number| {
            let mut ticket = ticket(&format!("t{number}"), 0);
            ticket.facts.text = "x".repeat(if number == 4 { 2_000_000 } else { 10 });
            ticket
        })
        .collect();
    let writes = join_all(tickets.iter().map(|ticket| put(&store, ticket, None)));
    let (results, _) = futures::future::join(writes, async { go.send(()) }).await;
    let _ = held_up.await.unwrap();
    for (number, (result, ticket)) in results.iter().zip(&tickets).enumerate() {
        let is_there = store.ticket(&acme(), ticket.facts.id).await.unwrap().is_some();
        assert_eq!(result.is_ok(), is_there, "ticket {number}: {result:?}");
        assert_eq!(result.is_ok(), number > 4, "those behind it get a transaction of their own: {result:?}");
        assert!(result.is_ok() || matches!(result, Err(StoreError::Full(_))));
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_locked_database_is_busy_after_the_time_allowed_and_serves_again_later() {
    let database = TestDatabase::sqlite();
    let patient = database.open().await.unwrap();
    let options = Options { busy_timeout: Duration::from_millis(20), ..Options::default() };
    let impatient = Store::open_with(database.url(), &options).await.unwrap();
    let (go, held_up) = hold_up(&patient).await;
    let error = put(&impatient, &ticket("one", 0), None).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)), "{error:?}");
    assert!(error.is_retryable());
    go.send(()).unwrap();
    held_up.await.unwrap().unwrap();
    put(&impatient, &ticket("one", 0), None).await.unwrap();
    impatient.close().await.unwrap();
    patient.close().await.unwrap();
}

#[tokio::test]
async fn a_closed_store_does_what_was_queued_and_refuses_the_rest() {
    let database = TestDatabase::sqlite();
    let store = database.open().await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let (go, held_up) = hold_up(&store).await;
    let one = ticket("one", 0);
    let noted = Arc::clone(&order);
    let queued = async {
        put(&store, &one, None).await.unwrap();
        noted.lock().unwrap().push("written");
    };
    let closed = async {
        store.clone().close().await.unwrap();
        order.lock().unwrap().push("closed");
    };
    let (_, _, _) = futures::future::join3(queued, closed, async { go.send(()) }).await;
    held_up.await.unwrap().unwrap();
    assert!(order.lock().unwrap().contains(&"written"));
    assert!(matches!(put(&store, &ticket("two", 0), None).await, Err(StoreError::Closed)));
    let store = database.open().await.unwrap();
    assert!(store.ticket(&acme(), one.facts.id).await.unwrap().is_some());
    store.close().await.unwrap();
}
