//! With a real OTLP collector in the process: what it receives.

use std::time::Duration;

use opentelemetry_proto::tonic::{
    collector::{
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use telemetry::{LogFormat, Settings, carry, measure};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};
use tracing::{Instrument, info, info_span};

/// A collector that passes on what it is given.
#[derive(Clone)]
struct Collector {
    traces: mpsc::UnboundedSender<ExportTraceServiceRequest>,
    metrics: mpsc::UnboundedSender<ExportMetricsServiceRequest>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.traces.send(request.into_inner()).expect("the test is listening");
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.metrics.send(request.into_inner()).expect("the test is listening");
        Ok(Response::new(Default::default()))
    }
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        other => panic!("{key} is no text: {other:?}"),
    }
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span {name} among {spans:?}"))
}

#[tokio::test]
async fn a_flush_brings_spans_and_metrics_to_the_collector() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (traces, mut traces_received) = mpsc::unbounded_channel();
    let (metrics, mut metrics_received) = mpsc::unbounded_channel();
    let collector = Collector { traces, metrics };
    tokio::spawn(
        Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector))
            .serve_with_incoming(TcpListenerStream::new(listener)),
    );

    let settings = Settings {
        service_name: "line1-service-desk".to_owned(),
        log_format: LogFormat::Json,
        log_filter: "error".to_owned(), // what is traced does not depend on it
    };
    let env = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| format!("http://{address}"));
    let telemetry = telemetry::start(&settings, &env).expect("usable settings");

    // A request comes in, does a step, and later work on the same ticket links back to it.
    let inbound = carry::TraceContext {
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
        tracestate: String::new(),
    };
    let request = info_span!("request", otel.kind = "server", ticket = "tk_01");
    carry::adopt(&request, &inbound);
    let work = async {
        info!(outcome = "kept", "step begins");
        tokio::task::yield_now().instrument(info_span!("step")).await;
        carry::TraceContext::current()
    };
    let place = work.instrument(request).await;
    let later = info_span!("later");
    carry::link(&later, &place);
    drop(later);
    measure::meters().rpc_finished("ServiceDesk", "Register", "OK", 0.004);
    telemetry.flush().await;

    let received = traces_received.try_recv().expect("the flush returned, so the collector has them");
    let [of_process] = &received.resource_spans[..] else { panic!("one process: {received:?}") };
    let resource = &of_process.resource.as_ref().expect("a resource").attributes;
    assert_eq!(text(resource, "service.name"), Some("line1-service-desk"));
    let spans = of_process.scope_spans.iter().flat_map(|scope| scope.spans.clone()).collect::<Vec<_>>();
    let (request, step, later) = (named(&spans, "request"), named(&spans, "step"), named(&spans, "later"));

    assert_eq!(request.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes());
    assert_eq!(request.parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
    assert_eq!(text(&request.attributes, "ticket"), Some("tk_01"));
    assert_eq!(request.events.iter().map(|event| &*event.name).collect::<Vec<_>>(), ["step begins"]);
    assert_eq!((&step.trace_id, &step.parent_span_id), (&request.trace_id, &request.span_id));
    assert_ne!(later.trace_id, request.trace_id);
    let [link] = &later.links[..] else { panic!("one link: {later:?}") };
    assert_eq!((&link.trace_id, &link.span_id), (&request.trace_id, &request.span_id));

    let received = metrics_received.try_recv().expect("metrics are flushed too");
    let scopes = received.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let names = scopes.flat_map(|scope| &scope.metrics).map(|metric| &*metric.name).collect::<Vec<_>>();
    assert_eq!(names, ["estafeta.rpc.requests", "estafeta.rpc.duration"]);

    // The last flush of the process, within its time; and nothing is sent twice.
    info_span!("last").in_scope(|| ());
    telemetry.shutdown(Duration::from_secs(60)).await;
    let received = traces_received.try_recv().expect("the last span is not lost");
    let last = received.resource_spans.iter().flat_map(|process| &process.scope_spans).flat_map(|scope| &scope.spans);
    assert_eq!(last.map(|span| &*span.name).collect::<Vec<_>>(), ["last"]);
}
