//! What happens by itself at an instant: any number of timers beside a ticket's one wake-up, claimed with leases.

use jiff::Timestamp;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, Set, Statement};
use ticket::{OrganizationId, TicketId};

use crate::error::StoreError;
use crate::names::{id as parse_id, instant, micros};
use crate::rows::timer::{ActiveModel, Column, Entity, Model};
use crate::store::Store;
use crate::tickets::{ROWS_MAX, to_json};
use crate::work::Work;

/// Something that happens by itself at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Timer {
    /// Whose.
    pub organization: OrganizationId,
    /// Who set it and will hear it.
    pub kind: String,
    /// Which of that kind; another one with the same id replaces it.
    pub id: String,
    /// The ticket it is about.
    pub ticket: Option<TicketId>,
    /// When it rings.
    pub due: Timestamp,
    /// What its kind needs to know then.
    pub payload: serde_json::Value,
}

/// Leases due timers: `$1` now, `$2` the end of the lease, `$3` how many.
pub(crate) fn claim_sql(backend: DbBackend) -> String {
    let lock = match backend {
        DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
        _ => "",
    };
    format!(
        "WITH picked AS MATERIALIZED (SELECT organization, kind, id FROM timer \
         WHERE claimable <= $1 ORDER BY claimable LIMIT $3 {lock}) \
         UPDATE timer SET claimable = $2 FROM picked WHERE timer.organization = picked.organization \
         AND timer.kind = picked.kind AND timer.id = picked.id \
         RETURNING timer.organization, timer.kind, timer.id, timer.ticket, timer.due, timer.payload"
    )
}

/// The first instant at which a timer can be claimed.
pub(crate) const NEXT_TIMER_SQL: &str = "SELECT MIN(claimable) FROM timer";

/// The next tickets behind an id: `$1` whose, `$2` the id, `$3` how many.
const TICKETS_BEHIND: &str =
    "SELECT organization, id, state, custody FROM ticket WHERE organization = $1 AND id > $2 ORDER BY id LIMIT $3";

impl Store {
    /// Leases up to `most` timers that are due to this caller until `lease_until`, the longest due first. Whoever claimed
    /// one takes it away with what it does; else it comes again when the lease ends.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim_timers(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        most: u32,
    ) -> Result<Vec<Timer>, StoreError> {
        self.write(move |work| {
            Box::pin(async move {
                let values = [micros(now).into(), micros(lease_until).into(), i64::from(most).into()];
                let statement = Statement::from_sql_and_values(work.backend(), claim_sql(work.backend()), values);
                let rows =
                    work.transaction().await?.query_all_raw(statement).await.map_err(|error| work.fault(error))?;
                let mut rung = Vec::with_capacity(rows.len());
                for row in rows {
                    let model = Model {
                        organization: row.try_get_by_index(0)?,
                        kind: row.try_get_by_index(1)?,
                        id: row.try_get_by_index(2)?,
                        ticket: row.try_get_by_index(3)?,
                        due: row.try_get_by_index(4)?,
                        claimable: 0,
                        payload: row.try_get_by_index(5)?,
                    };
                    rung.push(read(model)?);
                }
                rung.sort_by_key(|timer| timer.due);
                Ok(rung)
            })
        })
        .await
    }

    /// Gives back the lease that ends at `lease_until`, so that the timer can be claimed from `again_at` on. Does nothing to
    /// one that was set anew, taken away or claimed by somebody else meanwhile.
    ///
    /// # Errors
    /// What the database says.
    pub async fn release_timer(
        &self,
        timer: &Timer,
        lease_until: Timestamp,
        again_at: Timestamp,
    ) -> Result<(), StoreError> {
        let (organization, kind, id) = (timer.organization.to_string(), timer.kind.clone(), timer.id.clone());
        self.write(move |work| {
            Box::pin(async move {
                Entity::update_many()
                    .col_expr(Column::Claimable, micros(again_at).into())
                    .filter(Column::Organization.eq(organization))
                    .filter(Column::Kind.eq(kind))
                    .filter(Column::Id.eq(id))
                    .filter(Column::Claimable.eq(micros(lease_until)))
                    .exec(work.transaction().await?)
                    .await
                    .map_err(|error| work.fault(error))?;
                Ok(())
            })
        })
        .await
    }

    /// The first instant at which there will be a timer to claim; none when there is no timer.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_timer(&self) -> Result<Option<Timestamp>, StoreError> {
        let statement = Statement::from_string(self.reader.get_database_backend(), NEXT_TIMER_SQL);
        let row = self.reader.query_one_raw(statement).await?;
        let at: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        at.map(|at| instant(at, "a timer")).transpose()
    }
}

impl Work {
    /// Sets a timer in place of the one with the same organization, kind and id, if there is one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn set_timer(&self, timer: &Timer) -> Result<(), StoreError> {
        self.set_timers(std::slice::from_ref(timer)).await
    }

    /// As [`Work::set_timer`], many with one statement; no two of one kind and id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn set_timers(&self, timers: &[Timer]) -> Result<(), StoreError> {
        let row = |timer: &Timer| {
            let due = micros(timer.due);
            Ok::<_, StoreError>(ActiveModel {
                organization: Set(timer.organization.to_string()),
                kind: Set(timer.kind.clone()),
                id: Set(timer.id.clone()),
                ticket: Set(timer.ticket.map(|ticket| ticket.to_string())),
                due: Set(due),
                claimable: Set(due),
                payload: Set(to_json(&timer.payload)?),
            })
        };
        for some in timers.chunks(ROWS_MAX) {
            let replaced = OnConflict::columns([Column::Organization, Column::Kind, Column::Id])
                .update_columns([Column::Ticket, Column::Due, Column::Claimable, Column::Payload])
                .to_owned();
            let rows = some.iter().map(row).collect::<Result<Vec<_>, _>>()?;
            self.later(&Entity::insert_many(rows).on_conflict(replaced)).await?;
        }
        Ok(())
    }

    /// The timer of this kind and id, which nobody else changes until this work ends.
    ///
    /// # Errors
    /// What the database says.
    pub async fn timer(
        &self,
        organization: &OrganizationId,
        kind: &str,
        id: &str,
    ) -> Result<Option<Timer>, StoreError> {
        let query = Entity::find_by_id((organization.to_string(), kind.to_owned(), id.to_owned())).lock_exclusive();
        query.one(self.transaction().await?).await.map_err(|error| self.fault(error))?.map(read).transpose()
    }

    /// Takes a timer away; whether it was there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn clear_timer(&self, organization: &OrganizationId, kind: &str, id: &str) -> Result<bool, StoreError> {
        let done = Entity::delete_by_id((organization.to_string(), kind.to_owned(), id.to_owned()))
            .exec(self.transaction().await?)
            .await
            .map_err(|error| self.fault(error))?;
        Ok(done.rows_affected > 0)
    }

    /// Sets the timer of this kind for each open ticket of the next `most` behind the id `after`; `passed_too` for those that
    /// other lines hold as well. Returns the last id gone over; none when there is no ticket behind `after`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ring_tickets(
        &self,
        organization: &OrganizationId,
        kind: &str,
        after: &str,
        most: u32,
        passed_too: bool,
        at: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let values = || vec![organization.as_str().into(), after.into(), i64::from(most).into()];
        let last = format!("SELECT MAX(id) FROM ({TICKETS_BEHIND}) AS page");
        let last = Statement::from_sql_and_values(self.backend(), last, values());
        let row = self.transaction().await?.query_one_raw(last).await.map_err(|error| self.fault(error))?;
        let last: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        if last.is_some() {
            let passed = if passed_too { "" } else { " AND custody <> 'passed-on'" };
            let sql = format!(
                "INSERT INTO timer (organization, kind, id, ticket, due, claimable, payload) \
                 SELECT organization, $4, id, id, $5, $5, 'null' FROM ({TICKETS_BEHIND}) AS page \
                 WHERE state <> 'closed'{passed} \
                 ON CONFLICT (organization, kind, id) DO UPDATE SET due = excluded.due, claimable = excluded.claimable"
            );
            let mut values: Vec<sea_orm::Value> = values();
            values.extend([kind.into(), micros(at).into()]);
            self.run(&sql, values).await?;
        }
        Ok(last)
    }

    /// Takes every timer of a ticket away; how many there were.
    ///
    /// # Errors
    /// What the database says.
    pub async fn clear_timers_of(&self, organization: &OrganizationId, ticket: TicketId) -> Result<u64, StoreError> {
        let done = Entity::delete_many()
            .filter(Column::Organization.eq(organization.as_str()))
            .filter(Column::Ticket.eq(ticket.to_string()))
            .exec(self.transaction().await?)
            .await
            .map_err(|error| self.fault(error))?;
        Ok(done.rows_affected)
    }
}

fn read(row: Model) -> Result<Timer, StoreError> {
    let what = format!("timer {} `{}`", row.kind, row.id);
    Ok(Timer {
        organization: parse_id(&row.organization, &what)?,
        ticket: row.ticket.map(|ticket| parse_id(&ticket, &what)).transpose()?,
        due: instant(row.due, &what)?,
        payload: serde_json::from_str(&row.payload).map_err(|error| StoreError::not_json(what, &error))?,
        kind: row.kind,
        id: row.id,
    })
}
