//! Databases for tests, of every crate here: each test has its own, which is gone when the test ends.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::PathBuf;

use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor};

use crate::connect::Options;
use crate::error::StoreError;
use crate::store::Store;

/// Names the PostgreSQL server on which tests make their databases: the URL of a database whose user may create
/// others. Without it tests run on SQLite alone.
pub const POSTGRES_VARIABLE: &str = "ESTAFETA_TEST_POSTGRES";

/// A database that one test has for itself; dropped with this guard.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Folder(PathBuf),
    Server { url: String, database: String },
}

impl TestDatabase {
    /// An SQLite file in a temporary folder of its own.
    ///
    /// # Panics
    /// When the folder cannot be made.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(unique_name());
        std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
        Self { url: format!("sqlite://{}", folder.join("store.db").display()), home: Home::Folder(folder) }
    }

    /// A new PostgreSQL database; none where [`POSTGRES_VARIABLE`] names no server.
    ///
    /// # Panics
    /// When the server is named and cannot be used.
    #[must_use]
    pub fn postgres() -> Option<Self> {
        let server = std::env::var(POSTGRES_VARIABLE).ok()?;
        let database = unique_name();
        run_on(&server, format!("CREATE DATABASE {database}")).expect("the test server makes databases");
        let (base, query) = server.split_once('?').map_or((server.as_str(), None), |(base, q)| (base, Some(q)));
        let (host, _) = base.rsplit_once('/').expect("the server's URL ends with a database");
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Some(Self { url: format!("{host}/{database}{query}"), home: Home::Server { url: server, database } })
    }

    /// One of each kind that can be had here: SQLite always, PostgreSQL where there is a server.
    #[must_use]
    pub fn all() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres()).collect()
    }

    /// The URL for [`Store::open`].
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens it.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open(&self) -> Result<Store, StoreError> {
        // Every test has a database; together they must not use up the server's connections.
        Store::open_with(&self.url, &Options { connections: 4, ..Options::default() }).await
    }

    /// Runs SQL past the store, to bring about what it would never do.
    ///
    /// # Panics
    /// When the database does not take it.
    pub async fn tamper(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.home {
            Home::Folder(_) => {
                let mut connection =
                    sea_orm::sqlx::SqliteConnection::connect(&self.url).await.expect("the file can be opened");
                connection.execute(sql).await.expect("the database takes the statement");
                connection.close().await.expect("the file can be closed");
            }
            Home::Server { .. } => {
                let mut connection = PgConnection::connect(&self.url).await.expect("the server can be reached");
                connection.execute(sql).await.expect("the database takes the statement");
                connection.close().await.expect("the connection can be closed");
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // What cannot be removed must not hide why the test failed.
        match &self.home {
            Home::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Home::Server { url, database } => {
                drop(run_on(url, format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")));
            }
        }
    }
}

fn unique_name() -> String {
    format!("estafeta_test_{}_{:016x}", std::process::id(), RandomState::new().build_hasher().finish())
}

/// In a thread of its own, since neither a constructor nor `drop` can wait inside a test's runtime.
fn run_on(server: &str, sql: String) -> Result<(), sea_orm::sqlx::Error> {
    let server = server.to_owned();
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
            let mut connection = PgConnection::connect(&server).await?;
            connection.execute(AssertSqlSafe(sql)).await?;
            connection.close().await
        })
    });
    thread.join().unwrap_or(Err(sea_orm::sqlx::Error::WorkerCrashed))
}
