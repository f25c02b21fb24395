//! The working and the other time of a calendar as it goes by.

use std::collections::VecDeque;

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};

use crate::calendar::{Calendar, Hours};

/// A stretch of time under one rule of a calendar; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its first instant.
    pub from: Timestamp,
    /// The instant after it.
    pub to: Timestamp,
    /// The rule.
    pub hours: Hours,
}

impl Calendar {
    /// The time from `from` to `to` in stretches, without a gap; walked day by day, as far as it is asked for.
    pub fn stretches(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Stretch> + '_ {
        Stretches { calendar: self, at: from, to, same_offset_until: from, today: VecDeque::new() }
    }
}

struct Stretches<'c> {
    calendar: &'c Calendar,
    at: Timestamp,
    to: Timestamp,
    /// Until here the clocks are not put forward or back.
    same_offset_until: Timestamp,
    today: VecDeque<Stretch>,
}

impl Iterator for Stretches<'_> {
    type Item = Stretch;

    fn next(&mut self) -> Option<Stretch> {
        while self.today.is_empty() && self.at < self.to {
            self.walk_a_day();
        }
        self.today.pop_front()
    }
}

impl Stretches<'_> {
    /// Walks to the next midnight, or to where the clocks are changed. In between a time on the clock and an instant
    /// are the same distance apart, so that every minute of the day is met, and met once.
    fn walk_a_day(&mut self) {
        let zone = &self.calendar.zone;
        if self.at >= self.same_offset_until {
            let change = zone.following(self.at).next().map(|change| change.timestamp());
            self.same_offset_until = change.unwrap_or(Timestamp::MAX);
        }
        let offset = zone.to_offset(self.at);
        let local = offset.to_datetime(self.at);
        let since_midnight = local.time().duration_since(Time::midnight());
        let instant = |minute: u16| {
            let from_here = SignedDuration::from_mins(i64::from(minute)).saturating_sub(since_midnight);
            self.at.saturating_add(from_here).unwrap_or(Timestamp::MAX)
        };
        let mut reached = self.at;
        for part in self.calendar.parts(local.date()) {
            let (from, to) = (instant(part.start).max(self.at), instant(part.end));
            let to = to.min(self.same_offset_until).min(self.to);
            if from < to {
                self.today.push_back(Stretch { from, to, hours: part.hours });
                reached = to;
            }
        }
        // At the very end of time there is no next day; there the walk is over.
        self.at = if reached > self.at { reached } else { self.to };
    }
}
