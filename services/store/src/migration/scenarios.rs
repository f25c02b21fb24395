//! Step 7: what line 0 does by a scenario is a decision too, and stands in the way to them.

use sea_orm_migration::prelude::*;

pub(super) struct Scenarios;

impl MigrationName for Scenarios {
    fn name(&self) -> &'static str {
        "m0007_scenarios"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Scenarios {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let create = "CREATE INDEX event_decision ON event (organization, kind, at, seq) \
             WHERE kind IN ('auto-answered', 'auto-declined', 'sorted', 'priority', 'heard', 'queue', 'scenario')";
        let connection = manager.get_connection();
        connection.execute_unprepared("DROP INDEX event_decision").await?;
        connection.execute_unprepared(create).await.map(|_| ())
    }
}
