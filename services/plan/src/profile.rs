//! What clients are told automatically at special times, before the customary four profiles.

use deadline::{Calendar, DAY_MINUTES, Shift};
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::day::Day;
use crate::fault::Gathered;
use crate::hours::shifts;
use crate::place::{At, Name, Named, Text, TextEntry, id, unique};
use crate::plan::Plan;

/// What clients are told at a time of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    id: String,
    when: When,
    text: Text,
}

/// When a profile holds: where everything that is given fits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct When {
    hours: Vec<Shift>,
    weekdays: Vec<Weekday>,
    dates: Vec<Dates>,
    holiday: Option<bool>,
}

/// Days from one to another, both of them meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dates {
    from: Date,
    to: Date,
    yearly: bool,
}

/// What clients are told at a time of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Profile")]
pub(crate) struct ProfileEntry {
    /// The profile's id: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// When it holds: where everything that is given fits, on the clock of the replies' calendar.
    when: At<WhenEntry>,
    /// What is told.
    text: TextEntry,
}

/// When a profile holds; what is left out does not matter.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "When")]
pub(crate) struct WhenEntry {
    /// Times of day, such as `["22:00-06:00"]`; those past midnight belong to the day on which they begin.
    hours: Vec<At<String>>,
    /// Days of the week.
    weekdays: Vec<At<Named<DayOfWeek>>>,
    /// Days of the year.
    dates: Vec<DatesEntry>,
    /// Only on holidays of the calendar, or only on other days.
    holiday: Option<bool>,
}

/// Days from one to another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Dates")]
struct DatesEntry {
    /// The first day, such as 2026-12-29, without quotes.
    from: At<Day>,
    /// The last day, without quotes.
    to: At<Day>,
    /// Whether it is so every year, whatever the year given.
    #[serde(default)]
    yearly: bool,
}

/// A day of the week as a plan names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct DayOfWeek(Weekday, &'static str);

impl Name for DayOfWeek {
    const WHAT: &'static str = "a day of the week";

    fn every() -> &'static [Self] {
        const ALL: [DayOfWeek; 7] = [
            DayOfWeek(Weekday::Monday, "monday"),
            DayOfWeek(Weekday::Tuesday, "tuesday"),
            DayOfWeek(Weekday::Wednesday, "wednesday"),
            DayOfWeek(Weekday::Thursday, "thursday"),
            DayOfWeek(Weekday::Friday, "friday"),
            DayOfWeek(Weekday::Saturday, "saturday"),
            DayOfWeek(Weekday::Sunday, "sunday"),
        ];
        &ALL
    }

    fn name(self) -> &'static str {
        self.1
    }
}

/// The profiles, in the order in which they count.
pub(crate) fn check(entries: &[ProfileEntry], gathered: &mut Gathered) -> Vec<Profile> {
    unique(entries.iter().map(|entry| &entry.id), "profile", gathered);
    entries.iter().map(|entry| entry.check(gathered)).collect()
}

impl ProfileEntry {
    fn check(&self, gathered: &mut Gathered) -> Profile {
        let when = self.when.value.check(gathered);
        if when == When::default() {
            let help =
                "give `hours`, `weekdays`, `dates` or `holiday`; what is told at other times stands in [replies]";
            gathered.note(&self.when.span, "`when` says nothing, so that the profile would always hold", help);
        }
        Profile { id: id(&self.id, "profile", gathered), when, text: self.text.check(gathered) }
    }
}

impl WhenEntry {
    pub(crate) fn check(&self, gathered: &mut Gathered) -> When {
        let Self { hours, weekdays, dates, holiday } = self;
        When {
            hours: shifts(hours, gathered).into_iter().map(|(shift, _)| shift).collect(),
            weekdays: weekdays.iter().filter_map(|at| at.find(gathered)).map(|day| day.0).collect(),
            dates: dates.iter().filter_map(|entry| entry.check(gathered)).collect(),
            holiday: *holiday,
        }
    }
}

impl DatesEntry {
    fn check(&self, gathered: &mut Gathered) -> Option<Dates> {
        let (from, to) = (self.from.date(gathered), self.to.date(gathered));
        let (from, to) = (from?, to?);
        if from > to {
            let help = "let it end later; days around New Year end in the next year";
            gathered.note(&self.to.span, format!("the days end on {to}, before they begin"), help);
        }
        Some(Dates { from, to, yearly: self.yearly })
    }
}

impl Dates {
    fn has(self, day: Date) -> bool {
        if !self.yearly {
            return (self.from..=self.to).contains(&day);
        }
        let of = |date: Date| (date.month(), date.day());
        let (from, to, day) = (of(self.from), of(self.to), of(day));
        if from <= to { (from..=to).contains(&day) } else { day >= from || day <= to }
    }
}

impl When {
    pub(crate) fn holds(&self, at: Timestamp, calendar: &Calendar) -> bool {
        let local = at.to_zoned(calendar.zone.clone());
        let (today, yesterday) = (local.date(), local.date().yesterday().ok());
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        if self.hours.is_empty() {
            return self.on(today, calendar);
        }
        self.hours.iter().any(|shift| {
            ((shift.start..shift.end).contains(&minute) && self.on(today, calendar))
                || (minute + DAY_MINUTES < shift.end && yesterday.is_some_and(|day| self.on(day, calendar)))
        })
    }

    fn on(&self, day: Date, calendar: &Calendar) -> bool {
        (self.weekdays.is_empty() || self.weekdays.contains(&day.weekday()))
            && (self.dates.is_empty() || self.dates.iter().any(|dates| dates.has(day)))
            && self.holiday.is_none_or(|holiday| holiday == calendar.holidays.contains(&day))
    }
}

impl Plan {
    /// The profile of automatic replies at `at`, by its id: the first of the plan's own that holds, or none.
    #[must_use]
    pub fn special_profile(&self, at: Timestamp) -> Option<&str> {
        self.special(at).map(|profile| profile.id.as_str())
    }

    /// What clients are told automatically at `at`, while there is no force majeure.
    #[must_use]
    pub fn greeting(&self, at: Timestamp) -> &Text {
        self.special(at).map_or_else(|| self.reply(self.reply_profile(at)), |profile| &profile.text)
    }

    fn special(&self, at: Timestamp) -> Option<&Profile> {
        let calendar = self.calendar(&self.replies.calendar)?;
        self.replies.profiles.iter().find(|profile| profile.when.holds(at, calendar))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automation::ReplyProfile;

    /// What the demonstration says at a time on the clocks of Moscow.
    fn told(at: &str) -> Option<String> {
        let plan = Plan::parse("demo.toml", crate::DEMO).expect("the demonstration has no faults");
        plan.special_profile(at.parse().expect("an instant")).map(str::to_owned)
    }

    #[test]
    fn a_profile_holds_by_hour_weekday_date_and_holiday() {
        assert_eq!(told("2026-12-30T12:00:00+03:00").as_deref(), Some("new-year"));
        assert_eq!(told("2031-01-02T12:00:00+03:00").as_deref(), Some("new-year"), "every year, over its end");
        assert_eq!(told("2031-01-20T12:00:00+03:00"), None);
        assert_eq!(told("2026-09-18T18:30:00+03:00").as_deref(), Some("friday-evening"));
        assert_eq!(told("2026-09-17T18:30:00+03:00"), None, "a Thursday");
        assert_eq!(told("2026-09-19T01:00:00+03:00").as_deref(), Some("friday-evening"), "past midnight");
        assert_eq!(told("2026-09-19T02:00:00+03:00"), None);
    }

    #[test]
    fn where_no_profile_holds_the_customary_four_do() {
        let plan = Plan::parse("demo.toml", crate::DEMO).expect("the demonstration has no faults");
        let noon = "2026-09-17T12:00:00+03:00".parse().expect("an instant");
        assert_eq!(plan.greeting(noon), plan.reply(ReplyProfile::WorkingHours));
    }
}
