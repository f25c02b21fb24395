//! How much an article says about the terms of a question: BM25 over two fields, as a share of what an article that
//! is about nothing else would get.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

/// From how often a term is repeated to how much it counts: at this many times it counts half of what it ever can.
const SATURATION: f32 = 1.2;

/// How much a text longer than the average is marked down for its length: 0 not at all, 1 in full.
const LENGTH: f32 = 0.75;

/// What a term in the answer counts beside one in the title or in a known question.
const BODY: f32 = 0.5;

/// A term (a stem, or a piece of a word), as a number: articles have thousands of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Term(u32);

impl Term {
    /// The term of `text`; two texts in a few billion share one, which costs nothing worth having a table for.
    #[expect(clippy::cast_possible_truncation, reason = "half of a good hash is a good hash")]
    pub(crate) fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self(hasher.finish() as u32)
    }
}

#[derive(Debug, Clone, Copy)]
struct Count {
    term: Term,
    ask: u8,
    body: u8,
}

/// How often each term is in an article.
#[derive(Debug)]
pub(crate) struct Bag {
    counts: Box<[Count]>,
    ask_length: u32,
    body_length: u32,
}

impl Bag {
    /// Counts the terms of what is asked and of what is answered.
    pub(crate) fn new(ask: &[Term], body: &[Term]) -> Self {
        let mut counts: BTreeMap<Term, (u8, u8)> = BTreeMap::new();
        for term in ask {
            let (times, _) = counts.entry(*term).or_default();
            *times = times.saturating_add(1);
        }
        for term in body {
            let (_, times) = counts.entry(*term).or_default();
            *times = times.saturating_add(1);
        }
        Self {
            counts: counts.into_iter().map(|(term, (ask, body))| Count { term, ask, body }).collect(),
            ask_length: length(ask),
            body_length: length(body),
        }
    }

    pub(crate) fn contains(&self, term: Term) -> bool {
        self.count(term).is_some()
    }

    /// Whether `term` is in what is asked.
    pub(crate) fn asks(&self, term: Term) -> bool {
        self.count(term).is_some_and(|count| count.ask > 0)
    }

    fn count(&self, term: Term) -> Option<&Count> {
        self.counts.binary_search_by_key(&term, |count| count.term).ok().map(|at| &self.counts[at])
    }
}

fn length(terms: &[Term]) -> u32 {
    u32::try_from(terms.len()).unwrap_or(u32::MAX)
}

/// In how many articles each term is, and how long articles are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statistics {
    articles_with: HashMap<Term, u32>,
    articles: u32,
    ask_length: u64,
    body_length: u64,
}

impl Statistics {
    pub(crate) fn add(&mut self, bag: &Bag) {
        self.articles += 1;
        self.ask_length += u64::from(bag.ask_length);
        self.body_length += u64::from(bag.body_length);
        for count in &bag.counts {
            *self.articles_with.entry(count.term).or_default() += 1;
        }
    }

    /// Takes out what [`Self::add`] put in.
    pub(crate) fn remove(&mut self, bag: &Bag) {
        self.articles -= 1;
        self.ask_length -= u64::from(bag.ask_length);
        self.body_length -= u64::from(bag.body_length);
        for count in &bag.counts {
            if let Some(articles) = self.articles_with.get_mut(&count.term) {
                *articles -= 1;
                if *articles == 0 {
                    self.articles_with.remove(&count.term);
                }
            }
        }
    }

    /// Weighs the terms of a question by how rare they are. A term that is nowhere weighs like one that is in a single
    /// article: it is a part of the question that stays unanswered.
    pub(crate) fn weigh(&self, terms: &[Term]) -> Weighed {
        let weights: Vec<(Term, f32)> = terms
            .iter()
            .map(|term| {
                let with = self.articles_with.get(term).copied().unwrap_or(1).max(1) as f32;
                (*term, (1.0 + (self.articles as f32 - with + 0.5).max(0.0) / (with + 0.5)).ln())
            })
            .collect();
        Weighed {
            total: weights.iter().map(|(_, weight)| weight).sum(),
            weights,
            ask_average: average(self.ask_length, self.articles),
            body_average: average(self.body_length, self.articles),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an average length needs no more than six digits")]
fn average(length: u64, articles: u32) -> f32 {
    (length as f32 / articles.max(1) as f32).max(1.0)
}

/// The terms of one question, with what each weighs.
pub(crate) struct Weighed {
    weights: Vec<(Term, f32)>,
    total: f32,
    ask_average: f32,
    body_average: f32,
}

impl Weighed {
    /// How much of the question `bag` covers: 0 for nothing; 1 for all of it, said once in a text of usual length;
    /// more where it says so more often.
    pub(crate) fn covered_by(&self, bag: &Bag) -> f32 {
        if self.total <= 0.0 {
            return 0.0;
        }
        let ask_norm = 1.0 - LENGTH + LENGTH * bag.ask_length as f32 / self.ask_average;
        let body_norm = 1.0 - LENGTH + LENGTH * bag.body_length as f32 / self.body_average;
        let covered: f32 = self
            .weights
            .iter()
            .filter_map(|(term, weight)| {
                let count = bag.count(*term)?;
                let times = f32::from(count.ask) / ask_norm + BODY * f32::from(count.body) / body_norm;
                Some(weight * times * (1.0 + SATURATION) / (times + SATURATION))
            })
            .sum();
        covered / self.total
    }
}
