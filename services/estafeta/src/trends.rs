//! `trends`: how it goes at every line of a running suite, as a table with small bars.

use std::fmt::Write as _;
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use proto::trends as wire;
use proto::trends::trend_service_client::TrendServiceClient;
use rpc::{Channel, Limits, Role, as_caller, tuned};
use secrecy::{ExposeSecret, SecretString};
use ticket::{Clock, Line, SystemClock};

use crate::failure::Failure;
use crate::settings::At;
use crate::target::Target;
use crate::ticket_work::connect::Identity;
use crate::{running, wire_json};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// So many alerts of a line are looked at.
const ALERTS: i32 = 50;

/// Bars, the lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What to show, and of which suite.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    identity: Identity,
    /// Where the lines are instead, such as `line1=http://10.0.0.2:7101`.
    #[arg(long, value_name = "SERVICE=URL", env = "ESTAFETA_PEER", value_delimiter = ',')]
    address: Vec<At>,
    /// How much time a bar takes in.
    #[arg(long, value_enum, default_value = "day")]
    period: Period,
    /// How many bars, up to the present one.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=400))]
    last: u16,
    /// A row for each value of it.
    #[arg(long, value_enum)]
    by: Option<Side>,
    /// What to show; several with commas between them.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["registered", "closed-at-once", "deflected", "handed-over", "reopened", "late", "mood"])]
    measure: Vec<Measure>,
    /// Only this line.
    #[arg(long, value_enum)]
    line: Option<Target>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Period {
    Hour,
    Day,
    Week,
    Month,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Side {
    Zone,
    Category,
    Product,
    Channel,
    Language,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Measure {
    Registered,
    ClosedAtOnce,
    Deflected,
    HandedOver,
    SentBack,
    Reopened,
    LateResponse,
    /// With the solution.
    Late,
    Resolved,
    Closed,
    /// The mean of how requests sound, from -1 to 1.
    Mood,
    /// The mean of how the clients' last messages sound.
    MoodNow,
    /// The mean time until it left the line or was solved, in hours.
    HandlingTime,
    /// The mean of 1 to 5.
    Rating,
}

impl Period {
    fn on_wire(self) -> (wire::TrendPeriod, i64) {
        match self {
            Self::Hour => (wire::TrendPeriod::Hour, 1),
            Self::Day => (wire::TrendPeriod::Day, 24),
            Self::Week => (wire::TrendPeriod::Week, 7 * 24),
            Self::Month => (wire::TrendPeriod::Month, 30 * 24),
        }
    }
}

impl Side {
    fn on_wire(self) -> wire::TrendSide {
        match self {
            Self::Zone => wire::TrendSide::Zone,
            Self::Category => wire::TrendSide::Category,
            Self::Product => wire::TrendSide::Product,
            Self::Channel => wire::TrendSide::Channel,
            Self::Language => wire::TrendSide::Language,
        }
    }
}

impl Measure {
    fn on_wire(self) -> wire::TrendMeasure {
        match self {
            Self::Registered => wire::TrendMeasure::Registered,
            Self::ClosedAtOnce => wire::TrendMeasure::ClosedAtOnce,
            Self::Deflected => wire::TrendMeasure::Deflected,
            Self::HandedOver => wire::TrendMeasure::HandedOver,
            Self::SentBack => wire::TrendMeasure::SentBack,
            Self::Reopened => wire::TrendMeasure::Reopened,
            Self::LateResponse => wire::TrendMeasure::LateResponse,
            Self::Late => wire::TrendMeasure::LateResolution,
            Self::Resolved => wire::TrendMeasure::Resolved,
            Self::Closed => wire::TrendMeasure::Closed,
            Self::Mood => wire::TrendMeasure::OriginalSentiment,
            Self::MoodNow => wire::TrendMeasure::CurrentSentiment,
            Self::HandlingTime => wire::TrendMeasure::HandlingTime,
            Self::Rating => wire::TrendMeasure::Rating,
        }
    }
}

/// What a line said.
struct Told {
    trends: wire::GetTrendsResponse,
    alerts: wire::ListAlertsResponse,
}

/// Asks every line, and prints. Returns whether each of them answered.
///
/// # Errors
/// When there is nobody to ask as, or what was answered cannot be written.
pub async fn run(options: Options) -> Result<bool, Failure> {
    let token = options.identity.token(Role::Supervisor, crate::people::supervisor)?;
    let asked: Vec<Line> = match options.line {
        Some(target) => vec![target.line().ok_or_else(|| Failure::Given("the gateway counts nothing".to_owned()))?],
        None => Line::ALL.to_vec(),
    };
    let mut all = Vec::new();
    for line in asked {
        all.push((line, ask(&options, &token, line).await));
    }
    if options.json {
        let lines: Result<Vec<_>, Failure> = all.iter().map(|(line, told)| as_json(*line, told)).collect();
        println!("{:#}", serde_json::json!({ "lines": lines? }));
    } else {
        all.iter().for_each(|(line, told)| println!("{}", table(*line, told)));
    }
    Ok(all.iter().all(|(_, told)| told.is_ok()))
}

async fn ask(options: &Options, token: &SecretString, line: Line) -> Result<Told, Failure> {
    let mut service = tuned!(TrendServiceClient::new(way(options, token, line)?), &Limits::default());
    let (period, hours) = options.period.on_wire();
    let now = SystemClock.now();
    let begins = now.as_second() - i64::from(options.last.saturating_sub(1)) * hours * 3_600;
    let mut request = tonic::Request::new(wire::GetTrendsRequest {
        measures: options.measure.iter().map(|measure| measure.on_wire() as i32).collect(),
        period: period as i32,
        begins: Some(prost_types::Timestamp { seconds: begins, nanos: 0 }),
        ends: Some(prost_types::Timestamp { seconds: now.as_second() + 1, nanos: 0 }),
        group_by: options.by.map_or(0, |side| side.on_wire() as i32),
        ..Default::default()
    });
    request.set_timeout(PATIENCE);
    let trends = service.get_trends(request).await?.into_inner();
    let mut request = tonic::Request::new(wire::ListAlertsRequest { page_size: ALERTS, ..Default::default() });
    request.set_timeout(PATIENCE);
    let alerts = service.list_alerts(request).await?.into_inner();
    Ok(Told { trends, alerts })
}

fn way(options: &Options, token: &SecretString, line: Line) -> Result<Channel, Failure> {
    let (target, data) = (Target::of(line), options.identity.data());
    let given = options.address.iter().find(|at| at.name == target.name()).map(|at| at.url.clone());
    let found = given.or_else(|| running::find(&data, target).map(|place| place.address));
    let address = found.ok_or(Failure::NotRunning { target, dir: data })?;
    Ok(as_caller(rpc::dial(&address)?, SecretString::from(token.expose_secret().to_owned())))
}

fn as_json(line: Line, told: &Result<Told, Failure>) -> Result<serde_json::Value, Failure> {
    Ok(match told {
        Ok(Told { trends, alerts }) => serde_json::json!({
            "line": line.name(),
            "trends": wire_json::write("estafeta.trends.v1.GetTrendsResponse", trends)?,
            "alerts": wire_json::write("estafeta.trends.v1.ListAlertsResponse", alerts)?,
        }),
        Err(failure) => serde_json::json!({ "line": line.name(), "away": failure.to_string() }),
    })
}

/// A line's part of the table.
fn table(line: Line, told: &Result<Told, Failure>) -> String {
    let Told { trends, alerts } = match told {
        Ok(told) => told,
        Err(failure) => return format!("{line}: no answer: {failure}\n"),
    };
    let until = trends.counted_until.map_or_else(|| "nothing yet".to_owned(), at);
    let mut text = format!("{line}, counted until {until}\n");
    let begins: Vec<i64> = match trends.series.first() {
        Some(series) => series.points.iter().filter_map(|point| point.begins).map(|begins| begins.seconds).collect(),
        None => Vec::new(),
    };
    for series in &trends.series {
        let means = matches!(
            series.measure(),
            wire::TrendMeasure::OriginalSentiment
                | wire::TrendMeasure::CurrentSentiment
                | wire::TrendMeasure::HandlingTime
                | wire::TrendMeasure::Rating
        );
        let values: Vec<Option<f64>> =
            series.points.iter().map(|point| value(series.measure(), point, means)).collect();
        let (count, sum) = series.points.iter().fold((0, 0), |all, point| (all.0 + point.count, all.1 + point.sum));
        let whole = wire::TrendPoint { count, sum, ..Default::default() };
        let all = value(series.measure(), &whole, means);
        let all = if means { all.map_or_else(String::new, |all| format!("{all:.2}")) } else { count.to_string() };
        let name = name(series);
        let _ = writeln!(text, "  {name:<34} {} {all:>8}", bars(&values, means));
    }
    let marks = marks(&begins, alerts);
    if !marks.trim().is_empty() {
        let _ = writeln!(text, "  {:<34} {marks}", "changes");
    }
    let first = begins.first().copied().unwrap_or(i64::MAX);
    let shown = alerts.alerts.iter().filter(|alert| alert.told_at.is_some_and(|told| told.seconds >= first));
    for alert in shown {
        let told = alert.told_at.map(at).unwrap_or_default();
        let state = if alert.over_at.is_some() { "over" } else { "still so" };
        let _ = writeln!(text, "  ^ {told} ({state}) {}", alert.en);
    }
    text
}

/// What a bar shows: a number, or a mean, which nothing has none of.
fn value(measure: wire::TrendMeasure, point: &wire::TrendPoint, means: bool) -> Option<f64> {
    if !means {
        return Some(point.count as f64);
    }
    let unit = match measure {
        wire::TrendMeasure::HandlingTime => 3_600.0,
        wire::TrendMeasure::Rating => 1.0,
        _ => 1_000.0,
    };
    (point.count > 0).then(|| point.sum as f64 / point.count as f64 / unit)
}

fn name(series: &wire::TrendSeries) -> String {
    let measure = series.measure().as_str_name().trim_start_matches("TREND_MEASURE_").replace('_', " ").to_lowercase();
    let whole = if series.group.is_empty() { measure } else { format!("{measure}: {}", series.group) };
    whole.chars().take(34).collect()
}

/// A bar for each value, a blank where there is none. Numbers stand on nothing, means on the lowest of them.
fn bars(values: &[Option<f64>], means: bool) -> String {
    let known = || values.iter().copied().flatten();
    let low = if means { known().fold(0.0, f64::min) } else { 0.0 };
    let high = known().fold(low, f64::max);
    let bar = |value: &Option<f64>| {
        let Some(value) = value else { return ' ' };
        let part = if high > low { (value - low) / (high - low) } else { 0.0 };
        let place = (part * (BARS.len() - 1) as f64).round() as usize;
        BARS.get(place).copied().unwrap_or('█')
    };
    values.iter().map(bar).collect()
}

/// A mark under each bar in which a change was told.
fn marks(begins: &[i64], alerts: &wire::ListAlertsResponse) -> String {
    let mut marks = vec![' '; begins.len()];
    for told in alerts.alerts.iter().filter_map(|alert| alert.told_at) {
        // The hour that was looked at ended then.
        let bar = begins.partition_point(|begin| *begin < told.seconds).checked_sub(1);
        bar.and_then(|bar| marks.get_mut(bar)).into_iter().for_each(|mark| *mark = '^');
    }
    marks.into_iter().collect()
}

fn at(at: prost_types::Timestamp) -> String {
    Timestamp::new(at.seconds, 0).map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_numbers_and_changes_are_marked_under_theirs() {
        assert_eq!(bars(&[Some(0.0), Some(7.0), Some(3.5)], false), "▁█▅");
        assert_eq!(bars(&[Some(-1.0), None, Some(0.0)], true), "▁ █");
        let told = |seconds| wire::TrendAlert {
            told_at: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            ..Default::default()
        };
        let alerts = wire::ListAlertsResponse { alerts: vec![told(7_200), told(1)], ..Default::default() };
        assert_eq!(marks(&[0, 3_600, 7_200], &alerts), "^^ ", "told at the end of the second hour");
    }
}
