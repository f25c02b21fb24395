//! Fills a request message from what a REST request says in its path, query, body and headers.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, header};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage};
use serde_json::{Value, json};
use ticket::field::Violation;

use crate::{
    json,
    methods::{Body, Route, field_path},
    problem::Problem,
    template::percent_decode,
};

/// Where a caller may put the `request_id` when the body has none.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Where an `EventSource` says what it saw last.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The message for `route`, or everything that is wrong with the request.
pub(crate) fn message(
    route: &Route,
    filled: &[(&str, String)],
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<DynamicMessage, Problem> {
    let input = route.method.descriptor.input();
    let mut violations = Vec::new();
    let mut message = match &route.body {
        Body::None if body.is_empty() => DynamicMessage::new(input.clone()),
        Body::None => {
            return Err(Problem::unreadable(StatusCode::BAD_REQUEST, "there is a body, and none is taken here"));
        }
        Body::Whole if body.is_empty() => DynamicMessage::new(input.clone()),
        Body::Whole => json::message(&input, &read(headers, body)?, "", &mut violations),
        Body::Field(field) => {
            let mut message = DynamicMessage::new(input.clone());
            if !body.is_empty() {
                json::fill(&mut message, field, &read(headers, body)?, field.json_name(), &mut violations);
            }
            message
        }
    };
    from_query(&mut message, route, query, &mut violations);
    from_path(&mut message, &input, filled, &mut violations);
    from_headers(&mut message, route, headers, &mut violations);
    json::refuse_if(violations)?;
    Ok(message)
}

/// The body, if it says that it is JSON.
fn read(headers: &HeaderMap, body: &Bytes) -> Result<Value, Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let unsupported = |what: String| Err(Problem::unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE, what));
    let kind = text(header::CONTENT_TYPE);
    let (media, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
    if media.trim() != "application/json" {
        return unsupported("the body is to be application/json".to_owned());
    }
    if let Some(charset) = parameters.split(';').find_map(|one| one.trim().strip_prefix("charset="))
        && charset.trim_matches('"') != "utf-8"
    {
        return unsupported(format!("the body is to be UTF-8, not {charset}"));
    }
    if !matches!(text(header::CONTENT_ENCODING).as_str(), "" | "identity") {
        return unsupported("the body is to be sent without compression".to_owned());
    }
    json::parse(body)
}

fn from_path(
    message: &mut DynamicMessage,
    input: &MessageDescriptor,
    filled: &[(&str, String)],
    violations: &mut Vec<Violation>,
) {
    for (name, value) in filled {
        let Some(path) = field_path(input, name) else { continue }; // checked when the routes were made
        let at = spelled(&path);
        match percent_decode(value, false) {
            Err(fault) => violations.push(Violation::new(at, fault)),
            Ok(text) if is_set(message, &path) => {
                let given = text_of(message, &path);
                if given.as_deref() != Some(text.as_str()) {
                    violations.push(Violation::new(at, "says something else than the path does"));
                }
            }
            Ok(text) => set(message, &path, &[text], &at, violations),
        }
    }
}

fn from_query(message: &mut DynamicMessage, route: &Route, query: &str, violations: &mut Vec<Violation>) {
    let input = message.descriptor();
    let mut parameters: Vec<(Vec<FieldDescriptor>, Vec<String>)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = match (percent_decode(name, true), percent_decode(value, true)) {
            (Ok(name), Ok(value)) => (name, value),
            (Ok(name), Err(fault)) => {
                violations.push(Violation::new(name, fault));
                continue;
            }
            (Err(fault), _) => {
                violations.push(Violation::new("query", fault));
                continue;
            }
        };
        let path = field_path(&input, &name).filter(|path| takes_query(route, path));
        let Some(path) = path else {
            violations.push(Violation::new(name, "is no parameter of this method"));
            continue;
        };
        match parameters.iter_mut().find(|(known, _)| *known == path) {
            Some((_, values)) => values.push(value),
            None => parameters.push((path, vec![value])),
        }
    }
    for (path, values) in parameters {
        let at = spelled(&path);
        set(message, &path, &values, &at, violations);
    }
}

/// Whether the query may fill the field at `path`: neither the path of the request nor its body does.
pub(crate) fn takes_query(route: &Route, path: &[FieldDescriptor]) -> bool {
    let by_body = match &route.body {
        Body::None => false,
        Body::Whole => true,
        Body::Field(field) => path.first() == Some(field),
    };
    let input = route.method.descriptor.input();
    !by_body && !route.template.fields().any(|name| field_path(&input, name).as_deref() == Some(path))
}

/// Sets a field by what the path or the query say: texts, of which only a list takes more than one.
fn set(
    message: &mut DynamicMessage,
    path: &[FieldDescriptor],
    values: &[String],
    at: &str,
    violations: &mut Vec<Violation>,
) {
    let [outer @ .., field] = path else { return };
    let mut inside = message;
    for field in outer {
        match inside.get_field_mut(field).as_message_mut() {
            Some(next) => inside = next,
            None => return violations.push(Violation::new(at, "is no parameter of this method")),
        }
    }
    if values.len() > 1 && !field.is_list() {
        return violations.push(Violation::new(at, "is given more than once"));
    }
    let read: Vec<Value> = values.iter().map(|text| as_json(&field.kind(), text)).collect();
    let value = if field.is_list() { Value::Array(read) } else { read.into_iter().next().unwrap_or(Value::Null) };
    json::fill(inside, field, &value, at, violations);
}

/// Texts say truth as a word; everything else may be a string in JSON, too.
fn as_json(kind: &Kind, text: &str) -> Value {
    match (kind, text) {
        (Kind::Bool, "true") => json!(true),
        (Kind::Bool, "false") => json!(false),
        (_, text) => json!(text),
    }
}

fn from_headers(message: &mut DynamicMessage, route: &Route, headers: &HeaderMap, violations: &mut Vec<Violation>) {
    // What an EventSource saw last is newer than what its URL says.
    if route.method.streams() {
        from_header(message, headers, LAST_EVENT_ID, "resume_token", true, violations);
    }
    from_header(message, headers, IDEMPOTENCY_KEY, "request_id", false, violations);
}

fn from_header(
    message: &mut DynamicMessage,
    headers: &HeaderMap,
    header: HeaderName,
    field: &str,
    wins: bool,
    violations: &mut Vec<Violation>,
) {
    let Some(path) = field_path(&message.descriptor(), field) else { return };
    let Some(value) = headers.get(&header) else { return };
    // Bytes beyond ASCII arrive as UTF-8 from browsers; a draft of the standard puts the key into quotes.
    let Ok(text) = std::str::from_utf8(value.as_bytes()) else {
        return violations.push(Violation::new(header.as_str(), "is not valid UTF-8"));
    };
    let text = text.trim().trim_matches('"');
    match text_of(message, &path).filter(|given| !given.is_empty() && !wins) {
        Some(given) if given != text => {
            violations.push(Violation::new(header.as_str(), format!("says something else than `{field}` does")));
        }
        Some(_) => {}
        None if text.is_empty() => {}
        None => set(message, &path, &[text.to_owned()], header.as_str(), violations),
    }
}

fn is_set(message: &DynamicMessage, path: &[FieldDescriptor]) -> bool {
    match path {
        [field] => message.has_field(field),
        [outer, rest @ ..] => message.get_field(outer).as_message().is_some_and(|inside| is_set(inside, rest)),
        [] => false,
    }
}

/// The field at `path` as text, when it is one.
pub(crate) fn text_of(message: &DynamicMessage, path: &[FieldDescriptor]) -> Option<String> {
    match path {
        [field] => message.get_field(field).as_str().map(str::to_owned),
        [outer, rest @ ..] => message.get_field(outer).as_message().and_then(|inside| text_of(inside, rest)),
        [] => None,
    }
}

/// A field's path by JSON names.
pub(crate) fn spelled(path: &[FieldDescriptor]) -> String {
    path.iter().map(FieldDescriptor::json_name).collect::<Vec<_>>().join(".")
}
