//! JSON documents by kind and id: articles, versions of plans, bonds.

use sea_orm::sea_query::Order;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Set};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ticket::OrganizationId;

use crate::error::StoreError;
use crate::listing::PAGE_SIZE_MAX;
use crate::rows::document::{ActiveModel, Column, Entity, Model};
use crate::store::Store;
use crate::tickets::{Version, to_json};
use crate::work::Work;

impl Store {
    /// The document of this kind and id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn document<T: DeserializeOwned>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        id: &str,
    ) -> Result<Option<(T, Version)>, StoreError> {
        find(organization, kind, id).one(&self.reader).await?.map(read).transpose()
    }

    /// Up to `size` (at most [`PAGE_SIZE_MAX`]) documents of this kind with ids behind `after`, in the order of ids.
    ///
    /// # Errors
    /// What the database says.
    pub async fn documents<T: DeserializeOwned>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        after: Option<&str>,
        size: u32,
    ) -> Result<Vec<(String, T, Version)>, StoreError> {
        let rows = query(organization, kind, after, size).all(&self.reader).await?;
        rows.into_iter()
            .map(|row| {
                let id = row.id.clone();
                read(row).map(|(value, version)| (id, value, version))
            })
            .collect()
    }
}

impl Work {
    /// The document of this kind and id, which nobody else changes until this work ends.
    ///
    /// # Errors
    /// What the database says.
    pub async fn document<T: DeserializeOwned>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        id: &str,
    ) -> Result<Option<(T, Version)>, StoreError> {
        let row = find(organization, kind, id).lock_exclusive().one(self.transaction().await?).await;
        row.map_err(|error| self.fault(error))?.map(read).transpose()
    }

    /// The document of this kind and id as it stands, or stood when it was read along with [`Work::request`]; others may change
    /// it meanwhile: for what many read and few write.
    ///
    /// # Errors
    /// What the database says.
    pub async fn peek<T: DeserializeOwned>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        id: &str,
    ) -> Result<Option<(T, Version)>, StoreError> {
        let row = match self.read_along(organization, kind, id) {
            Some(known) => known,
            None => {
                let row = find(organization, kind, id).one(self.transaction().await?).await;
                row.map_err(|error| self.fault(error))?
            }
        };
        row.map(read).transpose()
    }

    /// Writes a document over what `read` saw; none when it must be new.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another write came between, [`StoreError::AlreadyExists`] when it should be new
    /// and is not; else what the database says.
    pub async fn put_document<T: Serialize + Sync>(
        &self,
        organization: &OrganizationId,
        kind: &str,
        id: &str,
        document: &T,
        read: Option<Version>,
    ) -> Result<Version, StoreError> {
        self.forget_read_along(organization, kind, id);
        let what = || format!("{kind} `{id}`");
        let version = read.map_or(Version::FIRST, Version::next);
        let body = to_json(document)?;
        let Some(read) = read else {
            let row = ActiveModel {
                organization: Set(organization.to_string()),
                kind: Set(kind.to_owned()),
                id: Set(id.to_owned()),
                version: Set(version.0),
                body: Set(body),
            };
            let new = self.insert(Entity::insert(row).on_conflict_do_nothing()).await?;
            return if new { Ok(version) } else { Err(StoreError::AlreadyExists { what: what() }) };
        };
        let done = Entity::update_many()
            .set(ActiveModel { version: Set(version.0), body: Set(body), ..Default::default() })
            .filter(Column::Organization.eq(organization.as_str()))
            .filter(Column::Kind.eq(kind))
            .filter(Column::Id.eq(id))
            .filter(Column::Version.eq(read.0))
            .exec(self.transaction().await?)
            .await
            .map_err(|error| self.fault(error))?;
        if done.rows_affected == 1 { Ok(version) } else { Err(StoreError::Conflict { what: what() }) }
    }

    /// Takes a document away, and its keys; whether it was there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delete_document(
        &self,
        organization: &OrganizationId,
        kind: &str,
        id: &str,
    ) -> Result<bool, StoreError> {
        self.forget_read_along(organization, kind, id);
        self.put_keys(organization, kind, id, &[]).await?;
        let done = Entity::delete_by_id((organization.to_string(), kind.to_owned(), id.to_owned()))
            .exec(self.transaction().await?)
            .await
            .map_err(|error| self.fault(error))?;
        Ok(done.rows_affected > 0)
    }
}

fn find(organization: &OrganizationId, kind: &str, id: &str) -> Select<Entity> {
    Entity::find_by_id((organization.to_string(), kind.to_owned(), id.to_owned()))
}

pub(crate) fn query(organization: &OrganizationId, kind: &str, after: Option<&str>, size: u32) -> Select<Entity> {
    Entity::find()
        .filter(Column::Organization.eq(organization.as_str()))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Id.gt(after.unwrap_or_default()))
        .order_by(Column::Id, Order::Asc)
        .limit(u64::from(size.clamp(1, PAGE_SIZE_MAX)))
}

fn read<T: DeserializeOwned>(row: Model) -> Result<(T, Version), StoreError> {
    let what = || format!("{} `{}`", row.kind, row.id);
    let value = serde_json::from_str(&row.body).map_err(|error| StoreError::not_json(what(), &error))?;
    Ok((value, Version(row.version)))
}
