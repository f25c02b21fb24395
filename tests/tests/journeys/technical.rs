//! Line 2's daily work: the help reviewed, the diagnosis, remote sessions, and a solution that can be verified.

use proto::errors::Reason;
use proto::handover as hand;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::handover::outcome::Standing;
use proto::line2 as wire;
use proto::line2::technical_service_client::TechnicalServiceClient;
use proto::line3;
use proto::ticket as tickets;
use rpc::Channel;
use tests::{Databases, Stage, evidence, on_each_database};
use ticket::Line;
use tonic::Response;

fn technical(stage: &Stage) -> TechnicalServiceClient<Channel> {
    TechnicalServiceClient::new(stage.people().at(Line::Technical))
}

fn diagnosis(stage: &Stage, ticket: &str, tried: &str) -> wire::DiagnoseRequest {
    wire::DiagnoseRequest {
        request_id: stage.people().request_id(),
        ticket_id: ticket.into(),
        finding: Some(line3::Finding { tried: tried.into(), result: "не помогло".into(), ruled_out: true }),
        expected_version: 0,
    }
}

fn review(stage: &Stage, ticket: &str, verdict: wire::review_help_request::Verdict) -> wire::ReviewHelpRequest {
    let request_id = stage.people().request_id();
    wire::ReviewHelpRequest { request_id, ticket_id: ticket.into(), verdict: Some(verdict), expected_version: 0 }
}

fn accept(note: &str) -> wire::review_help_request::Verdict {
    wire::review_help_request::Verdict::Accept(wire::AcceptHelp { note: note.into() })
}

async fn help(stage: &Stage, ticket: &str) -> wire::GetHelpResponse {
    let request = wire::GetHelpRequest { ticket_id: ticket.into() };
    technical(stage).get_help(request).await.expect("line 2 has the ticket").into_inner()
}

async fn escalate(stage: &Stage, ticket: &str, evidence: line3::Evidence) -> hand::Outcome {
    stage.people().to_expert(ticket, evidence).await.expect("a complete handover is not refused")
}

/// The evidence that line 3 took.
async fn taken_by_experts(stage: &Stage, ticket: &str) -> serde_json::Value {
    let journey = stage.people().journey(ticket).await.expect("the ticket is there");
    let stay = journey.stays.iter().find(|stay| stay.line() == tickets::Line::Expert).expect("line 3 took it");
    serde_json::from_str(&stay.evidence_json).expect("evidence is JSON")
}

#[tokio::test]
async fn line_2_reads_what_was_done_so_far_and_accepts_it() {
    on_each_database(async |stage| {
        let people = stage.people();
        let asked = people.ask("Роутер мигает красным, над домом вертолёт").await.unwrap();
        let ticket = tests::people::id_of(asked.ticket.as_ref());
        people.write(&ticket, "Отключите роутер на минуту", "").await.unwrap();
        people.reply(&ticket, "Отключил, не помогло").await.unwrap();
        people.to_technical(&ticket, evidence::technical()).await.unwrap();

        let given = help(&stage, &ticket).await;
        assert_eq!(given.question, "Роутер мигает красным, над домом вертолёт");
        assert_eq!(given.evidence.unwrap(), evidence::technical(), "the checklist and the answers tried, as accepted");
        let said: Vec<_> = given.conversation.iter().map(|turn| turn.text.as_str()).collect();
        assert!(said.contains(&"Отключите роутер на минуту") && said.contains(&"Отключил, не помогло"), "{said:?}");
        assert_eq!((given.review, given.missing), (None, vec![]));

        let request = review(&stage, &ticket, accept("перезагрузка проверена"));
        let first = technical(&stage).review_help(request.clone()).await.unwrap().into_inner();
        let again = technical(&stage).review_help(request).await.unwrap().into_inner();
        assert_eq!(first, again);
        let review = help(&stage, &ticket).await.review.unwrap();
        let by = people.agent(Line::Technical).subject;
        assert_eq!((review.accepted, review.note.as_str(), review.by), (true, "перезагрузка проверена", by));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn help_is_told_as_far_as_the_lines_can_be_asked() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Technical).await;
        stage.suite.kill(Line::ServiceDesk);
        let given = help(&stage, &ticket).await;
        assert_eq!(given.missing, [tickets::Line::ServiceDesk as i32]);
        assert_eq!(given.evidence.unwrap(), evidence::technical(), "what was handed over is here");
        assert_eq!(given.conversation, [], "what was said is at line 1");
    })
    .await;
}

#[tokio::test]
async fn help_that_is_not_enough_goes_back_with_a_reason_and_is_reviewed_anew_when_it_comes_again() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let verdict = wire::review_help_request::Verdict::SendBack(wire::SendBack {
            reason: hand::ReturnReason::EvidenceInsufficient as i32,
            asked_for: "какие лампы горят".into(),
        });
        let answer = technical(&stage).review_help(review(&stage, &ticket, verdict)).await.unwrap().into_inner();
        assert_eq!(answer.outcome.unwrap().standing(), Standing::Accepted);
        assert!(!answer.review.unwrap().accepted);
        let held = people.ticket(Line::ServiceDesk, &ticket).await.unwrap();
        assert_eq!(held.custody(), tickets::Custody::Held);
        let journey = people.journey(&ticket).await.unwrap();
        assert!(journey.events.iter().any(|event| event.summary.contains("not enough: evidence-insufficient")));

        people.to_technical(&ticket, evidence::technical()).await.unwrap();
        assert_eq!(help(&stage, &ticket).await.review, None, "new evidence, new review");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_plan_may_ask_for_a_review_before_anything_else() {
    for databases in Databases::all() {
        let plan = plan::DEMO.replace(
            "review_before = []\nshows_conversation = true",
            "review_before = [\"diagnosis\", \"escalation\", \"resolution\"]\nshows_conversation = false",
        );
        let stage = Stage::with(databases, &plan, |config| config).await;
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        assert_eq!(help(&stage, &ticket).await.conversation, [], "the plan shows no conversation");
        let refusals = [
            technical(&stage).diagnose(diagnosis(&stage, &ticket, "кабель")).await.unwrap_err(),
            people.to_expert(&ticket, evidence::expert()).await.unwrap_err(),
            people.resolve(Line::Technical, &ticket).await.unwrap_err(),
        ];
        for refused in refusals {
            assert_eq!(rpc::reason_of(&refused), Some(Reason::ReviewRequired), "{}", refused.message());
        }
        technical(&stage).review_help(review(&stage, &ticket, accept(""))).await.unwrap();
        technical(&stage).diagnose(diagnosis(&stage, &ticket, "кабель")).await.unwrap();
        people.resolve(Line::Technical, &ticket).await.unwrap();
        stage.holds().await;
    }
}

#[tokio::test]
async fn findings_are_only_added_to_and_become_the_evidence_for_line_3() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        for tried in ["кабель", "порт", "прошивка"] {
            technical(&stage).diagnose(diagnosis(&stage, &ticket, tried)).await.unwrap();
        }
        let list = |size, token: String| wire::ListFindingsRequest {
            ticket_id: ticket.clone(),
            page_size: size,
            page_token: token,
        };
        let first = technical(&stage).list_findings(list(2, String::new())).await.unwrap().into_inner();
        let rest = technical(&stage).list_findings(list(2, first.next_page_token)).await.unwrap().into_inner();
        let entries: Vec<_> = first.findings.into_iter().chain(rest.findings).collect();
        let tried: Vec<_> = entries.iter().map(|entry| entry.finding.clone().unwrap().tried).collect();
        assert_eq!(
            (tried, rest.next_page_token.as_str()),
            (["кабель", "порт", "прошивка"].map(String::from).into(), "")
        );
        let by = people.agent(Line::Technical).subject;
        assert!(entries.iter().all(|entry| entry.by == by && entry.at.is_some()), "by whom and when");

        begin_and_end_session(&stage, &ticket).await;
        let given = line3::Evidence { findings: vec![], sessions: vec![], ..evidence::expert() };
        assert_eq!(escalate(&stage, &ticket, given).await.standing(), Standing::Accepted);
        let taken = taken_by_experts(&stage, &ticket).await;
        let findings = &taken["evidence"]["findings"];
        assert_eq!(findings[2]["tried"], "прошивка", "{taken}");
        let session = &taken["evidence"]["sessions"][0];
        assert_eq!((&session["tool"], &session["did"]), (&"AnyDesk".into(), &"сброшен роутер".into()), "{taken}");
        stage.holds().await;
    })
    .await;
}

async fn begin_and_end_session(stage: &Stage, ticket: &str) {
    let people = stage.people();
    let begin = wire::BeginSessionRequest {
        request_id: people.request_id(),
        ticket_id: ticket.into(),
        consent: Some(wire::Consent {
            way: wire::ConsentWay::Spoken as i32, note: "по телефону в 12:05".into()
        }),
        tool: "AnyDesk".into(),
        expected_version: 0,
    };
    let begun = technical(stage).begin_session(begin).await.expect("the client consented").into_inner();
    let end = wire::EndSessionRequest {
        request_id: people.request_id(),
        ticket_id: ticket.into(),
        number: begun.session.expect("it began").number,
        did: "сброшен роутер".into(),
        outcome: wire::SessionOutcome::NothingFound as i32,
        result: "адрес не получен".into(),
        expected_version: 0,
    };
    technical(stage).end_session(end).await.expect("it is open");
}

#[tokio::test]
async fn there_is_no_remote_session_without_consent_and_none_ends_twice() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let without = wire::BeginSessionRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            consent: Some(wire::Consent { way: 0, note: "не спросили".into() }),
            tool: "AnyDesk".into(),
            expected_version: 0,
        };
        let refused = technical(&stage).begin_session(without).await.unwrap_err();
        assert!(refused.message().contains("consent.way"), "{}", refused.message());

        begin_and_end_session(&stage, &ticket).await;
        let again = wire::EndSessionRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            number: 1,
            did: "ещё раз".into(),
            outcome: wire::SessionOutcome::Solved as i32,
            result: "заработало".into(),
            expected_version: 0,
        };
        let refused = technical(&stage).end_session(again.clone()).await.unwrap_err();
        assert!(refused.message().contains("has ended"), "{}", refused.message());
        let unknown = wire::EndSessionRequest { request_id: people.request_id(), number: 7, ..again };
        let refused = technical(&stage).end_session(unknown).await.unwrap_err();
        assert!(refused.message().contains("no session 7"), "{}", refused.message());
        let list = wire::ListSessionsRequest { ticket_id: ticket.clone(), ..wire::ListSessionsRequest::default() };
        let sessions = technical(&stage).list_sessions(list).await.unwrap().into_inner().sessions;
        assert_eq!(sessions.len(), 1);
        assert_eq!(sessions[0].outcome(), wire::SessionOutcome::NothingFound, "the first end stands");
        assert_eq!(sessions[0].consent.as_ref().unwrap().note, "по телефону в 12:05");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn the_client_is_shown_step_by_step_how_to_verify_what_line_2_solved() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let steps = ["Включите роутер", "Подождите минуту", "Откройте любой сайт"].map(String::from);
        let request = hand::CustodianServiceResolveRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            root_cause: "сбой аренды адреса".into(),
            done: "аренда сброшена".into(),
            workaround: false,
            how_to_verify: "проверьте связь".into(),
            knowledge: String::new(),
            steps_to_verify: steps.to_vec(),
            expected_version: 0,
        };
        let mut custodian = CustodianServiceClient::new(people.at(Line::Technical));
        custodian.resolve(request).await.map(Response::into_inner).unwrap();
        stage.settle().await;
        let case = people.case(&ticket).await.unwrap();
        assert_eq!((case.how_to_verify.as_str(), case.steps_to_verify), ("проверьте связь", steps.to_vec()));
        let told = &case.conversation.last().unwrap().text;
        assert!(told.contains("проверьте связь\n1. Включите роутер\n2. Подождите минуту\n3. Откройте"), "{told}");
        let here = people.ticket(Line::ServiceDesk, &ticket).await.unwrap().resolution.unwrap();
        assert_eq!(here.steps_to_verify.len(), 3, "line 1 has them, too");
        stage.holds().await;
    })
    .await;
}
