//! What only the client can tell: asked through line 1, waited for until a deadline, reminded of on the way.

use jiff::{SignedDuration, Timestamp};
use proto::handover as hand;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line1::{Clarification, ListClarificationsRequest};
use proto::ticket as wire;
use tests::{Stage, on_each_database};
use ticket::{Clock, Line};
use tonic::Status;

async fn asked(stage: &Stage, ticket: &str) -> Clarification {
    let request = ListClarificationsRequest { ticket_id: ticket.into(), ..ListClarificationsRequest::default() };
    let mut desk = ServiceDeskServiceClient::new(stage.people().at(Line::ServiceDesk));
    let list = desk.list_clarifications(request).await.expect("line 1 has the ticket").into_inner();
    list.clarifications.into_iter().next().expect("something was asked")
}

async fn ask(stage: &Stage, ticket: &str, within_hours: u32) -> Result<hand::AskClientResponse, Status> {
    let people = stage.people();
    let request = hand::AskClientRequest {
        request_id: people.request_id(),
        ticket_id: ticket.into(),
        question: "Горит ли лампа WAN?".into(),
        within_hours,
        expected_version: 0,
    };
    CustodianServiceClient::new(people.at(Line::Technical)).ask_client(request).await.map(tonic::Response::into_inner)
}

fn seconds(at: Timestamp) -> i64 {
    at.as_second()
}

/// What happened to questions, with the line in whose log it stands.
async fn told(stage: &Stage, ticket: &str) -> Vec<(wire::Line, String)> {
    let journey = stage.people().journey(ticket).await.expect("the ticket is there");
    let events = journey.events.iter().filter(|event| event.what == "clarification");
    events.map(|event| (event.line(), event.summary.clone())).collect()
}

#[tokio::test]
async fn a_question_without_an_answer_is_reminded_of_and_then_waited_for_no_longer() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        // A high priority waits for four hours; line 2 works around the clock.
        let answer = ask(&stage, &ticket, 0).await.unwrap();
        let now = stage.clock.now();
        stage.settle().await;
        let priority = people.ticket(Line::Technical, &ticket).await.unwrap().facts.unwrap().priority();
        let domain = match priority {
            wire::Priority::High => 4,
            wire::Priority::Medium => 8,
            other => panic!("the evidence makes it medium or high, not {other:?}"),
        };
        let due = now + SignedDuration::from_hours(domain);
        assert_eq!(answer.due.unwrap().seconds, seconds(due));
        assert_eq!(asked(&stage, &ticket).await.due.unwrap().seconds, seconds(due), "line 1 knows until when");

        stage.after(SignedDuration::from_mins(domain * 30 - 1)).await;
        assert_eq!(asked(&stage, &ticket).await.reminders, 0, "half of the time has not passed");
        stage.after(SignedDuration::from_mins(1)).await;
        assert_eq!(asked(&stage, &ticket).await.reminders, 1);
        stage.after(SignedDuration::from_mins(domain * 30 - 1)).await;
        let question = asked(&stage, &ticket).await;
        assert_eq!((question.reminders, question.expired), (2, false));
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), wire::State::OnHold);

        stage.after(SignedDuration::from_mins(1)).await;
        assert!(asked(&stage, &ticket).await.expired);
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), wire::State::Open);
        let both = [wire::Line::Technical, wire::Line::ServiceDesk];
        let told = told(&stage, &ticket).await;
        for line in both {
            let here = told.iter().filter(|(at, _)| *at == line).count();
            assert_eq!(here, 3, "two reminders and the end stand on the timeline of {line:?}: {told:?}");
        }
        stage.after(SignedDuration::from_hours(24 * 7)).await;
        assert_eq!(asked(&stage, &ticket).await.reminders, 2, "nothing comes after the end");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_in_time_ends_the_wait_and_a_late_one_is_still_heard() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let question = ask(&stage, &ticket, 1).await.unwrap().clarification_id;
        stage.settle().await;
        people.write(&ticket, "Подскажите, горит ли лампа?", &question).await.unwrap();
        people.reply(&ticket, "Да, красным").await.unwrap();
        stage.settle().await;
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), wire::State::Open);
        stage.after(SignedDuration::from_hours(2)).await;
        assert_eq!(told(&stage, &ticket).await, [], "an answered question is not reminded of");

        let question = ask(&stage, &ticket, 1).await.unwrap().clarification_id;
        stage.settle().await;
        people.write(&ticket, "А какой прошивки роутер?", &question).await.unwrap();
        stage.after(SignedDuration::from_hours(1)).await;
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), wire::State::Open);
        assert_eq!(people.case(&ticket).await.unwrap().state(), wire::State::Open, "nobody waits for the client now");
        people.reply(&ticket, "Версия 2.4.1").await.unwrap();
        stage.settle().await;
        let journey = people.journey(&ticket).await.unwrap();
        let answers = journey
            .events
            .iter()
            .filter(|event| event.what == "clarification-answered" && event.line() == wire::Line::Technical);
        assert_eq!(answers.count(), 2, "the late one came as well");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_waits_longer_than_the_plan_allows_and_a_ticket_that_was_elsewhere_does_not_wait() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let refused = ask(&stage, &ticket, stage.plan.clarification_hours_max() + 1).await.unwrap_err();
        assert!(refused.message().contains("within_hours"), "{}", refused.message());
        ask(&stage, &ticket, 1).await.unwrap();
        people.to_expert(&ticket, tests::evidence::expert()).await.unwrap();
        people.hand_back(Line::Expert, &ticket, hand::ReturnReason::NotReproducible).await.unwrap();
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), wire::State::Open);
        stage.after(SignedDuration::from_hours(3)).await;
        assert_eq!(told(&stage, &ticket).await, [], "line 2 has it again, and waits for nothing");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn line_1_waits_for_the_client_in_the_same_way() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        people.ask_client(Line::ServiceDesk, &ticket, "Какой у вас адрес?").await.unwrap();
        let wait = stage.plan.clarification_due(Line::ServiceDesk, ticket::Priority::Medium, None, stage.clock.now());
        for at in wait.reminders.iter().chain([&wait.due]) {
            stage.after(at.duration_since(stage.clock.now())).await;
        }
        let question = asked(&stage, &ticket).await;
        assert!(question.expired && question.reminders == 2, "{question:?}");
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().state(), wire::State::Open);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_deadline_that_passes_while_the_line_is_down_is_kept_when_it_comes_back() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        ask(&stage, &ticket, 1).await.unwrap();
        stage.settle().await;
        stage.suite.kill(Line::Technical);
        stage.clock.advance(SignedDuration::from_hours(5));
        stage.suite.restart(Line::Technical).await.unwrap();
        stage.settle().await;
        let question = asked(&stage, &ticket).await;
        assert!(question.expired, "{question:?}");
        assert_eq!(question.reminders, 0, "there is nothing to be reminded of any more");
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), wire::State::Open);
        stage.holds().await;
    })
    .await;
}
