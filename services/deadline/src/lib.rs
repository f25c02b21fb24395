//! When something is due: working time by calendars, from a ledger of what happened to a clock.
//!
//! **Invariant:** this crate does no I/O, reads no clock and knows neither tonic nor sea-orm. It keeps no sums: every
//! answer is reckoned from the facts of a [`Ledger`] and the [`Calendars`] in force at each instant, so that nothing can
//! be credited twice or lost. It says rules, not words: those are in `texts`.
//!
//! Start at [`Ledger`]: [`Ledger::due`], [`Ledger::state`], [`Ledger::warnings`], and [`Ledger::explain`] for the
//! intervals that a deadline is made of. `tests/examples.txt` is a table of worked examples.

mod agreement;
mod calendar;
mod calendars;
mod emergency;
mod explain;
mod ledger;
mod log;
mod piece;
mod promises;
mod reckon;
mod stretch;

pub use agreement::{Agreement, AgreementKind, Party, Tie, agreement_for, ties};
pub use calendar::{Calendar, Closure, DAY_MINUTES, Hours, Shift};
pub use calendars::Calendars;
pub use emergency::{Emergency, Instead, OtherTarget, Pace};
pub use explain::{Interval, IntervalKind, Rule, Unreckonable, WALK_DAYS_MAX};
pub use ledger::{Fact, Ledger, Measure, Target, What};
pub use log::{CLIENT, VENDOR, from_log};
pub use promises::{Promises, Triage};
pub use reckon::{Percent, State, Warning};
pub use stretch::Stretch;
