//! `TrendService`: how it goes at a line, for supervisors and administrators.

use handover::wire::{Reader, enums, instant, to_instant};
use handover::{Desk, Order, Refused, answer, page_size};
use jiff::{SignedDuration, Timestamp};
use plan::Plan;
use proto::trends as wire;
use proto::trends::trend_service_server::TrendService;
use ticket::TrendAlertId;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use tonic::{Request, Response, Status, async_trait};
use tracing::info;
use trends::{Cell, Figure, Measure, Period};

use crate::alert::{self, Alert};
use crate::kept::Place;
use crate::read::{GROUPS_MAX, Periods, Question, Told, read};
use crate::wire::{measure, period, side, to_alert, to_measure};

/// The most periods of a series, where none are named so many.
const PERIODS_MAX: usize = 800;
const PERIODS: i64 = 30;

/// The most measures at once.
const MEASURES_MAX: usize = 14;

/// The most points of one answer: what fits in a message.
const POINTS_MAX: usize = 60_000;

/// Serves `TrendService`.
pub(crate) struct Trends(pub(crate) Desk);

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl TrendService for Trends {
    async fn get_trends(&self, request: Request<wire::GetTrendsRequest>) -> Answer<wire::GetTrendsResponse> {
        answer(request, async |caller, request| {
            let plan = self.0.plan(&caller.organization)?;
            let (question, measures) = asked(&plan, request, self.0.clock().now())?;
            let Told { groups, counted_until } = read(&self.0, &plan, &question).await?;
            let begins = question.periods.begins(&plan.profile().time_zone);
            let mut series = Vec::with_capacity(groups.len() * measures.len());
            for measure in measures {
                for (group, counts) in &groups {
                    let points = begins.iter().zip(counts).map(|(begins, counts)| {
                        let Figure { count, sum, parts } = measure.of(counts);
                        wire::TrendPoint { begins: Some(instant(*begins)), count, sum, parts }
                    });
                    let (measure, group, points) = (to_measure(measure), group.clone(), points.collect());
                    series.push(wire::TrendSeries { measure, group, points });
                }
            }
            let line = enums::to_line(self.0.line());
            Ok(wire::GetTrendsResponse { series, counted_until: counted_until.map(instant), line })
        })
        .await
    }

    async fn list_alerts(&self, request: Request<wire::ListAlertsRequest>) -> Answer<wire::ListAlertsResponse> {
        answer(request, async |caller, request| {
            let wire::ListAlertsRequest { open_only, page_size: size, page_token } = request;
            let (size, organization) = (page_size(size)?, &caller.organization);
            self.0.plan(organization)?;
            let after = match page_token.as_str() {
                "" => None,
                token => {
                    let place = token.split_once('.').filter(|(place, id)| {
                        place.len() == 19 && place.parse::<i64>().is_ok() && id.parse::<TrendAlertId>().is_ok()
                    });
                    Some(place.ok_or(Refused::PageToken)?)
                }
            };
            let found = alert::list(self.0.store(), organization, open_only, after, size).await?;
            let last = found.last().filter(|_| found.len() == size as usize);
            let next_page_token = last.map(|(place, id, ..)| format!("{place}.{id}")).unwrap_or_default();
            let alerts = found.into_iter().map(|(_, _, alert, _)| to_alert(alert)).collect();
            Ok(wire::ListAlertsResponse { alerts, next_page_token })
        })
        .await
    }

    async fn acknowledge_alert(
        &self,
        request: Request<wire::AcknowledgeAlertRequest>,
    ) -> Answer<wire::AcknowledgeAlertResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "AcknowledgeAlert", &request.request_id, &request)?;
            let wire::AcknowledgeAlertRequest { request_id: _, alert_id, note } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TrendAlertId>("alert_id", &alert_id);
            let note = reader.optional("note", &note, TEXT_BYTES_MAX).unwrap_or_default();
            let (id, by) = (reader.finish(id)?, caller.subject);
            self.0
                .once(&order, move |change| {
                    Box::pin(async move {
                        let (mut alert, read) = Alert::load(change, id).await?;
                        if alert.acknowledged.is_none() {
                            (alert.acknowledged, alert.note) = (Some((by, change.now)), note);
                            alert.save(change, Some(read)).await?;
                        }
                        Ok(wire::AcknowledgeAlertResponse { alert: Some(to_alert(alert)) })
                    })
                })
                .await
        })
        .await
    }

    async fn recount_trends(
        &self,
        request: Request<wire::RecountTrendsRequest>,
    ) -> Answer<wire::RecountTrendsResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "RecountTrends", &request.request_id, &request)?;
            let wire::RecountTrendsRequest { request_id: _, why } = request;
            let mut reader = Reader::default();
            let why = reader.text("why", &why, LINE_BYTES_MAX);
            let why = reader.finish(Some(why))?;
            let by = caller.subject;
            self.0
                .once(&order, move |change| {
                    Box::pin(async move {
                        let (place, read) = Place::in_change(change).await?;
                        let anew = place.anew();
                        anew.put(change, read).await?;
                        let (organization, generation) = (change.organization(), anew.generation);
                        info!(%organization, line = %change.line, %by, why, generation, "the log is counted anew");
                        Ok(wire::RecountTrendsResponse { generation })
                    })
                })
                .await
        })
        .await
    }
}

/// What is asked, and which measures of it; with every fault.
fn asked(plan: &Plan, request: wire::GetTrendsRequest, now: Timestamp) -> Result<(Question, Vec<Measure>), Refused> {
    let wire::GetTrendsRequest {
        measures,
        period: given,
        begins,
        ends,
        group_by,
        zone,
        category,
        product,
        channel,
        language,
    } = request;
    let mut reader = Reader::default();
    if measures.len() > MEASURES_MAX {
        reader.wrong("measures", format!("has {} entries; at most {MEASURES_MAX} are taken", measures.len()));
    }
    let mut asked: Vec<Measure> =
        measures.iter().take(MEASURES_MAX).filter_map(|given| measure(&mut reader, *given)).collect();
    if measures.is_empty() {
        asked.push(Measure::Registered);
    }
    let period = period(&mut reader, given);
    let by = side(&mut reader, group_by);
    let ends = if ends.is_some() { to_instant(&mut reader, "ends", ends) } else { Some(now) }.unwrap_or(now);
    let default = ends.saturating_sub(length(period) * i32::try_from(PERIODS - 1).unwrap_or(1)).unwrap_or(ends);
    let begins = if begins.is_some() { to_instant(&mut reader, "begins", begins) } else { Some(default) };
    let begins = begins.unwrap_or(default);
    if begins >= ends {
        reader.wrong("begins", "is not before `ends`");
    }
    let mut text = |name: &str, value: &str| reader.optional(name, value, LINE_BYTES_MAX).unwrap_or_default();
    let only = Cell {
        zone: text("zone", &zone),
        category: text("category", &category),
        product: text("product", &product),
        channel: text("channel", &channel),
        language: text("language", &language),
    };
    // Where it is too long, it is cut off there and refused.
    let periods = Periods::between(period, begins, ends, &plan.profile().time_zone, PERIODS_MAX + 1);
    let points = periods.len() * asked.len() * if by.is_some() { GROUPS_MAX } else { 1 };
    if periods.len() > PERIODS_MAX {
        reader.wrong("begins", format!("is more than {PERIODS_MAX} periods before `ends`; ask for longer periods"));
    } else if points > POINTS_MAX {
        let fault = format!("asks for up to {points} points; at most {POINTS_MAX} are answered, so ask for fewer");
        reader.wrong("measures", fault);
    }
    reader.finish(Some((Question { periods, by, only }, asked)))
}

fn length(period: Period) -> SignedDuration {
    SignedDuration::from_hours(match period {
        Period::Hour => 1,
        Period::Day => 24,
        Period::Week => 7 * 24,
        Period::Month => 30 * 24,
    })
}
