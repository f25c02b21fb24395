//! Calendars and instants, written short.

use deadline::{Calendar, Calendars, Interval, Ledger, Measure, Shift, Target, What};
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn moscow(at: &str) -> Timestamp {
    local(at, &zone("Europe/Moscow"))
}

/// `2026-11-05 10:00` on the clocks of `zone`; where they show that twice, `+02` behind it says which.
pub(crate) fn local(at: &str, zone: &TimeZone) -> Timestamp {
    let at = at.trim();
    let (date, time) = at.split_once(' ').unwrap_or_else(|| panic!("`{at}` is a date and a time"));
    if time.contains('+') || time.contains('-') {
        return format!("{date}T{time}").parse().unwrap_or_else(|error| panic!("`{at}`: {error}"));
    }
    let on_clock: DateTime = format!("{date}T{time}").parse().unwrap_or_else(|error| panic!("`{at}`: {error}"));
    zone.to_ambiguous_timestamp(on_clock).unambiguous().unwrap_or_else(|error| panic!("`{at}`: {error}"))
}

pub(crate) fn shift(text: &str) -> Shift {
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':').expect("hours and minutes");
        hour.parse::<u16>().expect("an hour") * 60 + minute.parse::<u16>().expect("a minute")
    };
    let (start, end) = text.split_once('-').expect("a start and an end");
    let (start, end) = (minute(start), minute(end));
    Shift { start, end: if end <= start { end + 24 * 60 } else { end } }
}

pub(crate) fn shifts(text: &str) -> Vec<Shift> {
    text.split_whitespace().map(shift).collect()
}

/// Monday to Friday 09:00–13:00 and 14:00–18:00 in Moscow.
pub(crate) fn office() -> Calendar {
    let day = || shifts("09:00-13:00 14:00-18:00");
    let week = [day(), day(), day(), day(), day(), Vec::new(), Vec::new()];
    Calendar::weekly("office", zone("Europe/Moscow"), week)
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

pub(crate) fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

pub(crate) fn target(calendar: &str, within: SignedDuration) -> Target {
    Target { agreement: "sla".to_owned(), within, calendar: calendar.to_owned() }
}

pub(crate) fn held(reason: &str) -> What {
    What::Held { reason: reason.to_owned(), stops: true }
}

pub(crate) fn resolution(calendar: &str, started: Timestamp, within: SignedDuration) -> Ledger {
    Ledger::new(Measure::Resolution).with(started, What::Started { target: target(calendar, within) })
}

pub(crate) fn only(calendar: Calendar) -> Calendars {
    Calendars::from_iter([calendar])
}

/// The due instant on the clocks of Moscow.
pub(crate) fn due(ledger: &Ledger, calendars: &Calendars) -> Option<String> {
    let due = ledger.due(calendars).expect("it can be reckoned");
    due.map(|at| zone("Europe/Moscow").to_datetime(at).strftime("%F %H:%M").to_string())
}

/// Faults unless the intervals touch each other, from `from` to `to`, and say how much has counted.
pub(crate) fn assert_whole(intervals: &[Interval], from: Timestamp, to: Timestamp, counted: SignedDuration) {
    assert_eq!(intervals.first().map(|first| first.from), Some(from));
    assert_eq!(intervals.last().map(|last| last.to), Some(to));
    assert!(intervals.windows(2).all(|two| two[0].to == two[1].from), "a gap or an overlap in {intervals:#?}");
    let sum = intervals.iter().map(Interval::counted).fold(SignedDuration::ZERO, SignedDuration::saturating_add);
    assert_eq!(sum, counted);
}
