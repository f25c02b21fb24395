//! The facts of a ledger as pieces of time in which nothing happens.

use jiff::Timestamp;

use crate::emergency::{Emergency, Pace};
use crate::ledger::{Fact, Ledger, Measure, Target, What};

/// What a clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition<'l> {
    /// It runs by its calendar; on hold where there is a reason that does not stop it.
    Running { hold: Option<&'l str> },
    /// It stands for this reason.
    Held { reason: &'l str },
    /// What was promised happened.
    Met,
    /// It need not happen any more.
    Stopped,
}

/// A piece of time in which nothing happens to a clock; never empty.
#[derive(Debug, Clone)]
pub(crate) struct Piece<'l> {
    pub(crate) from: Timestamp,
    /// None when it goes on.
    pub(crate) to: Option<Timestamp>,
    pub(crate) condition: Condition<'l>,
    pub(crate) calendar: &'l str,
    pub(crate) target: &'l Target,
    /// Since when the target is that.
    pub(crate) promised: Timestamp,
    /// The pace at which its time counts; none when each minute is one.
    pub(crate) pace: Option<Pace>,
}

impl Piece<'_> {
    pub(crate) fn runs(&self) -> bool {
        matches!(self.condition, Condition::Running { .. })
    }

    pub(crate) fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// The pieces from the start on, without a gap, the last one without an end; none before the start.
pub(crate) fn pieces(ledger: &Ledger) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for fact in ledger.facts() {
        let Some(mut next) = next(pieces.last(), ledger.measure(), fact) else { continue };
        next.from = fact.at;
        if let Some(last) = pieces.last_mut() {
            last.to = Some(fact.at);
            if last.from == fact.at {
                pieces.pop();
            }
        }
        pieces.push(next);
    }
    if ledger.emergencies().is_empty() {
        return pieces;
    }
    pieces.into_iter().flat_map(|piece| cut(piece, ledger.measure(), ledger.emergencies())).collect()
}

/// A piece in which the clock runs is cut where emergencies begin and end.
fn cut<'l>(piece: Piece<'l>, measure: Measure, emergencies: &[Emergency]) -> Vec<Piece<'l>> {
    if !piece.runs() {
        return vec![piece];
    }
    let edges = emergencies.iter().flat_map(|one| [one.from, one.to]);
    let mut edges: Vec<Timestamp> = edges.filter(|at| piece.from < *at && piece.covers(*at)).collect();
    edges.sort_unstable();
    edges.dedup();
    let froms = std::iter::once(piece.from).chain(edges.iter().copied());
    let tos = edges.iter().copied().map(Some).chain([piece.to]);
    let cut = froms.zip(tos).map(|(from, to)| {
        let pace = emergencies.iter().find(|one| one.covers(from)).and_then(|one| one.pace(measure, piece.target));
        Piece { from, to, pace, ..piece.clone() }
    });
    cut.collect()
}

/// What follows `before` by `fact`; none when it changes nothing.
fn next<'l>(before: Option<&Piece<'l>>, measure: Measure, fact: &'l Fact) -> Option<Piece<'l>> {
    use Condition::{Held, Met, Running, Stopped};
    let Some(now) = before else {
        let What::Started { target } = &fact.what else { return None };
        let (from, condition) = (fact.at, Running { hold: None });
        return Some(Piece {
            from,
            to: None,
            condition,
            calendar: &target.calendar,
            target,
            promised: fact.at,
            pace: None,
        });
    };
    let now = now.clone();
    let ended = matches!(now.condition, Met | Stopped);
    let to = |condition| Some(Piece { condition, ..now.clone() });
    match &fact.what {
        What::Started { .. } => None,
        What::Held { reason, stops: true } if !ended => to(Held { reason }),
        What::Held { reason, stops: false } if !ended => to(Running { hold: Some(reason) }),
        What::Resumed if !ended => to(Running { hold: None }),
        What::TargetChanged { target } => {
            Some(Piece { target, calendar: &target.calendar, promised: fact.at, ..now.clone() })
        }
        What::CalendarChanged { calendar } => Some(Piece { calendar, ..now.clone() }),
        What::Met if !ended => to(Met),
        What::Stopped if !ended => to(Stopped),
        What::Reopened if ended && measure == Measure::Resolution => to(Running { hold: None }),
        What::Held { .. } | What::Resumed | What::Met | What::Stopped | What::Reopened => None,
    }
}
