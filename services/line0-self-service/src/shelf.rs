//! The knowledge of each organization, kept in the store and searched in memory.

use std::collections::HashMap;
use std::sync::Arc;

use handover::Refused;
use knowledge::{Answer, Article, Hit, KnowledgeError, Search, Thresholds, Viewer};
use store::{Store, StoreError};
use ticket::OrganizationId;
use tokio::sync::{Mutex, OnceCell};
use tokio::task::spawn_blocking;

/// The kind under which the store keeps articles.
pub(crate) const ARTICLE: &str = "article";

/// How many articles are read from the store at once.
const PAGE: u32 = 500;

/// A search per organization, built from the store when first needed. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Shelves(Arc<Mutex<HashMap<OrganizationId, Shelf>>>);

/// One organization's search, once somebody has built it.
type Shelf = Arc<OnceCell<Arc<Search>>>;

impl Shelves {
    async fn of(&self, store: &Store, organization: &OrganizationId) -> Result<Arc<Search>, Refused> {
        let cell = Arc::clone(self.0.lock().await.entry(organization.clone()).or_default());
        cell.get_or_try_init(|| load(store, organization)).await.cloned()
    }

    /// What the organization's knowledge says to a question.
    pub(crate) async fn answer(
        &self,
        store: &Store,
        organization: &OrganizationId,
        question: String,
        thresholds: Thresholds,
    ) -> Result<(Answer, Vec<Hit>), Refused> {
        let search = self.of(store, organization).await?;
        // Searching is computing: it would hold up whatever else runs on this thread.
        blocking(move || {
            let best = search.find(&question, 1)?;
            Ok((search.answer(&question, thresholds)?, best))
        })
        .await
    }

    /// The articles that fit a question, the best first.
    pub(crate) async fn find(
        &self,
        store: &Store,
        organization: &OrganizationId,
        viewer: Viewer,
        question: String,
        most: usize,
    ) -> Result<Vec<Hit>, Refused> {
        let search = self.of(store, organization).await?;
        blocking(move || search.find_for(viewer, &question, most)).await
    }

    /// The article with this id.
    pub(crate) async fn article(
        &self,
        store: &Store,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<Option<Article>, Refused> {
        Ok(self.of(store, organization).await?.article(id))
    }

    /// Makes articles visible that the store has already; returns how many there are.
    pub(crate) async fn put(
        &self,
        store: &Store,
        organization: &OrganizationId,
        articles: Vec<Article>,
    ) -> Result<usize, Refused> {
        let search = self.of(store, organization).await?;
        blocking(move || search.put(&articles).map(|()| search.len())).await
    }
}

async fn load(store: &Store, organization: &OrganizationId) -> Result<Arc<Search>, Refused> {
    let mut articles: Vec<Article> = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.documents::<Article>(organization, ARTICLE, after.as_deref(), PAGE).await?;
        let Some((last, ..)) = page.last() else { break };
        after = Some(last.clone());
        articles.extend(page.into_iter().map(|(_, article, _)| article));
    }
    blocking(move || Search::build(articles).map(Arc::new)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KnowledgeError> + Send + 'static,
) -> Result<T, Refused> {
    let fault = |why: String| Refused::Store(StoreError::Corrupt { what: "the index of articles".to_owned(), why });
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| fault(error.to_string())),
        Err(error) => Err(fault(error.to_string())),
    }
}
