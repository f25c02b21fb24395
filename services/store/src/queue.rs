//! Queues as people look through them: filters over everything, four orders, stable pages, counts.

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement, Value};
use ticket::facts::Kind;
use ticket::priority::Mood;
use ticket::{Language, OrganizationId, Priority, Ticket, TicketId};

use crate::error::StoreError;
use crate::listing::{CustodyKind, PAGE_SIZE_MAX, StateKind};
use crate::mark::Mark;
use crate::names::{count, instant};
use crate::queue_sql::{COUNT_MAX, counts, page};
use crate::rows::ticket::{Entity, Model};
use crate::store::Store;
use crate::tickets::{NEVER, Version, read};
use crate::work::Work;

/// From an instant on, and before another; none for without end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Range {
    /// The first instant that belongs to it.
    pub from: Option<Timestamp>,
    /// The first instant after it.
    pub to: Option<Timestamp>,
}

/// Which tickets are wanted; what is none or empty does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether this line holds it.
    pub custody: Option<CustodyKind>,
    /// What is being done about it: any of these.
    pub states: Vec<StateKind>,
    /// What it waits for, by the names of documents: any of these.
    pub hold_reasons: Vec<String>,
    /// The zone of responsibility.
    pub zone: Option<String>,
    /// The group; empty for tickets that no group has.
    pub group: Option<String>,
    /// The person who works on it; empty for tickets that nobody works on.
    pub assignee: Option<String>,
    /// The client, by the organization's reference.
    pub client: Option<String>,
    /// The category.
    pub category: Option<String>,
    /// The product, as the ticket names it.
    pub product: Option<String>,
    /// Any of these kinds.
    pub kinds: Vec<Kind>,
    /// The lowest and the highest priority.
    pub priorities: Option<(Priority, Priority)>,
    /// Any of these moods.
    pub moods: Vec<Mood>,
    /// The client's language.
    pub language: Option<Language>,
    /// For each of these a mark that it has, with any of the values.
    pub marks: Vec<(Mark, Vec<String>)>,
    /// Beginnings of words that its subject has, in any case and order.
    pub text: Option<String>,
    /// When it was opened.
    pub opened: Range,
    /// When it last changed.
    pub changed: Range,
    /// When it is due.
    pub due: Range,
}

/// What the viewer may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything of the line.
    All,
    /// What `groups` have, what no group has, and what `person` works on.
    Of {
        /// Who looks.
        person: String,
        /// Their groups, each once.
        groups: Vec<String>,
    },
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The latest opened first.
    Opened,
    /// The latest changed first. A ticket that changes while one turns pages goes to the front, and is not repeated.
    Changed,
    /// The most urgent first, among these the longest waiting.
    Priority,
    /// The soonest due first.
    Due,
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::Opened, Self::Changed, Self::Priority, Self::Due];

    /// The columns, whether they fall, and the sign of its tokens.
    pub(crate) fn columns(self) -> (&'static [&'static str], bool, char) {
        match self {
            Self::Opened => (&["opened_at", "id"], true, 'o'),
            Self::Changed => (&["changed_at", "id"], true, 'c'),
            Self::Priority => (&["urgency_rank", "opened_at", "id"], false, 'p'),
            Self::Due => (&["due_at", "id"], false, 'd'),
        }
    }

    fn token(self, row: &Model) -> String {
        match self {
            Self::Opened => format!("o.{}.{}", row.opened_at, row.id),
            Self::Changed => format!("c.{}.{}", row.changed_at, row.id),
            Self::Priority => format!("p.{}.{}.{}", row.urgency_rank, row.opened_at, row.id),
            Self::Due => format!("d.{}.{}", row.due_at, row.id),
        }
    }

    pub(crate) fn parse(self, token: &str) -> Result<Vec<Value>, StoreError> {
        let (columns, _, sign) = self.columns();
        let parts: Vec<&str> = token.split('.').collect();
        let parse = || -> Option<Vec<Value>> {
            let (first, keys) = parts.split_first()?;
            let (id, numbers) = keys.split_last()?;
            (*first == sign.to_string() && keys.len() == columns.len()).then_some(())?;
            let numbers = numbers.iter().map(|number| number.parse::<i64>().ok().map(Value::from));
            let id: TicketId = id.parse().ok()?;
            numbers.chain([Some(Value::from(id.to_string()))]).collect()
        };
        parse().ok_or(StoreError::BadToken)
    }
}

/// A page of a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// The tickets, each with the instant at which it is due.
    pub tickets: Vec<(Ticket, Version, Option<Timestamp>)>,
    /// What asks for the next page; none when this is the last.
    pub next: Option<String>,
}

/// How many tickets there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many, up to the limit.
    pub tickets: u64,
    /// There are more than that.
    pub more: bool,
}

impl Store {
    /// A page of the tickets that are wanted and that the viewer may see. A ticket that does not change keeps its place
    /// while others come and go, and is neither left out nor repeated.
    ///
    /// # Errors
    /// [`StoreError::BadToken`] when `after` was never a [`Queued::next`] of this order; else what the database says.
    pub async fn queue(
        &self,
        organization: &OrganizationId,
        scope: &Scope,
        wanted: &Wanted,
        sort: Sort,
        after: Option<&str>,
        size: u32,
    ) -> Result<Queued, StoreError> {
        let size = size.clamp(1, PAGE_SIZE_MAX);
        let backend = self.reader.get_database_backend();
        let rare = self.is_rare(organization, wanted.text.as_deref()).await?;
        let statement = page(organization, scope, wanted, sort, (after, size, rare), backend)?;
        let rows = Entity::find().from_raw_sql(statement).all(&self.reader).await?;
        queued(rows, sort, size)
    }

    /// How many of the tickets that the viewer may see each of `views` has: one statement for all.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count_queues(
        &self,
        organization: &OrganizationId,
        scope: &Scope,
        views: &[Wanted],
    ) -> Result<Vec<Counted>, StoreError> {
        let mut counted = vec![Counted::default(); views.len()];
        if views.is_empty() {
            return Ok(counted);
        }
        let statement = counts(organization, scope, views, self.reader.get_database_backend());
        for row in self.reader.query_all_raw(statement).await? {
            // PostgreSQL calls a small literal an integer, SQLite has one kind of them.
            let view = row.try_get_by_index::<i32>(0).map(i64::from).or_else(|_| row.try_get_by_index::<i64>(0))?;
            let tickets = count(row.try_get_by_index(1)?);
            if let Some(known) = usize::try_from(view).ok().and_then(|view| counted.get_mut(view)) {
                known.tickets += tickets;
            }
        }
        for known in &mut counted {
            known.more = known.tickets > COUNT_MAX;
            known.tickets = known.tickets.min(COUNT_MAX);
        }
        Ok(counted)
    }

    /// How the database goes about a page, step by step, for whoever measures.
    ///
    /// # Errors
    /// As [`Store::queue`].
    pub async fn explain_queue(
        &self,
        organization: &OrganizationId,
        scope: &Scope,
        wanted: &Wanted,
        sort: Sort,
        size: u32,
    ) -> Result<Vec<String>, StoreError> {
        let backend = self.reader.get_database_backend();
        let (how, column) = match backend {
            DbBackend::Postgres => ("EXPLAIN (ANALYZE, BUFFERS)", 0),
            _ => ("EXPLAIN QUERY PLAN", 3),
        };
        let rare = self.is_rare(organization, wanted.text.as_deref()).await?;
        let statement = page(organization, scope, wanted, sort, (None, size, rare), backend)?;
        let statement = Statement { sql: format!("{how} {}", statement.sql), ..statement };
        let rows = self.reader.query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(column)?)).collect()
    }

    /// Lets PostgreSQL see how its tables have grown, as its autovacuum does by itself within a minute where it is on: for
    /// whoever has just written very many rows and does not want to wait. Nothing happens on SQLite.
    ///
    /// # Errors
    /// What the database says.
    pub async fn look_over_tables(&self) -> Result<(), StoreError> {
        if self.reader.get_database_backend() == DbBackend::Postgres {
            self.reader.execute_unprepared("ANALYZE").await?;
        }
        Ok(())
    }

    /// The people and the groups of the tickets that are held here and not closed, each pair once.
    ///
    /// # Errors
    /// What the database says.
    pub async fn hands_in_use(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<(Option<String>, Option<String>)>, StoreError> {
        let sql = "SELECT DISTINCT assignee, group_name FROM ticket \
             WHERE organization = $1 AND custody = 'held' AND state <> 'closed' ORDER BY assignee, group_name";
        let backend = self.reader.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, [organization.as_str().into()]);
        let rows = self.reader.query_all_raw(statement).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}

impl Work {
    /// As [`Store::queue`] over the whole line and from the front, inside the transaction.
    ///
    /// # Errors
    /// What the database says.
    pub async fn queue(
        &self,
        organization: &OrganizationId,
        wanted: &Wanted,
        sort: Sort,
        size: u32,
    ) -> Result<Vec<TicketId>, StoreError> {
        self.queue_after(organization, wanted, sort, None, size).await.map(|(ids, _)| ids)
    }

    /// The same from the place `after`, and what asks for the next page; none when this is the last.
    ///
    /// # Errors
    /// As [`Store::queue`].
    pub async fn queue_after(
        &self,
        organization: &OrganizationId,
        wanted: &Wanted,
        sort: Sort,
        after: Option<&str>,
        size: u32,
    ) -> Result<(Vec<TicketId>, Option<String>), StoreError> {
        let size = size.clamp(1, PAGE_SIZE_MAX);
        let statement = page(organization, &Scope::All, wanted, sort, (after, size, false), self.backend())?;
        let rows = Entity::find().from_raw_sql(statement).all(self.transaction().await?).await;
        let Queued { tickets, next } = queued(rows.map_err(|error| self.fault(error))?, sort, size)?;
        Ok((tickets.into_iter().map(|(ticket, _, _)| ticket.facts.id).collect(), next))
    }
}

fn queued(rows: Vec<Model>, sort: Sort, size: u32) -> Result<Queued, StoreError> {
    let more = rows.len() > size as usize;
    let shown: Vec<Model> = rows.into_iter().take(size as usize).collect();
    let next = shown.last().filter(|_| more).map(|row| sort.token(row));
    let read_one = |row: Model| {
        let due = (row.due_at != NEVER).then(|| instant(row.due_at, &row.id)).transpose()?;
        read(row).map(|(ticket, version)| (ticket, version, due))
    };
    Ok(Queued { tickets: shown.into_iter().map(read_one).collect::<Result<_, _>>()?, next })
}
