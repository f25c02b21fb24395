//! Which article answers: search as it comes, and as it is after learning from solved requests.
//!
//! Learning is judged on a fifth of the cases by what the other four fifths taught, each fifth in turn. How far an answer
//! can be trusted is judged with a third of the articles taken out, each third in turn: what they would answer must be
//! refused.

use std::path::Path;

use knowledge::{Answer, Article, KnowledgeError, Language, OFFERS_MAX, Search, Solved};

use crate::row::{AtPrecision, SearchRow};
use crate::sheet::Sheet;
use crate::{Clock, EvaluationError};

/// Learnt from all but one of so many parts of the cases, judged on that one.
const FOLDS: usize = 5;

/// One of so many parts of the articles is taken out; each in turn.
const PARTS: usize = 3;

/// What is wanted of answers: so much of them right.
const TARGET: f32 = 0.9;

/// The reciprocal of a rank counts up to this one.
const RANKS: usize = 10;

/// A set of articles and of questions that one of them answers.
struct Set {
    name: &'static str,
    articles: Vec<Article>,
    asked: Vec<Solved>,
}

/// Reads a set: its files, and the columns with an article's id, title, known question (may lack) and answer.
fn read(
    folder: &Path,
    name: &'static str,
    files: [&str; 2],
    columns: [&'static str; 3],
    question: Option<&'static str>,
    language: Language,
) -> Result<Set, EvaluationError> {
    let (articles, asked) = (Sheet::read(folder, files[0])?, Sheet::read(folder, files[1])?);
    let rows = articles.columns(columns)?;
    let questions = question.map(|question| articles.columns([question])).transpose()?.unwrap_or_default();
    let mut read: Vec<Article> = Vec::new();
    for (at, [id, title, body]) in rows.into_iter().enumerate() {
        let also = questions.get(at).map(|[question]| (*question).to_owned());
        // An article that stands in several rows has a question in each.
        if let Some(known) = read.iter_mut().find(|known| known.id == id) {
            known.questions.extend(also);
            continue;
        }
        read.push(Article {
            id: id.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
            questions: also.into_iter().collect(),
            language,
            tags: Vec::new(),
            synonyms: Vec::new(),
            audience: knowledge::Audience::Client,
        });
    }
    let asked = asked.columns(["text", "article"])?;
    let asked = asked.into_iter().map(|[text, id]| Solved { question: text.to_owned(), article_id: id.to_owned() });
    Ok(Set { name, articles: read, asked: asked.collect() })
}

pub(crate) fn rutube(folder: &Path, clock: Clock<'_>) -> Result<Vec<SearchRow>, EvaluationError> {
    let files = ["rutube_kb_ru.tsv", "rutube_cases_ru.tsv"];
    let columns = ["article", "topic", "answer"];
    rows(&read(folder, "rutube", files, columns, Some("question"), Language::Russian)?, clock)
}

pub(crate) fn xquad_ru(folder: &Path, clock: Clock<'_>) -> Result<Vec<SearchRow>, EvaluationError> {
    let files = ["xquad_kb_ru.tsv", "xquad_q_ru.tsv"];
    rows(&read(folder, "xquad ru", files, ["article", "title", "text"], None, Language::Russian)?, clock)
}

pub(crate) fn xquad_en(folder: &Path, clock: Clock<'_>) -> Result<Vec<SearchRow>, EvaluationError> {
    let files = ["xquad_kb_en.tsv", "xquad_q_en.tsv"];
    rows(&read(folder, "xquad en", files, ["article", "title", "text"], None, Language::English)?, clock)
}

fn rows(set: &Set, clock: Clock<'_>) -> Result<Vec<SearchRow>, EvaluationError> {
    let failed = |error: KnowledgeError| EvaluationError::Search { set: set.name.to_owned(), why: error.to_string() };
    Ok(vec![as_it_comes(set, clock).map_err(failed)?, after_learning(set, clock).map_err(failed)?])
}

/// Where the right articles stood.
#[derive(Default)]
struct Places {
    first: usize,
    third: usize,
    reciprocal: f32,
    times_us: Vec<f32>,
}

impl Places {
    fn ask(&mut self, search: &Search, case: &Solved, clock: Clock<'_>) -> Result<(), KnowledgeError> {
        let begun = clock();
        let hits = search.find(&case.question, RANKS)?;
        self.times_us.push((clock() - begun).as_secs_f32() * 1e6);
        if let Some(place) = hits.iter().position(|hit| hit.article_id == case.article_id) {
            self.first += usize::from(place == 0);
            self.third += usize::from(place < OFFERS_MAX);
            self.reciprocal += 1.0 / (place as f32 + 1.0);
        }
        Ok(())
    }

    fn row(mut self, name: String, articles: usize) -> SearchRow {
        self.times_us.sort_by(f32::total_cmp);
        let all = self.times_us.len();
        let share = |part: f32| if all == 0 { 0.0 } else { part / all as f32 };
        SearchRow {
            name,
            articles,
            asked: all,
            first: share(self.first as f32),
            third: share(self.third as f32),
            mean_reciprocal_rank: share(self.reciprocal),
            question_us: self.times_us.get(all / 2).copied().unwrap_or_default(),
            ..SearchRow::default()
        }
    }
}

fn as_it_comes(set: &Set, clock: Clock<'_>) -> Result<SearchRow, KnowledgeError> {
    let begun = clock();
    let search = Search::build(set.articles.clone())?;
    let learning_s = (clock() - begun).as_secs_f32();
    let mut places = Places::default();
    set.asked.iter().try_for_each(|case| places.ask(&search, case, clock))?;
    Ok(SearchRow { learning_s, ..places.row(format!("{}, question to article", set.name), set.articles.len()) })
}

fn after_learning(set: &Set, clock: Clock<'_>) -> Result<SearchRow, KnowledgeError> {
    let full = Search::build(set.articles.clone())?;
    let without = |hidden: usize| {
        let left = set.articles.iter().filter(|article| spread(&article.id, PARTS) != hidden);
        Search::build(left.cloned())
    };
    let missing = (0..PARTS).map(without).collect::<Result<Vec<_>, _>>()?;
    let fold = |at: usize| spread(&format!("case {at}"), FOLDS);
    let (mut places, mut answered, mut right, mut judged) = (Places::default(), 0_usize, 0_usize, 0_usize);
    let (mut learning_s, mut lowest) = (0.0_f32, f32::INFINITY);
    for part in 0..FOLDS {
        let of = |is_judged: bool| {
            set.asked.iter().enumerate().filter(move |(at, _)| (fold(*at) == part) == is_judged).map(|(_, case)| case)
        };
        let taught: Vec<Solved> = of(false).cloned().collect();
        let begun = clock();
        let Some(confidence) = full.learn(&taught, TARGET)? else { continue };
        learning_s = learning_s.max((clock() - begun).as_secs_f32());
        lowest = lowest.min(confidence.thresholds().answer);
        for search in std::iter::once(&full).chain(&missing) {
            search.remember(&taught);
            search.trust(Some(confidence.clone()));
        }
        for case in of(true) {
            places.ask(&full, case, clock)?;
            for search in &missing {
                judged += 1;
                if let Answer::Found(hit) = search.answer(&case.question, confidence.thresholds())? {
                    answered += 1;
                    right += usize::from(hit.article_id == case.article_id);
                }
            }
        }
    }
    let share = |part: usize, all: usize| if all == 0 { 0.0 } else { part as f32 / all as f32 };
    let at_90 = (answered > 0).then(|| AtPrecision {
        confidence: lowest,
        precision: share(right, answered),
        coverage: share(answered, judged),
    });
    let row = places.row(format!("{}, after learning", set.name), set.articles.len());
    Ok(SearchRow { at_90, learning_s, learned: set.asked.len() * (FOLDS - 1) / FOLDS, ..row })
}

/// A part that a name keeps from run to run (FNV-1a).
fn spread(name: &str, parts: usize) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash >> 7) as usize % parts
}
