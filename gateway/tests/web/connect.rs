//! Connect, gRPC-Web and gRPC on the same port, for the same methods.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use proto::ticket::{
    GetTicketRequest, GetTicketResponse, WatchTicketRequest, WatchTicketResponse,
    ticket_service_client::TicketServiceClient,
};
use serde_json::{Value, json};
use tonic::{Code, Request};
use tonic_types::StatusExt;

use crate::stage::{Stage, read};

const GET: &str = "/estafeta.ticket.v1.TicketService/GetTicket";
const WATCH: &str = "/estafeta.ticket.v1.TicketService/WatchTicket";

/// A message in the envelope of streams and of gRPC-Web.
fn envelope(message: &[u8]) -> Bytes {
    let mut out = BytesMut::new();
    out.put_u8(0);
    out.put_u32(u32::try_from(message.len()).expect("short"));
    out.put(message);
    out.freeze()
}

/// The next envelope: its flags and what is in it.
async fn next(response: &mut reqwest::Response, rest: &mut BytesMut) -> Option<(u8, Bytes)> {
    loop {
        if rest.len() >= 5 {
            let length = u32::from_be_bytes([rest[1], rest[2], rest[3], rest[4]]) as usize;
            if rest.len() >= 5 + length {
                let mut whole = rest.split_to(5 + length).freeze();
                let flags = whole.split_to(5)[0];
                return Some((flags, whole));
            }
        }
        rest.extend_from_slice(&response.chunk().await.expect("a chunk")?);
    }
}

#[tokio::test]
async fn connect_speaks_json_and_binary_and_get() {
    let stage = Stage::new().await;
    let (status, body) = stage.post(GET, json!({"ticketId": "tkt_1"})).await;
    assert_eq!((status, &body["ticket"]["facts"]["ticketId"]), (200, &json!("tkt_1")), "{body}");
    let (_, body) = stage.post(&format!("/lines/technical{GET}"), json!({"ticketId": "tkt_1"})).await;
    assert_eq!(body["ticket"]["line"], "LINE_TECHNICAL");

    let message = GetTicketRequest { ticket_id: "tkt_1".to_owned() };
    let request = stage.request("POST", GET).header("content-type", "application/proto").body(message.encode_to_vec());
    let response = request.send().await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "application/proto");
    let answer = GetTicketResponse::decode(response.bytes().await.expect("a body")).expect("a message");
    assert_eq!(answer.ticket.and_then(|ticket| ticket.facts).expect("facts").ticket_id, "tkt_1");

    let query = "?connect=v1&encoding=json&message=%7B%22ticketId%22%3A%22tkt_1%22%7D";
    let (status, body) = stage.get(&format!("{GET}{query}")).await;
    assert_eq!((status, &body["ticket"]["facts"]["ticketId"]), (200, &json!("tkt_1")), "{body}");
    let register = "/estafeta.line1.v1.ServiceDeskService/Register?connect=v1&encoding=json&message=%7B%7D";
    assert_eq!(stage.get(register).await.0, 405, "what changes something is not got");
    assert!(stage.desk.registered().is_empty());
    stage.stop().await;
}

#[tokio::test]
async fn connect_gets_the_same_reasons() {
    let stage = Stage::new().await;
    let (status, error) = stage.post(GET, json!({"ticketId": "tkt_none"})).await;
    assert_eq!((status, &error["code"]), (404, &json!("not_found")), "{error}");
    let found = info(&error);
    assert_eq!((found.reason.as_str(), found.domain.as_str()), ("TICKET_NOT_FOUND", "estafeta"));
    assert_eq!(found.metadata["ticket"], "tkt_none");

    let (status, error) = stage.post(GET, json!({"tiket": 1})).await;
    assert_eq!((status, &error["code"]), (400, &json!("invalid_argument")), "{error}");
    let kinds: Vec<&Value> = error["details"].as_array().expect("details").iter().map(|one| &one["type"]).collect();
    assert!(kinds.contains(&&json!("google.rpc.BadRequest")), "{error}");

    let (status, error) = read(stage.http.post(format!("{}{GET}", stage.url)).json(&json!({}))).await;
    assert_eq!((status, &error["code"]), (401, &json!("unauthenticated")), "{error}");
    for nowhere in [
        "/estafeta.ticket.v1.TicketService/GetLeg",
        "/estafeta.none.v1.None/None",
        "/lines/expert/estafeta.ticket.v1.TicketService/GetTicket",
    ] {
        let (status, error) = stage.post(nowhere, json!({})).await;
        assert_eq!((status, &error["code"]), (404, &json!("unimplemented")), "{nowhere}: {error}");
    }
    stage.desk.hang();
    let request = stage.request("POST", GET).header("connect-timeout-ms", "50").json(&json!({"ticketId": "t"}));
    let (status, error) = read(request).await;
    assert_eq!((status, &error["code"]), (504, &json!("deadline_exceeded")), "{error}");
    assert_eq!(info(&error).reason, "OUT_OF_TIME");
    stage.stop().await;
}

/// The ErrorInfo among the details of an error in Connect.
fn info(error: &Value) -> tonic_types::pb::ErrorInfo {
    let details = error["details"].as_array().expect("details");
    let detail = details.iter().find(|one| one["type"] == "google.rpc.ErrorInfo").expect("an ErrorInfo");
    let bytes = base64(detail["value"].as_str().expect("base64"));
    tonic_types::pb::ErrorInfo::decode(bytes.as_slice()).expect("an ErrorInfo")
}

/// Decodes base64 by way of metadata, which is written so.
fn base64(text: &str) -> Vec<u8> {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-bin", text.parse().expect("a header"));
    let metadata = tonic::metadata::MetadataMap::from_headers(headers);
    metadata.get_bin("x-bin").expect("there").to_bytes().expect("base64").to_vec()
}

#[tokio::test]
async fn connect_streams_until_the_break() {
    let stage = Stage::new().await;
    stage.desk.happened(3);
    stage.desk.break_after(Some(2));
    let body = envelope(br#"{"ticketId":"tkt_1","resumeToken":"after-1"}"#);
    let request = stage.request("POST", WATCH).header("content-type", "application/connect+json").body(body);
    let mut response = request.send().await.expect("an answer");
    let mut rest = BytesMut::new();
    let (flags, first) = next(&mut response, &mut rest).await.expect("a message");
    let first: Value = serde_json::from_slice(&first).expect("JSON");
    assert_eq!((flags, &first["event"]["resumeToken"]), (0, &json!("after-2")));
    let (flags, end) = next(&mut response, &mut rest).await.expect("the end");
    let end: Value = serde_json::from_slice(&end).expect("JSON");
    assert_eq!((flags, &end["error"]["code"]), (2, &json!("unavailable")), "{end}");
    assert_eq!(info(&end["error"]).reason, "OVERLOADED");
    stage.stop().await;
}

#[tokio::test]
async fn grpc_web_speaks_binary() {
    let stage = Stage::new().await;
    let message = GetTicketRequest { ticket_id: "tkt_1".to_owned() }.encode_to_vec();
    let call = |message: &[u8]| {
        let request = stage.request("POST", GET).header("content-type", "application/grpc-web+proto");
        request.header("x-grpc-web", "1").body(envelope(message))
    };
    let mut response = call(&message).send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let mut rest = BytesMut::new();
    let (flags, answer) = next(&mut response, &mut rest).await.expect("a message");
    let answer = GetTicketResponse::decode(answer).expect("a message");
    assert_eq!((flags, answer.ticket.expect("a ticket").version), (0, 7));
    let (flags, trailers) = next(&mut response, &mut rest).await.expect("trailers");
    assert_eq!(flags, 0x80);
    assert!(String::from_utf8_lossy(&trailers).contains("grpc-status: 0"), "{trailers:?}");

    let refused = GetTicketRequest { ticket_id: "tkt_none".to_owned() }.encode_to_vec();
    let response = call(&refused).send().await.expect("an answer");
    let headers = response.headers().clone();
    let body = String::from_utf8_lossy(&response.bytes().await.expect("a body")).into_owned();
    let in_headers = headers.get("grpc-status").is_some_and(|status| status == "5");
    assert!(in_headers || body.contains("grpc-status: 5"), "{headers:?} {body}");
    assert!(headers.contains_key("grpc-status-details-bin") || body.contains("grpc-status-details-bin"), "{body}");
    stage.stop().await;
}

#[tokio::test]
async fn a_grpc_client_gets_answers_streams_and_reasons() {
    let stage = Stage::new().await;
    let channel = rpc::as_caller(rpc::dial(&stage.url).expect("an address"), stage.token().into());
    let mut client = TicketServiceClient::new(channel);
    let ask = |id: &str| Request::new(GetTicketRequest { ticket_id: id.to_owned() });
    let answer = client.get_ticket(ask("tkt_1")).await.expect("a ticket").into_inner();
    assert_eq!(answer.ticket.expect("a ticket").version, 7);

    let status = client.get_ticket(ask("tkt_none")).await.expect_err("no such ticket");
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(rpc::reason_of(&status), Some(proto::errors::Reason::TicketNotFound));
    assert_eq!(rpc::metadata_of(&status)["ticket"], "tkt_none");
    let status = client.get_ticket(ask("tkt_broken")).await.expect_err("a fault");
    assert_eq!(status.get_error_details().error_info().expect("a reason").reason, "INTERNAL");

    stage.desk.happened(2);
    let watch = WatchTicketRequest { ticket_id: "tkt_1".to_owned(), resume_token: String::new() };
    let mut events = client.watch_ticket(watch).await.expect("a stream").into_inner();
    for number in 1..=2 {
        let WatchTicketResponse { event } = events.message().await.expect("open").expect("an event");
        assert_eq!(event.expect("an event").resume_token, format!("after-{number}"));
    }
    drop(events);
    let nobody = rpc::as_caller(rpc::dial(&stage.url).expect("an address"), "nonsense".to_owned().into());
    let status = TicketServiceClient::new(nobody).get_ticket(ask("tkt_1")).await.expect_err("not signed in");
    assert_eq!(rpc::reason_of(&status), Some(proto::errors::Reason::Unauthenticated));
    drop(client);
    stage.stop().await;
}
