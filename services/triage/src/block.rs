//! Training of a few classes at once, each against the rest, with the squared hinge loss, by coordinate descent in the dual
//! (Hsieh and others, "A dual coordinate descent method for large-scale linear SVM", ICML 2008).
//!
//! The weights of a block lie side by side, so that one step moves all of its classes, and a block is small enough to stay
//! near the processor. A text that no class of the block can still learn from is set aside, as LIBLINEAR does it: after a few
//! passes what is left are the block's own texts and those that resemble them.

use crate::chance::Chance;
use crate::linear::{Lesson, Training};

/// Classes in a block.
pub(crate) const LANES: usize = 8;

/// One number for each class of a block.
type Lanes = [f32; LANES];

/// A block of classes in training.
pub(crate) struct Block<'a> {
    lessons: &'a [Lesson<'a>],
    training: &'a Training,
    first: usize,
    weights: Vec<Lanes>,
    bias: Lanes,
    alphas: Vec<Lanes>,
    /// The squared length of each text, with the bias as one more feature of value 1.
    lengths: Vec<f32>,
}

/// How hard the texts of a pass pulled; both are 0 where the descent has arrived.
#[derive(Clone, Copy)]
struct Pull {
    up: f32,
    down: f32,
}

impl<'a> Block<'a> {
    /// The classes from `first` on.
    pub(crate) fn new(lessons: &'a [Lesson<'a>], features: usize, first: usize, training: &'a Training) -> Self {
        let length = |lesson: &Lesson<'_>| 1.0 + lesson.point.iter().map(|(_, value)| value * value).sum::<f32>();
        Self {
            lessons,
            training,
            first,
            weights: vec![[0.0; LANES]; features],
            bias: [0.0; LANES],
            alphas: vec![[0.0; LANES]; lessons.len()],
            lengths: lessons.iter().map(length).collect(),
        }
    }

    /// The weights by feature, and the bias.
    pub(crate) fn train(mut self) -> (Vec<Lanes>, Lanes) {
        let mut chance = Chance::new(self.training.seed);
        let mut active: Vec<usize> = (0..self.lessons.len()).collect();
        let mut last = f32::INFINITY;
        for _ in 0..self.training.passes {
            chance.shuffle(&mut active);
            let mut pull = Pull { up: 0.0, down: 0.0 };
            active.retain(|at| self.learn(*at, last, &mut pull));
            if pull.up + pull.down > self.training.tolerance {
                last = pull.up.max(f32::MIN_POSITIVE);
            } else if active.len() == self.lessons.len() {
                break;
            } else {
                // Arrived among those that are left: see whether the others agree.
                active = (0..self.lessons.len()).collect();
                last = f32::INFINITY;
            }
        }
        (self.weights, self.bias)
    }

    /// Takes one text into account; says whether a class can still learn from it.
    fn learn(&mut self, at: usize, last: f32, pull: &mut Pull) -> bool {
        let (Some(lesson), Some(alphas), Some(length)) =
            (self.lessons.get(at), self.alphas.get_mut(at), self.lengths.get(at))
        else {
            return false;
        };
        let mut margins = self.bias;
        for (feature, value) in lesson.point {
            if let Some(weights) = self.weights.get(*feature as usize) {
                for (margin, weight) in margins.iter_mut().zip(weights) {
                    *margin += value * weight;
                }
            }
        }
        let softness = 0.5 / (self.training.cost * lesson.weight);
        let own = lesson.class.and_then(|class| class.checked_sub(self.first));
        let mut steps = [0.0; LANES];
        let mut moved = false;
        let mut can_learn = false;
        for (lane, ((step, margin), alpha)) in steps.iter_mut().zip(margins).zip(alphas).enumerate() {
            let sign = if own == Some(lane) { 1.0 } else { -1.0 };
            let gradient = sign * margin - 1.0 + *alpha * softness;
            if *alpha == 0.0 && gradient >= 0.0 {
                can_learn |= gradient <= last;
                continue;
            }
            can_learn = true;
            pull.up = pull.up.max(gradient);
            pull.down = pull.down.max(-gradient);
            let next = (*alpha - gradient / (length + softness)).max(0.0);
            *step = (next - *alpha) * sign;
            *alpha = next;
            moved |= *step != 0.0;
        }
        if moved {
            for (feature, value) in lesson.point {
                if let Some(weights) = self.weights.get_mut(*feature as usize) {
                    for (weight, step) in weights.iter_mut().zip(steps) {
                        *weight += value * step;
                    }
                }
            }
            for (bias, step) in self.bias.iter_mut().zip(steps) {
                *bias += step;
            }
        }
        can_learn
    }
}
