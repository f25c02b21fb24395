//! Connect, gRPC-Web and the description of REST, in front of real lines.

use prost::Message;
use proto::ticket::{GetTicketRequest, GetTicketResponse};
use serde_json::json;
use tests::Databases;
use ticket::Line;

use crate::browser::{PATIENCE, get, listening, read, register, request};

const GET_TICKET: &str = "/estafeta.ticket.v1.TicketService/GetTicket";

#[tokio::test]
async fn connect_and_grpc_web_read_the_ticket_that_rest_registered() {
    for databases in Databases::all() {
        let stage = listening(databases).await;
        let people = stage.people();
        let agent = people.agent(Line::ServiceDesk);
        let ticket = register(&stage, &people.client("client-17")).await;

        let by_connect = read(request(&stage, &agent, "POST", GET_TICKET).json(&json!({"ticketId": ticket}))).await;
        assert_eq!(
            (by_connect.0, &by_connect.1["ticket"]["facts"]["ticketId"]),
            (200, &json!(ticket)),
            "{}",
            by_connect.1
        );
        let by_rest = get(&stage, &agent, &format!("/v1/tickets/{ticket}")).await;
        assert_eq!(by_connect.1["ticket"]["facts"], by_rest["ticket"]["facts"]);

        let message = GetTicketRequest { ticket_id: ticket.clone() }.encode_to_vec();
        let length = u32::try_from(message.len()).expect("short").to_be_bytes();
        let call = request(&stage, &agent, "POST", GET_TICKET)
            .header("content-type", "application/grpc-web+proto")
            .header("x-grpc-web", "1")
            .body([&[0][..], &length, &message].concat());
        let answer = call.send().await.expect("an answer").bytes().await.expect("a body");
        let length = u32::from_be_bytes(answer[1..5].try_into().expect("four bytes")) as usize;
        let (found, trailers) = answer[5..].split_at(length);
        let found = GetTicketResponse::decode(found).expect("a message").ticket.expect("a ticket");
        assert_eq!(found.facts.expect("facts").ticket_id, ticket);
        assert!(String::from_utf8_lossy(trailers).contains("grpc-status: 0"), "{trailers:?}");
        stage.suite.stop(PATIENCE).await;
    }
}

#[tokio::test]
async fn the_description_of_rest_needs_no_token_and_names_what_is_there() {
    for databases in Databases::all() {
        let stage = listening(databases).await;
        let url = stage.suite.gateway_url().expect("the gateway listens");
        let http = tests::http();
        let (status, document) = read(http.get(format!("{url}/openapi.json"))).await;
        assert_eq!(status, 200);
        for path in ["/v1/questions", "/v1/tickets", "/v1/tickets/{ticketId}/events", "/v1/tickets/{ticketId}:escalate"]
        {
            let alike = path.replace("ticketId", "ticket_id");
            let paths = &document["paths"];
            assert!(paths.get(path).or(paths.get(&alike)).is_some(), "{path} is not in {paths}");
        }
        stage.suite.stop(PATIENCE).await;
    }
}
