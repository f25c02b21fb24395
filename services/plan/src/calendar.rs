//! When an organization works: weekly hours, holidays, and days with hours of their own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime, Time, Weekday};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::value::Datetime;

use crate::fault::Gathered;
use crate::place::{At, id, shorten, unique};

/// The years in which a day of a calendar can lie.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2100;

/// Minutes of a whole day.
const DAY: u16 = 24 * 60;

/// Working hours without a break, within one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shift {
    /// The first minute, counted from midnight.
    pub start: u16,
    /// The minute after the last one, counted from midnight; at most 1440, which is midnight again.
    pub end: u16,
}

/// When an organization works, in its own time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Its id.
    pub id: String,
    /// Days without work, on whatever day of the week they fall.
    pub holidays: BTreeSet<Date>,
    week: [Vec<Shift>; 7],
    special: BTreeMap<Date, Vec<Shift>>,
}

impl Calendar {
    /// The working hours of `date`, in order and apart from each other; empty on a day off.
    #[must_use]
    pub fn shifts(&self, date: Date) -> &[Shift] {
        if self.holidays.contains(&date) {
            return &[];
        }
        self.special.get(&date).unwrap_or_else(|| &self.week[index(date.weekday())])
    }

    /// Whether there is work at `at`, a time on the organization's clocks.
    #[must_use]
    pub fn is_open(&self, at: DateTime) -> bool {
        let minute = minute_of(at.time());
        self.shifts(at.date()).iter().any(|shift| (shift.start..shift.end).contains(&minute))
    }

    /// Whether `at` lies between the first and the last working minute of its day, breaks included.
    #[must_use]
    pub fn is_open_or_break(&self, at: DateTime) -> bool {
        let minute = minute_of(at.time());
        match self.shifts(at.date()) {
            [] => false,
            [first, .., last] => (first.start..last.end).contains(&minute),
            [only] => (only.start..only.end).contains(&minute),
        }
    }
}

fn index(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}

fn minute_of(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

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
}

/// The hours of a usual week, such as `["09:00-13:00", "14:00-18:00"]`; a day left out is a day off.
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
}

/// A date as TOML writes it, without quotes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
struct Day(Datetime);

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

/// The calendars by id.
pub(crate) fn check(entries: &[CalendarEntry], gathered: &mut Gathered) -> BTreeMap<String, Calendar> {
    unique(entries.iter().map(|entry| &entry.id), "calendar", gathered);
    entries.iter().map(|entry| entry.check(gathered)).map(|calendar| (calendar.id.clone(), calendar)).collect()
}

impl CalendarEntry {
    fn check(&self, gathered: &mut Gathered) -> Calendar {
        let WeekEntry { monday, tuesday, wednesday, thursday, friday, saturday, sunday } = &self.week.value;
        let days = [monday, tuesday, wednesday, thursday, friday, saturday, sunday];
        let week = days.map(|hours| shifts(hours, gathered));
        if days.iter().all(|hours| hours.is_empty()) {
            let message = format!("the calendar `{}` has no working hours at all", shorten(&self.id.value));
            gathered.note(&self.id.span, message, "give at least one day of the week hours");
        }
        let mut holidays = BTreeSet::new();
        for at in &self.holidays {
            let Some(date) = at.date(gathered) else { continue };
            if !holidays.insert(date) {
                gathered.note(&at.span, format!("the holiday {date} is there twice"), "remove one of them");
            }
        }
        let mut special = BTreeMap::new();
        for SpecialDayEntry { date: at, hours } in &self.special_days {
            let shifts = shifts(hours, gathered);
            let Some(date) = at.date(gathered) else { continue };
            if holidays.contains(&date) {
                let message = format!("{date} is a holiday and a special day");
                gathered.note(&at.span, message, "remove it from `holidays` or from `special_days`");
            }
            if shifts.is_empty() && hours.is_empty() {
                gathered.note(&at.span, format!("the special day {date} has no hours"), "put it into `holidays`");
            }
            if special.insert(date, shifts).is_some() {
                gathered.note(&at.span, format!("the special day {date} is there twice"), "remove one of them");
            }
        }
        Calendar { id: id(&self.id, "calendar", gathered), holidays, week, special }
    }
}

impl At<Day> {
    fn date(&self, gathered: &mut Gathered) -> Option<Date> {
        let Datetime { date, time, offset } = self.value.0;
        let whole_day = date.filter(|_| time.is_none() && offset.is_none());
        let part = |part: u8| i8::try_from(part).ok();
        let date = whole_day
            .and_then(|date| Date::new(i16::try_from(date.year).ok()?, part(date.month)?, part(date.day)?).ok());
        let sound = date.filter(|date| YEARS.contains(&date.year()));
        if sound.is_none() {
            let help = format!("write a date of the years {} to {}, such as 2026-01-01", YEARS.start(), YEARS.end());
            gathered.note(&self.span, format!("`{}` is not a day of a calendar", self.value.0), help);
        }
        sound
    }
}

/// The shifts of one day, sorted, with faults for those that are malformed or overlap.
fn shifts(hours: &[At<String>], gathered: &mut Gathered) -> Vec<Shift> {
    let mut sorted: Vec<(Shift, &At<String>)> =
        hours.iter().filter_map(|at| Some((shift(at, gathered)?, at))).collect();
    sorted.sort_by_key(|(shift, _)| *shift);
    for ((earlier, before), (later, at)) in sorted.iter().zip(sorted.iter().skip(1)) {
        if later.start < earlier.end {
            let message = format!("the hours {} overlap with {}", shorten(&at.value), shorten(&before.value));
            gathered.note(&at.span, message, "let them end before the next ones begin");
        }
    }
    sorted.into_iter().map(|(shift, _)| shift).collect()
}

fn shift(at: &At<String>, gathered: &mut Gathered) -> Option<Shift> {
    let Some((start, end)) = at.value.split_once('-').and_then(|(start, end)| Some((minute(start)?, minute(end)?)))
    else {
        let message = format!("`{}` are not hours", shorten(&at.value));
        gathered.note(&at.span, message, "write them as `09:00-18:00`, from 00:00 to 24:00");
        return None;
    };
    if start >= end {
        let message = format!("the hours {} end before they begin", shorten(&at.value));
        let help = "let them end later; hours past midnight go to both days, as `20:00-24:00` and `00:00-02:00`";
        gathered.note(&at.span, message, help);
        return None;
    }
    Some(Shift { start, end })
}

/// The minute of the day that `text` (`HH:MM`, up to 24:00) names.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= DAY).then_some(hour * 60 + minute)
}
