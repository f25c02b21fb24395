//! Where spans and metrics go: nowhere, or by OTLP to a collector; metrics always to the Prometheus registry too.

use std::{future, thread};

use opentelemetry::KeyValue;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource, metrics::SdkMeterProvider, resource::TelemetryResourceDetector, trace::SdkTracerProvider,
};
use prometheus::Registry;
use tokio::runtime;

use crate::TelemetryError;

/// How this crate looks at the environment.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What is exported, in the environment's words.
#[derive(Clone, Copy)]
enum Signal {
    Traces,
    Metrics,
}

impl Signal {
    /// As it stands in the names of variables.
    fn word(self) -> &'static str {
        match self {
            Self::Traces => "TRACES",
            Self::Metrics => "METRICS",
        }
    }

    fn unusable(self, endpoint: &str, reason: ExporterBuildError) -> TelemetryError {
        let signal = match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
        };
        TelemetryError::Exporter { signal, endpoint: endpoint.to_owned(), reason }
    }
}

/// The providers that the settings and the environment ask for. Without a collector spans still get ids.
pub(crate) fn providers(
    service_name: &str,
    env: Env<'_>,
    registry: &Registry,
) -> Result<(SdkTracerProvider, SdkMeterProvider), TelemetryError> {
    let resource = resource(service_name, env);
    let traces_to = collector(Signal::Traces, env)?;
    let metrics_to = collector(Signal::Metrics, env)?;

    let exporting = match (&traces_to, &metrics_to) {
        (None, None) => None,
        (Some(_), _) | (_, Some(_)) => Some(export_runtime()?),
    };
    let _connecting = exporting.as_ref().map(runtime::Handle::enter);

    let mut tracers = SdkTracerProvider::builder().with_resource(resource.clone());
    if let Some(endpoint) = &traces_to {
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
        tracers = tracers.with_batch_exporter(exporter.map_err(|e| Signal::Traces.unusable(endpoint, e))?);
    }

    let scraped = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false) // one scope only; it would be on every line
        .build()
        .map_err(TelemetryError::Prometheus)?;
    let mut meters = SdkMeterProvider::builder().with_resource(resource).with_reader(scraped);
    if let Some(endpoint) = &metrics_to {
        let exporter = MetricExporter::builder().with_tonic().with_endpoint(endpoint).build();
        meters = meters.with_periodic_exporter(exporter.map_err(|e| Signal::Metrics.unusable(endpoint, e))?);
    }
    Ok((tracers.build(), meters.build()))
}

/// The collector's address for `signal`; `None` when it is not to be exported.
fn collector(signal: Signal, env: Env<'_>) -> Result<Option<String>, TelemetryError> {
    let word = signal.word();
    let disabled = set(env, "OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let none = set(env, &format!("OTEL_{word}_EXPORTER")).is_some_and(|value| value == "none");
    let endpoint =
        set(env, &format!("OTEL_EXPORTER_OTLP_{word}_ENDPOINT")).or_else(|| set(env, "OTEL_EXPORTER_OTLP_ENDPOINT"));
    if disabled || none || endpoint.is_none() {
        return Ok(None);
    }

    let spoken = [format!("OTEL_EXPORTER_OTLP_{word}_PROTOCOL"), "OTEL_EXPORTER_OTLP_PROTOCOL".to_owned()]
        .into_iter()
        .find_map(|variable| set(env, &variable).map(|protocol| (variable, protocol)));
    match spoken {
        Some((variable, protocol)) if protocol != "grpc" => Err(TelemetryError::Protocol { variable, protocol }),
        Some(_) | None => Ok(endpoint),
    }
}

/// Who is speaking: our own name and version, then what the environment adds or says better.
fn resource(service_name: &str, env: Env<'_>) -> Resource {
    let attributes = set(env, "OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let attributes = attributes.split(',').filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some(KeyValue::new(key.trim().to_owned(), value.trim().to_owned()))
    });
    let mut resource = Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_service_name(service_name.to_owned())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(attributes);
    if let Some(name) = set(env, "OTEL_SERVICE_NAME") {
        resource = resource.with_service_name(name);
    }
    resource.build()
}

/// A runtime of its own for the connections to the collector, on one thread, for the life of the process: it outlives
/// the runtime of whoever called `start`, and a busy service does not hold its export up.
fn export_runtime() -> Result<runtime::Handle, TelemetryError> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(TelemetryError::Thread)?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("telemetry-export".to_owned())
        .spawn(move || runtime.block_on(future::pending::<()>()))
        .map_err(TelemetryError::Thread)?;
    Ok(handle)
}

/// The standard says that an empty variable is an unset one.
fn set(env: Env<'_>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span, Tracer, TracerProvider};

    use super::*;

    fn env_of(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    fn collectors(pairs: &'static [(&'static str, &'static str)]) -> (Option<String>, Option<String>) {
        let env = env_of(pairs);
        let of = |signal| collector(signal, &env).expect("a usable environment");
        (of(Signal::Traces), of(Signal::Metrics))
    }

    #[test]
    fn nothing_is_exported_unless_a_collector_is_named() {
        let some = |address: &str| Some(address.to_owned());
        assert_eq!(collectors(&[]), (None, None));
        assert_eq!(collectors(&[(ALL, "")]), (None, None));
        assert_eq!(collectors(&[(ALL, "http://a:1")]), (some("http://a:1"), some("http://a:1")));
        assert_eq!(collectors(&[(TRACES, "http://b:2")]), (some("http://b:2"), None));
        assert_eq!(collectors(&[(ALL, "http://a:1"), (TRACES, "http://b:2")]).0, some("http://b:2"));
        assert_eq!(collectors(&[(ALL, "http://a:1"), ("OTEL_SDK_DISABLED", "TRUE")]), (None, None));
        assert_eq!(collectors(&[(ALL, "http://a:1"), ("OTEL_METRICS_EXPORTER", "none")]).1, None);
    }

    #[test]
    fn spans_have_ids_without_a_collector() {
        for env in [&[][..], &[(ALL, "http://a:1"), ("OTEL_SDK_DISABLED", "true")]] {
            let (tracers, _) = providers("line1", &env_of(env), &Registry::new()).expect("usable");
            let span = tracers.tracer("test").start("request");
            assert!(span.span_context().is_valid() && span.span_context().is_sampled());
        }
    }

    #[test]
    fn another_transport_than_grpc_is_refused_by_name() {
        let env = env_of(&[(ALL, "http://a:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]);
        let refused = collector(Signal::Traces, &env).expect_err("http is not built in").to_string();
        assert!(refused.starts_with("OTEL_EXPORTER_OTLP_PROTOCOL asks for `http/protobuf`"), "{refused}");
    }

    #[test]
    fn an_unusable_address_is_refused_at_start() {
        let env = env_of(&[(TRACES, "https://collector:4317")]);
        let refused = providers("line1", &env, &Registry::new()).expect_err("there is no tls").to_string();
        assert!(refused.starts_with("cannot export traces to `https://collector:4317`"), "{refused}");
    }

    #[test]
    fn the_environment_names_the_service_better_than_we_do() {
        let name = |env: Env<'_>| {
            resource("line1", env).get(&"service.name".into()).expect("a service has a name").to_string()
        };
        assert_eq!(name(&env_of(&[])), "line1");
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=desk, deployment.environment.name=test,broken");
        let by_attributes = |key: &str| (key == attributes.0).then(|| attributes.1.to_owned());
        assert_eq!(name(&by_attributes), "desk");
        let stage = resource("line1", &by_attributes).get(&"deployment.environment.name".into());
        assert_eq!(stage.expect("set by the environment").to_string(), "test");
        let by_both = |key: &str| if key == "OTEL_SERVICE_NAME" { Some("front".into()) } else { by_attributes(key) };
        assert_eq!(name(&by_both), "front");
    }
}
