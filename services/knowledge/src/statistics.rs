//! In how many articles each term is, and how long articles are: for all, and for those that clients see.

use crate::{
    article::{Audience, Viewer},
    term::{Term, TermMap},
};

/// A count for each audience.
#[derive(Debug, Clone, Copy, Default)]
struct ByAudience<T> {
    client: T,
    internal: T,
}

impl<T: Copy + std::ops::Add<Output = T>> ByAudience<T> {
    fn of(&mut self, audience: Audience) -> &mut T {
        match audience {
            Audience::Client => &mut self.client,
            Audience::Internal => &mut self.internal,
        }
    }

    /// What `viewer` may know of: not even a weight tells a client of an article that is not for clients.
    fn seen_by(&self, viewer: Viewer) -> T {
        match viewer {
            Viewer::Client => self.client,
            Viewer::Staff => self.client + self.internal,
        }
    }
}

/// How long the parts of an article are, in terms.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lengths {
    /// Title and questions.
    pub(crate) ask: u32,
    /// The answer.
    pub(crate) body: u32,
    /// Passages, all together.
    pub(crate) passages: u32,
    /// How many passages there are.
    pub(crate) passage_count: u32,
}

/// Counts of one kind of terms: of stems, or of pieces.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    articles_with: TermMap<ByAudience<u32>>,
    articles: ByAudience<u32>,
    ask: ByAudience<u64>,
    body: ByAudience<u64>,
    passages: ByAudience<u64>,
    passage_count: ByAudience<u64>,
}

/// All that is counted of articles.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) stems: Statistics,
    pub(crate) pieces: Statistics,
    /// How articles are asked for, of those that are in any manner; these have no lengths.
    pub(crate) manners: Statistics,
}

impl Counts {
    /// The share of the articles that are asked for in some manner, and not by a bare title.
    pub(crate) fn share_with_manner(&self, viewer: Viewer) -> f32 {
        self.manners.articles.seen_by(viewer) as f32 / self.stems.articles.seen_by(viewer).max(1) as f32
    }
}

impl Statistics {
    /// Counts an article in that has the distinct `terms`.
    pub(crate) fn add(&mut self, audience: Audience, terms: &[Term], lengths: Lengths) {
        *self.articles.of(audience) += 1;
        *self.ask.of(audience) += u64::from(lengths.ask);
        *self.body.of(audience) += u64::from(lengths.body);
        *self.passages.of(audience) += u64::from(lengths.passages);
        *self.passage_count.of(audience) += u64::from(lengths.passage_count);
        for term in terms {
            *self.articles_with.entry(*term).or_default().of(audience) += 1;
        }
    }

    /// Takes out what [`Self::add`] put in.
    pub(crate) fn remove(&mut self, audience: Audience, terms: &[Term], lengths: Lengths) {
        *self.articles.of(audience) -= 1;
        *self.ask.of(audience) -= u64::from(lengths.ask);
        *self.body.of(audience) -= u64::from(lengths.body);
        *self.passages.of(audience) -= u64::from(lengths.passages);
        *self.passage_count.of(audience) -= u64::from(lengths.passage_count);
        for term in terms {
            if let Some(with) = self.articles_with.get_mut(term) {
                *with.of(audience) -= 1;
                if with.seen_by(Viewer::Staff) == 0 {
                    self.articles_with.remove(term);
                }
            }
        }
    }

    /// In how many articles that `viewer` sees `term` is.
    pub(crate) fn articles_with(&self, term: Term, viewer: Viewer) -> u32 {
        self.articles_with.get(&term).map_or(0, |with| with.seen_by(viewer))
    }

    /// How much `term` says by the articles that it is in.
    pub(crate) fn rarity_of(&self, term: Term, viewer: Viewer) -> f32 {
        self.rarity(self.articles_with(term, viewer), viewer)
    }

    /// How much a term says that is in `with` articles, by BM25. One that is nowhere says as much as one in a single
    /// article: it is a part of the question that stays unanswered.
    pub(crate) fn rarity(&self, with: u32, viewer: Viewer) -> f32 {
        let with = with.max(1) as f32;
        (1.0 + (self.articles.seen_by(viewer) as f32 - with + 0.5).max(0.0) / (with + 0.5)).ln()
    }

    /// The usual lengths of what is asked, of an answer and of a passage, in terms.
    pub(crate) fn usual(&self, viewer: Viewer) -> Usual {
        let articles = u64::from(self.articles.seen_by(viewer));
        Usual {
            ask: average(self.ask.seen_by(viewer), articles),
            body: average(self.body.seen_by(viewer), articles),
            passage: average(self.passages.seen_by(viewer), self.passage_count.seen_by(viewer)),
        }
    }
}

/// Average lengths, at least 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usual {
    pub(crate) ask: f32,
    pub(crate) body: f32,
    pub(crate) passage: f32,
}

#[expect(clippy::cast_precision_loss, reason = "an average length needs no more than six digits")]
fn average(length: u64, of: u64) -> f32 {
    (length as f32 / of.max(1) as f32).max(1.0)
}
