//! A small network with one hidden layer: words that are used alike come to lie together, which a linear model cannot learn.
//!
//! It is trained by stochastic gradient descent at a rate that falls to nothing. A part of the hidden layer is left out at
//! random in each step (dropout, Srivastava and others, JMLR 2014) and its targets are softened, so that it does not learn
//! the examples by heart; for a text of no class every class is as likely as any other.

use crate::chance::Chance;
use crate::linear::Lesson;
use crate::table::Table;
use crate::vocabulary::Point;

/// Units of the hidden layer.
const HIDDEN: usize = 64;

/// Passes over the texts.
const PASSES: usize = 10;

/// The first step; the last is 0.
const RATE: f32 = 0.2;

/// Biases of the hidden layer are in every text and move by so much less.
const BIAS_RATE: f32 = 0.1;

/// The share of the hidden layer that takes part in a step.
const KEPT: f32 = 0.7;

/// How much of a target is given to all classes alike.
const SOFTENED: f32 = 0.07;

/// One number for each unit of the hidden layer.
type Hidden = [f32; HIDDEN];

/// A trained network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Network {
    /// [`HIDDEN`] weights for each feature.
    pub(crate) inner: Table,
    pub(crate) inner_bias: Vec<f32>,
    /// [`HIDDEN`] weights for each class.
    pub(crate) outer: Vec<f32>,
    pub(crate) outer_bias: Vec<f32>,
}

impl Network {
    /// Learns `classes` classes from `lessons`, whose points are in a space of `features`.
    pub(crate) fn train(lessons: &[Lesson<'_>], features: usize, classes: usize, seed: u64) -> Self {
        let mut pupil = Pupil::new(features, classes, seed);
        let mut order: Vec<usize> = (0..lessons.len()).collect();
        let steps = (PASSES * lessons.len()).max(1) as f32;
        let mut done = 0.0;
        for _ in 0..PASSES {
            pupil.chance.shuffle(&mut order);
            for lesson in order.iter().filter_map(|at| lessons.get(*at)) {
                pupil.learn(lesson, RATE * (1.0 - done / steps));
                done += 1.0;
            }
        }
        Self {
            inner: Table::rounded(pupil.inner.as_flattened(), HIDDEN),
            inner_bias: pupil.inner_bias.to_vec(),
            outer: pupil.outer.into_flattened(),
            outer_bias: pupil.outer_bias,
        }
    }

    /// The logarithm, up to a constant, of how likely each class is at `point`.
    pub(crate) fn scores(&self, point: &Point) -> Vec<f32> {
        let mut hidden = self.inner_bias.clone();
        for (feature, value) in point {
            self.inner.add(*feature, *value, &mut hidden);
        }
        hidden.iter_mut().for_each(|unit| *unit = unit.max(0.0));
        let rows = self.outer.chunks_exact(HIDDEN);
        rows.zip(&self.outer_bias).map(|(row, bias)| bias + product(row, &hidden)).collect()
    }

    /// How much memory it takes, bytes.
    pub(crate) fn size(&self) -> usize {
        self.inner.size() + size_of_val(self.outer.as_slice())
    }

    /// Whether its parts fit each other, for `classes` classes.
    pub(crate) fn fits(&self, classes: usize) -> bool {
        self.inner.parts().0 == HIDDEN
            && self.inner_bias.len() == HIDDEN
            && self.outer_bias.len() == classes
            && self.outer.len() == classes.saturating_mul(HIDDEN)
    }
}

/// A network while it learns.
struct Pupil {
    chance: Chance,
    inner: Vec<Hidden>,
    inner_bias: Hidden,
    outer: Vec<Hidden>,
    outer_bias: Vec<f32>,
}

impl Pupil {
    fn new(features: usize, classes: usize, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut around_zero = |width: f32| std::array::from_fn(|_| (chance.unit() * 2.0 - 1.0) * width);
        let inner = (0..features).map(|_| around_zero(0.5 / (HIDDEN as f32).sqrt())).collect();
        let outer = (0..classes).map(|_| around_zero((3.0 / HIDDEN as f32).sqrt())).collect();
        Self { chance, inner, inner_bias: [0.0; HIDDEN], outer, outer_bias: vec![0.0; classes] }
    }

    fn learn(&mut self, lesson: &Lesson<'_>, rate: f32) {
        let rate = rate * lesson.weight.min(4.0);
        let mut hidden = self.inner_bias;
        for (feature, value) in lesson.point {
            if let Some(row) = self.inner.get(*feature as usize) {
                hidden.iter_mut().zip(row).for_each(|(unit, weight)| *unit += value * weight);
            }
        }
        // 0 for a unit that is asleep or left out.
        let mut open: Hidden = [0.0; HIDDEN];
        for (unit, open) in hidden.iter_mut().zip(&mut open) {
            if self.chance.unit() < KEPT && *unit > 0.0 {
                *open = 1.0 / KEPT;
            }
            *unit *= *open;
        }
        let scores = self.outer.iter().zip(&self.outer_bias).map(|(row, bias)| bias + product(row, &hidden));
        let shares = crate::calibration::shares(&scores.collect::<Vec<f32>>(), 1.0);
        let spread = if lesson.class.is_some() { SOFTENED } else { 1.0 } / self.outer.len().max(1) as f32;
        let mut back: Hidden = [0.0; HIDDEN];
        for (class, ((row, bias), share)) in self.outer.iter_mut().zip(&mut self.outer_bias).zip(shares).enumerate() {
            let target = if lesson.class == Some(class) { 1.0 - SOFTENED + spread } else { spread };
            let step = rate * (share - target);
            for ((back, weight), unit) in back.iter_mut().zip(row).zip(&hidden) {
                *back += step * *weight;
                *weight -= step * unit;
            }
            *bias -= step;
        }
        back.iter_mut().zip(&open).for_each(|(back, open)| *back *= open);
        self.inner_bias.iter_mut().zip(&back).for_each(|(bias, back)| *bias -= BIAS_RATE * back);
        for (feature, value) in lesson.point {
            if let Some(row) = self.inner.get_mut(*feature as usize) {
                row.iter_mut().zip(&back).for_each(|(weight, back)| *weight -= value * back);
            }
        }
    }
}

/// The inner product, in eight sums that a processor can make at once.
fn product(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (one, other) in one.chunks_exact(8).zip(other.chunks_exact(8)) {
        for (sum, (one, other)) in sums.iter_mut().zip(one.iter().zip(other)) {
            *sum += one * other;
        }
    }
    sums.iter().sum()
}
