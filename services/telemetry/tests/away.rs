//! With a collector that is away: everything else goes on.

use std::{net::TcpListener, time::Duration};

use telemetry::{LogFormat, Settings, Telemetry, carry::TraceContext, measure};
use tracing::info_span;

/// More than the exporter keeps for a collector that is away (2,048 by default).
const MORE_SPANS_THAN_FIT: usize = 5_000;

/// Generous: it only ends a test that would hang.
const HANGS: Duration = Duration::from_secs(60);

fn settings() -> Settings {
    Settings { service_name: "test".to_owned(), log_format: LogFormat::Human, log_filter: "off".to_owned() }
}

/// Starts with a collector that takes connections and never answers, for traces, and one that is not there, for metrics.
/// The tests of this file share one process, so whichever is first sets it up for all.
fn start() -> Telemetry {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let silent_at = silent.local_addr().expect("bound");
    std::mem::forget(silent); // open until the process ends
    telemetry::start(&settings(), &|name| match name {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" => Some(format!("http://{silent_at}")),
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" => Some(format!("http://{gone}")),
        _ => None,
    })
    .expect("an address is not asked whether anyone is there")
}

#[tokio::test]
async fn no_request_waits_for_a_collector_that_is_away() {
    let telemetry = start();
    for _ in 0..MORE_SPANS_THAN_FIT {
        let place = info_span!("request").in_scope(TraceContext::current);
        assert!(place.trace_id().is_some(), "ids are there without a collector");
    }
    let patience = Duration::from_millis(50);
    tokio::time::timeout(HANGS, telemetry.shutdown(patience)).await.expect("shutdown ends when patience does");
}

#[test]
fn a_second_start_returns_the_first_telemetry() {
    let first = start();
    let unusable = Settings { log_filter: "=not=a=filter=".to_owned(), ..settings() };
    let second = telemetry::start(&unusable, &|_| None).expect("the first settings win");
    measure::meters().set_queue_depth("line2", "second start", 7);
    let series = r#"estafeta_queue_depth{group="second start",line="line2"} 7"#;
    assert!(first.prometheus().contains(series));
    assert!(second.prometheus().contains(series));
}

#[test]
fn figures_have_the_documented_names_for_prometheus() {
    let telemetry = start();
    let meters = measure::meters();
    meters.rpc_finished("Desk", "Register", "OK", 0.004);
    meters.rpc_finished("Desk", "Register", "OK", 0.2);
    meters.rpc_finished("Desk", "Register", "UNAVAILABLE", 40.0);
    meters.handover_lag("line1", "line2", 0.02);
    meters.set_held("line1", "OPEN", 3);
    meters.set_held("line1", "OPEN", 2);
    meters.set_outbox("line1", 4, 1, 12.5);

    let text = telemetry.prometheus();
    for line in [
        "# TYPE estafeta_rpc_requests_total counter",
        r#"estafeta_rpc_requests_total{code="OK",method="Register",service="Desk"} 2"#,
        r#"estafeta_rpc_requests_total{code="UNAVAILABLE",method="Register",service="Desk"} 1"#,
        "# TYPE estafeta_rpc_duration_seconds histogram",
        r#"estafeta_rpc_duration_seconds_bucket{code="OK",method="Register",service="Desk",le="0.001"} 0"#,
        r#"estafeta_rpc_duration_seconds_bucket{code="OK",method="Register",service="Desk",le="0.005"} 1"#,
        r#"estafeta_rpc_duration_seconds_bucket{code="OK",method="Register",service="Desk",le="30"} 2"#,
        r#"estafeta_rpc_duration_seconds_bucket{code="UNAVAILABLE",method="Register",service="Desk",le="30"} 0"#,
        r#"estafeta_rpc_duration_seconds_count{code="UNAVAILABLE",method="Register",service="Desk"} 1"#,
        r#"estafeta_handover_lag_seconds_count{line="line1",to="line2"} 1"#,
        "# TYPE estafeta_tickets_held gauge",
        r#"estafeta_tickets_held{line="line1",state="OPEN"} 2"#,
        r#"estafeta_outbox_messages{line="line1",state="pending"} 4"#,
        r#"estafeta_outbox_messages{line="line1",state="dead"} 1"#,
        r#"estafeta_outbox_oldest_seconds{line="line1"} 12.5"#,
    ] {
        assert!(text.lines().any(|written| written == line), "{line} is not in\n{text}");
    }
    assert!(text.contains(r#"service_name="test""#), "{text}");
}
