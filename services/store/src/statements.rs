//! How many statements this process has sent to its databases, for whoever measures.

use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::DatabaseConnection;

static SENT: AtomicU64 = AtomicU64::new(0);

/// How many statements this process has sent so far, to all its databases; begin, commit and savepoints are not counted.
#[must_use]
pub fn statements() -> u64 {
    SENT.load(Ordering::Relaxed)
}

/// `connection`, whose statements are counted.
pub(crate) fn counted(mut connection: DatabaseConnection) -> DatabaseConnection {
    connection.set_metric_callback(|_| {
        SENT.fetch_add(1, Ordering::Relaxed);
    });
    connection
}
