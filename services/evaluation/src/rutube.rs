//! RUTUBE's support: real client questions in Russian, sorted into 11 or 39 categories, and a knowledge base that teaches too.

use std::path::Path;

use triage::{Example, Recipe, Request};

use crate::judge::{Verdict, row, train, verdicts};
use crate::metrics::share;
use crate::row::AtPrecision;
use crate::sheet::Sheet;
use crate::{Clock, EvaluationError, Row};

/// The cases are few: each is judged by a model that learned from the other four fifths.
const PARTS: usize = 5;

/// So often the cases are divided anew: one division of so few is luck.
const ROUNDS: usize = 3;

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
    let mut answered = [Answered::default(); 2];
    let mut base = Row::default();
    for round in 0..ROUNDS {
        let parts = parts(cases.len(), round);
        for part in 0..PARTS {
            let of = |is_test: bool| cases.iter().zip(&parts).filter(move |(_, of)| (**of == part) == is_test);
            let examples: Vec<Example<'_>> = of(false)
                .map(|([label, text], _)| Example::of(text, label))
                .chain(articles.iter().flat_map(|[label, question, answer]| {
                    [question, answer].map(|text| Example { is_traffic: false, ..Example::of(text, label) })
                }))
                .collect();
            let (model, training_s) = train(name, &examples, &Recipe::default(), clock)?;
            let requests = of(true).map(|([label, text], _)| (Request::of(text), Some(*label)));
            let verdicts = verdicts(&model, requests, clock);
            for (answered, precision) in answered.iter_mut().zip([0.95, 0.98]) {
                answered.count(&verdicts, model.threshold(precision).map(|threshold| threshold.confidence));
            }
            judged.extend(verdicts);
            base = Row { trained: examples.len(), training_s, model_bytes: model.size(), ..base };
        }
    }
    let [at_95, at_98] = answered.map(|answered| answered.at_precision(judged.len()));
    let row = row(name, &judged, None, None);
    let Row { trained, training_s, model_bytes, .. } = base;
    Ok(Row { trained, training_s, model_bytes, tested: cases.len(), at_95, at_98, ..row })
}

/// In which of the parts each of `cases` is; another division in each round, and the same in each run.
fn parts(cases: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..cases).collect();
    // Multiplying by the golden ratio in 64 bits scatters neighbours far apart.
    order.sort_by_key(|at| ((at + 1 + round * cases) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut parts = vec![0; cases];
    for (place, at) in order.into_iter().enumerate() {
        if let Some(part) = parts.get_mut(at) {
            *part = place % PARTS;
        }
    }
    parts
}

/// What was answered at the thresholds that each model chose for itself.
#[derive(Debug, Clone, Copy, Default)]
struct Answered {
    answered: usize,
    right: usize,
    /// The lowest of the thresholds.
    confidence: Option<f32>,
}

impl Answered {
    fn count(&mut self, verdicts: &[Verdict<'_>], threshold: Option<f32>) {
        let Some(threshold) = threshold else { return };
        let answered = || verdicts.iter().filter(|verdict| verdict.confidence >= threshold);
        self.answered += answered().count();
        self.right += answered().filter(|verdict| verdict.is_right()).count();
        self.confidence = Some(self.confidence.map_or(threshold, |lowest| lowest.min(threshold)));
    }

    fn at_precision(self, all: usize) -> Option<AtPrecision> {
        let confidence = self.confidence?;
        Some(AtPrecision {
            confidence,
            precision: share(self.right, self.answered),
            coverage: share(self.answered, all),
        })
    }
}
