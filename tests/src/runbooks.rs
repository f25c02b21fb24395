//! Runbooks of line 3, and what is known of them below.

use proto::handover as hand;
use proto::handover::known_service_client::KnownServiceClient;
use proto::line0;
use proto::line0::knowledge_service_client::KnowledgeServiceClient;
use proto::line3 as wire;
use proto::line3::runbook_service_client::RunbookServiceClient;
use rpc::{Caller, Channel, Role};
use ticket::Line;
use tonic::Status;

use crate::Stage;

/// The service, for an expert.
#[must_use]
pub fn at(stage: &Stage) -> RunbookServiceClient<Channel> {
    RunbookServiceClient::new(stage.people().at(Line::Expert))
}

/// What is known at line 1 or 2, for somebody of it.
#[must_use]
pub fn known(stage: &Stage, line: Line, subject: &str) -> KnownServiceClient<Channel> {
    let organization = stage.plan.organization().clone();
    let caller = Caller { subject: subject.to_owned(), organization, role: Role::Agent { line } };
    KnownServiceClient::new(stage.people().channel(line, &caller))
}

/// How to deal with `title`.
#[must_use]
pub fn guide(title: &str) -> hand::Guide {
    let step = |action: &str, expected: &str| hand::GuideStep { action: action.into(), expected: expected.into() };
    hand::Guide {
        language: proto::ticket::Language::Russian as i32,
        title: title.into(),
        applies: format!("{title}: индикатор красный"),
        steps: vec![step("Откатить прошивку на 2.4.0", "Индикатор зелёный"), step("Открыть любой сайт", "")],
        products: vec!["Роутер".into()],
        categories: vec!["no-internet".into()],
    }
}

/// Writes a runbook; its id.
///
/// # Panics
/// When it is refused.
pub async fn write(stage: &Stage, title: &str) -> String {
    let guide = hand::Guide { categories: Vec::new(), ..guide(title) };
    let request_id = stage.people().request_id();
    let request = wire::WriteRunbookRequest { request_id, guide: Some(guide), review_days: 0 };
    let written = at(stage).write_runbook(request).await.expect("an expert writes runbooks");
    written.into_inner().runbook.expect("it is answered").runbook_id
}

/// Writes another edition.
///
/// # Panics
/// When it is refused.
pub async fn revise(stage: &Stage, runbook: &str, title: &str) -> wire::Runbook {
    let request = wire::ReviseRunbookRequest {
        request_id: stage.people().request_id(),
        runbook_id: runbook.to_owned(),
        guide: Some(guide(title)),
        expected_version: 0,
    };
    let revised = at(stage).revise_runbook(request).await.expect("it is not retired");
    revised.into_inner().runbook.expect("it is answered")
}

/// Has it tried; the id of the test.
///
/// # Panics
/// When it is refused.
pub async fn submit(stage: &Stage, runbook: &str, tester: &str) -> String {
    let request = wire::SubmitRunbookRequest {
        request_id: stage.people().request_id(),
        runbook_id: runbook.to_owned(),
        tester: tester.to_owned(),
        expected_version: 0,
    };
    let submitted = at(stage).submit_runbook(request).await.expect("it is a draft").into_inner();
    let runbook = submitted.runbook.expect("it is answered");
    runbook.tests.last().expect("it was submitted").test_id.clone()
}

/// The tester says what came of it.
///
/// # Errors
/// The refusal.
pub async fn record(stage: &Stage, line: Line, tester: &str, test: &str, passed: bool) -> Result<(), Status> {
    let outcome = if passed { hand::RunbookTestState::Passed } else { hand::RunbookTestState::Failed };
    let request = hand::RecordRunbookTestRequest {
        request_id: stage.people().request_id(),
        test_id: test.to_owned(),
        outcome: outcome as i32,
        remarks: "Шаг 2 понятен не сразу".into(),
    };
    known(stage, line, tester).record_runbook_test(request).await.map(|_| ())
}

/// It arrives, the tester passes it, and line 3 hears so.
///
/// # Panics
/// When it is refused.
pub async fn pass(stage: &Stage, line: Line, tester: &str, test: &str) {
    stage.settle().await;
    record(stage, line, tester, test, true).await.expect("the tester was asked");
    stage.settle().await;
}

/// Publishes the newest edition.
///
/// # Errors
/// The refusal.
pub async fn publish(stage: &Stage, runbook: &str) -> Result<wire::Runbook, Status> {
    let (request_id, runbook_id) = (stage.people().request_id(), runbook.to_owned());
    let request = wire::PublishRunbookRequest { request_id, runbook_id, expected_version: 0 };
    at(stage).publish_runbook(request).await.map(|done| done.into_inner().runbook.unwrap_or_default())
}

/// A runbook that somebody of line 2 has tried and that is published; its id.
///
/// # Panics
/// When something of it is refused.
pub async fn published(stage: &Stage, title: &str) -> String {
    let runbook = write(stage, title).await;
    let tester = stage.people().agent(Line::Technical).subject;
    let test = submit(stage, &runbook, &tester).await;
    pass(stage, Line::Technical, &tester, &test).await;
    publish(stage, &runbook).await.expect("it has passed");
    stage.settle().await;
    runbook
}

/// Nobody is to use it any more.
///
/// # Panics
/// When it is refused.
pub async fn retire(stage: &Stage, runbook: &str) {
    let (request_id, runbook_id) = (stage.people().request_id(), runbook.to_owned());
    let request =
        wire::RetireRunbookRequest {
            request_id, runbook_id, why: "Прошивки больше нет".into(), expected_version: 0
        };
    at(stage).retire_runbook(request).await.expect("it is in use");
}

/// A runbook as line 3 has it.
///
/// # Panics
/// When it is refused.
pub async fn get(stage: &Stage, runbook: &str, edition: u32) -> wire::Runbook {
    let request = wire::GetRunbookRequest { runbook_id: runbook.to_owned(), edition };
    let found = at(stage).get_runbook(request).await.expect("it is there");
    found.into_inner().runbook.expect("it is answered")
}

/// What `line` offers for a ticket.
///
/// # Panics
/// When it is refused.
pub async fn offered(stage: &Stage, line: Line, ticket: &str) -> Vec<hand::KnownMatch> {
    let request = hand::SearchKnownRequest { ticket_id: ticket.to_owned(), ..hand::SearchKnownRequest::default() };
    let found = KnownServiceClient::new(stage.people().at(line)).search_known(request).await;
    found.expect("the line has the ticket").into_inner().matches
}

/// What line 0 finds for this viewer: the ids of articles.
///
/// # Panics
/// When it is refused.
pub async fn found_at_line_0(stage: &Stage, viewer: &Caller, question: &str) -> Vec<String> {
    let channel = stage.people().channel(Line::SelfService, viewer);
    let request =
        line0::SearchArticlesRequest { question: question.to_owned(), ..line0::SearchArticlesRequest::default() };
    let found = KnowledgeServiceClient::new(channel).search_articles(request).await.expect("anybody may look");
    found.into_inner().offers.into_iter().map(|offer| offer.article_id).collect()
}
