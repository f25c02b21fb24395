//! Figures over time, read from what was counted.

use std::collections::BTreeMap;

use handover::{Desk, Refused};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use plan::Plan;
use trends::{Cell, Count, Counts, OTHERS, Page, Period, Side, begin_of_hour, hour_of};

use crate::kept::{DAY, HOUR, Ids, Place, pages};

/// So many groups are told apart, those with most tickets.
pub(crate) const GROUPS_MAX: usize = 30;

/// What is asked, checked.
pub(crate) struct Question {
    pub(crate) periods: Periods,
    pub(crate) by: Option<Side>,
    /// What must stand on the sides of a cell; empty for anything.
    pub(crate) only: Cell,
}

/// The periods of a series.
pub(crate) enum Periods {
    /// From the first of these hours since 1970 to before the last.
    Hours(i64, i64),
    /// The first days of periods of days, each up to the next; the last one ends the series.
    Days(Vec<Date>),
}

impl Periods {
    /// Those from the one in which `begins` lies to the one before `ends`.
    pub(crate) fn between(period: Period, begins: Timestamp, ends: Timestamp, zone: &TimeZone, most: usize) -> Self {
        // An end within a period takes in all of it.
        let last = ends.as_microsecond().saturating_sub(1);
        let last = Timestamp::from_microsecond(last).unwrap_or(ends);
        if period == Period::Hour {
            let from = hour_of(begins);
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            return Self::Hours(from, (hour_of(last) + 1).min(from.saturating_add(most)));
        }
        let day_of = |at: Timestamp| zone.to_datetime(at).date();
        let (mut day, end) = (period.first_day(day_of(begins)), day_of(last));
        let mut days = vec![day];
        while day <= end && days.len() <= most {
            day = period.next_day(day);
            days.push(day);
        }
        Self::Days(days)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Hours(from, to) => usize::try_from(to - from).unwrap_or(0),
            Self::Days(days) => days.len().saturating_sub(1),
        }
    }

    /// When each begins.
    pub(crate) fn begins(&self, zone: &TimeZone) -> Vec<Timestamp> {
        match self {
            Self::Hours(from, to) => (*from..*to).map(begin_of_hour).collect(),
            Self::Days(days) => {
                let begin = |day: &Date| day.to_zoned(zone.clone()).map_or(Timestamp::MAX, |at| at.timestamp());
                days.iter().take(self.len()).map(begin).collect()
            }
        }
    }
}

/// What was counted in each period, by group.
pub(crate) struct Told {
    pub(crate) groups: Vec<(String, Vec<Counts>)>,
    pub(crate) counted_until: Option<Timestamp>,
}

/// Reads what was counted.
pub(crate) async fn read(desk: &Desk, plan: &Plan, question: &Question) -> Result<Told, Refused> {
    let (store, organization) = (desk.store(), plan.organization());
    let (place, _) = Place::of(store, organization).await?;
    let ids = Ids(place.generation);
    let mut groups: BTreeMap<String, Vec<Counts>> = BTreeMap::new();
    let count = question.periods.len();
    let mut add = |point: usize, page: &Page| {
        let by = match question.by {
            Some(side) => page.by(side, |cell| question.takes(cell)),
            None => BTreeMap::from([(String::new(), page.sum(|cell| question.takes(cell)))]),
        };
        for (group, counts) in by {
            let points = groups.entry(group).or_insert_with(|| vec![Counts::default(); count]);
            points.get_mut(point).into_iter().for_each(|known| known.merge(&counts));
        }
    };
    match &question.periods {
        Periods::Hours(from, to) => {
            let range = (ids.hour(*from), ids.hour(*to));
            pages(store, organization, HOUR, (&range.0, &range.1), |id, page| {
                let hour = id.rsplit('|').next().and_then(|hour| hour.parse::<i64>().ok());
                let point = hour.and_then(|hour| usize::try_from(hour - from).ok());
                point.into_iter().for_each(|point| add(point, &page));
            })
            .await?;
        }
        Periods::Days(days) => {
            let (Some(first), Some(last)) = (days.first(), days.last()) else {
                return Ok(Told { groups: Vec::new(), counted_until: place.counted_until });
            };
            let range = (ids.day(*first), ids.day(*last));
            pages(store, organization, DAY, (&range.0, &range.1), |id, page| {
                let day = id.rsplit('|').next().and_then(|day| day.parse::<Date>().ok());
                let point = day.and_then(|day| days.partition_point(|begin| *begin <= day).checked_sub(1));
                point.into_iter().for_each(|point| add(point, &page));
            })
            .await?;
        }
    }
    if question.by.is_none() {
        groups.entry(String::new()).or_insert_with(|| vec![Counts::default(); count]);
    }
    Ok(Told { groups: largest(groups), counted_until: place.counted_until })
}

impl Question {
    fn takes(&self, cell: &Cell) -> bool {
        Side::ALL.into_iter().all(|side| side.of(&self.only).is_empty() || side.of(&self.only) == side.of(cell))
    }
}

/// Those with most tickets; the others are one.
fn largest(groups: BTreeMap<String, Vec<Counts>>) -> Vec<(String, Vec<Counts>)> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    let size = |points: &[Counts]| points.iter().map(|counts| counts.get(Count::Registered)).sum::<i64>();
    groups.sort_by_key(|(_, points)| std::cmp::Reverse(size(points)));
    let rest = groups.split_off(groups.len().min(GROUPS_MAX));
    for (_, points) in rest {
        let others = match groups.iter().position(|(name, _)| name == OTHERS) {
            Some(place) => place,
            None => {
                groups.push((OTHERS.to_owned(), vec![Counts::default(); points.len()]));
                groups.len() - 1
            }
        };
        let known = groups.get_mut(others).map(|(_, known)| known).into_iter().flatten();
        known.zip(points).for_each(|(known, more)| known.merge(&more));
    }
    groups
}
