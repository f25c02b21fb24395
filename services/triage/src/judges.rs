//! The two that judge a text: a linear model, and a small network. They err on different texts, so both are asked.

use crate::linear::{Lesson, Linear, Training};
use crate::network::Network;
use crate::vocabulary::Placed;

/// What both were taught.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judges {
    pub(crate) linear: Linear,
    pub(crate) network: Network,
}

/// What both say of one text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Opinion {
    /// The linear model's margin of every class.
    pub(crate) margins: Vec<f32>,
    /// The network's score of every class: a logarithm of a share, up to a constant.
    pub(crate) scores: Vec<f32>,
    /// The share of the text's features that were known.
    pub(crate) known: f32,
    /// The same among single words, by their stems.
    pub(crate) known_words: f32,
    /// Its words.
    pub(crate) words: usize,
    /// The margin of every class by its vector, where it was judged.
    pub(crate) by_vector: Option<Vec<f32>>,
}

impl Judges {
    /// Teaches both.
    pub(crate) fn train(lessons: &[Lesson<'_>], features: usize, classes: usize, training: &Training) -> Self {
        Self {
            linear: Linear::train(lessons, features, classes, training),
            network: Network::train(lessons, features, classes, training.seed),
        }
    }

    /// Asks both.
    pub(crate) fn opinion(&self, placed: &Placed) -> Opinion {
        Opinion {
            margins: self.linear.scores(&placed.point),
            scores: self.network.scores(&placed.point),
            known: placed.known,
            known_words: placed.known_words(),
            words: placed.words,
            by_vector: None,
        }
    }

    /// How much memory they take, bytes.
    pub(crate) fn size(&self) -> usize {
        self.linear.size() + self.network.size()
    }
}
