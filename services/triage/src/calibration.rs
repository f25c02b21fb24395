//! From margins to probabilities that mean what they say, and from a wanted precision to a threshold.
//!
//! Both are measured on requests that the judged model has not learned from, requests of no class among them.

use crate::judges::Opinion;
use crate::logistic::{Logistic, SIGNS};

/// The shares of the network, and of the judge of vectors, among which the best is chosen.
const SHARES: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// How much a vector counts beside words of which nothing is known; requests in new words are about so rare.
const NEW_WORDS: f64 = 0.1;

/// A score below this says no more than this.
const SCORE_MIN: f32 = -30.0;

/// Fewer answered requests than this say nothing of a precision.
pub const ANSWERED_MIN: usize = 50;

/// What became of one held-out request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The probability that was given to the best label.
    pub confidence: f32,
    /// Whether it was the right one.
    pub right: bool,
    /// How many requests of real traffic it stands for.
    pub weight: f32,
    /// Which of the examples it was, counted from 0.
    pub example: usize,
}

/// From which confidence on answers are as precise as wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Answer at this confidence and above.
    pub confidence: f32,
    /// The precision measured there.
    pub precision: f32,
    /// The share of requests answered there.
    pub coverage: f32,
}

/// What the judges said of one request that they had not learned from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held {
    /// What they said.
    pub(crate) opinion: Opinion,
    /// The right class; `None` for a request of no class.
    pub(crate) class: Option<usize>,
    /// Which of the examples it is.
    pub(crate) example: usize,
}

/// How the judges' opinions are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The linear model's margins are divided by it before they become shares.
    pub(crate) margins_by: f32,
    /// The same of the network's scores.
    pub(crate) scores_by: f32,
    /// How much of the shares by words is the network's, in [0, 1].
    pub(crate) network: f32,
    /// How the margins by vectors are read; none where words alone are judged.
    pub(crate) vectors: Option<ByVector>,
    pub(crate) confidence: Logistic,
    /// What it was measured on, most confident first.
    pub(crate) outcomes: Vec<Outcome>,
}

/// How margins by vectors are read beside what words say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ByVector {
    /// They are divided by it before they become shares.
    pub(crate) by: f32,
    /// How much of all shares is theirs, in [0, 1].
    pub(crate) share: f32,
}

impl Calibration {
    /// Fits the shares to the requests that have a class, and the confidence to all; requests of no class, where there are
    /// any, count as at least `out_of_scope_share` of all. With `by_vector` only requests are looked at whose vector was
    /// judged, else all of them by their words alone.
    ///
    /// `nothing` is what the judges say of a request of which they know nothing. It counts as one more that was judged wrong:
    /// where all that were held out are right, nothing else would tell how sure an answer to something strange may be. For the
    /// same reason each vector counts once more, a little, beside words of which nothing is known: what it is worth in a
    /// request of new words.
    pub(crate) fn fit(held: &[Held], nothing: &Opinion, out_of_scope_share: f32, by_vector: bool) -> Self {
        let held: Vec<&Held> = held.iter().filter(|held| !by_vector || held.opinion.by_vector.is_some()).collect();
        let held = held.as_slice();
        let margins_by = best_temperature(held, |opinion| &opinion.margins);
        let scores_by = best_temperature(held, |opinion| &opinion.scores);
        let by = by_vector.then(|| best_temperature(held, |opinion| opinion.by_vector.as_deref().unwrap_or_default()));
        let words = held.iter().map(|held| held.opinion.words).sum::<usize>() / held.len().max(1);
        let nothing = Opinion { words, by_vector: nothing.by_vector.clone().filter(|_| by_vector), ..nothing.clone() };
        let in_new_words: Vec<Held> = held
            .iter()
            .filter(|_| by_vector)
            .map(|held| {
                let opinion = Opinion { by_vector: held.opinion.by_vector.clone(), ..nothing.clone() };
                Held { opinion, ..**held }
            })
            .collect();
        let new: Vec<&Held> = in_new_words.iter().collect();
        let read = |(network, share): (f32, f32)| Self {
            margins_by,
            scores_by,
            network,
            vectors: by.map(|by| ByVector { by, share }),
            confidence: Logistic::fit(&[]),
            outcomes: Vec::new(),
        };
        let of_vectors: &[f32] = if by_vector { &SHARES } else { &[0.0] };
        let mixes = SHARES.into_iter().flat_map(|network| of_vectors.iter().map(move |share| (network, *share)));
        let surprises = mixes.map(|mix| {
            let reading = read(mix);
            let of = |held: &[&Held]| surprise(held, |opinion| reading.shares(opinion));
            (mix, of(held) + NEW_WORDS * of(&new))
        });
        let best = surprises.min_by(|(_, one), (_, other)| one.total_cmp(other));
        let mut found = read(best.map_or((0.5, 0.5), |(mix, _)| mix));
        let weight_outside = weight_outside(held, out_of_scope_share);
        let case = |held: &Held| {
            let shares = found.shares(&held.opinion);
            let best = best_of(&shares);
            let weight = if held.class.is_some() { 1.0 } else { weight_outside };
            (found.signs(&held.opinion, &shares), best.is_some() && best == held.class, weight)
        };
        let cases: Vec<_> = held.iter().map(|held| case(held)).collect();
        let guess = (found.signs(&nothing, &found.shares(&nothing)), false, 1.0);
        let guesses = (!held.is_empty()).then_some(guess).into_iter();
        let new = in_new_words.iter().map(|held| {
            let (signs, right, weight) = case(held);
            (signs, right, weight * NEW_WORDS)
        });
        let known = cases.iter().copied().chain(guesses).chain(new);
        found.confidence = Logistic::fit(&known.collect::<Vec<_>>());
        found.outcomes = cases
            .iter()
            .zip(held)
            .map(|((signs, right, weight), held)| {
                let confidence = found.confidence.probability(signs) as f32;
                Outcome { confidence, right: *right, weight: *weight as f32, example: held.example }
            })
            .collect();
        found.outcomes.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        found
    }

    /// The share of every class among those that are possible; they add up to 1.
    fn shares(&self, opinion: &Opinion) -> Vec<f32> {
        let mut mixed = shares(&opinion.margins, self.margins_by);
        for (share, of_network) in mixed.iter_mut().zip(shares(&opinion.scores, self.scores_by)) {
            *share += self.network * (of_network - *share);
        }
        if let (Some(ByVector { by, share: of_all }), Some(margins)) = (self.vectors, &opinion.by_vector) {
            for (share, of_vector) in mixed.iter_mut().zip(shares(margins, by)) {
                *share += of_all * (of_vector - *share);
            }
        }
        mixed
    }

    /// The probability of every class; they and that of no class add up to 1.
    pub(crate) fn probabilities(&self, opinion: &Opinion) -> Vec<f32> {
        let mut shares = self.shares(opinion);
        let Some(best) = best_of(&shares) else { return shares };
        let confidence = self.confidence.probability(&self.signs(opinion, &shares)) as f32;
        let top = shares.get(best).copied().unwrap_or_default();
        // What the best does not take is divided as the shares are, and nobody gets more than the best.
        let rest = ((1.0 - confidence) / (1.0 - top).max(1e-6)).min(confidence / top.max(1e-6)).min(1.0);
        for (class, share) in shares.iter_mut().enumerate() {
            *share = if class == best { confidence } else { (*share * rest).min(confidence) };
        }
        shares
    }

    /// What tells whether the class with the largest share is right.
    fn signs(&self, opinion: &Opinion, shares: &[f32]) -> [f64; SIGNS] {
        let best = best_of(shares).unwrap_or_default();
        let of_best = |of: &[f32]| f64::from(of.get(best).copied().unwrap_or_default().max(SCORE_MIN));
        let of_others = |of: &[f32]| {
            let others = of.iter().enumerate().filter(|(class, _)| *class != best).map(|(_, score)| *score);
            f64::from(others.fold(SCORE_MIN, f32::max))
        };
        let top = of_best(shares).clamp(1e-4, 1.0 - 1e-4);
        let margin = of_best(&opinion.margins);
        let by_vector = self.vectors.and(opinion.by_vector.as_deref());
        [
            1.0,
            (top / (1.0 - top)).ln(),
            margin,
            margin - of_others(&opinion.margins),
            of_best(&opinion.scores) - of_others(&opinion.scores),
            energy(&opinion.scores),
            f64::from(opinion.known),
            f64::from(opinion.known_words),
            (1.0 + opinion.words as f64).ln(),
            by_vector.map_or(0.0, of_best),
            by_vector.map_or(0.0, |margins| of_best(margins) - of_others(margins)),
        ]
    }

    /// The lowest confidence from which on `precision` was measured, or `None` where the data do not show it.
    ///
    /// The precision above it must be reached with the benefit of the doubt taken away: one more mistake is counted than was
    /// made, and fewer than [`ANSWERED_MIN`] answers show nothing. Between the last request that may be answered and the next
    /// one nothing was measured; there the confidence itself says what an answer is worth, and the threshold goes down to
    /// `precision`, or to the next request, whichever comes first.
    pub fn threshold(&self, precision: f32) -> Option<Threshold> {
        threshold(&self.outcomes, precision)
    }

    /// What it was measured on, most confident first.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }
}

/// See [`Calibration::threshold`]; `outcomes` stand most confident first.
pub fn threshold(outcomes: &[Outcome], precision: f32) -> Option<Threshold> {
    let all: f32 = outcomes.iter().map(|outcome| outcome.weight).sum();
    let (mut right, mut answered) = (0.0_f32, 0.0_f32);
    let mut found = None;
    for (at, outcome) in outcomes.iter().enumerate() {
        right += if outcome.right { outcome.weight } else { 0.0 };
        answered += outcome.weight;
        let next = outcomes.get(at + 1).map_or(0.0, |next| next.confidence);
        let is_last_of_its_confidence = at + 1 == outcomes.len() || next < outcome.confidence;
        let shown = right / (answered + 1.0);
        if is_last_of_its_confidence && at + 1 >= ANSWERED_MIN && shown >= precision {
            // Just above the next one, which is not to be answered.
            let confidence = outcome.confidence.min(precision.max(next.next_up()));
            found = Some(Threshold { confidence, precision: right / answered, coverage: answered / all });
        }
    }
    found
}

/// What a request of no class counts, so that all of them are at least `share` of the traffic.
fn weight_outside(held: &[&Held], share: f32) -> f64 {
    let outside = held.iter().filter(|held| held.class.is_none()).count() as f64;
    let inside = held.len() as f64 - outside;
    let share = f64::from(share.clamp(0.0, 0.9));
    (inside * share / (1.0 - share) / outside.max(1.0)).max(1.0)
}

/// Expected calibration error: the mean distance between confidence and the share that was right, over ten bins of equal
/// size (Guo and others, "On calibration of modern neural networks", ICML 2017, there with bins of equal width).
pub fn expected_calibration_error(outcomes: &[Outcome]) -> f32 {
    let mut sorted = outcomes.to_vec();
    sorted.sort_by(|one, other| one.confidence.total_cmp(&other.confidence));
    let bin = sorted.len().div_ceil(10).max(1);
    let sum =
        |bin: &[Outcome], of: fn(&Outcome) -> f32| bin.iter().map(|outcome| of(outcome) * outcome.weight).sum::<f32>();
    let distance = |bin: &[Outcome]| {
        (sum(bin, |outcome| outcome.confidence) - sum(bin, |outcome| f32::from(u8::from(outcome.right)))).abs()
    };
    sorted.chunks(bin).map(distance).sum::<f32>() / sum(&sorted, |_| 1.0).max(f32::MIN_POSITIVE)
}

/// The class with the largest margin; the first of equals.
pub(crate) fn best_of(margins: &[f32]) -> Option<usize> {
    let first = margins.first()?;
    let (best, _) = margins.iter().enumerate().fold((0, first), |best, next| if next.1 > best.1 { next } else { best });
    Some(best)
}

/// Scores as shares of 1 (softmax).
pub(crate) fn shares(scores: &[f32], temperature: f32) -> Vec<f32> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut shares: Vec<f32> = scores.iter().map(|score| ((score - largest) / temperature).exp()).collect();
    let sum: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}

/// The logarithm of the sum of exponentials: high where some class is likely, low where all are strange (Liu and others,
/// "Energy-based out-of-distribution detection", NeurIPS 2020).
fn energy(scores: &[f32]) -> f64 {
    let largest = scores.iter().copied().fold(SCORE_MIN, f32::max);
    let sum: f32 = scores.iter().map(|score| (score - largest).exp()).sum();
    f64::from(largest) + f64::from(sum.max(f32::MIN_POSITIVE)).ln()
}

/// How much the shares given to the right classes surprise, in nats.
fn surprise(held: &[&Held], shares_of: impl Fn(&Opinion) -> Vec<f32>) -> f64 {
    held.iter()
        .filter_map(|held| Some((&held.opinion, held.class?)))
        .map(|(opinion, class)| -f64::from(shares_of(opinion).get(class).copied().unwrap_or_default().max(1e-9)).ln())
        .sum()
}

/// The temperature that makes the right classes likeliest, by golden section over its logarithm.
fn best_temperature(held: &[&Held], scores: impl Fn(&Opinion) -> &[f32]) -> f32 {
    let at = |temperature: f32| surprise(held, |opinion| shares(scores(opinion), temperature.exp()));
    let (mut low, mut high) = (-4.0_f32, 3.0_f32);
    for _ in 0..20 {
        let part = (high - low) * 0.382;
        let (left, right) = (low + part, high - part);
        if at(left) < at(right) {
            high = right;
        } else {
            low = left;
        }
    }
    ((low + high) / 2.0).exp()
}
