//! Opening databases: connections with the right settings, and migrations one process at a time.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, SqlxPostgresConnector, SqlxSqliteConnector, Statement};
use sea_orm_migration::MigratorTrait;

use crate::address::{Address, DEFAULT_SCHEMA};
use crate::error::StoreError;
use crate::migration::Migrator;
use crate::statements::counted;

/// How a database is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How long to wait for SQLite's lock, or for a free connection to PostgreSQL, before [`StoreError::Busy`].
    pub busy_timeout: Duration,
    /// How many connections there are beside SQLite's one writer, or in all to PostgreSQL.
    pub connections: u32,
    /// The most pages SQLite's file may have; none for as many as the disk takes. Ignored on PostgreSQL.
    pub pages_max: Option<u32>,
}

/// How long to wait for a connection to a file, which on a machine under load takes its time to open. A caller's own
/// deadline ends the wait sooner.
const SQLITE_PATIENCE: Duration = Duration::from_secs(30);

/// How many texts of statements the writer keeps prepared: what is put off makes a text of each way in which it comes together.
const WRITER_STATEMENTS: usize = 400;

/// After how many pages in the write-ahead log its contents go into the file (16 MB; SQLite's own choice is a quarter). The
/// change that does it waits some milliseconds for the disk: so it is one of some hundred.
const CHECKPOINT_PAGES: u32 = 4_000;

impl Default for Options {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(5), connections: 8, pages_max: None }
    }
}

/// What opening gives.
pub(crate) enum Connected {
    /// Readers, and the way to the one writer.
    Sqlite { readers: DatabaseConnection, writer: SqliteWriterAddress },
    /// One pool for everything.
    Postgres(DatabaseConnection),
}

/// What it takes to open the writing connection, again if need be.
#[derive(Debug, Clone)]
pub(crate) struct SqliteWriterAddress {
    path: PathBuf,
    options: Options,
}

impl SqliteWriterAddress {
    /// The one connection that writes. What was acknowledged survives a loss of power: WAL with `synchronous=FULL`.
    pub(crate) async fn connect(&self) -> Result<DatabaseConnection, StoreError> {
        let mut options = sqlite(&self.path, &self.options)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .statement_cache_capacity(WRITER_STATEMENTS)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string());
        if let Some(pages) = self.options.pages_max {
            options = options.pragma("max_page_count", pages.to_string());
        }
        sqlite_pool(options, 1).await
    }
}

fn sqlite(path: &Path, options: &Options) -> SqliteConnectOptions {
    use sea_orm::sqlx::ConnectOptions as _;
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .disable_statement_logging()
}

async fn sqlite_pool(options: SqliteConnectOptions, connections: u32) -> Result<DatabaseConnection, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(SQLITE_PATIENCE)
        // A file does not hang up, and opening it again costs the cache.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(counted(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool)))
}

/// Opens and migrates.
pub(crate) async fn connect(url: &str, options: &Options) -> Result<Connected, StoreError> {
    match url.parse()? {
        Address::Sqlite(path) => connect_sqlite(path, options).await,
        Address::Postgres { url, schema } => connect_postgres(&url, schema.as_deref(), options).await,
    }
}

async fn connect_sqlite(path: PathBuf, options: &Options) -> Result<Connected, StoreError> {
    let writer = SqliteWriterAddress { path: path.clone(), options: options.clone() };
    let lock = lock_file(path.clone()).await?;
    let connection = writer.connect().await?;
    let migrated = migrate(&connection).await;
    connection.close().await?;
    drop(lock);
    migrated?;
    let readers = sqlite(&path, options).pragma("query_only", "on");
    let readers = sqlite_pool(readers, options.connections).await?;
    Ok(Connected::Sqlite { readers, writer })
}

/// Waits for `<file>.lock`, so that two processes do not migrate at once. The lock ends with the file handle.
async fn lock_file(path: PathBuf) -> Result<File, StoreError> {
    let unavailable = |error: std::io::Error| StoreError::Unavailable(Arc::new(error));
    let task = tokio::task::spawn_blocking(move || {
        let mut name = path.into_os_string();
        name.push(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(PathBuf::from(name))?;
        file.lock()?;
        Ok(file)
    });
    task.await.map_err(|error| unavailable(std::io::Error::other(error)))?.map_err(unavailable)
}

async fn connect_postgres(url: &str, schema: Option<&str>, options: &Options) -> Result<Connected, StoreError> {
    use sea_orm::sqlx::ConnectOptions as _;
    let mut target = url
        .parse::<PgConnectOptions>()
        .map_err(|_| StoreError::BadUrl { why: "PostgreSQL's driver cannot read it".to_owned() })?
        .disable_statement_logging()
        // A job reads what others committed while it waited for their locks; and an answer means it is on disk.
        .options([("default_transaction_isolation", "read committed"), ("synchronous_commit", "on")]);
    if let Some(schema) = schema {
        target = target.options([("search_path", schema)]);
    }
    let pool = PgPoolOptions::new().acquire_timeout(options.busy_timeout);
    let session = pool.clone().max_connections(1).connect_with(target.clone()).await.map_err(unreachable_at_first)?;
    let session = SqlxPostgresConnector::from_sqlx_postgres_pool(session);
    // Held by the session, so that it ends with it however this function ends.
    let migrated = migrate_postgres(&session, schema).await;
    session.close().await?;
    migrated?;
    let pool = pool.max_connections(options.connections).connect_with(target).await?;
    Ok(Connected::Postgres(counted(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))))
}

/// The pool tries a server that does not answer again and again until its patience ends. When it is the only
/// connection that was wanted, nobody keeps it busy.
fn unreachable_at_first(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolTimedOut => StoreError::Unavailable(Arc::new(error)),
        other => other.into(),
    }
}

async fn migrate_postgres(session: &DatabaseConnection, schema: Option<&str>) -> Result<(), StoreError> {
    let key = format!("estafeta migration of {}", schema.unwrap_or(DEFAULT_SCHEMA));
    let lock = "SELECT pg_advisory_lock(hashtextextended($1, 0))";
    session.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, lock, [key.into()])).await?;
    if let Some(schema) = schema {
        session.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
    }
    migrate(session).await?;
    // A dump that was restored into another cluster brings transaction numbers from the future, which would hide its
    // events from readers; what is visible here and now was committed before everything that follows.
    let restored = "UPDATE event SET xid = 0 WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
    session.execute_unprepared(restored).await?;
    Ok(())
}

async fn migrate(connection: &DatabaseConnection) -> Result<(), StoreError> {
    let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let present = Migrator::get_migration_models(connection).await?;
    if let Some(newer) = present.into_iter().find(|step| !known.contains(&step.version)) {
        return Err(StoreError::NewerSchema { migration: newer.version });
    }
    Migrator::up(connection, None).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestDatabase;

    async fn setting(connection: &DatabaseConnection, sql: &str) -> String {
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index::<String>(0).or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string())).unwrap()
    }

    #[tokio::test]
    async fn what_sqlite_acknowledges_survives_a_loss_of_power() {
        let database = TestDatabase::sqlite();
        let Connected::Sqlite { readers, writer } = connect(database.url(), &Options::default()).await.unwrap() else {
            panic!("it is SQLite");
        };
        let writer = writer.connect().await.unwrap();
        for (pragma, wanted) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
            ("busy_timeout", "5000"),
            ("wal_autocheckpoint", "4000"),
        ] {
            assert_eq!(setting(&writer, &format!("PRAGMA {pragma}")).await, wanted, "{pragma}");
        }
        assert_eq!(
            setting(&writer, "SELECT sqlite_compileoption_used('ENABLE_QPSG')").await,
            "1",
            "plans stay as they are"
        );
        assert_eq!(setting(&readers, "PRAGMA query_only").await, "1");
        assert_eq!(setting(&readers, "PRAGMA journal_mode").await, "wal");
        writer.close().await.unwrap();
        readers.close().await.unwrap();
    }

    #[tokio::test]
    async fn what_postgresql_acknowledges_is_on_its_disk() {
        let Some(database) = TestDatabase::postgres() else { return };
        let Connected::Postgres(pool) = connect(database.url(), &Options::default()).await.unwrap() else {
            panic!("it is PostgreSQL");
        };
        assert_eq!(setting(&pool, "SHOW synchronous_commit").await, "on");
        assert_eq!(setting(&pool, "SHOW transaction_isolation").await, "read committed");
        pool.close().await.unwrap();
    }
}
