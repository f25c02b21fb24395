//! The daily work by REST alone, and its refusals.

use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::ticket::GetTicketRequest;
use proto::ticket::ticket_service_client::TicketServiceClient;
use proto::{line1, ticket as wire};
use serde_json::json;
use tests::Databases;
use ticket::Line;

use crate::browser::{PATIENCE, get, listening, post, read, register, request};

#[tokio::test]
async fn a_ticket_is_worked_from_registration_to_its_end_by_rest_alone() {
    for databases in Databases::all() {
        let stage = listening(databases).await;
        let people = stage.people();
        let (client, agent, technician) =
            (people.client("client-17"), people.agent(Line::ServiceDesk), people.agent(Line::Technical));

        let question = json!({"text": "Над домом пролетел вертолёт", "channel": "CHANNEL_CHAT"});
        let asked = post(&stage, &client, "/v1/questions", question).await;
        assert_eq!(asked["reply"]["outcome"], "OUTCOME_HANDED_OVER", "{asked}");
        let ticket = asked["ticket"]["facts"]["ticketId"].as_str().expect("a ticket").to_owned();
        let of = |verb: &str| format!("/v1/tickets/{ticket}:{verb}");

        post(&stage, &agent, &of("writeToClient"), json!({"text": "Здравствуйте!"})).await;
        post(&stage, &client, &of("reply"), json!({"text": "Всё ещё не работает"})).await;
        let case = get(&stage, &client, &format!("/v1/cases/{ticket}")).await;
        let texts: Vec<_> = case["conversation"].as_array().expect("messages").iter().map(|m| &m["text"]).collect();
        assert!(texts.contains(&&json!("Здравствуйте!")) && texts.contains(&&json!("Всё ещё не работает")), "{case}");

        let mut evidence = json!({
            "category": "no-internet",
            "impact": "IMPACT_LOW",
            "urgency": "URGENCY_HIGH",
            "mood": "MOOD_NEGATIVE",
            "product": "Роутер",
            "environment": "прошивка 2.4.1",
            "answersTried": ["перезагрузить роутер"],
            "zone": "network",
        });
        let declined = post(&stage, &agent, &of("escalate"), json!({"technical": evidence})).await;
        assert_eq!(declined["outcome"]["standing"], "STANDING_DECLINED", "{declined}");
        assert_eq!(declined["outcome"]["declined"]["missing"], json!(["checklist", "zone_reason"]));
        evidence["checklist"] = json!([{"step": "restart", "result": "STEP_RESULT_FAILED", "note": "связи нет"}]);
        evidence["zoneReason"] = json!("роутер не получает адрес");
        let accepted = post(&stage, &agent, &of("escalate"), json!({"technical": evidence})).await;
        assert_eq!(accepted["outcome"]["standing"], "STANDING_ACCEPTED", "{accepted}");
        stage.settle().await;

        let solved = json!({
            "rootCause": "сбой аренды адреса",
            "done": "аренда сброшена",
            "howToVerify": "открыть любой сайт",
        });
        post(&stage, &technician, &format!("/lines/technical{}", of("resolve")), solved).await;
        stage.settle().await;
        let question = get(&stage, &client, &format!("/v1/questions/{ticket}")).await;
        assert_eq!(question["state"], "STATE_RESOLVED", "{question}");
        let closed = post(&stage, &client, &of("confirm"), json!({})).await;
        assert_eq!(closed["ticket"]["state"], "STATE_CLOSED");
        let journey = get(&stage, &agent, &format!("/v1/tickets/{ticket}/journey")).await;
        let lines: Vec<_> = journey["stays"].as_array().expect("stays").iter().map(|stay| &stay["line"]).collect();
        assert_eq!(lines, ["LINE_SELF_SERVICE", "LINE_SERVICE_DESK", "LINE_TECHNICAL", "LINE_SERVICE_DESK"]);
        stage.holds().await;
        stage.suite.stop(PATIENCE).await;
    }
}

/// The reason of a problem document and that of a status, which must be the same.
fn same(problem: &(u16, serde_json::Value), status: &tonic::Status, http: u16) {
    let reason = rpc::reason_of(status).expect("a reason").as_str_name().trim_start_matches("REASON_");
    let (code, document) = problem;
    assert_eq!((*code, document["reason"].as_str()), (http, Some(reason)), "{document}");
}

#[tokio::test]
async fn a_refusal_has_the_same_reason_by_rest_and_by_grpc() {
    for databases in Databases::all() {
        let stage = listening(databases).await;
        let people = stage.people();
        let (client, stranger) = (people.client("client-17"), people.client("client-18"));
        let (agent, technician) = (people.agent(Line::ServiceDesk), people.agent(Line::Technical));
        let ticket = register(&stage, &client).await;
        let desk = |caller| ServiceDeskServiceClient::new(people.channel(Line::ServiceDesk, caller));

        let tickets = || TicketServiceClient::new(people.channel(Line::ServiceDesk, &agent));
        for (id, http) in [("nonsense", 400), ("tkt_00000000000000000000000000000000", 404)] {
            let status = tickets().get_ticket(GetTicketRequest { ticket_id: id.into() }).await.unwrap_err();
            same(&read(request(&stage, &agent, "GET", &format!("/v1/tickets/{id}"))).await, &status, http);
        }

        let other = line1::GetCaseRequest { ticket_id: ticket.clone() };
        let status = desk(&stranger).get_case(other).await.unwrap_err();
        same(&read(request(&stage, &stranger, "GET", &format!("/v1/cases/{ticket}"))).await, &status, 404);

        let write = line1::WriteToClientRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            text: "Здравствуйте".into(),
            clarification_id: String::new(),
            expected_version: 0,
        };
        let body = json!({"requestId": write.request_id, "text": write.text});
        let status = desk(&technician).write_to_client(write).await.unwrap_err();
        let by_rest = request(&stage, &technician, "POST", &format!("/v1/tickets/{ticket}:writeToClient")).json(&body);
        same(&read(by_rest).await, &status, 403);

        let confirm = line1::ConfirmRequest { request_id: people.request_id(), ticket_id: ticket.clone() };
        let body = json!({"requestId": confirm.request_id});
        let status = desk(&client).confirm(confirm).await.unwrap_err();
        let by_rest = request(&stage, &client, "POST", &format!("/v1/tickets/{ticket}:confirm")).json(&body);
        let problem = read(by_rest).await;
        let expected = problem.0;
        same(&problem, &status, expected);

        let register = line1::RegisterRequest {
            request_id: people.request_id(),
            text: "Нет сети".into(),
            channel: wire::Channel::Chat as i32,
            category: "no-such-category".into(),
            ..line1::RegisterRequest::default()
        };
        let body = json!({
            "requestId": register.request_id,
            "text": register.text,
            "channel": "CHANNEL_CHAT",
            "category": register.category,
        });
        let status = desk(&client).register(register).await.unwrap_err();
        let problem = read(request(&stage, &client, "POST", "/v1/tickets").json(&body)).await;
        let expected = problem.0;
        same(&problem, &status, expected);
        stage.suite.stop(PATIENCE).await;
    }
}
