//! Days and times on the clock as a plan writes them.

use jiff::civil::{Date, DateTime, Time};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::value::Datetime;

use crate::fault::Gathered;
use crate::place::At;

/// The years in which a day of a calendar can lie.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2100;

/// A date as TOML writes it, without quotes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(crate) struct Day(Datetime);

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

/// A date, or a date and a time on the clock, as TOML writes it, without quotes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(crate) struct Moment(Datetime);

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

impl At<Day> {
    pub(crate) fn date(&self, gathered: &mut Gathered) -> Option<Date> {
        let Datetime { date, time, offset } = self.value.0;
        let whole_day = date.filter(|_| time.is_none() && offset.is_none());
        let sound = whole_day.and_then(day);
        if sound.is_none() {
            let help = format!("write a date of the years {} to {}, such as 2026-01-01", YEARS.start(), YEARS.end());
            gathered.note(&self.span, format!("`{}` is not a day of a calendar", self.value.0), help);
        }
        sound
    }
}

/// Which end of a time a moment is, when it is a whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The day begins it.
    First,
    /// The day ends it, and is a part of it.
    Last,
}

impl At<Moment> {
    /// The minute that the moment names; of a whole day the first one, or the one after the last.
    pub(crate) fn minute(&self, end: End, gathered: &mut Gathered) -> Option<DateTime> {
        let Datetime { date, time, offset } = self.value.0;
        let date = date.filter(|_| offset.is_none()).and_then(day);
        let sound = date.and_then(|date| match (time, end) {
            (None, End::First) => Some(date.to_datetime(Time::midnight())),
            (None, End::Last) => Some(date.tomorrow().ok()?.to_datetime(Time::midnight())),
            (Some(time), _) if time.second.unwrap_or(0) > 0 || time.nanosecond.unwrap_or(0) > 0 => None,
            (Some(time), _) => Some(date.to_datetime(Time::new(part(time.hour)?, part(time.minute)?, 0, 0).ok()?)),
        });
        if sound.is_none() {
            let help = "write a date, or a whole minute on the clock such as 2026-01-01T15:00:00, without an offset";
            gathered.note(&self.span, format!("`{}` is not a minute of a calendar", self.value.0), help);
        }
        sound
    }
}

fn day(date: toml::value::Date) -> Option<Date> {
    let date = Date::new(i16::try_from(date.year).ok()?, part(date.month)?, part(date.day)?).ok()?;
    YEARS.contains(&date.year()).then_some(date)
}

fn part(part: u8) -> Option<i8> {
    i8::try_from(part).ok()
}
