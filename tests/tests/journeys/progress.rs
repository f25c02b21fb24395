//! A client who hears nothing is told how it goes, and is left alone while it is the client's turn.

use jiff::SignedDuration;
use proto::handover::AskClientRequest;
use proto::handover::custodian_service_client::CustodianServiceClient;
use tests::{Stage, on_each_database};
use ticket::Line;

/// How often the client was told how it goes.
async fn told(stage: &Stage, ticket: &str) -> usize {
    let case = stage.people().case(ticket).await.expect("their own");
    case.conversation.iter().filter(|message| message.text.contains("ещё в работе")).count()
}

#[tokio::test]
async fn nobody_is_told_how_it_goes_while_the_answer_is_waited_for() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let question = AskClientRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            question: "Горит ли лампа WAN?".into(),
            within_hours: 72,
            expected_version: 0,
        };
        let mut custodian = CustodianServiceClient::new(people.at(Line::Technical));
        let asked = custodian.ask_client(question).await.unwrap().into_inner().clarification_id;
        stage.settle().await;
        people.write(&ticket, "Скажите, горит ли лампа WAN?", &asked).await.unwrap();
        for _ in 0..5 {
            stage.after(SignedDuration::from_hours(12)).await;
        }
        assert_eq!(told(&stage, &ticket).await, 0, "it is the client's turn");
        people.reply(&ticket, "Горит").await.unwrap();
        for _ in 0..2 {
            stage.after(SignedDuration::from_hours(12)).await;
        }
        assert_eq!(told(&stage, &ticket).await, 1, "now it is ours");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_many_tickets_is_not_told_once_for_each() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut tickets = Vec::new();
        for office in 0..8 {
            tickets.push(people.register(&format!("Нет интернета в офисе {office}")).await);
        }
        let all = async || {
            let mut all = 0;
            for ticket in &tickets {
                all += told(&stage, ticket).await;
            }
            all
        };
        stage.after(SignedDuration::from_hours(25)).await;
        assert_eq!(all().await, 1, "of eight silences one is broken");
        for _ in 0..9 {
            stage.after(SignedDuration::from_hours(25)).await;
        }
        assert!((2..=10).contains(&all().await), "one a day at most: {}", all().await);
    })
    .await;
}
