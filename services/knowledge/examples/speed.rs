//! How fast the search is, and what memory it takes, over made-up articles of passages of public sets.
//!
//! `cargo run --release -p knowledge --example speed [FOLDER [ARTICLES]]`: the folder of the sets, and how many articles are made
//! up. How well it finds is measured by `estafeta eval`.

use std::{collections::BTreeMap, error::Error, path::Path, time::Instant};

use knowledge::{Article, Search, Solved, file};

/// Where the sets lie when no folder is given.
const FOLDER: &str = "../shared/data";

/// How many articles are made up when nothing is said.
const ARTICLES: usize = 10_000;

/// File of articles, its columns (id, title, question, answer), file of questions.
const SETS: [(&str, [&str; 4], &str); 3] = [
    ("rutube_kb_ru.tsv", ["article", "topic", "question", "answer"], "rutube_cases_ru.tsv"),
    ("xquad_kb_ru.tsv", ["article", "title", "question", "text"], "xquad_q_ru.tsv"),
    ("xquad_kb_en.tsv", ["article", "title", "question", "text"], "xquad_q_en.tsv"),
];

/// So many questions are timed.
const QUESTIONS: usize = 1000;

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
        all_articles.extend(file::load(&articles, &columns)?);
        all_asked.extend(read(&asked)?);
    }
    if all_articles.is_empty() { Ok(()) } else { measure(&all_articles, &all_asked, many) }
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

/// Prints how long indexing, asking and a change take, and what memory it takes.
fn measure(articles: &[Article], asked: &[Solved], many: usize) -> Result<(), Box<dyn Error>> {
    let sentences: Vec<&str> = articles.iter().flat_map(|article| article.body.split_inclusive(". ")).collect();
    let made: Vec<Article> = (0..many).map(|number| made_up(articles, &sentences, number)).collect();
    let before = resident();
    let started = Instant::now();
    let search = Search::build(made)?;
    let built = started.elapsed();
    println!("{many} made-up articles: indexed in {built:.2?}, {} MB more", resident().saturating_sub(before) / 1024);

    println!("  find: {}", times(&search, asked)?);
    let log = "at com.example.Service.call(Service.java:1047) ошибка соединения 0x80070005 ".repeat(700);
    let started = Instant::now();
    search.find(&log, 10)?;
    println!("  a log of {} KB: {:.2?}", log.len() / 1024, started.elapsed());

    let started = Instant::now();
    search.put(&[made_up(articles, &sentences, many)])?;
    println!("  a change is visible after {:.2?}", started.elapsed());

    // What was asked is what the first made-up article of the same title answers.
    let places: BTreeMap<&str, usize> =
        articles.iter().enumerate().map(|(place, article)| (article.id.as_str(), place)).collect();
    let solved = asked.iter().filter_map(|Solved { question, article_id }| {
        let place = places.get(article_id.as_str()).filter(|place| **place < many)?;
        Some(Solved { question: question.clone(), article_id: format!("made-{place}") })
    });
    let solved: Vec<Solved> = solved.collect();
    let started = Instant::now();
    search.learn(&solved, 0.9)?;
    println!("  learned from {} solved questions in {:.2?}", solved.len(), started.elapsed());
    println!(
        "  find, having learned: {}, {} MB more",
        times(&search, asked)?,
        resident().saturating_sub(before) / 1024
    );
    Ok(())
}

/// How long questions take.
fn times(search: &Search, asked: &[Solved]) -> Result<String, Box<dyn Error>> {
    let step = asked.len() / QUESTIONS.min(asked.len()).max(1);
    let mut times = Vec::new();
    for Solved { question, .. } in asked.iter().step_by(step.max(1)).take(QUESTIONS) {
        let started = Instant::now();
        search.find(question, 10)?;
        times.push(started.elapsed());
    }
    times.sort();
    let at = |share: usize| {
        times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    Ok(format!("median {:.2?}, p99 {:.2?}, worst {:.2?}", at(50), at(99), at(100)))
}

/// An article with the title of one, sentences of several, and a code and a word of its own.
fn made_up(articles: &[Article], sentences: &[&str], number: usize) -> Article {
    let one = &articles[number % articles.len()];
    let other = &articles[(number * 31 + 7) % articles.len()];
    let body: String = (0..6).map(|place| sentences[(number * 131 + place * 977) % sentences.len()]).collect();
    Article {
        id: format!("made-{number}"),
        title: format!("{} {}", one.title, other.title),
        body: format!("{body} E-{number} слово{}", letters(number)),
        questions: other.questions.first().cloned().into_iter().collect(),
        ..one.clone()
    }
}

fn letters(mut number: usize) -> String {
    let mut letters = String::new();
    while number > 0 {
        letters.extend("абвгдежзик".chars().nth(number % 10));
        number /= 10;
    }
    letters
}

/// What the process holds, in KB; 0 where the system does not tell.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}
