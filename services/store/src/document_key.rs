//! Other keys of documents than their ids: what they are looked for by, as sortable texts.

use sea_orm::sea_query::{Expr, ExprTrait, Order};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef, Select, Set,
};
use serde::de::DeserializeOwned;
use ticket::OrganizationId;

use crate::error::StoreError;
use crate::listing::PAGE_SIZE_MAX;
use crate::rows::{document, document_key as key};
use crate::store::Store;
use crate::tickets::Version;
use crate::work::Work;

/// A document found by a key: the key's value, the document's id, the document.
pub type Keyed<T> = (String, String, T, Version);

impl Store {
    /// Up to `size` (at most [`PAGE_SIZE_MAX`]) documents of this kind whose key `name` is `value`, in the order of ids,
    /// those behind `after`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn documents_by<T: DeserializeOwned>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        name: &str,
        value: &str,
        after: Option<&str>,
        size: u32,
    ) -> Result<Vec<(String, T, Version)>, StoreError> {
        let found = find(&self.reader, by(organization, kind, name, value, after, size)).await?;
        found.into_iter().map(|found| found.read().map(|(_, id, body, version)| (id, body, version))).collect()
    }

    /// Up to `size` (at most [`PAGE_SIZE_MAX`]) documents of this kind whose key `name` is from `from` to before `to`, in
    /// the order of values and ids, those behind `after` (a value and an id).
    ///
    /// # Errors
    /// What the database says.
    pub async fn documents_between<T: DeserializeOwned>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        name: &str,
        range: (&str, &str),
        after: Option<(&str, &str)>,
        size: u32,
    ) -> Result<Vec<Keyed<T>>, StoreError> {
        let found = find(&self.reader, between(organization, kind, name, range, after, size)).await?;
        found.into_iter().map(Found::read).collect()
    }
}

impl Work {
    /// Gives a document these keys (name and value) in place of those it had.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_keys(
        &self,
        organization: &OrganizationId,
        kind: &str,
        id: &str,
        keys: &[(&str, String)],
    ) -> Result<(), StoreError> {
        let before = key::Entity::delete_many()
            .filter(key::Column::Organization.eq(organization.as_str()))
            .filter(key::Column::Kind.eq(kind))
            .filter(key::Column::Id.eq(id));
        self.later(&before).await?;
        let rows = keys.iter().map(|(name, value)| key::ActiveModel {
            organization: Set(organization.to_string()),
            kind: Set(kind.to_owned()),
            name: Set((*name).to_owned()),
            value: Set(value.clone()),
            id: Set(id.to_owned()),
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.later(&key::Entity::insert_many(rows).on_conflict_do_nothing()).await
    }

    /// As [`Store::documents_by`], inside this work.
    ///
    /// # Errors
    /// What the database says.
    pub async fn documents_by<T: DeserializeOwned>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        name: &str,
        value: &str,
        after: Option<&str>,
        size: u32,
    ) -> Result<Vec<(String, T, Version)>, StoreError> {
        let found = find(self.transaction().await?, by(organization, kind, name, value, after, size)).await;
        let found = found.map_err(|error| self.fault(error))?;
        found.into_iter().map(|found| found.read().map(|(_, id, body, version)| (id, body, version))).collect()
    }

    /// As [`Store::documents_between`], inside this work.
    ///
    /// # Errors
    /// What the database says.
    pub async fn documents_between<T: DeserializeOwned>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        name: &str,
        range: (&str, &str),
        after: Option<(&str, &str)>,
        size: u32,
    ) -> Result<Vec<Keyed<T>>, StoreError> {
        let found = find(self.transaction().await?, between(organization, kind, name, range, after, size)).await;
        found.map_err(|error| self.fault(error))?.into_iter().map(Found::read).collect()
    }
}

#[derive(FromQueryResult)]
struct Found {
    value: String,
    id: String,
    version: i64,
    body: String,
}

impl Found {
    fn read<T: DeserializeOwned>(self) -> Result<Keyed<T>, StoreError> {
        let body = serde_json::from_str(&self.body)
            .map_err(|error| StoreError::not_json(format!("document `{}`", self.id), &error))?;
        Ok((self.value, self.id, body, Version(self.version)))
    }
}

async fn find(connection: &impl ConnectionTrait, query: Select<key::Entity>) -> Result<Vec<Found>, DbErr> {
    query.into_model::<Found>().all(connection).await
}

/// The documents with this value of a key.
pub(crate) fn by(
    organization: &OrganizationId,
    kind: &str,
    name: &str,
    value: &str,
    after: Option<&str>,
    size: u32,
) -> Select<key::Entity> {
    keyed(organization, kind, name, size)
        .filter(key::Column::Value.eq(value))
        .filter(key::Column::Id.gt(after.unwrap_or_default()))
        .order_by(key::Column::Id, Order::Asc)
}

/// The documents with a value of a key between two.
pub(crate) fn between(
    organization: &OrganizationId,
    kind: &str,
    name: &str,
    (from, to): (&str, &str),
    after: Option<(&str, &str)>,
    size: u32,
) -> Select<key::Entity> {
    let (value, id) = after.unwrap_or((from, ""));
    let place = |value: Expr, id: Expr| Expr::tuple([value, id]);
    let column = |column| Expr::col((key::Entity, column));
    keyed(organization, kind, name, size)
        .filter(key::Column::Value.gte(from))
        .filter(key::Column::Value.lt(to))
        .filter(
            place(column(key::Column::Value), column(key::Column::Id)).gt(place(Expr::value(value), Expr::value(id))),
        )
        .order_by(key::Column::Value, Order::Asc)
        .order_by(key::Column::Id, Order::Asc)
}

fn keyed(organization: &OrganizationId, kind: &str, name: &str, size: u32) -> Select<key::Entity> {
    let join: RelationDef = key::Entity::belongs_to(document::Entity)
        .from((key::Column::Organization, key::Column::Kind, key::Column::Id))
        .to((document::Column::Organization, document::Column::Kind, document::Column::Id))
        .into();
    key::Entity::find()
        .select_only()
        .columns([key::Column::Value, key::Column::Id])
        .column_as(document::Column::Version, "version")
        .column_as(document::Column::Body, "body")
        .join(JoinType::InnerJoin, join)
        .filter(key::Column::Organization.eq(organization.as_str()))
        .filter(key::Column::Kind.eq(kind))
        .filter(key::Column::Name.eq(name))
        .limit(u64::from(size.clamp(1, PAGE_SIZE_MAX)))
}
