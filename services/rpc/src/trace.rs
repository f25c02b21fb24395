//! What a call leaves behind: a span on each side, and a figure.

use std::sync::Arc;

use http_body::Body as _;
use telemetry::{carry, measure::Meters};
use tokio::time::Instant;
use tonic::Code;
use tracing::{Instrument, Span, field::Empty, info_span};

use crate::{
    about,
    access::{AccessTable, split},
    code::code_name,
    identity::ServiceName,
    layer::{self, Inner, Request, Response, Step, answer, rebody},
};

/// Something that wants to know how a call ended; told once, or dropped when nobody waited for the end.
trait Ending: Send + 'static {
    fn ended(&mut self, code: Code);
}

/// Tells `ending` the code of the answer when it is over, polling it inside of `span`.
fn watched(response: Response, span: Span, mut ending: impl Ending) -> Response {
    if let Some(code) = layer::code(response.headers()) {
        ending.ended(code);
        return response;
    }
    rebody(response, move |body, cx| {
        let polled = span.in_scope(|| body.poll_frame(cx));
        if let std::task::Poll::Ready(polled) = &polled {
            match polled {
                Some(Ok(frame)) => {
                    if let Some(code) = frame.trailers_ref().and_then(layer::code) {
                        ending.ended(code);
                    }
                }
                Some(Err(status)) => ending.ended(status.code()),
                None => {}
            }
        }
        polled
    })
}

/// Opens the span of a call that came in, in its caller's trace.
#[derive(Clone)]
pub(crate) struct TraceIncoming {
    pub(crate) service: ServiceName,
}

impl Step for TraceIncoming {
    async fn run<S: Inner>(self, request: Request, inner: S) -> Response {
        let (service, method) = split(request.uri().path());
        let span = info_span!(
            "rpc",
            otel.kind = "server",
            otel.name = request.uri().path(),
            rpc.system = "grpc",
            rpc.service = service,
            rpc.method = method,
            estafeta.service = self.service.name(),
            ticket = Empty,
            rpc.grpc.status_code = Empty,
            otel.status_code = Empty,
        );
        carry::adopt(&span, &carry::received(request.headers()));
        if let Some(ticket) = about::told(request.headers()) {
            span.record("ticket", tracing::field::display(ticket));
        }
        let response = answer(inner, request).instrument(span.clone()).await;
        watched(response, span.clone(), Noted { span, is_fault: is_fault_of_server })
    }
}

/// Opens the span of a call that goes out, and tells the service called where it stands.
#[derive(Clone)]
pub(crate) struct TraceOutgoing {
    pub(crate) peer: Arc<str>,
}

impl Step for TraceOutgoing {
    async fn run<S: Inner>(self, mut request: Request, inner: S) -> Response {
        let (service, method) = split(request.uri().path());
        let span = info_span!(
            "rpc.client",
            otel.kind = "client",
            otel.name = request.uri().path(),
            rpc.system = "grpc",
            rpc.service = service,
            rpc.method = method,
            peer.service = &*self.peer,
            ticket = Empty,
            rpc.grpc.status_code = Empty,
            otel.status_code = Empty,
        );
        span.in_scope(|| carry::inject(request.headers_mut()));
        if let Some(ticket) = about::tell(request.headers_mut()) {
            span.record("ticket", tracing::field::display(ticket));
        }
        let response = answer(inner, request).instrument(span.clone()).await;
        watched(response, span.clone(), Noted { span, is_fault: |code| code != Code::Ok })
    }
}

/// Writes the end of a call on its span.
struct Noted {
    span: Span,
    is_fault: fn(Code) -> bool,
}

impl Ending for Noted {
    fn ended(&mut self, code: Code) {
        self.span.record("rpc.grpc.status_code", code as i32);
        if (self.is_fault)(code) {
            self.span.record("otel.status_code", "ERROR");
        }
    }
}

/// Whether the service, and not its caller, is to blame; as the conventions of OpenTelemetry sort the codes.
fn is_fault_of_server(code: Code) -> bool {
    match code {
        Code::Unknown
        | Code::DeadlineExceeded
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => true,
        Code::Ok
        | Code::Cancelled
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unauthenticated => false,
    }
}

/// Counts calls and how long they took.
#[derive(Clone)]
pub(crate) struct Measure {
    pub(crate) meters: Meters,
}

impl Step for Measure {
    async fn run<S: Inner>(self, request: Request, inner: S) -> Response {
        let path = request.uri().path();
        // Only names of ours: each new one would be a new series for ever.
        let path = if AccessTable::contracts().knows(path) { path.to_owned() } else { "/unknown/unknown".to_owned() };
        let tally = Tally { meters: self.meters, path, began: Instant::now(), code: Code::Cancelled };
        let response = answer(inner, request).await;
        watched(response, Span::none(), tally)
    }
}

/// A call that is being counted; dropped before its end, it counts as cancelled.
struct Tally {
    meters: Meters,
    path: String,
    began: Instant,
    code: Code,
}

impl Ending for Tally {
    fn ended(&mut self, code: Code) {
        self.code = code;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let (service, method) = split(&self.path);
        self.meters.rpc_finished(service, method, code_name(self.code), self.began.elapsed().as_secs_f64());
    }
}
