//! Log lines: one event, one line, for people or for machines, with the ids of the trace it belongs to.
//!
//! A line carries the event's own fields and those of the spans around it (the inner one wins). For people:
//!
//! ```text
//! 2026-03-01T09:30:00.000000Z  INFO handover::outbox: offer accepted attempt=2 ticket=tk_01 trace_id=4bf9…
//! ```
//!
//! For machines, one JSON object: `timestamp` (RFC 3339, UTC), `level`, `target`, `message`, `fields`, and inside a
//! span `trace_id` (32 hexadecimal digits) and `span_id` (16).

use std::fmt::{self, Debug};

use opentelemetry::{Context, trace::TraceContextExt};
use opentelemetry_sdk::trace::SdkTracer;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter,
        format::{JsonFields, Writer},
        time::{FormatTime, SystemTime},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
};

/// For whom the lines are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// People at a terminal.
    #[default]
    Human,
    /// Machines: one JSON object a line.
    Json,
}

/// Spans of this level and above are traced and lend their fields to log lines, whatever the log filter says;
/// libraries keep theirs below it.
const SPANS: LevelFilter = LevelFilter::INFO;

/// Everything a process does with its events and spans: traces them with `tracer`, writes what passes `filter`.
pub(crate) fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    writer: W,
    tracer: SdkTracer,
) -> impl Subscriber + Send + Sync + for<'a> LookupSpan<'a>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let spans = filter_fn(|metadata| metadata.is_span() && *metadata.level() <= SPANS).with_max_level_hint(SPANS);
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(tracer).with_filter(SPANS))
        .with(layer(format, writer).with_filter(filter.or(spans)))
}

/// The layer that writes log lines to `writer`; for subscribers made by hand, as tests do.
pub fn layer<S, W>(format: LogFormat, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .fmt_fields(JsonFields::new())
        .event_format(Lines(format))
        .with_ansi(false)
        .with_writer(writer)
}

/// What makes a line out of an event.
struct Lines(LogFormat);

/// A line before it is written; as JSON it has its keys in this order.
#[derive(Serialize)]
struct Line {
    timestamp: String,
    level: &'static str,
    target: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    fields: Map<String, Value>,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, spans: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let line = Line::of(spans, event)?;
        match self.0 {
            LogFormat::Human => line.write_human(&mut writer),
            LogFormat::Json => writeln!(writer, "{}", serde_json::to_string(&line).map_err(|_| fmt::Error)?),
        }
    }
}

impl Line {
    fn of<S, N>(spans: &FmtContext<'_, S, N>, event: &Event<'_>) -> Result<Self, fmt::Error>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
        N: for<'a> FormatFields<'a> + 'static,
    {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;

        let mut fields = Map::new();
        for span in spans.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(written) = span.extensions().get::<FormattedFields<N>>() {
                // `JsonFields` wrote them; a span without fields is an empty text.
                fields.extend(serde_json::from_str::<Map<_, _>>(written).unwrap_or_default());
            }
        }
        // Instructions to the tracer, not facts.
        fields.retain(|name, _| !name.starts_with("otel."));

        let mut collected = Collected { fields, message: String::new(), logged_by: None };
        event.record(&mut collected);

        // The tracer's context is the span that is entered, whether or not a filter hides that span from this layer.
        let context = Context::current();
        let place = Some(context.span().span_context().clone()).filter(|place| place.is_valid());
        Ok(Self {
            timestamp,
            level: level(*event.metadata().level()),
            target: collected.logged_by.unwrap_or_else(|| event.metadata().target().to_owned()),
            message: collected.message,
            trace_id: place.as_ref().map(|place| place.trace_id().to_string()),
            span_id: place.as_ref().map(|place| place.span_id().to_string()),
            fields: collected.fields,
        })
    }

    fn write_human(self, writer: &mut Writer<'_>) -> fmt::Result {
        let Self { timestamp, level, target, message, trace_id, span_id: _, fields } = self;
        write!(writer, "{timestamp} {level:>5} {target}: ")?;
        match message.contains(char::is_control) {
            true => write!(writer, "{}", Value::from(message))?,
            false => writer.write_str(&message)?,
        }
        for (name, value) in &fields {
            match value {
                Value::String(word) if is_word(word) => write!(writer, " {name}={word}")?,
                quoted => write!(writer, " {name}={quoted}")?,
            }
        }
        if let Some(trace_id) = trace_id {
            write!(writer, " trace_id={trace_id}")?;
        }
        writeln!(writer)
    }
}

/// Whether a text needs no quotes to be told from its neighbours; a text with a line break would fake a line.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"' || c == '=')
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        Level::DEBUG => "DEBUG",
        Level::TRACE => "TRACE",
    }
}

/// Takes an event's fields.
struct Collected {
    message: String,
    fields: Map<String, Value>,
    /// The real target of a record that came through the `log` crate.
    logged_by: Option<String>,
}

impl Collected {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(message)) => self.message = message,
            ("log.target", Value::String(target)) => self.logged_by = Some(target),
            ("log.module_path" | "log.file" | "log.line", _) => {}
            (name, value) => _ = self.fields.insert(name.to_owned(), value),
        }
    }
}

impl Visit for Collected {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::{debug, error, info, info_span, subscriber};

    use super::*;
    use crate::carry::TraceContext;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no writer panicked").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `work` logs under `filter`.
    fn logged(format: LogFormat, filter: &str, work: impl FnOnce()) -> Vec<String> {
        let page = Page::default();
        let written = page.clone();
        let tracer = SdkTracerProvider::default().tracer("test");
        let all = subscriber(format, EnvFilter::new(filter), move || page.clone(), tracer);
        subscriber::with_default(all, work);
        let text = String::from_utf8(written.0.lock().expect("no writer panicked").clone()).expect("lines are text");
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_json_line_tells_what_where_and_in_which_trace() {
        let mut place = TraceContext::default();
        let lines = logged(LogFormat::Json, "info", || {
            let _request = info_span!("request", ticket = "tk_01", otel.kind = "server").entered();
            let _step = info_span!("step", attempt = 1).entered();
            place = TraceContext::current();
            info!(target: "handover", attempt = 2, late = true, why = %"линия 2 молчит", "offer \"again\"");
        });
        let [line] = &lines[..] else { panic!("one event, one line: {lines:?}") };
        let line: Value = serde_json::from_str(line).expect("a JSON object");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["target"], "handover");
        assert_eq!(line["message"], "offer \"again\"");
        let fields = serde_json::json!({"ticket": "tk_01", "attempt": 2, "late": true, "why": "линия 2 молчит"});
        assert_eq!(line["fields"], fields);
        assert!(line["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')));
        let [_, trace_id, span_id, _] = place.traceparent.split('-').collect::<Vec<_>>()[..] else {
            panic!("no context inside of a span")
        };
        assert_eq!(line["trace_id"], trace_id);
        assert_eq!(line["span_id"], span_id);
    }

    #[test]
    fn a_line_for_people_is_one_line_whatever_is_in_it() {
        let mut place = TraceContext::default();
        let lines = logged(LogFormat::Human, "info", || {
            let _request = info_span!("request", ticket = "tk_01").entered();
            place = TraceContext::current();
            info!(target: "desk", said = "нет\nINFO forged", "answer\tgiven");
        });
        let [line] = &lines[..] else { panic!("one event, one line: {lines:?}") };
        let (_time, rest) = line.split_once("Z ").expect("a time in front");
        let trace_id = place.trace_id().expect("a trace");
        let expected =
            format!(r#" INFO desk: "answer\tgiven" said="нет\nINFO forged" ticket=tk_01 trace_id={trace_id}"#);
        assert_eq!(rest, expected);
    }

    #[test]
    fn a_strict_filter_silences_events_but_not_the_trace() {
        let lines = logged(LogFormat::Json, "error", || {
            let _request = info_span!("request", ticket = "tk_01").entered();
            info!("not written");
            debug!("neither");
            error!("written");
        });
        let [line] = &lines[..] else { panic!("only the error: {lines:?}") };
        let line: Value = serde_json::from_str(line).expect("a JSON object");
        assert_eq!(line["message"], "written");
        assert_eq!(line["fields"]["ticket"], "tk_01");
        assert_eq!(line["trace_id"].as_str().map(str::len), Some(32));
    }

    #[test]
    fn outside_of_a_span_a_line_has_no_trace() {
        let lines = logged(LogFormat::Json, "info", || info!("started"));
        let line: Value = serde_json::from_str(&lines[0]).expect("a JSON object");
        assert!(line.get("trace_id").is_none() && line.get("span_id").is_none());
    }
}
