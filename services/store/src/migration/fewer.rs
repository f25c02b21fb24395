//! Step 8: the log has fewer indexes. Each costs every event that is written.
//!
//! What came after a version of a ticket is found among the events of the ticket, from the last one back. On SQLite, where
//! there is one transaction at a time, the order of the whole log is that of the rows.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Fewer;

impl MigrationName for Fewer {
    fn name(&self) -> &'static str {
        "m0008_fewer"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Fewer {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection.execute_unprepared("DROP INDEX event_by_version").await?;
        if manager.get_database_backend() != DbBackend::Postgres {
            connection.execute_unprepared("DROP INDEX event_by_position").await?;
        }
        Ok(())
    }
}
