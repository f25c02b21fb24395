//! Gives a reason to the statuses that the gRPC library makes by itself: an unknown method, a body that is no message.

use http::HeaderMap;
use http_body::Body as _;
use tonic::{Code, Status};

use crate::{
    access,
    layer::{Inner, Request, Response, Step, answer, rebody, refuse, trailers},
    problem::into_status,
    refusal::Refusal,
};

const GRPC_DETAILS: &str = "grpc-status-details-bin";

/// Answers with our details where there are none.
#[derive(Clone)]
pub(crate) struct Explain;

/// When a status came.
enum When {
    /// Instead of an answer: the request did not get to its handler.
    AtOnce,
    /// After an answer had begun.
    Later,
}

impl Step for Explain {
    async fn run<S: Inner>(self, request: Request, inner: S) -> Response {
        let path = request.uri().path().to_owned();
        let response = answer(inner, request).await;
        if access::is_open(&path) {
            return response; // theirs are standards of their own
        }
        if let Some(refusal) = unexplained(response.headers(), When::AtOnce, &path) {
            return refuse(&refusal);
        }
        rebody(response, move |body, cx| {
            body.poll_frame(cx).map_ok(|frame| match frame.trailers_ref() {
                Some(found) => match unexplained(found, When::Later, &path) {
                    Some(refusal) => trailers(&into_status(&refusal)),
                    None => frame,
                },
                None => frame,
            })
        })
    }
}

/// What to say instead of a status without details.
fn unexplained(headers: &HeaderMap, when: When, path: &str) -> Option<Refusal> {
    if headers.contains_key(GRPC_DETAILS) {
        return None;
    }
    let status = Status::from_header_map(headers).filter(|status| status.code() != Code::Ok)?;
    let what = status.message().to_owned();
    Some(match (status.code(), when) {
        (Code::Unimplemented, _) if what.is_empty() => Refusal::MethodUnknown { method: path.to_owned() },
        (Code::Cancelled | Code::DeadlineExceeded, _) => Refusal::OutOfTime,
        (Code::Unavailable, _) => Refusal::PeerUnavailable { peer: "a service behind this one".to_owned(), why: what },
        // So the library answers to a compression it does not know, to garbage, and to what is too large.
        (
            Code::Unimplemented | Code::Internal | Code::InvalidArgument | Code::OutOfRange | Code::ResourceExhausted,
            When::AtOnce,
        ) => Refusal::Unreadable { what },
        (code, _) => Refusal::Internal { what: format!("a status without details ({code:?}): {what}") },
    })
}
