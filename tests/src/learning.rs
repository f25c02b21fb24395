//! Tickets that people resolve, and the models that line 1 learns from them.

use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::line1 as wire;
use proto::line1::model_service_client::ModelServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::ticket::{Impact, Kind, Mood, Urgency};
use rpc::Channel;
use ticket::Line;

use crate::Stage;
use crate::people::id_of;

/// How often is looked whether a training has ended; each look reads line 1's log on.
const LOOKS_MAX: usize = 20_000;

/// What the tests learn: texts of two categories that have little in common.
pub const NETWORK: &str = "no-internet";
/// The other one.
pub const PRINTING: &str = "printing";

const PLACES: [&str; 10] = [
    "в бухгалтерии",
    "весь офис",
    "дайте оператора",
    "у директора",
    "на ресепшене",
    "в переговорной",
    "в филиале",
    "на втором этаже",
    "дома",
    "в отделе кадров",
];

/// The `number`th text of a category; four of them, from 4 on, hold a rule, and from 8 on ask for a person.
#[must_use]
pub fn text(category: &str, number: usize) -> String {
    let texts: [&str; 4] = match category {
        NETWORK => [
            "Пропал интернет, сайты не открываются",
            "Нет интернета, роутер мигает красным",
            "Интернет не работает, кабель на месте",
            "Не открываются сайты, роутер перезагружали",
        ],
        _ => [
            "Принтер не печатает, бумага застряла",
            "Закончился картридж в принтере",
            "Принтер печатает с полосами",
            "Не выходит печать документа, принтер молчит",
        ],
    };
    format!("{} {}", texts[number % texts.len()], PLACES[number / texts.len() % PLACES.len()])
}

/// The service, for a supervisor.
#[must_use]
pub fn at(stage: &Stage) -> ModelServiceClient<Channel> {
    let people = stage.people();
    ModelServiceClient::new(people.channel(Line::ServiceDesk, &people.supervisor()))
}

/// A request of which nobody says what it is; the ticket's id.
///
/// # Panics
/// When it is refused.
pub async fn comes(stage: &Stage, text: &str) -> String {
    let people = stage.people();
    comes_to(people.at(Line::ServiceDesk), people.registration(text)).await
}

/// The same, at a replica that the caller names.
///
/// # Panics
/// When it is refused.
pub async fn comes_to(at: Channel, request: wire::RegisterRequest) -> String {
    let request = wire::RegisterRequest { category: String::new(), kind: 0, ..request };
    let registered = ServiceDeskServiceClient::new(at).register(request).await;
    id_of(registered.expect("a good request is registered").into_inner().ticket.as_ref())
}

/// A person triages the ticket: those of the network are urgent incidents, others are not.
///
/// # Panics
/// When it is refused.
pub async fn triage(stage: &Stage, ticket: &str, category: &str) {
    let people = stage.people();
    let is_network = category == NETWORK;
    let request = wire::TriageRequest {
        request_id: people.request_id(),
        ticket_id: ticket.to_owned(),
        category: category.to_owned(),
        impact: if is_network { Impact::High } else { Impact::Low } as i32,
        urgency: if is_network { Urgency::High } else { Urgency::Low } as i32,
        kind: if is_network { Kind::Incident } else { Kind::ServiceRequest } as i32,
        mood: Mood::Neutral as i32,
        ..wire::TriageRequest::default()
    };
    ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).triage(request).await.expect("it may be triaged");
}

/// Line 1 resolves the ticket and the client confirms.
///
/// # Panics
/// When it is refused.
pub async fn close(stage: &Stage, ticket: &str) {
    let people = stage.people();
    let request = proto::handover::CustodianServiceResolveRequest {
        request_id: people.request_id(),
        ticket_id: ticket.to_owned(),
        root_cause: "нашли".into(),
        done: "исправили".into(),
        how_to_verify: "попробовать".into(),
        ..Default::default()
    };
    let mut custodian = CustodianServiceClient::new(people.at(Line::ServiceDesk));
    custodian.resolve(request).await.expect("it may be resolved");
    people.confirm(ticket).await.expect("the client may confirm");
}

/// People triage and close so many requests of a category; the tickets' ids.
pub async fn resolved(stage: &Stage, category: &str, numbers: std::ops::Range<usize>) -> Vec<String> {
    let mut tickets = Vec::new();
    for number in numbers {
        let ticket = comes(stage, &text(category, number)).await;
        triage(stage, &ticket, category).await;
        close(stage, &ticket).await;
        tickets.push(ticket);
    }
    tickets
}

/// Asks for a training, and lets it end.
///
/// # Panics
/// When it is refused or does not end.
pub async fn train(stage: &Stage) -> wire::Learning {
    let request = wire::TrainRequest { request_id: stage.people().request_id(), tickets: 0 };
    at(stage).train(request).await.expect("a training may be asked for");
    until(stage, "the training ends", async || {
        let learning = learning(stage).await;
        !learning.is_asked && learning.running_until.is_none()
    })
    .await;
    stage.settle().await;
    learning(stage).await
}

/// Lets line 1 read on in its log until `is_so`. A training goes on beside it.
///
/// # Panics
/// When it does not become so.
pub async fn until(stage: &Stage, what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..LOOKS_MAX {
        stage.settle().await;
        if is_so().await {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never came so far: {what}");
}

/// How learning stands.
///
/// # Panics
/// When it cannot be read.
pub async fn learning(stage: &Stage) -> wire::Learning {
    let request = wire::ListModelsRequest::default();
    let listed = at(stage).list_models(request).await.expect("models can be listed").into_inner();
    listed.learning.unwrap_or_default()
}

/// The models that are kept.
///
/// # Panics
/// When they cannot be listed.
pub async fn models(stage: &Stage) -> Vec<wire::Model> {
    let request = wire::ListModelsRequest { page_size: 200, ..Default::default() };
    at(stage).list_models(request).await.expect("models can be listed").into_inner().models
}

/// The one that acts for a field.
///
/// # Panics
/// When they cannot be listed.
pub async fn acting(stage: &Stage, field: wire::SortingField) -> Option<wire::Model> {
    let acts = |model: &wire::Model| model.field() == field && model.state() == wire::ModelState::Active;
    models(stage).await.into_iter().find(acts)
}

/// Some model for the category; trained from a few tickets where there is none yet.
///
/// # Panics
/// When none can be made.
pub async fn some_model(stage: &Stage) -> String {
    if models(stage).await.is_empty() {
        resolved(stage, NETWORK, 0..6).await;
        resolved(stage, PRINTING, 0..6).await;
        train(stage).await;
    }
    models(stage).await.first().expect("it was trained").model_id.clone()
}
