//! Problems of line 3, as an expert works on them.

use proto::line3 as wire;
use proto::line3::problem_service_client::ProblemServiceClient;
use rpc::Channel;
use ticket::Line;

use crate::Stage;

/// The service, for an expert.
#[must_use]
pub fn at(stage: &Stage) -> ProblemServiceClient<Channel> {
    ProblemServiceClient::new(stage.people().at(Line::Expert))
}

/// Opens a problem behind these tickets; its id.
///
/// # Panics
/// When it is refused.
pub async fn open(stage: &Stage, tickets: &[&str]) -> String {
    let request = wire::OpenProblemRequest {
        request_id: stage.people().request_id(),
        title: "Обрывы VPN каждый час".into(),
        description: "Соединение рвётся ровно через час после входа".into(),
        product: "vpn".into(),
        ticket_ids: tickets.iter().map(|ticket| (*ticket).to_owned()).collect(),
    };
    let opened = at(stage).open_problem(request).await.expect("an expert opens problems");
    opened.into_inner().problem.expect("it is answered").problem_id
}

/// Links further tickets.
///
/// # Panics
/// When it is refused.
pub async fn link(stage: &Stage, problem: &str, tickets: &[String]) {
    let request = wire::LinkTicketsRequest {
        request_id: stage.people().request_id(),
        problem_id: problem.to_owned(),
        ticket_ids: tickets.to_vec(),
    };
    at(stage).link_tickets(request).await.expect("the tickets are there");
}

/// Records what is behind it.
///
/// # Panics
/// When it is refused.
pub async fn find_cause(stage: &Stage, problem: &str) -> wire::Problem {
    let cause = wire::Cause {
        method: wire::CauseMethod::FiveWhys as i32,
        causes: vec!["Таймер сеанса на шлюзе стоит на 3600 секундах".into()],
        evidence: vec!["Журнал шлюза за 14 сентября".into()],
        ..wire::Cause::default()
    };
    let request = wire::FindCauseRequest {
        request_id: stage.people().request_id(),
        problem_id: problem.to_owned(),
        cause: Some(cause),
        expected_version: 0,
    };
    let found = at(stage).find_cause(request).await.expect("the problem is open");
    found.into_inner().problem.expect("it is answered")
}

/// Says what helps until it is resolved.
///
/// # Panics
/// When it is refused.
pub async fn work_around(stage: &Stage, problem: &str, workaround: &str) {
    let request = wire::PublishWorkaroundRequest {
        request_id: stage.people().request_id(),
        problem_id: problem.to_owned(),
        workaround: workaround.to_owned(),
        expected_version: 0,
    };
    at(stage).publish_workaround(request).await.expect("the problem is open");
}

/// Plans two steps.
///
/// # Panics
/// When it is refused.
pub async fn plan(stage: &Stage, problem: &str) -> wire::Problem {
    let owner = stage.people().agent(Line::Expert).subject;
    let step = |what: &str| wire::ProblemStep {
        what: what.into(),
        owner: owner.clone(),
        due: "2026-09-18".into(),
        ..wire::ProblemStep::default()
    };
    let request = wire::PlanProblemRequest {
        request_id: stage.people().request_id(),
        problem_id: problem.to_owned(),
        steps: vec![step("Поднять таймер до 12 часов"), step("Перезапустить шлюз ночью")],
        how_to_verify: "Соединение живёт дольше часа".into(),
        expected_version: 0,
    };
    let planned = at(stage).plan_problem(request).await.expect("the cause is known");
    planned.into_inner().problem.expect("it is answered")
}

/// Says how a step stands.
///
/// # Panics
/// When it is refused.
pub async fn move_step(stage: &Stage, problem: &str, step: u32, state: wire::StepState) -> wire::Problem {
    let request = wire::MoveStepRequest {
        request_id: stage.people().request_id(),
        problem_id: problem.to_owned(),
        step,
        state: state as i32,
        ..wire::MoveStepRequest::default()
    };
    let moved = at(stage).move_step(request).await.expect("the step is open");
    moved.into_inner().problem.expect("it is answered")
}

/// Does every step, which resolves it.
///
/// # Panics
/// When it is refused.
pub async fn finish(stage: &Stage, problem: &str) -> wire::Problem {
    move_step(stage, problem, 1, wire::StepState::Done).await;
    move_step(stage, problem, 2, wire::StepState::Done).await
}
