//! Telemetry that nobody takes.

use std::net::TcpListener;

use estafeta::Config;
use telemetry::{LogFormat, Settings};
use tests::{Databases, Stage};
use tokio::time::timeout;

use crate::browser::{PATIENCE, get, register};

#[tokio::test]
async fn requests_are_answered_and_the_suite_stops_while_the_collector_is_away() {
    for databases in Databases::all() {
        let gone = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let settings = Settings {
            service_name: "estafeta".to_owned(),
            log_format: LogFormat::Human,
            log_filter: "off".to_owned(),
        };
        let env = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| format!("http://{gone}"));
        let telemetry = telemetry::start(&settings, &env).expect("an address is not asked whether anyone is there");
        let traced = |config: Config| Config { telemetry: Some(telemetry), ..config.listening() };
        let stage = Stage::with(databases, plan::DEMO, traced).await;
        let client = stage.people().client("client-17");
        let work = async {
            for _ in 0..10 {
                let ticket = register(&stage, &client).await;
                get(&stage, &client, &format!("/v1/cases/{ticket}")).await;
            }
        };
        timeout(PATIENCE, work).await.expect("no request waits for a collector");
        timeout(2 * PATIENCE, stage.suite.stop(PATIENCE)).await.expect("nor does the end");
    }
}
