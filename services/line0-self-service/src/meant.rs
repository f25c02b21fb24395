//! Whether a request means a scenario of the plan, beside what knowledge says.

use knowledge::{Answer, Hit};
use plan::Plan;

use crate::own::Talk;
use crate::think::Next;

/// What to do when `words` mean a scenario, or may mean one; none when they do not, or an article says it better.
/// `best` is the article that fits best, `certain` is the score from which an article answers.
pub(crate) fn scenario(
    plan: &Plan,
    talk: &Talk,
    words: &str,
    (answer, best): (&Answer, Option<&Hit>),
    certain: f32,
) -> Option<Next> {
    let meant = plan.scenarios_for(words);
    let begin = |id: &str| Next::Begin { scenario: id.to_owned(), text: words.to_owned() };
    let offer = |scenarios: &[&plan::Scenario], hits: Vec<Hit>| Next::Offer {
        scenarios: scenarios.iter().map(|scenario| scenario.id.clone()).collect(),
        hits,
    };
    if let [first, others @ ..] = meant.said.as_slice() {
        #[expect(clippy::cast_possible_truncation, reason = "a score between 0 and 1")]
        let from = first.choice_from.map_or(certain, |score| score as f32);
        let is_new = |hit: &&Hit| talk.offered.iter().all(|article| article.article_id != hit.article_id);
        let fitting: Vec<Hit> = best.into_iter().filter(|hit| hit.score >= from).filter(is_new).cloned().collect();
        // Who was let choose and says it again means it.
        return Some(match others.is_empty() && fitting.is_empty() || talk.let_choose {
            true => begin(&first.id),
            false => offer(&meant.said, fitting),
        });
    }
    if meant.hinted.is_empty() || talk.let_choose {
        return None;
    }
    match answer {
        Answer::Found(_) => None,
        Answer::Unsure(hits) => Some(offer(&meant.hinted, hits.clone())),
        Answer::Nothing => Some(offer(&meant.hinted, Vec::new())),
    }
}
