//! Line 0 learns from what solved requests which article answers, and how sure that is.

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::handover::CustodianServiceResolveRequest;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::line0 as wire;
use proto::line0::reply::Outcome;
use proto::line0::self_service_service_client::SelfServiceServiceClient;
use rpc::reason_of;
use tests::articles::article;
use tests::people::{CLIENT, id_of};
use tests::{Stage, on_each_database};
use ticket::Line;
use tonic::Status;

/// What is asked about, without saying where.
const THINGS: [&str; 5] = ["антенны", "приставки", "камеры", "колонки", "розетки"];

/// From so many requests something is learned.
const CASES_MIN: usize = 50;

fn knowledge() -> Vec<wire::Article> {
    let both = THINGS.iter().enumerate().flat_map(|(number, thing)| {
        [("wrong", "на балконе"), ("right", "на крыше")].map(|(name, place)| {
            article(&format!("{name}-{number}"), &format!("Настройка {thing} {place}"), "Поверните её.")
        })
    });
    both.collect()
}

async fn rate(stage: &Stage, ticket: &str, score: u32) -> Result<wire::RateAnswerResponse, Status> {
    let people = stage.people();
    let request = wire::RateAnswerRequest { request_id: people.request_id(), ticket_id: ticket.to_owned(), score };
    let client = people.channel(Line::SelfService, &people.client(CLIENT));
    SelfServiceServiceClient::new(client).rate_answer(request).await.map(tonic::Response::into_inner)
}

async fn choose(stage: &Stage, ticket: &str, article: &str) -> wire::Reply {
    let people = stage.people();
    let request = wire::FollowUpRequest {
        request_id: people.request_id(),
        ticket_id: ticket.to_owned(),
        article_id: article.to_owned(),
        ..wire::FollowUpRequest::default()
    };
    let client = people.channel(Line::SelfService, &people.client(CLIENT));
    let answer = SelfServiceServiceClient::new(client).follow_up(request).await.expect("it was offered");
    answer.into_inner().reply.expect("a reply")
}

#[tokio::test]
async fn what_clients_choose_is_answered_at_once_after_the_next_turn_of_learning() {
    on_each_database(async |stage| {
        let people = stage.people();
        people.know(knowledge()).await.unwrap();
        for round in 0..CASES_MIN.div_ceil(THINGS.len()) {
            for (number, thing) in THINGS.iter().enumerate() {
                let asked = people.ask(&format!("Настройка {thing}")).await.unwrap();
                let (ticket, reply) = (id_of(asked.ticket.as_ref()), asked.reply.unwrap());
                assert_eq!(reply.outcome(), Outcome::Offered, "{round}: {reply:?}");
                let reply = choose(&stage, &ticket, &format!("right-{number}")).await;
                assert_eq!(reply.outcome(), Outcome::Answered);
            }
        }
        stage.after(SignedDuration::from_hours(24 * 7 + 1)).await;
        stage.settle().await;
        for (number, thing) in THINGS.iter().enumerate() {
            let reply = people.ask(&format!("Настройка {thing}")).await.unwrap().reply.unwrap();
            assert_eq!((reply.outcome(), reply.article_id.as_str()), (Outcome::Answered, &*format!("right-{number}")));
        }
        // Another replica knows it too, with the first question.
        let replica = stage.replica().await;
        let client = replica.as_caller(Line::SelfService, &people.client(CLIENT));
        let request = wire::AskRequest {
            request_id: people.request_id(),
            text: format!("Настройка {}", THINGS[0]),
            channel: proto::ticket::Channel::Chat as i32,
            ..wire::AskRequest::default()
        };
        let answer = SelfServiceServiceClient::new(client).ask(request).await.unwrap().into_inner();
        assert_eq!(answer.reply.unwrap().article_id, "right-0");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_rated_by_its_client_and_a_bad_one_is_a_gap() {
    on_each_database(async |stage| {
        let people = stage.people();
        people.know(vec![article("wifi", "Как сменить пароль wi-fi", "Откройте 192.168.1.1.")]).await.unwrap();
        let asked = people.ask("Как сменить пароль wi-fi").await.unwrap();
        let (ticket, reply) = (id_of(asked.ticket.as_ref()), asked.reply.unwrap());
        assert_eq!(reply.outcome(), Outcome::Answered);
        for wrong in [0, 6, 1_000] {
            let refused = rate(&stage, &ticket, wrong).await.unwrap_err();
            assert_eq!(reason_of(&refused), Some(Reason::FieldInvalid), "{wrong}");
        }
        assert!(rate(&stage, &ticket, 5).await.unwrap().ticket.is_some());
        let stranger = people.channel(Line::SelfService, &people.client("client-18"));
        let request = wire::RateAnswerRequest { request_id: people.request_id(), ticket_id: ticket.clone(), score: 1 };
        let refused = SelfServiceServiceClient::new(stranger).rate_answer(request).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::TicketNotFound));
        let gaps = || async {
            let editor = tests::articles::editor(&stage, "olga");
            let request = wire::ListGapsRequest::default();
            tests::articles::at(&stage, &editor).list_gaps(request).await.unwrap().into_inner().gaps
        };
        stage.settle().await;
        assert_eq!(gaps().await, []);
        rate(&stage, &ticket, 1).await.unwrap();
        stage.settle().await;
        let listed = gaps().await;
        assert_eq!((listed.len(), listed[0].disliked), (1, 1));

        let handed_over = people.ask("Над домом сломалась антенна, дым и искры").await.unwrap();
        stage.settle().await;
        let refused = rate(&stage, &id_of(handed_over.ticket.as_ref()), 5).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::WrongState));
    })
    .await;
}

#[tokio::test]
async fn a_person_who_names_the_article_that_solved_it_teaches_and_proposes_no_draft() {
    on_each_database(async |stage| {
        let people = stage.people();
        people.know(vec![article("antenna", "Антенна на крыше", "Вызовите мастера.")]).await.unwrap();
        let asked = people.ask("Над домом вертолёт, дым и искры").await.unwrap();
        assert_eq!(asked.reply.unwrap().outcome(), Outcome::HandedOver);
        stage.settle().await;
        let request = CustodianServiceResolveRequest {
            request_id: people.request_id(),
            ticket_id: id_of(asked.ticket.as_ref()),
            root_cause: "сломана антенна".into(),
            done: "мастер починил".into(),
            how_to_verify: "есть сигнал".into(),
            knowledge: "antenna".into(),
            ..CustodianServiceResolveRequest::default()
        };
        CustodianServiceClient::new(people.at(Line::ServiceDesk)).resolve(request).await.expect("line 1 has it");
        stage.settle().await;
        let drafts = tests::articles::in_state(&stage, wire::ArticleState::Draft).await;
        assert_eq!(drafts, [], "it is written already");
    })
    .await;
}

#[tokio::test]
async fn an_answer_after_which_the_client_comes_back_teaches_nothing() {
    on_each_database(async |stage| {
        let people = stage.people();
        people.know(vec![article("wifi", "Как сменить пароль wi-fi", "Откройте 192.168.1.1.")]).await.unwrap();
        let asked = people.ask("Как сменить пароль wi-fi").await.unwrap();
        let ticket = id_of(asked.ticket.as_ref());
        rate(&stage, &ticket, 5).await.unwrap();
        let cases = async || {
            let desk = stage.suite.desk(Line::SelfService).expect("line 0 is at work");
            let organization = stage.plan.organization();
            desk.store().documents::<serde_json::Value>(organization, "solved-question", None, 10).await.unwrap().len()
        };
        assert_eq!(cases().await, 1);
        let again = people.follow_up(&ticket, "Как сменить пароль wi-fi").await.unwrap().reply.unwrap();
        assert_eq!(again.outcome(), Outcome::HandedOver, "the same is not told twice");
        assert_eq!(cases().await, 0);
    })
    .await;
}
