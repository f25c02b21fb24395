//! When something is due, how much has counted, and how a clock stands.

use jiff::{SignedDuration, Timestamp};

use crate::calendars::Calendars;
use crate::emergency::Pace;
use crate::explain::{Interval, Unreckonable, intervals};
use crate::ledger::{Ledger, Target};
use crate::piece::{Condition, Piece, pieces};

/// A part of a target, in whole per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Percent(pub u8);

/// When this part of the target has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// Which part.
    pub percent: Percent,
    /// When it was reached, or will be if nothing happens.
    pub at: Timestamp,
}

/// How a clock stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has not begun.
    NotStarted,
    /// It runs, or rests until the next working hours.
    Running {
        /// When it is due.
        due: Timestamp,
        /// How much working time is left.
        left: SignedDuration,
    },
    /// It stands for the reason of a hold; while it does, nothing is due.
    Held {
        /// The id of the reason.
        reason: String,
        /// Since when.
        since: Timestamp,
        /// How much working time is left.
        left: SignedDuration,
    },
    /// What was promised has not happened in time.
    Breached {
        /// Since when.
        at: Timestamp,
    },
    /// What was promised happened.
    Met {
        /// When.
        at: Timestamp,
        /// How much working time was left; less than zero when it came late.
        left: SignedDuration,
    },
    /// It need not happen any more.
    Stopped {
        /// Since when.
        at: Timestamp,
    },
}

impl Ledger {
    /// When it is due if nothing happens after the last fact, or when it was. None before the start, while the clock
    /// stands for a hold, and when the clock ended in time.
    ///
    /// A target that was changed is not due before the change: nobody can keep a promise before it is given.
    ///
    /// # Errors
    /// [`Unreckonable`].
    pub fn due(&self, calendars: &Calendars) -> Result<Option<Timestamp>, Unreckonable> {
        match pieces(self).as_slice() {
            [] => Ok(None),
            pieces @ [.., last] => reached(pieces, last.target.within, calendars),
        }
    }

    /// How much working time has counted until `now`.
    ///
    /// # Errors
    /// [`Unreckonable`].
    pub fn elapsed(&self, calendars: &Calendars, now: Timestamp) -> Result<SignedDuration, Unreckonable> {
        counted(&pieces(self), calendars, now)
    }

    /// What holds at `now` instead of the target in force then, by an emergency; none before the start, after the end, and
    /// when nothing else holds.
    #[must_use]
    pub fn instead(&self, now: Timestamp) -> Option<Pace> {
        let known = self.as_of(now);
        let pieces = pieces(&known);
        let last = pieces.iter().rfind(|piece| piece.from <= now)?;
        let is_over = matches!(last.condition, Condition::Met | Condition::Stopped);
        let here = self.emergencies().iter().find(|one| one.covers(now)).filter(|_| !is_over)?;
        here.pace(self.measure(), last.target)
    }

    /// The target in force after the last fact; none before the start.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        let pieces = pieces(self);
        let last = pieces.last()?;
        Some(Target { calendar: last.calendar.to_owned(), ..last.target.clone() })
    }

    /// How the clock stands at `now`, by the facts until then.
    ///
    /// # Errors
    /// [`Unreckonable`].
    pub fn state(&self, calendars: &Calendars, now: Timestamp) -> Result<State, Unreckonable> {
        let known = self.as_of(now);
        let pieces = pieces(&known);
        let Some(last) = pieces.last() else { return Ok(State::NotStarted) };
        let left = last.target.within.saturating_sub(counted(&pieces, calendars, now)?);
        let overdue = || Ok(reached(&pieces, last.target.within, calendars)?.filter(|due| *due <= now));
        Ok(match last.condition {
            Condition::Met => State::Met { at: last.since(&pieces), left },
            Condition::Stopped => State::Stopped { at: last.since(&pieces) },
            Condition::Held { reason } => match overdue()? {
                Some(at) => State::Breached { at },
                None => State::Held { reason: reason.to_owned(), since: last.since(&pieces), left },
            },
            Condition::Running { .. } => match reached(&pieces, last.target.within, calendars)? {
                Some(at) if at <= now => State::Breached { at },
                Some(due) => State::Running { due, left },
                // A running clock reaches everything, unless time itself ends before.
                None => return Err(Unreckonable::TooFar { calendar: last.calendar.to_owned() }),
            },
        })
    }

    /// When each part of the target was reached, or will be if nothing happens after the last fact: the earlier first.
    /// Those that the clock does not reach, since it stands or has ended, are left out.
    ///
    /// # Errors
    /// [`Unreckonable`].
    pub fn warnings(&self, calendars: &Calendars, parts: &[Percent]) -> Result<Vec<Warning>, Unreckonable> {
        let pieces = pieces(self);
        let Some(last) = pieces.last() else { return Ok(Vec::new()) };
        let mut warnings = Vec::new();
        for percent in parts {
            let amount = part_of(last.target.within, *percent);
            warnings.extend(reached(&pieces, amount, calendars)?.map(|at| Warning { percent: *percent, at }));
        }
        warnings.sort_by_key(|warning| (warning.at, warning.percent));
        Ok(warnings)
    }

    /// The first of [`Ledger::warnings`] after `now`.
    ///
    /// # Errors
    /// [`Unreckonable`].
    pub fn next_warning(
        &self,
        calendars: &Calendars,
        parts: &[Percent],
        now: Timestamp,
    ) -> Result<Option<Warning>, Unreckonable> {
        Ok(self.warnings(calendars, parts)?.into_iter().find(|warning| warning.at > now))
    }
}

impl Piece<'_> {
    /// Since when the clock does what it does in this last of `pieces`, whatever else changed meanwhile.
    fn since(&self, pieces: &[Self]) -> Timestamp {
        let same = pieces.iter().rev().take_while(|piece| piece.condition == self.condition);
        same.last().map_or(self.from, |piece| piece.from)
    }
}

fn part_of(whole: SignedDuration, Percent(percent): Percent) -> SignedDuration {
    let per_cent = i32::from(percent);
    // Whole hundredths first, so that nothing overflows; the rest is below 100 ns and exact as well.
    let hundredth = whole / 100;
    let rest = whole.saturating_sub(hundredth.saturating_mul(100));
    hundredth.saturating_mul(per_cent).saturating_add(rest.saturating_mul(per_cent) / 100)
}

fn counted(pieces: &[Piece<'_>], calendars: &Calendars, now: Timestamp) -> Result<SignedDuration, Unreckonable> {
    let add = |sum: SignedDuration, interval: Result<Interval, _>| Ok(sum.saturating_add(interval?.counted()));
    intervals(pieces, calendars, now).try_fold(SignedDuration::ZERO, add)
}

/// The first instant at which `amount` has counted, the present target is promised, and the clock neither stands for a
/// hold nor has ended. None when there is no such instant, as far as is known.
fn reached(
    pieces: &[Piece<'_>],
    amount: SignedDuration,
    calendars: &Calendars,
) -> Result<Option<Timestamp>, Unreckonable> {
    let Some(promised) = pieces.last().map(|last| last.promised) else { return Ok(None) };
    let mut missing = amount.max(SignedDuration::ZERO);
    let mut at = None;
    for interval in intervals(pieces, calendars, Timestamp::MAX) {
        let interval = interval?;
        let here = interval.counted();
        if here >= missing && interval.rule.counts() {
            at = interval.when(missing);
            break;
        }
        missing = missing.saturating_sub(here);
    }
    let Some(at) = at.map(|at| at.max(promised)) else { return Ok(None) };
    // Reached at the very instant of a hold or an end, or promised during one, it is due when the clock goes on.
    let from_here = pieces.iter().skip_while(|piece| !piece.covers(at));
    Ok(from_here.filter(|piece| piece.runs()).map(|piece| piece.from.max(at)).next())
}
