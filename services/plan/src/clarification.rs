//! How long a line waits for what only the client can tell, and how often line 1 reminds the client meanwhile.

use std::collections::BTreeMap;

use deadline::{Ledger, Measure, Percent, Target, What};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::{Line, Priority};

use crate::fault::Gathered;
use crate::place::{At, bounded};
use crate::plan::Plan;

/// The longest wait for an answer, in hours of working time.
pub const CLARIFICATION_HOURS_MAX: i64 = 1_000;

/// The most reminders of one question.
pub const REMINDERS_MAX: usize = 10;

/// How long a line waits for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clarifications {
    within: BTreeMap<Priority, SignedDuration>,
    most: SignedDuration,
    reminders: Vec<Percent>,
}

/// When a question is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClarificationDue {
    /// When line 1 is asked to remind the client, the earlier first; all before `due`.
    pub reminders: Vec<Timestamp>,
    /// When the wait ends.
    pub due: Timestamp,
}

/// How long a line waits for an answer that only the client can give, in working time of the line that asks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Clarifications")]
pub(crate) struct ClarificationsEntry {
    /// How many hours, by priority.
    hours: HoursEntry,
    /// How many hours a person may ask for at most.
    #[schemars(range(min = 1, max = CLARIFICATION_HOURS_MAX))]
    hours_max: At<i64>,
    /// After which parts of the time, in per cent, line 1 is asked to remind the client; none when left out.
    #[serde(default)]
    reminders: Vec<At<i64>>,
}

/// How many hours an answer may take, by priority; a more urgent ticket never waits longer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClarificationHours")]
struct HoursEntry {
    /// Everything else waits.
    critical: At<i64>,
    /// Ahead of the others.
    high: At<i64>,
    /// In turn.
    medium: At<i64>,
    /// When there is time.
    low: At<i64>,
}

impl Clarifications {
    /// What holds when the plan says nothing: two to three working days, and a reminder after one half of it.
    fn customary() -> Self {
        let hours = [(Priority::Critical, 4), (Priority::High, 8), (Priority::Medium, 16), (Priority::Low, 24)];
        Self {
            within: hours.into_iter().map(|(priority, hours)| (priority, SignedDuration::from_hours(hours))).collect(),
            most: SignedDuration::from_hours(80),
            reminders: vec![Percent(50)],
        }
    }
}

/// How long a line waits, by the section or as is customary.
pub(crate) fn check(entry: Option<&ClarificationsEntry>, gathered: &mut Gathered) -> Clarifications {
    entry.map_or_else(Clarifications::customary, |entry| entry.check(gathered))
}

impl ClarificationsEntry {
    fn check(&self, gathered: &mut Gathered) -> Clarifications {
        let HoursEntry { critical, high, medium, low } = &self.hours;
        let most = bounded(&self.hours_max, "hours_max", CLARIFICATION_HOURS_MAX, gathered);
        let rising =
            [(Priority::Critical, critical), (Priority::High, high), (Priority::Medium, medium), (Priority::Low, low)];
        for ((more, urgent), (less, relaxed)) in rising.iter().zip(&rising[1..]) {
            if urgent.value > relaxed.value {
                let message = format!("`{less}` waits for an answer for less time than `{more}`");
                gathered.note(&relaxed.span, message, format!("give {} or more", urgent.value));
            }
        }
        let mut within = BTreeMap::new();
        for (priority, at) in rising {
            let hours = bounded(at, priority.name(), CLARIFICATION_HOURS_MAX, gathered);
            if hours > most {
                let message = format!("`{}` waits for {hours} hours, and `hours_max` is {most}", priority.name());
                gathered.note(&at.span, message, format!("give at most {most}, or raise `hours_max`"));
            }
            within.insert(priority, SignedDuration::from_hours(hours));
        }
        let most = SignedDuration::from_hours(most);
        Clarifications { within, most, reminders: self.reminders(gathered) }
    }

    fn reminders(&self, gathered: &mut Gathered) -> Vec<Percent> {
        let mut reminders: Vec<Percent> = Vec::new();
        for at in &self.reminders {
            let percent = Percent(u8::try_from(bounded(at, "reminders", 99, gathered)).unwrap_or(99));
            if i64::from(percent.0) == at.value && reminders.last().is_some_and(|last| *last >= percent) {
                let message = format!("the reminder at {} per cent does not come after the one before it", at.value);
                gathered.note(&at.span, message, "write them from the lowest to the highest, each once");
            }
            reminders.push(percent);
        }
        if let Some(at) = self.reminders.get(REMINDERS_MAX) {
            let message = format!("there are {} reminders", self.reminders.len());
            gathered.note(&at.span, message, format!("remind at most {REMINDERS_MAX} times; more is a nuisance"));
        }
        reminders
    }
}

impl Plan {
    /// The most hours of working time that a person may wait for an answer of the client.
    #[must_use]
    pub fn clarification_hours_max(&self) -> u32 {
        u32::try_from(self.clarifications.most.as_hours()).unwrap_or(u32::MAX)
    }

    /// When a question that `line` puts to the client at `now` is to be answered: within `hours` of working time of that
    /// line, or what the plan says for `priority`.
    ///
    /// A line without a calendar, or one that has no working time within ten years, waits by the clock on the wall.
    #[must_use]
    pub fn clarification_due(
        &self,
        line: Line,
        priority: Priority,
        hours: Option<u32>,
        now: Timestamp,
    ) -> ClarificationDue {
        let asked = hours.map(|hours| SignedDuration::from_hours(i64::from(hours)));
        let customary = self.clarifications.within.get(&priority).copied();
        let within = asked.or(customary).unwrap_or(self.clarifications.most).min(self.clarifications.most);
        let after = |part: SignedDuration| self.after_working(line, part, now);
        let due = after(within);
        let parts = self.clarifications.reminders.iter();
        let reminders = parts.map(|Percent(percent)| after(within / 100 * i32::from(*percent)));
        ClarificationDue { reminders: reminders.filter(|at| now < *at && *at < due).collect(), due }
    }

    /// The instant at which `part` of working time of `line` has passed since `now`.
    pub(crate) fn after_working(&self, line: Line, part: SignedDuration, now: Timestamp) -> Timestamp {
        let in_working_time = || {
            let calendar = self.calendar_of(line)?.id.clone();
            let target = Target { agreement: "working time".to_owned(), within: part, calendar };
            let clock = Ledger::new(Measure::Response).with(now, What::Started { target });
            clock.due(self.calendars_in_force()).ok().flatten()
        };
        in_working_time().unwrap_or_else(|| now.saturating_add(part).unwrap_or(Timestamp::MAX))
    }
}
