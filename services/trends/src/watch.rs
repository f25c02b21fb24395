//! Whether a number is otherwise than usual.
//!
//! What is usual is the median of the same hours of the last weeks, on the organization's clock: one bad week changes it
//! little, and a change that stays is the new usual after four weeks. How far a number may be from that is learned too: it is
//! taken as negative binomial, with as much variance beyond that of chance as the median of all past deviations shows (the
//! median absolute deviation, F. R. Hampel, 1974), and for as much as a median of few weeks is off by itself. So the chance of
//! a number is what it would be were nothing otherwise, and the plan says how many false alarms it takes.

use std::collections::BTreeMap;

use chance::{at_least, at_most};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::count::{Count, Counts};
use crate::period::{begin_of_hour, hour_of};

/// So many weeks are looked back at.
pub const WEEKS_MAX: i64 = 8;

/// With fewer nothing is told.
pub const WEEKS_MIN: usize = 3;

/// Looked at are the last hour, quarter of a day, day and week: the sudden, the slow, and where little is asked.
pub const WINDOWS: [i64; 4] = [1, 6, 24, 168];

/// Hours of a month, for each of which it is looked.
const HOURS_OF_A_MONTH: f64 = 720.0;

/// Less than so many times the usual is nothing to call anybody for, however sure it is.
const FACTOR: f64 = 1.3;

/// It is over when it is less than so many times the usual, or no rarer than so.
const CALM_FACTOR: f64 = 1.15;
const CALM_CHANCE: f64 = 0.05;

/// A share is taken for as sure as if so many more had been counted at the usual one.
const PRIOR: f64 = 20.0;

/// Fewer are expected nowhere.
const EXPECTED_MIN: f64 = 0.3;

/// By how much a median of `n` numbers varies more than one of them: pi / 2 in n.
const MEDIAN_VARIANCE: f64 = 1.57;

/// The median of how far a normal number is from its mean, in standard deviations.
const NORMAL_DEVIATION: f64 = 0.6745;

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alarm {
    /// More tickets come than usual.
    Volume,
    /// A larger share of them sounds angry, afraid or disappointed.
    Mood,
    /// More are opened again, for what is solved.
    Reopened,
    /// More are late, with the response or the solution.
    Overdue,
    /// A larger share is handed over to the line above: at line 0 fewer are closed at once.
    HandedOver,
    /// Fewer tickets come than usual: a form, a mailbox or a line may be out of order.
    Silence,
}

impl Alarm {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Volume, Self::Mood, Self::Reopened, Self::Overdue, Self::HandedOver, Self::Silence];

    /// Its name in plans.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Mood => "mood",
            Self::Reopened => "reopened",
            Self::Overdue => "overdue",
            Self::HandedOver => "handed-over",
            Self::Silence => "silence",
        }
    }

    /// Whether less than usual is what is told, and not more.
    #[must_use]
    pub fn is_of_less(self) -> bool {
        self == Self::Silence
    }

    /// What is counted.
    #[must_use]
    pub fn part(self, counts: &Counts) -> i64 {
        match self {
            Self::Volume | Self::Silence => counts.get(Count::Registered),
            Self::Mood => counts.get(Count::FirstNegative),
            Self::Reopened => counts.get(Count::Reopened),
            Self::Overdue => counts.sum(&[Count::LateResponse, Count::LateResolution]),
            Self::HandedOver => counts.get(Count::HandedOver),
        }
    }

    /// Of how many; none where the number itself is what counts.
    #[must_use]
    pub fn whole(self, counts: &Counts) -> Option<i64> {
        match self {
            Self::Volume | Self::Overdue | Self::Silence => None,
            Self::Mood => Some(counts.sum(&[Count::FirstNegative, Count::FirstNeutral, Count::FirstPositive])),
            Self::Reopened => Some(counts.get(Count::Resolved)),
            Self::HandedOver => Some(counts.get(Count::Registered)),
        }
    }
}

/// How it is watched.
#[derive(Debug, Clone)]
pub struct Settings {
    /// So many false alarms a month are taken, over all that is watched at one line.
    pub false_alarms_a_month: f64,
    /// How many alarms are watched.
    pub alarms: usize,
    /// Fewer are nothing to call anybody for.
    pub least: u32,
    /// On whose clock weeks repeat.
    pub zone: TimeZone,
}

/// What is otherwise than usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What.
    pub alarm: Alarm,
    /// In the hours before this one since 1970.
    pub end: i64,
    /// How many hours.
    pub hours: i64,
    /// How many there were.
    pub count: i64,
    /// Of how many; none where the number itself is what counts.
    pub of: Option<i64>,
    /// How many were to be expected.
    pub expected: f64,
    /// The chance of so many, were all as usual.
    pub chance: f64,
}

impl Change {
    /// Whether so many came; or were to come, where less is what is told.
    fn is_of_at_least(&self, least: u32) -> bool {
        let many = if self.alarm.is_of_less() { self.expected } else { self.count as f64 };
        many >= f64::from(least)
    }

    /// Whether it is so many times the usual, or less than the usual by as much.
    fn is_off_by(&self, factor: f64) -> bool {
        match self.alarm.is_of_less() {
            true => self.count as f64 * factor <= self.expected,
            false => self.count as f64 >= factor * self.expected,
        }
    }
}

/// The totals of each hour since 1970 that anything is known of. An hour that is not there had nothing.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// What each alarm counts, and of how many.
    hours: BTreeMap<i64, [(i64, i64); Alarm::ALL.len()]>,
    first: Option<i64>,
}

impl Past {
    /// Puts the totals of an hour.
    pub fn put(&mut self, hour: i64, counts: &Counts) {
        self.first = Some(self.first.map_or(hour, |first| first.min(hour)));
        let of = |alarm: Alarm| (alarm.part(counts), alarm.whole(counts).unwrap_or_default());
        self.hours.insert(hour, Alarm::ALL.map(of));
    }

    /// The hours before `end`, and how far back weeks repeat: the window at its place in each of the last weeks, the latest
    /// first. As many as are known whole.
    fn weeks(&self, end: i64, hours: i64, zone: &TimeZone) -> Vec<i64> {
        let first = self.first.unwrap_or(end);
        let weeks = (1..=WEEKS_MAX).map(|back| weeks_before(end, back, zone));
        weeks.take_while(|end| end - hours >= first).collect()
    }

    fn window(&self, alarm: Alarm, end: i64, hours: i64) -> (f64, f64) {
        let of = self.hours.range(end - hours..end).map(|(_, all)| all[alarm as usize]);
        let (part, whole) = of.fold((0, 0), |sum, hour| (sum.0 + hour.0, sum.1 + hour.1));
        (part as f64, whole as f64)
    }

    /// What is otherwise than usual in the hours before `end`; the least likely of the windows that tell. Only hours from
    /// `since` on count: what was told and is over is not told again by a longer window.
    #[must_use]
    pub fn look(&self, alarm: Alarm, end: i64, since: i64, settings: &Settings) -> Option<Change> {
        let tests = HOURS_OF_A_MONTH * WINDOWS.len() as f64 * settings.alarms.max(1) as f64;
        let limit = settings.false_alarms_a_month / tests;
        let new = WINDOWS.into_iter().filter(|hours| end - hours >= since);
        let found = new.filter_map(|hours| {
            let change = self.judge(alarm, end, hours, settings)?;
            let is_large = change.is_of_at_least(settings.least) && change.is_off_by(FACTOR);
            (is_large && change.chance <= limit).then_some(change)
        });
        found.min_by(|one, other| one.chance.total_cmp(&other.chance))
    }

    /// Whether what was told is over at `end`: in the hours since then, a day of them at most, and no fewer than those by which
    /// it was told. So what was sudden is over at once, and what goes on does not end because it is night.
    #[must_use]
    pub fn is_calm(&self, told: &Change, end: i64, settings: &Settings) -> bool {
        let hours = (end - told.end).clamp(told.hours, told.hours.max(24));
        let Some(now) = self.judge(told.alarm, end, hours, settings) else { return true };
        !now.is_of_at_least(settings.least) || !now.is_off_by(CALM_FACTOR) || now.chance > CALM_CHANCE
    }

    /// How the hours before `end` compare with the weeks before; none while too few are known.
    #[must_use]
    pub fn judge(&self, alarm: Alarm, end: i64, hours: i64, settings: &Settings) -> Option<Change> {
        let weeks = self.weeks(end, hours, &settings.zone);
        if weeks.len() < WEEKS_MIN {
            return None;
        }
        let usual = Usual { past: self, alarm, hours, share: self.usual_share(alarm, &weeks) };
        let (part, whole) = self.window(alarm, end, hours);
        let expected = usual.expected(whole, weeks.iter().copied());
        let count = u32::try_from(part as i64).unwrap_or(0);
        let off = MEDIAN_VARIANCE / weeks.len() as f64;
        let shape = |extra: f64| 1.0 / (off / expected + extra * (1.0 + off));
        // What chance alone does not bring about is seldom; only then is it worth to learn what is.
        let of_so_many = if alarm.is_of_less() { at_most } else { at_least };
        let mut chance = of_so_many(count, expected, shape(0.0));
        if chance <= CALM_CHANCE {
            chance = of_so_many(count, expected, shape(usual.extra_variance(&weeks)));
        }
        let of = alarm.whole(&Counts::default()).map(|_| whole as i64);
        Some(Change { alarm, end, hours, count: part as i64, of, expected, chance })
    }

    /// The share in all hours of the last weeks; none where the number itself is what counts.
    fn usual_share(&self, alarm: Alarm, weeks: &[i64]) -> Option<f64> {
        alarm.whole(&Counts::default())?;
        let (last, first) = (weeks.first()?, weeks.last()?);
        let (part, whole) = self.window(alarm, *last, last - first + 168);
        Some(if whole > 0.0 { part / whole } else { 0.0 })
    }
}

/// The hour since 1970 that is so many weeks before on the clock of `zone`.
#[must_use]
pub fn weeks_before(hour: i64, back: i64, zone: &TimeZone) -> i64 {
    let then = begin_of_hour(hour).to_zoned(zone.clone()).checked_sub(back.weeks());
    then.map_or(hour - back * 168, |then| hour_of(then.timestamp()))
}

/// What is usual of one alarm in windows of one length.
struct Usual<'p> {
    past: &'p Past,
    alarm: Alarm,
    hours: i64,
    share: Option<f64>,
}

impl Usual<'_> {
    /// How many to expect, by the same window in these weeks; of `whole`, where a share is what counts.
    fn expected(&self, whole: f64, weeks: impl Iterator<Item = i64>) -> f64 {
        let windows = weeks.map(|end| self.past.window(self.alarm, end, self.hours));
        let expected = match self.share {
            Some(share) => {
                whole * median(windows.map(|(part, whole)| (part + PRIOR * share) / (whole + PRIOR)).collect())
            }
            None => {
                let all: Vec<f64> = windows.map(|(part, _)| part).collect();
                let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
                // Where most weeks had nothing, the median knows less than the mean.
                median(all).max(mean / 2.0)
            }
        };
        expected.max(EXPECTED_MIN)
    }

    /// By how much numbers vary beyond chance: the variance is that of chance, and so many times the square of what is
    /// expected. Such that the median deviation is what a normal number has.
    fn extra_variance(&self, weeks: &[i64]) -> f64 {
        let others = weeks.len().saturating_sub(1).max(1) as f64;
        let off = MEDIAN_VARIANCE / others;
        let mut deviations = Vec::new();
        for back in 0..168 / self.hours {
            let ends = weeks.iter().map(|end| end - back * self.hours);
            let known: Vec<i64> = ends.filter(|end| end - self.hours >= self.past.first.unwrap_or(i64::MAX)).collect();
            if known.len() < WEEKS_MIN {
                continue;
            }
            for left_out in &known {
                let (part, whole) = self.past.window(self.alarm, *left_out, self.hours);
                let expected = self.expected(whole, known.iter().copied().filter(|end| end != left_out));
                if expected >= 1.0 {
                    deviations.push(((part - expected).abs(), expected));
                }
            }
        }
        let too_small = |extra: f64| {
            let scaled = deviations.iter().map(|(deviation, expected)| {
                deviation / ((1.0 + off) * (expected + extra * expected * expected)).sqrt()
            });
            median(scaled.collect()) > NORMAL_DEVIATION
        };
        let (mut low, mut high) = (0.0, 4.0);
        if deviations.is_empty() || !too_small(low) {
            return 0.0;
        }
        for _ in 0..16 {
            let middle = (low + high) / 2.0;
            if too_small(middle) { low = middle } else { high = middle }
        }
        high
    }
}

/// The middle one, or the mean of the two in the middle; 0 of none.
pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    let middle = of.len() / 2;
    if of.is_empty() {
        return 0.0;
    }
    let (below, high, _) = of.select_nth_unstable_by(middle, f64::total_cmp);
    let high = *high;
    let low = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if of.len().is_multiple_of(2) { f64::midpoint(low, high) } else { high }
}
