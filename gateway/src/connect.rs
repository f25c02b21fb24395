//! Connect, gRPC-Web and gRPC in front of the lines, for every public method alike. The one file that knows
//! `connectrpc`.

use std::sync::Arc;

use bytes::Bytes;
use connectrpc::{
    CodecFormat, ConnectError, ConnectRpcBody, ConnectRpcService, Dispatcher, EncodedResponse, ErrorCode, ErrorDetail,
    Limits, MethodDescriptor, MethodKind, Payload, RequestContext, Response,
    dispatcher::{RequestStream, StreamingResult, UnaryResult, unimplemented_streaming, unimplemented_unary},
};
use futures::{FutureExt, StreamExt};
use http::{HeaderMap, StatusCode};
use prost::Message as _;
use prost_reflect::MessageDescriptor as MessageKind;
use ticket::Line;
use tokio::time::Instant;
use tonic::metadata::{Binary, MetadataValue};
use tracing::{Instrument, Span};

use crate::{front::Gateway, json, methods::Method, problem::Problem};

/// Where a call goes and the span that it belongs to; travels in the request's extensions.
#[derive(Clone)]
pub(crate) struct Chosen {
    pub(crate) line: Line,
    pub(crate) span: Span,
}

/// The service that speaks the three protocols. Clones are the same.
pub(crate) type Rpc = ConnectRpcService<Lines>;

/// Makes it.
pub(crate) fn service(gateway: Arc<Gateway>) -> Rpc {
    let most = gateway.settings.body_bytes_max;
    let limits = Limits::default().with_max_request_body_size(most).with_max_message_size(most);
    ConnectRpcService::new(Lines(gateway)).with_limits(limits)
}

/// The refusal in the protocol that `request` speaks.
pub(crate) fn refuse(problem: &Problem, request: &HeaderMap) -> http::Response<ConnectRpcBody> {
    in_trailers(error(problem).with_http_status(problem.http()).into_http_response(request))
}

/// The library writes the status of a gRPC error into the headers and again, there with its details, into the
/// trailers. A client that finds one in the headers looks no further; so it stays in the trailers alone.
pub(crate) fn in_trailers(mut response: http::Response<ConnectRpcBody>) -> http::Response<ConnectRpcBody> {
    for name in ["grpc-status", "grpc-message"] {
        response.headers_mut().remove(name);
    }
    response
}

/// Passes calls on to the lines.
pub(crate) struct Lines(Arc<Gateway>);

impl Lines {
    fn method(&self, path: &str) -> Option<&Arc<Method>> {
        self.0.methods.at(&format!("/{path}"))
    }
}

impl Dispatcher for Lines {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        let method = self.method(path)?;
        Some(if method.streams() {
            MethodDescriptor::from_kind(MethodKind::ServerStreaming)
        } else {
            // What GET may do in REST it may do here.
            MethodDescriptor::unary(method.reads)
        })
    }

    fn call_unary(&self, path: &str, context: RequestContext, request: Payload, format: CodecFormat) -> UnaryResult {
        let Some(method) = self.method(path).cloned() else { return unimplemented_unary(path) };
        let gateway = self.0.clone();
        let until = context.deadline().map(Instant::from_std);
        let span = span(&context);
        async move {
            let answer = async {
                let message = decoded(&method.descriptor.input(), request.bytes().clone(), format)?;
                let line = chosen(&context)?.line;
                let answer = gateway.unary(&method, line, context.headers(), message, until).await?;
                encoded(&method.descriptor.output(), answer, format)
            };
            answer.await.map(|answer| EncodedResponse::new(answer.into())).map_err(|problem| error(&problem))
        }
        .instrument(span)
        .boxed()
    }

    fn call_server_streaming(
        &self,
        path: &str,
        context: RequestContext,
        request: Bytes,
        format: CodecFormat,
    ) -> StreamingResult {
        let Some(method) = self.method(path).cloned() else { return unimplemented_streaming(path) };
        let gateway = self.0.clone();
        let until = context.deadline().map(Instant::from_std);
        let span = span(&context);
        async move {
            let begun = async {
                let message = decoded(&method.descriptor.input(), request, format)?;
                let line = chosen(&context)?.line;
                gateway.streaming(&method, line, context.headers(), message, until).await
            };
            let (messages, permit) = begun.await.map_err(|problem| error(&problem))?;
            let output = method.descriptor.output();
            Ok(Response::stream(messages.map(move |message| {
                let _ = &permit;
                let message = message.and_then(|message| encoded(&output, message, format));
                message.map(Into::into).map_err(|problem| error(&problem))
            })))
        }
        .instrument(span)
        .boxed()
    }

    // No public method takes a stream; the routes refuse such.
    fn call_client_streaming(&self, path: &str, _: RequestContext, _: RequestStream, _: CodecFormat) -> UnaryResult {
        unimplemented_unary(path)
    }

    fn call_bidi_streaming(&self, path: &str, _: RequestContext, _: RequestStream, _: CodecFormat) -> StreamingResult {
        unimplemented_streaming(path)
    }
}

fn chosen(context: &RequestContext) -> Result<&Chosen, Problem> {
    context.extensions().get().ok_or_else(|| Problem::internal("a call came past the front"))
}

/// The span of the request: the library may have opened one of its own around us.
fn span(context: &RequestContext) -> Span {
    context.extensions().get::<Chosen>().map_or_else(Span::current, |chosen| chosen.span.clone())
}

/// A request as gRPC carries it.
fn decoded(of: &MessageKind, request: Bytes, format: CodecFormat) -> Result<Bytes, Problem> {
    match format {
        CodecFormat::Proto => Ok(request),
        CodecFormat::Json if request.is_empty() => Ok(request),
        CodecFormat::Json => Ok(json::read(of, &request)?.encode_to_vec().into()),
        _ => Err(other(format)),
    }
}

/// An answer as the caller wants it.
fn encoded(of: &MessageKind, answer: Bytes, format: CodecFormat) -> Result<Bytes, Problem> {
    match format {
        CodecFormat::Proto => Ok(answer),
        CodecFormat::Json => Ok(json::write(&json::decode(of, &answer)?)?.into()),
        _ => Err(other(format)),
    }
}

/// A format that the library learned and we did not.
fn other(format: CodecFormat) -> Problem {
    Problem::unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("messages are not taken as {format}"))
}

/// The refusal with all of its details.
fn error(problem: &Problem) -> ConnectError {
    let status = problem.status();
    let code = ErrorCode::from_grpc_code(status.code() as u32).unwrap_or(ErrorCode::Unknown);
    let mut error = ConnectError::new(code, status.message());
    // What the library would not know how to read it would not pass on either.
    let details = tonic_types::Status::decode(status.details()).map(|status| status.details).unwrap_or_default();
    for detail in details {
        let name = detail.type_url.rsplit('/').next().unwrap_or_default().to_owned();
        // Connect wants base64 without padding, which is just what binary metadata is on the wire.
        let value = MetadataValue::<Binary>::from_bytes(&detail.value);
        let value = String::from_utf8(value.as_encoded_bytes().to_vec()).ok();
        error = error.with_detail(ErrorDetail { type_url: name, value, debug: None });
    }
    error
}
