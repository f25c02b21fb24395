//! What a scrape finds.

use std::time::Duration;

use estafeta::Config;
use estafeta::target::Target;
use proto::handover::outcome::Standing;
use tests::{Databases, Stage, evidence};
use ticket::Line;

use crate::collector::observed;

/// Longer than anything here takes; it only ends a test that would hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// `GET /metrics` of one service.
async fn scrape(stage: &Stage, target: Target) -> String {
    let address = stage.suite.address(target).expect("it listens");
    let http = tests::http();
    let response = http.get(format!("http://{address}/metrics")).send().await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    response.text().await.expect("text")
}

/// The value of the series whose name and labels are `series`.
fn value(text: &str, series: &str) -> Option<f64> {
    let found = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    found.map(|value| value.parse().expect("a number"))
}

/// Scrapes until `series` is there: a line records it as soon as it is up, in the background.
async fn until_told(stage: &Stage, target: Target, series: &str) -> String {
    let told = async {
        loop {
            let text = scrape(stage, target).await;
            if value(&text, series).is_some() {
                return text;
            }
        }
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap_or_else(|_| panic!("{target} never tells {series}"))
}

#[tokio::test]
async fn a_scrape_tells_rate_errors_and_duration_and_what_waits_where() {
    for databases in Databases::all() {
        let (telemetry, collector) = observed();
        let listening = |config: Config| Config { telemetry: Some(telemetry.clone()), ..config.listening() };
        let stage = Stage::with(databases, plan::DEMO, listening).await;
        let people = stage.people();

        // One ticket waits at line 1, one is with line 2, one is on its way there while line 2 is down.
        people.register("Нет интернета").await;
        people.ticket_at(Line::Technical).await;
        let stuck = people.register("Нет интернета").await;
        people.ticket(Line::ServiceDesk, "tkt_unreadable").await.expect_err("that is no ticket");
        stage.suite.kill(Line::Technical);
        let outcome = people.to_technical(&stuck, evidence::technical()).await.unwrap();
        assert_eq!(outcome.standing(), Standing::Pending);
        stage.suite.stop(PATIENCE).await;

        // What is held and waits is told by lines that work by themselves; at the same instant nothing new is due.
        let at_work = |config| Config { background: true, ..listening(config) };
        let stage = Stage::with(stage.databases, plan::DEMO, at_work).await;
        // The depth of its queue is what a line tells last.
        until_told(&stage, Target::Line2, r#"estafeta_queue_depth{group="network-engineers",line="technical"}"#).await;
        let queue = r#"estafeta_queue_depth{group="desk",line="service-desk"}"#;
        let text = until_told(&stage, Target::Line1, queue).await;
        for (series, expected) in [
            (queue, 1.0),
            (r#"estafeta_tickets_held{line="service-desk",state="open"}"#, 1.0),
            (r#"estafeta_tickets_held{line="service-desk",state="closed"}"#, 0.0),
            (r#"estafeta_tickets_held{line="technical",state="open"}"#, 1.0),
            (r#"estafeta_outbox_messages{line="service-desk",state="pending"}"#, 1.0),
            (r#"estafeta_outbox_messages{line="service-desk",state="dead"}"#, 0.0),
            (r#"estafeta_outbox_oldest_seconds{line="service-desk"}"#, 0.0),
        ] {
            assert_eq!(value(&text, series), Some(expected), "{series} in\n{text}");
        }
        // Counts are of the whole process, in which other tests work, too.
        for (series, at_least) in [
            (r#"estafeta_handover_lag_seconds_count{line="service-desk",to="technical"}"#, 1.0),
            (
                r#"estafeta_rpc_requests_total{code="OK",method="Register",service="estafeta.line1.v1.ServiceDeskService"}"#,
                3.0,
            ),
            (
                r#"estafeta_rpc_requests_total{code="INVALID_ARGUMENT",method="GetTicket",service="estafeta.ticket.v1.TicketService"}"#,
                1.0,
            ),
            (
                r#"estafeta_rpc_duration_seconds_count{code="OK",method="Offer",service="estafeta.line2.v1.IntakeService"}"#,
                1.0,
            ),
        ] {
            assert!(value(&text, series).is_some_and(|value| value >= at_least), "{series} in\n{text}");
        }
        assert!(
            scrape(&stage, Target::Gateway).await.contains("estafeta_tickets_held"),
            "the gateway is scraped alike"
        );
        stage.suite.stop(PATIENCE).await;
        let sent = collector.metrics();
        for name in ["rpc.requests", "rpc.duration", "handover.lag", "tickets.held", "outbox.messages", "queue.depth"] {
            assert!(sent.contains(&format!("estafeta.{name}")), "{name} goes out by OTLP, too: {sent:?}");
        }
    }
}
