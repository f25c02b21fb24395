//! Six services in six processes.

use std::path::Path;

use proto::line0::{AskRequest, reply::Outcome, self_service_service_client::SelfServiceServiceClient};
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::ticket::{
    Channel, Custody, GetTicketRequest, Line, WatchTicketRequest, ticket_service_client::TicketServiceClient,
};
use rpc::Role;
use store::testing::TestDatabase;

use crate::scene::{Serving, at, desk_agent, err, out, ran, text};
use crate::suites::escalation;

/// Waits until `line` has taken over what the service at `address` holds or offered.
async fn until_accepted(address: &str, data: &Path, ticket: &str, line: Line) {
    let mut tickets = TicketServiceClient::new(at(address, data, Role::Supervisor));
    let request = WatchTicketRequest { ticket_id: ticket.to_owned(), resume_token: String::new() };
    let mut events = tickets.watch_ticket(request).await.expect("the ticket can be watched").into_inner();
    let wanted =
        format!("accepted by {}", line.as_str_name().trim_start_matches("LINE_").to_lowercase().replace('_', "-"));
    while let Some(event) = events.message().await.expect("the stream goes on") {
        if event.event.expect("each has an event").summary.starts_with(&wanted) {
            return;
        }
    }
    panic!("the stream of events ended before {line:?} took over");
}

async fn holds(address: &str, data: &Path, ticket: &str) -> bool {
    let mut tickets = TicketServiceClient::new(at(address, data, Role::Supervisor));
    let found = tickets.get_ticket(GetTicketRequest { ticket_id: ticket.to_owned() }).await;
    found.is_ok_and(|found| found.into_inner().ticket.expect("a found ticket").custody() == Custody::Held)
}

#[tokio::test]
async fn six_processes_carry_a_ticket_and_lose_nothing_to_a_kill() {
    carry_and_kill(&[]).await;
}

#[tokio::test]
async fn six_processes_on_postgresql_carry_a_ticket_and_lose_nothing_to_a_kill() {
    let lines = ["line0", "line1", "line2", "line3", "vendor"];
    let databases: Option<Vec<_>> = lines.into_iter().map(|line| Some((line, TestDatabase::postgres()?))).collect();
    if let Some(databases) = databases {
        carry_and_kill(&databases).await;
    }
}

/// Six processes over these databases, or over files in their data directory.
#[expect(clippy::unwrap_used, reason = "the body of two tests")]
async fn carry_and_kill(databases: &[(&str, TestDatabase)]) {
    let dir = tempfile::tempdir().unwrap();
    let (data, plan) = (dir.path(), dir.path().join("plan.toml"));
    std::fs::write(&plan, plan::DEMO).unwrap();
    let databases: Vec<String> = databases
        .iter()
        .flat_map(|(line, database)| ["--database".into(), format!("{line}={}", database.url())])
        .collect();
    let start = |target| Serving::start(target, data, &plan, &databases);
    let (line0, line1, line2) = (start("line0"), start("line1"), start("line2"));
    let others = [start("line3"), start("vendor"), start("gateway")];

    // 0 → 1
    let ask = AskRequest {
        request_id: "r-1".to_owned(),
        text: "Нет интернета с самого утра".to_owned(),
        channel: Channel::Chat as i32,
        ..AskRequest::default()
    };
    let mut self_service = SelfServiceServiceClient::new(at(&line0.address, data, Role::Client));
    let answer = self_service.ask(ask).await.unwrap().into_inner();
    assert_eq!(answer.reply.unwrap().outcome(), Outcome::HandedOver);
    let ticket = answer.ticket.unwrap().facts.unwrap().ticket_id;
    until_accepted(&line0.address, data, &ticket, Line::ServiceDesk).await;
    assert!(holds(&line1.address, data, &ticket).await);

    // 1 → 2, which is killed before and comes back elsewhere.
    drop(line2);
    let mut desk = ServiceDeskServiceClient::new(at(&line1.address, data, desk_agent()));
    let outcome = desk.escalate(escalation("r-2", &ticket)).await.unwrap().into_inner().outcome.unwrap();
    assert_eq!(outcome.standing(), proto::handover::outcome::Standing::Pending);
    // The sender is killed as well: what it promised is in its database.
    drop(line1);
    let (line1, line2) = (start("line1"), start("line2"));
    until_accepted(&line1.address, data, &ticket, Line::Technical).await;
    assert!(holds(&line2.address, data, &ticket).await);

    let mut audit = vec!["audit", "--data", text(data)];
    audit.extend(databases.iter().map(String::as_str));
    let audited = ran(&audit);
    assert!(audited.status.success(), "{}{}", out(&audited), err(&audited));

    let shown = ran(&["ticket", "show", &ticket, "--data", text(data), "--organization", "romashka"]);
    let said = out(&shown);
    assert!(said.contains("SELF_SERVICE (epoch 1)") && said.contains("TECHNICAL (epoch 3)"), "{said}{}", err(&shown));

    // In the middle of a stream of events, and all the same in good order.
    assert!(line1.terminate(), "line 1 did not end well");
    assert!(!data.join("run/line1.json").exists(), "it is still announced");
    for serving in others.into_iter().chain([line0, line2]) {
        assert!(serving.terminate(), "a service did not end well");
    }
}
