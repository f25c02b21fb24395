//! The life of articles: written, approved by another, published, replaced, switched by their dates, retired.

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::line0::reply::Outcome;
use proto::line0::self_service_service_client::SelfServiceServiceClient;
use proto::line0::{self as wire, ArticleState};
use rpc::reason_of;
use tests::articles::{approve, article, at, editor, found, in_state, make, publish, retire, write};
use tests::people::CLIENT;
use tests::stage::BEGIN;
use tests::{Stage, on_each_database};
use ticket::Line;

const QUESTION: &str = "как сбросить пароль от личного кабинета";

fn password(body: &str) -> wire::Article {
    article("reset", "Как сбросить пароль от личного кабинета", body)
}

/// What line 0 tells a client who asks.
async fn told(stage: &Stage) -> (Outcome, String) {
    let reply = stage.people().ask(QUESTION).await.expect("line 0 answers").reply.expect("a reply");
    (reply.outcome(), reply.text)
}

fn client_at(stage: &Stage, suite: &estafeta::Suite) -> rpc::Channel {
    suite.as_caller(Line::SelfService, &stage.people().client(CLIENT))
}

fn states(kept: &wire::KeptArticle) -> Vec<(u32, ArticleState)> {
    kept.present.iter().chain(&kept.next).map(|version| (version.number, version.state())).collect()
}

/// An instant so many hours after the stage begins.
fn hours(after: i64) -> prost_types::Timestamp {
    let begin: jiff::Timestamp = BEGIN.parse().expect("the instant is well formed");
    prost_types::Timestamp { seconds: begin.as_second() + after * 3_600, nanos: 0 }
}

#[tokio::test]
async fn an_article_is_answered_from_once_another_person_approved_it() {
    on_each_database(async |stage| {
        let replica = stage.replica().await;
        let (olga, ivan) = (editor(&stage, "olga"), editor(&stage, "ivan"));
        let agent = stage.people().agent(Line::Technical);

        let written = write(&stage, &olga, password("Нажмите «Забыли пароль?».")).await.unwrap();
        assert_eq!(states(&written), [(1, ArticleState::Draft)]);
        let refused = publish(&stage, &ivan, "reset").await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::ArticleWrongState), "{refused:?}");
        let refused = approve(&stage, &olga, "reset").await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::ArticleOwnWork), "{refused:?}");
        approve(&stage, &ivan, "reset").await.unwrap();
        assert_ne!(told(&stage).await.0, Outcome::Answered, "nobody published it");
        publish(&stage, &olga, "reset").await.unwrap();
        assert_eq!(told(&stage).await.0, Outcome::Answered);
        assert_eq!(found(client_at(&stage, &replica), QUESTION).await, ["reset"], "another replica knows it too");

        // An agent of line 2 knows better; until that is approved and published, the first version is told.
        let next = write(&stage, &agent, password("Наберите *123#.")).await.unwrap();
        assert_eq!(states(&next), [(1, ArticleState::Published), (2, ArticleState::Draft)]);
        assert!(told(&stage).await.1.contains("Забыли пароль"));
        let drafts = in_state(&stage, ArticleState::Draft).await;
        assert_eq!(drafts.iter().map(|kept| kept.article_id.as_str()).collect::<Vec<_>>(), ["reset"]);
        assert!(in_state(&stage, ArticleState::Approved).await.is_empty());
        approve(&stage, &olga, "reset").await.unwrap();
        publish(&stage, &olga, "reset").await.unwrap();
        assert!(told(&stage).await.1.contains("*123#"));

        let refused = retire(&stage, &olga, "nobody's").await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::ArticleNotFound), "{refused:?}");
        retire(&stage, &olga, "reset").await.unwrap();
        assert_ne!(told(&stage).await.0, Outcome::Answered);
        assert!(found(client_at(&stage, &replica), QUESTION).await.is_empty());

        let request = wire::ListArticleVersionsRequest { article_id: "reset".into(), ..Default::default() };
        let all = at(&stage, &ivan).list_article_versions(request).await.unwrap().into_inner().versions;
        let all: Vec<_> = all.iter().map(|v| (v.number, v.state(), v.author.as_str(), v.reviewer.as_str())).collect();
        let (first, second) = ((1, "olga", "ivan"), (2, agent.subject.as_str(), "olga"));
        let over = ArticleState::Retired;
        assert_eq!(all, [(first.0, over, first.1, first.2), (second.0, over, second.1, second.2)]);
    })
    .await;
}

#[tokio::test]
async fn a_replica_tells_clients_what_was_published_since_it_last_looked() {
    on_each_database(async |stage| {
        let replica = stage.replica().await;
        let told_there = async || {
            let request = wire::AskRequest {
                request_id: stage.people().request_id(),
                text: QUESTION.into(),
                channel: proto::ticket::Channel::Chat as i32,
                ..wire::AskRequest::default()
            };
            let response = SelfServiceServiceClient::new(client_at(&stage, &replica)).ask(request).await;
            response.expect("line 0 answers").into_inner().reply.expect("a reply").text
        };
        make(&stage, password("Нажмите «Забыли пароль?».")).await;
        assert!(told_there().await.contains("Забыли пароль"));
        for number in ["123", "456"] {
            make(&stage, password(&format!("Наберите *{number}#."))).await;
            assert!(told_there().await.contains(number));
            assert!(told_there().await.contains(number), "nothing has changed since");
        }
        retire(&stage, &editor(&stage, "olga"), "reset").await.unwrap();
        assert!(!told_there().await.contains("456"));
    })
    .await;
}

#[tokio::test]
async fn validity_dates_switch_an_article_on_and_off_on_every_replica() {
    on_each_database(async |stage| {
        let replica = stage.replica().await;
        let dated =
            wire::Article {
                valid_from: Some(hours(2)), valid_until: Some(hours(5)), ..password("Зайдите позже.")
            };
        make(&stage, dated).await;
        make(&stage, article("bill", "Почему не приходит счёт на почту", "Проверьте папку «Спам».")).await;
        for (at, valid) in [(0, false), (1, false), (2, true), (3, true), (4, true), (5, false), (6, false)] {
            for suite in [&stage.suite, &replica] {
                let ids = found(client_at(&stage, suite), QUESTION).await;
                assert_eq!(ids.contains(&"reset".to_owned()), valid, "after {at} h: {ids:?}");
            }
            stage.clock.advance(SignedDuration::from_hours(1));
        }
        // It was set back: what was is again.
        stage.clock.advance(SignedDuration::from_hours(-4));
        assert_eq!(found(client_at(&stage, &replica), QUESTION).await, ["reset"]);
        // The version after it has no dates, and the one after it is over already.
        stage.clock.advance(SignedDuration::from_hours(6));
        make(&stage, password("Зайдите когда угодно.")).await;
        assert_eq!(found(client_at(&stage, &replica), QUESTION).await, ["reset"]);
        make(&stage, wire::Article { valid_until: Some(hours(8)), ..password("Поздно.") }).await;
        assert!(found(client_at(&stage, &replica), QUESTION).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn nobody_writes_over_what_they_have_not_seen() {
    on_each_database(async |stage| {
        let olga = editor(&stage, "olga");
        let seen = write(&stage, &olga, password("Раз.")).await.unwrap().version;
        write(&stage, &editor(&stage, "ivan"), password("Два.")).await.unwrap();
        let request = wire::WriteArticleRequest {
            request_id: stage.people().request_id(),
            article: Some(password("Три.")),
            expected_version: seen,
        };
        let refused = at(&stage, &olga).write_article(request).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::ArticleChanged), "{refused:?}");

        // What is imported is published at once; what it says already stays as it is, and a draft stays too.
        assert_eq!(stage.people().know(vec![password("Четыре.")]).await.unwrap(), 1);
        assert_eq!(told(&stage).await.0, Outcome::Answered);
        write(&stage, &olga, password("Пять.")).await.unwrap();
        stage.people().know(vec![password("Четыре.")]).await.unwrap();
        let request = wire::GetArticleRequest { article_id: "reset".into() };
        let kept = at(&stage, &olga).get_article(request).await.unwrap().into_inner().article.unwrap();
        assert_eq!(states(&kept), [(3, ArticleState::Published), (4, ArticleState::Draft)]);
    })
    .await;
}

#[tokio::test]
async fn sections_make_the_answer_and_an_internal_article_is_for_people_only() {
    on_each_database(async |stage| {
        let section = |heading: &str, text: &str| wire::ArticleSection { heading: heading.into(), text: text.into() };
        let sections = vec![section("Где", "В кабинете."), section("Как", "Нажмите «Сбросить».")];
        make(&stage, wire::Article { sections, product: "cabinet".into(), ..password("") }).await;
        let (outcome, text) = told(&stage).await;
        assert_eq!(outcome, Outcome::Answered);
        assert!(text.contains("Где\nВ кабинете.\n\nКак\nНажмите «Сбросить»."), "{text}");
        let audience = wire::Audience::Internal as i32;
        make(
            &stage,
            wire::Article {
                audience, ..article("inside", "Сброс пароля за клиента", "В системе доступа.")
            },
        )
        .await;
        assert_eq!(found(client_at(&stage, &stage.suite), "сброс пароля за клиента").await, ["reset"]);
        let people = stage.people();
        let inside = found(people.channel(Line::SelfService, &people.supervisor()), "сброс пароля за клиента").await;
        assert!(inside.contains(&"inside".to_owned()), "{inside:?}");
    })
    .await;
}
