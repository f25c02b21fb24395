//! The words of tickets' subjects, by whose beginnings tickets are found. A subject does not change once a ticket is here.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, Statement, Value};
use ticket::{OrganizationId, Ticket};

use crate::error::StoreError;
use crate::names::count;
use crate::store::Store;
use crate::work::Work;

/// Longer words are cut.
const WORD_CHARS_MAX: usize = 64;

/// How many words one statement writes: far from the 32,766 values that SQLite takes.
const ROWS_MAX: usize = 2_000;

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

/// The statement that writes words of an organization's tickets, each with its ticket.
pub(crate) fn insert(rows: &[(&str, String, String)]) -> (String, Vec<Value>) {
    let place = |row: usize| format!("(${}, ${}, ${})", 3 * row + 1, 3 * row + 2, 3 * row + 3);
    let places: Vec<String> = (0..rows.len()).map(place).collect();
    let places = places.join(", ");
    let sql = format!("INSERT INTO ticket_word (organization, word, ticket) VALUES {places} ON CONFLICT DO NOTHING");
    let value = |(of, word, ticket): &(&str, String, String)| [Value::from(*of), word.into(), ticket.into()];
    (sql, rows.iter().flat_map(value).collect())
}

impl Work {
    /// Keeps the words of tickets that are new here.
    pub(crate) async fn put_words(&self, tickets: &[Ticket]) -> Result<(), StoreError> {
        let of = |ticket: &Ticket| {
            let id = ticket.facts.id.to_string();
            let words = words(&ticket.facts.subject).into_iter();
            let of = ticket.facts.organization.as_str().to_owned();
            words.map(move |word| (of.clone(), word, id.clone())).collect::<Vec<_>>()
        };
        let rows: Vec<(String, String, String)> = tickets.iter().flat_map(of).collect();
        for some in rows.chunks(ROWS_MAX) {
            let some: Vec<_> = some.iter().map(|(of, word, id)| (of.as_str(), word.clone(), id.clone())).collect();
            let (sql, values) = insert(&some);
            self.run(&sql, values).await?;
        }
        Ok(())
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
