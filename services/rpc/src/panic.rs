//! Turns a panic in a handler, or in the stream that it answers with, into an answer.

use std::{any::Any, panic::AssertUnwindSafe, panic::catch_unwind, task::Poll};

use futures::FutureExt;
use http_body::Body as _;

use crate::{
    layer::{Inner, Request, Response, Step, answer, rebody, refuse, tail},
    refusal::Refusal,
};

/// Catches what panics inside. The panic hook has told where; the log learns here in which call.
#[derive(Clone)]
pub(crate) struct CatchPanic;

impl Step for CatchPanic {
    async fn run<S: Inner>(self, request: Request, inner: S) -> Response {
        // Unwind safe: nothing inside is used again, and what handlers share survives in locks that know of poison.
        let response = match AssertUnwindSafe(answer(inner, request)).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => return refuse(&told(&*panic)),
        };
        let mut over = false;
        rebody(response, move |body, cx| {
            if over {
                return Poll::Ready(None);
            }
            catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx))).unwrap_or_else(|panic| {
                over = true;
                Poll::Ready(Some(Ok(tail(&told(&*panic)))))
            })
        })
    }
}

fn told(panic: &(dyn Any + Send)) -> Refusal {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Refusal::Internal { what: format!("a handler panicked: {}", said.unwrap_or("(no text)")) }
}
