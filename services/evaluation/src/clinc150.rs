//! CLINC150 (clinc/oos-eval, CC BY 3.0): 150 intents in English, and requests out of scope.

use std::path::Path;

use triage::{Example, Recipe, Request};

use crate::judge::{Verdict, row, train, verdicts};
use crate::metrics::share;
use crate::sheet::Sheet;
use crate::{Clock, EvaluationError, Row};

/// The label of requests that are out of scope.
const OUT_OF_SCOPE: &str = "oos";

/// Refusing may cost so much of the accuracy in scope: 3 requests in 1,000.
const COST_IN_SCOPE_MAX: f32 = 0.003;

/// Learns from the training part, chooses from the validation part below which confidence a request is refused, and counts
/// on the test part. A request in scope that is refused counts as sorted wrong.
pub(crate) fn rows(folder: &Path, clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> {
    let sheet = Sheet::read(folder, "clinc150_en.tsv")?;
    let all = sheet.columns(["split", "label", "text"])?;
    let part = |name: &'static str| all.iter().filter(move |[split, _, _]| *split == name);
    let examples: Vec<Example<'_>> = part("train")
        .map(|[_, label, text]| match *label {
            OUT_OF_SCOPE => Example::out_of_scope(text),
            _ => Example::of(text, label),
        })
        .collect();
    let (model, training_s) = train("clinc150", &examples, &Recipe::default(), clock)?;
    let judged = |name: &'static str| {
        let requests =
            part(name).map(|[_, label, text]| (Request::of(text), (*label != OUT_OF_SCOPE).then_some(*label)));
        verdicts(&model, requests, clock)
    };
    let threshold = refusal_threshold(&judged("val"));
    let tested = judged("test");
    let at = |precision: f32| model.threshold(precision).map(|threshold| threshold.confidence);
    let forced = row("clinc150, nothing refused", &tested, at(0.95), at(0.98));
    let (in_scope, refused) = at_threshold(&tested, threshold);
    let common = Row { trained: examples.len(), training_s, model_bytes: model.size(), ..forced };
    let with_refusal = Row {
        name: "clinc150, refusing".to_owned(),
        accuracy: in_scope,
        out_of_scope_refused: Some(refused),
        ..common.clone()
    };
    Ok(vec![common, with_refusal])
}

/// The highest confidence at which refusing costs no more than [`COST_IN_SCOPE_MAX`].
fn refusal_threshold(verdicts: &[Verdict<'_>]) -> f32 {
    let (forced, _) = at_threshold(verdicts, 0.0);
    let is_cheap = |threshold: &f32| at_threshold(verdicts, *threshold).0 >= forced - COST_IN_SCOPE_MAX;
    let confidences = verdicts.iter().map(|verdict| verdict.confidence);
    confidences.filter(is_cheap).fold(0.0, f32::max)
}

/// The accuracy in scope, a refusal being wrong, and the share of the others that was refused.
fn at_threshold(verdicts: &[Verdict<'_>], threshold: f32) -> (f32, f32) {
    let (inside, outside): (Vec<&Verdict<'_>>, Vec<_>) = verdicts.iter().partition(|verdict| verdict.is.is_some());
    let right = inside.iter().filter(|verdict| verdict.is_right() && verdict.confidence >= threshold).count();
    let refused = outside.iter().filter(|verdict| verdict.confidence < threshold).count();
    (share(right, inside.len()), share(refused, outside.len()))
}
