//! What can go wrong with a database, without a driver's words.

use std::error::Error;
use std::sync::Arc;

use sea_orm::sqlx;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

/// What the driver said. For logs only: it may name tables, files and hosts.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why the store did not do what it was asked to. Its text may be shown to callers; [`Error::source`] may not.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another change came between reading and writing. Retryable, from the reading on.
    #[error("{what} was changed by another request in the meantime; read it again")]
    Conflict {
        /// What was to be written.
        what: String,
    },
    /// What should be new is there.
    #[error("{what} exists already")]
    AlreadyExists {
        /// What was to be written.
        what: String,
    },
    /// What should be changed is not there.
    #[error("{what} does not exist")]
    Missing {
        /// What was to be changed.
        what: String,
    },
    /// The disk or the database's limit is used up. Nothing was written.
    #[error("the database has no room left; free some, then repeat")]
    Full(#[source] Cause),
    /// Locked for too long, a deadlock, or no free connection in time. Nothing was written; retryable.
    #[error("the database is busy; repeat later")]
    Busy(#[source] Cause),
    /// No connection, or it broke; whether the last commit came through is not known. Retryable with the same
    /// request id.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Cause),
    /// The store was closed by this process.
    #[error("the database was closed")]
    Closed,
    /// A newer release has changed the tables.
    #[error("the database has migration `{migration}`, which this release does not know; start a newer release")]
    NewerSchema {
        /// The first migration that is not known here.
        migration: String,
    },
    /// A row that nobody could have written.
    #[error("{what} is damaged in the database: {why}")]
    Corrupt {
        /// Which row.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The text names no database that can be opened.
    #[error("not the address of a database: {why}")]
    BadUrl {
        /// What is wrong with it, without the address itself, which may hold a password.
        why: String,
    },
    /// A page token or position that was never given out.
    #[error("this page token was not given out by this service")]
    BadToken,
    /// The database refused a statement for a reason that has no name here: a fault in the program or its set-up.
    #[error("the database refused the work")]
    Refused(#[source] Cause),
}

impl StoreError {
    /// Whether the same work may succeed when it is done again from the start.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::Busy(_) | Self::Unavailable(_) => true,
            Self::AlreadyExists { .. }
            | Self::Missing { .. }
            | Self::Full(_)
            | Self::Closed
            | Self::NewerSchema { .. }
            | Self::Corrupt { .. }
            | Self::BadUrl { .. }
            | Self::BadToken
            | Self::Refused(_) => false,
        }
    }

    /// The row `what` does not hold JSON of the wanted shape. Says where, but not what stands there.
    pub(crate) fn not_json(what: impl ToString, error: &serde_json::Error) -> Self {
        let why = format!("unreadable JSON at line {}, column {}", error.line(), error.column());
        Self::Corrupt { what: what.to_string(), why }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let kind = kind_of(&error);
        kind(Arc::new(error))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let kind = kind_of_sqlx(&error);
        kind(Arc::new(error))
    }
}

type Kind = fn(Cause) -> StoreError;

fn kind_of(error: &DbErr) -> Kind {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => StoreError::Busy,
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => StoreError::Unavailable,
        DbErr::Conn(RuntimeErr::SqlxError(e))
        | DbErr::Exec(RuntimeErr::SqlxError(e))
        | DbErr::Query(RuntimeErr::SqlxError(e)) => kind_of_sqlx(e),
        _ => StoreError::Refused,
    }
}

fn kind_of_sqlx(error: &sqlx::Error) -> Kind {
    match error {
        sqlx::Error::Database(e) => kind_of_code(e.code().as_deref().unwrap_or_default()),
        sqlx::Error::PoolTimedOut => StoreError::Busy,
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreError::Unavailable,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => |_| StoreError::Corrupt {
            what: "a row".to_owned(),
            why: "a column holds a value of another type".to_owned(),
        },
        _ => StoreError::Refused,
    }
}

/// SQLite's codes are numbers below 10,000, the low byte being the primary code; PostgreSQL's have five characters.
fn kind_of_code(code: &str) -> Kind {
    match (code.len(), code.parse::<u32>().map(|number| number & 0xff)) {
        (1..=4, Ok(5 | 6)) => StoreError::Busy,
        (1..=4, Ok(8 | 10 | 14)) => StoreError::Unavailable,
        (1..=4, Ok(11 | 26)) => |_| StoreError::Corrupt {
            what: "the database file".to_owned(),
            why: "it is not a well-formed SQLite database".to_owned(),
        },
        (1..=4, Ok(13)) => StoreError::Full,
        (5, _) => match code {
            "40001" | "40P01" | "55P03" | "57014" | "53300" => StoreError::Busy,
            "53100" | "53200" => StoreError::Full,
            "25006" | "57P01" | "57P02" | "57P03" | "3D000" => StoreError::Unavailable,
            _ if code.starts_with("08") || code.starts_with("28") => StoreError::Unavailable,
            _ => StoreError::Refused,
        },
        _ => StoreError::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_get_the_same_names() {
        let name = |code: &str| format!("{:?}", kind_of_code(code)(Arc::new(std::fmt::Error)));
        for (code, wanted) in [
            ("5", "Busy"),
            ("517", "Busy"),
            ("13", "Full"),
            ("778", "Unavailable"),
            ("11", "Corrupt"),
            ("2067", "Refused"),
            ("40001", "Busy"),
            ("40P01", "Busy"),
            ("53100", "Full"),
            ("08006", "Unavailable"),
            ("23505", "Refused"),
            ("", "Refused"),
        ] {
            assert!(name(code).starts_with(wanted), "{code}: {}", name(code));
        }
    }

    #[test]
    fn a_drivers_words_stay_out_of_the_text() {
        let error = StoreError::from(DbErr::Custom("relation \"ticket\" of host db1".to_owned()));
        assert_eq!(error.to_string(), "the database refused the work");
        assert!(error.source().is_some_and(|source| source.to_string().contains("db1")));
    }
}
