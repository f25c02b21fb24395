//! `bench`: how soon a client is answered, how fast the daily work of a desk is, how punctual its timers are, how fast its
//! log is read and how long a request is sorted, against a limit of the same machine.

mod ask;
mod desks;
mod fill;
mod log;
mod made_up;
mod timers;
mod triage;

use std::path::Path;

use handover::{Desk, Plans};
use jiff::Timestamp;
use plan::Plan;
use store::{StoreError, Timer};
use tempfile::TempDir;
use ticket::{Line, OrganizationId};

use crate::failure::Failure;
use crate::settings::Database;
use crate::suite::{Config, Suite};

pub use desks::{Report, Row, measure};

/// On which database to measure, and how to print.
#[derive(Debug, clap::Args)]
pub struct Setting {
    /// A PostgreSQL database for this alone, such as `postgres://…?schema=bench`; SQLite in a new file without it.
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
    /// Print JSON, an object a row.
    #[arg(long)]
    json: bool,
}

/// What to measure.
#[derive(Debug, clap::Subcommand)]
pub enum Options {
    /// How long a client waits for line 0 from the question to what comes of it, over many articles; the search by itself too.
    Ask(ask::Options),
    /// The daily actions of the service desk, and a page of its queue, over this many open tickets.
    Desks {
        /// How many open tickets there are already.
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
        tickets: u64,
        /// On which database, and how to print.
        #[command(flatten)]
        setting: Setting,
    },
    /// How late timers ring, with many pending: as they fall due, many at the same instant, and many broken promises at once.
    Timers(timers::Options),
    /// How fast line 1 reads its own log, for trends and for mass incidents.
    Log(log::Options),
    /// How long sorting one request takes: its language, category and mood, and whether many have the same.
    Triage(triage::Options),
}

/// Measures and prints. Returns whether every action could be done, and every timer rang in time.
///
/// # Errors
/// When the suite does not start, or an action is refused.
pub async fn run(options: Options) -> Result<bool, Failure> {
    match options {
        Options::Ask(options) => ask::run(&options).await,
        Options::Desks { tickets, setting: Setting { database, json } } => desks::run(tickets, database, json).await,
        Options::Timers(options) => timers::run(&options).await,
        Options::Log(options) => log::run(&options).await,
        Options::Triage(options) => triage::run(&options),
    }
}

/// A suite of which nothing is done by itself, with line 1 on `database`, and the directory of the rest.
async fn suite(plan: &Plan, database: Option<&Database>) -> Result<(Suite, TempDir), Failure> {
    let dir = tempfile::tempdir().map_err(Failure::writing("a directory", Path::new("of temporary files")))?;
    let plans = Plans::default();
    plans.put(plan.clone());
    let mut config = Config::in_dir(dir.path(), plans);
    config.background = false;
    if let Some(database) = database {
        config.databases.insert(Line::ServiceDesk, database.clone());
    }
    Ok((Suite::start(config).await?, dir))
}

/// A transaction of one row, the limit of everything that is kept: faster than this nothing is made durable here.
async fn one_row(desk: &Desk, organization: &OrganizationId, round: u64) -> Result<(), StoreError> {
    let timer = Timer {
        organization: organization.clone(),
        kind: "bench".to_owned(),
        id: round.to_string(),
        ticket: None,
        due: Timestamp::MAX,
        payload: serde_json::Value::Null,
    };
    desk.store().write(move |work| Box::pin(async move { work.set_timer(&timer).await })).await
}

/// The demonstration's plan; without the watch for mass incidents unless `mass`, since what is filled in is all alike, as in no
/// organization.
fn demo_plan(mass: bool) -> Result<Plan, Failure> {
    changed_plan(|demo| match demo.get_mut("mass").and_then(toml::Value::as_table_mut).filter(|_| mass) {
        // It looks, and does nothing to tickets by itself.
        Some(rules) => _ = rules.remove("accept_from"),
        None => _ = demo.remove("mass"),
    })
}

/// The demonstration's plan, changed so.
fn changed_plan(change: impl FnOnce(&mut toml::Table)) -> Result<Plan, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| Failure::Given(format!("the demonstration's plan: {error}"));
    let mut demo: toml::Table = plan::DEMO.parse().map_err(|error: toml::de::Error| unreadable(&error))?;
    change(&mut demo);
    let text = toml::to_string(&demo).map_err(|error| unreadable(&error))?;
    Plan::parse("demo.toml", &text).map_err(|faults| Failure::Plan(Box::new(faults)))
}
