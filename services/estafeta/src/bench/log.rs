//! `bench log`: how fast a line reads its own log, for trends and for mass incidents.

use std::time::Instant;

use store::StoreError;
use ticket::Line;

use crate::bench::{Setting, demo_plan, fill, suite, timers};
use crate::failure::Failure;

/// What `bench log` measures.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many registrations are in the log.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    events: u64,
    /// Look for mass incidents beside the trends; both read the log for themselves.
    #[arg(long)]
    mass: bool,
    #[command(flatten)]
    setting: Setting,
}

/// How fast the log was read.
#[derive(Debug, Clone, serde::Serialize)]
struct Report {
    events: u64,
    mass: bool,
    seconds: f64,
    per_second: f64,
    /// How many events there can be a minute until the reader falls behind.
    a_minute: f64,
    /// Events a second as a part of the transactions of one row a second that the database takes.
    of_limit: f64,
}

/// Measures and prints.
///
/// # Errors
/// When the suite does not start or the database fails.
pub(super) async fn run(options: &Options) -> Result<bool, Failure> {
    let report = measure(options).await?;
    if options.setting.json {
        println!("{}", serde_json::json!(report));
        return Ok(true);
    }
    let Report { events, mass, seconds, per_second, a_minute, of_limit } = report;
    let read_for = if mass { "trends and mass incidents" } else { "trends" };
    println!("{events} registrations read for {read_for} in {seconds:.1} s");
    println!("{per_second:.0} a second, {a_minute:.0} a minute; {of_limit:.2} of the transactions of one row a second");
    Ok(true)
}

async fn measure(options: &Options) -> Result<Report, Failure> {
    let Options { events, mass, setting: Setting { database, json: _ } } = options;
    let plan = demo_plan(*mass)?;
    let (suite, _dir) = suite(&plan, database.as_ref()).await?;
    let desk = suite.desk(Line::ServiceDesk).ok_or_else(|| Failure::Given("line 1 is not at work".to_owned()))?;
    let fault = |error: StoreError| Failure::Store { line: Line::ServiceDesk, error };
    fill::with_timers(&desk, plan.organization(), *events, 0).await.map_err(fault)?;
    let limit = timers::limit(&desk, plan.organization()).await.map_err(fault)?;
    let begun = Instant::now();
    while desk.follow_log().await > 0 {}
    let seconds = begun.elapsed().as_secs_f64().max(f64::EPSILON);
    #[expect(clippy::cast_precision_loss, reason = "a rate; nobody fills in more than 2^52 events")]
    let per_second = *events as f64 / seconds;
    let of_limit = per_second / limit;
    Ok(Report { events: *events, mass: *mass, seconds, per_second, a_minute: per_second * 60.0, of_limit })
}
