//! What every process of the suite tells about itself: logs, traces and metrics.
//!
//! [`start`] installs them once for the process; [`carry`] takes the trace from one process to the next (or through
//! an outbox); [`measure`] holds the figures; [`log`] writes the lines.
//!
//! **Invariant:** this crate knows no other crate of the workspace, serves nothing, and hides no secrets: what must
//! not be logged must not be handed to `tracing`.
//!
//! # Environment
//!
//! Spans and metrics leave the process by OTLP over gRPC when a collector is named, and not otherwise. Read through
//! the `env` argument of [`start`]; an empty value counts as unset:
//!
//! | variable | meaning |
//! |---|---|
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` | the collector for both, for instance `http://localhost:4317`; there is no TLS |
//! | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` | the collector for one, instead |
//! | `OTEL_EXPORTER_OTLP_PROTOCOL` and its `_TRACES_`, `_METRICS_` forms | `grpc` or nothing |
//! | `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER` | `none` switches one off |
//! | `OTEL_SDK_DISABLED` | `true` switches both off |
//! | `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` | who is speaking; they win over [`Settings::service_name`] |
//!
//! The SDK itself reads from the environment of the process: `OTEL_TRACES_SAMPLER` and its `_ARG`, `OTEL_BSP_*`,
//! `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_EXPORTER_OTLP_HEADERS`, `_TIMEOUT` and `_COMPRESSION` (`gzip`).
//!
//! In every configuration spans have ids, the ids are in the logs, and they travel.

pub mod carry;
pub mod log;
pub mod measure;

mod export;

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_sdk::{metrics::SdkMeterProvider, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use prometheus::{Registry, TextEncoder};
use thiserror::Error;
use tokio::sync::oneshot;
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt};

pub use log::LogFormat;

/// The name under which this suite's spans and metrics are recorded (the instrumentation scope).
const SCOPE: &str = "estafeta";

/// How a process names itself and how it logs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `service.name` of every span and metric, unless the environment says otherwise.
    pub service_name: String,
    /// The shape of a log line.
    pub log_format: LogFormat,
    /// Which events are logged: directives such as `info` or `info,rpc=debug,sqlx=off`. Traces do not depend on it.
    pub log_filter: String,
}

/// Why telemetry could not start. Nothing here happens later: once started, a failing export is only logged.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// [`Settings::log_filter`] does not parse.
    #[error("log filter `{filter}` is not valid ({reason}); write directives such as `info,rpc=debug`")]
    LogFilter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        reason: tracing_subscriber::filter::ParseError,
    },
    /// Another OTLP transport than gRPC is asked for.
    #[error(
        "{variable} asks for `{protocol}`, but this process speaks only `grpc`; unset it and use the collector's gRPC port"
    )]
    Protocol {
        /// The variable that asks.
        variable: String,
        /// What it asks for.
        protocol: String,
    },
    /// The collector's address or another OTLP setting cannot be used.
    #[error(
        "cannot export {signal} to `{endpoint}` ({reason}); give a collector's gRPC address such as http://localhost:4317"
    )]
    Exporter {
        /// `traces` or `metrics`.
        signal: &'static str,
        /// The address from the environment.
        endpoint: String,
        /// What is wrong with it.
        reason: opentelemetry_otlp::ExporterBuildError,
    },
    /// The operating system refused the thread that exports.
    #[error("cannot start the thread that exports telemetry ({0})")]
    Thread(io::Error),
    /// The Prometheus text cannot be set up.
    #[error("cannot set up metrics for Prometheus ({0})")]
    Prometheus(opentelemetry_sdk::error::OTelSdkError),
    /// Something else in this process installed a subscriber or logger of its own before.
    #[error("logging is already taken by something else in this process ({0}); start telemetry first")]
    Taken(tracing_subscriber::util::TryInitError),
}

/// The telemetry of this process. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Telemetry(Arc<Installed>);

struct Installed {
    registry: Registry,
    tracers: SdkTracerProvider,
    meter_provider: SdkMeterProvider,
    meters: measure::Meters,
}

/// The one telemetry of this process; never dropped, because the global subscriber cannot be taken back.
static INSTALLED: Mutex<Option<Telemetry>> = Mutex::new(None);

fn installed() -> MutexGuard<'static, Option<Telemetry>> {
    INSTALLED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the global subscriber, propagator, tracer and meter providers, and returns the handle to them.
///
/// The first call decides for the process: a later one ignores its arguments and returns the same telemetry, so that
/// several suites, or several tests, may start in one process. Needs no runtime; logs go to standard error.
///
/// Exporting happens on threads of its own, in batches, and drops what does not fit while the collector is away; no
/// request waits for it or fails by it.
///
/// # Errors
/// When the settings or the environment cannot be used; nothing is installed then.
pub fn start(settings: &Settings, env: &dyn Fn(&str) -> Option<String>) -> Result<Telemetry, TelemetryError> {
    let mut installed = installed();
    if let Some(first) = installed.as_ref() {
        return Ok(first.clone());
    }

    let filter = EnvFilter::builder()
        .parse(&settings.log_filter)
        .map_err(|reason| TelemetryError::LogFilter { filter: settings.log_filter.clone(), reason })?;
    let registry = Registry::new();
    let (tracers, meter_provider) = export::providers(&settings.service_name, env, &registry)?;

    log::subscriber(settings.log_format, filter, io::stderr, tracers.tracer(SCOPE))
        .try_init()
        .map_err(TelemetryError::Taken)?;
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(tracers.clone());
    global::set_meter_provider(meter_provider.clone());

    let meters = measure::Meters::over(&global::meter(SCOPE));
    let telemetry = Telemetry(Arc::new(Installed { registry, tracers, meter_provider, meters }));
    *installed = Some(telemetry.clone());
    Ok(telemetry)
}

impl Telemetry {
    /// Everything measured so far, in the Prometheus text format 0.0.4 (`text/plain; version=0.0.4`).
    pub fn prometheus(&self) -> String {
        TextEncoder::new().encode_to_string(&self.0.registry.gather()).unwrap_or_else(|error| {
            tracing::error!(%error, "metrics cannot be written as Prometheus text");
            String::new()
        })
    }

    /// Exports every span that has ended and every metric so far, and returns when the collector has them, or when
    /// the exporters gave up (`OTEL_EXPORTER_OTLP_TIMEOUT`, 10 s by default). Failures are logged, not returned.
    pub async fn flush(&self) {
        let Installed { tracers, meter_provider, .. } = &*self.0;
        let (tracers, meter_provider) = (tracers.clone(), meter_provider.clone());
        let (done, flushed) = oneshot::channel();
        // A plain thread: flushing blocks, and a runtime would wait for a blocking task of its own before it ends.
        let flusher = thread::Builder::new().name("telemetry-flush".to_owned()).spawn(move || {
            // The SDK has logged what failed.
            let _ = tracers.force_flush();
            let _ = meter_provider.force_flush();
            let _ = done.send(());
        });
        match flusher {
            Ok(_) => _ = flushed.await,
            Err(error) => tracing::error!(%error, "telemetry not flushed: no thread to do it"),
        }
    }

    /// Flushes, for at most `patience`; without it the last spans are lost. Called last, when all requests are done,
    /// inside a Tokio runtime.
    ///
    /// It only flushes: other suites in this process go on measuring.
    pub async fn shutdown(self, patience: Duration) {
        if tokio::time::timeout(patience, self.flush()).await.is_err() {
            tracing::warn!(
                ?patience,
                "the last spans and metrics may be lost: the collector did not take them in time"
            );
        }
    }
}
