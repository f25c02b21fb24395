//! A stream of messages as the web reads it: server-sent events, or JSON lines.
//!
//! An event's `id` is the message's resume token, so that a browser that lost the connection asks for what came after
//! it (`Last-Event-ID`) and nothing is left out or repeated. The stream ends at the first refusal, which is the last
//! event, named `error`; in JSON lines it is the last line, `{"problem": …}`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Body,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, header};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use crate::{bind::text_of, json, methods::Method, problem::Problem, upstream::Messages};

/// How long the first message may make the answer's head wait; a refusal within it becomes the status of the answer.
const FIRST_PATIENCE: Duration = Duration::from_millis(250);

/// How long a browser waits before it comes back.
const COME_BACK: Duration = Duration::from_secs(1);

/// The media type of JSON lines.
pub(crate) const JSON_LINES: &str = "application/x-ndjson";

/// The answer to a REST call of a method that streams. `permit` is held as long as the stream.
pub(crate) async fn answer(
    method: Arc<Method>,
    mut messages: Messages,
    headers: &HeaderMap,
    instance: &str,
    heartbeat: Duration,
    permit: OwnedSemaphorePermit,
) -> Result<Response, Problem> {
    let first = match timeout(FIRST_PATIENCE, messages.next()).await {
        Ok(Some(first)) => Some(Ok(first?)),
        Ok(None) => {
            messages = stream::empty().boxed();
            None
        }
        Err(_) => None,
    };
    let messages = stream::iter(first).chain(messages);
    let output = method.descriptor.output();
    let token = resume_token(&output);
    let instance = instance.to_owned();
    // One that cannot be told ends the stream like any other refusal.
    let told = messages.scan(true, move |open, message| {
        let told = message.and_then(|message| tell(&output, token.as_deref(), &message));
        let tell = std::mem::replace(open, told.is_ok()).then(|| told.map_err(|problem| problem.document(&instance)));
        let _ = &permit;
        std::future::ready(tell)
    });
    let mut response = if wants_lines(headers) {
        let lines = told.map(|told| {
            let line = told.map_or_else(|problem| format!("{{\"problem\":{problem}}}"), |(_, json)| json);
            Ok::<_, Infallible>(Bytes::from(line + "\n"))
        });
        ([(header::CONTENT_TYPE, JSON_LINES)], Body::from_stream(lines)).into_response()
    } else {
        let events = stream::iter([Event::default().retry(COME_BACK).comment("from here on")])
            .chain(told.map(|told| match told {
                Ok((None, json)) => Event::default().data(json),
                Ok((Some(token), json)) => Event::default().id(token).data(json),
                Err(problem) => Event::default().event("error").data(problem.to_string()),
            }))
            .map(Ok::<_, Infallible>);
        Sse::new(events).keep_alive(KeepAlive::new().interval(heartbeat)).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather answers would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Whether the caller asks for JSON lines rather than events.
fn wants_lines(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.contains(JSON_LINES) && !accepted.contains("text/event-stream")
}

/// A message's resume token, if it can be one of an event, and its JSON.
fn tell(
    output: &MessageDescriptor,
    token: Option<&[FieldDescriptor]>,
    message: &Bytes,
) -> Result<(Option<String>, String), Problem> {
    let message = json::decode(output, message)?;
    let token = token
        .and_then(|path| text_of(&message, path))
        .filter(|token| !token.is_empty() && !token.contains(['\n', '\r', '\0']));
    Ok((token, json::write(&message)?))
}

/// Where messages of this kind have their `resume_token`: on top, or one level down.
pub(crate) fn resume_token(of: &MessageDescriptor) -> Option<Vec<FieldDescriptor>> {
    let here =
        |of: &MessageDescriptor| of.get_field_by_name("resume_token").filter(|field| field.kind() == Kind::String);
    if let Some(field) = here(of) {
        return Some(vec![field]);
    }
    of.fields().filter(|outer| !outer.is_list() && !outer.is_map()).find_map(|outer| match outer.kind() {
        Kind::Message(inside) => Some(vec![outer.clone(), here(&inside)?]),
        _ => None,
    })
}
