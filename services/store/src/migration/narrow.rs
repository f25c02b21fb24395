//! Step 5: on PostgreSQL the indexes of what is active lose the column that their predicate fixes.
//!
//! PostgreSQL drops a condition which a predicate implies. With `custody` between the organization and what is looked
//! for, nothing was left to say about that column, and the whole index of an organization was walked. SQLite keeps the
//! condition, and counts from the index alone as long as the column is in it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Narrow;

impl MigrationName for Narrow {
    fn name(&self) -> &'static str {
        "m0005_narrow"
    }
}

/// The names of the indexes, and their columns behind the organization.
const INDEXES: &[(&str, &str)] = &[
    ("ticket_active", "opened_at, id"),
    ("ticket_active_by_zone", "zone, opened_at, id"),
    ("ticket_active_by_assignee", "assignee, opened_at, id"),
    ("ticket_active_by_change", "changed_at, id"),
    ("ticket_active_by_rank", "urgency_rank, opened_at, id"),
    ("ticket_active_by_due", "due_at, id"),
    ("ticket_active_of_queue", "queue, opened_at, id"),
    ("ticket_active_of_queue_by_change", "queue, changed_at, id"),
    ("ticket_active_of_queue_by_rank", "queue, urgency_rank, opened_at, id"),
    ("ticket_active_of_queue_by_due", "queue, due_at, id"),
];

#[async_trait::async_trait]
impl MigrationTrait for Narrow {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let connection = manager.get_connection();
        for (name, columns) in INDEXES {
            connection.execute_unprepared(&format!("DROP INDEX {name}")).await?;
            let create = format!(
                "CREATE INDEX {name} ON ticket (organization, {columns}) WHERE custody = 'held' AND state <> 'closed'"
            );
            connection.execute_unprepared(&create).await?;
        }
        Ok(())
    }
}
