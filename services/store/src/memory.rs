//! What was answered before, and other names and numbers of tickets.

use jiff::Timestamp;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set, Statement};
use ticket::{Epoch, MessageId, OrganizationId, RequestId, TicketId};

use crate::error::StoreError;
use crate::names::{count, id as parse_id, micros};
use crate::rows::{alias, document, inbox, request};
use crate::store::Store;
use crate::work::Work;

/// What makes a repeat of a change request known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// Whose data it changes.
    pub organization: OrganizationId,
    /// Who asks: one caller's request ids mean nothing for another's. Without line breaks.
    pub caller: String,
    /// The full name of the RPC.
    pub method: String,
    /// What the caller drew.
    pub request_id: RequestId,
}

/// A first answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// A digest of what was asked: the same id with another question is a caller's mistake.
    pub fingerprint: Vec<u8>,
    /// The answer, encoded.
    pub answer: Vec<u8>,
}

impl Store {
    /// The answer that was given to a request; none when it was not done yet.
    ///
    /// # Errors
    /// What the database says.
    pub async fn answer_of(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        let row = find_request(key).one(&self.reader).await?;
        Ok(row.map(|row| Remembered { fingerprint: row.fingerprint, answer: row.answer }))
    }

    /// The ticket that has this other name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn by_alias(
        &self,
        organization: &OrganizationId,
        kind: &str,
        value: &str,
    ) -> Result<Option<TicketId>, StoreError> {
        let row = find_alias(organization, kind, value).one(&self.reader).await?;
        row.map(|row| parse_id(&row.ticket, "an alias")).transpose()
    }
}

impl Work {
    /// The answer that was given to a request. A repeat that runs at the same time waits here for the first.
    ///
    /// The documents of these kinds and ids are read with the same statement, for [`Work::peek`]: those that nearly every
    /// request looks at.
    ///
    /// # Errors
    /// What the database says.
    pub async fn request(&self, key: &RequestKey, along: &[(&str, &str)]) -> Result<Option<Remembered>, StoreError> {
        let RequestKey { organization, caller, method, request_id } = key;
        self.queue_for(&["request", organization.as_str(), caller, method, request_id.as_str()]).await?;
        let mut sql = "SELECT NULL AS kind, NULL AS id, 0 AS version, NULL AS body, fingerprint, answer FROM request \
             WHERE organization = $1 AND caller = $2 AND method = $3 AND id = $4"
            .to_owned();
        let mut values: Vec<sea_orm::Value> =
            [organization.as_str(), caller, method, request_id.as_str()].map(Into::into).into();
        for (kind, id) in along {
            let place = values.len() + 1;
            sql += " UNION ALL SELECT kind, id, version, body, NULL, NULL FROM document WHERE organization = $1 ";
            sql += &format!("AND kind = ${place} AND id = ${}", place + 1);
            values.extend([(*kind).into(), (*id).into()]);
        }
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = self.transaction().await?.query_all_raw(statement).await.map_err(|error| self.fault(error))?;
        let mut remembered = None;
        let mut found = Vec::with_capacity(along.len());
        for row in rows {
            match (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(3)?) {
                (Some(kind), Some(id), Some(body)) => {
                    let (organization, version) = (organization.to_string(), row.try_get_by_index(2)?);
                    found.push(document::Model { organization, kind, id, version, body });
                }
                _ => {
                    remembered =
                        Some(Remembered { fingerprint: row.try_get_by_index(4)?, answer: row.try_get_by_index(5)? })
                }
            }
        }
        self.note_read_along(organization, along, found);
        Ok(remembered)
    }

    /// Remembers the first answer to a request, which must have none yet.
    ///
    /// # Errors
    /// What the database says.
    pub async fn remember_request(
        &self,
        key: &RequestKey,
        fingerprint: &[u8],
        answer: Vec<u8>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let row = request::ActiveModel {
            organization: Set(key.organization.to_string()),
            caller: Set(key.caller.clone()),
            method: Set(key.method.clone()),
            id: Set(key.request_id.to_string()),
            fingerprint: Set(fingerprint.to_vec()),
            answer: Set(answer),
            at: Set(micros(at)),
        };
        self.later(&request::Entity::insert(row)).await
    }

    /// Writes the answer that a request has after all: a handover that was pending was accepted or declined.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the request has no answer yet; else what the database says.
    pub async fn amend_request(&self, key: &RequestKey, answer: Vec<u8>) -> Result<(), StoreError> {
        let row = request::ActiveModel { answer: Set(answer), ..Default::default() };
        let done = request::Entity::update_many()
            .set(row)
            .filter(request::Column::Organization.eq(key.organization.as_str()))
            .filter(request::Column::Caller.eq(key.caller.as_str()))
            .filter(request::Column::Method.eq(key.method.as_str()))
            .filter(request::Column::Id.eq(key.request_id.as_str()))
            .exec(self.transaction().await?)
            .await
            .map_err(|error| self.fault(error))?;
        if done.rows_affected == 1 { Ok(()) } else { Err(StoreError::Missing { what: key.request_id.to_string() }) }
    }

    /// The answer that was given to a message from another line or a partner. A repeat that arrives at the same time
    /// waits here for the first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn inbox_answer(
        &self,
        organization: &OrganizationId,
        id: MessageId,
    ) -> Result<Option<Remembered>, StoreError> {
        self.queue_for(&["message", organization.as_str(), &id.to_string()]).await?;
        let query = inbox::Entity::find_by_id((organization.to_string(), id.to_string()));
        let row = query.one(self.transaction().await?).await.map_err(|error| self.fault(error))?;
        Ok(row.map(|row| Remembered { fingerprint: row.fingerprint, answer: row.answer }))
    }

    /// Remembers the answer to a message, which must have none yet; `accepted` names the ticket and the epoch that were
    /// taken over by it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn remember_inbox(
        &self,
        organization: &OrganizationId,
        id: MessageId,
        accepted: Option<(TicketId, Epoch)>,
        fingerprint: &[u8],
        answer: Vec<u8>,
    ) -> Result<(), StoreError> {
        let row = inbox::ActiveModel {
            organization: Set(organization.to_string()),
            id: Set(id.to_string()),
            ticket: Set(accepted.map(|(ticket, _)| ticket.to_string())),
            epoch: Set(accepted.map(|(_, epoch)| i64::from(epoch.number()))),
            fingerprint: Set(fingerprint.to_vec()),
            answer: Set(answer),
        };
        self.later(&inbox::Entity::insert(row)).await
    }

    /// Gives a ticket another name, such as its number or a partner's case. Again for the same ticket changes nothing.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when another ticket has the name; else what the database says.
    pub async fn alias(
        &self,
        organization: &OrganizationId,
        kind: &str,
        value: &str,
        ticket: TicketId,
    ) -> Result<(), StoreError> {
        let row = alias::ActiveModel {
            organization: Set(organization.to_string()),
            kind: Set(kind.to_owned()),
            value: Set(value.to_owned()),
            ticket: Set(ticket.to_string()),
        };
        let insert = alias::Entity::insert(row).on_conflict_do_nothing();
        if self.insert(insert).await? || self.by_alias(organization, kind, value).await? == Some(ticket) {
            Ok(())
        } else {
            Err(StoreError::AlreadyExists { what: format!("{kind} `{value}`") })
        }
    }

    /// The ticket that has this other name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn by_alias(
        &self,
        organization: &OrganizationId,
        kind: &str,
        value: &str,
    ) -> Result<Option<TicketId>, StoreError> {
        let query = find_alias(organization, kind, value);
        let row = query.one(self.transaction().await?).await.map_err(|error| self.fault(error))?;
        row.map(|row| parse_id(&row.ticket, "an alias")).transpose()
    }

    /// The next number of the organization's series, from 1. Without gaps, since a number that is not committed is
    /// given out again; so writers of one series wait for each other.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_number(&self, organization: &OrganizationId, series: &str) -> Result<u64, StoreError> {
        let sql = "INSERT INTO counter (organization, series, value) VALUES ($1, $2, 1) \
                   ON CONFLICT (organization, series) DO UPDATE SET value = counter.value + 1 RETURNING value";
        let values = [organization.as_str().into(), series.into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let row = self.transaction().await?.query_one_raw(statement).await.map_err(|error| self.fault(error))?;
        let value: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
        value.map(count).ok_or_else(|| StoreError::Missing { what: format!("the counter `{series}`") })
    }
}

fn find_request(key: &RequestKey) -> sea_orm::Select<request::Entity> {
    let RequestKey { organization, caller, method, request_id } = key;
    request::Entity::find_by_id((organization.to_string(), caller.clone(), method.clone(), request_id.to_string()))
}

fn find_alias(organization: &OrganizationId, kind: &str, value: &str) -> sea_orm::Select<alias::Entity> {
    alias::Entity::find_by_id((organization.to_string(), kind.to_owned(), value.to_owned()))
}
