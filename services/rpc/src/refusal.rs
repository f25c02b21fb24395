//! What this crate itself refuses, on either side of a call.

use proto::errors::Reason;
use ticket::field::Violation;

use crate::{problem::Problem, token::TokenError};

/// A call that did not get to a handler, or that its handler turned down before doing anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody valid is calling.
    #[error("not signed in: {0}; send `authorization: Bearer` with a valid token")]
    Unauthenticated(#[from] TokenError),
    /// The caller is known, but may not do this.
    #[error("{role} may not call {method}")]
    RoleNotAllowed {
        /// The path of the RPC.
        method: String,
        /// The caller's role, in words.
        role: String,
    },
    /// Somebody beyond line 1 tried to write to the client.
    #[error(
        "only line 1 writes to the client, {line} may not call {method}; ask through a clarification or a progress message"
    )]
    ClientContactNotAllowed {
        /// The path of the RPC.
        method: String,
        /// The caller's line.
        line: String,
    },
    /// One or more fields are wrong.
    #[error("{} field(s) of the request are wrong, first {}", .0.len(), .0.first().map_or_else(String::new, Violation::to_string))]
    Fields(Vec<Violation>),
    /// More calls than this service takes at once.
    #[error("too many calls at once; try again in a moment")]
    Overloaded,
    /// The service is being stopped.
    #[error("the service is going down; try again in a moment")]
    GoingDown,
    /// The caller's deadline passed.
    #[error("the deadline passed; what was asked may have been done, so repeat with the same request id")]
    OutOfTime,
    /// The other service could not be reached, or went away in the middle.
    #[error("{peer} cannot be reached ({why}); try again in a moment")]
    PeerUnavailable {
        /// Which service, as the configuration names it.
        peer: String,
        /// What happened on the way.
        why: String,
    },
    /// There is no such RPC.
    #[error("there is no {method} here")]
    MethodUnknown {
        /// The path that was called.
        method: String,
    },
    /// The request could not be understood.
    #[error("the request cannot be read: {what}")]
    Unreadable {
        /// What is wrong with it.
        what: String,
    },
    /// A fault of ours; callers learn no more than that.
    #[error("{what}")]
    Internal {
        /// What happened, for the log.
        what: String,
    },
}

impl Problem for Refusal {
    fn reason(&self) -> Reason {
        match self {
            Self::Unauthenticated(_) => Reason::Unauthenticated,
            Self::RoleNotAllowed { .. } => Reason::RoleNotAllowed,
            Self::ClientContactNotAllowed { .. } => Reason::ClientContactNotAllowed,
            Self::Fields(_) => Reason::FieldInvalid,
            Self::Overloaded | Self::GoingDown => Reason::Overloaded,
            Self::OutOfTime => Reason::OutOfTime,
            Self::PeerUnavailable { .. } => Reason::PeerUnavailable,
            Self::MethodUnknown { .. } => Reason::MethodUnknown,
            Self::Unreadable { .. } => Reason::MessageUnreadable,
            Self::Internal { .. } => Reason::Internal,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::RoleNotAllowed { method, role } => vec![("method", method.clone()), ("role", role.clone())],
            Self::ClientContactNotAllowed { method, line } => vec![("method", method.clone()), ("line", line.clone())],
            Self::PeerUnavailable { peer, why: _ } => vec![("peer", peer.clone())],
            Self::MethodUnknown { method } => vec![("method", method.clone())],
            Self::Unauthenticated(_)
            | Self::Fields(_)
            | Self::Overloaded
            | Self::GoingDown
            | Self::OutOfTime
            | Self::Unreadable { .. }
            | Self::Internal { .. } => vec![],
        }
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Fields(violations) => violations.clone(),
            Self::Unauthenticated(_)
            | Self::RoleNotAllowed { .. }
            | Self::ClientContactNotAllowed { .. }
            | Self::Overloaded
            | Self::GoingDown
            | Self::OutOfTime
            | Self::PeerUnavailable { .. }
            | Self::MethodUnknown { .. }
            | Self::Unreadable { .. }
            | Self::Internal { .. } => vec![],
        }
    }
}
