//! Current rows of tickets.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ticket::{OrganizationId, Ticket, TicketId};

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
        let row = find(organization, id).lock_exclusive().one(&self.transaction).await;
        let row = row.map_err(|error| self.fault(error))?;
        self.note_locked(organization, id);
        row.map(read).transpose()
    }

    /// Writes `ticket` over what `read` saw; none when it must be new here.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another write came between, [`StoreError::AlreadyExists`] when it should be new
    /// and is not; else what the database says.
    pub async fn put(&self, ticket: &Ticket, read: Option<Version>) -> Result<Version, StoreError> {
        let version = match read {
            None => self.put_new(ticket).await?,
            Some(read) => self.put_over(ticket, read).await?,
        };
        self.note_locked(&ticket.facts.organization, ticket.facts.id);
        Ok(version)
    }

    async fn put_new(&self, ticket: &Ticket) -> Result<Version, StoreError> {
        let wake = ticket.wake.as_ref().map(|wake| micros(wake.at));
        let row = ActiveModel {
            organization: Set(ticket.facts.organization.to_string()),
            id: Set(ticket.facts.id.to_string()),
            line: Set(ticket.line.name().to_owned()),
            custody: Set(CustodyKind::of(&ticket.custody).name().to_owned()),
            state: Set(StateKind::of(&ticket.state).name().to_owned()),
            epoch: Set(i64::from(ticket.epoch.number())),
            priority: Set(ticket.facts.priority as i16),
            zone: Set(ticket.assignment.zone.clone()),
            group_name: Set(ticket.assignment.group.clone()),
            assignee: Set(ticket.assignment.assignee.clone()),
            client: Set(ticket.facts.client.clone()),
            opened_at: Set(micros(ticket.facts.opened_at)),
            changed_at: Set(micros(ticket.changed_at)),
            wake_at: Set(wake),
            wake_due: Set(wake),
            version: Set(Version::FIRST.0),
            document: Set(to_json(ticket)?),
            own: Set(None),
        };
        if self.insert(Entity::insert(row).on_conflict_do_nothing()).await? {
            Ok(Version::FIRST)
        } else {
            Err(StoreError::AlreadyExists { what: ticket.facts.id.to_string() })
        }
    }

    async fn put_over(&self, ticket: &Ticket, read: Version) -> Result<Version, StoreError> {
        let wake = ticket.wake.as_ref().map(|wake| micros(wake.at));
        // A lease on the wake-up stays as long as the wake-up does.
        let same = wake.map_or_else(|| Column::WakeAt.is_null(), |at| Column::WakeAt.eq(at));
        let wake_due = Expr::case(same, Expr::col(Column::WakeDue)).finally(Expr::val(wake));
        let done = Entity::update_many()
            .col_expr(Column::WakeDue, wake_due.into())
            .set(ActiveModel {
                line: Set(ticket.line.name().to_owned()),
                custody: Set(CustodyKind::of(&ticket.custody).name().to_owned()),
                state: Set(StateKind::of(&ticket.state).name().to_owned()),
                epoch: Set(i64::from(ticket.epoch.number())),
                priority: Set(ticket.facts.priority as i16),
                zone: Set(ticket.assignment.zone.clone()),
                group_name: Set(ticket.assignment.group.clone()),
                assignee: Set(ticket.assignment.assignee.clone()),
                client: Set(ticket.facts.client.clone()),
                opened_at: Set(micros(ticket.facts.opened_at)),
                changed_at: Set(micros(ticket.changed_at)),
                wake_at: Set(wake),
                version: Set(read.next().0),
                document: Set(to_json(ticket)?),
                ..Default::default()
            })
            .filter(Column::Organization.eq(ticket.facts.organization.as_str()))
            .filter(Column::Id.eq(ticket.facts.id.to_string()))
            .filter(Column::Version.eq(read.0))
            .exec(&self.transaction)
            .await
            .map_err(|error| self.fault(error))?;
        if done.rows_affected == 1 {
            Ok(read.next())
        } else {
            Err(StoreError::Conflict { what: ticket.facts.id.to_string() })
        }
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
            query.into_tuple().one(&self.transaction).await.map_err(|error| self.fault(error))?;
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
            .exec(&self.transaction)
            .await
            .map_err(|error| self.fault(error))?;
        if done.rows_affected == 1 { Ok(()) } else { Err(StoreError::Missing { what: id.to_string() }) }
    }
}

fn find(organization: &OrganizationId, id: TicketId) -> sea_orm::Select<Entity> {
    Entity::find_by_id((organization.to_string(), id.to_string()))
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
