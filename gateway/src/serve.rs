//! The gateway on a port: HTTP/1.1 and HTTP/2, drained when it stops.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
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
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{Gate, GatewayError, Metrics, Settings, Upstreams, router};

/// How long a connection may take to say its first word, and a request to end its headers.
const FIRST_WORD: Duration = Duration::from_secs(10);

/// How often a silent HTTP/2 connection is asked whether it is still there.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(20);

/// How long it may take to say yes.
const KEEP_ALIVE_PATIENCE: Duration = Duration::from_secs(10);

/// How many calls one HTTP/2 connection may have open at once.
const CALLS_OF_A_CONNECTION_MAX: u32 = 256;

/// How long to wait after a connection could not be accepted: mostly there are too many open files.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// How much more a connection takes than a request may have, so that what is too much is refused with a reason.
const SLACK: usize = 4;

/// A gateway that listens. Dropping it cuts everything at once; see [`stop`](Self::stop).
#[derive(Debug)]
#[must_use = "dropping it stops the gateway at once"]
pub struct Running {
    addr: SocketAddr,
    drain: CancellationToken,
    cut: CancellationToken,
    connections: TaskTracker,
    accepting: JoinHandle<()>,
}

/// Serves the gateway on `listener` until it is stopped, with `/metrics` when there is `telemetry`. Must be called
/// inside of a Tokio runtime.
///
/// # Errors
/// Those of [`router`], and when the listener has no address.
pub fn start(
    listener: TcpListener,
    upstreams: Upstreams,
    settings: &Settings,
    gate: Gate,
    telemetry: Option<Telemetry>,
) -> Result<Running, GatewayError> {
    let addr = listener.local_addr().map_err(|error| GatewayError::Listen(error.to_string()))?;
    let (drain, cut) = (CancellationToken::new(), CancellationToken::new());
    let metrics = telemetry.map(|telemetry| Metrics::new(move || telemetry.prometheus()));
    let router = router(upstreams, settings, gate, metrics, drain.clone())?;

    let room = settings.header_bytes_max.saturating_mul(SLACK).saturating_add(settings.uri_bytes_max).max(16 * 1024);
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(FIRST_WORD).max_buf_size(room);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_EVERY)
        .keep_alive_timeout(KEEP_ALIVE_PATIENCE)
        .max_concurrent_streams(CALLS_OF_A_CONNECTION_MAX)
        .max_header_list_size(u32::try_from(room).unwrap_or(u32::MAX));

    let connections = TaskTracker::new();
    let port = Port { router, http: Arc::new(http), drain: drain.clone(), cut: cut.clone() };
    let accepting = tokio::spawn(accept(listener, port, connections.clone()));
    tracing::info!(service = "gateway", %addr, "listening");
    Ok(Running { addr, drain, cut, connections, accepting })
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops: `/healthz` tells it, nothing new is accepted, streams end, calls may finish for `patience`, and what is
    /// left then is cut. When it returns the port is free.
    pub async fn stop(mut self, patience: Duration) {
        self.drain.cancel();
        if let Err(error) = (&mut self.accepting).await {
            tracing::error!(%error, "the task that accepts connections had died");
        }
        self.connections.close();
        if timeout(patience, self.connections.wait()).await.is_err() {
            tracing::warn!(left = self.connections.len(), "cutting connections that did not end in time");
            self.cut.cancel();
            self.connections.wait().await;
        }
        tracing::info!(service = "gateway", addr = %self.addr, "stopped");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.drain.cancel();
        self.cut.cancel();
    }
}

/// What a connection needs.
#[derive(Clone)]
struct Port {
    router: Router,
    http: Arc<auto::Builder<TokioExecutor>>,
    drain: CancellationToken,
    cut: CancellationToken,
}

async fn accept(listener: TcpListener, port: Port, connections: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = port.drain.cancelled() => return,
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
        // Events must not wait for more to send; without it they come, only later.
        let _ = stream.set_nodelay(true);
        let first_word = async { timeout(FIRST_WORD, stream.readable()).await.is_ok_and(|said| said.is_ok()) };
        let spoke = tokio::select! {
            spoke = first_word => spoke,
            () = self.drain.cancelled() => false,
        };
        if !spoke {
            return;
        }
        let router = self.router.clone();
        let handler =
            service_fn(move |request: hyper::Request<Incoming>| router.clone().oneshot(request.map(Body::new)));
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(stream), handler));
        let mut told = false;
        loop {
            tokio::select! {
                // A connection that broke is the client's affair.
                ended = connection.as_mut() => break tracing::debug!(error = ?ended.err(), "connection closed"),
                () = self.drain.cancelled(), if !told => {
                    told = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = self.cut.cancelled() => break,
            }
        }
    }
}
