//! What line 3 has published, as each line below keeps it.

use std::fmt;
use std::str::FromStr;

use handover::{Change, Refused};
use jiff::Timestamp;
use proto::errors::Reason;
use proto::handover::KnownKind;
use runbooks::Guide;
use serde::{Deserialize, Serialize};
use store::{Store, Version};
use ticket::ids::NotAnId;
use ticket::{OrganizationId, ProblemId, RunbookId, RunbookTestId};

/// The kind of the documents.
pub(crate) const KIND: &str = "known-item";

/// The name of their key while they are to be used.
pub(crate) const PUBLISHED: &str = "published";

/// What something known is, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ItemId {
    /// A known error.
    Problem(ProblemId),
    /// A runbook.
    Runbook(RunbookId),
}

impl ItemId {
    /// What it is.
    #[must_use]
    pub fn kind(self) -> KnownKind {
        match self {
            Self::Problem(_) => KnownKind::KnownError,
            Self::Runbook(_) => KnownKind::Runbook,
        }
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(id) => id.fmt(f),
            Self::Runbook(id) => id.fmt(f),
        }
    }
}

impl FromStr for ItemId {
    type Err = NotAnId;

    fn from_str(given: &str) -> Result<Self, NotAnId> {
        match given.parse() {
            Ok(problem) => Ok(Self::Problem(problem)),
            Err(_) => given.parse().map(Self::Runbook),
        }
    }
}

impl TryFrom<String> for ItemId {
    type Error = NotAnId;
    fn try_from(given: String) -> Result<Self, NotAnId> {
        given.parse()
    }
}

impl From<ItemId> for String {
    fn from(id: ItemId) -> Self {
        id.to_string()
    }
}

/// Something known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which.
    pub id: ItemId,
    /// What to do in which case.
    pub guide: Guide,
    /// Of a runbook, which edition; 0 for a known error.
    pub edition: u32,
    /// When it was published.
    pub at: Timestamp,
}

/// News of something known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemNews {
    /// What.
    pub item: Item,
    /// Whether it is not to be used any more.
    pub withdrawn: bool,
    /// Grows with each news of the item.
    pub number: u32,
}

/// There is nothing like it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotFound {
    #[error("line 3 has published no {0}, or has withdrawn it")]
    Item(ItemId),
    #[error("no test {0} waits for you")]
    Test(RunbookTestId),
}

impl rpc::Problem for NotFound {
    fn reason(&self) -> Reason {
        match self {
            Self::Item(_) => Reason::KnownItemNotFound,
            Self::Test(_) => Reason::RunbookTestNotFound,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Item(item) => vec![("item", item.to_string())],
            Self::Test(test) => vec![("test", test.to_string())],
        }
    }
}

impl From<NotFound> for Refused {
    fn from(nothing: NotFound) -> Self {
        Self::Own(Box::new(nothing))
    }
}

/// Keeps what line 3 said of an item; whether that is newer than what was known.
///
/// # Errors
/// What the database says.
pub async fn keep(change: &Change<'_>, news: &ItemNews) -> Result<bool, Refused> {
    let (organization, id) = (change.organization(), news.item.id.to_string());
    let found = change.work.document::<ItemNews>(organization, KIND, &id).await?;
    if found.as_ref().is_some_and(|(known, _)| known.number >= news.number) {
        return Ok(false);
    }
    change.work.put_document(organization, KIND, &id, news, found.map(|(_, read)| read)).await?;
    let keys = if news.withdrawn { Vec::new() } else { vec![(PUBLISHED, String::new())] };
    change.work.put_keys(organization, KIND, &id, &keys).await?;
    Ok(true)
}

/// An item that is to be used.
pub(crate) async fn find(store: &Store, organization: &OrganizationId, id: ItemId) -> Result<Item, Refused> {
    let found: Option<(ItemNews, Version)> = store.document(organization, KIND, &id.to_string()).await?;
    let found = found.map(|(news, _)| news).filter(|news| !news.withdrawn);
    found.map(|news| news.item).ok_or_else(|| NotFound::Item(id).into())
}
