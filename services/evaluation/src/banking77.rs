//! Banking77 (PolyAI, CC BY 4.0): bank clients' questions in English, 77 intents.

use std::path::Path;

use triage::{Example, Recipe, Request};

use crate::judge::train_and_test;
use crate::sheet::Sheet;
use crate::{Clock, EvaluationError, Row};

pub(crate) fn rows(folder: &Path, clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> {
    let sheet = Sheet::read(folder, "banking77_en.tsv")?;
    let all = sheet.columns(["split", "label", "text"])?;
    let part = |name: &'static str| all.iter().filter(move |[split, _, _]| *split == name);
    let examples: Vec<Example<'_>> = part("train").map(|[_, label, text]| Example::of(text, label)).collect();
    let tests = part("test").map(|[_, label, text]| (Request::of(text), Some(*label)));
    Ok(vec![train_and_test("banking77", &examples, tests, &Recipe::default(), clock)?])
}
