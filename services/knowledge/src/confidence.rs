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
pub(crate) const PARTS: usize = 3;

/// Thresholds are chosen on predictions for cases that were not learnt from, in so many turns.
const TURNS: u32 = 5;

/// Steps of gradient descent, and how far each goes.
const STEPS: usize = 400;
const STRIDE: f32 = 1.0;

/// What large weights cost: keeps a few cases from being learnt by heart.
const RIDGE: f32 = 0.01;

/// No probability reaches it.
const NEVER: f32 = 2.0;

/// What the probabilities say of answers counts as much as so many of them that were seen.
const FORETOLD: f32 = 100.0;

/// How many signs there are. What was learnt before there were more goes on with the first ones, as many as it has weights.
const SIGNS: usize = 16;

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
    pub(crate) found: Vec<Found<'a>>,
}

/// A candidate for a solved request.
pub(crate) struct Found<'a> {
    pub(crate) id: &'a str,
    pub(crate) known: Known,
    /// Whether a question finds it while nothing is hidden; the others move up when something is.
    pub(crate) at_hand: bool,
    /// How like it is to the articles that answered similar questions, when each part of the articles is hidden: nobody
    /// was answered with an article that is not there.
    pub(crate) kin_without: [f32; PARTS],
}

/// The parts of the articles.
pub(crate) fn parts() -> [usize; PARTS] {
    std::array::from_fn(|part| part)
}

/// The part in which an article is.
pub(crate) fn part(id: &str) -> usize {
    Term::of(id).part(PARTS as u32) as usize
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
        let enough = in_languages.filter(|(_, foretold)| foretold.len() >= CASES_MIN * PARTS);
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
        parts().into_iter().map(|hidden| self.row(Some(hidden)))
    }

    fn row(&self, hidden: Option<usize>) -> Row {
        let is_there = |found: &&Found<'_>| hidden.map_or(found.at_hand, |hidden| part(found.id) != hidden);
        let there = self.found.iter().filter(is_there);
        let as_there = |Found { id, known, kin_without, .. }: &Found<'a>| {
            let kin = hidden.map_or(known.kin, |hidden| kin_without[hidden]);
            (*id, Known { kin, ..*known })
        };
        let (ids, known): (Vec<&str>, Vec<Known>) = there.map(as_there).unzip();
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
        ahead(known, best),
    ]
}

/// By how much the best candidate is ahead of every other one in each way to look at the words: in all of an article, in
/// what is asked, in its best passage; the least of these. Where another one says it better in any way, it is below 0.
fn ahead(known: &[Known], best: usize) -> f32 {
    let ways = known.iter().map(|Known { views, .. }| [views.pieces, views.asks, views.passage]);
    let (mut own, mut others) = ([0.0_f32; 3], [0.0_f32; 3]);
    for (at, way) in ways.enumerate() {
        if at == best {
            own = way;
        } else {
            others.iter_mut().zip(way).for_each(|(most, value)| *most = most.max(value));
        }
    }
    own.iter().zip(others).map(|(own, other)| own - other).fold(f32::INFINITY, f32::min)
}

/// The lowest probability from which on the share of right answers is `target`. A few answers say little of their share, so
/// it is estimated as that of `n` answers with `r` right ones beside what their probabilities foretell, the mean `m`:
/// `(r + k m) / (n + k)`, the mean of a beta distribution whose prior is worth `k` = [`FORETOLD`] answers.
fn lowest(mut foretold: Vec<(f32, bool)>, target: f32) -> f32 {
    foretold.sort_by(|a, b| b.0.total_cmp(&a.0));
    let seen = PARTS as f32;
    let (mut right, mut all, mut said, mut lowest) = (0.0, 0.0, 0.0, NEVER);
    for (probability, is_right) in foretold {
        right += f32::from(u8::from(is_right)) / seen;
        said += probability / seen;
        all += 1.0 / seen;
        if all >= ANSWERS_MIN && (right + FORETOLD * said / all) / (all + FORETOLD) >= target {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cover::Views;

    fn known(pieces: f32, asks: f32, passage: f32) -> Known {
        Known { views: Views { pieces, asks, passage, ..Views::default() }, ..Known::default() }
    }

    #[test]
    fn the_best_is_ahead_by_what_it_is_in_the_view_where_another_comes_closest() {
        let rivals = [known(0.5, 0.1, 0.2), known(0.9, 0.8, 0.6), known(0.1, 0.2, 0.5)];
        assert!((ahead(&rivals, 1) - 0.1).abs() < 1e-6, "{}", ahead(&rivals, 1));
        assert!((ahead(&rivals, 2) + 0.8).abs() < 1e-6, "{}", ahead(&rivals, 2));
        assert!((ahead(&rivals[..1], 0) - 0.1).abs() < 1e-6, "alone, it is ahead of nothing");
    }

    #[test]
    fn a_threshold_on_few_answers_leans_on_what_was_foretold() {
        // Each of so many answers is seen in every part, and all of those above 0.5 were right but one in eight.
        let seen = |cases: usize, sure: f32| -> Vec<(f32, bool)> {
            let one = |at: usize| (sure - at as f32 / 1e5, !at.is_multiple_of(8));
            (0..cases * PARTS).map(one).chain((0..cases * PARTS).map(|_| (0.2, false))).collect()
        };
        let meets = |cases, sure| lowest(seen(cases, sure), 0.9) < 1.0;
        assert!(meets(24, 0.95), "few say little against what was foretold");
        assert!(!meets(24, 0.85), "and little for it");
        assert!(
            lowest(seen(1200, 0.95), 0.9) > 0.94,
            "many are believed: of 1200, not more than the first 200 meet it"
        );
        assert!(!meets(3, 0.99), "too few to tell");
    }

    #[test]
    fn with_a_part_hidden_a_candidate_is_as_like_as_it_would_be_then() {
        let ids = ["a", "b", "c", "d", "e", "f"];
        let found = ids.map(|id| {
            let known = Known { kin: 9.0, ..Known::default() };
            Found { id, known, at_hand: id != "f", kin_without: [0.0, 1.0, 2.0] }
        });
        let case = Case { question: "?", right: "a", found: found.into() };
        let whole = case.row(None);
        assert!(
            whole.right == Some(0) && whole.known.len() == ids.len() - 1 && whole.known.iter().all(|it| it.kin == 9.0)
        );
        for (hidden, row) in case.rows().enumerate() {
            assert_eq!(row.known.len(), ids.iter().filter(|id| part(id) != hidden).count());
            assert!(row.known.iter().all(|known| known.kin == hidden as f32), "{hidden}: {:?}", row.known);
            assert_eq!(row.right.is_none(), part("a") == hidden);
        }
    }

    #[test]
    fn what_was_learnt_from_fewer_signs_goes_on_with_them() {
        let before = 15;
        let fit = Fit { centre: vec![0.1; before], spread: vec![2.0; before], weights: vec![0.3; before], bias: -0.2 };
        let mut signs = [0.5; SIGNS];
        let sure = fit.probability(&signs);
        signs[before..].fill(7.0);
        assert!(sure > 0.5 && fit.probability(&signs) == sure);
        signs[before - 1] = 7.0;
        assert!(fit.probability(&signs) > sure);
    }
}
