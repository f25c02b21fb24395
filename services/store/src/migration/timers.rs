//! Step 2: timers beside a ticket's one wake-up, and other keys of documents than their ids.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null};
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Timers;

impl MigrationName for Timers {
    fn name(&self) -> &'static str {
        "m0002_timers"
    }
}

const INDEXES: &[&str] = &[
    "CREATE INDEX timer_by_claim ON timer (claimable)",
    "CREATE INDEX timer_by_ticket ON timer (organization, ticket) WHERE ticket IS NOT NULL",
    "CREATE INDEX document_key_by_id ON document_key (organization, kind, id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Timers {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let timer = Table::create()
            .table("timer")
            .col(text("organization"))
            .col(text("kind"))
            .col(text("id"))
            .col(text_null("ticket"))
            .col(big_integer("due"))
            .col(big_integer("claimable"))
            .col(text("payload"))
            .primary_key(Index::create().col("organization").col("kind").col("id"))
            .take();
        // By bytes on either database, whatever the language of the server.
        let mut value = text("value");
        if manager.get_database_backend() == DbBackend::Postgres {
            value.extra("COLLATE \"C\"");
        }
        let document_key = Table::create()
            .table("document_key")
            .col(text("organization"))
            .col(text("kind"))
            .col(text("name"))
            .col(value)
            .col(text("id"))
            .primary_key(Index::create().col("organization").col("kind").col("name").col("value").col("id"))
            .take();
        manager.create_table(timer).await?;
        manager.create_table(document_key).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}
