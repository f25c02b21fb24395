//! How fast triage is on this machine: `cargo run --release -p triage --example speed`. Prints, and judges nothing.

use std::time::Instant;

use triage::{Example, Model, Recipe, Request, TrainError, mood_of};

/// As many tickets as a mid-sized desk resolves in a few months.
const TICKETS: usize = 10_000;

/// Words of which the made-up tickets consist.
const WORDS: [&str; 40] = [
    "не",
    "работает",
    "пароль",
    "почта",
    "принтер",
    "доступ",
    "счет",
    "оплата",
    "экран",
    "ошибка",
    "вход",
    "сервер",
    "сеть",
    "телефон",
    "заявка",
    "отчет",
    "файл",
    "диск",
    "медленно",
    "срочно",
    "please",
    "login",
    "invoice",
    "error",
    "reset",
    "screen",
    "slow",
    "network",
    "update",
    "install",
    "кабинет",
    "договор",
    "лицензия",
    "камера",
    "звук",
    "браузер",
    "вложение",
    "папка",
    "письмо",
    "таблица",
];

fn main() -> Result<(), TrainError> {
    let texts: Vec<(String, String)> = (0..TICKETS).map(made_up).collect();
    let examples: Vec<Example<'_>> = texts.iter().map(|(text, label)| Example::of(text, label)).collect();
    let begun = Instant::now();
    let model = Model::train(&examples, &Recipe::default())?;
    println!(
        "training on {TICKETS} tickets: {:.1} s, {:.1} MB",
        begun.elapsed().as_secs_f32(),
        model.size() as f32 / 1e6
    );
    let mut times: Vec<f64> = texts
        .iter()
        .map(|(text, _)| {
            let begun = Instant::now();
            std::hint::black_box((model.decide(&Request::of(text)), mood_of(text)));
            begun.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!("category and mood of one request: median {:.0} µs, p99 {:.0} µs", at(50), at(99));
    Ok(())
}

/// A text of 15 words in which some words are its label's own.
fn made_up(number: usize) -> (String, String) {
    let label = number % 40;
    let word = |at: usize| WORDS[(number.wrapping_mul(31) + at * at * 7 + number / 40 * at) % WORDS.len()];
    let own = |at: usize| WORDS[(label + at * 13) % WORDS.len()];
    let words: Vec<String> = (0..15)
        .map(|at| if at % 4 == 0 { own(at).to_owned() } else { format!("{}{}", word(at), (number + at) % 50) })
        .collect();
    (words.join(" "), format!("label-{label}"))
}
