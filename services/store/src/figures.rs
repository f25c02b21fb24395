//! Counts for metrics and supervisors.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, Statement};
use ticket::OrganizationId;

use crate::error::StoreError;
use crate::listing::{CustodyKind, StateKind};
use crate::names::{count, instant};
use crate::store::Store;

/// How much there is of what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Tickets held here, by state.
    pub held: BTreeMap<StateKind, u64>,
    /// Tickets offered to another line and not answered yet.
    pub in_flight: u64,
    /// Tickets that another line took over.
    pub passed_on: u64,
    /// Open tickets that are held here, by zone and group.
    pub queues: Vec<QueueDepth>,
    /// Messages still to be delivered.
    pub outbox_pending: u64,
    /// When the oldest of them was first due; its age is the lag of delivery.
    pub outbox_oldest: Option<Timestamp>,
    /// Messages that were given up.
    pub outbox_dead: u64,
}

/// How many tickets wait in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepth {
    /// The zone; none where tickets have no zone.
    pub zone: Option<String>,
    /// The group; none for tickets that no group has.
    pub group: Option<String>,
    /// How many tickets are open there.
    pub tickets: u64,
}

const TICKETS: &str = "SELECT custody, state, zone, group_name, COUNT(*) FROM ticket \
     WHERE ($1 = '' OR organization = $1) GROUP BY custody, state, zone, group_name \
     ORDER BY custody, state, zone, group_name";
const OUTBOX: &str = "SELECT dead, COUNT(*), MIN(since) FROM outbox WHERE ($1 = '' OR organization = $1) GROUP BY dead";

const ZONES: &str = "SELECT DISTINCT zone FROM ticket \
     WHERE organization = $1 AND custody = 'held' AND state <> 'closed' ORDER BY zone";

impl Store {
    /// The zones of the tickets of `organization` that are held here and not closed, each once; none for those that
    /// have no zone.
    ///
    /// # Errors
    /// What the database says.
    pub async fn zones_in_use(&self, organization: &OrganizationId) -> Result<Vec<Option<String>>, StoreError> {
        let backend = self.reader.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, ZONES, [organization.as_str().into()]);
        let rows = self.reader.query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// The figures of one organization; of all only for those who run the service.
    ///
    /// Reads every row's columns: for intervals of seconds, not for every request.
    ///
    /// # Errors
    /// What the database says.
    pub async fn figures(&self, organization: Option<&OrganizationId>) -> Result<Figures, StoreError> {
        // No organization has an empty name.
        let of = organization.map_or("", OrganizationId::as_str);
        let backend = self.reader.get_database_backend();
        let ask = |sql| self.reader.query_all_raw(Statement::from_sql_and_values(backend, sql, [of.into()]));
        let mut figures = Figures::default();
        for row in ask(TICKETS).await? {
            let (custody, state): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let tickets = count(row.try_get_by_index(4)?);
            match kind(CustodyKind::ALL, CustodyKind::name, &custody)? {
                CustodyKind::HandingOver => figures.in_flight += tickets,
                CustodyKind::PassedOn => figures.passed_on += tickets,
                CustodyKind::Held => {
                    let state = kind(StateKind::ALL, StateKind::name, &state)?;
                    *figures.held.entry(state).or_default() += tickets;
                    if state == StateKind::Open {
                        let (zone, group) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
                        figures.queues.push(QueueDepth { zone, group, tickets });
                    }
                }
            }
        }
        for row in ask(OUTBOX).await? {
            let messages = count(row.try_get_by_index(1)?);
            if row.try_get_by_index(0)? {
                figures.outbox_dead = messages;
            } else {
                figures.outbox_pending = messages;
                figures.outbox_oldest = Some(instant(row.try_get_by_index(2)?, "the outbox")?);
            }
        }
        Ok(figures)
    }
}

fn kind<K: Copy>(all: &[K], name: fn(K) -> &'static str, text: &str) -> Result<K, StoreError> {
    all.iter().copied().find(|kind| name(*kind) == text).ok_or_else(|| StoreError::Corrupt {
        what: "a ticket".to_owned(),
        why: "its custody or state has a name that is not known".to_owned(),
    })
}
