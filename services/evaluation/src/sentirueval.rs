//! SentiRuEval 2015 (academic): Russian tweets about banks and telecoms; negative, neutral or positive.

use std::path::Path;

use triage::{Example, Recipe, Request};

use crate::judge::train_and_test;
use crate::sheet::Sheet;
use crate::{Clock, EvaluationError, Row};

/// Tweets that praise one company and blame another have no one mood, and are left out.
const MIXED: &str = "mixed";

pub(crate) fn banks(folder: &Path, clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> {
    rows(folder, "sentirueval_banks_ru.tsv", "sentirueval, banks", clock)
}

pub(crate) fn telecom(folder: &Path, clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> {
    rows(folder, "sentirueval_telecom_ru.tsv", "sentirueval, telecom", clock)
}

fn rows(folder: &Path, file: &str, name: &str, clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> {
    let sheet = Sheet::read(folder, file)?;
    let all = sheet.columns(["split", "label", "text"])?;
    let part = |name: &'static str| all.iter().filter(move |[split, label, _]| *split == name && *label != MIXED);
    let examples: Vec<Example<'_>> = part("2015train").map(|[_, label, text]| Example::of(text, label)).collect();
    let tests = part("2015test").map(|[_, label, text]| (Request::of(text), Some(*label)));
    Ok(vec![train_and_test(name, &examples, tests, &Recipe::mood(), clock)?])
}
