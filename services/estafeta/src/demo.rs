//! `demo`: plays requests through a suite, by the very RPCs that everybody uses, and looks how each ended.
//!
//! What is asked and said stands in `demo/requests.toml` and `demo/knowledge.toml`; who does what in [`script`].

mod asking;
mod deeds;
mod desks;
mod input;
mod internal;
mod load;
mod play;
mod script;
mod texts;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use handover::Plans;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plan::Plan;
use serde::Serialize;
use ticket::{Clock, SystemClock};

use crate::failure::Failure;
use crate::process;
use crate::services;
use crate::settings::Settings;
use crate::suite::{Config, Suite};

pub(crate) use internal::simulate;

/// How many tickets of the demonstration are played at once.
const AT_ONCE: usize = 4;

/// How long a suite of the demonstration's own may take to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// As much of a subject as a line of a list holds beside the journey.
const SUBJECT_CHARS: usize = 60;

/// What `demo` plays.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Print JSON: one object for each ticket on a line of its own, or with `--requests` one for all.
    #[arg(long)]
    json: bool,
    /// Play the requests of this file through line 0, instead of the demonstration: TSV, CSV or JSON lines.
    #[arg(long, value_name = "FILE")]
    requests: Option<PathBuf>,
    #[command(flatten)]
    input: input::RequestOptions,
    /// Answer from the knowledge in this file, instead of the demonstration's: TSV, CSV or JSON lines.
    #[arg(long, value_name = "FILE", requires = "requests")]
    knowledge: Option<PathBuf>,
    #[command(flatten)]
    columns: input::KnowledgeColumns,
    /// Work by this plan, instead of the demonstration's.
    #[arg(long, value_name = "FILE", requires = "requests")]
    plan: Option<PathBuf>,
    /// What is logged to standard error, such as `info`.
    #[arg(long, value_name = "FILTER", env = "ESTAFETA_LOG", default_value = "error")]
    log: String,
}

/// How a ticket of the demonstration ended.
#[derive(Debug, Clone, Serialize)]
pub struct End {
    /// Its id.
    pub ticket: String,
    /// Whose it is.
    pub organization: String,
    /// Who held it, one after the other: `SELF_SERVICE`, `SERVICE_DESK`, `TECHNICAL`, `EXPERT`, `VENDOR`.
    pub journey: Vec<String>,
    /// `OPEN`, `ON_HOLD`, `RESOLVED` or `CLOSED`.
    pub state: String,
    /// The one trace of all that was done; 32 hexadecimal digits.
    pub trace_id: String,
    /// What was done, in the words of who did it.
    pub resolution: String,
    /// What it was about; for people.
    #[serde(skip)]
    pub subject: String,
    /// What is not as the script has it; empty when all is.
    #[serde(skip)]
    pub faults: Vec<String>,
}

/// Plays what the options say in a suite of its own. Returns whether every ticket ended where it should.
///
/// # Errors
/// When the suite does not start or the input cannot be read.
pub async fn run(options: Options) -> Result<bool, Failure> {
    let settings = Settings { log: Some(options.log.clone()), ..Settings::default() };
    let telemetry = process::telemetry(&settings, "estafeta-demo", "error")?;
    let dir = tempfile::tempdir().map_err(Failure::writing("a directory in", &std::env::temp_dir()))?;
    let plans = Plans::default();
    let plan = match &options.plan {
        Some(_) => {
            let chosen = Settings { plan: options.plan.clone().into_iter().collect(), ..Settings::default() };
            crate::plans::load(&chosen)?.all().remove(0)
        }
        None => demo_plan()?,
    };
    plans.put(Plan::clone(&plan));
    let mut addresses = Vec::new();
    // Kept for as long as the suite runs.
    let _simulated = simulate(&mut addresses, &plans).await?;
    let backends = services::connected(addresses, &plans)?;
    let config = Config { telemetry: Some(telemetry), backends, ..Config::in_dir(dir.path(), plans.clone()) };
    let suite = Suite::start(config).await?;
    let well = match &options.requests {
        Some(path) => {
            let input = options.input.read(path)?;
            let articles = match &options.knowledge {
                Some(path) => knowledge::file::load(path, &options.columns.columns())?,
                None => texts::knowledge()?,
            };
            load::run(&suite, &plan, &input, articles, options.input.concurrency, options.json).await?
        }
        None => {
            let ends = play_in(&suite, &plans).await?;
            print(&ends, options.json)?;
            let audited = suite.audit().await?;
            for broken in &audited.broken {
                eprintln!("BROKEN {broken}");
            }
            audited.broken.is_empty() && ends.iter().all(|end| end.faults.is_empty())
        }
    };
    suite.stop(PATIENCE).await;
    Ok(well)
}

fn demo_plan() -> Result<Arc<Plan>, Failure> {
    Plan::parse("demo.toml", plan::DEMO).map(Arc::new).map_err(|faults| Failure::Plan(Box::new(faults)))
}

/// Plays the demonstration in `suite`, for the organization of the demonstration's plan among `plans`. One end for each
/// ticket, in the order of the script.
///
/// # Errors
/// When a line refuses what the script asks, or the organization is not there.
pub async fn play_in(suite: &Suite, plans: &Plans) -> Result<Vec<End>, Failure> {
    let plan = plans.of(demo_plan()?.organization()).map_err(|_| {
        Failure::Given(
            "the demonstration needs its own organization, which no plan given has; leave --plan out".to_owned(),
        )
    })?;
    load::put_articles(suite, &plan, texts::knowledge()?).await?;
    let requests = texts::requests()?;
    // Every run asks anew, in a data directory that may know earlier ones.
    let run = SystemClock.now().as_millisecond().to_string();
    let bar = progress(script::CAST.len() as u64);
    let plays = script::CAST.iter().map(|script| {
        let (run, plan, bar, requests) = (&run, &plan, &bar, &requests);
        async move {
            let request = texts::find(requests, script.request)?;
            bar.set_message(request.id.clone());
            let end = play::play(suite, plan, script, request, run).await?;
            bar.inc(1);
            Ok(end)
        }
    });
    let ends: Vec<Result<End, Failure>> = futures::stream::iter(plays).buffered(AT_ONCE).collect().await;
    bar.finish_and_clear();
    ends.into_iter().collect()
}

/// A bar on standard error; none where that is no terminal.
fn progress(total: u64) -> ProgressBar {
    let shown = std::io::stderr().is_terminal();
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {per_sec} {msg}");
    ProgressBar::with_draw_target(Some(total), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Prints how each ticket ended: JSON for machines on standard output, or a line for people; faults go to standard error.
///
/// # Errors
/// When an end cannot be written as JSON.
pub fn print(ends: &[End], json: bool) -> Result<(), Failure> {
    for end in ends {
        if json {
            println!("{}", serde_json::to_string(end).map_err(|error| Failure::Given(error.to_string()))?);
        } else {
            let End { ticket, journey, state, subject, .. } = end;
            let about: String = subject.chars().take(SUBJECT_CHARS).collect();
            println!("{ticket}  {state:<8}  {}  {about}", journey.join(" → "));
        }
        for fault in &end.faults {
            eprintln!("{} ({}): {fault}", end.ticket, end.subject);
        }
    }
    if !json {
        let trouble = ends.iter().filter(|end| !end.faults.is_empty()).count();
        println!("{} tickets, {trouble} of them ended elsewhere than they should", ends.len());
    }
    Ok(())
}
