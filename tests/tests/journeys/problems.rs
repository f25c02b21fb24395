//! Problems: many tickets, one cause, and everybody learns what helps and what solved it.

use proto::errors::Reason;
use proto::line3 as wire;
use proto::ticket as tickets;
use rpc::reason_of;
use tests::{Stage, on_each_database, problems};
use ticket::Line;

/// Many times more than are told in one transaction.
const MANY: usize = 300;

/// What the lines' logs of a ticket say of problems: the line, the stage, the number of the news.
async fn news(stage: &Stage, ticket: &str) -> Vec<(tickets::Line, String, u64)> {
    let journey = stage.people().journey(ticket).await.expect("the ticket is there");
    let told = journey.events.iter().filter(|event| event.what == "problem").map(|event| {
        let detail: serde_json::Value = serde_json::from_str(&event.detail_json).expect("details are JSON");
        let stage = if detail["linked"] == true { detail["stage"].as_str().unwrap_or_default() } else { "unlinked" };
        (event.line(), stage.to_owned(), detail["number"].as_u64().unwrap_or_default())
    });
    told.collect()
}

#[tokio::test]
async fn every_linked_ticket_is_told_once_although_line_3_dies_on_the_way() {
    on_each_database(async |stage| {
        let mut all = Vec::new();
        for number in 0..MANY {
            all.push(stage.people().register(&format!("Рвётся VPN, обращение {number}")).await);
        }
        let problem = problems::open(&stage, &[]).await;
        for some in all.chunks(100) {
            problems::link(&stage, &problem, some).await;
        }
        stage.settle().await;
        problems::find_cause(&stage, &problem).await;
        let planned = problems::plan(&stage, &problem).await;
        assert_eq!(planned.stage(), tickets::ProblemStage::Resolving);
        let resolved = problems::finish(&stage, &problem).await;
        assert_eq!(resolved.stage(), tickets::ProblemStage::Resolved);
        assert_eq!(resolved.done.len(), 2);
        for _ in 0..2 {
            // A part of them is told, and the process dies.
            if let Some(desk) = stage.suite.desk(Line::Expert) {
                desk.ring_due().await;
            }
            stage.suite.kill(Line::Expert);
            stage.suite.restart(Line::Expert).await.expect("line 3 comes back");
        }
        stage.after(jiff::SignedDuration::from_mins(2)).await;
        for ticket in &all {
            let told = news(&stage, ticket).await;
            let desk = tickets::Line::ServiceDesk;
            assert_eq!(told, [(desk, "investigating".to_owned(), 0), (desk, "resolved".to_owned(), 1)], "{ticket}");
        }
        let request =
            wire::ListProblemTicketsRequest { problem_id: problem, page_size: 200, page_token: String::new() };
        let first = problems::at(&stage).list_problem_tickets(request.clone()).await.unwrap().into_inner();
        let rest = wire::ListProblemTicketsRequest { page_token: first.next_page_token.clone(), ..request };
        let rest = problems::at(&stage).list_problem_tickets(rest).await.unwrap().into_inner();
        assert_eq!((first.ticket_ids.len(), rest.ticket_ids.len()), (200, MANY - 200));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn every_line_that_touched_a_ticket_learns_the_workaround_and_the_next_one_too() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        stage.settle().await;
        let problem = problems::open(&stage, &[&ticket]).await;
        let workaround = wire::PublishWorkaroundRequest {
            request_id: people.request_id(),
            problem_id: problem.clone(),
            workaround: "Переподключаться раз в 50 минут".into(),
            expected_version: 0,
        };
        problems::at(&stage).publish_workaround(workaround.clone()).await.unwrap();
        problems::at(&stage).publish_workaround(workaround).await.expect("a repeat gets the first answer");
        stage.settle().await;
        let told = news(&stage, &ticket).await;
        let at = |line: tickets::Line| told.iter().filter(|(there, ..)| *there == line).count();
        assert_eq!((at(tickets::Line::ServiceDesk), at(tickets::Line::Technical)), (2, 2), "{told:?}");

        people.to_expert(&ticket, tests::evidence::expert()).await.unwrap();
        stage.settle().await;
        let told = news(&stage, &ticket).await;
        assert!(told.iter().any(|(line, _, number)| (*line, *number) == (tickets::Line::Expert, 1)), "{told:?}");

        let unlink = wire::UnlinkTicketRequest {
            request_id: people.request_id(),
            problem_id: problem,
            ticket_id: ticket.clone(),
        };
        problems::at(&stage).unlink_ticket(unlink).await.unwrap();
        stage.settle().await;
        let gone: Vec<_> =
            news(&stage, &ticket).await.into_iter().filter(|(_, stage, _)| stage == "unlinked").collect();
        assert_eq!(gone.len(), 3, "all three lines: {gone:?}");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_planned_before_the_cause_is_known_and_nobody_writes_over_what_they_did_not_see() {
    on_each_database(async |stage| {
        let people = stage.people();
        let problem = problems::open(&stage, &[]).await;
        let step = wire::ProblemStep {
            what: "Перезапустить".into(),
            owner: people.agent(Line::Expert).subject,
            due: "2026-09-18".into(),
            ..wire::ProblemStep::default()
        };
        let plan = wire::PlanProblemRequest {
            request_id: people.request_id(),
            problem_id: problem.clone(),
            steps: vec![step.clone()],
            how_to_verify: "Работает".into(),
            expected_version: 0,
        };
        let refused = problems::at(&stage).plan_problem(plan.clone()).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::ProblemWrongState));
        let seen = problems::find_cause(&stage, &problem).await.version;
        let stranger = wire::ProblemStep { owner: "nobody".into(), ..step };
        let request_id = people.request_id();
        let of_nobody = wire::PlanProblemRequest { request_id, steps: vec![stranger], ..plan.clone() };
        let refused = problems::at(&stage).plan_problem(of_nobody).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::PersonUnknown));
        problems::plan(&stage, &problem).await;
        let late = wire::PlanProblemRequest { request_id: people.request_id(), expected_version: seen, ..plan };
        let refused = problems::at(&stage).plan_problem(late).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::ProblemChanged));
        let nobodys = [format!("tkt_{}", "7".repeat(32))];
        let link = wire::LinkTicketsRequest {
            request_id: people.request_id(),
            problem_id: problem,
            ticket_ids: nobodys.to_vec(),
        };
        let refused = problems::at(&stage).link_tickets(link).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::TicketNotFound));
    })
    .await;
}
