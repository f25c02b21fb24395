//! The tree that spans make, to be read and compared: without ids, times and the order of what happened at once.

use std::collections::{BTreeMap, HashMap};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

/// The spans of one trace.
pub(crate) struct Tree<'s> {
    spans: HashMap<&'s [u8], &'s Span>,
    children: HashMap<&'s [u8], Vec<&'s Span>>,
}

impl<'s> Tree<'s> {
    /// The trace with this id, 32 hexadecimal digits, among `spans`.
    pub(crate) fn of(spans: &'s [Span], trace: &str) -> Self {
        let own = spans.iter().filter(|span| hex(&span.trace_id) == trace);
        let mut tree = Self { spans: HashMap::new(), children: HashMap::new() };
        for span in own {
            assert!(tree.spans.insert(&span.span_id, span).is_none(), "{} came twice", span.name);
            tree.children.entry(&span.parent_span_id).or_default().push(span);
        }
        tree
    }

    /// All spans, in no order.
    pub(crate) fn spans(&self) -> impl Iterator<Item = &'s Span> {
        self.spans.values().copied()
    }

    /// Those whose parent is not among the spans.
    pub(crate) fn roots(&self) -> Vec<&'s Span> {
        self.spans().filter(|span| !self.spans.contains_key(&*span.parent_span_id)).collect()
    }

    /// The span `steps` above `span`.
    pub(crate) fn up(&self, span: &'s Span, steps: usize) -> &'s Span {
        (0..steps).fold(span, |span, _| self.spans[&*span.parent_span_id])
    }

    /// The way from the root to `span`, as labels.
    pub(crate) fn way_to(&self, span: &'s Span) -> Vec<String> {
        let mut way: Vec<String> =
            std::iter::successors(Some(span), |span| self.spans.get(&*span.parent_span_id).copied())
                .map(label)
                .collect();
        way.reverse();
        way
    }

    /// The spans below `span` and itself, one a line. Children stand in the order of their texts, because some happen at
    /// once; the same subtree several times stands once, with a number.
    pub(crate) fn drawn(&self, span: &Span) -> String {
        let mut below: BTreeMap<String, usize> = BTreeMap::new();
        for child in self.children.get(&*span.span_id).into_iter().flatten() {
            *below.entry(self.drawn(child)).or_default() += 1;
        }
        let mut text = label(span) + "\n";
        for (child, times) in below {
            for (number, line) in child.lines().enumerate() {
                let times = if number == 0 && times > 1 { format!(" ×{times}") } else { String::new() };
                text += &format!("  {line}{times}\n");
            }
        }
        text
    }
}

/// What a span is, where, and whether it says that other work led to it.
pub(crate) fn label(span: &Span) -> String {
    let kind = match span.kind() {
        SpanKind::Server => "<- ",
        SpanKind::Client => "-> ",
        SpanKind::Unspecified | SpanKind::Internal | SpanKind::Producer | SpanKind::Consumer => "",
    };
    let name = span.name.trim_start_matches("/estafeta.");
    let place = ["estafeta.service", "peer.service", "line", "vendor"].iter().find_map(|key| text(span, key));
    let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
    let attempt = text(span, "attempt").map(|attempt| format!(", attempt {attempt}")).unwrap_or_default();
    let failed = if span.status.as_ref().is_some_and(|status| status.code == 2) { " FAILED" } else { "" };
    let linked = if span.links.is_empty() { "" } else { " *" };
    format!("{kind}{name}{place}{attempt}{failed}{linked}")
}

/// An attribute of a span.
pub(crate) fn text(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{key} is neither text nor number: {other:?}"),
    }
}

/// An id as it is written.
pub(crate) fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
