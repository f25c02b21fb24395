//! RUTUBE's support: real client questions in Russian, sorted into 11 or 39 categories, and a knowledge base that teaches too.

use std::path::Path;

use triage::{Example, Recipe, Request, View};

use crate::judge::{Verdict, row, train, verdicts};
use crate::sheet::Sheet;
use crate::{Clock, EvaluationError, Row};

/// The cases are few: each is judged by a model that learned from the other four fifths.
const PARTS: usize = 5;

/// The two levels of categories.
const LEVELS: [(&str, &str); 2] = [("l1", "rutube, 11 classes"), ("l2", "rutube, 39 classes")];

pub(crate) fn rows(folder: &Path, clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> {
    let (cases, articles) = (Sheet::read(folder, "rutube_cases_ru.tsv")?, Sheet::read(folder, "rutube_kb_ru.tsv")?);
    LEVELS.iter().map(|(level, name)| of_level(&cases, &articles, level, name, clock)).collect()
}

fn of_level(
    cases: &Sheet,
    articles: &Sheet,
    level: &'static str,
    name: &str,
    clock: Clock<'_>,
) -> Result<Row, EvaluationError> {
    let cases = cases.columns([level, "text"])?;
    let articles = articles.columns([level, "question", "answer"])?;
    let mut judged: Vec<Verdict<'_>> = Vec::new();
    let mut thresholds = Vec::new();
    let mut total = Row::default();
    for part in 0..PARTS {
        let is_test = |at: usize| at % PARTS == part;
        let asked = cases.iter().enumerate().filter(|(at, _)| !is_test(*at));
        let examples: Vec<Example<'_>> = asked
            .map(|(_, [label, text])| Example::of(text, label))
            .chain(articles.iter().flat_map(|[label, question, answer]| {
                [question, answer].map(|text| Example { is_traffic: false, ..Example::of(text, label) })
            }))
            .collect();
        let (model, training_s) = train(name, &examples, &recipe(), clock)?;
        let tests = cases.iter().enumerate().filter(|(at, _)| is_test(*at));
        let requests = tests.map(|(_, [label, text])| (Request::of(text), Some(*label)));
        judged.extend(verdicts(&model, requests, clock));
        thresholds.push(model.threshold(0.95).map(|threshold| threshold.confidence));
        total = Row {
            trained: examples.len(),
            training_s: total.training_s + training_s / PARTS as f32,
            model_bytes: model.size(),
            ..total
        };
    }
    let row = row(name, &judged, None, None);
    Ok(Row { trained: total.trained, training_s: total.training_s, model_bytes: total.model_bytes, ..row })
}

fn recipe() -> Recipe {
    Recipe { views: vec![View::Words, View::Stems, View::InWord], ..Recipe::default() }
}
