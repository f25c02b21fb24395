//! When there is work: weekly hours, holidays, days with hours of their own, closures.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// Minutes on the clock of a whole day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// Working hours without a break. They belong to the day on which they begin, also what of them lies past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shift {
    /// The first minute, counted from midnight; below 1440.
    pub start: u16,
    /// The minute after the last one, counted from that same midnight: 1440 is the next midnight, 1560 is 02:00 of the
    /// next day. At most 1440 after `start`.
    pub end: u16,
}

/// A time in which nobody works, whatever the hours say: a move, an outage, a day of mourning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// What names it in an explanation.
    pub id: String,
    /// Its first minute on the calendar's clocks; seconds are dropped.
    pub from: DateTime,
    /// The minute after its last one; seconds are dropped.
    pub to: DateTime,
}

/// Why there is work in a minute, or none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hours {
    /// Work, by the hours of the week.
    Weekly,
    /// Work, by hours of that very date: a moved working day, a short day, a holiday on which this desk works.
    Special,
    /// None: between two shifts of a day.
    Break,
    /// None: before the first shift or after the last one of a working day.
    Outside,
    /// None: the week has no hours for such a day.
    DayOff,
    /// None: the date is a holiday.
    Holiday,
    /// None: a one-off closure.
    Closed {
        /// Which closure.
        closure: String,
    },
}

impl Hours {
    /// Whether there is work.
    #[must_use]
    pub fn open(&self) -> bool {
        match self {
            Self::Weekly | Self::Special => true,
            Self::Break | Self::Outside | Self::DayOff | Self::Holiday | Self::Closed { .. } => false,
        }
    }
}

/// When there is work, on the clocks of one time zone.
///
/// An instant is working time exactly when the clocks of the zone then show a working minute. So an hour that the
/// clocks go through twice counts twice, and one that they leap over does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Its id.
    pub id: String,
    /// The zone whose clocks it follows.
    pub zone: TimeZone,
    /// The shifts of each weekday, Monday first; an empty list is a day off.
    pub week: [Vec<Shift>; 7],
    /// Days without work, on whatever day of the week they fall.
    pub holidays: BTreeSet<Date>,
    /// Days with shifts of their own, in place of those of the week; they go before holidays.
    pub special: BTreeMap<Date, Vec<Shift>>,
    /// Times without work, before everything else.
    pub closures: Vec<Closure>,
}

/// A part of a day, in minutes on the clock, under one rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) start: u16,
    pub(crate) end: u16,
    pub(crate) hours: Hours,
}

impl Calendar {
    /// A calendar without a holiday, a special day or a closure.
    #[must_use]
    pub fn weekly(id: impl Into<String>, zone: TimeZone, week: [Vec<Shift>; 7]) -> Self {
        let (holidays, special, closures) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
        Self { id: id.into(), zone, week, holidays, special, closures }
    }

    /// A calendar that never rests.
    #[must_use]
    pub fn always(id: impl Into<String>, zone: TimeZone) -> Self {
        Self::weekly(id, zone, std::array::from_fn(|_| vec![Shift { start: 0, end: DAY_MINUTES }]))
    }

    /// The shifts that begin on `date`, closures aside; empty on a day off.
    #[must_use]
    pub fn shifts(&self, date: Date) -> &[Shift] {
        match self.special.get(&date) {
            Some(shifts) => shifts,
            None if self.holidays.contains(&date) => &[],
            None => &self.week[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs()) % 7],
        }
    }

    /// The rule for the minute of `at`, a time on this calendar's clocks.
    #[must_use]
    pub fn hours(&self, at: DateTime) -> Hours {
        self.hours_of_minute(at.date(), minute_of(at.time()))
    }

    /// Whether there is work at `at`, a time on this calendar's clocks.
    #[must_use]
    pub fn is_open(&self, at: DateTime) -> bool {
        self.hours(at).open()
    }

    /// Whether there is work at `at`, whatever clocks show it.
    #[must_use]
    pub fn is_open_at(&self, at: Timestamp) -> bool {
        self.is_open(self.zone.to_datetime(at))
    }

    /// As [`Calendar::is_open`], breaks included.
    #[must_use]
    pub fn is_open_or_break(&self, at: DateTime) -> bool {
        let hours = self.hours(at);
        hours.open() || hours == Hours::Break
    }

    /// The rule for a minute of `date`: the one place that says what goes before what.
    fn hours_of_minute(&self, date: Date, minute: u16) -> Hours {
        let local = |time: DateTime| (time.date(), minute_of(time.time()));
        let at = (date, minute);
        if let Some(closure) = self.closures.iter().find(|closure| local(closure.from) <= at && at < local(closure.to))
        {
            return Hours::Closed { closure: closure.id.clone() };
        }
        let work = |date| if self.special.contains_key(&date) { Hours::Special } else { Hours::Weekly };
        let shifts = self.shifts(date);
        if shifts.iter().any(|shift| (shift.start..shift.end).contains(&minute)) {
            return work(date);
        }
        if let Ok(before) = date.yesterday()
            && self.shifts(before).iter().any(|shift| minute + DAY_MINUTES < shift.end)
        {
            return work(before);
        }
        let begun = shifts.iter().any(|shift| shift.start < minute);
        let to_come = shifts.iter().any(|shift| shift.start > minute);
        match (begun, to_come) {
            (true, true) => Hours::Break,
            (true, false) | (false, true) => Hours::Outside,
            (false, false) if self.holidays.contains(&date) && !self.special.contains_key(&date) => Hours::Holiday,
            (false, false) => Hours::DayOff,
        }
    }

    /// The whole of `date` on the clock, in parts that leave no minute out.
    pub(crate) fn parts(&self, date: Date) -> Vec<Part> {
        let mut cuts = vec![0];
        cuts.extend(self.shifts(date).iter().flat_map(|shift| [shift.start, shift.end]));
        if let Ok(before) = date.yesterday() {
            cuts.extend(self.shifts(before).iter().filter_map(|shift| shift.end.checked_sub(DAY_MINUTES)));
        }
        let edges = self.closures.iter().flat_map(|closure| [closure.from, closure.to]);
        cuts.extend(edges.filter(|edge| edge.date() == date).map(|edge| minute_of(edge.time())));
        cuts.retain(|minute| *minute < DAY_MINUTES);
        cuts.sort_unstable();
        cuts.dedup();
        let ends = cuts.iter().skip(1).copied().chain([DAY_MINUTES]);
        let mut parts: Vec<Part> = Vec::new();
        for (start, end) in cuts.iter().copied().zip(ends) {
            let hours = self.hours_of_minute(date, start);
            match parts.last_mut() {
                Some(last) if last.hours == hours => last.end = end,
                _ => parts.push(Part { start, end, hours }),
            }
        }
        parts
    }
}

fn minute_of(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}
