//! What is learned from questions that line 0 could not answer: drafts from what solved them, and gaps.

use jiff::SignedDuration;
use proto::handover as hand;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::line0::reply::Outcome;
use proto::line0::{self as wire, ArticleState};
use tests::articles::{approve, article, at, editor, found, in_state, publish, write};
use tests::people::{CLIENT, id_of};
use tests::{Stage, on_each_database};
use ticket::Line;

const QUESTION: &str = "как сбросить пароль от личного кабинета";

/// A request that line 0 passes on.
async fn passed_on(stage: &Stage, text: &str) -> String {
    let answer = stage.people().ask(text).await.expect("line 0 answers");
    assert_eq!(answer.reply.expect("a reply").outcome(), Outcome::HandedOver, "{text}");
    stage.settle().await;
    id_of(answer.ticket.as_ref())
}

async fn gaps(stage: &Stage) -> Vec<wire::Gap> {
    let request = wire::ListGapsRequest::default();
    let listed = at(stage, &editor(stage, "olga")).list_gaps(request).await.expect("an editor sees gaps");
    listed.into_inner().gaps
}

#[tokio::test]
async fn what_solved_like_requests_is_proposed_once_as_an_internal_draft_without_the_client() {
    on_each_database(async |stage| {
        let people = stage.people();
        let alike = [
            "Как подключить умную колонку к роутеру",
            "подключить умную колонку к роутеру?",
            "Умная колонка, роутер: как подключить",
        ];
        let mut tickets = Vec::new();
        for text in alike {
            tickets.push(passed_on(&stage, text).await);
        }
        tickets.push(passed_on(&stage, "Над домом пролетел вертолёт и сломал антенну").await);
        for ticket in &tickets {
            let request = hand::CustodianServiceResolveRequest {
                request_id: people.request_id(),
                ticket_id: ticket.clone(),
                root_cause: "не знал как".into(),
                done: format!("Иван Тестовый ({CLIENT}, +7 495 123-45-67) подключил по WPS"),
                how_to_verify: "колонка отвечает".into(),
                ..Default::default()
            };
            let mut desk = CustodianServiceClient::new(people.at(Line::ServiceDesk));
            desk.resolve(request).await.expect("line 1 has it");
            stage.settle().await;
        }

        let drafts = in_state(&stage, ArticleState::Draft).await;
        assert_eq!(drafts.len(), 2, "one for each cluster: {drafts:#?}");
        let of = |ticket: &str| drafts.iter().find(|kept| kept.ticket_id == ticket).expect("it was proposed");
        let draft = of(&tickets[0]).clone();
        let version = draft.present.clone().unwrap();
        let proposed = version.article.unwrap();
        assert_eq!((version.author.as_str(), proposed.audience()), ("", wire::Audience::Internal));
        assert_eq!(proposed.title, alike[0]);
        assert_eq!(proposed.questions, alike[1..], "the others of the cluster ask the same");
        assert!(proposed.body.contains("подключил по WPS"), "{}", proposed.body);
        for personal in [CLIENT, "Тестовый", "495"] {
            assert!(!proposed.body.contains(personal), "{}", proposed.body);
        }
        assert!(of(&tickets[3]).present.is_some());
        let found_by_staff = found(people.channel(Line::SelfService, &people.supervisor()), alike[0]).await;
        assert!(found_by_staff.is_empty(), "nobody approved it: {found_by_staff:?}");

        // A person makes it fit for clients, another approves, and the next client is answered.
        let text = wire::Article {
            audience: 0, body: "Нажмите WPS на роутере и на колонке.".into(), ..proposed
        };
        write(&stage, &editor(&stage, "olga"), text).await.unwrap();
        approve(&stage, &editor(&stage, "ivan"), &draft.article_id).await.unwrap();
        publish(&stage, &editor(&stage, "ivan"), &draft.article_id).await.unwrap();
        let reply = people.ask(alike[0]).await.unwrap().reply.unwrap();
        assert_eq!(reply.outcome(), Outcome::Answered, "{reply:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_often_and_answered_badly_is_listed_as_gaps() {
    on_each_database(async |stage| {
        stage
            .people()
            .know(vec![article("reset", "Как сбросить пароль от личного кабинета", "Нажмите «Забыли пароль?».")])
            .await
            .unwrap();
        for text in [
            "Где взять справку для налоговой",
            "справка для налоговой, где взять?",
            "Где мне взять справку для налоговой",
        ] {
            passed_on(&stage, &format!("{text}\nпочта klient@example.org")).await;
        }
        passed_on(&stage, "Над домом пролетел вертолёт").await;
        // An answer that did not help: it counts as one request, though it is handed over as well.
        let answer = stage.people().ask(QUESTION).await.unwrap();
        assert_eq!(answer.reply.unwrap().outcome(), Outcome::Answered);
        let ticket = id_of(answer.ticket.as_ref());
        stage.people().follow_up(&ticket, "это не помогло, ничего не подходит").await.unwrap();
        stage.settle().await;

        let listed = gaps(&stage).await;
        let told: Vec<_> = listed.iter().map(|gap| (gap.count, gap.handed_over, gap.disliked)).collect();
        assert_eq!(told.first(), Some(&(3, 3, 0)), "{listed:#?}");
        assert_eq!(listed.len(), 3, "{listed:#?}");
        let disliked = listed.iter().find(|gap| gap.disliked == 1).expect("the client came back");
        assert_eq!((disliked.count, disliked.examples.as_slice()), (1, &[QUESTION.to_owned()][..]));
        assert_eq!(listed[0].examples.len(), 3, "{listed:#?}");
        assert!(!listed[0].examples.concat().contains("klient"), "{listed:#?}");

        // Nobody asks any more: after a month it is no gap.
        stage.after(SignedDuration::from_hours(31 * 24)).await;
        passed_on(&stage, "Ещё один вертолёт пролетел над домом").await;
        passed_on(&stage, "Кот уронил телевизор с балкона").await;
        let left = gaps(&stage).await;
        assert!(left.iter().all(|gap| !gap.examples.concat().contains("справк")), "{left:#?}");
    })
    .await;
}

#[tokio::test]
async fn many_who_ask_the_same_at_once_make_one_group_and_one_draft_on_two_replicas() {
    on_each_database(async |stage| {
        let replica = stage.replica().await;
        let people = stage.people();
        let ask = async |number: usize| {
            let text = format!("Кто продлит пропуск на парковку номер {number}?");
            let answer = people.ask(&text).await.expect("line 0 answers");
            id_of(answer.ticket.as_ref())
        };
        let asked: Vec<String> = futures::future::join_all((0..24).map(ask)).await;
        settle_both(&stage, &replica).await;
        let listed = gaps(&stage).await;
        assert_eq!(listed.iter().map(|gap| gap.count).collect::<Vec<_>>(), [24], "{listed:#?}");
        for ticket in &asked {
            people.resolve(Line::ServiceDesk, ticket).await.expect("line 1 has it");
        }
        settle_both(&stage, &replica).await;
        let drafts = in_state(&stage, ArticleState::Draft).await;
        assert_eq!(drafts.len(), 1, "{drafts:#?}");
        assert_eq!(gaps(&stage).await[0].article_id, drafts[0].article_id);
    })
    .await;
}

/// Both replicas do what is due at the same time; what one could not do at once is tried again.
async fn settle_both(stage: &Stage, replica: &estafeta::Suite) {
    let (one, other) = tokio::join!(stage.suite.settle(), replica.settle());
    one.and(other).expect("both come to rest");
    stage.after(SignedDuration::from_mins(1)).await;
}
