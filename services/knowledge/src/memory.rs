//! Questions that people have answered with an article: the nearest of them say which article answers a new one.
//!
//! Nearness is the cosine between the pieces and stems of two questions, each weighed by how rare it is among the
//! remembered ones (TF-IDF; Salton and Buckley, 1988).

use std::{cmp::Ordering, collections::HashMap};

use crate::{
    confidence::Solved,
    question::QUESTION_BYTES_MAX,
    term::{Term, TermMap},
    vocabulary::{distinct, pieces},
    words::words,
};

/// So many distinct terms of a question are remembered and compared, the first ones.
const TERMS_MAX: usize = 512;

/// Of an article's remembered questions so many of the nearest count in the mean.
const NEAREST: usize = 3;

/// Of so many of the nearest questions the articles that answered are told.
const ANSWERED: usize = 20;

/// Solved questions, by their terms.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// By terms, the cases that have it.
    cases_with: TermMap<Vec<u32>>,
    /// By cases, the number of their article among `articles`, and one over the length of their vector.
    cases: Vec<(u32, f32)>,
    articles: Vec<String>,
}

/// How near an article's solved questions are to a question.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Near {
    /// The nearest one, 0 to 1.
    pub(crate) best: f32,
    /// The mean of the nearest few.
    pub(crate) mean: f32,
    /// The sum of the squares: many near ones count more than one.
    pub(crate) squares: f32,
    /// How many there are, as its logarithm.
    pub(crate) count: f32,
}

/// What was answered to questions like one.
#[derive(Debug, Default)]
pub(crate) struct Recalled<'m> {
    /// By articles, how near their solved questions are.
    pub(crate) near: HashMap<&'m str, Near>,
    /// The articles of the nearest questions, the nearest first, each as often as it answered one, with the cosine.
    pub(crate) answered: Vec<(&'m str, f32)>,
}

impl Memory {
    pub(crate) fn of<'s>(solved: impl Iterator<Item = &'s Solved>) -> Self {
        let mut memory = Self::default();
        let mut number_of: HashMap<&str, u32> = HashMap::new();
        let mut terms_of: Vec<Vec<Term>> = Vec::new();
        for Solved { question, article_id } in solved {
            let number = *number_of.entry(article_id).or_insert_with(|| {
                memory.articles.push(article_id.clone());
                index(memory.articles.len() - 1)
            });
            let terms = terms(question);
            for term in &terms {
                memory.cases_with.entry(*term).or_default().push(index(memory.cases.len()));
            }
            memory.cases.push((number, 0.0));
            terms_of.push(terms);
        }
        for at in 0..memory.cases.len() {
            let length: f32 = terms_of.get(at).into_iter().flatten().map(|term| memory.rarity(*term).powi(2)).sum();
            if let Some((_, over)) = memory.cases.get_mut(at) {
                *over = 1.0 / length.sqrt().max(f32::MIN_POSITIVE);
            }
        }
        memory
    }

    /// How much a term says: its smoothed inverse document frequency.
    fn rarity(&self, term: Term) -> f32 {
        let with = self.cases_with.get(&term).map_or(0, Vec::len);
        ((1.0 + self.cases.len() as f32) / (1.0 + with as f32)).ln() + 1.0
    }

    /// What was answered to questions like `question`; the case `without` left out.
    pub(crate) fn recall(&self, question: &str, without: Option<usize>) -> Recalled<'_> {
        if self.cases.is_empty() {
            return Recalled::default();
        }
        let mut dot = vec![0.0_f32; self.cases.len()];
        let mut length = 0.0;
        for term in terms(question) {
            let weight = self.rarity(term).powi(2);
            length += weight;
            for case in self.cases_with.get(&term).into_iter().flatten() {
                if let Some(dot) = dot.get_mut(*case as usize) {
                    *dot += weight;
                }
            }
        }
        let over = 1.0 / length.sqrt().max(f32::MIN_POSITIVE);
        let cases =
            dot.iter().zip(&self.cases).enumerate().filter(|(at, (dot, _))| **dot > 0.0 && Some(*at) != without);
        let mut cosines: Vec<(u32, f32)> =
            cases.map(|(_, (dot, (article, own)))| (*article, dot * own * over)).collect();
        let mut of_article: HashMap<u32, Vec<f32>> = HashMap::new();
        for (article, cosine) in &cosines {
            of_article.entry(*article).or_default().push(*cosine);
        }
        let near =
            of_article.into_iter().filter_map(|(article, cosines)| Some((self.article(article)?, near(cosines)?)));
        let near = near.collect();
        if cosines.len() > ANSWERED {
            cosines.select_nth_unstable_by(ANSWERED, nearest);
            cosines.truncate(ANSWERED);
        }
        cosines.sort_unstable_by(nearest);
        let answered = cosines.into_iter().filter_map(|(article, cosine)| Some((self.article(article)?, cosine)));
        Recalled { near, answered: answered.collect() }
    }

    fn article(&self, number: u32) -> Option<&str> {
        self.articles.get(number as usize).map(String::as_str)
    }
}

/// The nearest first, and of equal ones that of the earlier article.
fn nearest(one: &(u32, f32), other: &(u32, f32)) -> Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

/// How near an article is whose solved questions have these cosines.
fn near(mut cosines: Vec<f32>) -> Option<Near> {
    cosines.sort_unstable_by(|a, b| b.total_cmp(a));
    let nearest = &cosines[..cosines.len().min(NEAREST)];
    Some(Near {
        best: *cosines.first()?,
        mean: nearest.iter().sum::<f32>() / nearest.len() as f32,
        squares: cosines.iter().map(|cosine| cosine * cosine).sum(),
        count: (cosines.len() as f32).ln_1p(),
    })
}

fn terms(question: &str) -> Vec<Term> {
    let read = &question[..question.floor_char_boundary(QUESTION_BYTES_MAX)];
    let mut all: Vec<Term> = Vec::new();
    for word in words(read) {
        all.push(Term::of(&word.stem));
        all.extend(pieces(&word));
        if all.len() > TERMS_MAX {
            break;
        }
    }
    distinct(&all)
}

fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solved(question: &str, article: &str) -> Solved {
        Solved { question: question.to_owned(), article_id: article.to_owned() }
    }

    #[test]
    fn the_nearest_solved_question_names_its_article() {
        let cases = [
            solved("не приходит код подтверждения", "code"),
            solved("где код из смс", "code"),
            solved("как вернуть деньги", "money"),
        ];
        let memory = Memory::of(cases.iter());
        let near = memory.recall("код подтверждения не пришел", None);
        assert_eq!(near.answered.first().map(|(article, _)| *article), Some("code"), "{near:?}");
        let near = near.near;
        assert!(near["code"].best > 0.5, "{near:?}");
        assert!(near.get("money").is_none_or(|near| near.best < 0.2), "{near:?}");
        let same = memory.recall("как вернуть деньги", None).near;
        assert!((same["money"].best - 1.0).abs() < 1e-5, "{same:?}");
        assert!(
            !memory.recall("как вернуть деньги", Some(2)).near.contains_key("money"),
            "it is left out when asked to be"
        );
        assert!(Memory::default().recall("что угодно", None).near.is_empty());
    }
}
