//! What line 3 has published, offered by how like it is to a ticket.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use handover::Refused;
use knowledge::{Article, Audience, KnowledgeError, Search, Viewer};
use proto::handover as wire;
use runbooks::Guide;
use store::{Store, StoreError, Version};
use ticket::{Facts, OrganizationId};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::item::{Item, ItemId, ItemNews, KIND, PUBLISHED};

/// How many documents are read at once.
const PAGE: u32 = 200;

/// The most that is looked at, in pages; nobody keeps as many known errors.
const PAGES_MAX: usize = 20;

/// The most matches of a ticket.
pub(crate) const MATCHES_MAX: usize = 50;

/// By how much an item about the ticket's product is likelier, and one about its category. Taste, not measured: the one
/// should outrank a few words in common, the other break ties.
const PRODUCT: f32 = 1.5;
/// See [`PRODUCT`].
const CATEGORY: f32 = 1.1;

/// A search per organization over what is published. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Shelves(Arc<Mutex<HashMap<OrganizationId, Arc<Shelf>>>>);

struct Shelf {
    /// What it was built of: another replica, or line 3, may have changed it since.
    seen: Vec<(String, Version)>,
    items: BTreeMap<String, Item>,
    search: Search,
}

impl Shelves {
    /// What is published and like the ticket, the likest first.
    pub(crate) async fn like(
        &self,
        store: &Store,
        organization: &OrganizationId,
        facts: Facts,
    ) -> Result<Vec<wire::KnownMatch>, Refused> {
        let shelf = self.of(store, organization).await?;
        blocking(move || shelf.like(&facts)).await
    }

    async fn of(&self, store: &Store, organization: &OrganizationId) -> Result<Arc<Shelf>, Refused> {
        let published = read(store, organization).await?;
        let seen: Vec<_> = published.iter().map(|(id, _, version)| (id.clone(), *version)).collect();
        let mut shelves = self.0.lock().await;
        if let Some(shelf) = shelves.get(organization).filter(|shelf| shelf.seen == seen) {
            return Ok(Arc::clone(shelf));
        }
        let shelf = Arc::new(blocking(move || Shelf::build(seen, published)).await?);
        shelves.insert(organization.clone(), Arc::clone(&shelf));
        Ok(shelf)
    }
}

async fn read(store: &Store, organization: &OrganizationId) -> Result<Vec<(String, ItemNews, Version)>, Refused> {
    let mut all: Vec<(String, ItemNews, Version)> = Vec::new();
    for _ in 0..PAGES_MAX {
        let after = all.last().map(|(id, ..)| id.clone());
        let page = store.documents_by::<ItemNews>(organization, KIND, PUBLISHED, "", after.as_deref(), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            break;
        }
    }
    Ok(all)
}

impl Shelf {
    fn build(seen: Vec<(String, Version)>, all: Vec<(String, ItemNews, Version)>) -> Result<Self, KnowledgeError> {
        let items: BTreeMap<String, Item> = all.into_iter().map(|(id, news, _)| (id, news.item)).collect();
        let search = Search::build(items.values().map(article))?;
        Ok(Self { seen, items, search })
    }

    fn like(&self, facts: &Facts) -> Result<Vec<wire::KnownMatch>, KnowledgeError> {
        let question = format!("{} {}", facts.subject, facts.text);
        let hits = self.search.find_for(Viewer::Staff, &question, MATCHES_MAX)?;
        let mut found = Vec::new();
        for hit in hits {
            let Some(item) = self.items.get(&hit.article_id) else { continue };
            let same_product = names(&item.guide.products, facts.product.as_deref());
            let same_category = names(&item.guide.categories, facts.category.as_deref());
            let product = if same_product { PRODUCT } else { 1.0 };
            let category = if same_category { CATEGORY } else { 1.0 };
            let score = (hit.score * product * category).min(1.0);
            let (kind, likeness) = (item.id.kind() as i32, thousandths(score));
            let (item_id, title, matched) = (hit.article_id, hit.title, hit.matched);
            found.push((
                score,
                wire::KnownMatch { item_id, kind, title, likeness, matched, same_product, same_category },
            ));
        }
        found.sort_by(|(one, a), (other, b)| other.total_cmp(one).then_with(|| a.item_id.cmp(&b.item_id)));
        Ok(found.into_iter().map(|(_, offered)| offered).collect())
    }
}

/// An item as an article for the organization's people.
#[must_use]
pub fn article(item: &Item) -> Article {
    let Guide { language, title, products, applies, .. } = &item.guide;
    Article {
        id: item.id.to_string(),
        title: title.clone(),
        body: item.guide.body(),
        // It says how the fault looks, so that it is asked for by that, and by what is done.
        questions: vec![applies.clone(), item.guide.body()],
        language: match language {
            ticket::Language::Russian => knowledge::Language::Russian,
            ticket::Language::English => knowledge::Language::English,
        },
        tags: vec![match item.id {
            ItemId::Problem(_) => "known-error".to_owned(),
            ItemId::Runbook(_) => "runbook".to_owned(),
        }],
        synonyms: products.clone(),
        audience: Audience::Internal,
    }
}

fn names(all: &[String], one: Option<&str>) -> bool {
    one.is_some_and(|one| all.iter().any(|known| known.to_lowercase() == one.to_lowercase()))
}

fn thousandths(score: f32) -> u32 {
    (score * 1_000.0).round().clamp(0.0, 1_000.0) as u32
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KnowledgeError> + Send + 'static,
) -> Result<T, Refused> {
    let fault = |why: String| Refused::Store(StoreError::Corrupt { what: "the index of known items".to_owned(), why });
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| fault(error.to_string())),
        Err(error) => Err(fault(error.to_string())),
    }
}
