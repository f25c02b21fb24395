//! Major incidents on the wire.

use handover::wire::{instant, record};
use proto::line1 as wire;

use super::incident::{Answer, Incident, Stage, Surprise};

/// So many of the tickets that wait are named.
const NAMED: usize = 20;

/// The stages and their numbers.
const STAGES: [(Stage, wire::MajorIncidentStage); 4] = [
    (Stage::Candidate, wire::MajorIncidentStage::Candidate),
    (Stage::Open, wire::MajorIncidentStage::Open),
    (Stage::Rejected, wire::MajorIncidentStage::Rejected),
    (Stage::Resolved, wire::MajorIncidentStage::Resolved),
];

/// The stage with this number; none for another.
pub(crate) fn stage(number: i32) -> Option<Stage> {
    STAGES.iter().find(|(_, named)| *named as i32 == number).map(|(stage, _)| *stage)
}

pub(crate) fn to_wire(incident: Incident) -> wire::MajorIncident {
    let Incident {
        id,
        title,
        about,
        topic: _,
        stage,
        noticed_at,
        surprise,
        clients,
        waiting,
        aside,
        children,
        steps,
        decision,
        answers,
        resolution,
        sweep: _,
        is_unheard: _,
    } = incident;
    let number = STAGES.iter().find(|(known, _)| *known == stage).map_or(0, |(_, number)| *number as i32);
    let (resolution, resolved_at) = resolution.unzip();
    let decided_at = decision.as_ref().map(|decision| instant(decision.at));
    let (decided_by, why) = decision.map(|decision| (decision.by, decision.why)).unwrap_or_default();
    wire::MajorIncident {
        incident_id: id.to_string(),
        title,
        about,
        stage: number,
        noticed_at: Some(instant(noticed_at)),
        surprise: surprise.map(to_surprise),
        clients,
        waiting: u32::try_from(waiting.len()).unwrap_or(u32::MAX).saturating_add(aside),
        children,
        raise: steps.into(),
        decided_by,
        decided_at,
        why,
        answers: answers.into_iter().map(to_answer).collect(),
        resolution: resolution.map(record::to_resolution),
        resolved_at: resolved_at.map(instant),
        waiting_ticket_ids: waiting.iter().take(NAMED).map(ToString::to_string).collect(),
    }
}

fn to_surprise(surprise: Surprise) -> wire::Surprise {
    let Surprise { count, expected, chance, window_minutes, since, plan } = surprise;
    let window_minutes = u32::try_from(window_minutes).unwrap_or(u32::MAX);
    wire::Surprise { count, expected, chance, window_minutes, since: Some(instant(since)), plan }
}

fn to_answer(answer: Answer) -> wire::AnswerToChildren {
    let Answer { by, at, ru, en, is_template: _ } = answer;
    wire::AnswerToChildren { by, at: Some(instant(at)), ru, en }
}
