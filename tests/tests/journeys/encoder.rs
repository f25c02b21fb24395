//! A sentence encoder helps line 1 to sort: what was never said in these words is understood; and when it is silent, away or
//! out of its mind, requests are sorted by their words alone, and nobody waits.

use std::time::Duration;

use backends::{BATCH_MAX, Encoder, Failed};
use jiff::{SignedDuration, Timestamp};
use proto::line1 as wire;
use proto::line1::SortingField as Field;
use proto::line1::record_service_client::RecordServiceClient;
use proto::ticket::ListDecisionsRequest;
use proto::ticket::decision_service_client::DecisionServiceClient;
use secrecy::SecretString;
use serde_json::json;
use tests::encoder::{DIMENSIONS, EncoderServer, Mood, NAME, vector_of};
use tests::learning::{self, NETWORK, PRINTING};
use tests::people::id_of;
use tests::{Databases, Stage};
use ticket::Line;

/// Long enough for an answer on a busy machine.
const PATIENT: Duration = Duration::from_secs(20);

/// Long enough for nobody.
const HASTY: Duration = Duration::from_millis(1);

/// None of its words is in what was learned.
const STRANGE: &str = "Вайфай отвалился, браузер крутит колесико";

async fn category(stage: &Stage, ticket: &str) -> String {
    let ticket = stage.people().ticket(Line::ServiceDesk, ticket).await.expect("it is there");
    ticket.facts.expect("it has facts").category
}

/// What a model suggests for the category, and from which probability on it would set it.
async fn suggested(stage: &Stage, ticket: &str) -> Option<wire::ModelOpinion> {
    let request = wire::GetRecordRequest { ticket_id: ticket.to_owned() };
    let record = RecordServiceClient::new(stage.people().at(Line::ServiceDesk)).get_record(request).await;
    let record = record.expect("it has a record").into_inner().record.expect("it has a record");
    record.suggestions.into_iter().find(|said| said.field() == Field::Category)
}

#[tokio::test]
async fn what_was_never_said_so_is_understood_and_without_the_encoder_words_alone_are_judged() {
    for databases in Databases::all() {
        let server = EncoderServer::start().await;
        let encoder = server.encoder(PATIENT);
        let stage = Stage::with(databases, plan::DEMO, |mut config| {
            config.encoder = Some(encoder);
            config
        })
        .await;
        learning::resolved(&stage, NETWORK, 0..32).await;
        learning::resolved(&stage, PRINTING, 0..32).await;
        assert_eq!(server.asked().len(), 0, "before a model has learned from vectors nobody needs them");
        learning::train(&stage).await;
        let batches: Vec<usize> = server.texts().iter().map(Vec::len).collect();
        assert_eq!(batches, [BATCH_MAX, 64 - BATCH_MAX]);
        let model = learning::acting(&stage, Field::Category).await.expect("it acts");
        assert_eq!((model.encoder.as_str(), model.dimensions as usize), (NAME, DIMENSIONS));
        assert!(model.by_vector[0].threshold.is_some() && model.languages[0].threshold.is_some(), "{model:?}");

        let ticket = learning::comes(&stage, STRANGE).await;
        assert_eq!(category(&stage, &ticket).await, NETWORK);
        let way = stage.people().at(Line::ServiceDesk);
        let request = ListDecisionsRequest { ticket_id: ticket, ..ListDecisionsRequest::default() };
        let decisions = DecisionServiceClient::new(way).list_decisions(request).await.expect("agents see them");
        let decisions = decisions.into_inner().decisions;
        let sorted = decisions.iter().find(|one| one.field == "category").expect("it was decided");
        assert!(sorted.by_meaning && sorted.by == model.model_id, "{sorted:?}");
        // What line 0 hands over is understood as well.
        let asked = stage.people().ask("МФУ ошибка 0x1f, дайте оператора").await.unwrap();
        stage.settle().await;
        assert_eq!(category(&stage, &id_of(asked.ticket.as_ref())).await, PRINTING);
        let sent = server.texts().concat();
        assert!(sent.contains(&STRANGE.to_owned()) && sent.iter().all(|text| !text.contains("client")), "{sent:?}");

        let short = json!({ "model": NAME, "data": [{ "index": 0, "embedding": [0.5, 0.5] }] }).to_string();
        let zeros = json!({ "model": NAME, "data": [{ "embedding": vec![0.0; DIMENSIONS] }] }).to_string();
        for mood in [
            Mood::Says(500, String::new()),
            Mood::Says(200, "<html>".to_owned()),
            Mood::Says(200, short),
            Mood::Says(200, zeros),
            Mood::Renamed,
        ] {
            server.set(mood.clone());
            let ticket = learning::comes(&stage, STRANGE).await;
            assert_eq!(category(&stage, &ticket).await, "", "{mood:?}");
            let said = suggested(&stage, &ticket).await.expect("the words alone say something");
            assert_eq!(said.threshold, model.languages[0].threshold, "that of words alone: {mood:?}");
            assert!(!said.by_meaning, "{mood:?}");
            let known = learning::comes(&stage, &learning::text(NETWORK, 1)).await;
            assert_eq!(category(&stage, &known).await, NETWORK, "words that were learned do");
            stage.clock.advance(SignedDuration::from_mins(1));
        }
        server.set(Mood::Answers);
        let ticket = learning::comes(&stage, STRANGE).await;
        assert_eq!(category(&stage, &ticket).await, NETWORK, "it is asked again");
        stage.holds().await;
    }
}

#[tokio::test]
async fn a_silent_encoder_is_not_waited_for() {
    let server = EncoderServer::start().await;
    server.set(Mood::Silent);
    let hasty = server.encoder(HASTY);
    let now: Timestamp = "2026-09-14T09:00:00Z".parse().expect("an instant");
    assert_eq!(hasty.vector("текст", now).await, None);
    assert_eq!(hasty.encode(&["текст"], HASTY).await, Err(Failed::not_now("it did not answer in time")));
    let url = server.url();
    drop(server);
    let gone = Encoder::at(&url, None, None, PATIENT).expect("its address is one");
    assert_eq!(gone.vector("текст", now).await, None, "nobody listens there");
}

#[tokio::test]
async fn an_encoder_that_fails_again_and_again_is_left_alone_for_a_while() {
    let server = EncoderServer::start().await;
    let encoder = server.encoder(PATIENT);
    let start: Timestamp = "2026-09-14T09:00:00Z".parse().expect("an instant");
    let at = |seconds: i64| start + SignedDuration::from_secs(seconds);
    server.set(Mood::Says(503, String::new()));
    for second in 0..6 {
        assert_eq!(encoder.vector("текст", at(second)).await, None);
    }
    assert_eq!(server.asked().len(), 3, "after three failures nobody asks");
    assert_eq!(encoder.vector("текст", at(31)).await, None);
    assert_eq!(server.asked().len(), 3, "not within half a minute of the last one");
    for second in 32..36 {
        assert_eq!(encoder.vector("текст", at(second)).await, None);
    }
    assert_eq!(server.asked().len(), 4, "then once, and it fails again");
    server.set(Mood::Answers);
    assert!(encoder.vector("текст", at(62)).await.is_some(), "when it answers, it is asked as before");
    server.set(Mood::Says(503, String::new()));
    for second in 63..65 {
        assert_eq!(encoder.vector("текст", at(second)).await, None);
    }
    assert_eq!(server.asked().len(), 7, "two failures are no reason");
}

#[tokio::test]
async fn a_training_that_the_encoder_misses_is_made_up_for_when_it_answers_again() {
    let server = EncoderServer::start().await;
    server.set(Mood::Says(503, String::new()));
    let encoder = server.encoder(PATIENT);
    let stage = Stage::with(Databases::sqlite(), plan::DEMO, |mut config| {
        config.encoder = Some(encoder);
        config
    })
    .await;
    learning::resolved(&stage, NETWORK, 0..6).await;
    learning::resolved(&stage, PRINTING, 0..6).await;
    let learned = learning::train(&stage).await;
    assert!(learned.encoder_missed && learned.outcomes.iter().all(|outcome| outcome.why_not.is_empty()), "{learned:?}");
    let by_words = learning::acting(&stage, Field::Category).await.expect("words alone teach, too");
    assert_eq!((by_words.dimensions, by_words.by_vector.len()), (0, 0));

    let calls = server.asked().len();
    stage.clock.advance(SignedDuration::from_hours(2));
    learning::until(&stage, "it is asked again", async || server.asked().len() > calls).await;
    let is_over = async || learning::learning(&stage).await.running_until.is_none();
    learning::until(&stage, "it gives up again", is_over).await;
    assert_eq!(learning::acting(&stage, Field::Category).await.as_ref(), Some(&by_words), "nothing is learned anew");

    server.set(Mood::Answers);
    stage.clock.advance(SignedDuration::from_hours(2));
    let is_made_up = async || learning::acting(&stage, Field::Category).await.is_some_and(|model| model.dimensions > 0);
    learning::until(&stage, "it is made up for", is_made_up).await;
    assert!(!learning::learning(&stage).await.encoder_missed);
}

#[tokio::test]
async fn only_what_was_agreed_is_taken_for_vectors() {
    let server = EncoderServer::start().await;
    let token = SecretString::from("encoder-s3cret".to_owned());
    let encoder = Encoder::at(&server.url(), Some("small".to_owned()), Some(token), PATIENT).expect("an address");
    let two = encoder.encode(&["принтер", "роутер"], PATIENT).await.expect("it answers");
    assert_eq!((two.encoder.as_str(), two.vectors), (NAME, vec![vector_of("принтер"), vector_of("роутер")]));
    let (body, authorization) = server.asked().pop().expect("it was asked");
    assert_eq!(body, json!({ "input": ["принтер", "роутер"], "model": "small" }));
    assert_eq!(authorization, "Bearer encoder-s3cret");
    assert!(!format!("{encoder:?}").contains("s3cret"));

    let data = |data: serde_json::Value| json!({ "model": NAME, "data": data }).to_string();
    for (status, body, why) in [
        (200, data(json!([{ "embedding": [1.0] }])), "fewer vectors"),
        (200, data(json!([{ "embedding": [1.0] }, { "embedding": [1.0] }, { "embedding": [1.0] }])), "more vectors"),
        (200, data(json!([{ "index": 1, "embedding": [1.0] }, { "index": 1, "embedding": [1.0] }])), "two vectors"),
        (200, data(json!([{ "embedding": [1.0] }, { "embedding": [1.0, 2.0] }])), "another length"),
        (200, data(json!([{ "embedding": [] }, { "embedding": [] }])), "another length"),
        (200, data(json!([{ "embedding": vec![1.0; 5_000] }, { "embedding": vec![1.0; 5_000] }])), "another length"),
        (200, data(json!([{ "embedding": [1.0] }, { "embedding": [0.0] }])), "no direction"),
        (200, data(json!([{ "embedding": [1.0] }, { "embedding": [1e300] }])), "no direction"),
        (200, data(json!([{ "embedding": ["a"] }, { "embedding": [1.0] }])), "not what was agreed"),
        (200, " ".repeat(10_000_000), "longer than"),
        (401, String::new(), "401"),
        (503, String::new(), "503"),
        (307, String::new(), "307"),
    ] {
        server.set(Mood::Says(status, body));
        let failed = encoder.encode(&["принтер", "роутер"], PATIENT).await.expect_err(why).to_string();
        assert!(failed.contains(why), "{failed}");
    }
    server.set(Mood::Answers);
    let many = encoder.encode(&["текст"; BATCH_MAX + 1], PATIENT).await;
    assert!(matches!(many, Err(Failed::ForGood(_))), "a batch has a bound");
    let elsewhere = Encoder::at(&format!("{}/embed", server.url()), None, None, PATIENT).expect("an address");
    assert!(elsewhere.encode(&["текст"], PATIENT).await.is_err(), "a path that is given is taken as it is");
    for (url, why) in [("encoder", "is none"), ("ftp://encoder", "scheme")] {
        let unfit = Encoder::at(url, None, None, PATIENT).expect_err(why).to_string();
        assert!(unfit.contains(why), "{unfit}");
    }
}
