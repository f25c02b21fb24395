//! The intervals of a clock, each with its rule: what a deadline is made of.

use jiff::{SignedDuration, Timestamp};

use crate::calendar::Hours;
use crate::calendars::Calendars;
use crate::emergency::Pace;
use crate::ledger::Ledger;
use crate::piece::{Condition, Piece, pieces};

/// The most of a calendar that is walked for one answer: ten years, in days. Time on hold is not walked.
pub const WALK_DAYS_MAX: i64 = 3653;

/// What cannot be reckoned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreckonable {
    /// A fact names a calendar that is not there.
    #[error("the calendar `{calendar}` is not among the calendars; add it, or change the target to another")]
    UnknownCalendar {
        /// Its id.
        calendar: String,
    },
    /// There is too little working time, or the clock runs for too long.
    #[error("the calendar `{calendar}` is walked for more than {WALK_DAYS_MAX} days; give it more working time")]
    TooFar {
        /// Its id.
        calendar: String,
    },
}

/// Why the time of an interval counts, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// By the calendar: counts in working time.
    Calendar(Hours),
    /// Counts: on hold in working time, for a reason that does not stop the clock.
    HoldRuns {
        /// The id of the reason.
        reason: String,
    },
    /// Does not count: on hold for a reason that stops the clock.
    HoldStops {
        /// The id of the reason.
        reason: String,
    },
    /// Does not count: from the end until the ticket was opened again.
    Ended,
}

/// What kind of interval it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntervalKind {
    /// The clock runs.
    Running,
    /// The clock stands for the reason of a hold.
    OnHold,
    /// The clock stands outside working hours.
    OutsideHours,
    /// The clock stands on a holiday.
    Holiday,
    /// The clock had ended, until the ticket was opened again.
    Ended,
}

impl Rule {
    /// Whether the time counts.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.kind() == IntervalKind::Running
    }

    /// The id of the closure for which nobody works.
    #[must_use]
    pub fn closure(&self) -> Option<&str> {
        match self {
            Self::Calendar(Hours::Closed { closure }) => Some(closure),
            Self::Calendar(_) | Self::HoldRuns { .. } | Self::HoldStops { .. } | Self::Ended => None,
        }
    }

    /// The id of the reason of the hold.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::HoldRuns { reason } | Self::HoldStops { reason } => Some(reason),
            Self::Calendar(_) | Self::Ended => None,
        }
    }

    /// The kind of an interval under this rule.
    #[must_use]
    pub fn kind(&self) -> IntervalKind {
        match self {
            Self::Calendar(Hours::Weekly | Hours::Special) | Self::HoldRuns { .. } => IntervalKind::Running,
            Self::Calendar(Hours::Holiday) => IntervalKind::Holiday,
            Self::Calendar(Hours::Break | Hours::Outside | Hours::DayOff | Hours::Closed { .. }) => {
                IntervalKind::OutsideHours
            }
            Self::HoldStops { .. } => IntervalKind::OnHold,
            Self::Ended => IntervalKind::Ended,
        }
    }
}

/// A part of the life of a clock under one rule; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// Its first instant.
    pub from: Timestamp,
    /// The instant after it.
    pub to: Timestamp,
    /// Why it counts, or not.
    pub rule: Rule,
    /// The pace at which it counts, when another target holds in it; none when each minute is one, and when it does not count.
    pub pace: Option<Pace>,
}

impl Interval {
    /// How much of it counts: all or nothing, but for the pace.
    #[must_use]
    pub fn counted(&self) -> SignedDuration {
        let whole = self.from.duration_until(self.to);
        match &self.pace {
            _ if !self.rule.counts() => SignedDuration::ZERO,
            Some(pace) => pace.counted(whole),
            None => whole,
        }
    }

    /// When so much of it has counted; none when that is beyond the end of time.
    pub(crate) fn when(&self, counted: SignedDuration) -> Option<Timestamp> {
        let gone = self.pace.as_ref().map_or(counted, |pace| pace.until(counted));
        self.from.checked_add(gone).ok()
    }
}

impl Ledger {
    /// The intervals from the start to `until` or to the end of the clock, without a gap or an overlap; as the facts up
    /// to `until` tell it. With the due instant as `until` they say why it is due then.
    ///
    /// # Errors
    /// [`Unreckonable`].
    pub fn explain(&self, calendars: &Calendars, until: Timestamp) -> Result<Vec<Interval>, Unreckonable> {
        let mut whole: Vec<Interval> = Vec::new();
        let known = self.as_of(until);
        for interval in intervals(&pieces(&known), calendars, until) {
            let interval = interval?;
            match whole.last_mut() {
                Some(last) if last.rule == interval.rule && last.pace == interval.pace => last.to = interval.to,
                _ => whole.push(interval),
            }
        }
        Ok(whole)
    }
}

/// The intervals of `pieces` up to `until`, without a gap, walked as far as they are asked for.
pub(crate) fn intervals<'p>(
    pieces: &'p [Piece<'p>],
    calendars: &'p Calendars,
    until: Timestamp,
) -> impl Iterator<Item = Result<Interval, Unreckonable>> + 'p {
    let mut walked = SignedDuration::ZERO;
    let of_pieces = pieces.iter().flat_map(move |piece| of_piece(piece, calendars, until));
    of_pieces.map(move |(calendar, interval)| {
        let interval = interval?;
        if matches!(interval.rule, Rule::Calendar(_) | Rule::HoldRuns { .. }) {
            if walked > SignedDuration::from_hours(24 * WALK_DAYS_MAX) {
                return Err(Unreckonable::TooFar { calendar: calendar.to_owned() });
            }
            walked = walked.saturating_add(interval.from.duration_until(interval.to));
        }
        Ok(interval)
    })
}

type OfPiece<'p> = Box<dyn Iterator<Item = (&'p str, Result<Interval, Unreckonable>)> + 'p>;

fn of_piece<'p>(piece: &'p Piece<'p>, calendars: &'p Calendars, until: Timestamp) -> OfPiece<'p> {
    let (from, to) = (piece.from, piece.to.unwrap_or(until).min(until));
    let id = piece.calendar;
    let standing = |rule| -> OfPiece<'p> {
        Box::new((from < to).then_some((id, Ok(Interval { from, to, rule, pace: None }))).into_iter())
    };
    let hold = match piece.condition {
        Condition::Running { hold } => hold,
        Condition::Held { reason } => return standing(Rule::HoldStops { reason: reason.to_owned() }),
        Condition::Met | Condition::Stopped if piece.to.is_none() => return Box::new(std::iter::empty()),
        Condition::Met | Condition::Stopped => return standing(Rule::Ended),
    };
    let mut at = from;
    let versions = std::iter::from_fn(move || {
        let begin = at;
        if begin >= to {
            return None;
        }
        let found = calendars.in_force(id, begin);
        at = found.and_then(|(_, next)| next).unwrap_or(to).min(to);
        Some((begin, at, found.map(|(calendar, _)| calendar)))
    });
    Box::new(versions.flat_map(move |(begin, end, calendar)| -> OfPiece<'p> {
        let Some(calendar) = calendar else {
            return Box::new(std::iter::once((id, Err(Unreckonable::UnknownCalendar { calendar: id.to_owned() }))));
        };
        Box::new(calendar.stretches(begin, end).map(move |stretch| {
            let rule = match hold {
                Some(reason) if stretch.hours.open() => Rule::HoldRuns { reason: reason.to_owned() },
                Some(_) | None => Rule::Calendar(stretch.hours),
            };
            let pace = piece.pace.clone().filter(|_| rule.counts());
            (id, Ok(Interval { from: stretch.from, to: stretch.to, rule, pace }))
        }))
    }))
}
