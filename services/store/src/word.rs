//! The words of tickets' subjects, by whose beginnings tickets are found. A subject does not change once a ticket is here.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use ticket::{OrganizationId, Ticket};

use crate::error::StoreError;
use crate::names::count;
use crate::store::Store;
use crate::work::Work;

/// Longer words are cut.
const WORD_CHARS_MAX: usize = 64;

/// A word of fewer tickets than that is where a search begins; for others the queue is walked until a page is full.
const RARE_MAX: u64 = 1_000;

/// The words of `text`, each once, in small letters; «ё» is «е», as most write it.
pub(crate) fn words(text: &str) -> BTreeSet<String> {
    let small = text.to_lowercase().replace('ё', "е");
    let words = small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(WORD_CHARS_MAX).collect()).collect()
}

/// The longest word of `text`: mostly the one that the fewest subjects have.
pub(crate) fn longest(text: &str) -> Option<String> {
    words(text).into_iter().max_by_key(|word| word.chars().count())
}

/// What comes after every word that begins with `word`.
pub(crate) fn beyond(word: &str) -> String {
    format!("{word}\u{10FFFF}")
}

/// The statement that writes words: whose, the word, of which ticket. One text however many there are, so that it is prepared
/// once.
pub(crate) fn insert(rows: &[(&str, String, &str)], backend: DbBackend) -> Statement {
    let sql = match backend {
        DbBackend::Postgres => {
            "INSERT INTO ticket_word (organization, word, ticket) \
             SELECT row ->> 0, row ->> 1, row ->> 2 FROM jsonb_array_elements($1::jsonb) AS row ON CONFLICT DO NOTHING"
        }
        // Without a condition SQLite would take `ON CONFLICT` for that of a join.
        _ => {
            "INSERT INTO ticket_word (organization, word, ticket) \
             SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE TRUE ON CONFLICT DO NOTHING"
        }
    };
    Statement::from_sql_and_values(backend, sql, [serde_json::json!(rows).to_string().into()])
}

impl Work {
    /// Keeps the words of tickets that are new here, where somebody will look for them.
    pub(crate) async fn put_words(&self, tickets: &[Ticket]) -> Result<(), StoreError> {
        let ids: Vec<String> = tickets.iter().map(|ticket| ticket.facts.id.to_string()).collect();
        let with_ids = tickets.iter().zip(&ids).filter(|(ticket, _)| ticket.line.has_queues());
        let rows = with_ids.flat_map(|(Ticket { facts, .. }, id)| {
            words(&facts.subject).into_iter().map(|word| (facts.organization.as_str(), word, id.as_str()))
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.later_raw(insert(&rows, self.backend())).await
    }
}

impl Store {
    /// Whether few tickets have the longest word of `text`, so that a search had better begin with these.
    pub(crate) async fn is_rare(&self, organization: &OrganizationId, text: Option<&str>) -> Result<bool, StoreError> {
        let Some(word) = text.and_then(longest) else { return Ok(false) };
        let few = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM ticket_word WHERE organization = $1 AND word >= $2 AND word < $3 \
             LIMIT {}) AS few",
            RARE_MAX + 1
        );
        let values = [organization.as_str().into(), word.as_str().into(), beyond(&word).into()];
        let statement = Statement::from_sql_and_values(self.reader.get_database_backend(), few, values);
        let row = self.reader.query_one_raw(statement).await?;
        let found = row.map(|row| row.try_get_by_index(0)).transpose()?.map_or(0, count);
        Ok(found <= RARE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_by_what_is_neither_letter_nor_figure() {
        let found: Vec<String> = words("Не работает VPN-клиент №2: «Ёлка», 100%").into_iter().collect();
        assert_eq!(found, ["100", "2", "vpn", "елка", "клиент", "не", "работает"]);
        assert_eq!(longest("в ОФИСЕ нет").as_deref(), Some("офисе"));
        assert!("офисе" < beyond("офис").as_str() && "офит" > beyond("офис").as_str());
        assert_eq!(words("%_ — !").len(), 0);
    }
}
