//! Hours, days, weeks and months on an organization's clock.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The hour since 1970 in which `at` lies.
#[must_use]
pub fn hour_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3_600)
}

/// When an hour since 1970 begins.
#[must_use]
pub fn begin_of_hour(hour: i64) -> Timestamp {
    Timestamp::from_second(hour.saturating_mul(3_600)).unwrap_or_default()
}

/// How much time a point of a series takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// An hour.
    Hour,
    /// A day in the organization's zone.
    Day,
    /// A week from Monday.
    Week,
    /// A month.
    Month,
}

impl Period {
    /// The day in `zone` to which an hour counts: that on which it begins. Where a zone is half an hour off, midnight is too.
    #[must_use]
    pub fn day_of(hour: i64, zone: &TimeZone) -> Date {
        zone.to_datetime(begin_of_hour(hour)).date()
    }

    /// The first day of the period of days in which `day` lies.
    #[must_use]
    pub fn first_day(self, day: Date) -> Date {
        match self {
            Self::Hour | Self::Day => day,
            Self::Week => {
                let since = i64::from(day.weekday().since(Weekday::Monday));
                day.checked_sub(since.days()).unwrap_or(day)
            }
            Self::Month => day.first_of_month(),
        }
    }

    /// The first day after the period of days that begins on `first`.
    #[must_use]
    pub fn next_day(self, first: Date) -> Date {
        let span = match self {
            Self::Hour | Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
        };
        first.checked_add(span).unwrap_or(Date::MAX)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_hour_counts_to_the_day_of_the_organizations_clock() {
        let zone = TimeZone::get("Asia/Yekaterinburg").expect("it is in the data");
        let at = |text: &str| hour_of(text.parse().expect("an instant"));
        assert_eq!(Period::day_of(at("2026-09-14T18:59:59Z"), &zone), date(2026, 9, 14));
        assert_eq!(Period::day_of(at("2026-09-14T19:00:00Z"), &zone), date(2026, 9, 15));
        assert_eq!(Period::Week.first_day(date(2026, 9, 20)), date(2026, 9, 14));
        assert_eq!(Period::Month.next_day(Period::Month.first_day(date(2026, 12, 20))), date(2027, 1, 1));
    }
}
