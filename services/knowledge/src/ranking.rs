//! Which of the candidates answers, learnt from solved requests: a weighted sum of what the views and the memory say.
//!
//! The weights are fitted listwise: the candidates of a question share a probability by softmax, and the one that did answer
//! is to have the most (ListNet's top-one loss; Cao and others, 2007).

use serde::{Deserialize, Serialize};

use crate::{cover::Views, memory::Near};

/// How many features a candidate has.
pub(crate) const FEATURES: usize = 38;

/// What is seen of a candidate, each also beside what the best candidate has.
const PLAIN: usize = 16;

/// So many of them were known from the first. What was learnt before there were more goes on with these: the features of
/// others come last, and a ranking looks at as many as it has weights.
const PLAIN_FIRST: usize = 13;

/// Steps of gradient descent, how far each goes, and how much of the last one each keeps.
const STEPS: usize = 250;
const STRIDE: f32 = 0.1;
const MOMENTUM: f32 = 0.9;

/// What large weights cost: keeps a few cases from being learnt by heart.
const RIDGE: f32 = 0.05;

/// What is added before a logarithm is taken, so that nothing is still something.
const SOMETHING: f32 = 0.01;

/// What is known of a candidate.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    pub(crate) views: Views,
    pub(crate) near: Near,
    /// How like it is to the articles that answered similar questions.
    pub(crate) kin: f32,
}

/// The features of one candidate.
pub(crate) type Features = [f32; FEATURES];

/// What was learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ranking {
    centre: Vec<f32>,
    spread: Vec<f32>,
    weights: Vec<f32>,
}

/// The features of the candidates of one question, each beside what the best of them has.
pub(crate) fn features(known: &[Known]) -> Vec<Features> {
    let plain = |known: &Known| {
        let Known { views, near, kin } = known;
        [
            views.stems,
            views.pieces,
            views.asks,
            views.passage,
            views.pairs,
            views.ask_stems,
            views.back,
            views.codes,
            views.covered,
            near.best,
            near.mean,
            near.squares,
            near.count,
            views.manner,
            views.nearby,
            *kin,
        ]
    };
    let plain: Vec<[f32; PLAIN]> = known.iter().map(plain).collect();
    let mut most = [1e-6_f32; PLAIN];
    for row in &plain {
        most.iter_mut().zip(row).for_each(|(most, value)| *most = most.max(*value));
    }
    let mut order: Vec<usize> = (0..known.len()).collect();
    order.sort_by(|a, b| known[*b].views.covered.total_cmp(&known[*a].views.covered).then(a.cmp(b)));
    let mut place = vec![0.0_f32; known.len()];
    order.iter().enumerate().for_each(|(rank, at)| place[*at] = rank as f32);
    let row = |(row, place): (&[f32; PLAIN], f32)| {
        let mut all = [0.0; FEATURES];
        let [stems, pieces, asks, passage, _, _, _, _, covered, ..] = *row;
        let beside: Vec<f32> = row.iter().zip(&most).map(|(value, most)| value / most).collect();
        let (first, later) = row.split_at(PLAIN_FIRST);
        let (beside, later_beside) = beside.split_at(PLAIN_FIRST);
        let logs = [stems, pieces, asks, passage, covered].map(|value| (value + SOMETHING).ln());
        let earlier = first.iter().chain(beside).copied().chain(logs).chain([1.0 / (1.0 + place)]);
        let values = earlier.chain(later.iter().chain(later_beside).copied());
        all.iter_mut().zip(values).for_each(|(all, value)| *all = value);
        all
    };
    plain.iter().zip(place).map(row).collect()
}

impl Ranking {
    /// Learns from questions: the features of their candidates, and which of them answered.
    pub(crate) fn learn(questions: &[(&[Features], usize)]) -> Self {
        let all = || questions.iter().flat_map(|(candidates, _)| candidates.iter());
        let count = all().count().max(1) as f32;
        let mut centre = vec![0.0; FEATURES];
        for row in all() {
            centre.iter_mut().zip(row).for_each(|(centre, value)| *centre += value / count);
        }
        let mut spread = vec![0.0; FEATURES];
        for row in all() {
            let off = row.iter().zip(&centre).map(|(value, centre)| (value - centre).powi(2) / count);
            spread.iter_mut().zip(off).for_each(|(spread, off)| *spread += off);
        }
        spread.iter_mut().for_each(|spread| *spread = spread.sqrt().max(1e-3));
        let mut ranking = Self { centre, spread, weights: vec![0.0; FEATURES] };
        let standard: Vec<(Vec<Features>, usize)> = questions
            .iter()
            .map(|(candidates, right)| (candidates.iter().map(|row| ranking.standard(row)).collect(), *right))
            .collect();
        let mut step = [0.0_f32; FEATURES];
        for _ in 0..STEPS {
            let mut slope = [0.0_f32; FEATURES];
            for (candidates, right) in &standard {
                let sums = candidates.iter().map(|row| ranking.sum(row)).collect();
                for (at, (row, share)) in candidates.iter().zip(softmax(sums)).enumerate() {
                    let error = share - f32::from(u8::from(at == *right));
                    slope.iter_mut().zip(row).for_each(|(slope, value)| *slope += error * value);
                }
            }
            let questions = standard.len().max(1) as f32;
            for ((weight, step), slope) in ranking.weights.iter_mut().zip(&mut step).zip(slope) {
                *step = MOMENTUM * *step + slope / questions + RIDGE * *weight;
                *weight -= STRIDE * *step;
            }
        }
        ranking
    }

    /// The probability that each candidate is the one, among them.
    pub(crate) fn shares(&self, candidates: &[Features]) -> Vec<f32> {
        softmax(candidates.iter().map(|row| self.sum(&self.standard(row))).collect())
    }

    fn standard(&self, row: &Features) -> Features {
        let mut standard = *row;
        for (value, (centre, spread)) in standard.iter_mut().zip(self.centre.iter().zip(&self.spread)) {
            *value = (*value - centre) / spread;
        }
        standard
    }

    fn sum(&self, standard: &Features) -> f32 {
        standard.iter().zip(&self.weights).map(|(value, weight)| value * weight).sum()
    }
}

fn softmax(mut sums: Vec<f32>) -> Vec<f32> {
    let most = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    sums.iter_mut().for_each(|sum| *sum = (*sum - most).exp());
    let all: f32 = sums.iter().sum();
    sums.iter_mut().for_each(|sum| *sum /= all.max(f32::MIN_POSITIVE));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answered_comes_first_after_learning() {
        let known = |stems: f32, best: f32| Known {
            views: Views { stems, covered: stems, ..Views::default() },
            near: Near { best, mean: best, ..Near::default() },
            kin: 0.0,
        };
        // Words mislead here; what was solved before is right.
        let question = |shift: f32| vec![known(0.9 - shift, 0.1), known(0.5, 0.8 - shift), known(0.7, 0.0)];
        let lists: Vec<Vec<Features>> = (0..20).map(|at| features(&question(at as f32 / 100.0))).collect();
        let cases: Vec<(&[Features], usize)> = lists.iter().map(|list| (list.as_slice(), 1)).collect();
        let shares = Ranking::learn(&cases).shares(&features(&question(0.15)));
        assert!(shares[1] > 0.6 && (shares.iter().sum::<f32>() - 1.0).abs() < 1e-4, "{shares:?}");
        assert!(features(&[]).is_empty());
    }
}
