//! Tickets wait for people, and people for tickets: nobody's turn is lost, and nobody gets what is not theirs.

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::handover::AssignRequest;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::queue::queue_service_client::QueueServiceClient;
use proto::queue::staff_service_client::StaffServiceClient;
use proto::queue::{ClaimRequest, SetPresenceRequest};
use rpc::{Caller, Channel, Role};
use tests::{Stage, on_each_database};
use ticket::Line;

fn at(stage: &Stage, line: Line, subject: &str) -> Channel {
    let organization = stage.plan.organization().clone();
    stage.people().channel(line, &Caller { subject: subject.to_owned(), organization, role: Role::Agent { line } })
}

async fn assignee(stage: &Stage, line: Line, ticket: &str) -> String {
    let ticket = stage.people().ticket(line, ticket).await.expect("the ticket is there");
    ticket.assignment.unwrap_or_default().assignee
}

async fn presence(stage: &Stage, line: Line, person: &str, away: bool) {
    let request_id = stage.people().request_id();
    let request = SetPresenceRequest { request_id, away, ..SetPresenceRequest::default() };
    StaffServiceClient::new(at(stage, line, person)).set_presence(request).await.expect("one may go away");
}

/// The demonstration's plan with a network where each has room for one ticket.
fn plan_with_little_room() -> String {
    plan::DEMO.replace("load_max = 15", "load_max = 1")
}

async fn on_each_with_little_room(test: impl AsyncFn(Stage)) {
    for databases in tests::Databases::all() {
        test(Stage::with(databases, &plan_with_little_room(), |config| config).await).await;
    }
}

#[tokio::test]
async fn a_ticket_for_which_nobody_was_free_is_offered_again_when_somebody_is() {
    on_each_with_little_room(async |stage| {
        let people = stage.people();
        let mut tickets = Vec::new();
        for _ in 0..3 {
            tickets.push(people.ticket_at(Line::Technical).await);
        }
        assert_eq!(assignee(&stage, Line::Technical, &tickets[2]).await, "", "both have as much as they may have");
        stage.after(SignedDuration::from_mins(11)).await;
        assert_eq!(assignee(&stage, Line::Technical, &tickets[2]).await, "", "nor has that changed");
        let first = assignee(&stage, Line::Technical, &tickets[0]).await;
        people.resolve(Line::Technical, &tickets[0]).await.unwrap();
        stage.after(SignedDuration::from_mins(6)).await;
        assert_eq!(assignee(&stage, Line::Technical, &tickets[2]).await, first, "there is room again");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn those_nobody_can_take_do_not_stand_in_the_way_of_the_others() {
    on_each_database(async |stage| {
        let people = stage.people();
        for person in ["d.volkov", "m.sokolov"] {
            presence(&stage, Line::Technical, person, true).await;
        }
        let mut waiting = Vec::new();
        for _ in 0..51 {
            waiting.push(people.ticket_at(Line::Technical).await);
        }
        // The first fifty ask for what only somebody who is away knows.
        let other = waiting.last().expect("there are some").clone();
        let tamper = async |sql: String| stage.databases.tamper(Line::Technical, &sql).await;
        let document = match stage.databases.are_sqlite() {
            true => "json_set(document, '$.facts.category', 'vpn')",
            false => "jsonb_set(document::jsonb, '{facts,category}', '\"vpn\"')::text",
        };
        tamper(format!("UPDATE ticket SET document = {document} WHERE id <> '{other}'")).await;
        presence(&stage, Line::Technical, "d.volkov", false).await;
        stage.settle().await;
        assert_eq!(assignee(&stage, Line::Technical, &other).await, "d.volkov");
        assert_eq!(assignee(&stage, Line::Technical, &waiting[0]).await, "");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_of_another_zone_is_no_longer_in_the_hands_of_whoever_had_it() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let request = AssignRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            zone: "billing".into(),
            assignee: String::new(),
            expected_version: 0,
        };
        CustodianServiceClient::new(people.at(Line::Technical)).assign(request).await.unwrap();
        assert_eq!(assignee(&stage, Line::Technical, &ticket).await, "e.morozova", "its group goes on");
    })
    .await;
}

#[tokio::test]
async fn of_two_who_claim_at_once_one_gets_it() {
    on_each_database(async |stage| {
        let people = stage.people();
        for person in ["d.volkov", "m.sokolov"] {
            presence(&stage, Line::Technical, person, true).await;
        }
        let ticket = people.ticket_at(Line::Technical).await;
        let claim = async |who: &str| {
            let request_id = people.request_id();
            let request = ClaimRequest { request_id, ticket_id: ticket.clone(), expected_version: 0 };
            QueueServiceClient::new(at(&stage, Line::Technical, who)).claim(request).await
        };
        let (one, other) = tokio::join!(claim("d.volkov"), claim("m.sokolov"));
        let refused: Vec<_> = [&one, &other].into_iter().filter_map(|claimed| claimed.as_ref().err()).collect();
        assert_eq!(refused.len(), 1, "{one:?} {other:?}");
        assert_eq!(rpc::reason_of(refused[0]), Some(Reason::AssignedToAnother));
        let winner = if one.is_ok() { "d.volkov" } else { "m.sokolov" };
        assert_eq!(assignee(&stage, Line::Technical, &ticket).await, winner);
    })
    .await;
}

#[tokio::test]
async fn whoever_left_while_the_line_was_down_has_no_tickets_when_it_is_back() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        stage.leave_to_nobody_known(Line::Technical).await;
        stage.suite.kill(Line::Technical);
        stage.suite.restart(Line::Technical).await.expect("it starts again");
        stage.settle().await;
        let now = assignee(&stage, Line::Technical, &ticket).await;
        assert!(["d.volkov", "m.sokolov"].contains(&now.as_str()), "`{now}` should be of the group");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_comes_back_to_a_group_that_is_gone_is_seen_by_its_zones_group() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        people.to_expert(&ticket, tests::evidence::expert()).await.unwrap();
        // As after a plan that renamed the group and let the person go while the ticket was at line 3.
        let document = match stage.databases.are_sqlite() {
            true => "json_set(document, '$.assignment.group', 'gone', '$.assignment.assignee', 'nobody.any.more')",
            false => {
                "(document::jsonb || jsonb_build_object('assignment', (document::jsonb -> 'assignment') || \
                 '{\"group\": \"gone\", \"assignee\": \"nobody.any.more\"}'))::text"
            }
        };
        let sql = format!("UPDATE ticket SET document = {document}, group_name = 'gone', queue = 'gone'");
        stage.databases.tamper(Line::Technical, &sql).await;
        let reason = proto::handover::ReturnReason::EvidenceInsufficient;
        people.hand_back(Line::Expert, &ticket, reason).await.unwrap();
        stage.settle().await;
        let back = people.ticket(Line::Technical, &ticket).await.unwrap().assignment.unwrap();
        assert_eq!(back.group, "network-engineers");
        assert!(
            ["d.volkov", "m.sokolov"].contains(&back.assignee.as_str()),
            "`{}` should be of the group",
            back.assignee
        );
        stage.holds().await;
    })
    .await;
}
