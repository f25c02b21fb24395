//! Tickets whose deadline has come (invariant 7), claimed with leases as messages are.

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use ticket::{OrganizationId, TicketId};

use crate::error::StoreError;
use crate::names::{id as parse_id, instant, micros};
use crate::store::Store;

/// Leases due wake-ups: `$1` now, `$2` the end of the lease, `$3` how many.
pub(crate) fn claim_sql(backend: DbBackend) -> String {
    let lock = match backend {
        DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
        _ => "",
    };
    format!(
        "WITH picked AS MATERIALIZED (SELECT organization, id FROM ticket \
         WHERE wake_due IS NOT NULL AND wake_due <= $1 ORDER BY wake_due LIMIT $3 {lock}) \
         UPDATE ticket SET wake_due = $2 FROM picked \
         WHERE ticket.organization = picked.organization AND ticket.id = picked.id \
         RETURNING ticket.organization, ticket.id, ticket.wake_at"
    )
}

/// The first instant at which a wake-up can be claimed.
pub(crate) const NEXT_WAKE_SQL: &str = "SELECT MIN(wake_due) FROM ticket WHERE wake_due IS NOT NULL";

impl Store {
    /// Leases up to `most` tickets whose wake-up is due to this caller until `lease_until`, the longest due first.
    /// Whoever claimed one puts the ticket with another wake-up or none; else it comes again when the lease ends.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim_wakes(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        most: u32,
    ) -> Result<Vec<(OrganizationId, TicketId)>, StoreError> {
        self.write(move |work| {
            Box::pin(async move {
                let values = [micros(now).into(), micros(lease_until).into(), i64::from(most).into()];
                let statement = Statement::from_sql_and_values(work.backend(), claim_sql(work.backend()), values);
                let rows =
                    work.transaction().await?.query_all_raw(statement).await.map_err(|error| work.fault(error))?;
                let mut woken = Vec::with_capacity(rows.len());
                for row in rows {
                    let (organization, id): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                    let at: Option<i64> = row.try_get_by_index(2)?;
                    woken.push((at, parse_id(&organization, "a ticket")?, parse_id(&id, "a ticket")?));
                }
                woken.sort_by_key(|(at, _, _)| *at);
                Ok(woken.into_iter().map(|(_, organization, id)| (organization, id)).collect())
            })
        })
        .await
    }

    /// The first instant at which there will be a wake-up to claim; none when no ticket has one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        let statement = Statement::from_string(self.reader.get_database_backend(), NEXT_WAKE_SQL);
        let row = self.reader.query_one_raw(statement).await?;
        let at: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        at.map(|at| instant(at, "a ticket's wake-up")).transpose()
    }
}
