//! From margins to probabilities that mean what they say, and from a wanted precision to a threshold.
//!
//! Both are measured on requests that the judged model has not learned from, requests of no class among them.

use crate::logistic::{Logistic, SIGNS};

/// Fewer answered requests than this say nothing of a precision.
pub const ANSWERED_MIN: usize = 50;

/// What became of one held-out request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The probability that was given to the best label.
    pub confidence: f32,
    /// Whether it was the right one.
    pub right: bool,
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

/// What one held-out request looked like to the model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held {
    /// The margin of every class.
    pub(crate) margins: Vec<f32>,
    /// The right class; `None` for a request of no class.
    pub(crate) class: Option<usize>,
    /// The share of its features that were known.
    pub(crate) known: f32,
    /// Its words.
    pub(crate) words: usize,
}

/// How a model's margins are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Margins are divided by it before they become shares.
    pub(crate) temperature: f32,
    pub(crate) confidence: Logistic,
    /// What it was measured on, most confident first.
    pub(crate) outcomes: Vec<Outcome>,
}

impl Calibration {
    /// Fits the temperature to the requests that have a class, and the confidence to all.
    pub(crate) fn fit(held: &[Held]) -> Self {
        let temperature = best_temperature(held);
        let cases: Vec<_> = held
            .iter()
            .map(|held| {
                let shares = shares(&held.margins, temperature);
                let best = best_of(&held.margins);
                (signs(&held.margins, &shares, held.known, held.words), best.is_some() && best == held.class, 1.0)
            })
            .collect();
        let confidence = Logistic::fit(&cases);
        let mut outcomes: Vec<Outcome> = cases
            .iter()
            .map(|(signs, right, _)| Outcome { confidence: confidence.probability(signs) as f32, right: *right })
            .collect();
        outcomes.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        Self { temperature, confidence, outcomes }
    }

    /// The probability of every class; they and that of no class add up to 1.
    pub(crate) fn probabilities(&self, margins: &[f32], known: f32, words: usize) -> Vec<f32> {
        let mut shares = shares(margins, self.temperature);
        let Some(best) = best_of(margins) else { return shares };
        let confidence = self.confidence.probability(&signs(margins, &shares, known, words)) as f32;
        let top = shares.get(best).copied().unwrap_or_default();
        // What the best does not take is divided as the shares are, and nobody gets more than the best.
        let rest = ((1.0 - confidence) / (1.0 - top).max(1e-6)).min(confidence / top.max(1e-6)).min(1.0);
        for (class, share) in shares.iter_mut().enumerate() {
            *share = if class == best { confidence } else { (*share * rest).min(confidence) };
        }
        shares
    }

    /// The lowest confidence from which on `precision` was measured, or `None` where the data do not show it.
    ///
    /// The precision above it must be reached with the benefit of the doubt taken away: one more mistake is counted than was
    /// made, and fewer than [`ANSWERED_MIN`] answers show nothing.
    pub fn threshold(&self, precision: f32) -> Option<Threshold> {
        threshold(&self.outcomes, precision)
    }

    /// What it was measured on, most confident first.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }
}

/// See [`Calibration::threshold`]; `outcomes` stand most confident first.
pub(crate) fn threshold(outcomes: &[Outcome], precision: f32) -> Option<Threshold> {
    let mut right = 0_usize;
    let mut found = None;
    for (answered, (at, outcome)) in (1_usize..).zip(outcomes.iter().enumerate()) {
        right += usize::from(outcome.right);
        let is_last_of_its_confidence =
            outcomes.get(at + 1).is_none_or(|next| next.confidence < outcome.confidence);
        let shown = right as f32 / (answered + 1) as f32;
        if is_last_of_its_confidence && answered >= ANSWERED_MIN && shown >= precision {
            found = Some(Threshold {
                confidence: outcome.confidence,
                precision: right as f32 / answered as f32,
                coverage: answered as f32 / outcomes.len() as f32,
            });
        }
    }
    found
}

/// Expected calibration error: the mean distance between confidence and the share that was right, over ten bins of equal
/// size (Guo and others, "On calibration of modern neural networks", ICML 2017, there with bins of equal width).
pub fn expected_calibration_error(outcomes: &[Outcome]) -> f32 {
    let mut sorted = outcomes.to_vec();
    sorted.sort_by(|one, other| one.confidence.total_cmp(&other.confidence));
    let bin = sorted.len().div_ceil(10).max(1);
    let distance = |bin: &[Outcome]| {
        let confident: f32 = bin.iter().map(|outcome| outcome.confidence).sum();
        let right = bin.iter().filter(|outcome| outcome.right).count() as f32;
        (confident - right).abs()
    };
    sorted.chunks(bin).map(distance).sum::<f32>() / sorted.len().max(1) as f32
}

/// The class with the largest margin; the first of equals.
pub(crate) fn best_of(margins: &[f32]) -> Option<usize> {
    let first = margins.first()?;
    let (best, _) = margins.iter().enumerate().fold((0, first), |best, next| if next.1 > best.1 { next } else { best });
    Some(best)
}

/// The margins as shares of 1 (softmax).
fn shares(margins: &[f32], temperature: f32) -> Vec<f32> {
    let largest = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut shares: Vec<f32> = margins.iter().map(|margin| ((margin - largest) / temperature).exp()).collect();
    let sum: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}

/// What tells whether the best label is right.
fn signs(margins: &[f32], shares: &[f32], known: f32, words: usize) -> [f64; SIGNS] {
    let top = f64::from(best_of(margins).and_then(|best| shares.get(best)).copied().unwrap_or_default());
    let top = top.clamp(1e-4, 1.0 - 1e-4);
    let (mut first, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for margin in margins {
        if *margin > first {
            (first, second) = (*margin, first);
        } else {
            second = second.max(*margin);
        }
    }
    let (first, second) = (f64::from(first.max(-3.0)), f64::from(second.max(-3.0)));
    [1.0, (top / (1.0 - top)).ln(), first, first - second, f64::from(known), (1.0 + words as f64).ln()]
}

/// The temperature that makes the right classes likeliest, by golden section over its logarithm.
fn best_temperature(held: &[Held]) -> f32 {
    let surprise = |temperature: f32| -> f64 {
        held.iter()
            .filter_map(|held| Some((held, held.class?)))
            .map(|(held, class)| {
                let share = shares(&held.margins, temperature).get(class).copied().unwrap_or_default();
                -f64::from(share.max(1e-9)).ln()
            })
            .sum()
    };
    let (mut low, mut high) = (-4.0_f32, 2.0_f32);
    for _ in 0..24 {
        let third = (high - low) * 0.382;
        let (left, right) = (low + third, high - third);
        if surprise(left.exp()) < surprise(right.exp()) {
            high = right;
        } else {
            low = left;
        }
    }
    ((low + high) / 2.0).exp()
}
