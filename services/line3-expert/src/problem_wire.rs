//! Problems on the wire.

use handover::wire::{Reader, instant, problem::to_stage};
use jiff::civil::Date;
use problems::{CAUSES_MAX, Cause, Method, Problem, Step, StepState};
use proto::line3 as wire;
use store::Version;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};

const METHODS: [(Method, wire::CauseMethod); 6] = [
    (Method::FiveWhys, wire::CauseMethod::FiveWhys),
    (Method::Fishbone, wire::CauseMethod::Fishbone),
    (Method::FaultTree, wire::CauseMethod::FaultTree),
    (Method::ChangeAnalysis, wire::CauseMethod::ChangeAnalysis),
    (Method::KepnerTregoe, wire::CauseMethod::KepnerTregoe),
    (Method::Other, wire::CauseMethod::Other),
];

/// What was found, from the wire; by whom and when is said by the service.
pub(crate) struct Found {
    method: Method,
    causes: Vec<String>,
    evidence: Vec<String>,
}

impl Found {
    pub(crate) fn read(reader: &mut Reader, given: Option<wire::Cause>) -> Option<Self> {
        let wire::Cause { method, causes, evidence, by: _, at: _ } = reader.given("cause", given)?;
        let known = METHODS.iter().find(|(_, named)| *named as i32 == method).map(|(method, _)| *method);
        if known.is_none() {
            reader.wrong("cause.method", "is unset or unknown; it says how the cause was found");
        }
        if causes.is_empty() || causes.len() > CAUSES_MAX {
            reader.wrong("cause.causes", format!("has {} entries; give from 1 to {CAUSES_MAX}", causes.len()));
        }
        let causes = reader.list("cause.causes", causes);
        let causes = causes.iter().map(|cause| reader.text("cause.causes", cause, TEXT_BYTES_MAX)).collect();
        let evidence = reader.list("cause.evidence", evidence);
        let evidence = evidence.iter().map(|shown| reader.text("cause.evidence", shown, TEXT_BYTES_MAX)).collect();
        Some(Self { method: known?, causes, evidence })
    }

    pub(crate) fn by(self, by: String, at: jiff::Timestamp) -> Cause {
        let Self { method, causes, evidence } = self;
        Cause { method, causes, evidence, by, at }
    }
}

/// Steps of a plan, from the wire: what, who, by when.
pub(crate) fn read_steps(reader: &mut Reader, given: Vec<wire::ProblemStep>) -> Vec<(String, String, Date)> {
    if given.is_empty() {
        reader.wrong("steps", "is empty; a plan has at least one step");
    }
    let given = reader.list("steps", given);
    let steps = given.into_iter().map(|step| {
        let what = reader.text("steps.what", &step.what, TEXT_BYTES_MAX);
        let owner = reader.text("steps.owner", &step.owner, LINE_BYTES_MAX);
        let due = step.due.parse::<Date>().unwrap_or_else(|_| {
            reader.wrong("steps.due", "is not a day such as 2026-09-14");
            Date::default()
        });
        (what, owner, due)
    });
    steps.collect()
}

/// How a step stands, from the wire.
pub(crate) fn read_state(reader: &mut Reader, state: i32, why: &str) -> Option<StepState> {
    match wire::StepState::try_from(state) {
        Ok(wire::StepState::Planned) => Some(StepState::Planned),
        Ok(wire::StepState::Doing) => Some(StepState::Doing),
        Ok(wire::StepState::Done) => Some(StepState::Done),
        Ok(wire::StepState::Dropped) => {
            let why = reader.text("why", why, TEXT_BYTES_MAX);
            Some(StepState::Dropped { why })
        }
        Ok(wire::StepState::Unspecified) | Err(_) => {
            reader.wrong("state", "is unset or unknown; it says how the step stands");
            None
        }
    }
}

fn to_step(step: Step) -> wire::ProblemStep {
    let Step { number, what, owner, due, state } = step;
    let named = match state {
        StepState::Planned => wire::StepState::Planned,
        StepState::Doing => wire::StepState::Doing,
        StepState::Done => wire::StepState::Done,
        StepState::Dropped { .. } => wire::StepState::Dropped,
    };
    let why = if let StepState::Dropped { why } = state { why } else { String::new() };
    wire::ProblemStep { step: number, what, owner, due: due.to_string(), state: named as i32, why }
}

fn to_cause(cause: Cause) -> wire::Cause {
    let Cause { method, causes, evidence, by, at } = cause;
    let named = METHODS.iter().find(|(known, _)| *known == method).map_or(0, |(_, named)| *named as i32);
    wire::Cause { method: named, causes, evidence, by, at: Some(instant(at)) }
}

/// A problem on the wire.
pub(crate) fn to_wire(problem: Problem, version: Version) -> wire::Problem {
    let stage = to_stage(problem.stage()) as i32;
    let (done, resolved_at) = match problem.solution {
        Some(solution) => (solution.done, Some(instant(solution.at))),
        None => (Vec::new(), None),
    };
    wire::Problem {
        problem_id: problem.id.to_string(),
        title: problem.title,
        description: problem.description,
        product: problem.product,
        owner: problem.owner,
        stage,
        opened_at: Some(instant(problem.opened_at)),
        changed_at: Some(instant(problem.changed_at)),
        workaround: problem.workaround,
        cause: problem.cause.map(to_cause),
        steps: problem.plan.steps.into_iter().map(to_step).collect(),
        how_to_verify: problem.plan.how_to_verify,
        done,
        resolved_at,
        why: problem.cancelled.unwrap_or(problem.reopened),
        reopenings: problem.reopenings,
        version: version.number(),
    }
}
