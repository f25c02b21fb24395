//! People as queues know them: who is away, whose turn it is, how much each has in hand.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use ticket::OrganizationId;

use crate::error::StoreError;
use crate::names::{count, instant, micros};
use crate::store::Store;
use crate::tickets::padded;
use crate::work::Work;

/// Somebody does not work now, whatever their calendar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    /// Since when.
    pub since: Timestamp,
    /// Until when, if they said so.
    pub until: Option<Timestamp>,
}

/// What is known about a person beside the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether they are away.
    pub away: Option<Away>,
    /// When a ticket was last given to them, in microseconds since 1970; 0 for never.
    pub turn: i64,
}

/// The statement that tells how people stand.
pub(crate) fn standing(organization: &OrganizationId, people: &[String], backend: DbBackend) -> Statement {
    of_people(
        "SELECT id, away_since, away_until, turn FROM person WHERE organization = $1 AND id IN",
        "",
        organization,
        people,
        backend,
    )
}

/// The statement that counts what people have in hand.
pub(crate) fn loads(organization: &OrganizationId, people: &[String], backend: DbBackend) -> Statement {
    // Word for word the condition of the index of active tickets.
    let before = "SELECT assignee, COUNT(*) FROM ticket WHERE organization = $1 \
         AND custody = 'held' AND state <> 'closed' AND state <> 'resolved' AND assignee IN";
    of_people(before, "GROUP BY assignee", organization, people, backend)
}

fn of_people(
    before: &str,
    behind: &str,
    organization: &OrganizationId,
    people: &[String],
    backend: DbBackend,
) -> Statement {
    let people = padded(people.to_vec());
    let names: Vec<String> = (2..2 + people.len()).map(|n| format!("${n}")).collect();
    let sql = format!("{before} ({}) {behind}", names.join(", "));
    let values = std::iter::once(organization.as_str().into()).chain(people.iter().map(|one| one.as_str().into()));
    Statement::from_sql_and_values(backend, sql, values)
}

fn read_standing(row: &QueryResult) -> Result<(String, Standing), StoreError> {
    let since: Option<i64> = row.try_get_by_index(1)?;
    let until: Option<i64> = row.try_get_by_index(2)?;
    let away = match since {
        Some(since) => Some(Away {
            since: instant(since, "a person")?,
            until: until.map(|until| instant(until, "a person")).transpose()?,
        }),
        None => None,
    };
    Ok((row.try_get_by_index(0)?, Standing { away, turn: row.try_get_by_index(3)? }))
}

fn read_load(row: &QueryResult) -> Result<(String, u64), StoreError> {
    Ok((row.try_get_by_index(0)?, count(row.try_get_by_index(1)?)))
}

impl Store {
    /// How each of `people` stands and how many tickets each has in hand: two statements for all.
    ///
    /// # Errors
    /// What the database says.
    pub async fn staff(
        &self,
        organization: &OrganizationId,
        people: &[String],
    ) -> Result<(BTreeMap<String, Standing>, BTreeMap<String, u64>), StoreError> {
        if people.is_empty() {
            return Ok(Default::default());
        }
        let backend = self.reader.get_database_backend();
        let known = self.reader.query_all_raw(standing(organization, people, backend)).await?;
        let busy = self.reader.query_all_raw(loads(organization, people, backend)).await?;
        let known = known.iter().map(read_standing).collect::<Result<_, _>>()?;
        Ok((known, busy.iter().map(read_load).collect::<Result<_, _>>()?))
    }
}

impl Work {
    /// As [`Store::staff`], inside the transaction.
    ///
    /// # Errors
    /// What the database says.
    pub async fn staff(
        &self,
        organization: &OrganizationId,
        people: &[String],
    ) -> Result<(BTreeMap<String, Standing>, BTreeMap<String, u64>), StoreError> {
        if people.is_empty() {
            return Ok(Default::default());
        }
        let (known, busy) =
            (standing(organization, people, self.backend()), loads(organization, people, self.backend()));
        let known = self.transaction().await?.query_all_raw(known).await.map_err(|error| self.fault(error))?;
        let busy = self.transaction().await?.query_all_raw(busy).await.map_err(|error| self.fault(error))?;
        let known = known.iter().map(read_standing).collect::<Result<_, _>>()?;
        Ok((known, busy.iter().map(read_load).collect::<Result<_, _>>()?))
    }

    /// Says whether somebody is away.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_away(
        &self,
        organization: &OrganizationId,
        person: &str,
        away: Option<Away>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO person (organization, id, away_since, away_until, turn) VALUES ($1, $2, $3, $4, 0) \
             ON CONFLICT (organization, id) DO UPDATE \
             SET away_since = excluded.away_since, away_until = excluded.away_until";
        let since = away.map(|away| micros(away.since));
        let until = away.and_then(|away| away.until).map(micros);
        self.run(sql, vec![organization.as_str().into(), person.into(), since.into(), until.into()]).await.map(|_| ())
    }

    /// Notes that somebody was given a ticket at `now`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_turn(
        &self,
        organization: &OrganizationId,
        person: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO person (organization, id, turn) VALUES ($1, $2, $3) \
             ON CONFLICT (organization, id) DO UPDATE SET turn = \
             CASE WHEN person.turn >= excluded.turn THEN person.turn + 1 ELSE excluded.turn END";
        self.run(sql, vec![organization.as_str().into(), person.into(), micros(now).into()]).await.map(|_| ())
    }
}
