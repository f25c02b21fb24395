//! What is to be sent: written with the change that causes it, claimed with a lease, gone once it is delivered.

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, Order};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, NotSet, QueryFilter, QueryOrder,
    QuerySelect, Set, Statement,
};
use ticket::{HandoverId, MessageId, OrganizationId, TicketId};

use crate::error::StoreError;
use crate::listing::PAGE_SIZE_MAX;
use crate::names::{count, id as parse_id, instant, micros};
use crate::rows::outbox::{ActiveModel, Column, Entity, Model};
use crate::store::Store;
use crate::work::Work;

/// A message to another line or to a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Which message; the same id is sent once, whoever enqueues it again.
    pub id: MessageId,
    /// For whom.
    pub organization: OrganizationId,
    /// Which ticket it is about, if one.
    pub ticket: Option<TicketId>,
    /// The handover it delivers, if it is one.
    pub handover: Option<HandoverId>,
    /// The receiver: a line's name, or `partner:` and the vendor's id.
    pub to: String,
    /// Messages of one organization with the same key are claimed one after the other, in the order of enqueuing.
    /// They must be enqueued under one lock (that of their ticket or document), or the order of writers is not that of commits.
    pub order_key: Option<String>,
    /// What kind of message, for whoever delivers it.
    pub kind: String,
    /// The message itself, encoded.
    pub payload: Vec<u8>,
    /// The W3C `traceparent` of what caused it; empty when not traced.
    pub trace: String,
    /// Not to be sent before.
    pub due: Timestamp,
}

/// A message that this process may deliver until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The message.
    pub message: Outgoing,
    /// How often it was claimed, this time included.
    pub attempts: u32,
}

/// A message that nobody tries to deliver any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its place in the outbox, by which lists of dead letters go on.
    pub number: u64,
    /// The message.
    pub message: Outgoing,
    /// How often it was claimed.
    pub attempts: u32,
    /// Why it was given up.
    pub error: String,
}

/// How the delivery of a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was delivered.
    Done,
    /// Nobody has failed to deliver it, or one that goes before it.
    UnderWay,
    /// A try has failed, of it or of one that goes before it; there will be another, unless it is a dead letter.
    Failed,
}

impl Work {
    /// Puts a message into the outbox. The same id twice changes nothing.
    ///
    /// # Errors
    /// What the database says.
    pub async fn enqueue(&self, message: &Outgoing) -> Result<(), StoreError> {
        let Outgoing { id, organization, ticket, handover, to, order_key, kind, payload, trace, due } = message;
        let row = ActiveModel {
            seq: NotSet,
            id: Set(id.to_string()),
            organization: Set(organization.to_string()),
            ticket: Set(ticket.map(|ticket| ticket.to_string()).unwrap_or_default()),
            handover: Set(handover.map(|handover| handover.to_string())),
            receiver: Set(to.clone()),
            order_key: Set(order_key.clone()),
            kind: Set(kind.clone()),
            payload: Set(payload.clone()),
            trace: Set(trace.clone()),
            since: Set(micros(*due)),
            due: Set(micros(*due)),
            attempts: Set(0),
            dead: Set(false),
            error: Set(None),
        };
        self.later(&Entity::insert(row).on_conflict_do_nothing_on([Column::Id])).await
    }

    /// Takes a message out of the outbox, if it is still there, in the transaction that records its receipt.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delivered(&self, id: MessageId) -> Result<(), StoreError> {
        self.later(&Entity::delete_many().filter(Column::Id.eq(id.to_string()))).await
    }

    /// Tries a dead letter again from `due` on; whether there was one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn replay(
        &self,
        organization: &OrganizationId,
        id: MessageId,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = ActiveModel { dead: Set(false), due: Set(micros(due)), ..Default::default() };
        let query = Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(id.to_string()))
            .filter(Column::Organization.eq(organization.as_str()))
            .filter(Expr::cust("dead"));
        let done = query.exec(self.transaction().await?).await.map_err(|error| self.fault(error))?;
        Ok(done.rows_affected > 0)
    }
}

/// Among the messages of one key only the first that is neither delivered nor dead may be claimed.
const FIRST_OF_ITS_KEY: &str = "(o.order_key IS NULL OR NOT EXISTS (SELECT 1 FROM outbox e \
     WHERE e.organization = o.organization AND e.order_key = o.order_key AND NOT e.dead AND e.seq < o.seq))";

/// Leases due messages: `$1` now, `$2` the end of the lease, `$3` how many; with `of_id` only that of id `$4` and those
/// of its key that stand before it.
pub(crate) fn claim_sql(backend: DbBackend, of_id: bool) -> String {
    let lock = match backend {
        DbBackend::Postgres => "FOR UPDATE OF o SKIP LOCKED",
        // One writer: nobody else is claiming.
        _ => "",
    };
    let this = if of_id {
        "AND (o.id = $4 OR EXISTS (SELECT 1 FROM outbox m WHERE m.id = $4 AND m.organization = o.organization \
         AND m.order_key = o.order_key AND o.seq < m.seq))"
    } else {
        ""
    };
    format!(
        "WITH picked AS MATERIALIZED (SELECT o.seq FROM outbox o WHERE NOT o.dead AND o.due <= $1 {this} \
         AND {FIRST_OF_ITS_KEY} ORDER BY o.due, o.seq LIMIT $3 {lock}) \
         UPDATE outbox SET due = $2, attempts = attempts + 1 WHERE seq IN (SELECT seq FROM picked) RETURNING *"
    )
}

/// The first instant at which something can be claimed.
pub(crate) fn next_due_sql() -> String {
    format!("SELECT o.due FROM outbox o WHERE NOT o.dead AND {FIRST_OF_ITS_KEY} ORDER BY o.due, o.seq LIMIT 1")
}

impl Store {
    /// Leases up to `most` due messages to this caller until `lease_until`, the longest due first. No other caller,
    /// in this process or another, gets them before. A dead letter does not hold up the others of its key.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim(&self, now: Timestamp, lease_until: Timestamp, most: u32) -> Result<Vec<Claimed>, StoreError> {
        self.lease(None, now, lease_until, most).await
    }

    /// As [`Store::claim`], for the first delivery of one message inside the caller's deadline: it, or the one that must
    /// go before it. None when it is not there, or one of these is not due or leased to another.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim_toward(
        &self,
        id: MessageId,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Claimed>, StoreError> {
        Ok(self.lease(Some(id), now, lease_until, 1).await?.pop())
    }

    /// How the delivery of a message stands, for whoever waits for it while another delivers.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delivery(&self, id: MessageId) -> Result<Delivery, StoreError> {
        let row = Entity::find().filter(Column::Id.eq(id.to_string())).one(&self.reader).await?;
        let Some(row) = row else { return Ok(Delivery::Done) };
        if row.dead || row.error.is_some() {
            return Ok(Delivery::Failed);
        }
        let Some(key) = row.order_key else { return Ok(Delivery::UnderWay) };
        let held_up = Entity::find()
            .filter(Column::Organization.eq(row.organization))
            .filter(Column::OrderKey.eq(key))
            .filter(Column::Seq.lt(row.seq))
            .filter(Column::Dead.eq(false))
            .filter(Column::Error.is_not_null())
            .one(&self.reader)
            .await?;
        Ok(if held_up.is_some() { Delivery::Failed } else { Delivery::UnderWay })
    }

    async fn lease(
        &self,
        id: Option<MessageId>,
        now: Timestamp,
        lease_until: Timestamp,
        most: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.write(move |work| {
            Box::pin(async move {
                let sql = claim_sql(work.backend(), id.is_some());
                let mut values: Vec<sea_orm::Value> =
                    vec![micros(now).into(), micros(lease_until).into(), i64::from(most).into()];
                values.extend(id.map(|id| id.to_string().into()));
                let statement = Statement::from_sql_and_values(work.backend(), sql, values);
                let rows = Model::find_by_statement(statement).all(work.transaction().await?).await;
                let mut rows = rows.map_err(|error| work.fault(error))?;
                rows.sort_by_key(|row| (row.since, row.seq));
                rows.into_iter().map(claimed).collect()
            })
        })
        .await
    }

    /// Ends the lease of a message that could not be delivered, until the next try.
    ///
    /// # Errors
    /// What the database says.
    pub async fn postpone(&self, id: MessageId, until: Timestamp, error: &str) -> Result<(), StoreError> {
        self.change(id, error, move |row| row.due = Set(micros(until))).await
    }

    /// Gives a message up: it is kept, to be seen and replayed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dead(&self, id: MessageId, error: &str) -> Result<(), StoreError> {
        self.change(id, error, |row| row.dead = Set(true)).await
    }

    async fn change(
        &self,
        id: MessageId,
        error: &str,
        change: impl FnOnce(&mut ActiveModel) + Send + 'static,
    ) -> Result<(), StoreError> {
        let mut row = ActiveModel { error: Set(Some(error.to_owned())), ..Default::default() };
        change(&mut row);
        self.write(move |work| {
            Box::pin(async move {
                let query = Entity::update_many().set(row).filter(Column::Id.eq(id.to_string()));
                query.exec(work.transaction().await?).await.map(|_| ()).map_err(|error| work.fault(error))
            })
        })
        .await
    }

    /// Up to `size` of the organization's dead letters behind the one numbered `after`, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dead_letters(
        &self,
        organization: &OrganizationId,
        after: Option<u64>,
        size: u32,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let query = Entity::find()
            .filter(Column::Organization.eq(organization.as_str()))
            .filter(Column::Seq.gt(after.and_then(|after| i64::try_from(after).ok()).unwrap_or(0)))
            .filter(Expr::cust("dead"))
            .order_by(Column::Seq, Order::Asc)
            .limit(u64::from(size.clamp(1, PAGE_SIZE_MAX)));
        let rows = query.all(&self.reader).await?;
        let letter = |mut row: Model| {
            let (number, error) = (count(row.seq), row.error.take().unwrap_or_default());
            claimed(row).map(|Claimed { message, attempts }| DeadLetter { number, message, attempts, error })
        };
        rows.into_iter().map(letter).collect()
    }

    /// The first instant at which there will be something to claim; none when the outbox is empty. What is leased
    /// counts with the end of its lease.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let statement = Statement::from_string(self.reader.get_database_backend(), next_due_sql());
        let Some(row) = self.reader.query_one_raw(statement).await? else { return Ok(None) };
        instant(row.try_get_by_index(0)?, "the outbox").map(Some)
    }
}

fn claimed(row: Model) -> Result<Claimed, StoreError> {
    let what = format!("message {}", row.id);
    let message = Outgoing {
        id: parse_id(&row.id, &what)?,
        organization: parse_id(&row.organization, &what)?,
        ticket: (!row.ticket.is_empty()).then(|| parse_id(&row.ticket, &what)).transpose()?,
        handover: row.handover.map(|handover| parse_id(&handover, &what)).transpose()?,
        to: row.receiver,
        order_key: row.order_key,
        kind: row.kind,
        payload: row.payload,
        trace: row.trace,
        due: instant(row.since, &what)?,
    };
    Ok(Claimed { message, attempts: row.attempts.unsigned_abs() })
}
