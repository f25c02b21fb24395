//! What the invariants look at: one database at one instant.

use sea_orm::sea_query::{Expr, ExprTrait, Order};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbBackend, EntityTrait, IsolationLevel, QueryFilter, QueryOrder, QuerySelect,
    TransactionOptions, TransactionTrait,
};
use ticket::invariants::{Acceptance, Snapshot};
use ticket::{Epoch, Line};

use crate::error::StoreError;
use crate::names::id as parse_id;
use crate::rows::{inbox, outbox, ticket as tickets};
use crate::store::Store;
use crate::tickets::read;

/// Rows read at a time, so that a large database does not have to fit into the driver's buffers twice.
const ROWS_AT_ONCE: u64 = 1000;

impl Store {
    /// What this database, which is `line`'s, says about every organization's tickets, all at one instant.
    ///
    /// [`Snapshot::contradictions`] stays empty: the primary key of remembered requests allows one answer only.
    ///
    /// # Errors
    /// What the database says.
    pub async fn snapshot(&self, line: Line) -> Result<Snapshot, StoreError> {
        let isolation_level = match self.reader.get_database_backend() {
            DbBackend::Postgres => Some(IsolationLevel::RepeatableRead),
            // A reading transaction in WAL mode sees one instant as it is.
            _ => None,
        };
        let options = TransactionOptions { isolation_level, ..TransactionOptions::default() };
        let instant = self.reader.begin_with_options(options).await?;
        let mut snapshot = Snapshot::default();
        read_tickets(&instant, &mut snapshot).await?;
        read_outbox(&instant, line, &mut snapshot).await?;
        read_inbox(&instant, line, &mut snapshot).await?;
        instant.commit().await?;
        Ok(snapshot)
    }
}

async fn read_tickets(instant: &DatabaseTransaction, snapshot: &mut Snapshot) -> Result<(), StoreError> {
    use tickets::{Column, Entity};
    let mut last = (String::new(), String::new());
    loop {
        let rows = Entity::find()
            .filter(behind(Column::Organization, Column::Id, &last))
            .order_by(Column::Organization, Order::Asc)
            .order_by(Column::Id, Order::Asc)
            .limit(ROWS_AT_ONCE)
            .all(instant)
            .await?;
        let Some(row) = rows.last() else { return Ok(()) };
        last = (row.organization.clone(), row.id.clone());
        for row in rows {
            snapshot.tickets.push(read(row)?.0);
        }
    }
}

async fn read_outbox(instant: &DatabaseTransaction, line: Line, snapshot: &mut Snapshot) -> Result<(), StoreError> {
    use outbox::{Column, Entity};
    let mut last = 0;
    loop {
        let rows: Vec<(i64, Option<String>)> = Entity::find()
            .select_only()
            .columns([Column::Seq, Column::Handover])
            .filter(Column::Seq.gt(last))
            .filter(Expr::cust("NOT dead"))
            .order_by(Column::Seq, Order::Asc)
            .limit(ROWS_AT_ONCE)
            .into_tuple()
            .all(instant)
            .await?;
        let Some((seq, _)) = rows.last() else { return Ok(()) };
        last = *seq;
        for handover in rows.iter().filter_map(|(_, handover)| handover.as_deref()) {
            snapshot.undelivered.push((line, parse_id(handover, "a message")?));
        }
    }
}

async fn read_inbox(instant: &DatabaseTransaction, line: Line, snapshot: &mut Snapshot) -> Result<(), StoreError> {
    use inbox::{Column, Entity};
    let mut last = (String::new(), String::new());
    loop {
        let rows: Vec<(String, String, Option<String>, Option<i64>)> = Entity::find()
            .select_only()
            .columns([Column::Organization, Column::Id, Column::Ticket, Column::Epoch])
            .filter(behind(Column::Organization, Column::Id, &last))
            .order_by(Column::Organization, Order::Asc)
            .order_by(Column::Id, Order::Asc)
            .limit(ROWS_AT_ONCE)
            .into_tuple()
            .all(instant)
            .await?;
        let Some((organization, id, _, _)) = rows.last() else { return Ok(()) };
        last = (organization.clone(), id.clone());
        for (_, id, ticket, epoch) in rows {
            let (Some(ticket), Some(epoch)) = (ticket, epoch) else { continue };
            let epoch = u32::try_from(epoch).ok().and_then(Epoch::new).ok_or_else(|| StoreError::Corrupt {
                what: format!("the answer to {id}"),
                why: "its epoch is none".to_owned(),
            })?;
            snapshot.accepted.push(Acceptance { line, ticket: parse_id(&ticket, &id)?, epoch });
        }
    }
}

fn behind(organization: impl ColumnTrait, id: impl ColumnTrait, last: &(String, String)) -> Expr {
    Expr::tuple([Expr::col(organization), Expr::col(id)])
        .gt(Expr::tuple([Expr::value(last.0.as_str()), Expr::value(last.1.as_str())]))
}
