//! A linear model of many classes: one weight for each feature and class.
//!
//! It is trained one class against the rest with the squared hinge loss, by coordinate descent in the dual (Hsieh and others,
//! "A dual coordinate descent method for large-scale linear SVM", ICML 2008). All classes are trained in one pass over the
//! texts, since the weights of a feature lie together: that is one stream of memory instead of one for each class.

use crate::chance::Chance;
use crate::vocabulary::Point;

/// What a training is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Training {
    /// What a mistake costs against large weights.
    pub(crate) cost: f32,
    /// Passes over the texts, at most.
    pub(crate) passes: usize,
    /// A pass that moves no margin by more than this is the last.
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
    classes: usize,
    /// `classes` for each feature.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Linear {
    /// Learns `classes` classes from `lessons`, whose points are in a space of `features`.
    pub(crate) fn train(lessons: &[Lesson<'_>], features: usize, classes: usize, training: &Training) -> Self {
        let mut model = Self { classes, weights: vec![0.0; features * classes], bias: vec![0.0; classes] };
        let mut alphas = vec![0.0_f32; lessons.len() * classes];
        // With the bias as one more feature, of value 1.
        let lengths: Vec<f32> =
            lessons.iter().map(|lesson| 1.0 + lesson.point.iter().map(|(_, value)| value * value).sum::<f32>()).collect();
        let mut order: Vec<usize> = (0..lessons.len()).collect();
        let mut chance = Chance::new(training.seed);
        let mut margins = vec![0.0; classes];
        let mut steps = vec![0.0; classes];
        for _ in 0..training.passes {
            chance.shuffle(&mut order);
            let mut largest = 0.0_f32;
            for at in &order {
                let (Some(lesson), Some(length)) = (lessons.get(*at), lengths.get(*at)) else { continue };
                let Some(alphas) = alphas.get_mut(at * classes..(at + 1) * classes) else { continue };
                model.scores_into(lesson.point, &mut margins);
                let softness = 0.5 / (training.cost * lesson.weight);
                let mut moved = false;
                for (class, ((step, margin), alpha)) in steps.iter_mut().zip(&margins).zip(alphas).enumerate() {
                    let sign = if lesson.class == Some(class) { 1.0 } else { -1.0 };
                    let gradient = sign * margin - 1.0 + *alpha * softness;
                    let next = (*alpha - gradient / (length + softness)).max(0.0);
                    *step = (next - *alpha) * sign;
                    moved |= *step != 0.0;
                    largest = largest.max((*step * length).abs());
                    *alpha = next;
                }
                if moved {
                    model.add(lesson.point, &steps);
                }
            }
            if largest < training.tolerance {
                break;
            }
        }
        model
    }

    /// The margin of every class at `point`: beyond 1 the class is sure, below -1 it is sure not.
    pub(crate) fn scores(&self, point: &Point) -> Vec<f32> {
        let mut scores = vec![0.0; self.classes];
        self.scores_into(point, &mut scores);
        scores
    }

    fn scores_into(&self, point: &Point, scores: &mut [f32]) {
        scores.copy_from_slice(&self.bias);
        for (feature, value) in point {
            for (score, weight) in scores.iter_mut().zip(self.of_feature(*feature)) {
                *score += value * weight;
            }
        }
    }

    /// The weights of one feature, by class; none for a feature that is not there.
    pub(crate) fn of_feature(&self, feature: u32) -> &[f32] {
        let begin = feature as usize * self.classes;
        self.weights.get(begin..begin + self.classes).unwrap_or_default()
    }

    /// How much memory it takes, bytes.
    pub(crate) fn size(&self) -> usize {
        size_of_val(self.weights.as_slice()) + size_of_val(self.bias.as_slice())
    }

    fn add(&mut self, point: &Point, steps: &[f32]) {
        for (feature, value) in point {
            let begin = *feature as usize * self.classes;
            for (weight, step) in self.weights.get_mut(begin..begin + self.classes).unwrap_or_default().iter_mut().zip(steps) {
                *weight += value * step;
            }
        }
        for (bias, step) in self.bias.iter_mut().zip(steps) {
            *bias += step;
        }
    }
}
