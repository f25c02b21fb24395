//! Who carries a change: which category, product, zone, channel or language.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::cell::Side;
use crate::count::Counts;
use crate::page::Page;
use crate::watch::{Alarm, Change};

/// So many are told, one of a side.
const CAUSES_MAX: usize = 3;

/// It carries at least this share of the change,
const SHARE_MIN: f64 = 0.4;

/// and so many times what it carries of the usual: else it only is large.
const LIFT_MIN: f64 = 1.25;

/// Something that carries much of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// On which side.
    pub side: Side,
    /// What stands there.
    pub name: String,
    /// How many there were of it.
    pub count: i64,
    /// How many were to be expected.
    pub expected: f64,
    /// The part of the whole change that it carries, in per cent; 100 too when others went the other way.
    pub percent: u32,
}

/// What carries `change`, most first: by the pages of its window now, and of the same window in the weeks before.
#[must_use]
pub fn causes(change: &Change, now: &Page, before: &[Page]) -> Vec<Cause> {
    let all = change.count as f64 - change.expected;
    if all == 0.0 || (all < 0.0) != change.alarm.is_of_less() || before.is_empty() {
        return Vec::new();
    }
    let usual = before.iter().fold(Page::default(), |mut sum, page| {
        sum.merge(page);
        sum
    });
    let share = share_of(change.alarm, &usual.total());
    let mut found: Vec<(f64, Cause)> = Vec::new();
    for side in Side::ALL {
        let known = usual.by(side, |_| true);
        let mut here = now.by(side, |_| true);
        // What is missing may be missing altogether.
        known.keys().for_each(|name| _ = here.entry(name.clone()).or_default());
        let of_side = here.into_iter().filter(|(name, _)| !name.is_empty()).map(|(name, counts)| {
            let count = change.alarm.part(&counts);
            let of = known.get(&name).cloned().unwrap_or_default();
            let expected = match (share, change.alarm.whole(&counts)) {
                (Some(share), Some(whole)) => whole as f64 * own_share(change.alarm, &of, share),
                _ => change.alarm.part(&of) as f64 / before.len() as f64,
            };
            let carries = (count as f64 - expected) / all;
            let lift = carries / (expected / change.expected).max(1e-9);
            let percent = (carries * 100.0).round().clamp(0.0, 100.0) as u32;
            (carries, lift, Cause { side, name, count, expected, percent })
        });
        let telling = of_side.filter(|(carries, lift, _)| *carries >= SHARE_MIN && *lift >= LIFT_MIN);
        let best = telling.max_by(|(one, ..), (other, ..)| one.total_cmp(other));
        found.extend(best.map(|(carries, _, cause)| (carries, cause)));
    }
    // Of those that carry as much, in tenths, the first side tells best.
    found.sort_by_key(|(carries, _)| Reverse((carries.min(1.0) * 10.0).round() as i64));
    found.into_iter().take(CAUSES_MAX).map(|(_, cause)| cause).collect()
}

fn share_of(alarm: Alarm, counts: &Counts) -> Option<f64> {
    let (part, whole) = (alarm.part(counts) as f64, alarm.whole(counts)? as f64);
    Some(if whole > 0.0 { part / whole } else { 0.0 })
}

/// Its own usual share, drawn to that of all where little is known of it.
fn own_share(alarm: Alarm, of: &Counts, all: f64) -> f64 {
    let (part, whole) = (alarm.part(of) as f64, alarm.whole(of).unwrap_or_default() as f64);
    (part + 5.0 * all) / (whole + 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Cell;
    use crate::count::Count;

    fn page(of: &[(&str, &str, i64)]) -> Page {
        let mut page = Page::default();
        for (category, language, number) in of {
            let cell = Cell { category: (*category).into(), language: (*language).into(), ..Cell::default() };
            page.add(&cell, Count::Registered, *number);
        }
        page
    }

    #[test]
    fn what_grew_is_the_cause_and_what_only_is_large_is_none() {
        let week = page(&[("internet", "ru", 40), ("tv", "ru", 50), ("tv", "en", 10)]);
        let now = page(&[("internet", "ru", 95), ("tv", "ru", 55), ("tv", "en", 10)]);
        let change =
            Change { alarm: Alarm::Volume, end: 0, hours: 6, count: 160, of: None, expected: 100.0, chance: 1e-9 };
        let causes = causes(&change, &now, &[week.clone(), week]);
        assert_eq!(causes.len(), 1, "{causes:?}: nearly all speak Russian, as ever");
        assert_eq!((causes[0].side, causes[0].name.as_str(), causes[0].percent), (Side::Category, "internet", 92));
        assert_eq!((causes[0].count, causes[0].expected), (95, 40.0));
    }

    #[test]
    fn what_is_missing_altogether_is_the_cause_of_silence() {
        let week = page(&[("internet", "ru", 40), ("tv", "ru", 50), ("billing", "ru", 10)]);
        let now = page(&[("tv", "ru", 48), ("billing", "ru", 12)]);
        let change =
            Change { alarm: Alarm::Silence, end: 0, hours: 6, count: 60, of: None, expected: 100.0, chance: 1e-9 };
        let found = causes(&change, &now, &[week.clone(), week]);
        assert_eq!((found.len(), found[0].name.as_str(), found[0].count), (1, "internet", 0), "{found:?}");
        assert_eq!((found[0].percent, found[0].expected), (100, 40.0));
    }
}
