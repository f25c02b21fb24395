//! Measures the search on sets that are not part of the project: recall of `find`, its speed, and how far `answer` can
//! be trusted after learning.
//!
//! `cargo run --release -p knowledge --example measure [FOLDER [ARTICLES]]`: the folder of the sets, and how many made-up articles
//! the speed is measured on.

#[path = "measure/speed.rs"]
mod speed;
#[path = "measure/trust.rs"]
mod trust;

use std::{collections::BTreeMap, error::Error, path::Path, time::Instant};

use knowledge::{Article, Search, Solved, file};

/// Where the sets lie when no folder is given.
const FOLDER: &str = "../shared/data";

/// On so many articles speed is measured when nothing is said.
const ARTICLES: usize = 10_000;

/// File of articles, its columns (id, title, question, answer), file of questions.
const SETS: [(&str, [&str; 4], &str); 3] = [
    ("rutube_kb_ru.tsv", ["article", "topic", "question", "answer"], "rutube_cases_ru.tsv"),
    ("xquad_kb_ru.tsv", ["article", "title", "question", "text"], "xquad_q_ru.tsv"),
    ("xquad_kb_en.tsv", ["article", "title", "question", "text"], "xquad_q_en.tsv"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| FOLDER.to_owned());
    let many = std::env::args().nth(2).map_or(Ok(ARTICLES), |many| many.parse())?;
    let (mut all_articles, mut all_asked) = (Vec::new(), Vec::new());
    for (articles, [id, title, question, answer], questions) in SETS {
        let (articles, asked) = (Path::new(&folder).join(articles), Path::new(&folder).join(questions));
        if !articles.is_file() || !asked.is_file() {
            println!("{questions}: skipped, it is not in {folder}");
            continue;
        }
        let columns = file::Columns {
            id: id.to_owned(),
            title: title.to_owned(),
            question: question.to_owned(),
            answer: answer.to_owned(),
            ..file::Columns::default()
        };
        let (articles, asked) = (file::load(&articles, &columns)?, read(&asked)?);
        println!("{questions}: {} questions over {} articles", asked.len(), articles.len());
        recall(&articles, &asked)?;
        trust::measure(&articles, &asked)?;
        all_articles.extend(articles);
        all_asked.extend(asked);
    }
    if all_articles.is_empty() {
        return Ok(());
    }
    speed::measure(&all_articles, &all_asked, many)
}

fn read(path: &Path) -> Result<Vec<Solved>, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_path(path)?;
    let mut asked = Vec::new();
    for row in reader.deserialize() {
        let mut row: BTreeMap<String, String> = row?;
        let mut take = |name| row.remove(name).ok_or_else(|| format!("{}: no column {name}", path.display()));
        asked.push(Solved { question: take("text")?, article_id: take("article")? });
    }
    Ok(asked)
}

fn recall(articles: &[Article], asked: &[Solved]) -> Result<(), Box<dyn Error>> {
    let search = Search::build(articles.to_vec())?;
    let (mut first, mut third, mut reciprocal) = (0, 0, 0.0);
    let started = Instant::now();
    for Solved { question, article_id } in asked {
        let hits = search.find(question, 10)?;
        if let Some(place) = hits.iter().position(|hit| hit.article_id == *article_id) {
            first += usize::from(place == 0);
            third += usize::from(place < 3);
            reciprocal += 1.0 / (place as f64 + 1.0);
        }
    }
    let each = started.elapsed().as_secs_f64() * 1000.0 / asked.len().max(1) as f64;
    println!(
        "  R@1 {:.1}  R@3 {:.1}  MRR {:.3}  {each:.2} ms a question",
        percent(first, asked.len()),
        percent(third, asked.len()),
        reciprocal / asked.len().max(1) as f64
    );
    Ok(())
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}
