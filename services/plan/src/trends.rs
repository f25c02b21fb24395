//! Trends: when an answer of line 0 has held, and what people are told of by themselves.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use trends::Alarm;

use crate::fault::Gathered;
use crate::known::Known;
use crate::place::{At, Named, bounded, refers, unique};
use crate::plan::Plan;

/// The longest time that an answer of line 0 may have to hold, in hours.
pub const HOLDS_HOURS_MAX: i64 = 31 * 24;
/// The most false alarms that may be taken in a month.
pub const FALSE_ALARMS_MAX: f64 = 100.0;
/// The least.
pub const FALSE_ALARMS_MIN: f64 = 0.01;
/// The largest number below which nobody is called.
pub const FEWEST_MAX: i64 = 100_000;

/// What a plan says about trends.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendRules {
    /// An answer that closed a request at once counts when it was neither opened nor asked again for so long.
    pub holds: SignedDuration,
    /// So many false alarms a month are taken at each line.
    pub false_alarms_a_month: f64,
    /// Nobody is called for fewer.
    pub fewest: u32,
    /// What is watched; nothing without the section.
    pub alarms: BTreeSet<Alarm>,
    /// The groups that are told beside the supervisors, each at its own line.
    pub groups: Vec<String>,
}

/// Trends. Everything is counted without the section too; nobody is told of changes then.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trends")]
pub(crate) struct TrendsEntry {
    /// An answer of line 0 counts as one that held when it was neither opened nor asked again for so many hours; 72 when left
    /// out.
    #[schemars(range(min = 1, max = HOLDS_HOURS_MAX))]
    holds_hours: Option<At<i64>>,
    /// How many false alarms a month are taken at each line; 1 when left out. With fewer, changes are told later.
    #[schemars(range(min = FALSE_ALARMS_MIN, max = FALSE_ALARMS_MAX))]
    false_alarms_a_month: Option<At<f64>>,
    /// Nobody is called for fewer than so many requests; 10 when left out.
    #[schemars(range(min = 1, max = FEWEST_MAX))]
    fewest: Option<At<i64>>,
    /// What is watched; all of it when left out. Of silence nothing is told on holidays.
    alarms: Option<Vec<At<Named<Alarm>>>>,
    /// The ids of groups that are told beside the supervisors, each at its own line.
    #[serde(default)]
    groups: Vec<At<String>>,
}

pub(crate) fn check(entry: Option<&TrendsEntry>, known: &Known<'_>, gathered: &mut Gathered) -> TrendRules {
    let customary = TrendRules {
        holds: SignedDuration::from_hours(72),
        false_alarms_a_month: 1.0,
        fewest: 10,
        alarms: BTreeSet::new(),
        groups: Vec::new(),
    };
    let Some(TrendsEntry { holds_hours, false_alarms_a_month, fewest, alarms, groups }) = entry else {
        return customary;
    };
    let holds = holds_hours.as_ref().map(|at| bounded(at, "holds_hours", HOLDS_HOURS_MAX, gathered));
    if let Some(at) = false_alarms_a_month
        && !(FALSE_ALARMS_MIN..=FALSE_ALARMS_MAX).contains(&at.value)
    {
        let message = format!("`false_alarms_a_month` is {}", at.value);
        gathered.note(&at.span, message, format!("give a number from {FALSE_ALARMS_MIN} to {FALSE_ALARMS_MAX}"));
    }
    let fewest = fewest.as_ref().map(|at| bounded(at, "fewest", FEWEST_MAX, gathered));
    let mut watched = BTreeSet::new();
    for at in alarms.iter().flatten() {
        if let Some(alarm) = at.find(gathered)
            && !watched.insert(alarm)
        {
            let message = format!("the alarm `{}` is there twice", alarm.name());
            gathered.note(&at.span, message, "remove one of them");
        }
    }
    unique(groups, "group", gathered);
    groups.iter().for_each(|at| refers(at, "groups", &known.groups, gathered));
    TrendRules {
        holds: holds.map_or(customary.holds, SignedDuration::from_hours),
        false_alarms_a_month: false_alarms_a_month.as_ref().map_or(1.0, |at| at.value),
        fewest: fewest.and_then(|fewest| u32::try_from(fewest).ok()).unwrap_or(customary.fewest),
        alarms: if alarms.is_some() { watched } else { Alarm::ALL.into_iter().collect() },
        groups: groups.iter().map(|at| at.value.clone()).collect(),
    }
}

impl Plan {
    /// What the plan says about trends.
    #[must_use]
    pub fn trends(&self) -> &TrendRules {
        &self.trends
    }

    /// When the last holiday up to `at` ends, by the calendar of the replies; none before the first one. Whoever compares
    /// numbers with those of other weeks begins behind it.
    #[must_use]
    pub fn end_of_last_holiday(&self, at: Timestamp) -> Option<Timestamp> {
        let calendar = self.calendar(&self.replies.calendar)?;
        let today = at.to_zoned(calendar.zone.clone()).date();
        let last = calendar.holidays.range(..=today).next_back()?;
        last.tomorrow().ok()?.to_zoned(calendar.zone.clone()).ok().map(|end| end.timestamp())
    }
}
