//! Who is calling: a verified identity, never a bare header.

use std::{fmt, str::FromStr};

use ticket::{Line, OrganizationId};

use crate::{keys::KeyName, refusal::Refusal, token::TokenError};

/// The caller of an RPC, as the token says and a key of ours vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who exactly: a person's, client's or partner's id with whoever signed them in, or a service's name. 1 to 256 bytes.
    pub subject: String,
    /// The organization for which the caller acts; no other's data may be touched.
    pub organization: OrganizationId,
    /// What the caller is.
    pub role: Role,
}

/// What a caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A client of the organization.
    Client,
    /// Works tickets on one line.
    Agent {
        /// That line.
        line: Line,
    },
    /// Answers for the lines of an organization.
    Supervisor,
    /// Writes and approves knowledge.
    KnowledgeEditor,
    /// Runs the organization's installation.
    Administrator,
    /// A vendor's side.
    Partner {
        /// The vendor, by its name in the plan. 1 to 256 bytes.
        vendor: String,
    },
    /// Another service of the suite.
    Service {
        /// Which one.
        name: ServiceName,
    },
}

impl Role {
    /// Its name in tokens, logs and errors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Agent { .. } => "agent",
            Self::Supervisor => "supervisor",
            Self::KnowledgeEditor => "knowledge-editor",
            Self::Administrator => "administrator",
            Self::Partner { .. } => "partner",
            Self::Service { .. } => "service",
        }
    }

    /// The same, as the rules in the protos name it.
    pub fn in_rules(&self) -> proto::access::Role {
        match self {
            Self::Client => proto::access::Role::Client,
            Self::Agent { .. } => proto::access::Role::Agent,
            Self::Supervisor => proto::access::Role::Supervisor,
            Self::KnowledgeEditor => proto::access::Role::KnowledgeEditor,
            Self::Administrator => proto::access::Role::Administrator,
            Self::Partner { .. } => proto::access::Role::Partner,
            Self::Service { .. } => proto::access::Role::Service,
        }
    }

    /// The line to which the caller belongs, if to one; a partner stands behind the last.
    pub fn line(&self) -> Option<Line> {
        match self {
            Self::Agent { line } | Self::Service { name: ServiceName::Line(line) } => Some(*line),
            Self::Partner { .. } => Some(Line::Vendor),
            Self::Client
            | Self::Supervisor
            | Self::KnowledgeEditor
            | Self::Administrator
            | Self::Service { name: ServiceName::Gateway } => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent { line } => write!(f, "agent of {line}"),
            Self::Service { name } => write!(f, "service {name}"),
            Self::Client | Self::Supervisor | Self::KnowledgeEditor | Self::Administrator | Self::Partner { .. } => {
                f.write_str(self.name())
            }
        }
    }
}

/// A service of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ServiceName {
    /// The service of a line.
    Line(Line),
    /// The web gateway.
    Gateway,
}

impl ServiceName {
    /// Its name in settings, logs and traces: the line's, or `gateway`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Line(line) => line.name(),
            Self::Gateway => "gateway",
        }
    }

    /// The key with which it signs its own identity.
    pub fn key(self) -> KeyName {
        match self {
            Self::Line(line) => KeyName::Line(line),
            Self::Gateway => KeyName::Gateway,
        }
    }

    /// The line that it serves, if it is one's.
    pub fn line(self) -> Option<Line> {
        match self {
            Self::Line(line) => Some(line),
            Self::Gateway => None,
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a service; the services are self-service, service-desk, technical, expert, vendor, gateway")]
pub struct NotAService(String);

impl FromStr for ServiceName {
    type Err = NotAService;

    fn from_str(given: &str) -> Result<Self, NotAService> {
        match given {
            "gateway" => Ok(Self::Gateway),
            line => line.parse().map(Self::Line).map_err(|_| NotAService(given.to_owned())),
        }
    }
}

/// Who calls; put there by the layers before the handler runs.
///
/// # Errors
/// When the request did not come through the layers, or to an RPC that is open to anyone.
pub fn caller<T>(request: &tonic::Request<T>) -> Result<&Caller, Refusal> {
    request.extensions().get().ok_or(Refusal::Unauthenticated(TokenError::Missing))
}
