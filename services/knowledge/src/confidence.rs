//! How sure it is that the best article answers, learnt from requests that people have solved.
//!
//! A logistic regression over what the views say about the best article and its rivals. What is learnt belongs to one
//! organization; none of it comes with the crate.

use serde::{Deserialize, Serialize};

use crate::{Thresholds, cover::Views, search::RIVALRY, term::Term};

/// So many solved requests are learnt from, the first ones.
pub const SOLVED_MAX: usize = 20_000;

/// From fewer cases nothing is learnt.
const CASES_MIN: usize = 50;

/// A threshold stands on so many answers at least.
const ANSWERS_MIN: f32 = 10.0;

/// Every case is seen so often, each time with another part of the articles hidden.
const PARTS: u32 = 3;

/// Thresholds are chosen on predictions for articles that were not learnt from, in so many turns.
const TURNS: u32 = 5;

/// Steps of gradient descent, and how far each goes.
const STEPS: usize = 400;
const STRIDE: f32 = 1.0;

/// What large weights cost: keeps a few cases from being learnt by heart.
const RIDGE: f32 = 0.01;

/// No probability reaches it.
const NEVER: f32 = 2.0;

/// How many signs there are.
const SIGNS: usize = 12;

/// A request that a person has solved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solved {
    /// As the client wrote it.
    pub question: String,
    /// The article that answered it.
    pub article_id: String,
}

/// What was learnt. Keep it with the articles; it is a few numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    fit: Fit,
    answer: f32,
}

/// What speaks for and against the best article.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Signs([f32; SIGNS]);

/// One solved request, with what the search finds for it.
pub(crate) struct Case<'a> {
    pub(crate) right: &'a str,
    /// Ids and views, the best first.
    pub(crate) found: Vec<(&'a str, Views)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fit {
    centre: [f32; SIGNS],
    spread: [f32; SIGNS],
    weights: [f32; SIGNS],
    bias: f32,
}

/// The signs of one case with a part of the articles hidden.
#[derive(Clone, Copy)]
struct Row {
    turn: u32,
    signs: Signs,
    right: bool,
}

/// Reads the signs off what was found, the best first.
pub(crate) fn signs(found: &[&Views]) -> Signs {
    let best = found.first().copied().copied().unwrap_or_default();
    let second = found.get(1).map_or(0.0, |views| views.covered);
    let all: f32 = found.iter().map(|views| views.covered.powi(RIVALRY)).sum();
    let share = if all > 0.0 { best.covered.powi(RIVALRY) / all } else { 0.0 };
    let lead = if best.covered > 0.0 { (best.covered - second) / best.covered } else { 0.0 };
    Signs([
        share,
        lead,
        best.stems,
        best.pieces,
        best.asks,
        best.passage,
        best.pairs,
        best.codes,
        best.words.ln_1p(),
        best.ask_stems,
        best.back,
        share.max(1e-4).ln(),
    ])
}

impl Signs {
    /// The best article's share among all, rivals sharpened.
    pub(crate) fn share(&self) -> f32 {
        self.0[0]
    }
}

impl Confidence {
    /// The thresholds by which the target is met; the answer's is above 1 where none meets it.
    pub fn thresholds(&self) -> Thresholds {
        Thresholds { answer: self.answer, offer: Thresholds::default().offer }
    }

    /// The probability that the best article answers.
    pub(crate) fn of(&self, signs: &Signs) -> f32 {
        self.fit.probability(signs)
    }

    pub(crate) fn learn(cases: &[Case<'_>], target: f32) -> Option<Self> {
        if cases.len() < CASES_MIN {
            return None;
        }
        let rows: Vec<Row> = cases.iter().flat_map(Case::rows).collect();
        let mut foretold: Vec<(f32, bool)> = Vec::with_capacity(rows.len());
        for turn in 0..TURNS {
            let fit = Fit::to(&rows.iter().filter(|row| row.turn != turn).copied().collect::<Vec<_>>());
            let others = rows.iter().filter(|row| row.turn == turn);
            foretold.extend(others.map(|row| (fit.probability(&row.signs), row.right)));
        }
        Some(Self { fit: Fit::to(&rows), answer: lowest(foretold, target) })
    }
}

impl Case<'_> {
    /// The case with each part of the articles hidden in turn: what needs a hidden one must not be answered.
    fn rows(&self) -> impl Iterator<Item = Row> {
        (0..PARTS).map(|hidden| {
            let there = self.found.iter().filter(|(id, _)| Term::of(id).part(PARTS) != hidden);
            let left: Vec<&(&str, Views)> = there.collect();
            let right = left.first().is_some_and(|(id, _)| *id == self.right);
            let signs = signs(&left.iter().map(|(_, views)| views).collect::<Vec<_>>());
            // By article, so that none is learnt from and judged by in the same turn.
            Row { turn: Term::of(&format!("turn {}", self.right)).part(TURNS), signs, right }
        })
    }
}

/// The lowest probability from which on the share of right answers is `target`.
fn lowest(mut foretold: Vec<(f32, bool)>, target: f32) -> f32 {
    foretold.sort_by(|a, b| b.0.total_cmp(&a.0));
    let seen = PARTS as f32;
    let (mut right, mut all, mut lowest) = (0.0, 0.0, NEVER);
    for (probability, is_right) in foretold {
        right += f32::from(u8::from(is_right)) / seen;
        all += 1.0 / seen;
        if all >= ANSWERS_MIN && right / all >= target {
            lowest = probability;
        }
    }
    lowest
}

impl Fit {
    fn to(rows: &[Row]) -> Self {
        let count = rows.len().max(1) as f32;
        let mean = |of: &dyn Fn(&Row) -> f32| rows.iter().map(of).sum::<f32>() / count;
        let mut fit = Self { centre: [0.0; SIGNS], spread: [1.0; SIGNS], weights: [0.0; SIGNS], bias: 0.0 };
        for (sign, (centre, spread)) in fit.centre.iter_mut().zip(&mut fit.spread).enumerate() {
            let of = |row: &Row| row.signs.0.get(sign).copied().unwrap_or_default();
            *centre = mean(&of);
            let middle = *centre;
            *spread = mean(&|row| (of(row) - middle).powi(2)).sqrt().max(1e-3);
        }
        let standard: Vec<([f32; SIGNS], f32)> =
            rows.iter().map(|row| (fit.standard(&row.signs), f32::from(u8::from(row.right)))).collect();
        for _ in 0..STEPS {
            let (mut slope, mut bias) = ([0.0; SIGNS], 0.0);
            for (signs, right) in &standard {
                let error = fit.logistic(signs) - right;
                bias += error;
                slope.iter_mut().zip(signs).for_each(|(slope, sign)| *slope += error * sign);
            }
            fit.bias -= STRIDE * bias / count;
            for (weight, slope) in fit.weights.iter_mut().zip(slope) {
                *weight -= STRIDE * (slope / count + RIDGE * *weight);
            }
        }
        fit
    }

    fn probability(&self, signs: &Signs) -> f32 {
        self.logistic(&self.standard(signs))
    }

    fn standard(&self, signs: &Signs) -> [f32; SIGNS] {
        let mut standard = signs.0;
        for (sign, (centre, spread)) in standard.iter_mut().zip(self.centre.iter().zip(&self.spread)) {
            *sign = (*sign - centre) / spread;
        }
        standard
    }

    fn logistic(&self, signs: &[f32; SIGNS]) -> f32 {
        let sum: f32 = signs.iter().zip(&self.weights).map(|(sign, weight)| sign * weight).sum();
        1.0 / (1.0 + (-self.bias - sum).exp())
    }
}
