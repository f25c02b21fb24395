//! Whether what was found is good enough to be told.

use serde::{Deserialize, Serialize};

use crate::Hit;

/// So many articles are offered at most to a client whose question has no sure answer.
pub const OFFERS_MAX: usize = 3;

/// From which score on an article is told, and from which it is offered. Both 0 to 1; `offer` is the lower one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// From here on the best article is told as the answer.
    pub answer: f32,
    /// From here on articles are offered as "did you mean".
    pub offer: f32,
}

impl Default for Thresholds {
    /// Measured; the module documentation of the crate says how, and what they achieve.
    fn default() -> Self {
        Self { answer: 0.70, offer: 0.10 }
    }
}

/// What line 0 may say to a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// This article answers.
    Found(Hit),
    /// One of these might answer, the likeliest first; one to [`OFFERS_MAX`].
    Unsure(Vec<Hit>),
    /// Nothing known comes near; a person has to look.
    Nothing,
}

impl Answer {
    /// Judges what was found for a question, the best first. A threshold that is not a number is met by nothing.
    #[must_use]
    pub fn judge(mut hits: Vec<Hit>, thresholds: Thresholds) -> Self {
        hits.retain(|hit| hit.score >= thresholds.offer || hit.score >= thresholds.answer);
        hits.truncate(OFFERS_MAX);
        match hits.first() {
            None => Self::Nothing,
            Some(best) if best.score >= thresholds.answer => Self::Found(best.clone()),
            Some(_) => Self::Unsure(hits),
        }
    }
}
