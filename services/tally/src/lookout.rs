//! Each full hour is compared with the same hours of the weeks before.

use handover::{Change, Desk, Refused};
use jiff::tz::TimeZone;
use plan::Plan;
use store::{Store, Version};
use ticket::{OrganizationId, TrendAlertId};
use trends::cause::{Cause, causes};
use trends::watch::{self, Past, Settings, WEEKS_MAX};
use trends::{Page, begin_of_hour};

use crate::alert::{self, Alert};
use crate::kept::{HOUR, Ids, curves, pages};
use crate::words;

/// What an hour brought: alerts that are new, and those that are over, as they were read.
#[derive(Default)]
pub(crate) struct News {
    new: Vec<Alert>,
    over: Vec<(Alert, Version)>,
}

impl News {
    /// Keeps them and tells of them.
    pub(crate) async fn tell(self, change: &Change<'_>) -> Result<(), Refused> {
        for alert in self.new {
            alert.raise(change).await?;
        }
        for (seen, _) in self.over {
            // Somebody may have acknowledged it meanwhile.
            let (known, read) = Alert::load(change, seen.id).await?;
            let over = Alert { over_at: seen.over_at, ..known };
            over.save(change, Some(read)).await?;
            let (ru, en) = words::over(&over);
            alert::tell(change, &ru, &en).await?;
        }
        Ok(())
    }
}

/// Looks at the hours before `end`. Nothing without alarms in the plan; what was told by an earlier plan ends by itself.
pub(crate) async fn look(desk: &Desk, plan: &Plan, ids: Ids, end: i64) -> Result<News, Refused> {
    let (store, organization, rules) = (desk.store(), plan.organization(), plan.trends());
    let open = alert::open(desk, organization).await?;
    if rules.alarms.is_empty() && open.is_empty() {
        return Ok(News::default());
    }
    let settings = Settings {
        false_alarms_a_month: rules.false_alarms_a_month,
        alarms: rules.alarms.len(),
        least: rules.fewest,
        zone: plan.profile().time_zone.clone(),
    };
    let mut past = Past::default();
    for curve in curves(store, organization, &ids.curve(end - (WEEKS_MAX + 2) * 168)).await? {
        curve.into_iter().filter(|(hour, _)| *hour < end).for_each(|(hour, counts)| past.put(hour, &counts));
    }
    let mut news = News::default();
    for (alert, read) in &open {
        let is_watched = rules.alarms.contains(&alert.change.alarm);
        if !is_watched || past.is_calm(&alert.change, end, &settings) {
            let over = Alert { over_at: Some(begin_of_hour(end)), ..alert.clone() };
            news.over.push((over, *read));
        }
    }
    let before = alert::latest(store, organization).await?;
    for alarm in &rules.alarms {
        if open.iter().any(|(alert, _)| alert.change.alarm == *alarm) {
            continue;
        }
        // It may take milliseconds, of which others of this process have some in between.
        tokio::task::yield_now().await;
        let over = before.iter().find(|alert| alert.change.alarm == *alarm).and_then(|alert| alert.over_at);
        let mut since = over.map_or(0, trends::hour_of);
        if alarm.is_of_less()
            && let Some(holiday) = plan.end_of_last_holiday(begin_of_hour(end - 1))
        {
            // On a holiday less is usual, and that is not what other weeks show.
            since = since.max(trends::hour_of(holiday));
        }
        let Some(change) = past.look(*alarm, end, since, &settings) else { continue };
        let causes = causes_of(store, organization, ids, &change, &settings.zone).await?;
        let told_at = begin_of_hour(end);
        let (ru, en) = words::alert(plan, desk.line(), &change, &causes);
        news.new.push(Alert {
            id: TrendAlertId::of(organization, desk.line(), alarm.name(), told_at),
            line: desk.line(),
            change,
            causes,
            ru,
            en,
            told_at,
            over_at: None,
            acknowledged: None,
            note: String::new(),
            plan: plan.version().to_string(),
        });
    }
    Ok(news)
}

async fn causes_of(
    store: &Store,
    organization: &OrganizationId,
    ids: Ids,
    change: &watch::Change,
    zone: &TimeZone,
) -> Result<Vec<Cause>, Refused> {
    let mut windows = Vec::new();
    for back in 0..=WEEKS_MAX {
        let end = watch::weeks_before(change.end, back, zone);
        let (from, to) = (ids.hour(end - change.hours), ids.hour(end));
        let mut window = Page::default();
        pages(store, organization, HOUR, (&from, &to), |_, page| window.merge(&page)).await?;
        windows.push(window);
    }
    let now = windows.remove(0);
    // Weeks of which nothing is known are no weeks.
    windows.retain(|window| !window.is_empty());
    Ok(causes(change, &now, &windows))
}
