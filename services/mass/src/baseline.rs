//! How many requests come in which hour of the week, learned as they come.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Hours of a week.
const HOURS: usize = 168;
/// How much of what was known a new week replaces.
const NEW_WEEK: f64 = 0.3;
/// An hour that was never seen counts as so many weeks of the average hour.
const PRIOR_WEEKS: f64 = 1.0;
/// After a longer silence, in hours, nothing more is learned from it.
const SILENCE_HOURS_MAX: i64 = 336;
/// The longest window that can be looked back to, in minutes.
pub(crate) const MINUTES_MAX: i64 = 360;

/// The volume of one organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Baseline {
    /// Mean number of requests, and how many weeks it is of, for each hour from Monday 0:00 in the organization's zone.
    hours: Vec<(f64, f64)>,
    /// The hour that is being counted, since 1970.
    hour: Option<i64>,
    count: u32,
    /// Requests of each minute since 1970, of the last [`MINUTES_MAX`].
    minutes: Vec<(i64, u32)>,
}

impl Default for Baseline {
    fn default() -> Self {
        Self { hours: vec![(0.0, 0.0); HOURS], hour: None, count: 0, minutes: Vec::new() }
    }
}

impl Baseline {
    /// One request came.
    pub(crate) fn count(&mut self, at: Timestamp, zone: &TimeZone) {
        self.pass(at, zone);
        self.count += 1;
        let minute = at.as_second().div_euclid(60);
        match self.minutes.last_mut() {
            // One that comes late in the log counts where the log stands.
            Some((last, count)) if *last >= minute => *count += 1,
            _ => self.minutes.push((minute, 1)),
        }
        let gone = self.minutes.partition_point(|(known, _)| *known <= minute - MINUTES_MAX);
        self.minutes.drain(..gone);
    }

    /// Learns the hours that ended before `at`, the silent ones too.
    fn pass(&mut self, at: Timestamp, zone: &TimeZone) {
        let hour = at.as_second().div_euclid(3600);
        let Some(counted) = self.hour else {
            self.hour = Some(hour);
            return;
        };
        if hour <= counted {
            return;
        }
        self.learn(counted, self.count, zone);
        for silent in counted + 1..hour.min(counted + SILENCE_HOURS_MAX) {
            self.learn(silent, 0, zone);
        }
        (self.hour, self.count) = (Some(hour), 0);
    }

    fn learn(&mut self, hour: i64, count: u32, zone: &TimeZone) {
        let Some((mean, weeks)) = self.hours.get_mut(hour_of_week(hour, zone)) else { return };
        let part = (1.0 / (*weeks + 1.0)).max(NEW_WEEK);
        *mean += (f64::from(count) - *mean) * part;
        *weeks = (*weeks + 1.0).min(1.0 / NEW_WEEK);
    }

    /// How many requests to expect in the time up to `at`.
    pub(crate) fn expected(&self, at: Timestamp, window: SignedDuration, zone: &TimeZone) -> f64 {
        let (known, weeks) =
            self.hours.iter().fold((0.0, 0.0), |(sum, all), (mean, weeks)| (sum + mean * weeks, all + weeks));
        let average = if weeks > 0.0 { known / weeks } else { 0.0 };
        let (end, mut begin) = (at.as_second(), at.as_second() - window.as_secs());
        let mut sum = 0.0;
        while begin < end {
            let hour = begin.div_euclid(3600);
            let until = end.min((hour + 1) * 3600);
            let (mean, weeks) = self.hours.get(hour_of_week(hour, zone)).copied().unwrap_or_default();
            let rate = (mean * weeks + average * PRIOR_WEEKS) / (weeks + PRIOR_WEEKS);
            sum += rate * (until - begin) as f64 / 3600.0;
            begin = until;
        }
        sum
    }

    /// How many requests came in the time up to `at`.
    pub(crate) fn observed(&self, at: Timestamp, window: SignedDuration) -> u32 {
        let since = (at.as_second() - window.as_secs()).div_euclid(60);
        let from = self.minutes.partition_point(|(minute, _)| *minute <= since);
        self.minutes.iter().skip(from).map(|(_, count)| count).sum()
    }
}

fn hour_of_week(hour: i64, zone: &TimeZone) -> usize {
    let at = Timestamp::from_second(hour.saturating_mul(3600)).unwrap_or(Timestamp::UNIX_EPOCH);
    let local = zone.to_datetime(at);
    let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
    day * 24 + usize::try_from(local.hour()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_the_week_is_expected_as_it_was() {
        let (mut baseline, zone) = (Baseline::default(), TimeZone::UTC);
        let monday: Timestamp = "2026-01-05T00:00:00Z".parse().expect("an instant");
        for hour in 0..24 * 28 {
            let busy = hour % 168 == 9;
            for _ in 0..if busy { 60 } else { 2 } {
                baseline.count(monday + SignedDuration::from_hours(hour), &zone);
            }
        }
        let at = |hour: i64| monday + SignedDuration::from_hours(24 * 28 + hour);
        let hour = SignedDuration::from_hours(1);
        assert!(baseline.expected(at(10), hour, &zone) > 40.0, "Monday from 9 to 10");
        assert!(baseline.expected(at(12), hour, &zone) < 3.0);
        assert!((baseline.expected(at(14), SignedDuration::from_mins(30), &zone) - 1.0).abs() < 0.3);
    }
}
