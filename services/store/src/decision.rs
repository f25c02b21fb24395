//! What was decided without a person, in the log: by kind and time, the latest first.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use ticket::{Event, OrganizationId, TicketId};

use crate::error::StoreError;
use crate::log::{EVENTS_MAX, read};
use crate::names::micros;
use crate::rows::event::{Column, Entity};
use crate::store::Store;

/// A kind of event that tells of decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionEvents {
    /// Line 0 answered.
    Answered,
    /// Line 0 did not.
    Declined,
    /// Rules and models sorted.
    Sorted,
    /// A cause raised the priority.
    Priority,
    /// How the client sounds, and by which profile it was greeted.
    Heard,
    /// Who gets it.
    Queue,
    /// What line 0 does by a scenario.
    Scenario,
}

impl DecisionEvents {
    /// Every kind; the index has no others.
    pub const ALL: [Self; 7] =
        [Self::Answered, Self::Declined, Self::Sorted, Self::Priority, Self::Heard, Self::Queue, Self::Scenario];

    /// Its condition.
    fn condition(self) -> &'static str {
        match self {
            Self::Answered => "kind = 'auto-answered'",
            Self::Declined => "kind = 'auto-declined'",
            Self::Sorted => "kind = 'sorted'",
            Self::Priority => "kind = 'priority'",
            Self::Heard => "kind = 'heard'",
            Self::Queue => "kind = 'queue'",
            Self::Scenario => "kind = 'scenario'",
        }
    }
}

/// Word for word the condition of the index: SQLite takes it for nothing else.
const INDEXED: &str = "kind IN ('auto-answered', 'auto-declined', 'sorted', 'priority', 'heard', 'queue', 'scenario')";

/// A place in such a list. As text it is a page token: `d`, then `microsecond.number`; so no other list's token is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecisionPlace {
    at: i64,
    seq: i64,
}

impl fmt::Display for DecisionPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}.{}", self.at, self.seq)
    }
}

impl FromStr for DecisionPlace {
    type Err = StoreError;

    fn from_str(token: &str) -> Result<Self, StoreError> {
        let (at, seq) = token.strip_prefix('d').and_then(|token| token.split_once('.')).ok_or(StoreError::BadToken)?;
        let number = |text: &str| text.parse().map_err(|_| StoreError::BadToken);
        Ok(Self { at: number(at)?, seq: number(seq)? })
    }
}

/// Which events are wanted; what is none does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct DecisionsWanted {
    /// Of which ticket.
    pub ticket: Option<TicketId>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Behind this place, that is earlier.
    pub after: Option<DecisionPlace>,
}

impl Store {
    /// Up to `limit` (at most [`EVENTS_MAX`]) events of these kinds, the latest first; what people did in a queue
    /// and what services answered is among them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn decisions(
        &self,
        organization: &OrganizationId,
        kinds: &[DecisionEvents],
        wanted: &DecisionsWanted,
        limit: u32,
    ) -> Result<Vec<(DecisionPlace, Event)>, StoreError> {
        let limit = limit.clamp(1, EVENTS_MAX);
        let mut found = Vec::new();
        for kind in kinds {
            for row in query(organization, *kind, wanted, limit).all(&self.reader).await? {
                let place = DecisionPlace { at: row.at, seq: row.seq };
                found.push((place, read(row)?.1));
            }
        }
        found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        found.truncate(limit as usize);
        Ok(found)
    }
}

pub(crate) fn query(
    organization: &OrganizationId,
    kind: DecisionEvents,
    wanted: &DecisionsWanted,
    limit: u32,
) -> Select<Entity> {
    let DecisionsWanted { ticket, since, until, after } = wanted;
    let mut query = Entity::find()
        .filter(Column::Organization.eq(organization.as_str()))
        .filter(Expr::cust(kind.condition()))
        .filter(Expr::cust(INDEXED));
    if let Some(ticket) = ticket {
        query = query.filter(Column::Ticket.eq(ticket.to_string()));
    }
    if let Some(since) = since {
        query = query.filter(Column::At.gte(micros(*since)));
    }
    if let Some(until) = until {
        query = query.filter(Column::At.lt(micros(*until)));
    }
    if let Some(DecisionPlace { at, seq }) = after {
        // SQLite does not search an index by a tuple that ends in the row's own number.
        query =
            query.filter(Column::At.lte(*at)).filter(Expr::col(Column::At).lt(*at).or(Expr::col(Column::Seq).lt(*seq)));
    }
    query.order_by_desc(Column::At).order_by_desc(Column::Seq).limit(u64::from(limit))
}
