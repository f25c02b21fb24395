//! What is learnt from requests that people have solved: which candidate answers, and how sure that is.
//!
//! A [`Ranking`] orders the candidates; a logistic regression over what it and the views say about the best one and its
//! rivals tells the probability that it answers. What is learnt belongs to one organization; none of it comes with the
//! crate.

use serde::{Deserialize, Serialize};

use crate::{
    Language, Thresholds, language_of,
    ranking::{Features, Known, Ranking, features},
    term::Term,
};

/// So many solved requests are learnt from and remembered, the first ones.
pub const SOLVED_MAX: usize = 20_000;

/// From fewer cases nothing is learnt.
const CASES_MIN: usize = 50;

/// A threshold stands on so many answers at least.
const ANSWERS_MIN: f32 = 10.0;

/// Every case is seen so often, each time with another part of the articles hidden.
const PARTS: u32 = 3;

/// Thresholds are chosen on predictions for cases that were not learnt from, in so many turns.
const TURNS: u32 = 5;

/// Steps of gradient descent, and how far each goes.
const STEPS: usize = 400;
const STRIDE: f32 = 1.0;

/// What large weights cost: keeps a few cases from being learnt by heart.
const RIDGE: f32 = 0.01;

/// No probability reaches it.
const NEVER: f32 = 2.0;

/// How many signs there are.
const SIGNS: usize = 15;

/// A request that a person has solved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solved {
    /// As the client wrote it.
    pub question: String,
    /// The article that answered it.
    pub article_id: String,
}

/// What was learnt. Keep it with the articles; it is a few hundred numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    ranking: Ranking,
    fit: Fit,
    answer: f32,
    /// The same in each language of which there are cases enough.
    answer_in: Vec<(Language, f32)>,
}

/// What speaks for and against the best candidate.
type Signs = [f32; SIGNS];

/// One solved request, with what the search finds for it.
pub(crate) struct Case<'a> {
    pub(crate) question: &'a str,
    pub(crate) right: &'a str,
    pub(crate) found: Vec<(&'a str, Known)>,
}

/// A case with a part of the articles hidden.
struct Row {
    turn: u32,
    language: Option<Language>,
    known: Vec<Known>,
    features: Vec<Features>,
    right: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fit {
    centre: Vec<f32>,
    spread: Vec<f32>,
    weights: Vec<f32>,
    bias: f32,
}

impl Confidence {
    /// The thresholds by which the target is met; the answer's is above 1 where none meets it.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        Thresholds { answer: self.answer, offer: Thresholds::default().offer }
    }

    /// The thresholds for questions in `language`; those for all where too few cases were in it.
    #[must_use]
    pub fn thresholds_in(&self, language: Language) -> Thresholds {
        let own = self.answer_in.iter().find(|(known, _)| *known == language).map(|(_, answer)| *answer);
        Thresholds { answer: own.unwrap_or(self.answer), ..self.thresholds() }
    }

    /// The probability that each candidate answers; those after the best one share what is left as the ranking says.
    pub(crate) fn of(&self, known: &[Known]) -> Vec<f32> {
        let shares = self.ranking.shares(&features(known));
        let Some(best) = first(&shares) else { return Vec::new() };
        let sure = self.fit.probability(&signs(known, &shares, best));
        let top = shares[best].max(f32::MIN_POSITIVE);
        shares.iter().map(|share| sure * share / top).collect()
    }

    pub(crate) fn learn(cases: &[Case<'_>], target: f32) -> Option<Self> {
        if cases.len() < CASES_MIN {
            return None;
        }
        let rows: Vec<Row> = cases.iter().flat_map(Case::rows).collect();
        let whole: Vec<Row> = cases.iter().map(|case| case.row(None)).collect();
        let mut foretold: Vec<(f32, bool, Option<Language>)> = Vec::with_capacity(rows.len());
        let mut seen: Vec<(Signs, f32)> = Vec::with_capacity(rows.len());
        for turn in 0..TURNS {
            let ranking = rank(whole.iter().filter(|row| row.turn != turn));
            let learnt: Vec<(Signs, f32)> =
                rows.iter().filter(|row| row.turn != turn).map(|row| row.judged(&ranking)).collect();
            let fit = Fit::to(&learnt);
            for row in rows.iter().filter(|row| row.turn == turn) {
                let (signs, right) = row.judged(&ranking);
                foretold.push((fit.probability(&signs), right > 0.5, row.language));
                seen.push((signs, right));
            }
        }
        let of = |language: Option<Language>| {
            let wanted = foretold.iter().filter(|(.., of)| language.is_none() || *of == language);
            wanted.map(|(probability, right, _)| (*probability, *right)).collect::<Vec<_>>()
        };
        let in_languages = Language::ALL.into_iter().map(|language| (language, of(Some(language))));
        let enough = in_languages.filter(|(_, foretold)| foretold.len() >= CASES_MIN * PARTS as usize);
        let answer_in = enough.map(|(language, foretold)| (language, lowest(foretold, target))).collect();
        let answer = lowest(of(None), target);
        // How sure to be is learnt where the ranking had not seen the case: there it is as good as it will be.
        Some(Self { ranking: rank(whole.iter()), fit: Fit::to(&seen), answer, answer_in })
    }
}

/// Learns the ranking from the rows in which the right article is found.
fn rank<'r>(rows: impl Iterator<Item = &'r Row>) -> Ranking {
    let questions: Vec<(&[Features], usize)> =
        rows.filter_map(|row| Some((row.features.as_slice(), row.right?))).collect();
    Ranking::learn(&questions)
}

impl<'a> Case<'a> {
    /// The case with each part of the articles hidden in turn: what needs a hidden one must not be answered.
    fn rows(&self) -> impl Iterator<Item = Row> {
        (0..PARTS).map(|hidden| self.row(Some(hidden)))
    }

    fn row(&self, hidden: Option<u32>) -> Row {
        let there = self.found.iter().filter(|(id, _)| Some(Term::of(id).part(PARTS)) != hidden);
        let (ids, known): (Vec<&str>, Vec<Known>) = there.copied().unzip();
        let right = ids.iter().position(|id| *id == self.right);
        let turn = Term::of(&format!("turn of {}", self.question)).part(TURNS);
        Row { turn, language: language_of(self.question), features: features(&known), known, right }
    }
}

impl Row {
    /// The signs by a ranking, and 1 where its best candidate is right.
    fn judged(&self, ranking: &Ranking) -> (Signs, f32) {
        let shares = ranking.shares(&self.features);
        let best = first(&shares);
        let signs = best.map_or([0.0; SIGNS], |best| signs(&self.known, &shares, best));
        let is_right = best.is_some() && best == self.right;
        (signs, f32::from(u8::from(is_right)))
    }
}

/// The place of the largest share, the first of equal ones.
fn first(shares: &[f32]) -> Option<usize> {
    let places = shares.iter().enumerate();
    places.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(place, _)| place)
}

/// Reads the signs off the candidates and their shares.
fn signs(known: &[Known], shares: &[f32], best: usize) -> Signs {
    let Known { views, near, .. } = known.get(best).copied().unwrap_or_default();
    let share = shares.get(best).copied().unwrap_or_default();
    let others = shares.iter().enumerate().filter(|(at, _)| *at != best).map(|(_, share)| *share);
    let second = others.fold(0.0, f32::max);
    let most = known.iter().map(|known| known.views.covered).fold(1e-6, f32::max);
    [
        share,
        share - second,
        (share.max(1e-4) / (1.0 - share).max(1e-4)).ln(),
        views.stems,
        views.pieces,
        views.asks,
        views.passage,
        views.pairs,
        views.codes,
        views.words.ln_1p(),
        views.ask_stems,
        views.back,
        views.covered / most,
        near.best,
        near.count,
    ]
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
    fn to(rows: &[(Signs, f32)]) -> Self {
        let count = rows.len().max(1) as f32;
        let mut fit = Self { centre: vec![0.0; SIGNS], spread: vec![1.0; SIGNS], weights: vec![0.0; SIGNS], bias: 0.0 };
        for sign in 0..SIGNS {
            let centre = rows.iter().map(|(signs, _)| signs[sign]).sum::<f32>() / count;
            let off = rows.iter().map(|(signs, _)| (signs[sign] - centre).powi(2)).sum::<f32>() / count;
            (fit.centre[sign], fit.spread[sign]) = (centre, off.sqrt().max(1e-3));
        }
        let standard: Vec<(Signs, f32)> = rows.iter().map(|(signs, right)| (fit.standard(signs), *right)).collect();
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

    fn standard(&self, signs: &Signs) -> Signs {
        let mut standard = *signs;
        for (sign, (centre, spread)) in standard.iter_mut().zip(self.centre.iter().zip(&self.spread)) {
            *sign = (*sign - centre) / spread;
        }
        standard
    }

    fn logistic(&self, signs: &Signs) -> f32 {
        let sum: f32 = signs.iter().zip(&self.weights).map(|(sign, weight)| sign * weight).sum();
        1.0 / (1.0 + (-self.bias - sum).exp())
    }
}
