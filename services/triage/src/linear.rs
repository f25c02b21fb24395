//! A linear model of many classes: one weight for each feature and class.
//!
//! It is trained one class against the rest, a block of classes at a time (`block.rs`).

use crate::block::{Block, LANES};
use crate::table::Table;
use crate::vocabulary::Point;

/// What a training is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Training {
    /// What a mistake costs against large weights.
    pub(crate) cost: f32,
    /// Passes over the texts, at most.
    pub(crate) passes: usize,
    /// Descent ends when no text pulls harder than this.
    pub(crate) tolerance: f32,
    /// Where chance begins: the order of texts within a pass.
    pub(crate) seed: u64,
}

/// A text to learn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lesson<'a> {
    /// Where it lies.
    pub(crate) point: &'a Point,
    /// Its class; `None` is a text of no class, which every class learns to refuse.
    pub(crate) class: Option<usize>,
    /// How much a mistake on it counts; 1 is usual.
    pub(crate) weight: f32,
}

/// Weights by feature, then by class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linear {
    /// One weight for each class in the row of a feature.
    pub(crate) weights: Table,
    pub(crate) bias: Vec<f32>,
}

impl Linear {
    /// Learns `classes` classes from `lessons`, whose points are in a space of `features`.
    pub(crate) fn train(lessons: &[Lesson<'_>], features: usize, classes: usize, training: &Training) -> Self {
        let mut all = vec![0.0; features * classes];
        let mut all_bias = vec![0.0; classes];
        for first in (0..classes).step_by(LANES) {
            let (weights, bias) = Block::new(lessons, features, first, training).train();
            let width = LANES.min(classes - first);
            for (of_feature, learned) in all.chunks_exact_mut(classes).zip(&weights) {
                of_feature.iter_mut().skip(first).zip(&learned[..width]).for_each(|(to, from)| *to = *from);
            }
            all_bias.iter_mut().skip(first).zip(&bias[..width]).for_each(|(to, from)| *to = *from);
        }
        Self { weights: Table::rounded(&all, classes), bias: all_bias }
    }

    /// The margin of every class at `point`: beyond 1 the class is sure, below -1 it is sure not.
    pub(crate) fn scores(&self, point: &Point) -> Vec<f32> {
        let mut scores = self.bias.clone();
        for (feature, value) in point {
            self.weights.add(*feature, *value, &mut scores);
        }
        scores
    }

    /// How much memory it takes, bytes.
    pub(crate) fn size(&self) -> usize {
        self.weights.size() + size_of_val(self.bias.as_slice())
    }
}
