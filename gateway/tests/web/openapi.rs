//! The document says what is so.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::stage::{Asked, Stage, echoes, read};

async fn document(stage: &Stage) -> Value {
    let (status, document) = read(stage.http.get(format!("{}/openapi.json", stage.url))).await;
    assert_eq!(status, 200);
    document
}

/// Every value of every member `key`, wherever it stands.
fn all<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == key {
                    found.push(value);
                }
                all(value, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all(item, key, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn every_path_of_the_document_is_answered() {
    let stage = Stage::in_front_of(echoes(&Asked::default())).await;
    let document = document(&stage).await;
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (verb, operation) in item.as_object().expect("operations") {
            operations += 1;
            let mut concrete = path.clone();
            for parameter in operation["parameters"].as_array().expect("parameters") {
                let name = parameter["name"].as_str().expect("a name");
                if parameter["in"] == "path" {
                    assert!(concrete.contains(&format!("{{{name}}}")), "{path} has no {name}");
                    concrete = concrete.replace(&format!("{{{name}}}"), "x1");
                }
            }
            assert!(!concrete.contains('{'), "{path} has undescribed variables");
            let response = stage.request(&verb.to_uppercase(), &concrete).send().await.expect("an answer");
            assert_eq!(response.status(), 200, "{verb} {path}");
        }
    }
    assert!(operations > 25, "only {operations}");
    stage.stop().await;
}

#[tokio::test]
async fn the_document_hangs_together() {
    let stage = Stage::new().await;
    let document = document(&stage).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let mut references = Vec::new();
    all(&document, "$ref", &mut references);
    for reference in references {
        let name = reference.as_str().and_then(|text| text.strip_prefix("#/components/schemas/")).expect("a schema");
        assert!(schemas.get(name).is_some_and(Value::is_object), "{name} is not there");
    }
    let mut ids = Vec::new();
    all(&document["paths"], "operationId", &mut ids);
    let different: BTreeSet<&str> = ids.iter().filter_map(|id| id.as_str()).collect();
    assert_eq!(different.len(), ids.len(), "operation ids repeat");

    let get = &document["paths"]["/v1/tickets/{ticketId}"]["get"];
    assert_eq!(get["operationId"], "TicketService_GetTicket");
    assert!(get["summary"].as_str().is_some_and(|summary| summary.starts_with("GetTicket returns a ticket")));
    let refused = &get["responses"]["default"]["content"]["application/problem+json"]["schema"];
    let reasons = refused["properties"]["reason"]["enum"].as_array().expect("reasons");
    assert!(reasons.contains(&Value::from("TICKET_NOT_FOUND")), "{refused}");
    let register = &document["paths"]["/v1/tickets"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert!(register["properties"]["requestId"].is_object(), "{register}");
    let triage = &document["paths"]["/v1/tickets/{ticketId}:triage"]["post"];
    let body = &triage["requestBody"]["content"]["application/json"]["schema"]["properties"];
    assert!(body["category"].is_object() && body["ticketId"].is_null(), "the path says the ticket: {body}");
    let known: BTreeSet<&str> = schemas["Problem"]["properties"]["reason"]["enum"]
        .as_array()
        .expect("reasons")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let mut every = Vec::new();
    all(&document["paths"], "reason", &mut every);
    let named = every.iter().filter_map(|one| one["enum"].as_array()).flatten().filter_map(Value::as_str);
    assert_eq!(named.filter(|reason| !known.contains(reason)).collect::<Vec<_>>(), Vec::<&str>::new());
    stage.stop().await;
}

#[tokio::test]
async fn the_names_in_the_document_are_the_names_in_the_answers() {
    let stage = Stage::new().await;
    let document = document(&stage).await;
    let (_, answer) = stage.get("/v1/tickets/tkt_1").await;
    let schema = &document["components"]["schemas"]["estafeta.ticket.v1.Ticket"]["properties"];
    let ticket = answer["ticket"].as_object().expect("a ticket");
    assert!(ticket.len() > 8, "{answer}");
    for name in ticket.keys() {
        assert!(schema[name].is_object(), "{name} is not in the document");
    }
    stage.stop().await;
}
