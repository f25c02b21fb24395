//! Answers after learning, judged on cases that were not learnt from, with a third of the articles missing.

use std::error::Error;

use knowledge::{Answer, Article, OFFERS_MAX, Search, Solved, Thresholds};

use super::percent;

/// What is wanted: so much of the answers right.
const TARGET: f32 = 0.9;

/// Learnt from all but one of so many parts of the cases, judged on that one.
const FOLDS: usize = 5;

/// One of so many parts of the articles that answer is taken out; each in turn.
const PARTS: usize = 3;

#[derive(Default)]
struct Outcome {
    answered: usize,
    right: usize,
    offered: usize,
    helpful: usize,
    all: usize,
}

/// Prints coverage and precision: with the defaults, and cross-validated after learning.
pub(crate) fn measure(articles: &[Article], asked: &[Solved]) -> Result<(), Box<dyn Error>> {
    let full = Search::build(articles.to_vec())?;
    let known = |hidden: usize| {
        let left = articles.iter().filter(move |article| spread(&article.id, PARTS) != hidden);
        Search::build(left.cloned())
    };
    let searches = (0..PARTS).map(known).collect::<Result<Vec<_>, _>>()?;
    let fold = |case: &Solved| spread(&format!("fold of {}", case.article_id), FOLDS);

    let mut by_default = Outcome::default();
    for search in &searches {
        asked.iter().try_for_each(|case| by_default.judge(search, case, Thresholds::default()))?;
    }
    by_default.print("defaults");

    let mut learnt = Outcome::default();
    for judged in 0..FOLDS {
        let taught: Vec<Solved> = asked.iter().filter(|case| fold(case) != judged).cloned().collect();
        let Some(confidence) = full.learn(&taught, TARGET)? else {
            println!("  too few cases to learn from");
            return Ok(());
        };
        for search in &searches {
            search.trust(Some(confidence.clone()));
            let mut cases = asked.iter().filter(|case| fold(case) == judged);
            cases.try_for_each(|case| learnt.judge(search, case, confidence.thresholds()))?;
        }
    }
    learnt.print("learnt, target 90 %");
    Ok(())
}

impl Outcome {
    fn judge(&mut self, search: &Search, case: &Solved, thresholds: Thresholds) -> Result<(), Box<dyn Error>> {
        self.all += 1;
        match search.answer(&case.question, thresholds)? {
            Answer::Found(hit) => {
                self.answered += 1;
                self.right += usize::from(hit.article_id == case.article_id);
            }
            Answer::Unsure(offers) => {
                assert!(offers.len() <= OFFERS_MAX, "offers are few");
                self.offered += 1;
                self.helpful += usize::from(offers.iter().any(|hit| hit.article_id == case.article_id));
            }
            Answer::Nothing => {}
        }
        Ok(())
    }

    fn print(&self, name: &str) {
        println!(
            "  {name}: {:.1} % answered, {:.1} % of them right; {:.1} % offered, {:.1} % of them with the right one",
            percent(self.answered, self.all),
            percent(self.right, self.answered),
            percent(self.offered, self.all),
            percent(self.helpful, self.offered)
        );
    }
}

/// A part that a name keeps from run to run (FNV-1a).
fn spread(name: &str, parts: usize) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash >> 7) as usize % parts
}
