//! Where every request comes in: limits, identity, the way to its method, and the answer in the caller's own protocol.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use rpc::{Refusal, token::TokenError};
use telemetry::{carry, measure::Meters};
use ticket::{Line, field::Violation};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::{Instrument, Span, field::Empty, info_span};

use crate::{
    Gate, Settings, bind,
    connect::{self, Chosen, Rpc},
    events, json,
    methods::{Found, Method, Methods, field_path},
    problem::Problem,
    upstream::{Messages, Upstreams},
};

/// How long a REST caller is willing to wait, in seconds, with or without a fraction.
pub(crate) const REQUEST_TIMEOUT: &str = "request-timeout";

/// All that requests need.
pub(crate) struct Gateway {
    pub(crate) methods: Methods,
    pub(crate) upstreams: Upstreams,
    pub(crate) settings: Settings,
    pub(crate) gate: Gate,
    /// Room for streams.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) drain: CancellationToken,
    pub(crate) meters: Meters,
}

/// What answers requests. Clones are the same.
#[derive(Clone)]
pub(crate) struct Front {
    gateway: Arc<Gateway>,
    rpc: Rpc,
}

/// Answers one request to a public method, whatever it speaks.
pub(crate) async fn answer(State(front): State<Front>, request: Request) -> Response {
    let span = info_span!(
        "web",
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = %request.method(),
        http.response.status_code = Empty,
        url.path = request.uri().path(),
        rpc.method = Empty,
        ticket = Empty,
    );
    carry::adopt(&span, &carry::received(request.headers()));
    async move {
        let response = front.answer(request).await;
        let span = Span::current();
        span.record("http.response.status_code", response.status().as_u16());
        if response.status().is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
        response
    }
    .instrument(span)
    .await
}

impl Front {
    pub(crate) fn new(gateway: Gateway) -> Self {
        let gateway = Arc::new(gateway);
        Self { rpc: connect::service(gateway.clone()), gateway }
    }

    async fn answer(self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let whole = parts.uri.path().to_owned();
        let (line, path) = match chosen(&whole) {
            Some((name, path)) => (name.parse().map(Some).map_err(|_| Problem::nowhere(&whole)), path.to_owned()),
            None => (Ok(None), whole.clone()),
        };
        // Methods of gRPC have a package in front, and no path of REST has a dot there.
        let is_rpc =
            path.strip_prefix('/').and_then(|path| path.split('/').next()).is_some_and(|first| first.contains('.'));
        let headers = parts.headers.clone();
        let answered = async {
            let line = self.gateway.admit(&parts, line)?;
            if is_rpc {
                self.rpc(parts, &path, line, body).await
            } else {
                self.gateway.rest(&parts, &path, line, body).await
            }
        };
        match answered.await {
            Ok(response) => response,
            Err(problem) if is_rpc => connect::refuse(&problem, &headers).map(Body::new),
            Err(problem) => problem.into_response(&whole),
        }
    }

    async fn rpc(&self, parts: Parts, path: &str, line: Option<Line>, body: Body) -> Result<Response, Problem> {
        let method = self.gateway.methods.at(path).cloned();
        let line =
            method.as_ref().and_then(|method| method.line(line)).filter(|line| self.gateway.upstreams.has(*line));
        let (Some(method), Some(line)) = (method, line) else { return Err(Problem::nowhere(path)) };
        note(&method.path, &method);
        self.gateway.identify(&parts.headers)?;
        let body = self.gateway.read(body).await?;

        let mut request = http::Request::from_parts(parts, http_body_util::Full::new(body));
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        *request.uri_mut() = format!("{path}{query}").parse().map_err(|_| Problem::nowhere(path))?;
        request.extensions_mut().insert(Chosen { line, span: Span::current() });
        match self.rpc.clone().oneshot(request).await {
            Ok(response) => Ok(connect::in_trailers(response).map(Body::new)),
            Err(never) => match never {},
        }
    }
}

impl Gateway {
    /// What is checked before anything is read.
    fn admit(&self, parts: &Parts, line: Result<Option<Line>, Problem>) -> Result<Option<Line>, Problem> {
        let Settings { uri_bytes_max, header_bytes_max, .. } = self.settings;
        if parts.uri.to_string().len() > uri_bytes_max {
            let what = format!("its address has more than {uri_bytes_max} bytes");
            return Err(Problem::unreadable(StatusCode::URI_TOO_LONG, what));
        }
        let bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if bytes > header_bytes_max {
            let what = format!("its headers have more than {header_bytes_max} bytes");
            return Err(Problem::unreadable(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, what));
        }
        if self.drain.is_cancelled() {
            return Err(Refusal::GoingDown.into());
        }
        let line = line?;
        match line.filter(|line| !self.upstreams.has(*line)) {
            Some(_) => Err(Problem::nowhere(parts.uri.path())),
            None => Ok(line),
        }
    }

    async fn rest(&self, parts: &Parts, path: &str, line: Option<Line>, body: Body) -> Result<Response, Problem> {
        let (route, filled) = match self.methods.find(&parts.method, path, line) {
            Found::Route(route, filled) => (route, filled),
            Found::OtherVerbs(allow) => return Err(Problem::wrong_method(&parts.method, path, allow)),
            Found::Nothing => return Err(Problem::nowhere(path)),
        };
        let method = route.method.clone();
        let line = method.line(line).filter(|line| self.upstreams.has(*line)).ok_or_else(|| Problem::nowhere(path))?;
        note(&format!("{} {}", route.verb, route.template.open_api(str::to_owned)), &method);
        self.identify(&parts.headers)?;
        let until = patience(&parts.headers)?.map(|patience| Instant::now() + patience);
        let body = self.read(body).await?;

        let query = parts.uri.query().unwrap_or_default();
        let message = bind::message(route, &filled, query, &parts.headers, &body)?.encode_to_vec().into();
        if method.streams() {
            let (messages, permit) = self.streaming(&method, line, &parts.headers, message, until).await?;
            let heartbeat = self.settings.heartbeat;
            return events::answer(method, messages, &parts.headers, parts.uri.path(), heartbeat, permit).await;
        }
        let answer = self.unary(&method, line, &parts.headers, message, until).await?;
        let text = json::write(&json::decode(&method.descriptor.output(), &answer)?)?;
        Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], text).into_response())
    }

    /// Whether anybody valid is calling. What they may do is for the lines to say.
    fn identify(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = match value.and_then(|value| value.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            Some(_) | None => return Err(Refusal::Unauthenticated(TokenError::Missing).into()),
        };
        let Gate { verifier, clock } = &self.gate;
        verifier.verify(token, clock.now()).map(drop).map_err(|error| Refusal::Unauthenticated(error).into())
    }

    /// The whole body, within the limits of size and time.
    async fn read(&self, body: Body) -> Result<Bytes, Problem> {
        let Settings { body_bytes_max, body_patience, .. } = self.settings;
        let read = timeout(body_patience, Limited::new(body, body_bytes_max).collect()).await.map_err(|_| {
            Problem::unreadable(StatusCode::REQUEST_TIMEOUT, format!("its body did not come within {body_patience:?}"))
        })?;
        match read {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(Problem::unreadable(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("its body has more than {body_bytes_max} bytes"),
            )),
            Err(error) => Err(Problem::unreadable(StatusCode::BAD_REQUEST, format!("its body broke off ({error})"))),
        }
    }

    /// Calls a method with one answer, within what the caller asks for and the settings allow.
    pub(crate) async fn unary(
        &self,
        method: &Method,
        line: Line,
        headers: &HeaderMap,
        message: Bytes,
        until: Option<Instant>,
    ) -> Result<Bytes, Problem> {
        let Settings { patience, patience_max, .. } = self.settings;
        let now = Instant::now();
        let until = until.map_or(now + patience, |until| until.min(now + patience_max));
        let ticket = ticket_of(&method.descriptor.input(), &message, "ticket_id");
        let answered = async { self.upstreams.call(method, line, headers)?.unary(message, until).await };
        let answer = self.counted(method, answered).await?;
        let ticket = ticket.or_else(|| ticket_of(&method.descriptor.output(), &answer, "ticket.facts.ticket_id"));
        if let Some(ticket) = ticket {
            Span::current().record("ticket", ticket);
        }
        Ok(answer)
    }

    /// Calls a method with a stream of answers; the permit is to be held as long as the stream.
    pub(crate) async fn streaming(
        &self,
        method: &Method,
        line: Line,
        headers: &HeaderMap,
        message: Bytes,
        until: Option<Instant>,
    ) -> Result<(Messages, OwnedSemaphorePermit), Problem> {
        let permit = self.streams.clone().try_acquire_owned().map_err(|_| Problem::from(Refusal::Overloaded))?;
        if let Some(ticket) = ticket_of(&method.descriptor.input(), &message, "ticket_id") {
            Span::current().record("ticket", ticket);
        }
        let Settings { patience, .. } = self.settings;
        let begun = async {
            let call = self.upstreams.call(method, line, headers)?;
            call.streaming(message, patience, until, self.drain.clone()).await
        };
        Ok((self.counted(method, begun).await?, permit))
    }

    /// Counts a call that went to a line, and how long its answer took to come, or to begin.
    async fn counted<T>(&self, method: &Method, call: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
        let began = Instant::now();
        let answered = call.await;
        let code = answered.as_ref().map_or_else(Problem::code, |_| "OK");
        let method = method.path.trim_start_matches('/');
        self.meters.rpc_finished("gateway", method, code, began.elapsed().as_secs_f64());
        answered
    }
}

/// The line in front of a path, if there is one, and the path without it.
fn chosen(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/lines/")?;
    let end = rest.find('/')?;
    Some(rest.split_at(end))
}

/// Tells the span what is called.
fn note(name: &str, method: &Method) {
    let span = Span::current();
    carry::rename(&span, name);
    span.record("rpc.method", method.descriptor.full_name());
}

/// How long a REST caller is willing to wait, if the caller says.
fn patience(headers: &HeaderMap) -> Result<Option<Duration>, Problem> {
    let Some(value) = headers.get(REQUEST_TIMEOUT) else { return Ok(None) };
    let seconds = value.to_str().ok().and_then(|text| text.parse::<f64>().ok()).filter(|seconds| *seconds > 0.0);
    // A month is as good as for ever, and fits every clock.
    let patience = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.min(30.0 * 86_400.0)).ok());
    match patience {
        Some(patience) => Ok(Some(patience)),
        None => Err(Refusal::Fields(vec![Violation::new(REQUEST_TIMEOUT, "is no number of seconds above 0")]).into()),
    }
}

/// The ticket that a message speaks of, at `path`; for traces only.
fn ticket_of(of: &MessageDescriptor, message: &Bytes, path: &str) -> Option<String> {
    let path = field_path(of, path)?;
    let message = DynamicMessage::decode(of.clone(), message.clone()).ok()?;
    bind::text_of(&message, &path).filter(|ticket| !ticket.is_empty())
}
