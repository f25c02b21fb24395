//! Between JSON and messages, by the JSON mapping of proto3.
//!
//! Out: lowerCamelCase names, enums by name, 64-bit numbers as strings, every field that can be empty without meaning
//! "unset" is there, so that clients see them all; unset messages are left out. In: both spellings of a name are taken;
//! what does not fit is refused, all of it at once.

use bytes::Bytes;
use http::StatusCode;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, SerializeOptions};
use serde_json::{Map, Value};
use ticket::field::Violation;

use crate::{problem::Problem, strict::Strict};

/// The message that `text` says, checked in full.
pub(crate) fn read(of: &MessageDescriptor, text: &[u8]) -> Result<DynamicMessage, Problem> {
    let value = parse(text)?;
    let mut violations = Vec::new();
    let message = message(of, &value, "", &mut violations);
    refuse_if(violations)?;
    Ok(message)
}

/// JSON of any kind.
pub(crate) fn parse(text: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(text)
        .map(|Strict(value)| value)
        .map_err(|error| Problem::unreadable(StatusCode::BAD_REQUEST, format!("the body is not JSON ({error})")))
}

/// A refusal that lists `violations`, if there are any.
pub(crate) fn refuse_if(violations: Vec<Violation>) -> Result<(), Problem> {
    if violations.is_empty() { Ok(()) } else { Err(rpc::Refusal::Fields(violations).into()) }
}

/// The message of `value`; what is wrong with it goes to `violations` under its path, which begins with `at`.
pub(crate) fn message(
    of: &MessageDescriptor,
    value: &Value,
    at: &str,
    violations: &mut Vec<Violation>,
) -> DynamicMessage {
    let mut message = DynamicMessage::new(of.clone());
    let Value::Object(members) = value else {
        violations.push(Violation::new(at, "is no JSON object"));
        return message;
    };
    let mut seen: Vec<FieldDescriptor> = Vec::new();
    for (name, value) in members {
        let path = join(at, name);
        let Some(field) = of.get_field_by_json_name(name).or_else(|| of.get_field_by_name(name)) else {
            violations.push(Violation::new(path, "is no field of this message"));
            continue;
        };
        if value.is_null() {
            continue;
        }
        let oneof = field.containing_oneof();
        if seen.iter().any(|other| *other == field || (oneof.is_some() && other.containing_oneof() == oneof)) {
            violations.push(Violation::new(path, "is given beside another that excludes it"));
            continue;
        }
        fill(&mut message, &field, value, &path, violations);
        seen.push(field);
    }
    message
}

/// Puts `value` into `field` of `into`.
pub(crate) fn fill(
    into: &mut DynamicMessage,
    field: &FieldDescriptor,
    value: &Value,
    at: &str,
    violations: &mut Vec<Violation>,
) {
    match (inner(field), value) {
        (Some(of), Value::Array(items)) if field.is_list() => {
            let items = items.iter().enumerate();
            let read = items
                .map(|(n, item)| prost_reflect::Value::Message(message(&of, item, &format!("{at}[{n}]"), violations)));
            let list = prost_reflect::Value::List(read.collect());
            into.set_field(field, list);
        }
        (Some(of), value) if !field.is_list() => {
            let inside = message(&of, value, at, violations);
            into.set_field(field, prost_reflect::Value::Message(inside));
        }
        (Some(_) | None, value) => leaf(into, field, value, at, violations),
    }
}

/// The message that a field holds, if it is one of ours: those of protobuf itself are written in ways of their own.
fn inner(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(of) if !field.is_map() && !of.full_name().starts_with("google.protobuf.") => Some(of),
        _ => None,
    }
}

fn leaf(into: &mut DynamicMessage, field: &FieldDescriptor, value: &Value, at: &str, violations: &mut Vec<Violation>) {
    if has_nul(value) {
        violations.push(Violation::new(at, "holds a NUL character; remove it"));
        return;
    }
    // A message with this one field lets the library apply the mapping and say what is wrong.
    let alone = Value::Object(Map::from_iter([(field.json_name().to_owned(), value.clone())]));
    match DynamicMessage::deserialize(field.parent_message().clone(), alone) {
        Ok(read) => into.set_field(field, read.get_field(field).into_owned()),
        Err(error) => violations.push(Violation::new(at, error.to_string())),
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// A message that a line sent.
pub(crate) fn decode(of: &MessageDescriptor, message: &Bytes) -> Result<DynamicMessage, Problem> {
    DynamicMessage::decode(of.clone(), message.clone())
        .map_err(|error| Problem::internal(format!("an answer is no {} ({error})", of.full_name())))
}

/// The JSON of a message.
pub(crate) fn write(message: &DynamicMessage) -> Result<String, Problem> {
    let mut out = Vec::new();
    let options = SerializeOptions::new().skip_default_fields(false);
    message
        .serialize_with_options(&mut serde_json::Serializer::new(&mut out), &options)
        .map_err(|error| error.to_string())
        .and_then(|()| String::from_utf8(out).map_err(|error| error.to_string()))
        .map_err(|error| Problem::internal(format!("an answer cannot be written as JSON ({error})")))
}
