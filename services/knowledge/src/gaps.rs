//! What is asked often and answered badly: questions without an answer, gathered by likeness.

use std::collections::BTreeMap;

use crate::{confidence::Solved, memory::Memory};

/// Questions at least so near to the first of a gap belong to it.
const LIKE: f32 = 0.35;

/// So many questions are gathered at most, the first ones.
pub const QUESTIONS_MAX: usize = 5_000;

/// Of a gap so many questions are shown.
pub const EXAMPLES_MAX: usize = 5;

/// Questions like each other that had no good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// How many there are.
    pub count: usize,
    /// Their places among what was given, at most [`EXAMPLES_MAX`], the first ones.
    pub examples: Vec<usize>,
}

/// Gathers `questions` into gaps, the largest first; each question is in one. A question joins the gap whose first
/// question is nearest to it, if that is near enough, or begins one.
#[must_use]
pub fn gaps(questions: &[String]) -> Vec<Gap> {
    let questions = &questions[..questions.len().min(QUESTIONS_MAX)];
    // Every question is remembered under its own place, so that what is near is found by an index.
    let solved: Vec<Solved> = questions
        .iter()
        .enumerate()
        .map(|(place, question)| Solved { question: question.clone(), article_id: format!("{place:08}") })
        .collect();
    let memory = Memory::of(solved.iter());
    let mut begun: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, Solved { question, article_id }) in solved.iter().enumerate() {
        let near = memory.near(question, Some(place));
        let nearest = near.iter().filter(|(id, near)| near.best >= LIKE && begun.contains_key(**id));
        let joined = nearest.max_by(|a, b| a.1.best.total_cmp(&b.1.best).then(b.0.cmp(a.0)));
        let gap = joined.map_or_else(|| article_id.clone(), |(id, _)| (*id).to_owned());
        begun.entry(gap).or_default().push(place);
    }
    let mut gaps: Vec<Gap> = begun
        .into_values()
        .map(|all| Gap { count: all.len(), examples: all.into_iter().take(EXAMPLES_MAX).collect() })
        .collect();
    gaps.sort_by(|a, b| b.count.cmp(&a.count).then(a.examples.cmp(&b.examples)));
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_questions_are_one_gap_and_the_largest_comes_first() {
        let asked = [
            "как подключить умную колонку",
            "не работает домофон",
            "подключить умную колонку к приложению",
            "умную колонку как подключить?",
            "хочу вернуть залог за роутер",
        ];
        let gaps = gaps(&asked.map(str::to_owned));
        assert_eq!(gaps[0], Gap { count: 3, examples: vec![0, 2, 3] });
        assert_eq!(gaps.len(), 3, "{gaps:?}");
        assert!(super::gaps(&[]).is_empty());
    }
}
