//! What line 3 has published, offered by how like it is to a ticket.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use handover::Refused;
use knowledge::{Article, Audience, KnowledgeError, Language, Search, Viewer};
use proto::line2 as wire;
use serde::Deserialize;
use store::{Store, StoreError, Version};
use ticket::{Facts, OrganizationId};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// The kind of the documents in which every line keeps what line 3 publishes.
const KIND: &str = "known-item";

/// Their key while they are to be used; what is retired has another.
const PUBLISHED: &str = "published";

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

/// What is published, as far as the search reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Known {
    guide: Guide,
    products: Vec<String>,
    categories: Vec<String>,
}

/// What is written for whoever follows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Guide {
    title: Words,
    body: Words,
    steps: Vec<Step>,
}

/// One step of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Step {
    action: Words,
}

/// One text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Words {
    ru: String,
    en: String,
}

impl Words {
    fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Russian => &self.ru,
            Language::English => &self.en,
        }
    }
}

/// A search per organization over what is published. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Shelves(Arc<Mutex<HashMap<OrganizationId, Arc<Shelf>>>>);

struct Shelf {
    /// What it was built of: another replica, or line 3, may have changed it since.
    seen: Vec<(String, Version)>,
    items: BTreeMap<String, Known>,
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

async fn read(store: &Store, organization: &OrganizationId) -> Result<Vec<(String, Known, Version)>, Refused> {
    let mut all: Vec<(String, Known, Version)> = Vec::new();
    for _ in 0..PAGES_MAX {
        let after = all.last().map(|(id, ..)| id.clone());
        let page = store.documents_by::<Known>(organization, KIND, PUBLISHED, "", after.as_deref(), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            break;
        }
    }
    Ok(all)
}

impl Shelf {
    fn build(seen: Vec<(String, Version)>, all: Vec<(String, Known, Version)>) -> Result<Self, KnowledgeError> {
        let items: BTreeMap<String, Known> = all.into_iter().map(|(id, known, _)| (id, known)).collect();
        let search = Search::build(items.iter().flat_map(|(id, known)| articles(id, known)))?;
        Ok(Self { seen, items, search })
    }

    fn like(&self, facts: &Facts) -> Result<Vec<wire::KnownMatch>, KnowledgeError> {
        let question = format!("{} {}", facts.subject, facts.text);
        // Both languages of an item may be found.
        let hits = self.search.find_for(Viewer::Staff, &question, MATCHES_MAX * 2)?;
        let mut found: BTreeMap<&str, (f32, wire::KnownMatch)> = BTreeMap::new();
        for hit in hits {
            let Some((id, known)) = hit.article_id.rsplit_once('#').and_then(|(id, _)| self.items.get_key_value(id))
            else {
                continue;
            };
            let same_product = names(&known.products, facts.product.as_deref());
            let same_category = names(&known.categories, facts.category.as_deref());
            let product = if same_product { PRODUCT } else { 1.0 };
            let category = if same_category { CATEGORY } else { 1.0 };
            let score = (hit.score * product * category).min(1.0);
            if found.get(id.as_str()).is_some_and(|(better, _)| *better >= score) {
                continue;
            }
            let likeness = thousandths(score);
            let (item_id, title, matched) = (id.clone(), hit.title, hit.matched);
            let offered = wire::KnownMatch { item_id, title, likeness, matched, same_product, same_category };
            found.insert(id, (score, offered));
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_by(|(one, a), (other, b)| other.total_cmp(one).then_with(|| a.item_id.cmp(&b.item_id)));
        Ok(found.into_iter().take(MATCHES_MAX).map(|(_, offered)| offered).collect())
    }
}

/// An item as articles, one for each language that it is written in.
fn articles(id: &str, known: &Known) -> Vec<Article> {
    let Known { guide: Guide { title, body, steps }, products, .. } = known;
    let in_language = |language: Language| {
        let steps = steps.iter().map(|step| step.action.in_language(language));
        let body = std::iter::once(body.in_language(language)).chain(steps).collect::<Vec<_>>().join("\n");
        Article {
            id: format!("{id}#{}", language.code()),
            title: title.in_language(language).to_owned(),
            // What is published says how the fault looks, so that a ticket is asked for by all of it.
            questions: vec![body.clone()],
            body,
            language,
            tags: Vec::new(),
            synonyms: products.clone(),
            audience: Audience::Internal,
        }
    };
    let written = |language: &Language| !title.in_language(*language).is_empty();
    Language::ALL.into_iter().filter(written).map(in_language).collect()
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
