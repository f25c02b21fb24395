//! Runbooks on the wire.

use handover::wire::{Reader, enums, instant};
use known::wire::to_guide;
use proto::handover::RunbookTestState;
use proto::line3 as wire;
use runbooks::{Edition, Runbook, State, Test, Verdict};
use store::Version;

const STATES: [(State, wire::RunbookState); 5] = [
    (State::Draft, wire::RunbookState::Draft),
    (State::InTest, wire::RunbookState::InTest),
    (State::Tested, wire::RunbookState::Tested),
    (State::Published, wire::RunbookState::Published),
    (State::Retired, wire::RunbookState::Retired),
];

/// A state from the wire; none when it is unset.
pub(crate) fn read_state(reader: &mut Reader, given: i32) -> Option<State> {
    match wire::RunbookState::try_from(given) {
        Ok(wire::RunbookState::Unspecified) => None,
        Ok(given) => STATES.iter().find(|(_, named)| *named == given).map(|(state, _)| *state),
        Err(_) => {
            reader.wrong("state", format!("{given} is not a value of this enum"));
            None
        }
    }
}

fn to_trial(test: Test) -> wire::RunbookTrial {
    let Test { id, edition, line, tester, by: _, at, verdict } = test;
    let (state, remarks, ended_at) = match verdict {
        Verdict::Waiting => (RunbookTestState::Waiting, String::new(), None),
        Verdict::CalledOff { at } => (RunbookTestState::CalledOff, String::new(), Some(instant(at))),
        Verdict::Passed { remarks, at } => (RunbookTestState::Passed, remarks, Some(instant(at))),
        Verdict::Failed { remarks, at } => (RunbookTestState::Failed, remarks, Some(instant(at))),
    };
    wire::RunbookTrial {
        test_id: id.to_string(),
        edition,
        line: enums::to_line(line),
        tester,
        asked_at: Some(instant(at)),
        state: state as i32,
        remarks,
        ended_at,
    }
}

/// A runbook on the wire, with what `edition` says; the newest one, when it is none.
pub(crate) fn to_wire(runbook: Runbook, version: Version, edition: Option<Edition>) -> wire::Runbook {
    let state = STATES.iter().find(|(state, _)| *state == runbook.state()).map_or(0, |(_, named)| *named as i32);
    let shown = edition.or_else(|| runbook.newest().cloned());
    let (edition, guide, edition_by, edition_at) = match shown {
        Some(Edition { number, by, at, guide }) => (number, Some(to_guide(guide)), by, Some(instant(at))),
        None => (0, None, String::new(), None),
    };
    let in_use = runbook.in_use();
    let published_edition = in_use.map_or(0, |published| published.edition.number);
    let published_at = in_use.map(|published| instant(published.at));
    let (review_note, reviewed_by, reviewed_at) = match runbook.reviewed {
        Some(review) => (review.note, review.by, Some(instant(review.at))),
        None => (String::new(), String::new(), None),
    };
    wire::Runbook {
        runbook_id: runbook.id.to_string(),
        owner: runbook.owner,
        state,
        edition,
        guide,
        edition_by,
        edition_at,
        published_edition,
        published_at,
        tests: runbook.tests.into_iter().map(to_trial).collect(),
        review_on: runbook.review_on.to_string(),
        review_note,
        reviewed_by,
        reviewed_at,
        why: runbook.retired.unwrap_or_default(),
        written_at: Some(instant(runbook.written_at)),
        changed_at: Some(instant(runbook.changed_at)),
        version: version.number(),
    }
}
