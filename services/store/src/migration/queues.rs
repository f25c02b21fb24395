//! Step 3: what queues are looked through by, who is away, who looks at a ticket, and marks on tickets.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text};
use sea_orm_migration::sea_orm::{DbBackend, Statement};

pub(super) struct Queues;

impl MigrationName for Queues {
    fn name(&self) -> &'static str {
        "m0003_queues"
    }
}

const COLUMNS: &[&str] = &[
    "ALTER TABLE ticket ADD COLUMN queue TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE ticket ADD COLUMN urgency_rank BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE ticket ADD COLUMN category TEXT",
    "ALTER TABLE ticket ADD COLUMN product TEXT",
    "ALTER TABLE ticket ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE ticket ADD COLUMN mood TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE ticket ADD COLUMN language TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE ticket ADD COLUMN subject TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE ticket ADD COLUMN hold_reason TEXT",
    "ALTER TABLE ticket ADD COLUMN promised_at BIGINT",
    "ALTER TABLE ticket ADD COLUMN due_at BIGINT NOT NULL DEFAULT 9223372036854775807",
    "ALTER TABLE event ADD COLUMN version BIGINT NOT NULL DEFAULT 0",
];

const OF_SQLITE: &str = "UPDATE ticket SET queue = COALESCE(group_name, ''), urgency_rank = 3 - priority, \
     category = json_extract(document, '$.facts.category'), product = json_extract(document, '$.facts.product'), \
     kind = json_extract(document, '$.facts.kind'), mood = json_extract(document, '$.facts.mood'), \
     language = json_extract(document, '$.facts.language'), \
     hold_reason = json_extract(document, '$.state.reason.for'), \
     due_at = COALESCE(wake_at, 9223372036854775807)";

const OF_POSTGRES: &str = "UPDATE ticket SET queue = COALESCE(group_name, ''), urgency_rank = 3 - priority, \
     category = document::jsonb #>> '{facts,category}', product = document::jsonb #>> '{facts,product}', \
     kind = document::jsonb #>> '{facts,kind}', mood = document::jsonb #>> '{facts,mood}', \
     language = document::jsonb #>> '{facts,language}', hold_reason = document::jsonb #>> '{state,reason,for}', \
     due_at = COALESCE(wake_at, 9223372036854775807)";

const TAGS_OF_SQLITE: &str = "INSERT INTO ticket_mark (organization, kind, value, ticket) \
     SELECT DISTINCT ticket.organization, 'tag', tags.value, ticket.id FROM ticket, json_each(ticket.own, '$.tags') AS tags \
     WHERE ticket.own IS NOT NULL";

const TAGS_OF_POSTGRES: &str = "INSERT INTO ticket_mark (organization, kind, value, ticket) \
     SELECT DISTINCT ticket.organization, 'tag', tags.value, ticket.id FROM ticket, \
     jsonb_array_elements_text(COALESCE(ticket.own::jsonb -> 'tags', '[]'::jsonb)) AS tags(value) \
     WHERE ticket.own IS NOT NULL";

/// Each order of a queue, over the line and within a group. They stay short while the closed and the passed on pile up.
const INDEXES: &[&str] = &[
    "CREATE INDEX ticket_active_by_change ON ticket (organization, custody, changed_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_active_by_rank ON ticket (organization, custody, urgency_rank, opened_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_active_by_due ON ticket (organization, custody, due_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_active_of_queue ON ticket (organization, custody, queue, opened_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_active_of_queue_by_change ON ticket (organization, custody, queue, changed_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_active_of_queue_by_rank ON ticket (organization, custody, queue, urgency_rank, opened_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_active_of_queue_by_due ON ticket (organization, custody, queue, due_at, id) \
     WHERE custody = 'held' AND state <> 'closed'",
    "CREATE INDEX ticket_mark_by_ticket ON ticket_mark (organization, ticket)",
    "CREATE INDEX event_by_version ON event (organization, ticket, version, seq)",
];

#[async_trait::async_trait]
impl MigrationTrait for Queues {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (connection, backend) = (manager.get_connection(), manager.get_database_backend());
        for column in COLUMNS {
            connection.execute_unprepared(column).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        fill(connection, backend).await?;
        for index in INDEXES {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}

/// Gives the tickets that are there what queues are looked through by.
pub(super) async fn fill(connection: &impl ConnectionTrait, backend: DbBackend) -> Result<(), DbErr> {
    let filled = match backend {
        DbBackend::Postgres => [OF_POSTGRES, TAGS_OF_POSTGRES],
        _ => [OF_SQLITE, TAGS_OF_SQLITE],
    };
    for fill in filled {
        connection.execute_unprepared(fill).await?;
    }
    fill_subjects(connection, backend).await
}

/// Lower case is made here: SQLite knows that of ASCII only, and PostgreSQL what the server's language has.
async fn fill_subjects(connection: &impl ConnectionTrait, backend: DbBackend) -> Result<(), DbErr> {
    let subject = match backend {
        DbBackend::Postgres => "document::jsonb #>> '{facts,subject}'",
        _ => "json_extract(document, '$.facts.subject')",
    };
    let page = format!(
        "SELECT organization, id, {subject} FROM ticket WHERE (organization, id) > ($1, $2) \
         ORDER BY organization, id LIMIT 1000"
    );
    let mut after = (String::new(), String::new());
    loop {
        let values = [after.0.as_str().into(), after.1.as_str().into()];
        let rows = connection.query_all_raw(Statement::from_sql_and_values(backend, &page, values)).await?;
        for row in &rows {
            let (organization, id): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let subject: Option<String> = row.try_get_by_index(2)?;
            let values =
                [subject.unwrap_or_default().to_lowercase().into(), organization.as_str().into(), id.as_str().into()];
            let fill = "UPDATE ticket SET subject = $1 WHERE organization = $2 AND id = $3";
            connection.execute_raw(Statement::from_sql_and_values(backend, fill, values)).await?;
            after = (organization, id);
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("ticket_mark")
            .col(text("organization"))
            .col(text("kind"))
            .col(text("value"))
            .col(text("ticket"))
            .primary_key(Index::create().col("organization").col("kind").col("value").col("ticket"))
            .take(),
        Table::create()
            .table("ticket_viewer")
            .col(text("organization"))
            .col(text("ticket"))
            .col(text("person"))
            .col(boolean("editing"))
            .col(big_integer("until"))
            .primary_key(Index::create().col("organization").col("ticket").col("person"))
            .take(),
        Table::create()
            .table("person")
            .col(text("organization"))
            .col(text("id"))
            .col(big_integer_null("away_since"))
            .col(big_integer_null("away_until"))
            .col(big_integer("turn"))
            .primary_key(Index::create().col("organization").col("id"))
            .take(),
    ]
}
