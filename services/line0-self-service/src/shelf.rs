//! The knowledge of each organization, kept in the store and searched in memory: what is published and valid now.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use handover::{Desk, Refused};
use jiff::Timestamp;
use knowledge::life::{Edition, Kept};
use knowledge::{Article, Confidence, Hit, KnowledgeError, Search, Thresholds, Viewer, language_of};
use plan::Plan;
use store::{StoreError, Version};
use ticket::OrganizationId;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::{kept, learned};

/// A shelf per organization. Clones share them.
#[derive(Clone)]
pub(crate) struct Shelves {
    desk: Desk,
    all: Arc<Mutex<HashMap<OrganizationId, Arc<Shelf>>>>,
}

/// The search of one organization, shared by all its questions.
pub(crate) struct Shelf {
    search: Search,
    /// How sure an answer is, where that was learned.
    confidence: RwLock<Option<Confidence>>,
    seen: Mutex<Seen>,
}

/// Up to where a shelf has read.
#[derive(Clone, Default)]
struct Seen {
    /// The revision; none before anything was read.
    revision: Option<u64>,
    /// When it was looked at which articles are valid.
    at: Timestamp,
    /// When that changes by itself.
    until: Option<Timestamp>,
    /// What was learned, as it was last taken in.
    learned: Option<Version>,
    /// The published articles that have validity dates.
    dated: BTreeMap<String, Dated>,
}

/// An article that becomes valid or invalid by itself.
#[derive(Clone)]
struct Dated {
    edition: Edition,
    /// Whether the search has it; none when that was not looked at since it changed.
    is_up: Option<bool>,
}

/// What a search is to be changed by.
#[derive(Default)]
struct Turn {
    gone: Vec<String>,
    put: Vec<Article>,
}

impl Shelves {
    /// Empty ones of line 0.
    pub(crate) fn new(desk: Desk) -> Self {
        Self { desk, all: Arc::default() }
    }

    /// The organization's shelf, after it took in what was changed meanwhile, on whatever replica, and what has become valid
    /// or invalid.
    pub(crate) async fn of(&self, organization: &OrganizationId) -> Result<Arc<Shelf>, Refused> {
        let shelf = self.shelf(organization).await?;
        shelf.refresh(&self.desk, organization).await?;
        Ok(shelf)
    }

    /// The organization's shelf with what is valid now, and the revision that it has taken in: whoever acts on it finds out
    /// within the change whether that is still the latest, which it nearly always is.
    pub(crate) async fn at_hand(&self, organization: &OrganizationId) -> Result<(Arc<Shelf>, u64), Refused> {
        let shelf = self.shelf(organization).await?;
        let known = {
            let seen = shelf.seen.lock().await;
            seen.revision.filter(|_| seen.is_at(self.desk.clock().now()))
        };
        let revision = match known {
            Some(revision) => revision,
            None => shelf.refresh(&self.desk, organization).await?,
        };
        Ok((shelf, revision))
    }

    /// The organization's shelf, whatever it has taken in.
    async fn shelf(&self, organization: &OrganizationId) -> Result<Arc<Shelf>, Refused> {
        let mut all = self.all.lock().await;
        if let Some(shelf) = all.get(organization) {
            return Ok(Arc::clone(shelf));
        }
        let search = Search::build([]).map_err(|error| fault(error.to_string()))?;
        let shelf = Arc::new(Shelf { search, confidence: RwLock::default(), seen: Mutex::default() });
        all.insert(organization.clone(), Arc::clone(&shelf));
        Ok(shelf)
    }
}

impl Shelf {
    /// The articles that fit a question, the best first.
    pub(crate) async fn find(
        self: &Arc<Self>,
        viewer: Viewer,
        question: String,
        most: usize,
    ) -> Result<Vec<Hit>, Refused> {
        let shelf = Arc::clone(self);
        // Searching is computing: it would hold up whatever else runs on this thread.
        blocking(move || shelf.search.find_for(viewer, &question, most)).await
    }

    /// From which score on a question is answered or articles are offered: as learned for its language, or else as the plan says;
    /// never where it says nothing.
    pub(crate) fn thresholds(&self, plan: &Plan, question: &str) -> Thresholds {
        let Some(by_plan) = plan.thresholds() else {
            return Thresholds { answer: f32::INFINITY, offer: f32::INFINITY };
        };
        let confidence = self.confidence.read().unwrap_or_else(PoisonError::into_inner);
        match (confidence.as_ref(), language_of(question)) {
            (Some(learned), Some(language)) => learned.thresholds_in(language),
            (Some(learned), None) => learned.thresholds(),
            #[expect(clippy::cast_possible_truncation, reason = "shares between 0 and 1")]
            (None, _) => Thresholds { answer: by_plan.answer as f32, offer: by_plan.offer as f32 },
        }
    }

    /// The article with this id.
    pub(crate) fn article(&self, id: &str) -> Option<Article> {
        self.search.article(id)
    }

    /// How many articles answers are given from.
    pub(crate) fn count(&self) -> usize {
        self.search.len()
    }

    /// Takes in what was changed, and what time has done; the revision that it has then.
    async fn refresh(self: &Arc<Self>, desk: &Desk, organization: &OrganizationId) -> Result<u64, Refused> {
        let (store, now) = (desk.store(), desk.clock().now());
        // Read before the articles are: what changes meanwhile is read once more, and nothing is missed.
        let revision = kept::latest(store, organization).await?;
        let mut seen = self.seen.lock().await;
        // A question that waited for the lock may have read an earlier revision than was taken in meanwhile.
        let is_read = seen.revision.is_some_and(|read| read >= revision);
        if is_read && seen.is_at(now) {
            return Ok(seen.revision.unwrap_or(revision));
        }
        let changed = match seen.revision {
            None => kept::all(store, organization).await?,
            Some(read) if read < revision => kept::changed_after(store, organization, read).await?,
            Some(_) => Vec::new(),
        };
        let mut next = seen.clone();
        let Turn { gone, put } = next.turn(changed, now);
        let taken_in = seen.revision.unwrap_or_default().max(revision);
        next.revision = Some(taken_in);
        let learned = match learned::latest(store, organization).await?.filter(|_| !is_read) {
            Some((learned, version)) if next.learned != Some(version) => {
                next.learned = Some(version);
                Some((learned.confidence, learned::cases(store, organization, learned.at).await?))
            }
            Some(_) | None => None,
        };
        let shelf = Arc::clone(self);
        blocking(move || {
            let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
            shelf.search.change(&gone, put)?;
            if let Some((confidence, solved)) = learned {
                shelf.search.remember(&solved);
                shelf.search.trust(confidence.clone());
                *shelf.confidence.write().unwrap_or_else(PoisonError::into_inner) = confidence;
            }
            Ok(())
        })
        .await?;
        *seen = next;
        Ok(taken_in)
    }
}

impl Seen {
    /// Whether the same articles are valid at `now` as when it was looked.
    fn is_at(&self, now: Timestamp) -> bool {
        self.at <= now && self.until.is_none_or(|until| now < until)
    }

    /// Takes in what was changed, and what time has done to the rest.
    fn turn(&mut self, changed: Vec<Kept>, now: Timestamp) -> Turn {
        let mut turn = Turn::default();
        for kept in changed {
            let Edition { article, about } = &kept.present.edition;
            let has_dates = about.valid_from.is_some() || about.valid_until.is_some();
            self.dated.remove(&article.id);
            if kept::is_published(&kept) && has_dates {
                let dated = Dated { edition: kept.present.edition.clone(), is_up: None };
                self.dated.insert(article.id.clone(), dated);
                continue;
            }
            match kept.answers(now) {
                Some(article) => turn.put.push(article.clone()),
                None => turn.gone.push(article.id.clone()),
            }
        }
        for (id, Dated { edition, is_up }) in &mut self.dated {
            let is_valid = edition.about.is_valid(now);
            if *is_up == Some(is_valid) {
                continue;
            }
            *is_up = Some(is_valid);
            if is_valid {
                turn.put.push(edition.article.clone());
            } else {
                turn.gone.push(id.clone());
            }
        }
        self.at = now;
        self.until = self.dated.values().filter_map(|dated| dated.edition.about.changes_after(now)).min();
        turn
    }
}

fn fault(why: String) -> Refused {
    Refused::Store(StoreError::Corrupt { what: "the index of articles".to_owned(), why })
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KnowledgeError> + Send + 'static,
) -> Result<T, Refused> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| fault(error.to_string())),
        Err(error) => Err(fault(error.to_string())),
    }
}
