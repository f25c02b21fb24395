//! Takes a trace from one process to the next: W3C Trace Context in headers, or kept in a row until an outbox sends it.
//!
//! What does not parse is no context, never an error: a caller's broken header must not fail a request.

use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{
    Context,
    propagation::TextMapPropagator,
    trace::{SpanContext, TraceContextExt},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::{OpenTelemetrySpanExt, SetParentError};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// A place in a trace, in the form in which it travels and is stored.
///
/// The fields may hold anything; only [`context`](Self::context) judges them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceContext {
    /// `00-<trace id, 32 hex>-<span id, 16 hex>-<flags, 2 hex>`; empty for no context.
    pub traceparent: String,
    /// What other tracing systems keep beside it; mostly empty.
    pub tracestate: String,
}

impl TraceContext {
    /// Where the innermost traced span that is entered stands; empty outside of any. A span that the sampler left out has a place
    /// too, marked as not sampled, so that those after it are left out as well.
    pub fn current() -> Self {
        let mut carrier = HashMap::new();
        // The tracer's own notion of current: a debug span that is only logged would hide the traced one around it.
        TraceContextPropagator::new().inject_context(&Context::current(), &mut carrier);
        let mut take = |name: HeaderName| carrier.remove(name.as_str()).unwrap_or_default();
        Self { traceparent: take(TRACEPARENT), tracestate: take(TRACESTATE) }
    }

    /// The same for OpenTelemetry, as a remote parent; without a span when there is none or it does not parse.
    pub fn context(&self) -> Context {
        let carrier = HashMap::from([
            (TRACEPARENT.as_str().to_owned(), self.traceparent.clone()),
            (TRACESTATE.as_str().to_owned(), self.tracestate.clone()),
        ]);
        TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier)
    }

    /// The id of the whole trace, 32 hexadecimal digits; `None` for no context.
    pub fn trace_id(&self) -> Option<String> {
        self.span_context().map(|place| place.trace_id().to_string())
    }

    fn span_context(&self) -> Option<SpanContext> {
        Some(self.context().span().span_context().clone()).filter(SpanContext::is_valid)
    }
}

/// Writes [the current place](TraceContext::current) into the headers of a request; leaves them alone when there is none.
pub fn inject(into: &mut HeaderMap) {
    let TraceContext { traceparent, tracestate } = TraceContext::current();
    let Some(traceparent) = header(&traceparent) else { return };
    into.insert(TRACEPARENT, traceparent);
    match header(&tracestate) {
        Some(tracestate) => into.insert(TRACESTATE, tracestate),
        None => into.remove(TRACESTATE), // one that belongs to another traceparent
    };
}

/// Reads the caller's place from the headers of a request.
pub fn extract(from: &HeaderMap) -> Context {
    received(from).context()
}

/// The caller's place as [`extract`] reads it, in the form that can be stored or [adopted](adopt).
pub fn received(from: &HeaderMap) -> TraceContext {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    TraceContext {
        traceparent: from.get(TRACEPARENT).and_then(text).unwrap_or_default(),
        // The standard allows several headers and says that they are one list.
        tracestate: from.get_all(TRACESTATE).iter().filter_map(text).collect::<Vec<_>>().join(","),
    }
}

/// Makes `span` a child of `parent`, wherever that was. Without a context the span keeps the parent that it has.
///
/// Call it before the span is first entered; afterwards its place is settled and this only warns.
pub fn adopt(span: &Span, parent: &TraceContext) {
    if parent.span_context().is_none() {
        return;
    }
    if let Err(SetParentError::AlreadyStarted) = span.set_parent(parent.context()) {
        tracing::warn!("a span was entered before its parent was known; it stays in its own trace");
    }
}

/// Notes on `span` that it goes on with what `to` began, in another trace: later work on an old ticket.
pub fn link(span: &Span, to: &TraceContext) {
    if let Some(place) = to.span_context() {
        span.add_link(place);
    }
}

/// Names `span` for the collector, once what it is has been found out. A span that was entered has a place already, and
/// recording its field `otel.name` does not reach the collector any more.
pub fn rename(span: &Span, name: &str) {
    span.context().span().update_name(name.to_owned());
}

fn header(value: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(value).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use tracing::{debug_span, info_span, subscriber};
    use tracing_subscriber::EnvFilter;

    use super::*;
    use crate::log::{self, LogFormat};

    const INBOUND: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    /// Runs `work` as in a process that exports nothing.
    fn traced<T>(work: impl FnOnce() -> T) -> T {
        let tracers = opentelemetry_sdk::trace::SdkTracerProvider::default();
        let tracer = opentelemetry::trace::TracerProvider::tracer(&tracers, "test");
        subscriber::with_default(
            log::subscriber(LogFormat::Human, EnvFilter::new("debug"), std::io::sink, tracer),
            work,
        )
    }

    fn inbound() -> TraceContext {
        TraceContext { traceparent: INBOUND.to_owned(), tracestate: "vendor=1".to_owned() }
    }

    #[test]
    fn a_context_travels_through_headers() {
        traced(|| {
            let mut headers = HeaderMap::new();
            let sent = info_span!("request").in_scope(|| {
                inject(&mut headers);
                TraceContext::current()
            });
            assert_eq!(received(&headers), sent);
            let arrived = extract(&headers).span().span_context().clone();
            assert!(arrived.is_valid() && arrived.is_remote() && arrived.is_sampled());
            assert_eq!(Some(arrived.trace_id().to_string()), sent.trace_id());
        });
    }

    #[test]
    fn an_inbound_context_becomes_the_parent() {
        traced(|| {
            let span = info_span!("request");
            adopt(&span, &inbound());
            let onward = span.in_scope(|| info_span!("call").in_scope(TraceContext::current));
            assert_eq!(onward.trace_id().as_deref(), Some(TRACE));
            assert_eq!(onward.tracestate, "vendor=1");
            assert_ne!(onward.traceparent, INBOUND, "the next hop's parent is our span, not our caller");
        });
    }

    #[test]
    fn a_caller_that_does_not_sample_is_followed() {
        traced(|| {
            let unsampled = INBOUND.strip_suffix("01").expect("flags").to_owned() + "00";
            let span = info_span!("request");
            adopt(&span, &TraceContext { traceparent: unsampled, tracestate: String::new() });
            let onward = span.in_scope(TraceContext::current);
            assert_eq!(onward.trace_id().as_deref(), Some(TRACE));
            assert!(onward.traceparent.ends_with("-00"));
        });
    }

    #[test]
    fn a_span_that_is_only_logged_does_not_hide_the_trace() {
        traced(|| {
            let _request = info_span!("request").entered();
            let place = TraceContext::current();
            let _detail = debug_span!("detail").entered();
            assert_eq!(TraceContext::current(), place);
            assert_eq!(info_span!("call").in_scope(TraceContext::current).trace_id(), place.trace_id());
        });
    }

    #[test]
    fn without_a_span_there_is_no_context() {
        traced(|| {
            assert_eq!(TraceContext::current(), TraceContext::default());
            let mut headers = HeaderMap::new();
            inject(&mut headers);
            assert!(headers.is_empty());
        });
        assert_eq!(info_span!("nobody listens").in_scope(TraceContext::current), TraceContext::default());
    }

    #[test]
    fn a_stale_tracestate_does_not_go_out_with_a_new_parent() {
        traced(|| {
            let mut headers = HeaderMap::from_iter([(TRACESTATE, HeaderValue::from_static("other=1"))]);
            info_span!("request").in_scope(|| inject(&mut headers));
            assert!(headers.contains_key(TRACEPARENT) && !headers.contains_key(TRACESTATE));
        });
    }

    #[test]
    fn what_does_not_parse_is_no_context() {
        let zero_trace = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
        let upper_case = "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01";
        let too_long = &format!("{INBOUND}-extra");
        for broken in ["", "заявка", "00-1-2-3-4-5", "\0", "----", zero_trace, upper_case, too_long, "ff-1-1-01"]
        {
            let context = TraceContext { traceparent: broken.to_owned(), tracestate: "\u{1}=,,,".to_owned() };
            assert_eq!(context.trace_id(), None, "{broken:?}");
            traced(|| {
                let span = info_span!("request");
                adopt(&span, &context);
                link(&span, &context);
                assert!(
                    span.in_scope(TraceContext::current).trace_id().is_some(),
                    "the span lives on in its own trace"
                );
            });
        }
        let headers = HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_bytes(b"\xff\xfe").expect("opaque"))]);
        assert_eq!(received(&headers), TraceContext::default());
        assert!(!extract(&headers).span().span_context().is_valid());
    }
}
