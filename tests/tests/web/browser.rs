//! What calls the gateway over HTTP, with the token of whoever it is.

use std::time::Duration;

use estafeta::Config;
use jiff::SignedDuration;
use rpc::Caller;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tests::{Databases, Stage};

/// Longer than anything here takes; it only ends a test that would hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A suite that listens, over these databases.
pub(crate) async fn listening(databases: Databases) -> Stage {
    Stage::with(databases, plan::DEMO, Config::listening).await
}

/// A request of `caller`.
pub(crate) fn request(stage: &Stage, caller: &Caller, verb: &str, path: &str) -> reqwest::RequestBuilder {
    let http = tests::http();
    let url = stage.suite.gateway_url().expect("the gateway listens");
    let token = stage.suite.token(caller, SignedDuration::from_hours(24));
    let verb = verb.parse().expect("a method");
    http.request(verb, format!("{url}{path}")).bearer_auth(token.expose_secret())
}

/// The status and the JSON of an answer.
pub(crate) async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

/// Reads what must be there.
pub(crate) async fn get(stage: &Stage, caller: &Caller, path: &str) -> Value {
    let (status, body) = read(request(stage, caller, "GET", path)).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// Does what must not be refused, under a request id of its own.
pub(crate) async fn post(stage: &Stage, caller: &Caller, path: &str, body: Value) -> Value {
    let id = stage.people().request_id();
    let (status, body) = read(request(stage, caller, "POST", path).header("Idempotency-Key", id).json(&body)).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// The client registers a ticket. Returns its id.
pub(crate) async fn register(stage: &Stage, client: &Caller) -> String {
    let body = json!({
        "channel": "CHANNEL_WEB_FORM",
        "kind": "KIND_INCIDENT",
        "category": "no-internet",
        "text": "Роутер не выходит в сеть",
    });
    let registered = post(stage, client, "/v1/tickets", body).await;
    registered["ticket"]["facts"]["ticketId"].as_str().expect("a ticket").to_owned()
}
