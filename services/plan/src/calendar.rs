//! Calendars as a plan writes them: weekly hours, holidays, days with hours of their own, closures.

use std::collections::{BTreeMap, BTreeSet};

use deadline::{Calendar, Closure, DAY_MINUTES, Shift};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::day::{Day, End, Moment};
use crate::fault::Gathered;
use crate::hours::shifts;
use crate::organization::time_zone;
use crate::place::{At, Text, TextEntry, id, shorten, unique};

/// Working hours and holidays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Calendar")]
pub(crate) struct CalendarEntry {
    /// The calendar's id: 1 to 64 of a-z, 0-9 and `-`.
    pub(crate) id: At<String>,
    /// The hours of a usual week.
    week: At<WeekEntry>,
    /// Days without work, such as 2026-01-01, without quotes.
    #[serde(default)]
    holidays: Vec<At<Day>>,
    /// Days with hours of their own: a working Saturday, a short day before a holiday.
    #[serde(default)]
    special_days: Vec<SpecialDayEntry>,
    /// One-off times without work, whatever the hours say: a move, an outage.
    #[serde(default)]
    closures: Vec<ClosureEntry>,
    /// The zone on whose clocks it is read, by its IANA name; the organization's when left out.
    time_zone: Option<At<String>>,
}

/// The hours of a usual week, such as `["09:00-13:00", "14:00-18:00"]`; a day left out is a day off. Hours past midnight,
/// such as `["20:00-02:00"]`, belong to the day on which they begin.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Week")]
struct WeekEntry {
    /// Monday's hours.
    monday: Vec<At<String>>,
    /// Tuesday's hours.
    tuesday: Vec<At<String>>,
    /// Wednesday's hours.
    wednesday: Vec<At<String>>,
    /// Thursday's hours.
    thursday: Vec<At<String>>,
    /// Friday's hours.
    friday: Vec<At<String>>,
    /// Saturday's hours.
    saturday: Vec<At<String>>,
    /// Sunday's hours.
    sunday: Vec<At<String>>,
}

/// A day with hours of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SpecialDay")]
struct SpecialDayEntry {
    /// The day, such as 2026-04-30, without quotes.
    date: At<Day>,
    /// Its hours, such as `["09:00-13:00", "14:00-17:00"]`.
    hours: Vec<At<String>>,
    /// Whether there is work though the day is among the holidays.
    #[serde(default)]
    on_holiday: bool,
}

/// A one-off time without work.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Closure")]
struct ClosureEntry {
    /// The closure's id, unique in the plan: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// What it is, for those who ask why something is due so late.
    name: TextEntry,
    /// Its first day, or its first minute on the clock such as 2026-07-06T15:00:00, without quotes.
    from: At<Moment>,
    /// Its last day, or the minute after its last one, without quotes.
    to: At<Moment>,
}

/// The calendars by id, and the names of their closures by the id of the closure. `zone` is the organization's.
pub(crate) fn check(
    entries: &[CalendarEntry],
    zone: &TimeZone,
    gathered: &mut Gathered,
) -> (BTreeMap<String, Calendar>, BTreeMap<String, Text>) {
    unique(entries.iter().map(|entry| &entry.id), "calendar", gathered);
    let closures = || entries.iter().flat_map(|entry| &entry.closures);
    unique(closures().map(|closure| &closure.id), "closure", gathered);
    let names = closures().map(|closure| (closure.id.value.clone(), closure.name.check(gathered))).collect();
    let calendars = entries.iter().map(|entry| entry.check(zone, gathered));
    (calendars.map(|calendar| (calendar.id.clone(), calendar)).collect(), names)
}

impl CalendarEntry {
    fn check(&self, zone: &TimeZone, gathered: &mut Gathered) -> Calendar {
        let holidays = self.holidays(gathered);
        Calendar {
            id: id(&self.id, "calendar", gathered),
            zone: self.time_zone.as_ref().and_then(|at| time_zone(at, gathered)).unwrap_or_else(|| zone.clone()),
            week: self.week.value.check(&self.id, gathered),
            special: self.special_days(&holidays, gathered),
            holidays,
            closures: self.closures.iter().filter_map(|closure| closure.check(gathered)).collect(),
        }
    }

    fn holidays(&self, gathered: &mut Gathered) -> BTreeSet<Date> {
        let mut holidays = BTreeSet::new();
        for at in &self.holidays {
            let Some(date) = at.date(gathered) else { continue };
            if !holidays.insert(date) {
                gathered.note(&at.span, format!("the holiday {date} is there twice"), "remove one of them");
            }
        }
        holidays
    }

    fn special_days(&self, holidays: &BTreeSet<Date>, gathered: &mut Gathered) -> BTreeMap<Date, Vec<Shift>> {
        let mut special = BTreeMap::new();
        for SpecialDayEntry { date: at, hours, on_holiday } in &self.special_days {
            let shifts = shifts(hours, gathered).into_iter().map(|(shift, _)| shift).collect();
            let Some(date) = at.date(gathered) else { continue };
            match (holidays.contains(&date), on_holiday) {
                (true, true) | (false, false) => {}
                (true, false) => {
                    let message = format!("{date} is a holiday and a special day");
                    let help = "remove it from `holidays` or from `special_days`, or add `on_holiday = true` if there \
                                is work all the same";
                    gathered.note(&at.span, message, help);
                }
                (false, true) => {
                    let message = format!("{date} has `on_holiday` and is not among the holidays");
                    gathered.note(&at.span, message, "add it to `holidays`, or remove `on_holiday`");
                }
            }
            if hours.is_empty() {
                gathered.note(&at.span, format!("the special day {date} has no hours"), "put it into `holidays`");
            }
            if special.insert(date, shifts).is_some() {
                gathered.note(&at.span, format!("the special day {date} is there twice"), "remove one of them");
            }
        }
        special
    }
}

impl WeekEntry {
    fn check(&self, calendar: &At<String>, gathered: &mut Gathered) -> [Vec<Shift>; 7] {
        let Self { monday, tuesday, wednesday, thursday, friday, saturday, sunday } = self;
        let days = [monday, tuesday, wednesday, thursday, friday, saturday, sunday];
        if days.iter().all(|hours| hours.is_empty()) {
            let message = format!("the calendar `{}` has no working hours at all", shorten(&calendar.value));
            gathered.note(&calendar.span, message, "give at least one day of the week hours");
        }
        let week = days.map(|hours| shifts(hours, gathered));
        for (day, next) in week.iter().zip(week.iter().cycle().skip(1)) {
            let (Some((last, at)), Some((first, after))) = (day.last(), next.first()) else { continue };
            if last.end > DAY_MINUTES + first.start {
                let message =
                    format!("the hours {} overlap with {} of the next day", shorten(&at.value), shorten(&after.value));
                gathered.note(&at.span, message, "let them end before the next ones begin");
            }
        }
        week.map(|day| day.into_iter().map(|(shift, _)| shift).collect())
    }
}

impl ClosureEntry {
    fn check(&self, gathered: &mut Gathered) -> Option<Closure> {
        let id = id(&self.id, "closure", gathered);
        let (from, to) = (self.from.minute(End::First, gathered), self.to.minute(End::Last, gathered));
        let (from, to) = (from?, to?);
        if from >= to {
            let message = format!("the closure `{}` ends before it begins", shorten(&id));
            gathered.note(&self.to.span, message, "let it end later");
        }
        Some(Closure { id, from, to })
    }
}
