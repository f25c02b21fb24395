//! The web's way to the lines: REST, Connect, gRPC-Web and gRPC on one port, all made from the descriptors of the
//! contracts, with no code per method.
//!
//! A method is public when its proto has a `google.api.http` annotation. Then it can be called
//! - by REST at the annotated path, as JSON: names in lowerCamelCase (both spellings are taken), enums by name, 64-bit
//!   numbers as strings, empty fields written out, unset messages left out; a `request_id` may come as
//!   `Idempotency-Key`, the caller's patience as `Request-Timeout` (seconds);
//! - by Connect, gRPC-Web and gRPC at `/{package}.{Service}/{Method}`;
//! - as server-sent events, or JSON lines for `Accept: application/x-ndjson`, when it streams; `Last-Event-ID` goes on
//!   after what was seen.
//!
//! A service that one line serves goes there. Those that every line serves go to the service desk, or to the line that
//! stands in front of the path: `/lines/technical/v1/tickets`, or `http://gateway/lines/technical` as base address of
//! Connect. Refusals are problem details (RFC 9457) with the reasons of the contracts. `GET /openapi.json` describes the
//! REST side; it, `/healthz` and `/metrics` need no token.
//!
//! **Invariant:** the gateway makes no decisions and keeps nothing. It knows who is calling and passes the token on;
//! what the caller may do, and what happens, is said by the lines.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Router,
    response::IntoResponse,
    routing::{MethodRouter, get},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use prost_reflect::DescriptorPool;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};

mod bind;
mod comments;
mod connect;
mod events;
mod front;
mod json;
mod methods;
mod openapi;
mod problem;
mod schema;
mod serve;
mod strict;
mod template;
mod upstream;

pub use serve::{Running, start};
pub use upstream::Upstreams;

/// How the gateway behaves. [`Settings::default`] is meant for a browser-facing port behind nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Origins whose pages may call, such as `https://desk.example.org`; none by default.
    pub cors_origins: Vec<String>,
    /// The longest body taken, in bytes; 1 MiB.
    pub body_bytes_max: usize,
    /// The longest headers taken, in bytes, names and values together; 16 KiB.
    pub header_bytes_max: usize,
    /// The longest address taken, in bytes; 8 KiB.
    pub uri_bytes_max: usize,
    /// How long a body may take to arrive; 10 s.
    pub body_patience: Duration,
    /// How long a call may take when its caller does not say, and a stream to begin; 30 s.
    pub patience: Duration,
    /// How long a call may take at most, whatever its caller says; 5 min. Streams may last as long as they like.
    pub patience_max: Duration,
    /// How many streams may be open at once; 4,096. One more is refused with `OVERLOADED`.
    pub streams_max: usize,
    /// How often a silent stream of events says that it is still there; 15 s.
    pub heartbeat: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cors_origins: Vec::new(),
            body_bytes_max: 1024 * 1024,
            header_bytes_max: 16 * 1024,
            uri_bytes_max: 8 * 1024,
            body_patience: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            patience_max: Duration::from_secs(5 * 60),
            streams_max: 4096,
            heartbeat: Duration::from_secs(15),
        }
    }
}

/// How the gateway knows that somebody valid is calling.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Whose tokens are believed.
    pub verifier: rpc::Verifier,
    /// Against which tokens expire.
    pub clock: Arc<dyn ticket::Clock>,
}

/// Gives the text of `/metrics`, in the Prometheus format.
#[derive(Clone)]
pub struct Metrics(Arc<dyn Fn() -> String + Send + Sync>);

impl Metrics {
    /// Asks `text` at each call.
    pub fn new(text: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(text))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// Why the gateway cannot start. All but the last two are faults of the contracts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GatewayError {
    /// The descriptors cannot be read.
    #[error("the descriptors of the contracts cannot be used ({0}); build the proto crate anew")]
    Descriptors(String),
    /// A path template does not parse.
    #[error("the path `{template}` of {method} is wrong ({fault}); mend its google.api.http annotation")]
    Template {
        /// The full name of the method.
        method: String,
        /// The template.
        template: String,
        /// What is wrong with it.
        fault: String,
    },
    /// An annotation asks for something that is not done here.
    #[error("{method} asks for {what}, which the gateway does not do; change its google.api.http annotation")]
    Unsupported {
        /// The full name of the method.
        method: String,
        /// What it asks for.
        what: String,
    },
    /// Two methods want the same requests.
    #[error("{first} and {second} both answer {route}; change one of their google.api.http annotations")]
    SameRoute {
        /// The HTTP method and the path, variables as `*`.
        route: String,
        /// The full name of one.
        first: String,
        /// The full name of the other.
        second: String,
    },
    /// A public service belongs to no line.
    #[error("no line serves {service}; move it to the package of a line, or take its google.api.http annotations away")]
    NoLine {
        /// The full name of the service.
        service: String,
    },
    /// A setting is no origin.
    #[error("`{0}` is no origin; write one such as https://desk.example.org")]
    Origin(String),
    /// The listener has no address.
    #[error("the gateway cannot listen ({0})")]
    Listen(String),
}

/// Everything the gateway answers, to be served by [`start`] or inside of something else. Cancelling `drain` ends open
/// streams and refuses new calls with `OVERLOADED`.
///
/// # Errors
/// When the annotations of the contracts are at odds, or an origin is none.
pub fn router(
    upstreams: Upstreams,
    settings: &Settings,
    gate: Gate,
    metrics: Option<Metrics>,
    drain: CancellationToken,
) -> Result<Router, GatewayError> {
    let pool =
        DescriptorPool::decode(proto::DESCRIPTORS).map_err(|error| GatewayError::Descriptors(error.to_string()))?;
    router_of(&pool, upstreams, settings, gate, metrics, drain)
}

/// [`router`] for any contracts.
fn router_of(
    pool: &DescriptorPool,
    upstreams: Upstreams,
    settings: &Settings,
    gate: Gate,
    metrics: Option<Metrics>,
    drain: CancellationToken,
) -> Result<Router, GatewayError> {
    let methods = methods::Methods::of(pool)?;
    let document = openapi::document(pool, &methods).to_string();
    let cors = cors(&settings.cors_origins)?;
    let front = front::Front::new(front::Gateway {
        methods,
        upstreams,
        settings: settings.clone(),
        gate,
        streams: Arc::new(Semaphore::new(settings.streams_max.min(Semaphore::MAX_PERMITS))),
        drain: drain.clone(),
        meters: telemetry::measure::meters(),
    });
    let mut router = Router::new()
        .route(
            "/openapi.json",
            own(get(async move || ([(header::CONTENT_TYPE, "application/json")], document.clone()))),
        )
        .route(
            "/healthz",
            own(get(async move || match drain.is_cancelled() {
                true => (StatusCode::SERVICE_UNAVAILABLE, "going down\n"),
                false => (StatusCode::OK, "ok\n"),
            })),
        );
    if let Some(Metrics(text)) = metrics {
        let kind = "text/plain; version=0.0.4; charset=utf-8";
        router = router.route("/metrics", own(get(async move || ([(header::CONTENT_TYPE, kind)], text()))));
    }
    let router = router.fallback(front::answer).with_state(front);
    Ok(match cors {
        Some(cors) => router.layer(cors),
        None => router,
    })
}

/// A page of the gateway's own: other methods are refused as everywhere.
fn own<S: Clone + Send + Sync + 'static>(page: MethodRouter<S>) -> MethodRouter<S> {
    page.fallback(async |request: axum::extract::Request| {
        let path = request.uri().path();
        problem::Problem::wrong_method(request.method(), path, "GET, HEAD".to_owned())
            .into_response(path)
            .into_response()
    })
}

/// Lets the pages of `origins` call, with what the protocols need beside it; `None` when there are none.
fn cors(origins: &[String]) -> Result<Option<CorsLayer>, GatewayError> {
    if origins.is_empty() {
        return Ok(None);
    }
    let origins = origins
        .iter()
        .map(|origin| {
            let is_origin = origin.parse::<http::Uri>().is_ok_and(|uri| {
                uri.scheme().is_some() && uri.authority().is_some() && uri.path() == "/" && !origin.ends_with('/')
            });
            HeaderValue::from_str(origin).ok().filter(|_| is_origin).ok_or_else(|| GatewayError::Origin(origin.clone()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let names = |names: &[&'static str]| names.iter().copied().map(HeaderName::from_static).collect::<Vec<_>>();
    Ok(Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers(names(&[
                "authorization",
                "content-type",
                "idempotency-key",
                "last-event-id",
                "request-timeout",
                "connect-protocol-version",
                "connect-timeout-ms",
                "grpc-timeout",
                "x-grpc-web",
                "x-user-agent",
                "traceparent",
                "tracestate",
            ]))
            .expose_headers(names(&["retry-after", "grpc-status", "grpc-message", "grpc-status-details-bin"]))
            .max_age(Duration::from_secs(2 * 60 * 60)),
    ))
}

#[cfg(test)]
mod tests;
