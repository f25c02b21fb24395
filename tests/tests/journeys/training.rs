//! Trainings one after another: who makes them, what became of the models before, and of what nobody finished.

use std::time::Duration;

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::line1 as wire;
use proto::line1::{ModelState, SortingField as Field};
use rpc::reason_of;
use serde_json::Value;
use tests::encoder::{EncoderServer, Mood};
use tests::learning::{self, NETWORK, PRINTING};
use tests::{Databases, Stage};
use ticket::{Actor, Line};

/// So many of a field are kept beside the one at work.
const KEPT: usize = 5;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

async fn states(stage: &Stage) -> Vec<(String, ModelState)> {
    let models = learning::models(stage).await;
    models.into_iter().map(|model| (model.model_id.clone(), model.state())).collect()
}

async fn in_state(stage: &Stage, state: ModelState) -> Vec<String> {
    states(stage).await.into_iter().filter(|(_, is)| *is == state).map(|(id, _)| id).collect()
}

async fn activate(stage: &Stage, model: &str) -> Result<(), tonic::Status> {
    let (request_id, model_id) = (stage.people().request_id(), model.to_owned());
    learning::at(stage).activate_model(wire::ActivateModelRequest { request_id, model_id }).await?;
    stage.settle().await;
    Ok(())
}

/// A new request, and what the log says of its sorting.
async fn sorted(stage: &Stage, text: &str) -> String {
    let ticket = learning::comes(stage, text).await;
    let journey = stage.people().journey(&ticket).await.expect("it has a journey");
    journey.events.into_iter().filter(|event| event.what == "sorted").map(|event| event.summary).collect()
}

/// One more ticket, and a training of it and all before; what runs in shadow then.
async fn trained_again(stage: &Stage, number: usize) -> String {
    stage.clock.advance(MINUTE);
    learning::resolved(stage, NETWORK, number..number + 1).await;
    learning::train(stage).await;
    in_state(stage, ModelState::Shadow).await.pop().expect("the new one runs in shadow")
}

#[tokio::test]
async fn a_new_model_runs_in_shadow_until_a_person_lets_it_act_and_old_ones_go() {
    let plan = plan::DEMO.replace(
        "least = 200\nprecision = { category = 0.9, kind = 0.95, impact = 0.95, urgency = 0.95 }",
        "least = 200\nshadow_first = true\nprecision = { category = 0.9 }",
    );
    assert_ne!(plan, plan::DEMO);
    let stage = Stage::with(Databases::sqlite(), &plan, |config| config).await;
    learning::resolved(&stage, NETWORK, 0..6).await;
    learning::resolved(&stage, PRINTING, 0..6).await;
    for text in ["Где у вас столовая?", "Поздравляем с праздником!"] {
        // Nobody says what it is: none of the categories.
        let ticket = learning::comes(&stage, text).await;
        learning::close(&stage, &ticket).await;
    }
    learning::train(&stage).await;
    let [first] = &learning::models(&stage).await[..] else { panic!("there is one field") };
    assert_eq!((first.state(), first.tickets, first.out_of_scope), (ModelState::Shadow, 14, 2), "{first:?}");
    let said = sorted(&stage, &learning::text(NETWORK, 1)).await;
    assert!(said.contains("category no-internet shadow") && !said.contains("suggested"), "{said}");

    activate(&stage, &first.model_id).await.expect("a person lets it act");
    let second = trained_again(&stage, 6).await;
    assert_ne!(second, first.model_id);
    assert_eq!(in_state(&stage, ModelState::Active).await.concat(), first.model_id, "the new one does not act");
    let said = sorted(&stage, &learning::text(NETWORK, 1)).await;
    assert!(said.contains("category no-internet shadow") && said.contains("category no-internet suggested"), "{said}");
    activate(&stage, &second).await.expect("a person lets it act");
    assert_eq!(in_state(&stage, ModelState::Active).await.concat(), second);
    assert_eq!(in_state(&stage, ModelState::Resting).await.concat(), first.model_id);

    let mut newest = Vec::new();
    for number in 7..7 + KEPT + 1 {
        newest.push(trained_again(&stage, number).await);
    }
    let mut kept: Vec<String> = newest.split_off(1);
    assert_eq!(in_state(&stage, ModelState::Shadow).await, kept[KEPT - 1..], "the latest");
    kept.push(second);
    kept.sort();
    let all: Vec<String> = states(&stage).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(all, kept, "the newest, and the one at work however old");
    let desk = stage.suite.desk(Line::ServiceDesk).expect("it is up");
    let parts = desk.store().documents::<Value>(stage.plan.organization(), "sorting-model-part", None, 200).await;
    let parts: Vec<String> = parts.expect("they can be read").into_iter().map(|(id, ..)| id).collect();
    assert!(parts.iter().all(|part| kept.iter().any(|model| part.starts_with(model.as_str()))), "{parts:?}");
    let gone = activate(&stage, &first.model_id).await.expect_err("it is gone");
    assert_eq!(reason_of(&gone), Some(Reason::ModelNotFound));
}

#[tokio::test]
async fn a_training_that_does_not_end_is_taken_up_by_another_replica_and_what_it_brings_later_counts_for_nothing() {
    for databases in Databases::all() {
        let server = EncoderServer::start().await;
        server.set(Mood::Holds);
        let encoder = server.encoder(Duration::from_secs(20));
        let plan = plan::DEMO.replace(", kind = 0.95, impact = 0.95, urgency = 0.95 }", " }");
        let stage = Stage::with(databases, &plan, |mut config| {
            config.encoder = Some(encoder);
            config
        })
        .await;
        learning::resolved(&stage, NETWORK, 0..6).await;
        learning::resolved(&stage, PRINTING, 0..6).await;
        let request = wire::TrainRequest { request_id: stage.people().request_id(), tickets: 0 };
        learning::at(&stage).train(request).await.expect("a training may be asked for");
        learning::until(&stage, "one replica trains", async || server.asked().len() == 1).await;
        // It hangs, and one more ticket is closed meanwhile.
        learning::resolved(&stage, PRINTING, 6..7).await;
        let running = learning::learning(&stage).await;
        assert!(running.is_asked && running.running_until.is_some(), "{running:?}");

        server.set(Mood::Answers);
        let other = stage.replica().await;
        let desk = other.desk(Line::ServiceDesk).expect("it is up");
        while desk.follow_log().await > 0 {}
        assert_eq!(server.asked().len(), 1, "it is not its turn yet");
        stage.clock.advance(SignedDuration::from_mins(31));
        let is_over = async || {
            desk.follow_log().await;
            !learning::learning(&stage).await.is_asked
        };
        learning::until(&stage, "the other one trains", is_over).await;
        let done = learning::learning(&stage).await;
        let acting = learning::acting(&stage, Field::Category).await.expect("it acts");
        assert_eq!((acting.tickets, acting.dimensions > 0, learning::models(&stage).await.len()), (13, true, 1));

        server.release();
        let is_late = async || learning::models(&stage).await.len() == 2;
        learning::until(&stage, "the first one ends after all", is_late).await;
        stage.settle().await;
        assert_eq!(learning::learning(&stage).await, done);
        assert_eq!(learning::acting(&stage, Field::Category).await, Some(acting.clone()), "nothing comes of it");

        // Of a third one only the beginning was written.
        let organization = stage.plan.organization().clone();
        let by = Actor::Line { line: Line::ServiceDesk };
        let whole = acting.model_id.clone();
        let write = desk.work(&organization, by, move |change| {
            Box::pin(async move {
                let (work, organization) = (&change.work, change.organization());
                let found = work.document::<Value>(organization, "sorting-model", &whole).await?;
                let (mut half, _) = found.expect("it is there");
                (half["id"], half["is_whole"]) = ("mdl_category_half".into(), false.into());
                work.put_document(organization, "sorting-model", "mdl_category_half", &half, None).await?;
                Ok(())
            })
        });
        write.await.expect("it can be written");
        assert_eq!(learning::models(&stage).await.len(), 2, "nobody sees it");
        let refused = activate(&stage, "mdl_category_half").await.expect_err("nor can it be used");
        assert_eq!(reason_of(&refused), Some(Reason::ModelNotFound));
    }
}
