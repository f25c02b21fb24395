//! Lists of tickets, page by page, in an order that new tickets do not disturb.

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, Order};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use ticket::{Custody, OrganizationId, State, Ticket, TicketId};

use crate::error::StoreError;
use crate::names::micros;
use crate::rows::ticket::{Column, Entity};
use crate::store::Store;
use crate::tickets::{Version, read};

/// The most tickets on one page; a larger wish gets this many.
pub const PAGE_SIZE_MAX: u32 = 500;

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident of $domain:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$value_doc])* $value,)+ }

        impl $name {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// Its name in columns, metrics and logs.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$value => $text),+ }
            }

            /// The kind of `value`.
            #[must_use]
            pub fn of(value: &$domain) -> Self {
                match value { $($domain::$value { .. } => Self::$value),+ }
            }
        }
    };
}

kinds! {
    /// [`Custody`] without what is known in it.
    CustodyKind of Custody {
        /// This line is the custodian.
        Held = "held",
        /// In flight.
        HandingOver = "handing-over",
        /// A read-only copy.
        PassedOn = "passed-on",
    }
}

kinds! {
    /// [`State`] without what is known in it.
    StateKind of State {
        /// Somebody should work on it.
        Open = "open",
        /// It waits.
        OnHold = "on-hold",
        /// Solved and not confirmed.
        Resolved = "resolved",
        /// Done.
        Closed = "closed",
    }
}

/// Which tickets are wanted; what is none does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whether this line holds it.
    pub custody: Option<CustodyKind>,
    /// What is being done about it: any of these; empty for all.
    pub states: Vec<StateKind>,
    /// The zone of responsibility.
    pub zone: Option<String>,
    /// The group of the zone.
    pub group: Option<String>,
    /// The person who works on it.
    pub assignee: Option<String>,
    /// The client, by the organization's reference.
    pub client: Option<String>,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// [`Listing::next`] of the page before; none for the first.
    pub after: Option<String>,
    /// How many tickets, from 1 to [`PAGE_SIZE_MAX`].
    pub size: u32,
}

/// A page of a list, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The tickets, by the instant at which they were opened, the latest first.
    pub tickets: Vec<(Ticket, Version)>,
    /// What asks for the next page; none when this is the last.
    pub next: Option<String>,
}

impl Store {
    /// The tickets that the filter lets through, the latest opened first. Tickets that come while one turns pages
    /// stand before the first page and shift nothing.
    ///
    /// # Errors
    /// [`StoreError::BadToken`] when `page.after` was never a [`Listing::next`]; else what the database says.
    pub async fn tickets(
        &self,
        organization: &OrganizationId,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing, StoreError> {
        let size = page.size.clamp(1, PAGE_SIZE_MAX);
        let after = page.after.as_deref().map(parse_token).transpose()?;
        let rows = query(organization, filter, after, size).all(&self.reader).await?;
        let more = rows.len() > size as usize;
        let tickets = rows.into_iter().take(size as usize).map(read).collect::<Result<Vec<_>, _>>()?;
        let next = tickets.last().filter(|_| more).map(|(ticket, _)| token(ticket));
        Ok(Listing { tickets, next })
    }
}

/// One row more than the page has, to know whether there is another page.
pub(crate) fn query(
    organization: &OrganizationId,
    filter: &Filter,
    after: Option<(i64, TicketId)>,
    size: u32,
) -> Select<Entity> {
    let Filter { custody, states, zone, group, assignee, client } = filter;
    let mut query = Entity::find().filter(Column::Organization.eq(organization.as_str()));
    for (column, value) in
        [(Column::Zone, zone), (Column::GroupName, group), (Column::Assignee, assignee), (Column::Client, client)]
    {
        if let Some(value) = value {
            query = query.filter(column.eq(value.as_str()));
        }
    }
    if *custody == Some(CustodyKind::Held) && !states.is_empty() && !states.contains(&StateKind::Closed) {
        // Word for word the condition of the indexes of active tickets, by which they are known to fit.
        query = query.filter(Expr::cust("custody = 'held' AND state <> 'closed'"));
    } else if let Some(custody) = custody {
        query = query.filter(Column::Custody.eq(custody.name()));
    }
    if !states.is_empty() {
        // As many values as there are kinds, so that the statement's text does not change with the wish.
        let names = (0..StateKind::ALL.len()).map(|index| states[index.min(states.len() - 1)].name());
        query = query.filter(Column::State.is_in(names));
    }
    if let Some((opened_at, id)) = after {
        let key = Expr::tuple([Expr::col(Column::OpenedAt), Expr::col(Column::Id)]);
        query = query.filter(sea_orm::sea_query::ExprTrait::lt(
            key,
            Expr::tuple([Expr::value(opened_at), Expr::value(id.to_string())]),
        ));
    }
    query.order_by(Column::OpenedAt, Order::Desc).order_by(Column::Id, Order::Desc).limit(u64::from(size) + 1)
}

fn token(ticket: &Ticket) -> String {
    format!("{}.{}", micros(ticket.facts.opened_at), ticket.facts.id)
}

fn parse_token(token: &str) -> Result<(i64, TicketId), StoreError> {
    let parse = || {
        let (opened_at, id) = token.split_once('.')?;
        let opened_at = opened_at.parse().ok()?;
        Timestamp::from_microsecond(opened_at).ok()?;
        Some((opened_at, id.parse().ok()?))
    };
    parse().ok_or(StoreError::BadToken)
}
