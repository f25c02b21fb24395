//! Trains a model on one part of a set and judges it on another.

use triage::{Example, Model, Outcome, Recipe, Request, expected_calibration_error};

use crate::metrics::{accuracy, macro_f1, share};
use crate::row::{AtPrecision, Row};
use crate::{Clock, EvaluationError};

/// What a model said of one request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict<'a> {
    /// What the request is; `None` is out of scope.
    pub(crate) is: Option<&'a str>,
    /// The best label.
    pub(crate) said: String,
    /// Its probability.
    pub(crate) confidence: f32,
    /// How long it took, microseconds.
    pub(crate) took_us: f32,
}

impl Verdict<'_> {
    /// Whether the best label is right.
    pub(crate) fn is_right(&self) -> bool {
        self.is == Some(self.said.as_str())
    }
}

/// A model and how long its training took, seconds.
pub(crate) fn train(
    set: &str,
    examples: &[Example<'_>],
    recipe: &Recipe,
    clock: Clock<'_>,
) -> Result<(Model, f32), EvaluationError> {
    let begun = clock();
    let model = Model::train(examples, recipe).map_err(|why| EvaluationError::Train { set: set.to_owned(), why })?;
    Ok((model, (clock() - begun).as_secs_f32()))
}

/// What `model` says of every request.
pub(crate) fn verdicts<'a>(
    model: &Model,
    requests: impl Iterator<Item = (Request<'a>, Option<&'a str>)>,
    clock: Clock<'_>,
) -> Vec<Verdict<'a>> {
    requests
        .map(|(request, is)| {
            let begun = clock();
            let decision = model.decide(&request);
            let took_us = (clock() - begun).as_secs_f32() * 1e6;
            let said = decision.best().map_or_else(String::new, |best| best.label.to_owned());
            Verdict { is, said, confidence: decision.confidence(), took_us }
        })
        .collect()
}

/// The figures of `verdicts`. The thresholds at 95 and 98 % were chosen before, on the training part.
pub(crate) fn row(name: &str, verdicts: &[Verdict<'_>], at_95: Option<f32>, at_98: Option<f32>) -> Row {
    let pairs: Vec<(&str, &str)> =
        verdicts.iter().filter_map(|verdict| Some((verdict.is?, verdict.said.as_str()))).collect();
    let mut times: Vec<f32> = verdicts.iter().map(|verdict| verdict.took_us).collect();
    times.sort_by(f32::total_cmp);
    Row {
        name: name.to_owned(),
        tested: verdicts.len(),
        accuracy: accuracy(&pairs),
        macro_f1: macro_f1(&pairs),
        at_95: at_95.map(|threshold| at_precision(verdicts, threshold)),
        at_98: at_98.map(|threshold| at_precision(verdicts, threshold)),
        calibration_error: expected_calibration_error(&outcomes(verdicts)),
        decision_us: times.get(times.len() / 2).copied().unwrap_or_default(),
        ..Row::default()
    }
}

/// The lowest confidence from which on `verdicts` were as precise as wanted; `None` where they do not show it.
pub(crate) fn threshold(verdicts: &[Verdict<'_>], precision: f32) -> Option<f32> {
    let mut outcomes = outcomes(verdicts);
    outcomes.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
    triage::threshold(&outcomes, precision).map(|threshold| threshold.confidence)
}

fn outcomes(verdicts: &[Verdict<'_>]) -> Vec<Outcome> {
    let outcome = |(example, verdict): (usize, &Verdict<'_>)| Outcome {
        confidence: verdict.confidence,
        right: verdict.is_right(),
        weight: 1.0,
        example,
    };
    verdicts.iter().enumerate().map(outcome).collect()
}

fn at_precision(verdicts: &[Verdict<'_>], confidence: f32) -> AtPrecision {
    let answered: Vec<&Verdict<'_>> = verdicts.iter().filter(|verdict| verdict.confidence >= confidence).collect();
    let right = answered.iter().filter(|verdict| verdict.is_right()).count();
    AtPrecision { confidence, precision: share(right, answered.len()), coverage: share(answered.len(), verdicts.len()) }
}

/// Trains on `examples` and judges on `tests`, with thresholds from the training's own held-out parts.
pub(crate) fn train_and_test<'a>(
    name: &str,
    examples: &[Example<'_>],
    tests: impl Iterator<Item = (Request<'a>, Option<&'a str>)>,
    recipe: &Recipe,
    clock: Clock<'_>,
) -> Result<Row, EvaluationError> {
    let (model, training_s) = train(name, examples, recipe, clock)?;
    let verdicts = verdicts(&model, tests, clock);
    let at = |precision: f32| model.threshold(precision).map(|threshold| threshold.confidence);
    let row = row(name, &verdicts, at(0.95), at(0.98));
    Ok(Row { trained: examples.len(), training_s, model_bytes: model.size(), ..row })
}
