//! The search over one organization's articles.
//!
//! tantivy finds candidates; [`crate::cover`] then scores these few exactly, with statistics of the articles that are
//! there now (tantivy counts removed ones until it merges), so that scores depend on nothing but question and articles.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use tantivy::Searcher;

use crate::{
    Answer, Article, KnowledgeError, Synonyms, Thresholds,
    article::Viewer,
    candidates::Candidates,
    confidence::{self, Case, Confidence, Found, Solved},
    cover::{Cover, Views},
    entry::Entry,
    kin::Kin,
    memory::{Memory, Near, Recalled},
    question::{Known, Question},
    ranking,
    statistics::Counts,
    vocabulary::Vocabulary,
};

/// So many of tantivy's best candidates are scored exactly.
const CANDIDATES: usize = 40;

/// For learning so many: with a part of the articles hidden, about as many are left as a question will meet.
const CANDIDATES_LEARNT: usize = CANDIDATES * confidence::PARTS / (confidence::PARTS - 1);

/// So many articles are scored beside those, since questions like this one were answered with them.
const REMEMBERED: usize = 16;

/// How sharply rivals lower a score: see [`Hit::score`].
const RIVALRY: i32 = 4;

/// An article that may answer a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Which article.
    pub article_id: String,
    /// Its title.
    pub title: String,
    /// 0 to 1, comparable between questions: how much of the question the article covers, times its share among the
    /// articles that cover something of it. Two articles that cover a question alike halve each other. When a
    /// [`Confidence`] is trusted, it orders the hits, and the first one's score is the probability that it answers.
    pub score: f32,
    /// The words of the question, folded, that the article has: why it was found. Where a word was typed with the wrong
    /// layout or in Latin letters, the word that was meant.
    pub matched: Vec<String>,
}

/// An index in memory over the articles of one organization. Share it by reference: any number of threads may
/// ask while one changes it; a question sees all of a change or nothing of it.
pub struct Search {
    candidates: Candidates,
    changing: Mutex<()>,
    now: RwLock<State>,
}

struct State {
    searcher: Searcher,
    /// By their ids, the numbers of the articles.
    numbers: BTreeMap<String, u64>,
    entries: HashMap<u64, Entry>,
    next_number: u64,
    vocabulary: Vocabulary,
    counts: Counts,
    synonyms: Arc<Synonyms>,
    confidence: Option<Confidence>,
    memories: Memories,
}

/// What was answered before, as each viewer may know it.
#[derive(Default)]
struct Memories {
    client: Arc<Memory>,
    staff: Arc<Memory>,
}

impl Memories {
    fn of(&self, viewer: Viewer) -> &Memory {
        match viewer {
            Viewer::Client => &self.client,
            Viewer::Staff => &self.staff,
        }
    }
}

/// A candidate, scored.
struct Scored<'a> {
    entry: &'a Entry,
    views: Views,
    near: Near,
    kin: f32,
    /// Where it stood among tantivy's candidates; 0 where questions like this one were answered with it.
    place: usize,
    matched: Vec<String>,
}

impl Scored<'_> {
    fn known(&self) -> ranking::Known {
        ranking::Known { views: self.views, near: self.near, kin: self.kin }
    }
}

impl Search {
    /// Indexes `articles`. Of several with the same id the last one counts.
    pub fn build(articles: impl IntoIterator<Item = Article>) -> Result<Self, KnowledgeError> {
        let candidates = Candidates::new()?;
        let now = State {
            searcher: candidates.searcher(),
            numbers: BTreeMap::new(),
            entries: HashMap::new(),
            next_number: 0,
            vocabulary: Vocabulary::default(),
            counts: Counts::default(),
            synonyms: Arc::default(),
            confidence: None,
            memories: Memories::default(),
        };
        let search = Self { candidates, changing: Mutex::new(()), now: RwLock::new(now) };
        search.change(&[], articles.into_iter().collect())?;
        Ok(search)
    }

    /// Puts articles in, over those with the same ids. The next question sees them all; on an error, none.
    pub fn put(&self, articles: &[Article]) -> Result<(), KnowledgeError> {
        self.change(&[], articles.to_vec())
    }

    /// Takes articles out. Ids that are not there are passed over.
    pub fn remove(&self, ids: &[&str]) -> Result<(), KnowledgeError> {
        self.change(ids, Vec::new())
    }

    /// Takes the organization's synonyms in, over those before. The next question knows them; no article is
    /// indexed anew.
    pub fn set_synonyms(&self, synonyms: Synonyms) {
        self.write().synonyms = Arc::new(synonyms);
    }

    /// The article with this id, whoever may see it.
    pub fn article(&self, id: &str) -> Option<Article> {
        let now = self.read();
        now.numbers.get(id).and_then(|number| now.entries.get(number)).map(|entry| entry.article.clone())
    }

    /// How many articles there are.
    pub fn len(&self) -> usize {
        self.read().entries.len()
    }

    /// Whether there is no article.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The articles that may answer a client's `question`: [`Self::find_for`] a client.
    pub fn find(&self, question: &str, most: usize) -> Result<Vec<Hit>, KnowledgeError> {
        self.find_for(Viewer::Client, question, most)
    }

    /// The articles that `viewer` sees and that may answer `question`, at most `most`, the likeliest first and equal
    /// ones by id. Any text is a question; there is no query syntax in it.
    pub fn find_for(&self, viewer: Viewer, question: &str, most: usize) -> Result<Vec<Hit>, KnowledgeError> {
        if most == 0 {
            return Ok(Vec::new());
        }
        let now = self.read();
        // What nobody weighs need not be looked up.
        let recalled = match now.confidence {
            Some(_) => now.memories.of(viewer).recall(question, None),
            None => Recalled::default(),
        };
        let found = self.scored(&now, viewer, question, most.max(CANDIDATES), &recalled)?;
        let scores = match &now.confidence {
            Some(sure) => sure.of(&found.iter().map(Scored::known).collect::<Vec<_>>()),
            None => shares(&found),
        };
        let mut hits: Vec<Hit> = found
            .into_iter()
            .zip(scores)
            .filter(|(_, score)| *score > 0.0)
            .map(|(Scored { entry, matched, .. }, score)| Hit {
                article_id: entry.article.id.clone(),
                title: entry.article.title.clone(),
                score,
                matched,
            })
            .collect();
        // Stable: equal ones stay in the order of what they cover, and then of ids.
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(most);
        Ok(hits)
    }

    /// Remembers solved requests in place of those before; those whose article is not here are passed over. At most
    /// [`crate::SOLVED_MAX`], the first ones.
    pub fn remember(&self, solved: &[Solved]) {
        let memories = {
            let now = self.read();
            let seen_by = |viewer: Viewer| {
                let known = |solved: &&Solved| {
                    let entry = now.numbers.get(&solved.article_id).and_then(|number| now.entries.get(number));
                    entry.is_some_and(|entry| viewer.sees(entry.article.audience))
                };
                Arc::new(Memory::of(solved.iter().take(crate::SOLVED_MAX).filter(known)))
            };
            Memories { client: seen_by(Viewer::Client), staff: seen_by(Viewer::Staff) }
        };
        self.write().memories = memories;
    }

    /// Learns from solved requests which article answers and how sure that is: fits [`Confidence`] so that what is told
    /// as an answer is right in `target` (0 to 1) of the cases, though a third of the articles that are needed is missing.
    /// Each case is seen beside the others, as a new one will be beside those that are remembered. Changes nothing by
    /// itself: see [`Self::trust`] and [`Self::remember`]. `None` when there are too few cases with an article that is here.
    ///
    /// At most [`crate::SOLVED_MAX`] cases are looked at, the first ones.
    pub fn learn(&self, solved: &[Solved], target: f32) -> Result<Option<Confidence>, KnowledgeError> {
        let now = self.read();
        let here: Vec<&Solved> = solved
            .iter()
            .take(crate::SOLVED_MAX)
            .filter(|solved| now.numbers.contains_key(&solved.article_id))
            .collect();
        let memory = Memory::of(here.iter().copied());
        let mut cases = Vec::with_capacity(here.len());
        for (at, Solved { question, article_id }) in here.into_iter().enumerate() {
            let recalled = memory.recall(question, Some(at));
            let found = self.scored(&now, Viewer::Staff, question, CANDIDATES_LEARNT, &recalled)?;
            let without = confidence::parts().map(|hidden| {
                let there = recalled.answered.iter().filter(|(id, _)| confidence::part(id) != hidden);
                now.kin(Viewer::Staff, there)
            });
            let found = found.iter().map(|scored| Found {
                id: &scored.entry.article.id,
                known: scored.known(),
                at_hand: scored.place < CANDIDATES,
                kin_without: without.each_ref().map(|kin| kin.likeness(scored.entry)),
            });
            cases.push(Case { question, right: article_id, found: found.collect() });
        }
        Ok(Confidence::learn(&cases, target))
    }

    /// From now on scores are probabilities by `confidence`, or with `None` what [`Hit::score`] says.
    pub fn trust(&self, confidence: Option<Confidence>) {
        self.write().confidence = confidence;
    }

    /// Finds what may answer a client's `question` and judges whether it is good enough.
    pub fn answer(&self, question: &str, thresholds: Thresholds) -> Result<Answer, KnowledgeError> {
        Ok(Answer::judge(self.find(question, crate::OFFERS_MAX)?, thresholds))
    }

    /// The candidates for an answer, by what they cover, the best first, beside what was answered to questions like this.
    fn scored<'a>(
        &self,
        now: &'a State,
        viewer: Viewer,
        question: &str,
        most: usize,
        recalled: &Recalled<'_>,
    ) -> Result<Vec<Scored<'a>>, KnowledgeError> {
        let Recalled { near, answered } = recalled;
        let known = now.known_to(viewer);
        let question = Question::read(question, known);
        if question.slots.is_empty() {
            return Ok(Vec::new());
        }
        let mut remembered: Vec<(&str, f32)> = near.iter().map(|(id, near)| (*id, near.best)).collect();
        remembered.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        let remembered = remembered.iter().take(REMEMBERED).filter_map(|(id, _)| now.numbers.get(*id).copied());
        let looked_up = self.candidates.find(&now.searcher, viewer, &question.look_up, most)?;
        let mut numbers: Vec<(u64, usize)> = looked_up.into_iter().zip(0..).collect();
        numbers.extend(remembered.map(|number| (number, 0)));
        numbers.sort_unstable();
        numbers.dedup_by_key(|(number, _)| *number);
        let kin = now.kin(viewer, answered.iter());
        let mut cover = Cover::new(&question, known);
        let mut found = Vec::new();
        for (number, place) in numbers {
            let Some(entry) = now.seen(viewer, number) else { continue };
            let kin = kin.likeness(entry);
            let near = near.get(entry.article.id.as_str()).copied().unwrap_or_default();
            match cover.of(entry) {
                Some(covered) => {
                    found.push(Scored { entry, views: covered.views, near, kin, place, matched: covered.matched })
                }
                None if near.best > 0.0 => {
                    found.push(Scored { entry, views: Views::default(), near, kin, place, matched: Vec::new() });
                }
                None => {}
            }
        }
        found.sort_by(|a, b| {
            let by_cover = b.views.covered.total_cmp(&a.views.covered);
            by_cover.then_with(|| a.entry.article.id.cmp(&b.entry.article.id))
        });
        Ok(found)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.now.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes articles out and puts others in, as [`Self::remove`] and [`Self::put`], at once.
    pub fn change(&self, gone: &[&str], articles: Vec<Article>) -> Result<(), KnowledgeError> {
        articles.iter().try_for_each(Article::check)?;
        let new: BTreeMap<String, Article> =
            articles.into_iter().map(|article| (article.id.clone(), article)).collect();
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let first = self.read().next_number;
        let all_gone = || gone.iter().copied().chain(new.keys().map(String::as_str));
        let searcher = self.candidates.change(all_gone(), (first..).zip(new.values()))?;
        // From here on nothing fails; questions wait for the little that is left.
        let mut now = self.write();
        all_gone().for_each(|id| now.remove(id));
        new.into_values().for_each(|article| now.put(article));
        now.searcher = searcher;
        Ok(())
    }
}

/// Without learning: what the first covers and its share among all, and of that the share of each.
fn shares(found: &[Scored<'_>]) -> Vec<f32> {
    let best = found.first().map_or(0.0, |best| best.views.covered);
    if best <= 0.0 {
        return vec![0.0; found.len()];
    }
    let sharp = |scored: &Scored<'_>| (scored.views.covered / best).powi(RIVALRY);
    let all: f32 = found.iter().map(sharp).sum();
    found.iter().map(|scored| best.min(1.0) / all * sharp(scored)).collect()
}

impl State {
    fn known_to(&self, viewer: Viewer) -> Known<'_> {
        Known {
            viewer,
            stems: &self.counts.stems,
            pieces: &self.counts.pieces,
            manners: &self.counts.manners,
            with_manner: self.counts.share_with_manner(viewer),
            vocabulary: &self.vocabulary,
            synonyms: &self.synonyms,
        }
    }

    /// What the articles ask for that answered similar questions, each with how near its question was.
    fn kin<'k>(&self, viewer: Viewer, answered: impl Iterator<Item = &'k (&'k str, f32)>) -> Kin<'_> {
        let answered = answered.filter_map(|(id, near)| Some((self.seen(viewer, *self.numbers.get(*id)?)?, *near)));
        Kin::of(answered, &self.counts.stems, viewer)
    }

    /// The article with this number, if `viewer` sees it.
    fn seen(&self, viewer: Viewer, number: u64) -> Option<&Entry> {
        self.entries.get(&number).filter(|entry| viewer.sees(entry.article.audience))
    }

    fn put(&mut self, article: Article) {
        let number = self.next_number;
        self.next_number += 1;
        let id = article.id.clone();
        let entry = Entry::new(article, &mut self.vocabulary);
        entry.add_to(&mut self.counts, &self.vocabulary);
        self.entries.insert(number, entry);
        self.numbers.insert(id, number);
    }

    fn remove(&mut self, id: &str) {
        if let Some(entry) = self.numbers.remove(id).and_then(|number| self.entries.remove(&number)) {
            entry.remove_from(&mut self.counts, &self.vocabulary);
        }
    }
}
