//! A service on a port: gRPC over HTTP/2, and two plain pages for those who watch over it.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use http::{HeaderValue, Method, StatusCode, Version, header::CONTENT_TYPE};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use telemetry::Telemetry;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;
use tonic::body::Body;
use tower::ServiceExt;

use crate::{layer::Response, server::Service};

/// The most bytes of headers taken with a request; a token has at most a quarter of it.
const HEADER_BYTES_MAX: u32 = 16 * 1024;

/// How long a connection may take to say its first word, and an HTTP/1.1 request to end its headers.
const FIRST_WORD: Duration = Duration::from_secs(10);

/// How often a silent connection is asked whether it is still there.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(20);

/// How long it may take to say yes.
const KEEP_ALIVE_PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait after a connection could not be accepted: mostly there are too many open files, and asking again
/// at once would only heat the machine.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// A service that listens. Dropping it cuts everything at once, as a crash would; see [`stop`](Self::stop).
#[derive(Debug)]
#[must_use = "dropping it stops the service at once"]
pub struct Running {
    addr: SocketAddr,
    service: Service,
    connections: TaskTracker,
    accepting: JoinHandle<()>,
}

/// Serves `service` on `listener` until it is stopped: gRPC over HTTP/2, and outside of identity and limits, over
/// HTTP/1.1 or 2, `GET /healthz` (200, or 503 when going down) and `GET /metrics` (Prometheus text, if there is
/// `telemetry`).
pub async fn serve(listener: TcpListener, service: Service, telemetry: Option<Telemetry>) -> Running {
    let addr = listener.local_addr().expect("a bound listener has an address");
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(FIRST_WORD).max_buf_size(HEADER_BYTES_MAX as usize);
    // As many as the gate may let in: what is too much is to be refused, not to wait in a queue nobody sees.
    let streams = service.limits.concurrent.saturating_add(service.limits.streams);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_EVERY)
        .keep_alive_timeout(KEEP_ALIVE_PATIENCE)
        .max_concurrent_streams(u32::try_from(streams).unwrap_or(u32::MAX))
        .max_header_list_size(HEADER_BYTES_MAX);

    let connections = TaskTracker::new();
    let port = Port { service: service.clone(), telemetry, http: Arc::new(http) };
    let accepting = tokio::spawn(accept(listener, port, connections.clone()));
    tracing::info!(service = %service.name(), %addr, "listening");
    Running { addr, service, connections, accepting }
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops: health tells `NOT_SERVING`, nothing new is accepted (in process neither: `OVERLOADED`), streams end,
    /// calls may finish for `patience`, and what is left then is cut. When it returns the port is free.
    pub async fn stop(mut self, patience: Duration) {
        self.service.report(false).await;
        self.service.gate.close(&self.connections, patience).await;
        if let Err(error) = (&mut self.accepting).await {
            tracing::error!(%error, "the task that accepts connections had died");
        }
        tracing::info!(service = %self.service.name(), addr = %self.addr, "stopped");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.service.gate.going_down.cancel();
        self.service.gate.cut.cancel();
    }
}

/// What a connection needs.
#[derive(Clone)]
struct Port {
    service: Service,
    telemetry: Option<Telemetry>,
    http: Arc<auto::Builder<TokioExecutor>>,
}

async fn accept(listener: TcpListener, port: Port, connections: TaskTracker) {
    let going_down = port.service.gate.going_down.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            () = going_down.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => _ = connections.spawn(port.clone().connection(stream)),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
}

impl Port {
    async fn connection(self, stream: TcpStream) {
        let gate = self.service.gate.clone();
        // Small answers must not wait for more to send; without it they come, only later.
        let _ = stream.set_nodelay(true);
        let first_word = async { timeout(FIRST_WORD, stream.readable()).await.is_ok_and(|said| said.is_ok()) };
        let spoke = tokio::select! {
            spoke = first_word => spoke,
            () = gate.going_down.cancelled() => false,
        };
        if !spoke {
            return;
        }

        let http = self.http.clone();
        let handler = service_fn(move |request| self.clone().respond(request));
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), handler));
        let mut told = false;
        loop {
            tokio::select! {
                // A connection that broke is the client's affair; its calls were dropped and counted.
                ended = connection.as_mut() => break tracing::debug!(error = ?ended.err(), "connection closed"),
                () = gate.going_down.cancelled(), if !told => {
                    told = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = gate.cut.cancelled() => break,
            }
        }
    }

    async fn respond(self, request: http::Request<Incoming>) -> Result<Response, Infallible> {
        let is_grpc = request.headers().get(CONTENT_TYPE).is_some_and(is_grpc);
        Ok(match (request.method(), request.uri().path()) {
            (&Method::POST, _) if is_grpc && request.version() == Version::HTTP_2 => {
                let Ok(answer) = self.service.channel.oneshot(request.map(Body::new)).await;
                answer
            }
            (&Method::GET, "/healthz") if self.service.gate.going_down.is_cancelled() => {
                page(StatusCode::SERVICE_UNAVAILABLE, "going down\n".to_owned())
            }
            (&Method::GET, "/healthz") => page(StatusCode::OK, "ok\n".to_owned()),
            (&Method::GET, "/metrics") if let Some(telemetry) = &self.telemetry => {
                page(StatusCode::OK, telemetry.prometheus())
            }
            _ => page(
                StatusCode::NOT_FOUND,
                "this port speaks gRPC over HTTP/2, and has GET /healthz and GET /metrics\n".to_owned(),
            ),
        })
    }
}

/// Whether a content type is gRPC's own, and not that of its relatives for browsers.
fn is_grpc(kind: &HeaderValue) -> bool {
    let rest = kind.as_bytes().strip_prefix(b"application/grpc");
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// A plain page.
fn page(status: StatusCode, text: String) -> Response {
    let mut response = http::Response::new(Body::new(http_body_util::Full::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    response
}
