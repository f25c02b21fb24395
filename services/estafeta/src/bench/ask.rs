//! `bench ask`: how long a client waits for line 0 from the question to what comes of it, over many articles.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use handover::Plans;
use jiff::SignedDuration;
use knowledge::life::{About, Edition};
use knowledge::{Article, Audience, Language, Search};
use plan::Plan;
use proto::line0::AskRequest;
use proto::line0::reply::Outcome;
use proto::line0::self_service_service_client::SelfServiceServiceClient;
use rpc::{Channel, as_caller};
use ticket::{Clock, Line, SystemClock};
use tokio::time::{MissedTickBehavior, interval};

use crate::articles::import;
use crate::bench::{Setting, changed_plan, made_up, one_row};
use crate::failure::Failure;
use crate::people;
use crate::settings::{Database, Settings};
use crate::suite::{Config, Suite};
use crate::target::Target;

/// What comes of a question.
const OUTCOMES: [(Outcome, &str); 3] =
    [(Outcome::Answered, "answered"), (Outcome::Offered, "offered"), (Outcome::HandedOver, "handed over")];

/// How many words there are that are in many texts, how many products, and how much that can be wrong with them.
const COMMON: u64 = 3_000;
const PRODUCTS: u64 = 400;
const TROUBLES: u64 = 600;

/// From which number on words are products, troubles, and in no article.
const PRODUCT: u64 = 1_000_000;
const TROUBLE: u64 = 2_000_000;
const UNKNOWN: u64 = 3_000_000;

/// How many words the answer of an article has.
const WORDS: u64 = 60;

const MINUTE: Duration = Duration::from_secs(60);

/// How long the first question may wait until everything is read in.
const PATIENCE: Duration = Duration::from_secs(300);

/// What `bench ask` measures.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many articles there are.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    articles: u64,
    /// How many questions are asked, one after the other.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..=1_000_000))]
    questions: u64,
    /// How many are asked a minute; with more than can be answered, each follows the one before at once.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: u32,
    #[command(flatten)]
    setting: Setting,
}

/// How long one kind of question took.
#[derive(Debug, Clone, serde::Serialize)]
struct Row {
    /// What came of it.
    outcome: &'static str,
    count: usize,
    /// How many statements the databases of all lines were sent for one, on average.
    statements: f64,
    median_ms: f64,
    p99_ms: f64,
    /// The median as a multiple of the limit's: a transaction of one row, in the same run.
    of_limit: f64,
}

#[derive(Debug, Clone, serde::Serialize)]
struct Report {
    articles: u64,
    /// How long the articles took to be put and published.
    import_seconds: f64,
    /// The limit first, then the search alone.
    rows: Vec<Row>,
}

/// Measures and prints.
///
/// # Errors
/// When the suite does not start, or a question is refused.
pub(super) async fn run(options: &Options) -> Result<bool, Failure> {
    let report = measure(options).await?;
    if options.setting.json {
        println!("{}", serde_json::json!(report));
        return Ok(true);
    }
    let Report { articles, import_seconds, rows } = report;
    println!("{articles} articles, published in {import_seconds:.1} s\n");
    println!(
        "{:<28} {:>6} {:>10} {:>10} {:>10} {:>9}",
        "one question", "count", "statements", "median ms", "p99 ms", "of limit"
    );
    for Row { outcome, count, statements, median_ms, p99_ms, of_limit } in rows {
        println!("{outcome:<28} {count:>6} {statements:>10.1} {median_ms:>10.2} {p99_ms:>10.2} {of_limit:>9.1}");
    }
    Ok(true)
}

/// How long something took, and how many statements the databases were sent meanwhile.
type Took = (Duration, u64);

struct Watch(Instant, u64);

impl Watch {
    fn begin() -> Self {
        Self(Instant::now(), store::statements())
    }

    fn end(self) -> Took {
        (self.0.elapsed(), store::statements() - self.1)
    }
}

#[derive(Default)]
struct Times(Vec<Took>);

impl Times {
    fn add(&mut self, took: Took) {
        self.0.push(took);
    }

    fn row(mut self, outcome: &'static str) -> Row {
        self.0.sort();
        let count = self.0.len();
        let at = |share: usize| self.0.get(count * share / 100).map_or(0.0, |(time, _)| time.as_secs_f64() * 1000.0);
        let statements = self.0.iter().map(|(_, statements)| *statements as f64).sum::<f64>() / count.max(1) as f64;
        Row { outcome, count, statements, median_ms: at(50), p99_ms: at(99), of_limit: 0.0 }
    }
}

async fn measure(options: &Options) -> Result<Report, Failure> {
    let Options { articles, questions, per_minute, setting: Setting { database, json: _ } } = options;
    let given = |error: &dyn std::fmt::Display| Failure::Given(error.to_string());
    // Nobody has taught yet which article solves what: what is nearly asked in the words of an article is answered, and what
    // has its subject in it is offered.
    let plan = changed_plan(|demo| {
        demo.remove("mass");
        demo.insert("automation".to_owned(), toml::toml! { answer = 0.5 offer = 0.1 }.into());
    })?;
    let dir = tempfile::tempdir().map_err(Failure::writing("a directory", Path::new("of temporary files")))?;
    let suite = at_work(plan.clone(), dir.path(), database.as_ref()).await?;
    let not_there = || Failure::Given("line 0 is not at work".to_owned());
    let desk = suite.desk(Line::SelfService).ok_or_else(not_there)?;

    let begun = Instant::now();
    let made: Vec<Article> = (0..*articles).map(article).collect();
    let editions = made.iter().map(|article| Edition { article: article.clone(), about: About::default() });
    import(suite.as_caller(Line::SelfService, &people::knowledge_editor(&plan)), editions.collect()).await?;
    let import_seconds = begun.elapsed().as_secs_f64();

    // Over a socket, as every client.
    let address = suite.address(Target::of(Line::SelfService)).ok_or_else(not_there)?;
    let token = suite.token(&people::client(&plan, "client-1"), SignedDuration::from_hours(24));
    let channel = as_caller(rpc::dial(&format!("http://{address}"))?, token);
    let run = SystemClock.now().as_microsecond();
    // It waits until all articles are read in, and is not counted.
    ask(&channel, format!("first-{run}"), question(0, *articles)).await?;

    let search = Search::build(made).map_err(|error| given(&error))?;
    let (mut limit, mut alone, mut all) = (Times::default(), Times::default(), Times::default());
    let mut by_outcome = BTreeMap::from(OUTCOMES.map(|(outcome, _)| (outcome, Times::default())));
    let mut pace = interval((MINUTE / *per_minute).max(Duration::from_nanos(1)));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 1..=*questions {
        pace.tick().await;
        let text = question(number, *articles);
        let watch = Watch::begin();
        one_row(&desk, plan.organization(), number).await.map_err(|error| given(&error))?;
        limit.add(watch.end());
        let watch = Watch::begin();
        search.find(&text, knowledge::OFFERS_MAX).map_err(|error| given(&error))?;
        alone.add(watch.end());
        let watch = Watch::begin();
        let outcome = ask(&channel, format!("ask-{run}-{number}"), text).await?;
        let took = watch.end();
        all.add(took);
        by_outcome.entry(outcome).or_default().add(took);
    }
    let limit = limit.row("limit: one row");
    let mut rows = vec![alone.row("of it: search"), all.row("all questions")];
    for (outcome, name) in OUTCOMES {
        rows.extend(by_outcome.remove(&outcome).filter(|times| !times.0.is_empty()).map(|times| times.row(name)));
    }
    let limit_ms = limit.median_ms;
    rows.insert(0, limit);
    rows.iter_mut().for_each(|row| row.of_limit = row.median_ms / limit_ms);
    suite.stop(PATIENCE).await;
    Ok(Report { articles: *articles, import_seconds, rows })
}

/// A whole suite at work, in the background too, that listens.
async fn at_work(plan: Plan, dir: &Path, database: Option<&Database>) -> Result<Suite, Failure> {
    let plans = Plans::default();
    plans.put(plan);
    let mut config = Config::in_dir(dir, plans).listening();
    if let Some(database) = database {
        let settings = Settings { database: vec![database.clone()], ..Settings::default() };
        for line in Line::ALL {
            config.databases.insert(line, settings.database(line)?);
        }
    }
    Suite::start(config).await
}

async fn ask(channel: &Channel, request_id: String, text: String) -> Result<Outcome, Failure> {
    let channel_of_request = proto::ticket::Channel::Chat as i32;
    let mut request =
        tonic::Request::new(AskRequest { request_id, text, channel: channel_of_request, ..AskRequest::default() });
    request.set_timeout(PATIENCE);
    let answer = SelfServiceServiceClient::new(channel.clone()).ask(request).await?.into_inner();
    Ok(answer.reply.unwrap_or_default().outcome())
}

/// An article about what is wrong with a product.
fn article(number: u64) -> Article {
    let common = |at: u64| made_up::word(common(number * WORDS + at));
    let asked = asked_first(number);
    Article {
        id: format!("article-{number}"),
        title: subject(number),
        body: (0..WORDS).map(common).collect::<Vec<_>>().join(" "),
        questions: vec![format!("{} {} {}", asked[0], subject(number), asked[1])],
        language: Language::Russian,
        tags: Vec::new(),
        synonyms: Vec::new(),
        audience: Audience::Client,
    }
}

/// Of ten questions eight are nearly as an article has them, one has its subject in it, one is about what no article knows.
fn question(number: u64, articles: u64) -> String {
    let about = made_up::mixed(number) % articles;
    let asked = asked_first(about);
    match number % 10 {
        0 => (0..6).map(|at| made_up::word(UNKNOWN + number * 6 + at)).collect::<Vec<_>>().join(" "),
        1 => format!("{} {}", made_up::word(common(number)), subject(about)),
        _ => format!("{} {} {}", asked[1], subject(about), asked[0]),
    }
}

/// Two words of the answer, with which it is asked for.
fn asked_first(number: u64) -> [String; 2] {
    [1, 2].map(|at| made_up::word(common(number * WORDS + at)))
}

fn subject(number: u64) -> String {
    let trouble = number / PRODUCTS * 7 + number % 29 * 31;
    format!("{} {}", made_up::word(TROUBLE + trouble % TROUBLES), made_up::word(PRODUCT + number % PRODUCTS))
}

/// One of the words of all texts, some of them in many: the `n`th as often as one of `n` (Zipf).
fn common(drawn: u64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of few words"
    )]
    let place = (COMMON as f64).powf((made_up::mixed(drawn) >> 11) as f64 / (1_u64 << 53) as f64) as u64;
    place
}
