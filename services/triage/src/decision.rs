//! What a model says of a request.

use std::ops::Range;

/// The labels a model knows, ranked for one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision<'a> {
    /// Best first; the probabilities and that of "none of these" add up to 1.
    pub ranked: Vec<Ranked<'a>>,
    /// The share of the request's features that the model has met, in [0, 1].
    pub known: f32,
    /// Whether the request's vector was judged too, so that the probabilities are those of [`crate::Model::by_vector`].
    pub by_vector: bool,
}

impl<'a> Decision<'a> {
    /// The best label.
    pub fn best(&self) -> Option<&Ranked<'a>> {
        self.ranked.first()
    }

    /// The probability that the best label is right; 0 where there is none.
    pub fn confidence(&self) -> f32 {
        self.best().map_or(0.0, |best| best.probability)
    }
}

/// One label and how likely it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked<'a> {
    /// As in the examples.
    pub label: &'a str,
    /// That this label is right, in [0, 1].
    pub probability: f32,
}

/// A piece of the text that spoke for a label, or against it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Where in the text, in bytes.
    pub span: Range<usize>,
    /// What it added to the label's margin, against the mean of the other labels.
    pub weight: f32,
}
