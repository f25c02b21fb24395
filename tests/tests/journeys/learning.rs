//! Line 1 learns to sort from what people left on closed tickets, and sets only what it has shown to be right.

use jiff::SignedDuration;
use plan::Plan;
use proto::errors::Reason;
use proto::line1 as wire;
use proto::line1::SortingField as Field;
use proto::line1::record_service_client::RecordServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::ticket::{Facts, Impact, Kind, Urgency};
use rpc::reason_of;
use tests::learning::{self, NETWORK, PRINTING};
use tests::people::id_of;
use tests::{Databases, Stage, on_each_database};
use ticket::Line;

/// So many of each category show a precision of 0.9, with one mistake more than was made.
const EACH: usize = 32;

/// Nothing in it was ever met.
const STRANGE: &str = "Ъщчё юфзг";

async fn facts(stage: &Stage, ticket: &str) -> Facts {
    stage.people().ticket(Line::ServiceDesk, ticket).await.expect("it is there").facts.expect("it has facts")
}

async fn suggestions(stage: &Stage, ticket: &str) -> Vec<wire::ModelOpinion> {
    let request = wire::GetRecordRequest { ticket_id: ticket.to_owned() };
    let record = RecordServiceClient::new(stage.people().at(Line::ServiceDesk)).get_record(request).await;
    record.expect("it has a record").into_inner().record.expect("it has a record").suggestions
}

async fn sorted(stage: &Stage, ticket: &str) -> Vec<String> {
    let journey = stage.people().journey(ticket).await.expect("it has a journey");
    journey.events.into_iter().filter(|event| event.what == "sorted").map(|event| event.summary).collect()
}

async fn learned(stage: &Stage) -> wire::Learning {
    learning::resolved(stage, NETWORK, 0..EACH).await;
    learning::resolved(stage, PRINTING, 0..EACH).await;
    learning::train(stage).await
}

async fn got(stage: &Stage, model: &str) -> wire::GetModelResponse {
    let request = wire::GetModelRequest { model_id: model.to_owned() };
    learning::at(stage).get_model(request).await.expect("it is there").into_inner()
}

#[tokio::test]
async fn what_people_resolve_teaches_to_sort_and_rules_and_persons_come_first() {
    on_each_database(async |stage| {
        let before = learning::comes(&stage, "Пропал интернет у директора").await;
        assert_eq!((facts(&stage, &before).await.category, sorted(&stage, &before).await.len()), (String::new(), 0));
        let outcome = learned(&stage).await;
        assert!(outcome.outcomes.iter().all(|outcome| outcome.why_not.is_empty()), "{outcome:?}");
        let model = learning::acting(&stage, Field::Category).await.expect("it acts at once");
        assert_eq!((model.tickets as usize, model.out_of_scope, model.labels.len()), (2 * EACH, 0, 2));
        let [russian] = &model.languages[..] else { panic!("{model:?}") };
        assert!(russian.threshold.is_some() && russian.precision >= 900 && russian.coverage > 500, "{russian:?}");

        let ticket = learning::comes(&stage, "Снова нет интернета, роутер мигает").await;
        let known = facts(&stage, &ticket).await;
        assert_eq!((known.category.as_str(), known.kind()), (NETWORK, Kind::Incident));
        assert_eq!((known.impact(), known.urgency()), (Impact::High, Urgency::High));
        let told = sorted(&stage, &ticket).await;
        assert!(told.len() == 1 && told[0].contains("category no-internet set ("), "{told:?}");
        assert!(suggestions(&stage, &ticket).await.is_empty());

        // A rule sets the impact, whatever the model says.
        let office = learning::comes(&stage, &learning::text(PRINTING, 4)).await;
        let known = facts(&stage, &office).await;
        assert_eq!((known.category.as_str(), known.impact(), known.urgency()), (PRINTING, Impact::High, Urgency::Low));
        let told = sorted(&stage, &office).await;
        assert!(told.iter().any(|told| told.contains("impact low overruled")), "{told:?}");

        let said = stage.people().registration("Снова нет интернета, роутер мигает");
        let said = wire::RegisterRequest { category: "vpn".into(), impact: Impact::Low as i32, ..said };
        let said = ServiceDeskServiceClient::new(stage.people().at(Line::ServiceDesk)).register(said).await.unwrap();
        let known = facts(&stage, &id_of(said.into_inner().ticket.as_ref())).await;
        assert_eq!((known.category.as_str(), known.impact()), ("vpn", Impact::Low), "a person said so");

        // Line 0 hands over: sorted the same.
        let asked = stage.people().ask(&learning::text(PRINTING, 8)).await.unwrap();
        stage.settle().await;
        let told = sorted(&stage, &id_of(asked.ticket.as_ref())).await;
        assert!(told.iter().any(|told| told.contains("category printing ")), "{told:?}");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_sure_enough_is_suggested_with_its_words_until_a_person_triages() {
    on_each_database(async |stage| {
        learned(&stage).await;
        let strange = learning::comes(&stage, STRANGE).await;
        assert_eq!(facts(&stage, &strange).await.category, "");
        let of_category = |said: &wire::ModelOpinion| said.field() == Field::Category;
        let said = suggestions(&stage, &strange).await.into_iter().find(of_category).expect("it is suggested");
        assert!(said.probability < said.threshold.expect("it was measured"), "{said:?}");
        assert_eq!(said.outcome(), wire::OpinionOutcome::Suggested);

        // The threshold is one of its language, and nobody has written in English.
        let english = learning::comes(&stage, "Принтер picture paper printer jammed again and again here").await;
        assert_eq!(facts(&stage, &english).await.category, "");
        let said = suggestions(&stage, &english).await.into_iter().find(of_category).expect("it is suggested");
        assert_eq!((said.threshold, said.value.as_str()), (None, PRINTING));
        assert!(said.words.contains(&"принтер".to_owned()), "{said:?}");
        learning::triage(&stage, &english, PRINTING).await;
        assert!(suggestions(&stage, &english).await.is_empty());
        assert_eq!(facts(&stage, &english).await.kind(), Kind::ServiceRequest, "an agent corrects the kind too");
    })
    .await;
}

#[tokio::test]
async fn too_few_tickets_set_nothing_and_one_value_is_nothing_to_learn() {
    on_each_database(async |stage| {
        learning::resolved(&stage, NETWORK, 0..8).await;
        let outcome = learning::train(&stage).await;
        assert!(outcome.outcomes.iter().all(|outcome| outcome.why_not.contains("teach nothing")), "{outcome:?}");
        learning::resolved(&stage, NETWORK, 8..16).await;
        let outcome = learning::train(&stage).await;
        assert!(outcome.outcomes.iter().all(|outcome| outcome.why_not.contains("are not a choice")), "{outcome:?}");
        learning::resolved(&stage, PRINTING, 0..12).await;
        learning::train(&stage).await;
        let ticket = learning::comes(&stage, &learning::text(NETWORK, 1)).await;
        assert_eq!(facts(&stage, &ticket).await.category, "");
        let said = suggestions(&stage, &ticket).await;
        assert!(said.iter().all(|said| said.threshold.is_none()) && !said.is_empty(), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn the_schedule_trains_again_and_what_people_corrected_is_learned() {
    let plan = plan::DEMO.replace("every_days = 7\nleast = 200", "every_days = 7\nleast = 40");
    for databases in Databases::all() {
        let stage = Stage::with(databases, &plan, |config| config).await;
        learning::resolved(&stage, NETWORK, 0..EACH).await;
        learning::resolved(&stage, PRINTING, 0..EACH).await;
        stage.clock.advance(SignedDuration::from_hours(2));
        let made = async || learning::acting(&stage, Field::Category).await.is_some();
        learning::until(&stage, "the schedule trains", made).await;
        let first = learning::acting(&stage, Field::Category).await.unwrap().model_id;
        stage.settle().await;
        let ticket = learning::comes(&stage, &learning::text(NETWORK, 1)).await;
        assert_eq!(facts(&stage, &ticket).await.category, NETWORK);

        // People say that it is something else now.
        for number in 0..40 {
            let ticket = learning::comes(&stage, &format!("Роутер мигает красным, кабинет {number}")).await;
            learning::triage(&stage, &ticket, "vpn").await;
            learning::close(&stage, &ticket).await;
        }
        stage.after(SignedDuration::from_hours(24)).await;
        assert_eq!(learning::acting(&stage, Field::Category).await.unwrap().model_id, first, "it is not time yet");
        stage.clock.advance(SignedDuration::from_hours(24 * 7));
        let made = async || learning::acting(&stage, Field::Category).await.is_some_and(|now| now.model_id != first);
        learning::until(&stage, "the schedule trains again", made).await;
        stage.settle().await;
        let ticket = learning::comes(&stage, "Роутер мигает красным, кабинет 7").await;
        let said = suggestions(&stage, &ticket).await;
        let suggested = said.iter().find(|said| said.field() == Field::Category).map(|said| said.value.as_str());
        let category = facts(&stage, &ticket).await.category;
        assert!(category == "vpn" || suggested == Some("vpn"), "{category} {said:?}");
        assert!(learning::models(&stage).await.iter().any(|model| model.model_id == first), "older ones are kept");
    }
}

#[tokio::test]
async fn a_model_in_shadow_acts_on_nothing_and_shows_how_good_it_is() {
    on_each_database(async |stage| {
        learned(&stage).await;
        let model = learning::acting(&stage, Field::Category).await.unwrap().model_id;
        let (request_id, model_id) = (stage.people().request_id(), model.clone());
        let shadow = wire::ShadowModelRequest { request_id, model_id };
        let shadow = learning::at(&stage).shadow_model(shadow).await.unwrap().into_inner().model.unwrap();
        assert_eq!(shadow.state(), wire::ModelState::Shadow);
        stage.settle().await;
        for number in 0..4 {
            let ticket = learning::comes(&stage, &learning::text(NETWORK, number)).await;
            assert_eq!(facts(&stage, &ticket).await.category, "", "it only runs beside");
            let said = suggestions(&stage, &ticket).await;
            assert!(said.iter().all(|said| said.field() != Field::Category), "{said:?}");
            assert!(sorted(&stage, &ticket).await[0].contains("category no-internet shadow"));
            // The last one turns out to be something else.
            learning::triage(&stage, &ticket, if number == 3 { "vpn" } else { NETWORK }).await;
            learning::close(&stage, &ticket).await;
        }
        let figures = got(&stage, &model).await.r#use.unwrap();
        assert_eq!((figures.said, figures.right), (4, 3), "{figures:?}");
        assert_eq!(figures.sure - figures.sure_right, u32::from(figures.sure == 4), "{figures:?}");

        let (request_id, model_id) = (stage.people().request_id(), model.clone());
        learning::at(&stage).activate_model(wire::ActivateModelRequest { request_id, model_id }).await.unwrap();
        stage.settle().await;
        let ticket = learning::comes(&stage, &learning::text(NETWORK, 1)).await;
        assert_eq!(facts(&stage, &ticket).await.category, NETWORK);
        let (request_id, model_id) = (stage.people().request_id(), model.clone());
        learning::at(&stage).rest_model(wire::RestModelRequest { request_id, model_id }).await.unwrap();
        stage.settle().await;
        let ticket = learning::comes(&stage, &learning::text(NETWORK, 1)).await;
        assert_eq!(facts(&stage, &ticket).await.category, "");
    })
    .await;
}

#[tokio::test]
async fn a_restart_keeps_models_and_the_same_tickets_make_the_same_ones() {
    on_each_database(async |stage| {
        learned(&stage).await;
        let ids = async || {
            let models = learning::models(&stage).await;
            models.into_iter().map(|model| model.model_id).collect::<Vec<_>>()
        };
        let first = ids().await;
        assert_eq!(first.len(), 4);
        stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
        stage.settle().await;
        let ticket = learning::comes(&stage, &learning::text(PRINTING, 1)).await;
        assert_eq!(facts(&stage, &ticket).await.category, PRINTING);
        learning::train(&stage).await;
        assert_eq!(ids().await, first);
    })
    .await;
}

#[tokio::test]
async fn the_other_replica_works_by_a_new_model_too() {
    on_each_database(async |stage| {
        let other = stage.replica().await;
        learned(&stage).await;
        let desk = other.desk(Line::ServiceDesk).expect("it is up");
        while desk.follow_log().await > 0 {}
        let people = stage.people();
        let there = other.as_caller(Line::ServiceDesk, &people.agent(Line::ServiceDesk));
        let ticket = learning::comes_to(there, people.registration(&learning::text(NETWORK, 2))).await;
        assert_eq!(facts(&stage, &ticket).await.category, NETWORK);
    })
    .await;
}

#[tokio::test]
async fn another_organization_learns_nothing_of_this_one() {
    for databases in Databases::all() {
        let neighbour = plan::DEMO.replace("id = \"romashka\"", "id = \"lavanda\"");
        let neighbour = Plan::parse("lavanda.toml", &neighbour).expect("it has no faults");
        let known = neighbour.clone();
        let stage = Stage::with(databases, plan::DEMO, |config| {
            config.plans.put(known);
            config
        })
        .await;
        learned(&stage).await;
        let there = stage.suite.as_caller(Line::ServiceDesk, &estafeta::people::agent(&neighbour, Line::ServiceDesk));
        let ticket = learning::comes_to(there.clone(), stage.people().registration(&learning::text(NETWORK, 1))).await;
        let request = proto::ticket::GetTicketRequest { ticket_id: ticket };
        let mut tickets = proto::ticket::ticket_service_client::TicketServiceClient::new(there);
        let ticket = tickets.get_ticket(request).await.unwrap().into_inner().ticket.unwrap();
        assert_eq!(ticket.facts.unwrap().category, "");
        let boss = stage.suite.as_caller(Line::ServiceDesk, &estafeta::people::supervisor(&neighbour));
        let mut models = wire::model_service_client::ModelServiceClient::new(boss);
        let listed = models.list_models(wire::ListModelsRequest::default()).await.unwrap().into_inner();
        assert_eq!((listed.models.len(), listed.learning), (0, None));
        let model_id = learning::acting(&stage, Field::Category).await.unwrap().model_id;
        let refused = models.get_model(wire::GetModelRequest { model_id }).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::ModelNotFound));
    }
}
