//! Current rows of tickets.

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, TryInsertResult};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ticket::{Facts, HoldReason, OrganizationId, Priority, State, Ticket, TicketId};

use crate::error::StoreError;
use crate::listing::{CustodyKind, StateKind};
use crate::names::micros;
use crate::rows::ticket::{ActiveModel, Column, Entity, Model};
use crate::store::Store;
use crate::work::Work;

/// How often a row was written; shown again by whoever writes over what it read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub(crate) i64);

impl Version {
    pub(crate) const FIRST: Self = Self(1);

    /// The version `number`, as a caller repeats it; none for what no row can have.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        i64::try_from(number).ok().filter(|number| *number > 0).map(Self)
    }

    /// The number, from 1.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.unsigned_abs()
    }

    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Store {
    /// The ticket as this line has it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ticket(
        &self,
        organization: &OrganizationId,
        id: TicketId,
    ) -> Result<Option<(Ticket, Version)>, StoreError> {
        find(organization, id).one(&self.reader).await?.map(read).transpose()
    }

    /// The line's own document of the ticket; the default when none was written.
    ///
    /// # Errors
    /// What the database says.
    pub async fn own<T: DeserializeOwned + Default>(
        &self,
        organization: &OrganizationId,
        id: TicketId,
    ) -> Result<T, StoreError> {
        let json: Option<Option<String>> =
            find(organization, id).select_only().column(Column::Own).into_tuple().one(&self.reader).await?;
        read_own(json.flatten(), id)
    }
}

impl Work {
    /// The ticket, which nobody else changes until this work ends.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ticket(
        &self,
        organization: &OrganizationId,
        id: TicketId,
    ) -> Result<Option<(Ticket, Version)>, StoreError> {
        // The lock clause is left out on SQLite, where there is one writer.
        let row = find(organization, id).lock_exclusive().one(self.transaction().await?).await;
        let row = row.map_err(|error| self.fault(error))?;
        self.note_locked(organization, id);
        let found = row.map(read).transpose()?;
        if let Some((_, version)) = &found {
            self.note_version(organization, id, version.next().0);
        }
        Ok(found)
    }

    /// Those of `ids` that are here, by id, with one statement; nobody else changes them until this work ends.
    ///
    /// # Errors
    /// What the database says.
    pub async fn tickets(
        &self,
        organization: &OrganizationId,
        ids: &[TicketId],
    ) -> Result<Vec<(Ticket, Version)>, StoreError> {
        let ids: std::collections::BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
        // In the order of ids, so that two such works do not wait for each other.
        let query = Entity::find()
            .filter(Column::Organization.eq(organization.as_str()))
            .filter(Column::Id.is_in(padded(ids.into_iter().collect())))
            .order_by_asc(Column::Id)
            .lock_exclusive();
        let rows = query.all(self.transaction().await?).await.map_err(|error| self.fault(error))?;
        let found = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        for (ticket, version) in &found {
            self.note_locked(organization, ticket.facts.id);
            self.note_version(organization, ticket.facts.id, version.next().0);
        }
        Ok(found)
    }

    /// Writes `ticket` over what `read` saw; none when it must be new here.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another write came between, [`StoreError::AlreadyExists`] when it should be new
    /// and is not; else what the database says.
    pub async fn put(&self, ticket: &Ticket, read: Option<Version>) -> Result<Version, StoreError> {
        self.write(ticket, columns(ticket)?, read).await
    }

    /// As [`Work::put`], and the line's own document of the ticket as [`Work::put_own`], with one statement.
    ///
    /// # Errors
    /// As [`Work::put`].
    pub async fn put_with<T: Serialize + Sync>(
        &self,
        ticket: &Ticket,
        read: Option<Version>,
        own: &T,
    ) -> Result<Version, StoreError> {
        self.write(ticket, ActiveModel { own: Set(Some(to_json(own)?)), ..columns(ticket)? }, read).await
    }

    async fn write(&self, ticket: &Ticket, row: ActiveModel, read: Option<Version>) -> Result<Version, StoreError> {
        let version = match read {
            None => self.put_new(ticket, row).await?,
            Some(read) => self.put_over(ticket, row, read).await?,
        };
        self.note_locked(&ticket.facts.organization, ticket.facts.id);
        self.note_version(&ticket.facts.organization, ticket.facts.id, version.0);
        Ok(version)
    }

    async fn put_new(&self, ticket: &Ticket, row: ActiveModel) -> Result<Version, StoreError> {
        if self.insert(Entity::insert(new_row(ticket, row)).on_conflict_do_nothing()).await? {
            self.put_words(std::slice::from_ref(ticket)).await?;
            Ok(Version::FIRST)
        } else {
            Err(StoreError::AlreadyExists { what: ticket.facts.id.to_string() })
        }
    }

    /// Writes tickets that must all be new here, many with one statement.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when one is not new; else what the database says.
    pub async fn put_all_new(&self, tickets: &[Ticket]) -> Result<(), StoreError> {
        for some in tickets.chunks(ROWS_MAX) {
            let rows = some.iter().map(|ticket| Ok(new_row(ticket, columns(ticket)?)));
            let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
            let insert = Entity::insert_many(rows).on_conflict_do_nothing();
            let done =
                insert.exec_without_returning(self.transaction().await?).await.map_err(|error| self.fault(error))?;
            if !matches!(done, TryInsertResult::Inserted(written) if written == some.len() as u64) {
                return Err(StoreError::AlreadyExists { what: "one of many tickets".to_owned() });
            }
            // A new row is this transaction's own.
            some.iter().for_each(|ticket| self.note_locked(&ticket.facts.organization, ticket.facts.id));
            self.put_words(some).await?;
        }
        Ok(())
    }

    async fn put_over(&self, ticket: &Ticket, mut row: ActiveModel, read: Version) -> Result<Version, StoreError> {
        let wake = ticket.wake.as_ref().map(|wake| micros(wake.at));
        // A lease on the wake-up stays as long as the wake-up does.
        let same = wake.map_or_else(|| Column::WakeAt.is_null(), |at| Column::WakeAt.eq(at));
        let wake_due = Expr::case(same, Expr::col(Column::WakeDue)).finally(Expr::val(wake));
        // What was promised stands until the clocks say something else.
        let promised = Expr::case(Column::PromisedAt.is_null(), Expr::val(wake.unwrap_or(NEVER)));
        row.version = Set(read.next().0);
        let done = Entity::update_many()
            .col_expr(Column::WakeDue, wake_due.into())
            .col_expr(Column::DueAt, promised.finally(Expr::col(Column::PromisedAt)).into())
            .set(row)
            .filter(Column::Organization.eq(ticket.facts.organization.as_str()))
            .filter(Column::Id.eq(ticket.facts.id.to_string()))
            .filter(Column::Version.eq(read.0))
            .exec(self.transaction().await?)
            .await
            .map_err(|error| self.fault(error))?;
        if done.rows_affected == 1 {
            Ok(read.next())
        } else {
            Err(StoreError::Conflict { what: ticket.facts.id.to_string() })
        }
    }

    /// Says what was promised next about a ticket, by which queues are ordered; none when nothing is promised, so that
    /// its wake-up counts. Its version stays.
    ///
    /// # Errors
    /// What the database says.
    pub async fn set_promised(
        &self,
        organization: &OrganizationId,
        id: TicketId,
        at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let at = at.map(micros);
        let due_at = Func::coalesce([Expr::val(at), Expr::col(Column::WakeAt), Expr::val(NEVER)]);
        let promised = Entity::update_many()
            .col_expr(Column::PromisedAt, Expr::val(at))
            .col_expr(Column::DueAt, due_at.into())
            .filter(Column::Organization.eq(organization.as_str()))
            .filter(Column::Id.eq(id.to_string()));
        self.later(&promised).await
    }

    /// The line's own document of the ticket, for a change; the default when none was written.
    ///
    /// # Errors
    /// What the database says.
    pub async fn own<T: DeserializeOwned + Default>(
        &self,
        organization: &OrganizationId,
        id: TicketId,
    ) -> Result<T, StoreError> {
        let query = find(organization, id).select_only().column(Column::Own).lock_exclusive();
        let json: Option<Option<String>> =
            query.into_tuple().one(self.transaction().await?).await.map_err(|error| self.fault(error))?;
        self.note_locked(organization, id);
        read_own(json.flatten(), id)
    }

    /// Writes the line's own document of the ticket, which must have been put before. Its version stays.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the ticket is not there; else what the database says.
    pub async fn put_own<T: Serialize + Sync>(
        &self,
        organization: &OrganizationId,
        id: TicketId,
        own: &T,
    ) -> Result<(), StoreError> {
        let done = Entity::update_many()
            .col_expr(Column::Own, Expr::value(to_json(own)?))
            .filter(Column::Organization.eq(organization.as_str()))
            .filter(Column::Id.eq(id.to_string()))
            .exec(self.transaction().await?)
            .await
            .map_err(|error| self.fault(error))?;
        if done.rows_affected == 1 { Ok(()) } else { Err(StoreError::Missing { what: id.to_string() }) }
    }
}

/// `due_at` of what is due never.
pub(crate) const NEVER: i64 = i64::MAX;

/// How many rows one statement writes: far from the 32,766 values that SQLite takes.
pub(crate) const ROWS_MAX: usize = 500;

/// What a write of `ticket` sets, new or not.
fn columns(ticket: &Ticket) -> Result<ActiveModel, StoreError> {
    let Facts { kind, subject, language, client, priority, mood, category, product, opened_at, .. } = &ticket.facts;
    Ok(ActiveModel {
        line: Set(ticket.line.name().to_owned()),
        custody: Set(CustodyKind::of(&ticket.custody).name().to_owned()),
        state: Set(StateKind::of(&ticket.state).name().to_owned()),
        epoch: Set(i64::from(ticket.epoch.number())),
        priority: Set(*priority as i16),
        zone: Set(ticket.assignment.zone.clone()),
        group_name: Set(ticket.assignment.group.clone()),
        assignee: Set(ticket.assignment.assignee.clone()),
        client: Set(client.clone()),
        opened_at: Set(micros(*opened_at)),
        changed_at: Set(micros(ticket.changed_at)),
        wake_at: Set(ticket.wake.as_ref().map(|wake| micros(wake.at))),
        document: Set(to_json(ticket)?),
        queue: Set(ticket.assignment.group.clone().unwrap_or_default()),
        urgency_rank: Set(rank(*priority)),
        category: Set(category.clone()),
        product: Set(product.clone()),
        kind: Set(named(kind)),
        mood: Set(mood.name().to_owned()),
        language: Set(language.code().to_owned()),
        subject: Set(subject.to_lowercase()),
        hold_reason: Set(match &ticket.state {
            State::OnHold { reason, .. } => Some(hold_name(reason)),
            State::Open | State::Resolved { .. } | State::Closed { .. } => None,
        }),
        ..Default::default()
    })
}

/// The whole row of a new ticket, of which `row` is what every write sets.
fn new_row(ticket: &Ticket, row: ActiveModel) -> ActiveModel {
    let wake = ticket.wake.as_ref().map(|wake| micros(wake.at));
    ActiveModel {
        organization: Set(ticket.facts.organization.to_string()),
        id: Set(ticket.facts.id.to_string()),
        wake_due: Set(wake),
        version: Set(Version::FIRST.0),
        own: if row.own.is_set() { row.own } else { Set(None) },
        promised_at: Set(None),
        due_at: Set(wake.unwrap_or(NEVER)),
        ..row
    }
}

/// 0 for what is critical, 3 for what is low.
pub(crate) fn rank(priority: Priority) -> i64 {
    Priority::Critical as i64 - priority as i64
}

/// The name of a value of a plain enum, as documents spell it.
pub(crate) fn named(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}

/// What a hold waits for, as documents spell it.
fn hold_name(reason: &HoldReason) -> String {
    let json = serde_json::to_value(reason).unwrap_or_default();
    json.get("for").and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}

fn find(organization: &OrganizationId, id: TicketId) -> sea_orm::Select<Entity> {
    Entity::find_by_id((organization.to_string(), id.to_string()))
}

/// `values` filled up with its last to a power of two, so that there are few texts of statements.
pub(crate) fn padded(mut values: Vec<String>) -> Vec<String> {
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

/// A row's ticket; the columns that say whose it is must agree with it.
pub(crate) fn read(row: Model) -> Result<(Ticket, Version), StoreError> {
    let ticket: Ticket = serde_json::from_str(&row.document).map_err(|error| StoreError::not_json(&row.id, &error))?;
    if ticket.facts.id.to_string() != row.id || ticket.facts.organization.as_str() != row.organization {
        let why = "the document belongs to another ticket".to_owned();
        return Err(StoreError::Corrupt { what: row.id, why });
    }
    Ok((ticket, Version(row.version)))
}

fn read_own<T: DeserializeOwned + Default>(json: Option<String>, id: TicketId) -> Result<T, StoreError> {
    match json {
        Some(json) => serde_json::from_str(&json)
            .map_err(|error| StoreError::not_json(format!("the line's document of {id}"), &error)),
        None => Ok(T::default()),
    }
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(std::sync::Arc::new(error)))
}
