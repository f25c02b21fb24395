//! Step 4: the words of subjects, and by which way a request came in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

use crate::word;

pub(super) struct Words;

impl MigrationName for Words {
    fn name(&self) -> &'static str {
        "m0004_words"
    }
}

const CHANNELS_OF_SQLITE: &str = "INSERT INTO ticket_mark (organization, kind, value, ticket) \
     SELECT DISTINCT organization, 'channel', json_extract(document, '$.body.channel'), ticket FROM event \
     WHERE kind = 'registered' AND json_extract(document, '$.body.channel') IS NOT NULL ON CONFLICT DO NOTHING";

const CHANNELS_OF_POSTGRES: &str = "INSERT INTO ticket_mark (organization, kind, value, ticket) \
     SELECT DISTINCT organization, 'channel', document::jsonb #>> '{body,channel}', ticket FROM event \
     WHERE kind = 'registered' AND document::jsonb #>> '{body,channel}' IS NOT NULL ON CONFLICT DO NOTHING";

#[async_trait::async_trait]
impl MigrationTrait for Words {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // By bytes on either database, whatever the language of the server.
        let mut word = text("word");
        if manager.get_database_backend() == DbBackend::Postgres {
            word.extra("COLLATE \"C\"");
        }
        let table = Table::create()
            .table("ticket_word")
            .col(text("organization"))
            .col(word)
            .col(text("ticket"))
            .primary_key(Index::create().col("organization").col("word").col("ticket"))
            .take();
        manager.create_table(table).await?;
        let by_ticket = "CREATE INDEX ticket_word_by_ticket ON ticket_word (organization, ticket, word)";
        manager.get_connection().execute_unprepared(by_ticket).await?;
        fill(manager.get_connection(), manager.get_database_backend()).await
    }
}

/// Gives the tickets that are there their words and channels.
pub(super) async fn fill(connection: &impl ConnectionTrait, backend: DbBackend) -> Result<(), DbErr> {
    let channels = match backend {
        DbBackend::Postgres => CHANNELS_OF_POSTGRES,
        _ => CHANNELS_OF_SQLITE,
    };
    connection.execute_unprepared(channels).await?;
    let page = "SELECT organization, id, subject FROM ticket WHERE (organization, id) > ($1, $2) \
         ORDER BY organization, id LIMIT 200";
    let mut after = (String::new(), String::new());
    loop {
        let values = [after.0.as_str().into(), after.1.as_str().into()];
        let rows = connection.query_all_raw(Statement::from_sql_and_values(backend, page, values)).await?;
        for row in &rows {
            after = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let subject: String = row.try_get_by_index(2)?;
            let words: Vec<_> =
                word::words(&subject).into_iter().map(|word| (after.0.as_str(), word, after.1.as_str())).collect();
            connection.execute_raw(word::insert(&words, backend)).await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}
