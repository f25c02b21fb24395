//! Weeks of made-up counts of which it is known what changed, to measure the watch by. Nothing here is used by a service.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::cell::{Cell, Side};
use crate::count::Count;
use crate::page::Page;
use crate::watch::{Alarm, Change, Past, Settings};
use crate::{cause, watch};

/// Weeks before the measured ones.
const WARM_UP_WEEKS: i64 = 8;

/// Weeks that are measured.
pub const MEASURED_WEEKS: i64 = 4;

/// When a change begins: Tuesday of the second measured week, 10:00.
const BEGINS: i64 = (WARM_UP_WEEKS + 1) * 168 + 24 + 10;

/// The first hour: a Monday, 0:00, since 1970.
const START: i64 = 490_992;

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing.
    Quiet,
    /// One category is asked for three times as often from one hour on: about half as many again in all.
    Step,
    /// All of it grows by 6 % a day, ten days long.
    Rise,
    /// Three times as many requests of one category, which is a quarter of all, sound negative.
    MoodDrop,
    /// What line 0 answered goes on to a person: 60 % are handed over in place of 40 %.
    Deflection,
    /// One category, two fifths of all, is not asked for any more: what it came by is out of order.
    Silence,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Quiet, Self::Step, Self::Rise, Self::MoodDrop, Self::Deflection, Self::Silence];

    /// What it is, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet weeks",
            Self::Step => "step, one category ×3",
            Self::Rise => "slow rise, 6 % a day",
            Self::MoodDrop => "mood of one category worse ×3",
            Self::Deflection => "handed over, 40 to 60 %",
            Self::Silence => "silence of one category",
        }
    }

    /// What should be told.
    fn alarm(self) -> Option<Alarm> {
        match self {
            Self::Quiet => None,
            Self::Step | Self::Rise => Some(Alarm::Volume),
            Self::MoodDrop => Some(Alarm::Mood),
            Self::Deflection => Some(Alarm::HandedOver),
            Self::Silence => Some(Alarm::Silence),
        }
    }

    /// What should be named as the cause.
    fn cause(self) -> Option<&'static str> {
        match self {
            Self::Step | Self::MoodDrop => Some(CATEGORIES[1].0),
            Self::Silence => Some(CATEGORIES[0].0),
            Self::Quiet | Self::Rise | Self::Deflection => None,
        }
    }
}

/// Categories with their share.
const CATEGORIES: [(&str, f64); 4] = [("tv", 0.4), ("internet", 0.25), ("billing", 0.2), ("other", 0.15)];

/// What was told in the measured weeks.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// Of what is no change.
    pub false_alarms: usize,
    /// From when it began until it was told, in hours; none when it never was.
    pub hours: Option<i64>,
    /// Whether the category was named; none when there is none to be named, or nothing was told.
    pub named: Option<bool>,
}

/// Chance as an argument: the same seed makes the same weeks (S. Vigna's SplitMix64).
struct Dice(u64);

impl Dice {
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A Poisson number (D. Knuth, The Art of Computer Programming 2, 3.4.1), in pieces that do not underflow.
    fn poisson(&mut self, rate: f64) -> i64 {
        let (mut left, mut count) = (rate, 0);
        while left > 0.0 {
            let piece = left.min(30.0);
            let (limit, mut product) = ((-piece).exp(), self.part());
            while product > limit {
                product *= self.part();
                count += 1;
            }
            left -= piece;
        }
        count
    }

    /// A normal number, nearly (the sum of twelve).
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.part()).sum::<f64>() - 6.0
    }
}

/// How busy an hour of the week is, with 1 on the average.
fn busy(hour: i64) -> f64 {
    let (day, of_day) = (hour.div_euclid(24).rem_euclid(7), hour.rem_euclid(24));
    let by_hour = match of_day {
        0..=6 => 0.15,
        7..=8 => 0.8,
        9..=17 => 1.9,
        18..=21 => 1.1,
        _ => 0.4,
    };
    by_hour * if day >= 5 { 0.55 } else { 1.18 }
}

fn made(hour: i64, a_day: f64, day_factor: f64, scenario: Scenario, dice: &mut Dice) -> Page {
    let since = hour - BEGINS;
    let mut page = Page::default();
    for (place, (category, share)) in CATEGORIES.iter().enumerate() {
        let is_one = place == 1;
        let factor = match scenario {
            Scenario::Step if since >= 0 && is_one => 3.0,
            Scenario::Silence if since >= 0 && place == 0 => 0.0,
            Scenario::Rise if since >= 0 => 1.06_f64.powf((since as f64 / 24.0).min(10.0)),
            _ => 1.0,
        };
        let rate = a_day / 24.0 * share * busy(hour) * day_factor * factor;
        let negative = if scenario == Scenario::MoodDrop && since >= 0 && is_one { 0.45 } else { 0.15 };
        let up = if scenario == Scenario::Deflection && since >= 0 { 0.6 } else { 0.4 };
        let cell = Cell { category: (*category).to_owned(), ..Cell::default() };
        let parts = [(negative, up), (negative, 1.0 - up), (1.0 - negative, up), (1.0 - negative, 1.0 - up)];
        for (number, (mood, passed)) in parts.into_iter().enumerate() {
            let count = dice.poisson(rate * mood * passed);
            page.add(&cell, Count::Registered, count);
            page.add(&cell, if number < 2 { Count::FirstNegative } else { Count::FirstNeutral }, count);
            if number % 2 == 0 {
                page.add(&cell, Count::HandedOver, count);
            }
        }
        let (late, solved) = (dice.poisson(rate * 0.04), dice.poisson(rate * 0.9));
        page.add(&cell, Count::LateResolution, late);
        page.add(&cell, Count::Resolved, solved);
        let reopened = dice.poisson(rate * 0.9 * 0.05);
        page.add(&cell, Count::Reopened, reopened);
    }
    page
}

/// Lets the weeks of an organization with so many requests a day pass, each day busier or calmer by some 8 %.
#[must_use]
pub fn run(a_day: f64, scenario: Scenario, false_alarms_a_month: f64, seed: u64) -> Score {
    let settings = Settings { false_alarms_a_month, alarms: Alarm::ALL.len(), least: 5, zone: TimeZone::UTC };
    let (mut dice, mut past, mut pages) = (Dice(seed), Past::default(), Vec::new());
    let mut open: Vec<Change> = Vec::new();
    let mut since: BTreeMap<Alarm, i64> = BTreeMap::new();
    let (mut score, mut day_factor) = (Score::default(), 1.0);
    for hour in 0..(WARM_UP_WEEKS + MEASURED_WEEKS) * 168 {
        if hour % 24 == 0 {
            day_factor = (0.08 * dice.normal()).exp();
        }
        let page = made(hour, a_day, day_factor, scenario, &mut dice);
        past.put(START + hour, &page.total());
        pages.push(page);
        if hour < WARM_UP_WEEKS * 168 {
            continue;
        }
        let end = START + hour + 1;
        let (over, still): (Vec<Change>, _) = open.into_iter().partition(|told| past.is_calm(told, end, &settings));
        since.extend(over.into_iter().map(|told| (told.alarm, end)));
        open = still;
        for alarm in Alarm::ALL {
            if open.iter().any(|told| told.alarm == alarm) {
                continue;
            }
            let after = since.get(&alarm).copied().unwrap_or(0);
            let Some(change) = past.look(alarm, end, after, &settings) else { continue };
            open.push(change);
            // More requests make more that are late; that is no false alarm.
            let follows = alarm == Alarm::Overdue && scenario.alarm() == Some(Alarm::Volume);
            if hour < BEGINS || (scenario.alarm() != Some(alarm) && !follows) {
                score.false_alarms += 1;
            } else if !follows && score.hours.is_none() {
                score.hours = Some(hour + 1 - BEGINS);
                score.named = scenario.cause().map(|name| is_named(&change, &pages, name));
            }
        }
    }
    score
}

fn is_named(change: &Change, pages: &[Page], name: &str) -> bool {
    let window = |back: i64| {
        let hours = change.end - change.hours - back * 168..change.end - back * 168;
        hours.fold(Page::default(), |mut sum, hour| {
            let page = usize::try_from(hour - START).ok().and_then(|place| pages.get(place));
            page.into_iter().for_each(|page| sum.merge(page));
            sum
        })
    };
    let before: Vec<Page> = (1..=watch::WEEKS_MAX).map(window).collect();
    let told = cause::causes(change, &window(0), &before);
    told.first().is_some_and(|cause| cause.side == Side::Category && cause.name == name)
}
