//! What keeps the gateway safe: identity, limits, cross-origin rules, and a clean end.

use std::time::Duration;

use gateway::Settings;
use jiff::SignedDuration;
use rpc::Role;
use serde_json::json;
use ticket::Line;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::stage::{Stage, read};

#[tokio::test]
async fn nobody_gets_past_without_a_valid_token() {
    let stage = Stage::new().await;
    let expired = stage.token();
    stage.clock.advance(SignedDuration::from_hours(1));
    let tickets = format!("{}/v1/tickets", stage.url);
    for request in [
        stage.http.get(&tickets),
        stage.http.get(&tickets).bearer_auth("nonsense"),
        stage.http.get(&tickets).basic_auth("anna", Some("x")),
        stage.http.get(&tickets).bearer_auth(&expired),
    ] {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let problem: serde_json::Value = response.json().await.expect("a document");
        assert_eq!(problem["reason"], "UNAUTHENTICATED");
    }
    assert!(stage.desk.listed().is_empty());
    for open in ["/openapi.json", "/healthz"] {
        assert_eq!(stage.http.get(format!("{}{open}", stage.url)).send().await.expect("an answer").status(), 200);
    }
    let (status, _) = read(stage.http.get(format!("{}/metrics", stage.url))).await;
    assert_eq!(status, 404, "there is no telemetry here");
    stage.stop().await;
}

#[tokio::test]
async fn what_a_caller_may_do_is_for_the_line_to_say() {
    let stage = Stage::new().await;
    let agent = stage.token_of(Role::Agent { line: Line::Technical });
    let request = stage.http.post(format!("{}/v1/tickets/t:writeToClient", stage.url)).bearer_auth(agent);
    let (status, problem) = read(request.json(&json!({"text": "hello"}))).await;
    assert_eq!((status, &problem["reason"]), (403, &json!("CLIENT_CONTACT_NOT_ALLOWED")), "{problem}");
    assert_eq!(problem["metadata"]["line"], "technical");
    let client = stage.http.get(format!("{}/v1/tickets", stage.url)).bearer_auth(stage.token_of(Role::Client));
    let (status, problem) = read(client).await;
    assert_eq!((status, &problem["reason"]), (403, &json!("ROLE_NOT_ALLOWED")), "{problem}");
    stage.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_a_reason() {
    let settings = Settings { body_bytes_max: 1000, header_bytes_max: 2000, uri_bytes_max: 300, ..Settings::default() };
    let stage = Stage::with(settings).await;
    let long = "x".repeat(1001);
    let cases = [
        (413, stage.request("POST", "/v1/tickets").json(&json!({"text": long}))),
        (413, stage.request("POST", "/estafeta.line1.v1.ServiceDeskService/Register").json(&json!({"text": long}))),
        (414, stage.request("GET", &format!("/v1/tickets?zone={long}"))),
        (431, stage.request("GET", "/v1/tickets").header("x-more", "x".repeat(2000))),
    ];
    for (expected, request) in cases {
        let (status, body) = read(request).await;
        assert_eq!(status, expected, "{body}");
        let in_connect = || body["details"][0]["type"] == "google.rpc.ErrorInfo";
        assert!(body["reason"] == "MESSAGE_UNREADABLE" || in_connect(), "{body}");
    }
    assert!(stage.desk.registered().is_empty());
    stage.stop().await;
}

#[tokio::test]
async fn a_body_that_dawdles_is_not_waited_for() {
    let settings = Settings { body_patience: Duration::from_millis(50), ..Settings::default() };
    let stage = Stage::with(settings).await;
    let mut connection = TcpStream::connect(stage.running.addr()).await.expect("a connection");
    let head = format!(
        "POST /v1/tickets HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{",
        stage.token()
    );
    connection.write_all(head.as_bytes()).await.expect("written");
    let mut answer = vec![0; 1024];
    let read = connection.read(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    drop(connection);
    stage.stop().await;
}

#[tokio::test]
async fn pages_of_other_origins_may_call_only_when_they_are_named() {
    let preflight = |stage: &Stage, origin: &str| {
        stage
            .http
            .request(reqwest::Method::OPTIONS, format!("{}/v1/tickets", stage.url))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,idempotency-key")
    };
    let closed = Stage::new().await;
    let response = preflight(&closed, "https://desk.example.org").send().await.expect("an answer");
    assert!(response.headers().get("access-control-allow-origin").is_none());
    closed.stop().await;

    let settings = Settings { cors_origins: vec!["https://desk.example.org".to_owned()], ..Settings::default() };
    let open = Stage::with(settings).await;
    let response = preflight(&open, "https://desk.example.org").send().await.expect("an answer");
    assert_eq!(response.headers()["access-control-allow-origin"], "https://desk.example.org");
    let response = preflight(&open, "https://elsewhere.example.org").send().await.expect("an answer");
    assert!(response.headers().get("access-control-allow-origin").is_none());
    open.stop().await;
}

#[tokio::test]
async fn going_down_ends_streams_and_frees_the_port() {
    let stage = Stage::new().await;
    stage.desk.happened(1);
    let mut stream = stage.request("GET", "/v1/tickets/tkt_1/events").send().await.expect("an answer");
    assert!(stream.chunk().await.expect("a chunk").is_some());
    let addr = stage.running.addr();
    let reading = tokio::spawn(async move {
        let mut rest = String::new();
        while let Ok(Some(chunk)) = stream.chunk().await {
            rest.push_str(&String::from_utf8_lossy(&chunk));
        }
        rest
    });
    stage.stop().await;
    let rest = reading.await.expect("read to the end");
    assert!(rest.contains("event: error") && rest.contains("OVERLOADED"), "{rest}");
    tokio::net::TcpListener::bind(addr).await.expect("the port is free");
}
