//! `bench timers`: how late timers ring while many are pending.

use std::time::{Duration, Instant};

use futures::StreamExt;
use handover::Desk;
use jiff::{SignedDuration, Timestamp};
use store::{StoreError, Timer};
use ticket::{Clock, Line, OrganizationId, SystemClock, TicketId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::bench::{Setting, demo_plan, fill, one_row, suite};
use crate::failure::Failure;

/// What is on time.
const ON_TIME: SignedDuration = SignedDuration::from_secs(1);

/// How many transactions of one row the limit is measured by, and how many of them at the same time.
const LIMIT: u32 = 2_000;
const AT_ONCE: usize = 64;

/// How long timers may take beyond when they are due.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long to look whether one rings again that has rung.
const AGAIN: Duration = Duration::from_secs(2);

/// What `bench timers` measures.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many timers are pending.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    pending: u64,
    /// How many of them fall due one after the other.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..))]
    due: u64,
    /// Within how many seconds.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// How many fall due at the same instant, and how many promises are broken at another.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    burst: u64,
    /// How many replicas share the work.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    replicas: u8,
    /// Let line 1 look for mass incidents meanwhile, in as many registrations as there are timers.
    #[arg(long)]
    mass: bool,
    #[command(flatten)]
    setting: Setting,
}

/// How late the timers of one kind of crowd rang.
#[derive(Debug, Clone, serde::Serialize)]
struct Row {
    crowd: &'static str,
    due: usize,
    /// Rung; more than were due when one rang twice.
    rung: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// How many rang a second, from the first that was due to the last that rang.
    per_second: f64,
    /// That as a part of the limit.
    of_limit: f64,
}

#[derive(Debug, Clone, serde::Serialize)]
struct Report {
    pending: u64,
    replicas: u8,
    fill_seconds: f64,
    /// Transactions of one row a second, many at the same time, with no timer ringing.
    limit_per_second: f64,
    rows: Vec<Row>,
    /// Whether every timer rang once and within a second.
    on_time: bool,
}

/// Measures and prints. Returns whether every timer rang once and in time.
///
/// # Errors
/// When the suite does not start or the database fails.
pub(super) async fn run(options: &Options) -> Result<bool, Failure> {
    let report = measure(options).await?;
    if options.setting.json {
        println!("{}", serde_json::json!(report));
        return Ok(report.on_time);
    }
    let Report { pending, replicas, fill_seconds, limit_per_second, rows, on_time } = &report;
    println!("{pending} timers pending, written in {fill_seconds:.1} s; replicas: {replicas}");
    println!("limit: {limit_per_second:.0} transactions of one row a second, {AT_ONCE} at the same time\n");
    println!(
        "{:<24} {:>6} {:>6} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "timers", "due", "rung", "p50 ms", "p99 ms", "max ms", "a second", "of limit"
    );
    for Row { crowd, due, rung, p50_ms, p99_ms, max_ms, per_second, of_limit } in rows {
        println!(
            "{crowd:<24} {due:>6} {rung:>6} {p50_ms:>9.1} {p99_ms:>9.1} {max_ms:>9.1} {per_second:>9.0} {of_limit:>9.2}"
        );
    }
    println!("\n{}", if *on_time { "each rang once, within a second" } else { "NOT each rang once within a second" });
    Ok(*on_time)
}

async fn measure(options: &Options) -> Result<Report, Failure> {
    let Options { pending, due, seconds, burst, replicas, mass, setting: Setting { database, json: _ } } = options;
    let plan = demo_plan(*mass)?;
    let organization = plan.organization();
    let home =
        tempfile::tempdir().map_err(Failure::writing("a directory", std::path::Path::new("of temporary files")))?;
    let database = match database {
        Some(database) => database.clone(),
        None => format!("sqlite://{}", home.path().join("line1.db").display()).parse().map_err(Failure::Given)?,
    };
    let mut suites = Vec::new();
    for _ in 0..*replicas {
        suites.push(suite(&plan, Some(&database)).await?);
    }
    let desks: Vec<Desk> = suites.iter().filter_map(|(suite, _)| suite.desk(Line::ServiceDesk)).collect();
    let desk = desks.first().ok_or_else(|| Failure::Given("line 1 is not at work".to_owned()))?;
    let fault = |error: StoreError| Failure::Store { line: Line::ServiceDesk, error };

    let begun = Instant::now();
    let (in_time, late) = fill::with_timers(desk, organization, *pending, *burst).await.map_err(fault)?;
    let fill_seconds = begun.elapsed().as_secs_f64();
    let limit_per_second = limit(desk, organization).await.map_err(fault)?;

    let stop = CancellationToken::new();
    let running: Vec<_> = desks.iter().map(|desk| tokio::spawn(desk.clone().run(stop.clone()))).collect();
    let spread = Duration::from_secs(u64::from(*seconds));
    let (steady, rest) = in_time.split_at(in_time.len().min(usize::try_from(*due).unwrap_or(usize::MAX)));
    let at_once = &rest[..rest.len().min(late.len())];
    let crowds = [
        ("as they fall due", steady, spread),
        ("at the same instant", at_once, Duration::ZERO),
        ("broken at once", late.as_slice(), Duration::ZERO),
    ];
    let mut rows = Vec::new();
    for (crowd, tickets, spread) in crowds {
        let row = ring(crowd, &desks, organization, tickets, spread, limit_per_second).await.map_err(fault)?;
        rows.push(row);
    }
    stop.cancel();
    futures::future::join_all(running).await;
    let on_time = rows.iter().all(|row| row.rung == row.due && row.max_ms <= ON_TIME.as_secs_f64() * 1000.0);
    Ok(Report { pending: *pending, replicas: *replicas, fill_seconds, limit_per_second, rows, on_time })
}

/// How many transactions of one row there can be a second when many come at the same time.
pub(super) async fn limit(desk: &Desk, organization: &OrganizationId) -> Result<f64, StoreError> {
    let begun = Instant::now();
    let writes = futures::stream::iter(0..LIMIT).map(|round| one_row(desk, organization, u64::from(round)));
    let written: Vec<Result<(), StoreError>> = writes.buffer_unordered(AT_ONCE).collect().await;
    written.into_iter().collect::<Result<(), StoreError>>()?;
    Ok(f64::from(LIMIT) / begun.elapsed().as_secs_f64().max(f64::EPSILON))
}

/// Lets the clocks of `tickets` ring, one after the other within `spread`.
async fn ring(
    crowd: &'static str,
    desks: &[Desk],
    organization: &OrganizationId,
    tickets: &[TicketId],
    spread: Duration,
    limit: f64,
) -> Result<Row, StoreError> {
    let (told, mut rung) = mpsc::unbounded_channel();
    let watching: Vec<_> = desks
        .iter()
        .map(|desk| {
            let (mut late, told) = (desk.punctuality(), told.clone());
            tokio::spawn(async move {
                while let Ok(late) = late.recv().await {
                    if told.send(late).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    let Some(desk) = desks.first() else { return Err(StoreError::Closed) };
    // Written before the first is due.
    let ahead = SignedDuration::from_secs(1) + SignedDuration::from_millis(i64::try_from(tickets.len()).unwrap_or(0));
    let first = SystemClock.now().saturating_add(ahead).unwrap_or(Timestamp::MAX);
    let step = spread / u32::try_from(tickets.len().max(1)).unwrap_or(u32::MAX);
    let due = |number: usize| {
        let after = step * u32::try_from(number).unwrap_or(u32::MAX);
        first.saturating_add(after).unwrap_or(Timestamp::MAX)
    };
    let timers = tickets.iter().enumerate().map(|(number, id)| fill::clock_timer(organization, *id, due(number)));
    let timers: Vec<Timer> = timers.collect();
    desk.store().write(move |work| Box::pin(async move { work.set_timers(&timers).await })).await?;

    let mut late: Vec<f64> = Vec::new();
    let mut last = first;
    let until = tokio::time::Instant::now() + Duration::try_from(ahead).unwrap_or_default() + spread + PATIENCE;
    while late.len() < tickets.len()
        && let Ok(Some(one)) = tokio::time::timeout_at(until, rung.recv()).await
    {
        late.push(one.as_secs_f64() * 1000.0);
        last = SystemClock.now();
    }
    tokio::time::sleep(AGAIN).await;
    while let Ok(one) = rung.try_recv() {
        late.push(one.as_secs_f64() * 1000.0);
    }
    watching.iter().for_each(tokio::task::JoinHandle::abort);
    late.sort_by(f64::total_cmp);
    let share = |percent: usize| late.get((late.len() * percent / 100).min(late.len().saturating_sub(1)));
    let seconds = last.duration_since(first).as_secs_f64().max(f64::EPSILON);
    #[expect(clippy::cast_precision_loss, reason = "a rate; nobody sets more than 2^52 timers")]
    let per_second = late.len() as f64 / seconds;
    Ok(Row {
        crowd,
        due: tickets.len(),
        rung: late.len(),
        p50_ms: share(50).copied().unwrap_or_default(),
        p99_ms: share(99).copied().unwrap_or_default(),
        max_ms: late.last().copied().unwrap_or_default(),
        per_second,
        of_limit: per_second / limit,
    })
}
