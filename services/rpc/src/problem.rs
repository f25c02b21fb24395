//! Errors on the wire: a closed list of reasons, and the one function that makes a status of an error.
//!
//! | code | reasons |
//! |---|---|
//! | `UNAUTHENTICATED` | `UNAUTHENTICATED` |
//! | `PERMISSION_DENIED` | `ROLE_NOT_ALLOWED`, `CLIENT_CONTACT_NOT_ALLOWED`, `NOT_YOUR_QUEUE`, `NOT_INVITED` |
//! | `INVALID_ARGUMENT` | `FIELD_INVALID`, `ZONE_UNKNOWN`, `CATEGORY_UNKNOWN`, `PERSON_UNKNOWN`, `GROUP_UNKNOWN`, `PAGE_TOKEN_INVALID`, `RESUME_TOKEN_INVALID`, `MESSAGE_UNREADABLE`, `ATTACHMENT_TYPE_REFUSED`, `ATTACHMENT_TOO_LARGE` |
//! | `NOT_FOUND` | `TICKET_NOT_FOUND`, `CLARIFICATION_NOT_FOUND`, `BOND_NOT_FOUND`, `ARTICLE_NOT_FOUND`, `MESSAGE_NOT_FOUND`, `VISIT_NOT_FOUND`, `VIEW_NOT_FOUND`, `ATTACHMENT_NOT_FOUND`, `PROBLEM_NOT_FOUND`, `MAJOR_INCIDENT_NOT_FOUND`, `FORCE_MAJEURE_NOT_FOUND`, `RUNBOOK_NOT_FOUND`, `RUNBOOK_TEST_NOT_FOUND`, `KNOWN_ITEM_NOT_FOUND` |
//! | `ALREADY_EXISTS` | `REQUEST_ID_REUSED`, `BOND_CONFLICT` |
//! | `FAILED_PRECONDITION` | `NOT_CUSTODIAN`, `WRONG_STATE`, `STALE_EPOCH`, `NOT_IN_TOPOLOGY`, `HOP_BUDGET_SPENT`, `CHECKLIST_STEP_REFUSED`, `RECORD_FULL`, `ASSIGNED_TO_ANOTHER`, `PERSON_NOT_FREE`, `BOND_CLOSED`, `ORGANIZATION_UNKNOWN`, `REVIEW_REQUIRED`, `VISIT_CLASH`, `VISIT_WRONG_STATE`, `OUTSIDE_HOURS`, `ATTACHMENT_UPLOAD_MISMATCH`, `PROBLEM_WRONG_STATE`, `RUNBOOK_WRONG_STATE`, `ARTICLE_WRONG_STATE`, `ARTICLE_OWN_WORK`, `MAJOR_INCIDENT_WRONG_STATE`, `CHILD_OF_ANOTHER`, `FORCE_MAJEURE_OVERLAPS`, `FORCE_MAJEURE_OVER` |
//! | `ABORTED` | `CONCURRENT_CHANGE`, `CHANGED_MEANWHILE`, `PROBLEM_CHANGED`, `ARTICLE_CHANGED`, `RUNBOOK_CHANGED` |
//! | `UNAVAILABLE` | `OVERLOADED`, `PEER_UNAVAILABLE`, `STORAGE_UNAVAILABLE` |
//! | `DEADLINE_EXCEEDED` | `OUT_OF_TIME` |
//! | `UNIMPLEMENTED` | `METHOD_UNKNOWN` |
//! | `DATA_LOSS` | `ATTACHMENT_DAMAGED` |
//! | `INTERNAL` | `INTERNAL` |

use std::{collections::HashMap, error::Error, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use proto::errors::Reason;
use telemetry::carry::TraceContext;
use ticket::field::Violation;

/// The `domain` of every ErrorInfo of ours.
pub const DOMAIN: &str = "estafeta";

/// The longest message of a status, in bytes: it travels in a header, where a Cyrillic letter takes six.
const MESSAGE_BYTES_MAX: usize = 512;

/// The most bytes of violations in one status; details travel in a header too, and some clients take 8 KiB of those.
const VIOLATIONS_BYTES_MAX: usize = 3 * 1024;

/// When to come back, if the problem does not say.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// When to read again and repeat after somebody else's change.
const RETRY_AFTER_CHANGE: Duration = Duration::from_millis(50);

/// An error that may reach a caller. Its `Display` does, too, unless the reason is one whose cause is ours to know
/// (`INTERNAL`, `STORAGE_UNAVAILABLE`).
pub trait Problem: Error {
    /// What the caller branches on.
    fn reason(&self) -> Reason;

    /// The facts that the comment of the reason promises.
    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![]
    }

    /// The fields that are wrong; for `FIELD_INVALID`.
    fn violations(&self) -> Vec<Violation> {
        vec![]
    }

    /// When to try again, if not at the usual time; only for reasons worth a retry.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// What a caller is to do about a refusal.
enum Retry {
    /// Nothing: the same call gets the same answer.
    Never,
    /// Repeat, not before this has passed.
    After(Duration),
    /// Repeat when a person has mended something: a configuration, a token, our code.
    Mended,
}

/// The code and the kind of retry of each reason: one table, so that a new reason cannot be forgotten in it.
fn sort(reason: Reason) -> (Code, Retry) {
    match reason {
        Reason::Unspecified | Reason::Internal => (Code::Internal, Retry::Mended),
        Reason::Unauthenticated => (Code::Unauthenticated, Retry::Mended),
        Reason::RoleNotAllowed => (Code::PermissionDenied, Retry::Mended),
        Reason::ClientContactNotAllowed | Reason::NotYourQueue | Reason::NotInvited => {
            (Code::PermissionDenied, Retry::Never)
        }
        Reason::FieldInvalid
        | Reason::ZoneUnknown
        | Reason::CategoryUnknown
        | Reason::PersonUnknown
        | Reason::GroupUnknown
        | Reason::HoldReasonUnknown
        | Reason::PageTokenInvalid
        | Reason::ResumeTokenInvalid
        | Reason::MessageUnreadable
        | Reason::AttachmentTypeRefused
        | Reason::AttachmentTooLarge => (Code::InvalidArgument, Retry::Never),
        Reason::TicketNotFound
        | Reason::ClarificationNotFound
        | Reason::BondNotFound
        | Reason::MessageNotFound
        | Reason::VisitNotFound
        | Reason::ViewNotFound
        | Reason::AttachmentNotFound
        | Reason::ProblemNotFound
        | Reason::ArticleNotFound
        | Reason::RunbookNotFound
        | Reason::RunbookTestNotFound
        | Reason::KnownItemNotFound
        | Reason::MajorIncidentNotFound
        | Reason::ForceMajeureNotFound
        | Reason::ModelNotFound
        | Reason::TrendAlertNotFound => (Code::NotFound, Retry::Never),
        Reason::RequestIdReused | Reason::BondConflict => (Code::AlreadyExists, Retry::Never),
        Reason::NotCustodian
        | Reason::WrongState
        | Reason::StaleEpoch
        | Reason::NotInTopology
        | Reason::HopBudgetSpent
        | Reason::ChecklistStepRefused
        | Reason::RecordFull
        | Reason::ReviewRequired
        | Reason::VisitClash
        | Reason::VisitWrongState
        | Reason::OutsideHours
        | Reason::AssignedToAnother
        | Reason::PersonNotFree
        | Reason::AttachmentUploadMismatch
        | Reason::ProblemWrongState
        | Reason::ArticleWrongState
        | Reason::ArticleOwnWork
        | Reason::MajorIncidentWrongState
        | Reason::ChildOfAnother
        | Reason::ForceMajeureOverlaps
        | Reason::ForceMajeureOver
        | Reason::RunbookWrongState
        | Reason::BondClosed => (Code::FailedPrecondition, Retry::Never),
        Reason::AttachmentDamaged => (Code::DataLoss, Retry::Never),
        Reason::OrganizationUnknown | Reason::LearningNotPlanned => (Code::FailedPrecondition, Retry::Mended),
        Reason::ChangedMeanwhile | Reason::ProblemChanged | Reason::ArticleChanged | Reason::RunbookChanged => {
            (Code::Aborted, Retry::Never)
        }
        Reason::ConcurrentChange => (Code::Aborted, Retry::After(RETRY_AFTER_CHANGE)),
        Reason::Overloaded | Reason::PeerUnavailable | Reason::StorageUnavailable => {
            (Code::Unavailable, Retry::After(RETRY_AFTER))
        }
        Reason::OutOfTime => (Code::DeadlineExceeded, Retry::After(RETRY_AFTER)),
        Reason::MethodUnknown => (Code::Unimplemented, Retry::Mended),
    }
}

/// Makes the status that a caller gets for `problem`, with an ErrorInfo, and with a BadRequest or RetryInfo where they
/// belong. Nothing else in the suite makes a status.
///
/// Where the cause is ours to know, the caller gets a fixed text, and the log gets the cause, once, here.
pub fn into_status(problem: &dyn Problem) -> Status {
    let reason = problem.reason();
    let (code, retry) = sort(reason);
    let mut metadata: HashMap<String, String> = problem
        .metadata()
        .into_iter()
        .map(|(key, value)| (key.to_owned(), shorten(value, MESSAGE_BYTES_MAX)))
        .collect();

    let message = if matches!(reason, Reason::Internal | Reason::Unspecified) {
        tracing::error!(error = chain(problem), "a call failed by a fault of ours");
        metadata.extend(TraceContext::current().trace_id().map(|id| ("trace_id".to_owned(), id)));
        "a fault of ours; its details are in the log under the trace id".to_owned()
    } else if reason == Reason::StorageUnavailable {
        tracing::warn!(error = chain(problem), "a call failed for want of storage");
        "the database is full, locked or away; nothing was changed, try again in a moment".to_owned()
    } else {
        shorten(problem.to_string(), MESSAGE_BYTES_MAX)
    };

    let mut details = ErrorDetails::with_error_info(word(reason), DOMAIN, metadata);
    let violations = fitting(problem.violations());
    if !violations.is_empty() {
        details.set_bad_request(violations);
    }
    if let Retry::After(usual) = retry {
        details.set_retry_info(Some(problem.retry_after().unwrap_or(usual)));
    }
    Status::with_error_details(code, message, details)
}

/// The name of a reason as ErrorInfo holds it.
fn word(reason: Reason) -> &'static str {
    reason.as_str_name().trim_start_matches("REASON_")
}

/// A problem and its causes, for the log.
fn chain(problem: &dyn Problem) -> String {
    let mut text = problem.to_string();
    let mut cause = problem.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// As many violations as fit in a header; the first ones, since a caller that mends these learns of the rest.
fn fitting(violations: Vec<Violation>) -> Vec<FieldViolation> {
    let mut room = VIOLATIONS_BYTES_MAX;
    let mut kept = Vec::new();
    for Violation { field, fault } in violations {
        let (field, fault) = (shorten(field, MESSAGE_BYTES_MAX), shorten(fault, MESSAGE_BYTES_MAX));
        let Some(left) = room.checked_sub(field.len() + fault.len()) else { break };
        room = left;
        kept.push(FieldViolation::new(field, fault));
    }
    kept
}

fn shorten(mut text: String, max: usize) -> String {
    text.truncate(text.floor_char_boundary(max));
    text
}

/// Why a service of ours refused; `None` when nothing of ours spoke (a proxy, a cut connection) or a newer service
/// gives a reason that this one does not know.
pub fn reason_of(status: &Status) -> Option<Reason> {
    let info = status.get_details_error_info().filter(|info| info.domain == DOMAIN)?;
    Reason::from_str_name(&format!("REASON_{}", info.reason)).filter(|reason| *reason != Reason::Unspecified)
}

/// The facts beside the reason; empty when there are none.
pub fn metadata_of(status: &Status) -> HashMap<String, String> {
    let info = status.get_details_error_info().filter(|info| info.domain == DOMAIN);
    info.map(|info| info.metadata).unwrap_or_default()
}

/// The fields that the service found wrong; empty when there are none.
pub fn violations_of(status: &Status) -> Vec<Violation> {
    let violations = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().map(|one| Violation::new(one.field, one.description)).collect()
}

/// How long the service asks to wait before a retry, if it does.
pub fn retry_after_of(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

/// Whether the far side certainly refused for good: a reason of ours that no retry mends. Everything else is to be
/// tried again, sooner or later: the reason may be unknown, pass by itself, or be mended by a person.
pub fn is_definite(status: &Status) -> bool {
    reason_of(status).is_some_and(|reason| match sort(reason).1 {
        Retry::Never => true,
        Retry::After(_) | Retry::Mended => false,
    })
}
