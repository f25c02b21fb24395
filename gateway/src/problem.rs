//! Refusals as the web reads them: problem details (RFC 9457) that carry the reasons of the contracts.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use prost_reflect::DescriptorPool;
use rpc::Refusal;
use serde_json::{Value, json};
use telemetry::carry::TraceContext;
use ticket::Line;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::comments::{Comments, first_sentence};

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// What each reason means, in the words of its comment in the contracts.
static TITLES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let Ok(pool) = DescriptorPool::decode(proto::DESCRIPTORS) else { return BTreeMap::new() };
    let comments = Comments::of(&pool);
    let Some(reasons) = pool.get_enum_by_name("estafeta.errors.v1.Reason") else { return BTreeMap::new() };
    reasons
        .values()
        .map(|value| {
            let title = first_sentence(comments.of_enum_value(&value));
            (value.name().trim_start_matches("REASON_").to_owned(), title)
        })
        .collect()
});

/// A refusal on its way out: a status of the suite and what HTTP says about it.
#[derive(Debug)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: Status,
    http: StatusCode,
    /// The methods that the path does take, for 405.
    allow: Option<String>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::of(rpc::into_status(&refusal));
        match refusal {
            // Nothing is there to be implemented: the path is wrong.
            Refusal::MethodUnknown { .. } => problem.with_http(StatusCode::NOT_FOUND),
            Refusal::Unauthenticated(_)
            | Refusal::RoleNotAllowed { .. }
            | Refusal::ClientContactNotAllowed { .. }
            | Refusal::Fields(_)
            | Refusal::Overloaded
            | Refusal::GoingDown
            | Refusal::OutOfTime
            | Refusal::PeerUnavailable { .. }
            | Refusal::Unreadable { .. }
            | Refusal::Internal { .. } => problem,
        }
    }
}

impl Problem {
    /// The request could not be read or is too large; `http` says which.
    pub(crate) fn unreadable(http: StatusCode, what: impl Into<String>) -> Self {
        Self::from(Refusal::Unreadable { what: what.into() }).with_http(http)
    }

    /// The path is known, but takes only the methods in `allow` (`GET, POST`).
    pub(crate) fn wrong_method(method: &http::Method, path: &str, allow: String) -> Self {
        let method = format!("{method} {path}");
        let mut problem = Self::from(Refusal::MethodUnknown { method }).with_http(StatusCode::METHOD_NOT_ALLOWED);
        problem.0.allow = Some(allow);
        problem
    }

    /// There is nothing at `path`.
    pub(crate) fn nowhere(path: &str) -> Self {
        Refusal::MethodUnknown { method: path.to_owned() }.into()
    }

    /// A fault of ours; `what` goes to the log and nowhere else.
    pub(crate) fn internal(what: impl Into<String>) -> Self {
        Refusal::Internal { what: what.into() }.into()
    }

    /// What `line` refused, in its own words; a status without one of our reasons gets one, and its text, which was
    /// made by a library, stays here.
    pub(crate) fn from_line(line: Line, status: Status) -> Self {
        if status.get_error_details().error_info().is_some_and(|info| info.domain == rpc::problem::DOMAIN) {
            return Self::of(status);
        }
        match status.code() {
            Code::Unavailable => Self::unreachable(line, status.message()),
            Code::Cancelled | Code::DeadlineExceeded => Refusal::OutOfTime.into(),
            Code::ResourceExhausted => Refusal::Overloaded.into(),
            Code::Ok
            | Code::Unknown
            | Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unimplemented
            | Code::Internal
            | Code::DataLoss
            | Code::Unauthenticated => Self::internal(format!("the line {line} answered without a reason: {status}")),
        }
    }

    /// A line did not answer at all; `why` goes to the log and nowhere else.
    pub(crate) fn unreachable(line: Line, why: &str) -> Self {
        tracing::warn!(%line, why, "a line cannot be reached");
        Refusal::PeerUnavailable { peer: line.name().to_owned(), why: "it does not answer".to_owned() }.into()
    }

    fn of(status: Status) -> Self {
        let http = http_of(status.code());
        Self(Box::new(Parts { status, http, allow: None }))
    }

    fn with_http(mut self, http: StatusCode) -> Self {
        self.0.http = http;
        self
    }

    /// The status as gRPC would carry it.
    pub(crate) fn status(&self) -> &Status {
        &self.0.status
    }

    /// What HTTP says.
    pub(crate) fn http(&self) -> StatusCode {
        self.0.http
    }

    /// The code in words, as gRPC writes it.
    pub(crate) fn code(&self) -> &'static str {
        rpc::code_name(self.0.status.code())
    }

    /// The reason's short name, as in `TICKET_NOT_FOUND`.
    pub(crate) fn reason(&self) -> String {
        self.0.status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
    }

    /// The problem document; `instance` is the path that was asked for.
    pub(crate) fn document(&self, instance: &str) -> Value {
        let details = self.0.status.get_error_details();
        let reason = self.reason();
        let metadata: BTreeMap<String, String> =
            details.error_info().map(|info| info.metadata.clone().into_iter().collect()).unwrap_or_default();
        let violations: Vec<Value> = details.bad_request().map_or_else(Vec::new, |bad| {
            bad.field_violations
                .iter()
                .map(|violation| json!({"field": violation.field, "description": violation.description}))
                .collect()
        });
        json!({
            "type": format!("urn:estafeta:problem:{}", reason.to_lowercase().replace('_', "-")),
            "title": TITLES.get(&reason).cloned().unwrap_or_else(|| reason.clone()),
            "status": self.0.http.as_u16(),
            "detail": self.0.status.message(),
            "instance": instance,
            "reason": reason,
            "metadata": metadata,
            "violations": violations,
            "traceId": TraceContext::current().trace_id().unwrap_or_default(),
        })
    }

    /// The problem as an HTTP response.
    pub(crate) fn into_response(self, instance: &str) -> Response {
        let body = self.document(instance).to_string();
        let mut response =
            (self.0.http, [(header::CONTENT_TYPE, PROBLEM_JSON), (header::CACHE_CONTROL, "no-store")], body)
                .into_response();
        let headers = response.headers_mut();
        if let Some(after) = self.0.status.get_error_details().retry_info().and_then(|info| info.retry_delay) {
            // Whole seconds, and never "at once".
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_millis().div_ceil(1000).max(1) as u64));
        }
        if let Some(allow) = self.0.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            headers.insert(header::ALLOW, allow);
        }
        if self.0.http == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The usual table of google.rpc.Code.
fn http_of(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        // "Client closed request": the caller will rarely read it.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
    }
}
