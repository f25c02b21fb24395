//! The clocks of a ticket at a line, in words.

use std::collections::BTreeSet;

use deadline::{Interval, Ledger, Measure, Pace, Party, State, Triage, Unreckonable, from_log};
use jiff::{SignedDuration, Timestamp};
use plan::Plan;
use proto::ticket as wire;
use texts::Text;
use ticket::{Event, EventBody, Language, Line, Ticket};

use crate::force_majeure::Board;
use crate::plans::Known;
use crate::wire::instant;

/// Every clock of `ticket` that something was promised for, by the log of `line`.
///
/// # Errors
/// [`Unreckonable`], which a plan without faults does not lead to.
pub(crate) fn clocks(
    known: &Known,
    board: &Board,
    line: Line,
    ticket: &Ticket,
    log: &[Event],
    now: Timestamp,
) -> Result<Vec<wire::Clock>, Unreckonable> {
    let emergencies = board.emergencies();
    let mut clocks = Vec::new();
    for party in parties(line, log) {
        for measure in [Measure::Response, Measure::Resolution] {
            let triage = Triage { priority: ticket.facts.priority, category: ticket.facts.category.clone() };
            let ledger = from_log(log, &party, measure, triage, known).under(&emergencies);
            clocks.extend(clock(known, board, &party, &ledger, now)?);
        }
    }
    Ok(clocks)
}

/// With whom `line` has agreements about a ticket. Line 0 keeps the client's clock while only it knows the ticket.
pub(crate) fn parties(line: Line, log: &[Event]) -> Vec<Party> {
    let bonds = log.iter().filter_map(|event| match &event.body {
        EventBody::BondOpened { vendor, .. } => Some(vendor.clone()),
        _ => None,
    });
    let vendors: BTreeSet<String> = bonds.collect();
    let client = (line <= Line::OWNER).then_some(Party::Client);
    let own = (line != Line::SelfService).then_some(Party::Line(line));
    client.into_iter().chain(own).chain(vendors.into_iter().map(Party::Vendor)).collect()
}

fn clock(
    known: &Known,
    board: &Board,
    party: &Party,
    ledger: &Ledger,
    now: Timestamp,
) -> Result<Option<wire::Clock>, Unreckonable> {
    let calendars = known.calendars();
    let Some(target) = ledger.target() else { return Ok(None) };
    let due = ledger.due(calendars)?;
    let left_of = |left: SignedDuration| left.as_secs();
    let elapsed = ledger.elapsed(calendars, now)?;
    let (state, left) = match ledger.state(calendars, now)? {
        State::NotStarted => return Ok(None),
        State::Running { left, .. } => (wire::ClockState::Running, left_of(left)),
        State::Held { left, .. } => (wire::ClockState::Held, left_of(left)),
        State::Breached { .. } => (wire::ClockState::Breached, left_of(target.within - elapsed)),
        State::Met { left, .. } => (wire::ClockState::Met, left_of(left)),
        State::Stopped { .. } => (wire::ClockState::Stopped, left_of(target.within - elapsed)),
    };
    let intervals = ledger.explain(calendars, due.unwrap_or(now))?;
    let (kind, vendor) = match party {
        Party::Client => (wire::AgreementKind::Sla, String::new()),
        Party::Line(_) => (wire::AgreementKind::Ola, String::new()),
        Party::Vendor(vendor) => (wire::AgreementKind::UnderpinningContract, vendor.clone()),
    };
    let measure = match ledger.measure() {
        Measure::Response => wire::Measure::Response,
        Measure::Resolution => wire::Measure::Resolution,
    };
    let instead = ledger.instead(now);
    Ok(Some(wire::Clock {
        kind: kind as i32,
        vendor,
        measure: measure as i32,
        agreement: target.agreement,
        calendar: target.calendar,
        within_seconds: target.within.as_secs(),
        state: state as i32,
        due_at: due.map(instant),
        elapsed_seconds: elapsed.as_secs(),
        left_seconds: left,
        intervals: intervals.into_iter().map(|interval| in_words(known.plan(), board, interval)).collect(),
        instead_within_seconds: instead.as_ref().map_or(0, |pace| pace.within.as_secs()),
        instead_because: instead.map(|pace| both(|language| pace_in_words(board, &pace, language))),
    }))
}

fn both(words: impl Fn(Language) -> String) -> wire::Bilingual {
    wire::Bilingual { ru: words(Language::Russian), en: words(Language::English) }
}

fn in_words(plan: &Plan, board: &Board, interval: Interval) -> wire::ClockInterval {
    let counted_seconds = interval.counted().as_secs();
    let Interval { from, to, rule, pace } = interval;
    let because = both(|language| {
        let closure = rule.closure().and_then(|id| plan.closure_name(id)).map(|name| name.in_language(language));
        let reason = rule.reason().and_then(|id| plan.hold_reason(id)).map(|known| known.name.in_language(language));
        let fields = [("closure", closure.unwrap_or_default()), ("reason", reason.unwrap_or_default())];
        let by_calendar = Text::of_rule(&rule).with(language, &fields);
        match &pace {
            Some(pace) => format!("{by_calendar} {}", pace_in_words(board, pace, language)),
            None => by_calendar,
        }
    });
    wire::ClockInterval {
        from: Some(instant(from)),
        to: Some(instant(to)),
        counts: rule.counts(),
        because: Some(because),
        counted_seconds,
    }
}

fn pace_in_words(board: &Board, pace: &Pace, language: Language) -> String {
    let name = board.name(&pace.by).map_or(pace.by.as_str(), |name| name.in_language(language));
    let (usual, within) = (pace.usual.as_mins().to_string(), pace.within.as_mins().to_string());
    Text::RuleForceMajeure.with(language, &[("name", name), ("usual", &usual), ("within", &within)])
}
