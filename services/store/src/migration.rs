//! The tables, made step by step. A step that was released is never edited; the next change is a new step.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, boolean, integer, small_integer, text, text_null,
};
use sea_orm_migration::sea_orm::DbBackend;

mod decisions;
mod fewer;
#[cfg(test)]
mod filled;
mod narrow;
mod queues;
mod scenarios;
mod timers;
mod words;

/// Every step, oldest first.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(FirstTables),
            Box::new(timers::Timers),
            Box::new(queues::Queues),
            Box::new(words::Words),
            Box::new(narrow::Narrow),
            Box::new(decisions::Decisions),
            Box::new(scenarios::Scenarios),
            Box::new(fewer::Fewer),
        ]
    }
}

struct FirstTables;

impl MigrationName for FirstTables {
    fn name(&self) -> &'static str {
        "m0001_first_tables"
    }
}

/// One for each way in which rows are looked for; the test `no_query_reads_a_whole_table` holds them to it.
const INDEXES: &[&str] = &[
    "CREATE INDEX ticket_by_opened ON ticket (organization, opened_at, id)",
    "CREATE INDEX ticket_by_custody ON ticket (organization, custody, opened_at, id)",
    "CREATE INDEX ticket_by_zone ON ticket (organization, zone, opened_at, id) WHERE zone IS NOT NULL",
    "CREATE INDEX ticket_by_assignee ON ticket (organization, assignee, opened_at, id) WHERE assignee IS NOT NULL",
    // The queues that people work from: they stay short while the closed and the passed on pile up.
    "CREATE INDEX ticket_active ON ticket (organization, custody, opened_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_active_by_zone ON ticket (organization, custody, zone, opened_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_active_by_assignee ON ticket (organization, custody, assignee, opened_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_by_client ON ticket (organization, client, opened_at, id)",
    "CREATE INDEX ticket_by_wake ON ticket (wake_due) WHERE wake_due IS NOT NULL",
    "CREATE INDEX event_by_ticket ON event (organization, ticket, seq)",
    "CREATE INDEX event_by_organization ON event (organization, xid, seq)",
    "CREATE INDEX event_by_position ON event (xid, seq)",
    "CREATE UNIQUE INDEX outbox_by_id ON outbox (id)",
    "CREATE INDEX outbox_by_due ON outbox (due, seq) WHERE NOT dead",
    "CREATE INDEX outbox_by_key ON outbox (organization, order_key, seq) WHERE NOT dead AND order_key IS NOT NULL",
    "CREATE INDEX outbox_dead ON outbox (organization, seq) WHERE dead",
];

#[async_trait::async_trait]
impl MigrationTrait for FirstTables {
    /// All or nothing on SQLite as well, so that a process killed here leaves no half-made tables.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables(manager.get_database_backend()) {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}

fn tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("ticket")
            .col(text("organization"))
            .col(text("id"))
            .col(text("line"))
            .col(text("custody"))
            .col(text("state"))
            .col(big_integer("epoch"))
            .col(small_integer("priority"))
            .col(text_null("zone"))
            .col(text_null("group_name"))
            .col(text_null("assignee"))
            .col(text("client"))
            .col(big_integer("opened_at"))
            .col(big_integer("changed_at"))
            .col(big_integer_null("wake_at"))
            .col(big_integer_null("wake_due"))
            .col(big_integer("version"))
            .col(text("document"))
            .col(text_null("own"))
            .primary_key(Index::create().col("organization").col("id"))
            .take(),
        Table::create()
            .table("event")
            .col(big_pk_auto("seq"))
            .col(big_integer("xid").default(this_transaction(backend)))
            .col(text("organization"))
            .col(text("ticket"))
            .col(big_integer("epoch"))
            .col(big_integer("at"))
            .col(text("kind"))
            .col(text("document"))
            .take(),
        Table::create()
            .table("outbox")
            .col(big_pk_auto("seq"))
            .col(text("id"))
            .col(text("organization"))
            .col(text("ticket"))
            .col(text_null("handover"))
            .col(text("receiver"))
            .col(text_null("order_key"))
            .col(text("kind"))
            .col(blob("payload"))
            .col(text("trace"))
            .col(big_integer("since"))
            .col(big_integer("due"))
            .col(integer("attempts"))
            .col(boolean("dead"))
            .col(text_null("error"))
            .take(),
        Table::create()
            .table("inbox")
            .col(text("organization"))
            .col(text("id"))
            .col(text_null("ticket"))
            .col(big_integer_null("epoch"))
            .col(blob("fingerprint"))
            .col(blob("answer"))
            .primary_key(Index::create().col("organization").col("id"))
            .take(),
        Table::create()
            .table("request")
            .col(text("organization"))
            .col(text("caller"))
            .col(text("method"))
            .col(text("id"))
            .col(blob("fingerprint"))
            .col(blob("answer"))
            .col(big_integer("at"))
            .primary_key(Index::create().col("organization").col("caller").col("method").col("id"))
            .take(),
        Table::create()
            .table("alias")
            .col(text("organization"))
            .col(text("kind"))
            .col(text("value"))
            .col(text("ticket"))
            .primary_key(Index::create().col("organization").col("kind").col("value"))
            .take(),
        Table::create()
            .table("counter")
            .col(text("organization"))
            .col(text("series"))
            .col(big_integer("value"))
            .primary_key(Index::create().col("organization").col("series"))
            .take(),
        Table::create()
            .table("document")
            .col(text("organization"))
            .col(text("kind"))
            .col(text("id"))
            .col(big_integer("version"))
            .col(text("body"))
            .primary_key(Index::create().col("organization").col("kind").col("id"))
            .take(),
    ]
}

/// The writing transaction, by which readers tell late commits from early ones (see [`crate::log`]).
fn this_transaction(backend: DbBackend) -> SimpleExpr {
    match backend {
        DbBackend::Postgres => Expr::cust("(pg_current_xact_id()::text::bigint)"),
        // One writer: the order of the sequence is the order of commits.
        _ => Expr::val(0),
    }
}
