//! A real OTLP collector in the process: what telemetry sends arrives here by gRPC.
//!
//! A process has one telemetry, so the tests of this binary share it and the collector; each looks for its own trace
//! or ticket. The collector runs on a thread of its own, because it outlives the runtime of each test.

use std::sync::{Arc, Mutex, OnceLock};

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::Span;
use telemetry::{LogFormat, Settings, Telemetry};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// Keeps what it is given.
#[derive(Clone, Default)]
pub(crate) struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    metrics: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    /// Every span that has arrived.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.spans.lock().expect("no export panicked").clone()
    }

    /// The names of the metrics that have arrived.
    pub(crate) fn metrics(&self) -> Vec<String> {
        self.metrics.lock().expect("no export panicked").clone()
    }
}

/// The telemetry of this process and where it goes.
pub(crate) fn observed() -> &'static (Telemetry, Collector) {
    static OBSERVED: OnceLock<(Telemetry, Collector)> = OnceLock::new();
    OBSERVED.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let collector = Collector::default();
        let serving = collector.clone();
        std::thread::spawn(move || collect(listener, serving));
        let settings = Settings {
            service_name: "estafeta".to_owned(),
            log_format: LogFormat::Json,
            log_filter: "off".to_owned(), // what is traced does not depend on it
        };
        let env = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| format!("http://{address}"));
        (telemetry::start(&settings, &env).expect("usable settings"), collector)
    })
}

fn collect(listener: std::net::TcpListener, collector: Collector) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a listener can be asked not to block");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener of tokio");
        let server = Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector));
        server.serve_with_incoming(TcpListenerStream::new(listener)).await.expect("the collector serves to the end");
    });
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let processes = request.into_inner().resource_spans;
        let spans = processes.into_iter().flat_map(|process| process.scope_spans).flat_map(|scope| scope.spans);
        self.spans.lock().expect("no export panicked").extend(spans);
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let processes = request.into_inner().resource_metrics;
        let metrics = processes.into_iter().flat_map(|process| process.scope_metrics).flat_map(|scope| scope.metrics);
        self.metrics.lock().expect("no export panicked").extend(metrics.map(|metric| metric.name));
        Ok(Response::new(Default::default()))
    }
}
