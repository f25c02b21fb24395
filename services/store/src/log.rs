//! The log of events: written once, read in order, never with a gap.
//!
//! On PostgreSQL the order of a sequence is not the order of commits: a reader who has seen number 8 may miss a 7 that
//! commits later. Two rules keep readers whole:
//! - **One ticket's events** are written under the lock of its row, so that among them the order of numbers is the
//!   order of commits, and a caller reads what it has just written.
//! - **The feed of all tickets** goes by (transaction, number) and stops short of the oldest transaction that is still
//!   open: whatever commits later comes later. A transaction that stays open anywhere on the server, in another
//!   database even, holds the feed up as long.
//!
//! On SQLite, with one writer, both are the plain order of numbers.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, Order};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, NotSet, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, Set,
};
use ticket::{Event, OrganizationId, TicketId};

use crate::error::StoreError;
use crate::names::micros;
use crate::rows::event::{ActiveModel, Column, Entity, Model};
use crate::store::Store;
use crate::tickets::ROWS_MAX;
use crate::work::Work;

/// The most events of one reading; a larger wish gets this many.
pub const EVENTS_MAX: u32 = 1000;

/// A place in the log. As text it is a resume token: `transaction.number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    xid: i64,
    seq: i64,
}

impl Position {
    /// Before the first event.
    pub const START: Self = Self { xid: 0, seq: 0 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.xid, self.seq)
    }
}

impl FromStr for Position {
    type Err = StoreError;

    fn from_str(token: &str) -> Result<Self, StoreError> {
        let number = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0).ok_or(StoreError::BadToken);
        let (xid, seq) = token.split_once('.').ok_or(StoreError::BadToken)?;
        Ok(Self { xid: number(xid)?, seq: number(seq)? })
    }
}

impl Work {
    /// Appends to the log, together with the change that the event tells of.
    ///
    /// # Errors
    /// What the database says.
    pub async fn append(&self, event: &Event) -> Result<(), StoreError> {
        self.append_all(std::slice::from_ref(event)).await
    }

    /// As [`Work::append`], many with one statement.
    ///
    /// # Errors
    /// What the database says.
    pub async fn append_all(&self, events: &[Event]) -> Result<(), StoreError> {
        for some in events.chunks(ROWS_MAX) {
            let mut rows = Vec::with_capacity(some.len());
            for event in some {
                let json = serde_json::to_value(event).map_err(|error| StoreError::Refused(Arc::new(error)))?;
                let kind = json.pointer("/body/what").and_then(|what| what.as_str()).unwrap_or_default();
                self.lock(&event.organization, event.ticket).await?;
                rows.push(ActiveModel {
                    seq: NotSet,
                    xid: NotSet,
                    organization: Set(event.organization.to_string()),
                    ticket: Set(event.ticket.to_string()),
                    epoch: Set(i64::from(event.epoch.number())),
                    at: Set(micros(event.at)),
                    kind: Set(kind.to_owned()),
                    document: Set(json.to_string()),
                    version: Set(self.version_of(&event.organization, event.ticket)),
                });
            }
            self.later(&Entity::insert_many(rows)).await?;
        }
        Ok(())
    }

    /// Up to `limit` events by which the ticket came from the version `seen` to the present one, latest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn events_since(
        &self,
        organization: &OrganizationId,
        ticket: TicketId,
        seen: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let rows = since_version(organization, ticket, seen, limit).all(self.transaction().await?).await;
        let rows = rows.map_err(|error| self.fault(error))?;
        rows.into_iter().map(|row| read(row).map(|(_, event)| event)).collect()
    }
}

impl Work {
    /// How many events of a ticket there are.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count_events(&self, organization: &OrganizationId, ticket: TicketId) -> Result<u64, StoreError> {
        let all = Entity::find()
            .filter(Column::Organization.eq(organization.as_str()))
            .filter(Column::Ticket.eq(ticket.to_string()));
        all.count(self.transaction().await?).await.map_err(|error| self.fault(error))
    }
}

impl Store {
    /// Up to `limit` events of one ticket after a position, oldest first. Sees what this caller wrote before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn events(
        &self,
        organization: &OrganizationId,
        ticket: TicketId,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Vec<(Position, Event)>, StoreError> {
        let rows = of_ticket(organization, ticket, after, limit).all(&self.reader).await?;
        rows.into_iter().map(read).collect()
    }

    /// Up to `limit` events of one organization, or of all, after a position, in an order in which nothing ever
    /// comes late. On PostgreSQL an event appears as soon as no older transaction is open on
    /// the server.
    ///
    /// # Errors
    /// What the database says.
    pub async fn feed(
        &self,
        organization: Option<&OrganizationId>,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, Event)>, StoreError> {
        let backend = self.reader.get_database_backend();
        let rows = settled(organization, backend)
            .filter(beyond(after, backend))
            .order_by(Column::Xid, Order::Asc)
            .order_by(Column::Seq, Order::Asc)
            .limit(u64::from(limit.clamp(1, EVENTS_MAX)))
            .all(&self.reader)
            .await?;
        rows.into_iter().map(read).collect()
    }

    /// The position of the last event in the feed: where to begin to hear only news.
    ///
    /// # Errors
    /// What the database says.
    pub async fn feed_end(&self, organization: Option<&OrganizationId>) -> Result<Position, StoreError> {
        let last = settled(organization, self.reader.get_database_backend())
            .order_by(Column::Xid, Order::Desc)
            .order_by(Column::Seq, Order::Desc)
            .one(&self.reader)
            .await?;
        Ok(last.map_or(Position::START, |row| Position { xid: row.xid, seq: row.seq }))
    }
}

pub(crate) fn of_ticket(
    organization: &OrganizationId,
    ticket: TicketId,
    after: Option<Position>,
    limit: u32,
) -> Select<Entity> {
    Entity::find()
        .filter(Column::Organization.eq(organization.as_str()))
        .filter(Column::Ticket.eq(ticket.to_string()))
        .filter(Column::Seq.gt(after.map_or(0, |position| position.seq)))
        .order_by(Column::Seq, Order::Asc)
        .limit(u64::from(limit.clamp(1, EVENTS_MAX)))
}

/// The events that no open transaction can come before.
pub(crate) fn settled(organization: Option<&OrganizationId>, backend: DbBackend) -> Select<Entity> {
    let mut query = Entity::find();
    if let Some(organization) = organization {
        query = query.filter(Column::Organization.eq(organization.as_str()));
    }
    query.filter(match backend {
        DbBackend::Postgres => Expr::cust("xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"),
        // All of them: so the order is that of the rows.
        _ => Column::Xid.eq(0),
    })
}

/// The events behind a position.
pub(crate) fn beyond(after: Position, backend: DbBackend) -> Expr {
    match backend {
        DbBackend::Postgres => Expr::tuple([Expr::col(Column::Xid), Expr::col(Column::Seq)])
            .gt(Expr::tuple([Expr::value(after.xid), Expr::value(after.seq)])),
        _ => Column::Seq.gt(after.seq),
    }
}

pub(crate) fn read(row: Model) -> Result<(Position, Event), StoreError> {
    let event = serde_json::from_str(&row.document)
        .map_err(|error| StoreError::not_json(format!("event {}", row.seq), &error))?;
    Ok((Position { xid: row.xid, seq: row.seq }, event))
}

/// The events of a ticket that are part of later versions than `seen`, the last one first.
pub(crate) fn since_version(organization: &OrganizationId, ticket: TicketId, seen: u64, limit: u32) -> Select<Entity> {
    Entity::find()
        .filter(Column::Organization.eq(organization.as_str()))
        .filter(Column::Ticket.eq(ticket.to_string()))
        .filter(Column::Version.gt(i64::try_from(seen).unwrap_or(i64::MAX)))
        .order_by_desc(Column::Seq)
        .limit(u64::from(Ord::min(limit, EVENTS_MAX)))
}
