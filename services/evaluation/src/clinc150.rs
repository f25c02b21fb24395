//! CLINC150 (clinc/oos-eval, CC BY 3.0): 150 intents in English, and requests out of scope.

use std::path::Path;

use triage::{Example, Model, Recipe, Request};

use crate::judge::{Verdict, row, train, verdicts};
use crate::metrics::share;
use crate::sheet::Sheet;
use crate::{Clock, EvaluationError, Row};

/// The label of requests that are out of scope.
const OUT_OF_SCOPE: &str = "oos";

/// So much of what is in scope is to be sorted right; requests are refused as far as that allows.
const IN_SCOPE_WANTED: f32 = 0.93;

/// Learns from the training part, chooses from the validation part below which confidence a request is refused, and counts
/// on the test part. A request in scope that is refused counts as sorted wrong.
pub(crate) fn rows(folder: &Path, clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> {
    let sheet = Sheet::read(folder, "clinc150_en.tsv")?;
    let all = sheet.columns(["split", "label", "text"])?;
    let part = |names: &'static [&'static str]| all.iter().filter(|[split, _, _]| names.contains(split));
    let learned = |names: &'static [&'static str]| {
        let examples: Vec<Example<'_>> = part(names).map(|[_, label, text]| example(label, text)).collect();
        let (model, training_s) = train("clinc150", &examples, &Recipe::default(), clock)?;
        Ok((model, Row { trained: examples.len(), training_s, ..Row::default() }))
    };
    let judged = |model: &Model, name: &'static [&'static str]| {
        let requests =
            part(name).map(|[_, label, text]| (Request::of(text), (*label != OUT_OF_SCOPE).then_some(*label)));
        verdicts(model, requests, clock)
    };
    let (model, base) = learned(&["train"])?;
    let threshold = refusal_threshold(&judged(&model, &["val"]));
    let mut rows = refusing("clinc150", &model, &base, &judged(&model, &["test"]), threshold);
    // The validation part has done its work and is learned from too. The threshold is a probability and stays: measured again
    // on validation requests held out in turn it would be too high, since they resemble each other more than new ones do.
    let (model, base) = learned(&["train", "val"])?;
    rows.extend(refusing("clinc150 with validation", &model, &base, &judged(&model, &["test"]), threshold));
    Ok(rows)
}

fn example<'a>(label: &'a str, text: &'a str) -> Example<'a> {
    match label {
        OUT_OF_SCOPE => Example::out_of_scope(text),
        _ => Example::of(text, label),
    }
}

/// Two rows: every request answered, and those below `threshold` refused.
fn refusing(name: &str, model: &Model, base: &Row, tested: &[Verdict<'_>], threshold: f32) -> Vec<Row> {
    let at = |precision: f32| model.threshold(precision).map(|threshold| threshold.confidence);
    let (accuracy, refused) = at_threshold(tested, threshold);
    let forced = Row {
        trained: base.trained,
        training_s: base.training_s,
        model_bytes: model.size(),
        ..row(name, tested, at(0.95), at(0.98))
    };
    let name = format!("{name}, refusing");
    vec![forced.clone(), Row { name, accuracy, out_of_scope_refused: Some(refused), ..forced }]
}

/// The highest confidence below which all can be refused with [`IN_SCOPE_WANTED`] still sorted right.
fn refusal_threshold(verdicts: &[Verdict<'_>]) -> f32 {
    let is_affordable = |threshold: &f32| at_threshold(verdicts, *threshold).0 >= IN_SCOPE_WANTED;
    let confidences = verdicts.iter().map(|verdict| verdict.confidence);
    confidences.filter(is_affordable).fold(0.0, f32::max)
}

/// The accuracy in scope, a refusal being wrong, and the share of the others that was refused.
fn at_threshold(verdicts: &[Verdict<'_>], threshold: f32) -> (f32, f32) {
    let (inside, outside): (Vec<&Verdict<'_>>, Vec<_>) = verdicts.iter().partition(|verdict| verdict.is.is_some());
    let right = inside.iter().filter(|verdict| verdict.is_right() && verdict.confidence >= threshold).count();
    let refused = outside.iter().filter(|verdict| verdict.confidence < threshold).count();
    (share(right, inside.len()), share(refused, outside.len()))
}
