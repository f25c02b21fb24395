//! Opening and migrating.

use std::time::Duration;

use store::testing::TestDatabase;
use store::{Options, Store, StoreError};

use crate::fixture::{acme, put, ticket};

#[tokio::test]
async fn a_database_of_a_newer_release_is_refused_by_name_and_left_alone() {
    for database in TestDatabase::all() {
        database.open().await.unwrap().close().await.unwrap();
        database.tamper("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0099_of_next_year', 0)").await;
        let error = database.open().await.unwrap_err();
        assert!(matches!(&error, StoreError::NewerSchema { migration } if migration == "m0099_of_next_year"));
        assert!(error.to_string().contains("m0099_of_next_year"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_may_open_a_new_database_at_the_same_time() {
    for database in TestDatabase::all() {
        let opened: Vec<Result<Store, StoreError>> = futures::future::join_all((0..4).map(|_| database.open())).await;
        for (number, store) in opened.into_iter().enumerate() {
            let store = store.unwrap();
            put(&store, &ticket(&format!("t{number}"), 0), None).await.unwrap();
            store.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn services_share_a_postgresql_database_in_schemas_of_their_own() {
    let (Some(here), Some(there)) = (TestDatabase::postgres(), TestDatabase::postgres()) else { return };
    let (first, second) = (here.open().await.unwrap(), there.open().await.unwrap());
    let one = ticket("one", 0);
    put(&first, &one, None).await.unwrap();
    assert!(first.ticket(&acme(), one.facts.id).await.unwrap().is_some());
    assert!(second.ticket(&acme(), one.facts.id).await.unwrap().is_none());
    first.close().await.unwrap();
    second.close().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_and_a_place_that_is_not_there_have_errors_of_their_own() {
    let database = TestDatabase::sqlite();
    let path = database.url().strip_prefix("sqlite://").unwrap();
    std::fs::write(path, "this is a letter to my grandmother, and no database at all, however long it gets").unwrap();
    let error = database.open().await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    let nowhere = Store::open("sqlite:///nonexistent/folder/store.db").await.unwrap_err();
    assert!(matches!(nowhere, StoreError::Unavailable(_)), "{nowhere:?}");
    let impatient = Options { busy_timeout: Duration::from_millis(50), ..Options::default() };
    let nobody = Store::open_with("postgres://nobody@127.0.0.1:1/none", &impatient).await.unwrap_err();
    assert!(matches!(nobody, StoreError::Unavailable(_)), "{nobody:?}");
}
