//! Databases for tests, of every crate here: each test has its own, which is gone when the test ends.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::PathBuf;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor};

use crate::connect::Options;
use crate::error::StoreError;
use crate::store::Store;

/// Names the PostgreSQL database in which every test makes a schema of its own: a URL without `schema`, whose user may
/// create schemas. Without it tests run on SQLite alone.
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
    Schema { server: String, name: String },
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

    /// A schema of its own on PostgreSQL, which costs a tenth of what a database does; none where
    /// [`POSTGRES_VARIABLE`] names no server.
    #[must_use]
    pub fn postgres() -> Option<Self> {
        let server = std::env::var(POSTGRES_VARIABLE).ok().filter(|server| !server.is_empty())?;
        let name = unique_name();
        let separator = if server.contains('?') { '&' } else { '?' };
        // The application's name tells this test's sessions from the others'.
        let url = format!("{server}{separator}schema={name}&application_name={name}");
        Some(Self { url, home: Home::Schema { server, name } })
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
            Home::Schema { server, name } => {
                let options = server.parse::<PgConnectOptions>().expect("the server's URL is well-formed");
                let options = options.options([("search_path", name)]);
                let mut connection = PgConnection::connect_with(&options).await.expect("the server can be reached");
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
            Home::Schema { server, name } => {
                // A test that failed may have left a transaction open, which would hold the schema for ever.
                let sql = format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'; \
                     DROP SCHEMA IF EXISTS {name} CASCADE"
                );
                drop(run_on(server, sql));
            }
        }
    }
}

fn unique_name() -> String {
    format!("estafeta_test_{}_{:016x}", std::process::id(), RandomState::new().build_hasher().finish())
}

/// In a thread of its own, since `drop` cannot wait inside a test's runtime.
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
