//! Learns from one ticket at a time: what the same text, and the same text with the same fields, turned out to be lately.
//!
//! A model is trained now and then; between trainings tickets come in waves (one failing system, one form of a portal), and
//! what a text was a minute ago says more than what it was last week. Old answers fade, so that a change of custom is followed.

use std::collections::HashMap;

use crate::Request;
use crate::decision::{Decision, Ranked};
use crate::feature::Reading;

/// What is left of an answer when the next one for the same text comes.
const KEPT: f32 = 0.7;

/// The memory of one text weighs, when full, so many times what the model does.
const WEIGHT: f32 = 2.0;

/// A memory of one answer is not yet full.
const DOUBT: f32 = 0.5;

/// More texts than this are not remembered; the oldest are forgotten.
pub const TEXTS_MAX: usize = 100_000;

/// Labels by text, the latest weighing most.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    labels: Vec<String>,
    /// Number of the label and weight, by text alone and by text with fields.
    seen: HashMap<u64, Vec<(u32, f32)>>,
    /// In the order in which they were met first.
    order: std::collections::VecDeque<u64>,
}

impl Memory {
    /// Remembers that `request` turned out to be `label`.
    pub fn learn(&mut self, request: &Request<'_>, label: &str) {
        let number = match self.labels.iter().position(|known| known == label) {
            Some(number) => number as u32,
            None => {
                self.labels.push(label.to_owned());
                self.labels.len() as u32 - 1
            }
        };
        for key in Reading::of(request).identities() {
            let answers = self.seen.entry(key).or_insert_with(|| {
                self.order.push_back(key);
                Vec::new()
            });
            answers.iter_mut().for_each(|(_, weight)| *weight *= KEPT);
            match answers.iter_mut().find(|(known, _)| *known == number) {
                Some((_, weight)) => *weight += 1.0,
                None => answers.push((number, 1.0)),
            }
        }
        while self.order.len() > TEXTS_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.seen.remove(&oldest);
            }
        }
    }

    /// `decision`, with what is remembered of the text; its probabilities add up to what they did.
    pub fn remind<'a>(&'a self, request: &Request<'_>, decision: Decision<'a>) -> Decision<'a> {
        let mut ranked: Vec<Ranked<'a>> = decision.ranked;
        let mut weight = 1.0;
        for key in Reading::of(request).identities() {
            let Some(answers) = self.seen.get(&key) else { continue };
            let sum: f32 = answers.iter().map(|(_, weight)| weight).sum();
            weight += WEIGHT * sum / (sum + DOUBT);
            for (number, of_label) in answers {
                let Some(label) = self.labels.get(*number as usize) else { continue };
                let added = WEIGHT * of_label / (sum + DOUBT);
                match ranked.iter_mut().find(|ranked| ranked.label == label) {
                    Some(ranked) => ranked.probability += added,
                    None => ranked.push(Ranked { label, probability: added }),
                }
            }
        }
        ranked.iter_mut().for_each(|ranked| ranked.probability /= weight);
        ranked.sort_by(|one, other| other.probability.total_cmp(&one.probability));
        Decision { ranked, ..decision }
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;
    use crate::{Decision, Request};

    fn best(memory: &Memory, request: Request<'_>) -> Option<String> {
        let nothing = Decision::default();
        memory.remind(&request, nothing).best().map(|best| best.label.to_owned())
    }

    #[test]
    fn the_latest_answers_for_a_text_weigh_most() {
        let mut memory = Memory::default();
        ["a", "a", "a", "b", "b"].iter().for_each(|label| memory.learn(&Request::of("Сброс пароля"), label));
        assert_eq!(best(&memory, Request::of("сброс  ПАРОЛЯ")).as_deref(), Some("b"));
    }

    #[test]
    fn the_same_text_with_the_same_fields_weighs_more_than_the_text_alone() {
        let mut memory = Memory::default();
        let at = |site: &'static str| [("site", site)];
        memory.learn(&Request { fields: &at("1"), ..Request::of("принтер") }, "a");
        memory.learn(&Request { fields: &at("2"), ..Request::of("принтер") }, "b");
        assert_eq!(best(&memory, Request { fields: &at("1"), ..Request::of("принтер") }).as_deref(), Some("a"));
        assert_eq!(best(&memory, Request { fields: &at("1"), ..Request::of("сканер") }), None);
    }
}
