//! Step 6: the way to what was decided without a person, by kind and time, among all that is in the log.

use sea_orm_migration::prelude::*;

pub(super) struct Decisions;

impl MigrationName for Decisions {
    fn name(&self) -> &'static str {
        "m0006_decisions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Decisions {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let create = "CREATE INDEX event_decision ON event (organization, kind, at, seq) \
             WHERE kind IN ('auto-answered', 'auto-declined', 'sorted', 'priority', 'heard', 'queue')";
        manager.get_connection().execute_unprepared(create).await.map(|_| ())
    }
}
