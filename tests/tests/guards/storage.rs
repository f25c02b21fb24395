//! Databases that are full, locked, damaged or too new: an honest answer, nothing lost, and none of their words.

use std::sync::Arc;
use std::time::Duration;

use attachments::Vault;
use futures::FutureExt;
use handover::{Backoff, Desk, Fuse, Peers, Plans, Refused, Setup};
use jiff::SignedDuration;
use plan::Plan;
use proto::errors::Reason;
use proto::line1;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use rpc::{Channel, KeyName, Keys, Limits, ServiceName, Stack, reason_of};
use store::testing::TestDatabase;
use store::{Options, Store};
use tests::stage::BEGIN;
use tests::{Databases, Stage, evidence};
use ticket::{Clock, Line, ManualClock};
use tonic::{Code, Status};

use crate::any_message::words_of_a_database;

/// Line 1 alone, over a database opened so.
struct Alone {
    desk: Desk,
    way: Channel,
    _dir: tempfile::TempDir,
}

impl Alone {
    async fn over(database: &TestDatabase, options: Options) -> Self {
        let plan = Plan::parse("demo.toml", plan::DEMO).expect("the plans of the project have no faults");
        let clock = Arc::new(ManualClock::at(BEGIN.parse().expect("the instant is well formed")));
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let keys = Keys::open(&dir.path().join("keys"), &KeyName::ALL).expect("keys can be made");
        let agent = estafeta::people::agent(&plan, Line::ServiceDesk);
        let plans = Plans::default();
        plans.put(plan);
        let store = Store::open_with(database.url(), &options).await.expect("the database can be opened");
        let setup = Setup {
            store,
            plans,
            clock: clock.clone(),
            peers: Peers::new(),
            backoff: Backoff::new(Arc::new(|| 1.0)),
            fuse: Fuse::default(),
        };
        let desk = line1_service_desk::desk(setup, None);
        let service = ServiceName::Line(Line::ServiceDesk);
        let stack = Stack { service, verifier: keys.verifier(), clock: clock.clone(), limits: Limits::default() };
        let authority = keys.signer(KeyName::Authority).expect("every key was opened");
        let token = authority.token(&agent, clock.now(), SignedDuration::from_hours(1));
        let vault = Vault::new(dir.path().join("attachments"));
        let way = rpc::as_caller(line1_service_desk::service(&desk, stack, vault).channel(), token);
        Self { desk, way, _dir: dir }
    }

    async fn register(&self, number: usize, text: &str) -> Result<line1::RegisterResponse, Status> {
        let request = line1::RegisterRequest {
            request_id: format!("req-{number}"),
            client: "client-17".into(),
            channel: proto::ticket::Channel::Phone as i32,
            text: text.into(),
            ..Default::default()
        };
        ServiceDeskServiceClient::new(self.way.clone()).register(request).await.map(tonic::Response::into_inner)
    }

    async fn tickets(&self) -> usize {
        self.desk.store().snapshot(Line::ServiceDesk).await.expect("it can be read").tickets.len()
    }
}

/// Fails unless the caller is told that the database is in trouble, when to come back, and nothing else.
fn check_unavailable(refused: &Status) {
    assert_eq!((reason_of(refused), refused.code()), (Some(Reason::StorageUnavailable), Code::Unavailable));
    assert!(refused.message().contains("nothing was changed, try again"), "{}", refused.message());
    assert!(rpc::retry_after_of(refused).is_some());
    assert_eq!(words_of_a_database(refused), None);
}

#[tokio::test]
async fn a_full_database_keeps_what_it_has_and_takes_no_more() {
    let database = TestDatabase::sqlite();
    let small = Options { pages_max: Some(200), ..Options::default() };
    let line = Alone::over(&database, small).await;
    let mut kept = 0;
    let refused = loop {
        match line.register(kept, &"слово ".repeat(2000)).await {
            Ok(_) => kept += 1,
            Err(refused) => break refused,
        }
        assert!(kept < 1000, "the database never filled up");
    };
    check_unavailable(&refused);
    assert!(kept > 0 && line.tickets().await == kept, "{kept} were acknowledged");
    let again = line.register(0, &"слово ".repeat(2000)).await.expect("a repeat needs no room");
    assert!(again.ticket.is_some());
    line.desk.store().clone().close().await.unwrap();
    // Room was made.
    let line = Alone::over(&database, Options::default()).await;
    line.register(kept, &"слово ".repeat(2000)).await.expect("the same request is taken now");
    assert_eq!(line.tickets().await, kept + 1);
}

#[tokio::test]
async fn a_locked_database_is_waited_for_and_then_told() {
    let database = TestDatabase::sqlite();
    let line = Alone::over(&database, Options { busy_timeout: Duration::from_millis(50), ..Options::default() }).await;
    line.register(0, "Не работает почта").await.unwrap();
    let other = database.open().await.unwrap();
    let (locked, is_locked) = tokio::sync::oneshot::channel();
    let (release, is_released) = tokio::sync::oneshot::channel::<()>();
    let holds = tokio::spawn(async move {
        let hold = other.write(move |_| {
            async move {
                let _ = locked.send(());
                let _ = is_released.await;
                Ok::<_, Refused>(())
            }
            .boxed()
        });
        hold.await.expect("it writes nothing");
    });
    is_locked.await.unwrap();
    check_unavailable(&line.register(1, "Не работает печать").await.unwrap_err());
    assert_eq!(line.tickets().await, 1, "what was acknowledged can be read meanwhile");
    release.send(()).unwrap();
    holds.await.unwrap();
    line.register(1, "Не работает печать").await.expect("the same request is taken now");
    assert_eq!(line.tickets().await, 2);
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_not_touched() {
    let database = TestDatabase::sqlite();
    Alone::over(&database, Options::default()).await.desk.store().clone().close().await.unwrap();
    database.tamper("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2999_from_the_future', 0)").await;
    let error = Store::open(database.url()).await.unwrap_err();
    assert!(matches!(error, store::StoreError::NewerSchema { .. }));
    let text = error.to_string();
    assert!(text.contains("m2999_from_the_future") && text.contains("start a newer release"), "{text}");
}

#[tokio::test]
async fn what_a_database_says_stays_in_the_log() {
    for databases in Databases::all() {
        let stage = Stage::over(databases).await;
        let people = stage.people();
        let ticket = people.register("Роутер не выходит в сеть").await;
        let before = people.ticket(Line::ServiceDesk, &ticket).await.unwrap();
        for table in ["event", "ticket"] {
            stage.databases.tamper(Line::ServiceDesk, &format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
            let refusals = [
                people.to_technical(&ticket, evidence::technical()).await.unwrap_err(),
                people.write(&ticket, "Мы работаем над этим", "").await.unwrap_err(),
                people.journey(&ticket).await.unwrap_err(),
            ];
            for refused in refusals {
                assert_eq!((reason_of(&refused), refused.code()), (Some(Reason::Internal), Code::Internal));
                assert!(refused.message().contains("details are in the log"), "{}", refused.message());
                assert_eq!(words_of_a_database(&refused), None, "{refused:?}");
            }
            stage.databases.tamper(Line::ServiceDesk, &format!("ALTER TABLE {table}_away RENAME TO {table}")).await;
        }
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap(), before, "nothing was changed");
        people.write(&ticket, "Мы работаем над этим", "").await.expect("it works again");
        stage.holds().await;
    }
}
