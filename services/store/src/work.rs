//! Work inside one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryTrait, Statement, TryInsert,
    TryInsertResult, Values,
};
use ticket::{OrganizationId, TicketId};

use crate::error::StoreError;
use crate::rows::document;

/// So many writes go to the database at once. What a change of thousands of tickets puts off would else be one text that is
/// never seen again, and is prepared and kept for nothing.
const TOGETHER_MAX: usize = 8;

/// One transaction. Everything done through it becomes durable together, or not at all.
///
/// A job does its database work through this and nothing else; it holds up other writers, so it waits for nothing
/// else either.
#[derive(Debug)]
pub struct Work {
    transaction: DatabaseTransaction,
    /// Writes that were put off: see [`Work::later`].
    put_off: Mutex<Vec<Statement>>,
    /// The first fault of the database itself. After one the transaction is void on either database, whatever the
    /// job makes of the error.
    fault: Mutex<Option<StoreError>>,
    /// Tickets whose rows are locked, so that the order of their events is the order of commits.
    locked: Mutex<HashSet<(OrganizationId, TicketId)>>,
    /// The version that each ticket read or written here will have when this is committed.
    versions: Mutex<HashMap<(OrganizationId, TicketId), i64>>,
    /// Documents that were read along, by whose, kind and id; none for one that is not there.
    along: Mutex<HashMap<DocumentKey, Option<document::Model>>>,
}

/// Whose, of which kind, and which.
type DocumentKey = (String, String, String);

impl Work {
    pub(crate) fn new(transaction: DatabaseTransaction) -> Self {
        Self {
            transaction,
            put_off: Mutex::default(),
            fault: Mutex::default(),
            locked: Mutex::default(),
            versions: Mutex::default(),
            along: Mutex::default(),
        }
    }

    /// The transaction, to commit when what was done is to be kept, else to roll back; the fault, if the database had one.
    pub(crate) async fn finish(self, keep: bool) -> Result<DatabaseTransaction, StoreError> {
        if keep {
            self.transaction().await?;
        }
        match self.fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(fault) => Err(fault),
            None => Ok(self.transaction),
        }
    }

    /// The transaction, for a statement: what was put off is sent before it.
    pub(crate) async fn transaction(&self) -> Result<&DatabaseTransaction, StoreError> {
        let put_off = std::mem::take(&mut *self.put_off.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(together) = put_off.into_iter().reduce(joined) {
            self.transaction.execute_raw(together).await.map_err(|error| self.fault(error))?;
        }
        Ok(&self.transaction)
    }

    /// Puts off a write until another statement is sent or the work ends, so that several go to the database at once: on
    /// SQLite a statement's way to the thread that runs it and back costs more than most writes. Only for what no decision
    /// of this work depends on. PostgreSQL takes one statement at a time, and gets it now.
    pub(crate) async fn later(&self, write: &impl QueryTrait) -> Result<(), StoreError> {
        self.later_raw(write.build(self.backend())).await
    }

    /// The same, of a statement that asks for its values by `?` on SQLite.
    pub(crate) async fn later_raw(&self, statement: Statement) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Postgres {
            return self.transaction.execute_raw(statement).await.map(|_| ()).map_err(|error| self.fault(error));
        }
        let waiting = {
            let mut put_off = self.put_off.lock().unwrap_or_else(PoisonError::into_inner);
            put_off.push(statement);
            put_off.len()
        };
        if waiting >= TOGETHER_MAX {
            self.transaction().await?;
        }
        Ok(())
    }

    /// Names a driver's error and makes sure that nothing of this work is committed.
    pub(crate) fn fault(&self, error: DbErr) -> StoreError {
        let error = StoreError::from(error);
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.clone());
        error
    }

    /// Runs a statement with its values; how many rows it touched.
    pub(crate) async fn run(&self, sql: &str, values: Vec<sea_orm::Value>) -> Result<u64, StoreError> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let done = self.transaction().await?.execute_raw(statement).await.map_err(|error| self.fault(error))?;
        Ok(done.rows_affected())
    }

    /// Inserts a row unless one of its key is there; whether it did. A key that is violated instead would void the
    /// transaction on PostgreSQL.
    pub(crate) async fn insert<A: ActiveModelTrait>(&self, insert: TryInsert<A>) -> Result<bool, StoreError> {
        match insert.exec_without_returning(self.transaction().await?).await.map_err(|error| self.fault(error))? {
            TryInsertResult::Inserted(rows) => Ok(rows > 0),
            TryInsertResult::Conflicted | TryInsertResult::Empty => Ok(false),
        }
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }

    /// Waits until no other transaction works on `name`; the next statement sees what it committed.
    ///
    /// SQLite has one writer, so there nobody can be at it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn queue_for(&self, name: &[&str]) -> Result<(), StoreError> {
        if self.backend() != DbBackend::Postgres {
            return Ok(());
        }
        // No name holds a line break.
        let name = name.join("\n");
        self.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", vec![name.into()]).await.map(|_| ())
    }

    /// Notes that the ticket's row is locked by this transaction.
    pub(crate) fn note_locked(&self, organization: &OrganizationId, ticket: TicketId) {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner).insert((organization.clone(), ticket));
    }

    /// Notes which version the ticket has, or will have once what is written next is.
    pub(crate) fn note_version(&self, organization: &OrganizationId, ticket: TicketId, version: i64) {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = versions.entry((organization.clone(), ticket)).or_insert(version);
        *known = version.max(*known);
    }

    /// The version that what happens to the ticket now is part of; 0 when it was not read here.
    pub(crate) fn version_of(&self, organization: &OrganizationId, ticket: TicketId) -> i64 {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        versions.get(&(organization.clone(), ticket)).copied().unwrap_or_default()
    }

    /// Notes that the documents `asked` for were read, and `found`.
    pub(crate) fn note_read_along(
        &self,
        organization: &OrganizationId,
        asked: &[(&str, &str)],
        found: Vec<document::Model>,
    ) {
        let key = |kind: &str, id: &str| (organization.to_string(), kind.to_owned(), id.to_owned());
        let mut along = self.along.lock().unwrap_or_else(PoisonError::into_inner);
        along.extend(asked.iter().map(|(kind, id)| (key(kind, id), None)));
        along.extend(found.into_iter().map(|row| (key(&row.kind, &row.id), Some(row))));
    }

    /// The document, if it was read along and not written since.
    pub(crate) fn read_along(
        &self,
        organization: &OrganizationId,
        kind: &str,
        id: &str,
    ) -> Option<Option<document::Model>> {
        let key = (organization.to_string(), kind.to_owned(), id.to_owned());
        self.along.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// A document is about to be written.
    pub(crate) fn forget_read_along(&self, organization: &OrganizationId, kind: &str, id: &str) {
        let key = (organization.to_string(), kind.to_owned(), id.to_owned());
        self.along.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    /// Waits until no other transaction does what `name` stands for, such as choosing a person of one group.
    ///
    /// # Errors
    /// What the database says.
    pub async fn alone(&self, organization: &OrganizationId, name: &str) -> Result<(), StoreError> {
        self.queue_for(&[organization.as_str(), "alone", name]).await
    }

    /// Locks the ticket's row unless that is done. Whoever locks something else of a ticket locks the ticket first, so that no two
    /// wait for each other.
    ///
    /// # Errors
    /// What the database says.
    pub async fn lock(&self, organization: &OrganizationId, ticket: TicketId) -> Result<(), StoreError> {
        let key = (organization.clone(), ticket);
        let known = self.locked.lock().unwrap_or_else(PoisonError::into_inner).contains(&key);
        if self.backend() == DbBackend::Postgres && !known {
            let sql = "SELECT 1 FROM ticket WHERE organization = $1 AND id = $2 FOR UPDATE";
            self.run(sql, vec![organization.as_str().into(), ticket.to_string().into()]).await?;
            self.note_locked(organization, ticket);
        }
        Ok(())
    }
}

/// Two statements of SQLite as one; their values are asked for by `?`, in order.
fn joined(first: Statement, second: Statement) -> Statement {
    let values = [first.values, second.values].into_iter().flatten().flat_map(|Values(values)| values);
    Statement { sql: format!("{}; {}", first.sql, second.sql), values: Some(Values(values.collect())), ..second }
}
