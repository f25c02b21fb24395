//! What a line has counted, and what it told of it.

use jiff::Timestamp;
use proto::trends as wire;
use proto::trends::trend_service_client::TrendServiceClient;
use proto::trends::{TrendMeasure as Measure, TrendSide as Side};
use rpc::Channel;
use tally::Alert;
use ticket::{Actor, Clock, Line, TrendAlertId};
use trends::Alarm;
use trends::watch::Change;

use crate::Stage;

/// How often is looked whether something was counted: a log on PostgreSQL is read on when no older transaction is open.
const LOOKS_MAX: usize = 1_500;

/// The service of a line, for a supervisor.
#[must_use]
pub fn at(stage: &Stage, line: Line) -> TrendServiceClient<Channel> {
    let people = stage.people();
    TrendServiceClient::new(people.channel(line, &people.supervisor()))
}

/// Three hundred days of one measure up to now, by a side: the value and the count of each group.
///
/// # Panics
/// When it is refused.
pub async fn by(stage: &Stage, line: Line, measure: Measure, side: Side) -> Vec<(String, i64)> {
    let begins = Timestamp::from_second(stage.clock.now().as_second() - 300 * 86_400).expect("some time ago");
    let request = wire::GetTrendsRequest {
        measures: vec![measure as i32],
        period: wire::TrendPeriod::Day as i32,
        begins: Some(handover::wire::instant(begins)),
        ends: Some(handover::wire::instant(Timestamp::from_second(stage.clock.now().as_second() + 1).expect("soon"))),
        group_by: side as i32,
        ..Default::default()
    };
    let told = at(stage, line).get_trends(request).await.expect("supervisors see trends").into_inner();
    let sum = |series: wire::TrendSeries| (series.group, series.points.iter().map(|point| point.count).sum());
    told.series.into_iter().map(sum).filter(|(_, count)| *count != 0).collect()
}

/// The count of one measure in all.
pub async fn count(stage: &Stage, line: Line, measure: Measure) -> i64 {
    by(stage, line, measure, Side::Unspecified).await.into_iter().map(|(_, count)| count).sum()
}

/// Everything that a line has counted, by each side.
pub async fn all(stage: &Stage, line: Line) -> Vec<Vec<(String, i64)>> {
    let mut all = Vec::new();
    for measure in 1..=14 {
        let measure = Measure::try_from(measure).expect("there are fourteen");
        for side in [Side::Zone, Side::Category, Side::Product, Side::Channel, Side::Language] {
            let mut told = by(stage, line, measure, side).await;
            told.sort();
            all.push(told);
        }
    }
    all
}

/// What a line told, the newest first.
///
/// # Panics
/// When it is refused.
pub async fn alerts(stage: &Stage, line: Line, open_only: bool) -> Vec<wire::TrendAlert> {
    let request = wire::ListAlertsRequest { open_only, ..Default::default() };
    at(stage, line).list_alerts(request).await.expect("supervisors see alerts").into_inner().alerts
}

/// Lets the suite come to rest until `is_so`.
///
/// # Panics
/// When it does not become so.
pub async fn until(stage: &Stage, what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..LOOKS_MAX {
        stage.settle().await;
        if is_so().await {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never came so far: {what}");
}

/// An alert of a line, as if its log had shown it. Its id.
///
/// # Panics
/// When it cannot be kept.
pub async fn alert(stage: &Stage, line: Line, about: &str) -> String {
    let (organization, told_at) = (stage.plan.organization(), stage.clock.now());
    let id = TrendAlertId::of(organization, line, about, told_at);
    let change = Change {
        alarm: Alarm::Volume,
        end: trends::hour_of(told_at),
        hours: 1,
        count: 60,
        of: None,
        expected: 10.0,
        chance: 1e-9,
    };
    let made = Alert {
        id,
        line,
        change,
        causes: Vec::new(),
        ru: about.to_owned(),
        en: about.to_owned(),
        told_at,
        over_at: None,
        acknowledged: None,
        note: String::new(),
        plan: stage.plan.version().to_string(),
    };
    let desk = stage.suite.desk(line).expect("every line is up");
    let kept =
        desk.work(organization, Actor::Line { line }, move |change| Box::pin(async move { made.raise(change).await }));
    kept.await.expect("it is kept");
    id.to_string()
}
