//! Line 1 sorts by itself: by rules of the plan and by the mood, and says why.

use proto::line1::record_service_client::RecordServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line1::{GetRecordRequest, TriageRequest};
use proto::queue::ChangeManyRequest;
use proto::queue::change_many_request::{Action, PrioritizeEach};
use proto::queue::queue_service_client::QueueServiceClient;
use proto::ticket::{Facts, Impact, Kind, Mood, Priority, RaiseCause, Urgency};
use tests::{People, Stage, on_each_database};
use ticket::Line;

/// So angry that the demonstration's plan raises it.
const ANGER: &str = "Это просто ужас! Безобразие, отвратительно, сколько можно!!!";

async fn facts(people: &People<'_>, line: Line, ticket: &str) -> Facts {
    people.ticket(line, ticket).await.expect("the ticket is there").facts.expect("it has facts")
}

async fn told(stage: &Stage, ticket: &str, what: &str) -> Vec<String> {
    let journey = stage.people().journey(ticket).await.expect("it has a journey");
    journey.events.into_iter().filter(|event| event.what == what).map(|event| event.summary).collect()
}

#[tokio::test]
async fn rules_of_the_plan_set_what_nobody_said_and_say_why() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut request = people.registration("Из щитка дым и искрит проводка, стоит весь офис");
        (request.kind, request.category) = (0, String::new());
        let response = ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).register(request).await;
        let ticket = tests::people::id_of(response.expect("it is registered").into_inner().ticket.as_ref());

        let known = facts(&people, Line::ServiceDesk, &ticket).await;
        assert_eq!((known.kind(), known.impact(), known.urgency()), (Kind::Incident, Impact::High, Urgency::High));
        assert_eq!(known.priority(), Priority::Critical);
        let raise = known.raises.iter().find(|raise| raise.cause() == RaiseCause::Rule).expect("a rule raises it");
        assert_eq!((raise.id.as_str(), raise.steps), ("safety", 2));
        assert!(raise.ru.starts_with("опасность для людей: ") && raise.ru.contains("«искрит»"), "{}", raise.ru);
        assert_eq!(told(&stage, &ticket, "sorted").await, ["sorted by the plan's rules whole-office, safety"]);

        let record = GetRecordRequest { ticket_id: ticket };
        let record = RecordServiceClient::new(people.at(Line::ServiceDesk)).get_record(record).await.unwrap();
        assert_eq!(record.into_inner().record.expect("a record").tags, ["офис"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_person_said_stands_above_every_rule() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut request = people.registration("Из щитка искрит, стоит весь офис");
        (request.kind, request.impact) = (Kind::Question as i32, Impact::Low as i32);
        request.urgency = Urgency::Low as i32;
        let response = ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).register(request).await;
        let ticket = tests::people::id_of(response.expect("it is registered").into_inner().ticket.as_ref());
        let known = facts(&people, Line::ServiceDesk, &ticket).await;
        assert_eq!((known.kind(), known.impact(), known.urgency()), (Kind::Question, Impact::Low, Urgency::Low));
        assert_eq!(known.category, "no-internet");
        assert_eq!(known.priority(), Priority::High, "low by the matrix, raised by two steps");
    })
    .await;
}

#[tokio::test]
async fn an_angry_client_comes_sooner_until_content_and_the_words_are_named() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета с утра").await;
        let calm = facts(&people, Line::ServiceDesk, &ticket).await;
        assert_eq!((calm.priority(), calm.raises.len()), (Priority::Medium, 0));

        people.reply(&ticket, ANGER).await.unwrap();
        let angry = facts(&people, Line::ServiceDesk, &ticket).await;
        assert_eq!((angry.priority(), angry.raises[0].cause()), (Priority::High, RaiseCause::Mood));
        assert!(angry.raises[0].ru.starts_with("клиент очень недоволен: «"), "{}", angry.raises[0].ru);
        people.reply(&ticket, "Номер договора 17").await.unwrap();
        assert_eq!(facts(&people, Line::ServiceDesk, &ticket).await.priority(), Priority::High, "a fact is no mood");
        people.reply(&ticket, "Отлично, вы молодцы, большое спасибо").await.unwrap();
        let content = facts(&people, Line::ServiceDesk, &ticket).await;
        assert_eq!((content.priority(), content.raises.len()), (Priority::Medium, 0));
        assert_eq!(told(&stage, &ticket, "priority").await.len(), 2, "each change is told once");
    })
    .await;
}

#[tokio::test]
async fn what_line_0_hands_over_is_sorted_too() {
    on_each_database(async |stage| {
        let people = stage.people();
        let asked = people.ask(&format!("{ANGER} Пахнет гарью, дайте оператора")).await.unwrap();
        let ticket = tests::people::id_of(asked.ticket.as_ref());
        stage.settle().await;
        let known = facts(&people, Line::ServiceDesk, &ticket).await;
        assert_eq!((known.kind(), known.urgency(), known.mood()), (Kind::Incident, Urgency::High, Mood::Negative));
        assert_eq!((known.priority(), known.raises.len()), (Priority::Critical, 2));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_raise_survives_triage_and_goes_up_with_the_ticket() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register(&format!("Нет интернета. {ANGER}")).await;
        let triage = TriageRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            category: "no-internet".into(),
            impact: Impact::Low as i32,
            urgency: Urgency::High as i32,
            mood: Mood::Negative as i32,
            ..TriageRequest::default()
        };
        ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).triage(triage).await.unwrap();
        let here = facts(&people, Line::ServiceDesk, &ticket).await;
        assert_eq!(here.priority(), Priority::High, "medium by the matrix, raised by one step");

        people.to_technical(&ticket, tests::evidence::technical()).await.unwrap();
        stage.settle().await;
        let there = facts(&people, Line::Technical, &ticket).await;
        assert_eq!(there.raises, here.raises, "why it comes first goes along");
        assert_eq!(there.priority(), Priority::High, "raised there too");

        let least = PrioritizeEach { impact: Impact::Low as i32, urgency: Urgency::Low as i32 };
        let request = ChangeManyRequest {
            request_id: people.request_id(),
            ticket_ids: vec![ticket.clone()],
            action: Some(Action::Prioritize(least)),
        };
        let boss = people.channel(Line::Technical, &people.supervisor());
        QueueServiceClient::new(boss).change_many(request).await.unwrap();
        let lower = facts(&people, Line::Technical, &ticket).await;
        assert_eq!(lower.priority(), Priority::Medium, "low by the matrix, raised by one step");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_angry_client_comes_sooner_at_whichever_line_the_ticket_is() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета с утра").await;
        people.to_technical(&ticket, tests::evidence::technical()).await.unwrap();
        stage.settle().await;
        let calm = facts(&people, Line::Technical, &ticket).await;
        assert_eq!(calm.raises.len(), 0, "{calm:?}");

        people.reply(&ticket, ANGER).await.unwrap();
        stage.settle().await;
        let angry = facts(&people, Line::Technical, &ticket).await;
        assert_eq!((angry.raises.len(), angry.raises[0].cause()), (1, RaiseCause::Mood));
        assert!(angry.priority() > calm.priority(), "{angry:?}");
        assert!(angry.raises[0].ru.starts_with("клиент очень недоволен: «"), "{}", angry.raises[0].ru);

        // An answer to a question is a message like any other.
        let question = people.ask_client(Line::Technical, &ticket, "Какой у вас роутер?").await.unwrap();
        stage.settle().await;
        people.write(&ticket, "Какой у вас роутер?", &question).await.unwrap();
        people.reply(&ticket, "Отлично, вы молодцы, большое спасибо, у меня Archer").await.unwrap();
        stage.settle().await;
        let content = facts(&people, Line::Technical, &ticket).await;
        assert_eq!((content.priority(), content.raises.len()), (calm.priority(), 0));
        stage.holds().await;
    })
    .await;
}
