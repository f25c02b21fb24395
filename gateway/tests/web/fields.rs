//! Bad input: a clear refusal, all of it at once, and nothing reaches a line.

use serde_json::{Value, json};

use crate::stage::{Stage, read};

/// The fields that a problem finds wrong.
fn fields(problem: &Value) -> Vec<&str> {
    assert_eq!(problem["reason"], "FIELD_INVALID", "{problem}");
    problem["violations"].as_array().expect("a list").iter().filter_map(|one| one["field"].as_str()).collect()
}

#[tokio::test]
async fn wrong_fields_of_a_body_are_all_listed() {
    let stage = Stage::new().await;
    let body = json!({
        "subject": 7,
        "subjekt": "s",
        "text": "a\u{0}b",
        "channel": "CHANNEL_PIGEON",
        "contact": {"nobody": 1},
    });
    let (status, problem) = stage.post("/v1/tickets", body).await;
    assert_eq!(status, 400);
    let mut found = fields(&problem);
    found.sort_unstable();
    assert_eq!(found, ["channel", "contact.nobody", "subject", "subjekt", "text"]);

    let twice = json!({"requestId": "a", "request_id": "a"});
    assert_eq!(fields(&stage.post("/v1/tickets", twice).await.1), ["request_id"]);
    let both = json!({"technical": {}, "expert": {}});
    let (_, problem) = stage.post("/v1/tickets/tkt_1:escalate", both).await;
    assert_eq!(fields(&problem).len(), 1, "only one kind of evidence: {problem}");
    let other = json!({"ticketId": "tkt_2"});
    assert_eq!(fields(&stage.post("/v1/tickets/tkt_1:resolve", other).await.1), ["ticketId"]);
    assert!(stage.desk.registered().is_empty());
    stage.stop().await;
}

#[tokio::test]
async fn wrong_parameters_are_all_listed() {
    let stage = Stage::new().await;
    let (status, problem) = stage
        .get("/v1/tickets?pageSize=many&state=ON_FIRE&zone=%ff&client=a%00&assignee=x&assignee=y&colour=red")
        .await;
    assert_eq!(status, 400);
    let mut found = fields(&problem);
    found.sort_unstable();
    assert_eq!(found, ["assignee", "client", "colour", "pageSize", "state", "zone"]);
    for path in ["/v1/tickets/a%00b", "/v1/tickets/%ff", "/v1/tickets/%zz"] {
        assert_eq!(fields(&stage.get(path).await.1), ["ticketId"], "{path}");
    }
    assert_eq!(fields(&stage.get("/v1/tickets/tkt_1?ticketId=tkt_2").await.1), ["ticketId"]);
    assert_eq!(fields(&stage.post("/v1/tickets?subject=s", json!({})).await.1), ["subject"]);
    for patience in ["soon", "0", "-1", "NaN"] {
        let request = stage.request("GET", "/v1/tickets").header("Request-Timeout", patience);
        assert_eq!(fields(&read(request).await.1), ["request-timeout"], "{patience}");
    }
    assert!(stage.desk.listed().is_empty());
    stage.stop().await;
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_with_the_fitting_status() {
    let stage = Stage::new().await;
    let json_body = |body: &'static [u8]| {
        stage.request("POST", "/v1/tickets").header("content-type", "application/json").body(body)
    };
    for unreadable in
        [&b"{"[..], b"\xff\xfe", b"\"\\ud800\"", b"{\"subject\": \"\xff\"}", b"{\"text\":\"a\",\"text\":\"b\"}"]
    {
        let (status, problem) = read(json_body(unreadable)).await;
        assert_eq!((status, &problem["reason"]), (400, &json!("MESSAGE_UNREADABLE")), "{problem}");
    }
    let (status, problem) = read(json_body(b"[]")).await;
    assert_eq!((status, &problem["reason"]), (400, &json!("FIELD_INVALID")), "{problem}");

    let kinds = ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=windows-1251", ""];
    for kind in kinds {
        let request = stage.request("POST", "/v1/tickets").header("content-type", kind).body("{}");
        let (status, problem) = read(request).await;
        assert_eq!((status, &problem["reason"]), (415, &json!("MESSAGE_UNREADABLE")), "{kind}: {problem}");
    }
    let (status, _) = read(json_body(b"{}").header("content-encoding", "gzip")).await;
    assert_eq!(status, 415);
    let (status, problem) = read(stage.request("GET", "/v1/tickets").body("{}")).await;
    assert_eq!((status, &problem["reason"]), (400, &json!("MESSAGE_UNREADABLE")));
    stage.stop().await;
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_say_so() {
    let stage = Stage::new().await;
    for (verb, path, allow) in [
        ("DELETE", "/v1/tickets/tkt_1", "GET"),
        ("PUT", "/v1/tickets", "GET, POST"),
        ("GET", "/v1/tickets/tkt_1:resolve", "POST"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ] {
        let response = stage.request(verb, path).send().await.expect("an answer");
        assert_eq!(response.status(), 405, "{verb} {path}");
        assert_eq!(response.headers()["allow"], allow, "{verb} {path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    for path in ["/", "/v1", "/v1/tickets/", "/v1/tickets/tkt_1:dance", "/v1/tickets/tkt_1/", "//v1/tickets", "/lines/"]
    {
        let (status, problem) = stage.get(path).await;
        assert_eq!((status, &problem["reason"]), (404, &json!("METHOD_UNKNOWN")), "{path}: {problem}");
    }
    stage.stop().await;
}
