//! Articles in the database: what stands, every version that there was, and in which order they changed.

use handover::{Change, Refused};
use knowledge::life::{Kept, Standing, Unfit, Version};
use proto::errors::Reason;
use store::{Store, StoreError};
use ticket::OrganizationId;

/// The kind of the articles.
pub(crate) const ARTICLE: &str = "article";
/// Their key by the states of their versions.
pub(crate) const BY_STATE: &str = "state";
/// Their key by the revision at which they changed last.
const BY_REVISION: &str = "revision";

/// The kind of the versions.
pub(crate) const VERSION: &str = "article-version";
/// Their key by article.
pub(crate) const BY_ARTICLE: &str = "article";

/// The document that counts the changes of articles, by kind and id.
pub(crate) const REVISIONS: (&str, &str) = (TURN, REVISION);

/// The kind of the documents that count turns.
const TURN: &str = "turn";
/// The id of the one that counts the changes of articles.
const REVISION: &str = "articles";

/// How many articles are read from the store at once.
const PAGE: u32 = 500;

/// What is wrong with an article.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArticleRefused {
    #[error("there is no article `{0}`")]
    NotFound(String),
    #[error("article `{id}`: {why}")]
    Unfit { id: String, why: Unfit },
    #[error("article `{id}` was changed since you saw it: it is at version {present}, you saw {expected}")]
    Changed { id: String, expected: u64, present: u64 },
}

impl rpc::Problem for ArticleRefused {
    fn reason(&self) -> Reason {
        match self {
            Self::NotFound(_) => Reason::ArticleNotFound,
            Self::Unfit { why: Unfit::Standing { .. }, .. } => Reason::ArticleWrongState,
            Self::Unfit { why: Unfit::OwnWork { .. }, .. } => Reason::ArticleOwnWork,
            Self::Changed { .. } => Reason::ArticleChanged,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotFound(id) => vec![("article", id.clone())],
            Self::Unfit { id, why: Unfit::Standing { action, standing } } => {
                let (action, state) = ((*action).to_owned(), (*standing).to_owned());
                vec![("article", id.clone()), ("action", action), ("state", state)]
            }
            Self::Unfit { id, why: Unfit::OwnWork { who } } => vec![("article", id.clone()), ("author", who.clone())],
            Self::Changed { id, expected, present } => {
                vec![("article", id.clone()), ("expected", expected.to_string()), ("present", present.to_string())]
            }
        }
    }
}

impl From<ArticleRefused> for Refused {
    fn from(problem: ArticleRefused) -> Self {
        Self::Own(Box::new(problem))
    }
}

/// An article, to be read.
pub(crate) async fn find(
    store: &Store,
    organization: &OrganizationId,
    id: &str,
) -> Result<(Kept, store::Version), Refused> {
    let found = store.document(organization, ARTICLE, id).await?;
    found.ok_or_else(|| ArticleRefused::NotFound(id.to_owned()).into())
}

/// A change of articles. There is one at a time in an organization, so that whoever has read up to a revision missed nothing.
pub(crate) struct Revision<'c, 'w> {
    change: &'c Change<'w>,
    number: u64,
}

impl<'c, 'w> Revision<'c, 'w> {
    /// Begins one, before any article is looked at.
    pub(crate) async fn begin(change: &'c Change<'w>) -> Result<Self, Refused> {
        Ok(Self { change, number: turn(change, REVISION).await? })
    }

    /// An article that somebody saw at the version `expected`, 0 when it does not matter; none when it is not there yet.
    pub(crate) async fn load(&self, id: &str, expected: u64) -> Result<Option<(Kept, store::Version)>, Refused> {
        let found = self.change.work.document::<Kept>(self.change.organization(), ARTICLE, id).await?;
        let present = found.as_ref().map_or(0, |(_, version)| version.number());
        if expected > 0 && expected != present {
            return Err(ArticleRefused::Changed { id: id.to_owned(), expected, present }.into());
        }
        Ok(found)
    }

    /// Writes an article, its versions, and the one in whose place another came.
    pub(crate) async fn save(
        &self,
        kept: &Kept,
        read: Option<store::Version>,
        over: Option<Version>,
    ) -> Result<store::Version, Refused> {
        let (work, organization) = (self.change.work, self.change.organization());
        let id = &kept.present.edition.article.id;
        let version = work.put_document(organization, ARTICLE, id, kept, read).await?;
        let mut keys = vec![(BY_REVISION, revision_key(self.number))];
        keys.extend(kept.versions().map(|version| (BY_STATE, version.standing.name().to_owned())));
        work.put_keys(organization, ARTICLE, id, &keys).await?;
        for version in kept.versions().chain(&over) {
            self.keep(id, version).await?;
        }
        Ok(version)
    }

    async fn keep(&self, article: &str, version: &Version) -> Result<(), Refused> {
        let (work, organization) = (self.change.work, self.change.organization());
        let id = format!("{article}#{:010}", version.number);
        let known = work.document::<Version>(organization, VERSION, &id).await?;
        if known.as_ref().is_some_and(|(known, _)| known == version) {
            return Ok(());
        }
        let read = known.map(|(_, read)| read);
        work.put_document(organization, VERSION, &id, version, read).await?;
        if read.is_none() {
            work.put_keys(organization, VERSION, &id, &[(BY_ARTICLE, article.to_owned())]).await?;
        }
        Ok(())
    }
}

/// Takes the next turn of this kind: one change of an organization has it at a time, in the order of the numbers.
pub(crate) async fn turn(change: &Change<'_>, kind: &str) -> Result<u64, Refused> {
    let (work, organization) = (change.work, change.organization());
    loop {
        let read = work.document::<()>(organization, TURN, kind).await?.map(|((), version)| version);
        match work.put_document(organization, TURN, kind, &(), read).await {
            Ok(version) => return Ok(version.number()),
            // Another change began with the first one, and has ended since.
            Err(StoreError::AlreadyExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn revision_key(number: u64) -> String {
    format!("{number:020}")
}

/// The latest revision of an organization's articles; 0 before the first.
pub(crate) async fn latest(store: &Store, organization: &OrganizationId) -> Result<u64, StoreError> {
    let latest = store.document::<()>(organization, TURN, REVISION).await?;
    Ok(latest.map_or(0, |((), version)| version.number()))
}

/// The same within a change, as it stood when the change began.
pub(crate) async fn latest_in(change: &Change<'_>) -> Result<u64, Refused> {
    let latest = change.work.peek::<()>(change.organization(), TURN, REVISION).await?;
    Ok(latest.map_or(0, |((), version)| version.number()))
}

/// Every article of an organization.
pub(crate) async fn all(store: &Store, organization: &OrganizationId) -> Result<Vec<Kept>, StoreError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.documents::<Kept>(organization, ARTICLE, after.as_deref(), PAGE).await?;
        let Some((last, ..)) = page.last() else { return Ok(all) };
        after = Some(last.clone());
        all.extend(page.into_iter().map(|(_, kept, _)| kept));
    }
}

/// The articles of an organization that changed after a revision.
pub(crate) async fn changed_after(
    store: &Store,
    organization: &OrganizationId,
    revision: u64,
) -> Result<Vec<Kept>, StoreError> {
    let (from, to) = (revision_key(revision.saturating_add(1)), revision_key(u64::MAX));
    let (mut all, mut after) = (Vec::new(), None::<(String, String)>);
    loop {
        let behind = after.as_ref().map(|(value, id)| (value.as_str(), id.as_str()));
        let range = (from.as_str(), to.as_str());
        let page = store.documents_between::<Kept>(organization, ARTICLE, BY_REVISION, range, behind, PAGE).await?;
        let Some((value, id, ..)) = page.last() else { return Ok(all) };
        after = Some((value.clone(), id.clone()));
        all.extend(page.into_iter().map(|(_, _, kept, _)| kept));
    }
}

/// Whether an article is one that knowledge consists of: published, valid now or not.
pub(crate) fn is_published(kept: &Kept) -> bool {
    kept.present.standing == Standing::Published
}
