//! The suite in one process, as tests of the workspace use it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use estafeta::target::Target;
use estafeta::{Config, Suite, people};
use handover::{CrashPoint, Fuse, Plans};
use jiff::{SignedDuration, Timestamp};
use plan::Plan;
use proto::line1::{self, service_desk_service_client::ServiceDeskServiceClient};
use proto::line2;
use proto::ticket::{
    Channel, Custody, GetTicketRequest, Impact, Mood, Urgency, ticket_service_client::TicketServiceClient,
};
use ticket::{Line, ManualClock, TicketId};

const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn demo_plan() -> Plan {
    Plan::parse("demo.toml", plan::DEMO).expect("the demonstration's plan has no faults")
}

fn plans() -> Plans {
    let plans = Plans::default();
    plans.put(demo_plan());
    plans
}

/// A suite that moves only when told to.
fn still(dir: &Path) -> (Config, ManualClock) {
    let clock = ManualClock::at("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
    (Config { clock: Arc::new(clock.clone()), background: false, ..Config::in_dir(dir, plans()) }, clock)
}

pub(crate) fn registration(request_id: &str) -> line1::RegisterRequest {
    line1::RegisterRequest {
        request_id: request_id.to_owned(),
        client: "dogovor-1".to_owned(),
        channel: Channel::Phone as i32,
        text: "Нет интернета с самого утра".to_owned(),
        ..line1::RegisterRequest::default()
    }
}

pub(crate) fn escalation(request_id: &str, ticket_id: &str) -> line1::EscalateRequest {
    let step = line2::StepOutcome {
        step: "outage".to_owned(),
        result: line2::StepResult::Passed as i32,
        note: "Аварий нет".to_owned(),
    };
    let evidence = line2::Evidence {
        category: "no-internet".to_owned(),
        impact: Impact::Low as i32,
        urgency: Urgency::High as i32,
        mood: Mood::Negative as i32,
        product: "Домашний интернет".to_owned(),
        environment: "Квартира, оптика".to_owned(),
        checklist: vec![step],
        answers_tried: vec![],
        zone: "network".to_owned(),
        zone_reason: "Нет линка".to_owned(),
        client_availability: String::new(),
    };
    line1::EscalateRequest {
        request_id: request_id.to_owned(),
        ticket_id: ticket_id.to_owned(),
        evidence: Some(line1::escalate_request::Evidence::Technical(evidence)),
        expected_version: 0,
    }
}

fn service_desk(suite: &Suite) -> ServiceDeskServiceClient<rpc::Channel> {
    ServiceDeskServiceClient::new(suite.as_caller(Line::ServiceDesk, &people::agent(&demo_plan(), Line::ServiceDesk)))
}

async fn registered(suite: &Suite) -> String {
    let answer = service_desk(suite).register(registration("r-1")).await.expect("line 1 registers").into_inner();
    answer.ticket.and_then(|ticket| ticket.facts).expect("a registered ticket").ticket_id
}

async fn holds(suite: &Suite, line: Line, ticket: &str) -> bool {
    let mut tickets = TicketServiceClient::new(suite.as_caller(line, &people::supervisor(&demo_plan())));
    let found = tickets.get_ticket(GetTicketRequest { ticket_id: ticket.to_owned() }).await;
    found.is_ok_and(|found| found.into_inner().ticket.expect("a found ticket").custody() == Custody::Held)
}

/// Leaves the databases of a suite in `dir`, with one open ticket.
pub(crate) async fn one_ticket(dir: &Path) -> TicketId {
    let (config, _) = still(dir);
    let suite = Suite::start(config).await.expect("a suite of its own");
    let ticket = registered(&suite).await;
    suite.stop(PATIENCE).await;
    ticket.parse().expect("a ticket's id")
}

#[tokio::test]
async fn a_ticket_for_a_killed_line_waits_and_arrives_when_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let (config, clock) = still(dir.path());
    let suite = Suite::start(config).await.unwrap();
    let ticket = registered(&suite).await;
    suite.kill(Line::Technical);
    let outcome = service_desk(&suite).escalate(escalation("r-2", &ticket)).await.unwrap().into_inner().outcome;
    assert_eq!(outcome.unwrap().standing(), proto::handover::outcome::Standing::Pending);

    suite.restart(Line::Technical).await.unwrap();
    clock.advance(SignedDuration::from_mins(5));
    suite.settle().await.unwrap();
    assert!(holds(&suite, Line::Technical, &ticket).await);
    assert_eq!(suite.audit().await.unwrap().broken, Vec::<String>::new());
}

#[tokio::test]
async fn a_line_that_its_fuse_stops_is_dead_to_others_until_it_is_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut config, clock) = still(dir.path());
    let fuse = Fuse::armed();
    config.fuses.insert(Line::Technical, fuse.clone());
    let suite = Suite::start(config).await.unwrap();
    let ticket = registered(&suite).await;
    fuse.set(CrashPoint::AfterReceive);
    let outcome = service_desk(&suite).escalate(escalation("r-2", &ticket)).await.unwrap().into_inner().outcome;
    assert_eq!(fuse.blown(), Some(CrashPoint::AfterReceive), "no crash, no test");
    assert_eq!(outcome.unwrap().standing(), proto::handover::outcome::Standing::Pending);

    suite.restart(Line::Technical).await.unwrap();
    clock.advance(SignedDuration::from_mins(5));
    suite.settle().await.unwrap();
    assert!(holds(&suite, Line::Technical, &ticket).await);
    assert_eq!(suite.audit().await.unwrap().broken, Vec::<String>::new());
}

#[tokio::test]
async fn a_line_that_is_started_again_listens_where_it_did() {
    let dir = tempfile::tempdir().unwrap();
    let suite = Suite::start(Config::in_dir(dir.path(), plans()).listening()).await.unwrap();
    let ticket = registered(&suite).await;
    assert!(suite.gateway_url().is_some_and(|url| url.starts_with("http://127.0.0.1:")));
    let before = suite.address(Target::Line1);
    suite.restart(Line::ServiceDesk).await.unwrap();
    assert_eq!(suite.address(Target::Line1), before);
    assert!(holds(&suite, Line::ServiceDesk, &ticket).await);
    suite.stop(PATIENCE).await;
}
