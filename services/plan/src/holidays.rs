//! Holidays out of somebody else's calendar (iCalendar, RFC 5545), as lines of a plan.
//!
//! They are not read when a plan is: a plan says by itself what holds, and a person looks over what is pasted into it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use icalendar::{Calendar, CalendarComponent, Component, Event, EventStatus};
use jiff::ToSpan;
use jiff::civil::Date;
use rrule::RRuleSet;

/// The longest file that is read, in bytes.
const ICS_BYTES_MAX: usize = 1024 * 1024;

/// The most days that one event may last.
const DAYS_MAX: i32 = 366;

/// The most times that one event may come, counted from its first year.
const OCCURRENCES_MAX: u16 = 10_000;

const UNREADABLE: &str = "its recurrence cannot be read";

/// Holidays of a file, and what of it is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holidays {
    /// Each day with the names of its holidays.
    pub days: BTreeMap<Date, String>,
    /// The names of events that were left out, each with the reason.
    pub skipped: Vec<(String, &'static str)>,
}

/// A file of which nothing can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoHolidays {
    /// It is too long.
    #[error("the file has {0} bytes; keep a calendar of holidays within {ICS_BYTES_MAX}")]
    TooLong(usize),
    /// It is something else.
    #[error("the file is no iCalendar: it should begin with BEGIN:VCALENDAR and be exported as .ics")]
    NotACalendar,
    /// It has no whole-day event in the years asked for.
    #[error("the file has no whole-day event in {from} to {to}; ask for other years, or take another file")]
    None {
        /// The first year asked for.
        from: i16,
        /// The last one.
        to: i16,
    },
}

impl Holidays {
    /// The whole-day events of `ics` that lie in `years`, those that come every year included.
    ///
    /// # Errors
    /// [`NoHolidays`].
    pub fn read(ics: &str, years: RangeInclusive<i16>) -> Result<Self, NoHolidays> {
        if ics.len() > ICS_BYTES_MAX {
            return Err(NoHolidays::TooLong(ics.len()));
        }
        let calendar = Some(ics).filter(|ics| ics.contains("BEGIN:VCALENDAR")).and_then(|ics| ics.parse().ok());
        let calendar: Calendar = calendar.ok_or(NoHolidays::NotACalendar)?;
        let mut holidays = Self { days: BTreeMap::new(), skipped: Vec::new() };
        for component in &calendar.components {
            let CalendarComponent::Event(event) = component else { continue };
            let name = one_line(event.get_summary().unwrap_or_default());
            match days(event, &years) {
                Ok(days) => days.into_iter().for_each(|day| holidays.add(day, &name)),
                Err(why) => holidays.skipped.push((name, why)),
            }
        }
        if holidays.days.is_empty() {
            return Err(NoHolidays::None { from: *years.start(), to: *years.end() });
        }
        Ok(holidays)
    }

    fn add(&mut self, day: Date, name: &str) {
        let names = self.days.entry(day).or_default();
        if !names.is_empty() && !name.is_empty() {
            names.push_str("; ");
        }
        names.push_str(name);
    }

    /// The days as `holidays` of a calendar in a plan, to be looked over and pasted.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let days = self.days.iter().map(|(day, name)| format!("    {day}, # {name}\n"));
        let skipped = self.skipped.iter().map(|(name, why)| format!("# left out: {name} ({why})\n"));
        format!("holidays = [\n{}]\n{}", days.collect::<String>(), skipped.collect::<String>())
    }
}

/// `text` as a comment of one line: whatever it says, it stays one.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(100).collect::<String>().trim().to_owned()
}

/// The days in `years` that `event` takes, or why it is left out.
fn days(event: &Event, years: &RangeInclusive<i16>) -> Result<BTreeSet<Date>, &'static str> {
    if event.get_status() == Some(EventStatus::Cancelled) {
        return Err("cancelled");
    }
    if event.property_value("RECURRENCE-ID").is_some() {
        return Err("it replaces one day of another event; correct that day by hand");
    }
    let start = event.property_value("DTSTART").ok_or("it has no date")?;
    let start = day(start).ok_or("it begins at a time of day, or its date cannot be read")?;
    let length = length(event, start).ok_or("it has no whole days, or too many")?;
    let left_out: BTreeSet<Date> = list(event, "EXDATE");
    let mut firsts = list(event, "RDATE");
    match event.property_value("RRULE") {
        None => firsts.extend([start]),
        Some(rule) => firsts.extend(recurrences(start, rule, *years.end())?),
    }
    let mut days = BTreeSet::new();
    for first in firsts.difference(&left_out) {
        days.extend((0..length).filter_map(|later| first.checked_add(later.days()).ok()));
    }
    days.retain(|day| years.contains(&day.year()));
    Ok(days)
}

/// `20260101`, and nothing else: whoever gives a time means no whole day.
fn day(text: &str) -> Option<Date> {
    Date::strptime("%Y%m%d", text).ok()
}

/// How many days it lasts, from 1; its end is the day after the last one.
fn length(event: &Event, start: Date) -> Option<i32> {
    let days = match (event.property_value("DTEND"), event.property_value("DURATION")) {
        (Some(end), _) => start.until(day(end)?).ok()?.get_days(),
        (None, Some(duration)) => {
            let span: jiff::Span = duration.parse().ok()?;
            span.get_days().checked_add(span.get_weeks().checked_mul(7)?)?
        }
        (None, None) => 1,
    };
    (1..=DAYS_MAX).contains(&days).then_some(days)
}

/// The dates of a property that may be there more than once, with several in each.
fn list(event: &Event, key: &str) -> BTreeSet<Date> {
    let many = event.multi_properties().get(key).into_iter().flatten();
    let values = many.chain(event.properties().get(key)).map(icalendar::Property::value);
    values.flat_map(|value| value.split(',')).filter_map(day).collect()
}

/// The days on which something begins that began on `start` and comes again by `rule`, up to the end of `last_year`.
fn recurrences(start: Date, rule: &str, last_year: i16) -> Result<BTreeSet<Date>, &'static str> {
    // The library cuts a rule at bytes, and panics within a letter of several.
    if !rule.is_ascii() {
        return Err(UNREADABLE);
    }
    let rule = rule.to_ascii_uppercase();
    let often = |part: &str| matches!(part, "FREQ=SECONDLY" | "FREQ=MINUTELY" | "FREQ=HOURLY");
    if rule.split(';').any(often) {
        return Err("it comes more than once a day");
    }
    if start.year() > last_year {
        return Ok(BTreeSet::new());
    }
    // Days have no zone; the library wants one, the same for the start and the end. And it wants an end.
    let (untils, mut parts): (Vec<&str>, Vec<&str>) = rule.split(';').partition(|part| part.starts_with("UNTIL="));
    let own_end = untils.first().map(|until| until.trim_start_matches("UNTIL=").get(..8).and_then(day));
    let last_day = Date::new(last_year, 12, 31).unwrap_or(Date::MAX);
    let end = last_day.min(own_end.unwrap_or(Some(Date::MAX)).ok_or(UNREADABLE)?);
    let until = format!("UNTIL={}T000000Z", end.strftime("%Y%m%d"));
    if !parts.iter().any(|part| part.starts_with("COUNT=")) {
        parts.push(&until);
    }
    let text = format!("DTSTART:{}T000000Z\nRRULE:{}", start.strftime("%Y%m%d"), parts.join(";"));
    let set: RRuleSet = text.parse().map_err(|_| UNREADABLE)?;
    let found = set.all(OCCURRENCES_MAX);
    if found.limited {
        return Err("it comes too often, or never");
    }
    found.dates.iter().map(|at| day(&at.format("%Y%m%d").to_string()).ok_or(UNREADABLE)).collect()
}
