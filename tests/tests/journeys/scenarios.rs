//! Line 0 does something for a client: it asks what is missing, has an internal service do it, and tells what came of it.
//! The services are real servers behind sockets.

use jiff::SignedDuration;
use proto::line0::reply::Outcome;
use proto::line0::self_service_service_client::SelfServiceServiceClient;
use proto::line0::{FollowUpRequest, Reply};
use proto::ticket as wire;
use proto::ticket::DecisionKind;
use proto::ticket::decision_service_client::DecisionServiceClient;
use proto::ticket::ticket_service_client::TicketServiceClient;
use serde_json::{Value, json};
use tests::internal::{Internal, Mood, Protocol, backends};
use tests::people::{CLIENT, id_of};
use tests::{Databases, Stage};
use ticket::Line;

/// The demonstration's plan, with a service that is waited for for a second and called three times.
fn plan() -> String {
    let quick = plan::DEMO.replace("timeout_seconds = 5\ntries = 8", "timeout_seconds = 1\ntries = 3");
    assert_ne!(quick, plan::DEMO, "the plan says it");
    quick
}

/// Longer than the longest pause between two calls.
const PAUSE: SignedDuration = SignedDuration::from_secs(31);

async fn staged(databases: Databases, service: &Internal) -> Stage {
    let backends = backends(service);
    Stage::with(databases, &plan(), |mut config| {
        config.backends = backends;
        config
    })
    .await
}

/// Runs `test` over every database with each kind of service.
async fn on_each(test: impl AsyncFn(Stage, Internal)) {
    for protocol in Protocol::ALL {
        for databases in Databases::all() {
            // Shown when it fails: which of the four it was.
            println!("{protocol:?}, SQLite: {}", databases.are_sqlite());
            let service = Internal::start(protocol).await.expect("there is a port");
            test(staged(databases, &service).await, service).await;
        }
    }
}

async fn asked(stage: &Stage, text: &str) -> (String, Reply) {
    let answer = stage.people().ask(text).await.expect("line 0 answers");
    (id_of(answer.ticket.as_ref()), answer.reply.expect("a reply"))
}

async fn told(stage: &Stage, ticket: &str, text: &str) -> Reply {
    stage.people().follow_up(ticket, text).await.expect("line 0 answers").reply.expect("a reply")
}

/// A request for everything of which the client was asked whether it is right.
async fn ready(stage: &Stage) -> String {
    let (ticket, reply) = asked(stage, "Закажите сим карту: nano, 3 шт., на завтра").await;
    assert_eq!(reply.asked.map(|asked| asked.kind).as_deref(), Some("confirmation"), "{}", reply.text);
    ticket
}

async fn state(stage: &Stage, ticket: &str) -> (wire::State, wire::Custody) {
    let ticket = stage.people().ticket(Line::SelfService, ticket).await.expect("the ticket is there");
    (ticket.state(), ticket.custody())
}

const CLOSED_HERE: (wire::State, wire::Custody) = (wire::State::Closed, wire::Custody::Held);

/// What `line` has in its log about the ticket, as JSON.
async fn log(stage: &Stage, line: Line, ticket: &str) -> Vec<Value> {
    let request = wire::GetJourneyRequest { ticket_id: ticket.into() };
    let journey = TicketServiceClient::new(stage.people().at(line)).get_journey(request).await.expect("there is one");
    let events = journey.into_inner().events;
    events.iter().map(|event| serde_json::from_str(&event.detail_json).expect("details are JSON")).collect()
}

/// What line 0 decided by a scenario: field, value, by what and by which plan.
async fn decided(stage: &Stage, ticket: &str) -> Vec<(String, String, String, String)> {
    let kind = DecisionKind::Scenario.into();
    let request = wire::ListDecisionsRequest { ticket_id: ticket.into(), kind, ..Default::default() };
    let people = stage.people();
    let way = people.channel(Line::SelfService, &people.supervisor());
    let found = DecisionServiceClient::new(way).list_decisions(request).await.expect("they can be listed");
    let decisions = found.into_inner().decisions.into_iter();
    decisions.map(|one| (one.field, one.value, one.by, one.plan)).collect()
}

/// The scenario in the evidence that line 1 got.
async fn tried(stage: &Stage, ticket: &str) -> Value {
    let log = log(stage, Line::ServiceDesk, ticket).await;
    let took = log.into_iter().find(|event| event["what"] == "took-over").expect("line 1 took it over");
    took["with"]["evidence"]["scenario"].clone()
}

#[tokio::test]
async fn an_order_is_asked_for_confirmed_and_placed() {
    on_each(async |stage, service| {
        let (ticket, reply) = asked(&stage, "Здравствуйте! Закажите сим карту").await;
        let first = reply.asked.expect("a field is asked for");
        assert_eq!((first.field_id.as_str(), first.kind.as_str()), ("format", "choice"));
        assert_eq!(first.options, ["nano-SIM", "eSIM"]);
        assert!(reply.text.contains("отмена"), "{}", reply.text);
        assert_eq!(told(&stage, &ticket, "нано").await.asked.unwrap().field_id, "count");
        assert_eq!(told(&stage, &ticket, "3 шт").await.asked.unwrap().field_id, "day");
        let reply = told(&stage, &ticket, "5 декабря").await;
        assert_eq!(reply.outcome(), Outcome::AskedBack);
        assert!(reply.text.contains("30 дней"), "{}", reply.text);
        let reply = told(&stage, &ticket, "послезавтра").await;
        assert!(reply.text.starts_with("Заказываю: nano-SIM, 3 шт., доставка 16 сентября 2026."), "{}", reply.text);
        assert_eq!(service.calls().len(), 0, "nothing is done before the client says yes");
        let reply = told(&stage, &ticket, "да").await;
        assert_eq!(reply.outcome(), Outcome::Answered, "{reply:?}");
        assert!(reply.text.contains("Заказ A-1 принят: nano-SIM, 3 шт."), "{}", reply.text);
        assert_eq!(state(&stage, &ticket).await, CLOSED_HERE);

        let calls = service.calls();
        assert_eq!((calls.len(), service.done()), (1, 1));
        assert_eq!((calls[0].scenario.as_str(), calls[0].client.as_str()), ("order-sim", CLIENT));
        assert_eq!(calls[0].fields, json!({ "format": "nano", "count": 3, "day": "2026-09-16" }));
        let log = log(&stage, Line::SelfService, &ticket).await;
        let steps: Vec<&str> =
            log.iter().filter(|event| event["what"] == "scenario").filter_map(|event| event["is"].as_str()).collect();
        assert_eq!(steps, ["begun", "called", "done"]);
        let version = stage.plan.version().to_string();
        let begun = ("scenario".to_owned(), "order-sim".to_owned(), String::new(), version.clone());
        let called = ("call".to_owned(), "orders".to_owned(), "order-sim".to_owned(), version);
        assert_eq!(decided(&stage, &ticket).await, [called, begun], "the latest first");
        stage.settle().await;
        assert_eq!(service.calls().len(), 1, "nothing is left to be done");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_offer_is_made_for_this_client_and_accepted_or_not() {
    on_each(async |stage, service| {
        let (ticket, reply) = asked(&stage, "Есть скидки для меня?").await;
        assert_eq!(reply.outcome(), Outcome::AskedBack, "{reply:?}");
        assert!(
            reply.text.contains("Смарт+, 450 руб.") && reply.text.contains("Подключить «Смарт+»?"),
            "{}",
            reply.text
        );
        let reply = told(&stage, &ticket, "да, давайте").await;
        assert!(reply.text.contains("Подключено: Смарт+, действует с 1 октября."), "{}", reply.text);
        assert_eq!(state(&stage, &ticket).await, CLOSED_HERE);
        let calls = service.calls();
        assert_eq!(calls.len(), 2);
        assert!(calls.iter().all(|call| call.client == CLIENT) && calls[0].id != calls[1].id);
        assert_eq!(calls[1].fields, json!({ "offer": "Смарт+" }));

        let (ticket, _) = asked(&stage, "any offers for me").await;
        assert_eq!(told(&stage, &ticket, "no").await.outcome(), Outcome::Answered);
        assert_eq!((state(&stage, &ticket).await, service.calls().len()), (CLOSED_HERE, 3));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_told_in_the_services_words() {
    on_each(async |stage, service| {
        service.set(Mood::Refuses("на складе нет карт".to_owned()));
        let ticket = ready(&stage).await;
        let reply = told(&stage, &ticket, "да").await;
        assert_eq!(reply.outcome(), Outcome::Answered);
        assert!(reply.text.contains("Заказать не получилось: на складе нет карт"), "{}", reply.text);
        assert_eq!((state(&stage, &ticket).await, service.done()), (CLOSED_HERE, 0));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_service_that_was_down_is_called_again_and_the_client_is_told_then() {
    on_each(async |stage, mut service| {
        let ticket = ready(&stage).await;
        service.stop().await;
        let reply = told(&stage, &ticket, "да").await;
        assert_eq!(reply.outcome(), Outcome::Working, "{reply:?}");
        assert!(reply.call_id.starts_with("msg_") && reply.text.contains("Выполняю"), "{reply:?}");
        let reply = told(&stage, &ticket, "Ну что там?").await;
        assert_eq!(reply.outcome(), Outcome::Working, "{reply:?}");
        service.start_again().await.expect("its port is free");
        stage.after(PAUSE).await;
        assert_eq!((state(&stage, &ticket).await, service.done()), (CLOSED_HERE, 1));
        let log = log(&stage, Line::SelfService, &ticket).await;
        let wrote: Vec<&str> =
            log.iter().filter(|event| event["what"] == "wrote-to-client").filter_map(|e| e["text"].as_str()).collect();
        assert!(wrote.iter().any(|text| text.contains("Выполняю")), "{wrote:?}");
        assert!(wrote.last().is_some_and(|text| text.contains("Заказ A-1 принят")), "{wrote:?}");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_done_without_an_answer_is_not_done_twice() {
    on_each(async |stage, service| {
        service.set(Mood::Mute);
        let ticket = ready(&stage).await;
        assert_eq!(told(&stage, &ticket, "да").await.outcome(), Outcome::Working);
        service.set(Mood::Obeys);
        stage.after(PAUSE).await;
        assert_eq!(state(&stage, &ticket).await, CLOSED_HERE);
        let calls = service.calls();
        assert!(calls.len() == 2 && calls[0].id == calls[1].id, "{calls:?}");
        assert_eq!(service.done(), 1);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn after_the_plans_tries_a_person_has_it_with_everything_that_was_given() {
    on_each(async |stage, service| {
        service.set(Mood::Busy);
        let ticket = ready(&stage).await;
        assert_eq!(told(&stage, &ticket, "да").await.outcome(), Outcome::Working);
        for _ in 0..3 {
            stage.after(PAUSE).await;
        }
        assert_eq!(service.calls().len(), 3, "as often as the plan says");
        assert_eq!(state(&stage, &ticket).await.1, wire::Custody::PassedOn);
        let tried = tried(&stage, &ticket).await;
        assert_eq!(tried["scenario_id"], "order-sim");
        assert_eq!(tried["given"], json!([["count", "3"], ["day", "2026-09-15"], ["format", "nano"]]));
        let outcome = tried["outcome"].as_str().unwrap();
        assert!(outcome.contains("did not do it") && outcome.contains("msg_"), "{outcome}");
        let (field, why, by, _) = decided(&stage, &ticket).await.remove(0);
        assert_eq!((field.as_str(), why.as_str(), by.as_str()), ("end", outcome, "order-sim"), "why it gave up");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_no_try_will_mend_goes_to_a_person_at_once() {
    for protocol in Protocol::ALL {
        let service = Internal::start(protocol).await.expect("there is a port");
        let stage = staged(Databases::sqlite(), &service).await;
        // Over gRPC nobody can be sent elsewhere.
        let moods = [Mood::Floods, Mood::Redirects];
        for mood in moods.into_iter().take(if protocol == Protocol::Http { 2 } else { 1 }) {
            service.set(mood.clone());
            let ticket = ready(&stage).await;
            assert_eq!(told(&stage, &ticket, "да").await.outcome(), Outcome::HandedOver, "{mood:?}");
            assert_eq!(state(&stage, &ticket).await.1, wire::Custody::PassedOn);
            let outcome = tried(&stage, &ticket).await["outcome"].to_string();
            assert!(outcome.contains("may have been done"), "{outcome}");
        }
        assert_eq!(service.done(), 0);
        stage.holds().await;
    }
    // Nobody has said where the service is.
    let stage = Stage::over(Databases::sqlite()).await;
    let ticket = ready(&stage).await;
    let reply = told(&stage, &ticket, "да").await;
    assert_eq!(reply.outcome(), Outcome::HandedOver, "{reply:?}");
    assert_eq!(reply.handover.unwrap().standing(), proto::handover::outcome::Standing::Accepted);
    stage.holds().await;
}

#[tokio::test]
async fn who_says_it_twice_orders_once() {
    on_each(async |stage, service| {
        let ticket = ready(&stage).await;
        let people = stage.people();
        let request = FollowUpRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            text: "да".into(),
            ..FollowUpRequest::default()
        };
        let way = people.channel(Line::SelfService, &people.client(CLIENT));
        let once = async || {
            let response = SelfServiceServiceClient::new(way.clone()).follow_up(request.clone()).await;
            response.expect("line 0 answers").into_inner().reply.expect("a reply")
        };
        let (one, other) = tokio::join!(once(), once());
        assert_eq!((&one.text, one.outcome()), (&other.text, Outcome::Answered));
        assert_eq!(once().await.text, one.text);
        // Two pages that say yes at once, each with its own id, order once as well.
        let ticket = ready(&stage).await;
        let (one, other) = tokio::join!(people.follow_up(&ticket, "да"), people.follow_up(&ticket, "да"));
        assert!(one.is_ok() || other.is_ok());
        stage.settle().await;
        assert_eq!(service.done(), 2);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn too_many_wrong_values_an_end_a_person_and_anger_all_end_it() {
    for databases in Databases::all() {
        let service = Internal::start(Protocol::Grpc).await.expect("there is a port");
        let stage = staged(databases, &service).await;
        let begin = async || asked(&stage, "Закажите сим карту, nano").await.0;
        let ticket = begin().await;
        for _ in 0..2 {
            let reply = told(&stage, &ticket, "сто").await;
            assert!(reply.text.contains("от 1 до 10"), "{}", reply.text);
        }
        assert_eq!(told(&stage, &ticket, "тысячу").await.outcome(), Outcome::HandedOver);
        assert_eq!(tried(&stage, &ticket).await["given"], json!([["format", "nano"]]));

        let ticket = begin().await;
        let reply = told(&stage, &ticket, "Отмена").await;
        assert_eq!((reply.outcome(), state(&stage, &ticket).await), (Outcome::Answered, CLOSED_HERE));

        for call in ["Соедините с оператором", "Это просто ужас, отвратительный сервис, сколько можно издеваться!!!"]
        {
            let ticket = begin().await;
            assert_eq!(told(&stage, &ticket, call).await.outcome(), Outcome::HandedOver, "{call}");
            stage.settle().await;
            assert_eq!(tried(&stage, &ticket).await["outcome"], "the client was asked for `count`");
        }

        let ticket = begin().await;
        stage.after(SignedDuration::from_mins(61)).await;
        assert_eq!(state(&stage, &ticket).await.1, wire::Custody::PassedOn, "silence ends it by the plan");
        assert_eq!(service.calls().len(), 0);
        stage.holds().await;
    }
}

#[tokio::test]
async fn a_person_who_has_it_meanwhile_is_told_what_came_of_the_call() {
    on_each(async |stage, service| {
        service.set(Mood::Busy);
        let ticket = ready(&stage).await;
        told(&stage, &ticket, "да").await;
        assert_eq!(told(&stage, &ticket, "оператора").await.outcome(), Outcome::HandedOver);
        service.set(Mood::Obeys);
        stage.after(PAUSE).await;
        assert_eq!(service.done(), 1);
        let log = log(&stage, Line::ServiceDesk, &ticket).await;
        let progress = log.iter().filter(|event| event["what"] == "progressed").filter_map(|e| e["text"].as_str());
        assert!(progress.into_iter().any(|text| text.contains("order: A-1")), "{log:?}");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_article_that_fits_as_well_is_offered_beside_it() {
    for databases in Databases::all() {
        let service = Internal::start(Protocol::Grpc).await.expect("there is a port");
        let stage = staged(databases, &service).await;
        let article = proto::line0::Article {
            article_id: "sim".into(),
            title: "Нужна новая сим карта: как заменить".into(),
            body: "Придите с паспортом.".into(),
            language: wire::Language::Russian as i32,
            ..proto::line0::Article::default()
        };
        stage.people().know(vec![article]).await.expect("it is taken");
        for (choice, outcome) in [("1", Outcome::AskedBack), ("2", Outcome::Answered)] {
            let (ticket, reply) = asked(&stage, "Нужна новая сим карта, как заменить?").await;
            assert_eq!(reply.outcome(), Outcome::Offered, "{reply:?}");
            assert_eq!((reply.scenarios[0].scenario_id.as_str(), reply.offers.len()), ("order-sim", 1));
            assert_eq!(told(&stage, &ticket, choice).await.outcome(), outcome, "{choice}");
        }
        // A mere hint begins nothing.
        let (ticket, reply) = asked(&stage, "симка").await;
        assert_eq!((reply.outcome(), reply.scenarios.len()), (Outcome::Offered, 1), "{reply:?}");
        let request = FollowUpRequest {
            request_id: stage.people().request_id(),
            ticket_id: ticket.clone(),
            scenario_id: "order-sim".into(),
            ..FollowUpRequest::default()
        };
        let people = stage.people();
        let way = people.channel(Line::SelfService, &people.client(CLIENT));
        let reply = SelfServiceServiceClient::new(way).follow_up(request).await.unwrap().into_inner().reply.unwrap();
        assert_eq!(reply.asked.unwrap().field_id, "format");
        stage.holds().await;
    }
}
