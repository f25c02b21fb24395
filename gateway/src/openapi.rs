//! The REST side as an OpenAPI 3.1 document, made from the descriptors and the comments of the contracts.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};
use ticket::Line;

use crate::{
    bind::{spelled, takes_query},
    comments::{Comments, first_sentence, reasons},
    events::{JSON_LINES, resume_token},
    methods::{Body, Methods, Route, field_path},
    problem::PROBLEM_JSON,
    schema::{Schemas, refer},
};

/// What any method may refuse with, beside what its comment says.
const ANY: [&str; 9] = [
    "UNAUTHENTICATED",
    "ROLE_NOT_ALLOWED",
    "FIELD_INVALID",
    "MESSAGE_UNREADABLE",
    "OVERLOADED",
    "OUT_OF_TIME",
    "PEER_UNAVAILABLE",
    "STORAGE_UNAVAILABLE",
    "INTERNAL",
];

/// The document.
pub(crate) fn document(pool: &DescriptorPool, methods: &Methods) -> Value {
    let comments = Comments::of(pool);
    let mut schemas = Schemas::new(&comments);
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for route in methods.routes() {
        let service = route.method.descriptor.parent_service();
        tags.insert(service.name().to_owned(), comments.of_service(service).to_owned());
        let mut operation = operation(route, &comments, &mut schemas);
        // A method with several paths has several operations, and each is to have a name of its own.
        let id = format!("{}_{}", service.name(), route.method.descriptor.name());
        let nth = ids.entry(id.clone()).and_modify(|nth| *nth += 1).or_insert(1);
        operation["operationId"] = if *nth == 1 { json!(id) } else { json!(format!("{id}_{nth}")) };
        paths.entry(path(route)).or_default().insert(route.verb.as_str().to_lowercase(), operation);
    }
    let mut components = schemas.into_components();
    components.insert("Problem".to_owned(), problem(pool));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Estafeta",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Technical-support tickets on their way between the lines. Names are in lowerCamelCase \
                (those of the contracts are taken, too), 64-bit numbers are strings, empty fields are written out, \
                unset messages are left out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": tags.iter().map(|(name, said)| json!({"name": name, "description": said})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    })
}

/// The path with its variables by JSON names.
fn path(route: &Route) -> String {
    let input = route.method.descriptor.input();
    route.template.open_api(|name| field_path(&input, name).map_or_else(|| name.to_owned(), |path| spelled(&path)))
}

fn operation(route: &Route, comments: &Comments, schemas: &mut Schemas<'_>) -> Value {
    let method = &route.method;
    let comment = comments.of_method(&method.descriptor);
    let mut operation = json!({
        "tags": [method.descriptor.parent_service().name()],
        "summary": first_sentence(comment),
        "description": comment,
        "parameters": parameters(route, schemas),
        "responses": responses(route, comment, schemas),
    });
    if let Some(body) = body(route, schemas) {
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": body}}});
    }
    if method.home.is_none() {
        let lines: Vec<&str> = Line::ALL.iter().map(|line| line.name()).collect();
        operation["servers"] = json!([
            {"url": "/", "description": "Asks the service desk."},
            {
                "url": "/lines/{line}",
                "description": "Asks a line; each knows the tickets that it holds or once held.",
                "variables": {"line": {"enum": lines, "default": Line::OWNER.name()}},
            },
        ]);
    }
    operation
}

fn parameters(route: &Route, schemas: &mut Schemas<'_>) -> Vec<Value> {
    let input = route.method.descriptor.input();
    let mut parameters = Vec::new();
    for path in route.template.fields().filter_map(|name| field_path(&input, name)) {
        let [.., last] = path.as_slice() else { continue };
        parameters.push(json!({"name": spelled(&path), "in": "path", "required": true, "schema": schemas.field(last)}));
    }
    for path in queries(&input).into_iter().filter(|path| takes_query(route, path)) {
        let [.., last] = path.as_slice() else { continue };
        parameters.push(json!({"name": spelled(&path), "in": "query", "schema": schemas.field(last)}));
    }
    let mut header = |name: &str, description: &str, schema: Value| {
        parameters.push(json!({"name": name, "in": "header", "description": description, "schema": schema}));
    };
    if input.get_field_by_name("request_id").is_some() {
        header("Idempotency-Key", "The `requestId`, when the body has none.", json!({"type": "string"}));
    }
    if route.method.streams() && input.get_field_by_name("resume_token").is_some() {
        header("Last-Event-ID", "The last event seen; what came after it follows.", json!({"type": "string"}));
    }
    header("Request-Timeout", "How long to wait, in seconds.", json!({"type": "number", "exclusiveMinimum": 0}));
    header("traceparent", "W3C Trace Context.", json!({"type": "string"}));
    parameters
}

/// The fields that a query may name: single values and lists of them, also inside of messages.
fn queries(of: &MessageDescriptor) -> Vec<Vec<FieldDescriptor>> {
    fn walk(of: &MessageDescriptor, before: &[FieldDescriptor], found: &mut Vec<Vec<FieldDescriptor>>) {
        for field in of.fields().filter(|field| !field.is_map()) {
            let path = [before, std::slice::from_ref(&field)].concat();
            match field.kind() {
                Kind::Message(inside) if !inside.full_name().starts_with("google.protobuf.") => {
                    // A message that holds itself would have no end.
                    let known = before.iter().any(|outer| outer.kind() == field.kind()) || inside == *of;
                    if !field.is_list() && !known {
                        walk(&inside, &path, found);
                    }
                }
                _ => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    walk(of, &[], &mut found);
    found
}

fn body(route: &Route, schemas: &mut Schemas<'_>) -> Option<Value> {
    let input = route.method.descriptor.input();
    match &route.body {
        Body::None => None,
        Body::Field(field) => Some(schemas.field(field)),
        Body::Whole => {
            let by_path: Vec<&str> = route.template.fields().collect();
            Some(schemas.object(&input, |field| !by_path.contains(&field.name())))
        }
    }
}

fn responses(route: &Route, comment: &str, schemas: &mut Schemas<'_>) -> Value {
    let output = route.method.descriptor.output();
    let schema = schemas.message(&output);
    let done = if route.method.streams() {
        let resumes = if resume_token(&output).is_some() { " Each event's id is its resume token." } else { "" };
        json!({
            "description": format!(
                "Messages as they come, each in the `data` of an event.{resumes} An event named `error` holds a \
                 Problem and is the last; as JSON lines that is `{{\"problem\": …}}`."
            ),
            "content": {
                "text/event-stream": {"schema": {"type": "string"}, "x-message": schema},
                JSON_LINES: {"schema": {"type": "string"}, "x-message": schema},
            },
        })
    } else {
        json!({"description": "Done.", "content": {"application/json": {"schema": schema}}})
    };
    let own = reasons(comment);
    let all: Vec<&str> = own.iter().map(String::as_str).chain(ANY).collect();
    json!({
        "200": done,
        "default": {
            "description": format!("Refused; `reason` says why: {}.", all.join(", ")),
            "content": {PROBLEM_JSON: {"schema": {
                "allOf": [refer("Problem")],
                "properties": {"reason": {"enum": all}},
            }}},
        },
    })
}

fn problem(pool: &DescriptorPool) -> Value {
    let reasons: Vec<String> = pool
        .get_enum_by_name("estafeta.errors.v1.Reason")
        .map(|reasons| {
            let names = reasons.values().filter(|value| value.number() != 0);
            names.map(|value| value.name().trim_start_matches("REASON_").to_owned()).collect()
        })
        .unwrap_or_default();
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457). Branch on `reason` and on nothing else.",
        "required": ["type", "title", "status", "detail", "reason"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "`urn:estafeta:problem:` and the reason."},
            "title": {"type": "string", "description": "What the reason means."},
            "status": {"type": "integer", "format": "int32"},
            "detail": {"type": "string", "description": "What happened this time."},
            "instance": {"type": "string", "description": "The path that was called."},
            "reason": {"type": "string", "enum": reasons},
            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
            "violations": {"type": "array", "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "description": {"type": "string"}},
            }},
            "traceId": {"type": "string", "description": "32 hexadecimal digits; empty when not traced."},
        },
    })
}
