//! `bench triage`: how long one request is sorted: its language, its category, its mood, and whether many have the same.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use line1_service_desk::language_of;
use mass::{Request as Came, Settings, Watch};
use ticket::{Line, OrganizationId, RequestId, TicketId};
use triage::{Example, Model, Recipe, Request, mood_of};

use crate::bench::made_up::word;
use crate::failure::Failure;

/// What the made-up requests are about, and how many words each is long.
const TOPICS: u64 = 80;
const WORDS: u64 = 15;

/// Seconds between two requests: 10,000 a minute.
const APART: f64 = 0.006;

/// What `bench triage` measures.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many resolved tickets the model is trained on, and how many requests are sorted then.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(500..=1_000_000))]
    tickets: u64,
    /// Print one JSON object a row.
    #[arg(long)]
    json: bool,
}

/// How long a part of it takes, in microseconds.
#[derive(Debug, Clone, serde::Serialize)]
struct Row {
    part: &'static str,
    median_us: f64,
    p99_us: f64,
    /// The median as a multiple of the limit.
    of_limit: f64,
}

/// One part of it.
type Part<'p> = Box<dyn FnMut(&Came<'_>) + 'p>;

/// Measures on one thread, and prints.
///
/// # Errors
/// [`Failure::Given`] when nothing can be learned from so few tickets.
pub(super) fn run(options: &Options) -> Result<bool, Failure> {
    let given = |error: &dyn std::fmt::Display| Failure::Given(error.to_string());
    let texts: Vec<(String, String)> =
        (0..options.tickets).map(|number| (made_up(number), format!("topic-{}", topic_of(number)))).collect();
    let examples: Vec<Example<'_>> = texts.iter().map(|(text, label)| Example::of(text, label)).collect();
    let begun = Instant::now();
    let model = Model::train(&examples, &Recipe::default()).map_err(|error| given(&error))?;
    let trained = begun.elapsed().as_secs_f64();

    let organization: OrganizationId = "bench".parse().map_err(|error| given(&error))?;
    let window = SignedDuration::from_mins(60);
    let settings = Settings { least: 5, factor: 3.0, window, zone: TimeZone::UTC, waves: Vec::new() };
    let mut watch = Watch::default();
    // The least that sorting by words can do: to cut the text into words, and to know each.
    let limit = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>();
    let mut parts: [(&'static str, Part<'_>); 5] = [
        ("limit: its words, each once", Box::new(|came| _ = black_box(limit(came.text)))),
        ("language", Box::new(|came| _ = black_box(language_of(came.text)))),
        ("category", Box::new(|came| _ = black_box(model.decide(&Request::of(came.text))))),
        ("mood", Box::new(|came| _ = black_box(mood_of(came.text)))),
        ("mass", Box::new(|came| _ = black_box(watch.observe(came, &settings)))),
    ];
    let mut times = vec![Vec::with_capacity(texts.len()); parts.len() + 1];
    // What was learned from is not asked; the watch knows them all by then.
    for number in 0..options.tickets * 2 {
        let text = made_up(number);
        let client = format!("client-{number}");
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs_f64(number as f64 * APART);
        let request: RequestId = number.to_string().parse().map_err(|error| given(&error))?;
        let ticket = TicketId::of_request(&organization, Line::ServiceDesk, &client, &request, at);
        let came = Came { ticket, client: &client, at, text: &text, fields: &[] };
        let mut whole = 0.0;
        for (place, (_, part)) in parts.iter_mut().enumerate() {
            let begun = Instant::now();
            part(&came);
            let took = begun.elapsed().as_secs_f64() * 1e6;
            if number >= options.tickets {
                times[place].push(took);
            }
            whole += if place == 0 { 0.0 } else { took };
        }
        if number >= options.tickets {
            times[parts.len()].push(whole);
        }
    }
    let names = parts.iter().map(|(name, _)| *name).chain(["all of triage"]);
    let rows = rows(names.zip(times).collect());
    if options.json {
        rows.iter().for_each(|row| println!("{}", serde_json::json!(row)));
        return Ok(true);
    }
    let megabytes = model.size() as f64 / 1e6;
    println!(
        "trained on {} tickets of {TOPICS} topics in {trained:.1} s, {megabytes:.1} MB; one thread\n",
        options.tickets
    );
    println!("{:<28} {:>10} {:>10} {:>10}", "one request", "median µs", "p99 µs", "of limit");
    for Row { part, median_us, p99_us, of_limit } in &rows {
        println!("{part:<28} {median_us:>10.1} {p99_us:>10.1} {of_limit:>10.1}");
    }
    Ok(true)
}

/// The first part is the limit of the others.
fn rows(times: Vec<(&'static str, Vec<f64>)>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (part, mut times) in times {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        let limit = rows.first().map_or(at(50), |limit| limit.median_us);
        rows.push(Row { part, median_us: at(50), p99_us: at(99), of_limit: at(50) / limit });
    }
    rows
}

fn topic_of(number: u64) -> u64 {
    number.wrapping_mul(2_654_435_761) % TOPICS
}

/// A text in which every other word is one of its topic's; every tenth text is about nothing of them.
fn made_up(number: u64) -> String {
    let topic = topic_of(number);
    let one = |at: u64| match (number % 10, at % 2) {
        (0, _) => word(number * 31 + at),
        (_, 0) => word(1_000_000 + topic * 8 + (at + number) % 12),
        _ => word(2_000_000 + (number * 7 + at * at) % 300),
    };
    (0..WORDS).map(one).collect::<Vec<_>>().join(" ")
}
