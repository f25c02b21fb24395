//! Measures the search on sets that are not part of the project: recall of `find`, and how far `answer` can be trusted.
//!
//! `ESTAFETA_DATA=DIR cargo run --release -p knowledge --example measure`. Thresholds are read off one half of a set's
//! questions (split by the article that answers, so that no article is in both) and judged on the other, with every
//! third article that answers taken out of the knowledge, so that its questions must be refused.

use std::{collections::BTreeMap, error::Error, path::Path, time::Instant};

use knowledge::{Answer, Article, Search, Thresholds, file};

/// File of articles, its columns (id, title, question, answer), file of questions.
const SETS: [(&str, [&str; 4], &str); 3] = [
    ("rutube_kb_ru.tsv", ["article", "topic", "question", "answer"], "rutube_cases_ru.tsv"),
    ("xquad_kb_ru.tsv", ["article", "title", "question", "text"], "xquad_q_ru.tsv"),
    ("xquad_kb_en.tsv", ["article", "title", "question", "text"], "xquad_q_en.tsv"),
];

struct Asked {
    text: String,
    article: String,
}

struct Judged {
    score: f32,
    right: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::var_os("ESTAFETA_DATA").filter(|folder| Path::new(folder).is_dir()) else {
        println!("skipped: ESTAFETA_DATA names no folder");
        return Ok(());
    };
    for (articles, [id, title, question, answer], questions) in SETS {
        let columns = file::Columns {
            id: id.to_owned(),
            title: title.to_owned(),
            question: question.to_owned(),
            answer: answer.to_owned(),
            ..file::Columns::default()
        };
        let articles = file::load(&Path::new(&folder).join(articles), &columns)?;
        let asked = asked(&Path::new(&folder).join(questions))?;
        println!("{questions}: {} questions over {} articles", asked.len(), articles.len());
        recall(&articles, &asked)?;
        trust(&articles, &asked)?;
    }
    Ok(())
}

fn asked(path: &Path) -> Result<Vec<Asked>, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_path(path)?;
    let mut asked = Vec::new();
    for row in reader.deserialize() {
        let mut row: BTreeMap<String, String> = row?;
        let mut take = |name| row.remove(name).ok_or_else(|| format!("{}: no column {name}", path.display()));
        asked.push(Asked { text: take("text")?, article: take("article")? });
    }
    Ok(asked)
}

fn recall(articles: &[Article], asked: &[Asked]) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let search = Search::build(articles.to_vec())?;
    let built = started.elapsed();
    let (mut first, mut third) = (0, 0);
    let mut times = Vec::new();
    for Asked { text, article } in asked {
        let started = Instant::now();
        let hits = search.find(text, 3)?;
        times.push(started.elapsed());
        first += usize::from(hits.first().is_some_and(|hit| hit.article_id == *article));
        third += usize::from(hits.iter().any(|hit| hit.article_id == *article));
    }
    times.sort();
    let (median, late) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    let (first, third) = (percent(first, asked.len()), percent(third, asked.len()));
    println!("  R@1 {first:.1}  R@3 {third:.1}  indexed in {built:?}  find: median {median:?}, p99 {late:?}");
    Ok(())
}

fn trust(articles: &[Article], asked: &[Asked]) -> Result<(), Box<dyn Error>> {
    let known = articles.iter().filter(|article| !bucket(&article.id).is_multiple_of(3));
    let search = Search::build(known.cloned())?;
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for Asked { text, article } in asked {
        let hits = search.find(text, 1)?;
        let score = hits.first().map_or(0.0, |hit| hit.score);
        let right = hits.first().is_some_and(|hit| hit.article_id == *article);
        let half = if (bucket(article) / 3).is_multiple_of(2) { &mut one } else { &mut other };
        half.push(Judged { score, right });
    }
    for wanted in [90.0, 95.0] {
        for (pick, check) in [(&one, &other), (&other, &one)] {
            match threshold(pick, wanted) {
                Some(threshold) => {
                    let (precision, coverage) = achieved(check, threshold);
                    println!(
                        "  wanted {wanted}: from {threshold:.3}, achieved {precision:.1} % of {coverage:.1} % answered"
                    );
                }
                None => println!("  wanted {wanted}: no threshold reaches it"),
            }
        }
    }
    for step in 2..19 {
        let threshold = step as f32 / 20.0;
        let ((first, of_first), (second, of_second)) = (achieved(&one, threshold), achieved(&other, threshold));
        println!(
            "  answer from {threshold:.2}: half one right {first:.1} % of {of_first:.1} % answered, half two {second:.1} % of {of_second:.1} %"
        );
    }
    let defaults = Thresholds::default();
    let (mut found, mut unsure, mut helpful, mut nothing) = (0, 0, 0, 0);
    for Asked { text, article } in asked {
        match search.answer(text, defaults)? {
            Answer::Found(_) => found += 1,
            Answer::Unsure(offers) => {
                unsure += 1;
                helpful += usize::from(offers.iter().any(|hit| hit.article_id == *article));
            }
            Answer::Nothing => nothing += 1,
        }
    }
    println!(
        "  with {defaults:?}: {found} answered, {unsure} offered ({helpful} with the right one), {nothing} refused"
    );
    Ok(())
}

/// The lowest threshold with so many percent right on at least ten answers.
fn threshold(judged: &[Judged], wanted: f64) -> Option<f32> {
    let mut scores: Vec<f32> = judged.iter().map(|judged| judged.score).collect();
    scores.sort_by(f32::total_cmp);
    let enough = scores.len().saturating_sub(10);
    scores.into_iter().take(enough).find(|score| achieved(judged, *score).0 >= wanted)
}

/// Of those answered the percentage that is right, and the percentage answered.
fn achieved(judged: &[Judged], threshold: f32) -> (f64, f64) {
    let answered = judged.iter().filter(|judged| judged.score >= threshold);
    let (right, all) = answered.fold((0, 0), |(right, all), judged| (right + usize::from(judged.right), all + 1));
    (percent(right, all), percent(all, judged.len()))
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// A number that an article keeps from run to run.
fn bucket(article: &str) -> u32 {
    article.bytes().fold(7, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) / 7
}
