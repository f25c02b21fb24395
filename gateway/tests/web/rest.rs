//! REST: to the right line, with everything that was said, and back.

use std::sync::Arc;

use proto::ticket::{Custody, State};
use serde_json::json;
use ticket::Line;

use crate::stage::{Asked, Stage, echoes, read};

#[tokio::test]
async fn a_ticket_is_read_as_json_with_every_field() {
    let stage = Stage::new().await;
    let (status, body) = stage.get("/v1/tickets/tkt_1").await;
    assert_eq!(status, 200, "{body}");
    let ticket = &body["ticket"];
    assert_eq!(ticket["facts"]["ticketId"], "tkt_1");
    assert_eq!(ticket["line"], "LINE_SERVICE_DESK");
    assert_eq!(ticket["version"], "7", "64-bit numbers are strings");
    assert_eq!(ticket["facts"]["subject"], "", "empty fields are there");
    assert_eq!(ticket["hops"], json!([]));
    assert!(ticket.get("resolution").is_none(), "unset messages are not");
    stage.stop().await;
}

#[tokio::test]
async fn the_line_in_front_of_the_path_answers() {
    let stage = Stage::new().await;
    let (_, body) = stage.get("/lines/technical/v1/tickets/tkt_1").await;
    assert_eq!(body["ticket"]["line"], "LINE_TECHNICAL");
    let (_, body) = stage.get("/lines/service-desk/v1/tickets/tkt_1").await;
    assert_eq!(body["ticket"]["line"], "LINE_SERVICE_DESK");
    let (status, body) = stage.post("/lines/technical/v1/tickets/tkt_1:resolve", json!({"requestId": "r1"})).await;
    assert_eq!((status, &body["ticket"]["line"]), (200, &json!("LINE_TECHNICAL")), "{body}");
    for nowhere in ["/lines/expert/v1/tickets/t", "/lines/nobody/v1/tickets/t", "/lines/technical", "/v1/nothing"] {
        let (status, body) = stage.get(nowhere).await;
        assert_eq!((status, &body["reason"]), (404, &json!("METHOD_UNKNOWN")), "{nowhere}: {body}");
    }
    let (status, _) = stage.post("/lines/technical/v1/tickets", json!({})).await;
    assert_eq!(status, 405, "the technical line lists tickets there and registers none");
    stage.stop().await;
}

#[tokio::test]
async fn a_body_fills_the_message_in_either_spelling() {
    let stage = Stage::new().await;
    let body = json!({
        "request_id": "r1",
        "client": "клиент-7",
        "contact": {},
        "channel": "CHANNEL_CHAT",
        "subject": "Не работает VPN",
        "impact": 3,
    });
    let (status, answer) = stage.post("/v1/tickets", body).await;
    assert_eq!((status, &answer["ticket"]["facts"]["ticketId"]), (200, &json!("tkt_new")), "{answer}");
    let registered = stage.desk.registered();
    let [request] = registered.as_slice() else { panic!("registered once") };
    assert_eq!(request.request_id, "r1");
    assert_eq!(request.client, "клиент-7");
    assert_eq!(request.subject, "Не работает VPN");
    assert!(request.contact.is_some());
    assert_eq!(request.channel(), proto::ticket::Channel::Chat);
    assert_eq!(request.impact(), proto::ticket::Impact::High);
    stage.stop().await;
}

#[tokio::test]
async fn the_request_id_may_come_as_idempotency_key() {
    let stage = Stage::new().await;
    for key in ["\"draft-7\"", "draft-7"] {
        let request =
            stage.request("POST", "/v1/tickets").header("Idempotency-Key", key).json(&json!({"subject": "s"}));
        assert_eq!(read(request).await.0, 200);
    }
    let ids: Vec<String> = stage.desk.registered().into_iter().map(|request| request.request_id).collect();
    assert_eq!(ids, ["draft-7", "draft-7"]);
    let both = stage.request("POST", "/v1/tickets").header("Idempotency-Key", "a").json(&json!({"requestId": "b"}));
    let (status, body) = read(both).await;
    assert_eq!((status, &body["violations"][0]["field"]), (400, &json!("idempotency-key")), "{body}");
    stage.stop().await;
}

#[tokio::test]
async fn a_query_fills_the_message() {
    let stage = Stage::new().await;
    let path = "/v1/tickets?pageSize=20&page_token=a%2Bb&custody=CUSTODY_HELD&state=STATE_ON_HOLD&zone=%D1%81%D0%B5%D1%82%D0%B8+%26";
    let (status, body) = stage.get(path).await;
    assert_eq!(status, 200, "{body}");
    let listed = stage.desk.listed();
    let [request] = listed.as_slice() else { panic!("listed once") };
    assert_eq!((request.page_size, request.page_token.as_str()), (20, "a+b"));
    assert_eq!((request.custody(), request.state()), (Custody::Held, State::OnHold));
    assert_eq!(request.zone, "сети &");
    stage.stop().await;
}

#[tokio::test]
async fn token_trace_and_patience_go_along() {
    let stage = Stage::new().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request =
        stage.request("GET", "/v1/tickets/tkt_1").header("traceparent", trace).header("Request-Timeout", "7.5");
    assert_eq!(read(request).await.0, 200);
    assert_eq!(stage.desk.metadata("authorization"), format!("Bearer {}", stage.token()));
    assert!(stage.desk.metadata("traceparent").starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    let timeout = stage.desk.metadata("grpc-timeout");
    let micros: u64 = timeout.trim_end_matches('u').parse().expect("microseconds");
    assert!((1..=7_500_000).contains(&micros), "{timeout}");

    stage.desk.hang();
    let request = stage.request("GET", "/v1/tickets/tkt_1").header("Request-Timeout", "0.05");
    let (status, body) = read(request).await;
    assert_eq!((status, &body["reason"]), (504, &json!("OUT_OF_TIME")), "{body}");
    stage.stop().await;
}

#[tokio::test]
async fn a_line_sees_the_gateway_in_the_callers_trace() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const CALLER: &str = "00f067aa0ba902b7";
    let stage = Stage::told().await;
    for rpc in [false, true] {
        let request = match rpc {
            false => stage.request("GET", "/v1/tickets/tkt_1"),
            true => {
                let request = stage.request("POST", "/estafeta.ticket.v1.TicketService/GetTicket");
                request.json(&json!({"ticketId": "tkt_1"}))
            }
        };
        let (status, body) = read(request.header("traceparent", format!("00-{TRACE}-{CALLER}-01"))).await;
        assert_eq!(status, 200, "{body}");
        let seen = stage.desk.metadata("traceparent");
        assert!(seen.starts_with(&format!("00-{TRACE}-")) && !seen.contains(CALLER), "{seen}");
    }
    let request = stage.request("GET", "/v1/nothing").header("traceparent", format!("00-{TRACE}-{CALLER}-01"));
    assert_eq!(read(request).await.1["traceId"], TRACE);
    let (_, metrics) = read(stage.http.get(format!("{}/metrics", stage.url))).await;
    let counted = r#"method="estafeta.ticket.v1.TicketService/GetTicket""#;
    let gateways = |line: &&str| line.contains(counted) && line.contains(r#"service="gateway""#);
    assert!(metrics.as_str().is_some_and(|text| text.lines().any(|line| gateways(&line))), "{metrics}");
    stage.stop().await;
}

#[tokio::test]
async fn what_a_line_refuses_is_a_problem_with_its_reason() {
    let stage = Stage::new().await;
    let response = stage.request("GET", "/v1/tickets/tkt_none").send().await.expect("an answer");
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: serde_json::Value = response.json().await.expect("a document");
    assert_eq!(problem["type"], "urn:estafeta:problem:ticket-not-found");
    assert_eq!(problem["reason"], "TICKET_NOT_FOUND");
    assert_eq!(problem["metadata"], json!({"ticket": "tkt_none"}));
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["instance"], "/v1/tickets/tkt_none");
    assert_eq!(problem["detail"], "service-desk has no ticket tkt_none");
    assert!(problem["title"].as_str().is_some_and(|title| title.starts_with("No such ticket")), "{problem}");

    let (status, problem) = stage.get("/v1/tickets/tkt_broken").await;
    assert_eq!((status, &problem["reason"]), (500, &json!("INTERNAL")));
    assert!(!problem.to_string().contains("secret"), "{problem}");
    stage.stop().await;
}

#[tokio::test]
async fn a_line_that_is_away_is_said_to_be() {
    let late = rpc::dial("http://127.0.0.1:1").expect("an address");
    let stage = Stage::in_front_of(gateway::Upstreams::new().with(Line::ServiceDesk, late)).await;
    let response = stage.request("GET", "/v1/tickets/tkt_1").send().await.expect("an answer");
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
    let problem: serde_json::Value = response.json().await.expect("a document");
    assert_eq!(problem["reason"], "PEER_UNAVAILABLE");
    stage.stop().await;
}

#[tokio::test]
async fn every_annotated_method_is_reached_at_its_line_and_by_connect() {
    let asked = Asked::default();
    let stage = Stage::in_front_of(echoes(&asked)).await;
    let pool = prost_reflect::DescriptorPool::decode(proto::DESCRIPTORS).expect("descriptors");
    let http = pool.get_extension_by_name("google.api.http").expect("the annotation");
    let mut count = 0;
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let rpc = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let options = method.options();
        if !options.has_extension(&http) {
            let (status, _) = stage.post(&rpc, json!({})).await;
            assert_eq!(status, 404, "{rpc} is not public");
            continue;
        }
        count += 1;
        let line = match method.parent_file().package_name() {
            "estafeta.line0.v1" => Line::SelfService,
            "estafeta.line2.v1" => Line::Technical,
            "estafeta.line3.v1" => Line::Expert,
            "estafeta.vendor.v1" => Line::Vendor,
            _ => Line::ServiceDesk,
        };
        let rule = options.get_extension(&http).as_message().cloned().expect("a rule");
        let text = |field: &str| rule.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned));
        let (verb, path) = ["get", "post"]
            .iter()
            .find_map(|verb| text(verb).filter(|path| !path.is_empty()).map(|path| (verb.to_uppercase(), path)))
            .expect("get or post");
        let path = path.replace("{ticket_id}", "tkt_1").replace("{message_id}", "m1");
        asked.lock().expect("no panic").clear();
        for prefix in [String::new(), format!("/lines/{line}")] {
            let response = stage.request(&verb, &format!("{prefix}{path}")).send().await.expect("an answer");
            assert_eq!(response.status(), 200, "{verb} {prefix}{path}");
            if !method.is_server_streaming() {
                assert_eq!(stage.post(&format!("{prefix}{rpc}"), json!({})).await.0, 200, "{prefix}{rpc}");
            }
        }
        let all: Vec<_> = Arc::clone(&asked).lock().expect("no panic").clone();
        assert!(all.iter().all(|one| *one == (line, rpc.clone())), "{rpc} was asked as {all:?}");
        assert_eq!(all.len(), if method.is_server_streaming() { 2 } else { 4 });
    }
    assert!(count > 25, "only {count} public methods");
    stage.stop().await;
}
