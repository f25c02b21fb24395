//! Why a command cannot do what it was asked to, in words that say what to do.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rpc::KeyError;
use store::StoreError;
use ticket::{Line, OrganizationId};

use crate::target::Target;

/// What ends a command before its work is done. Its text is for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The operating system refused a file.
    #[error("cannot {action} {what} {} ({reason})", path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// What it is.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The file of settings has a fault.
    #[error("the settings in {} are wrong: {reason}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// Where and what.
        reason: String,
    },
    /// There is nothing to work by.
    #[error("there is no plan: give --plan FILE, put one into {}, or start with --demo", dir.display())]
    NoPlan {
        /// Where plans would be looked for.
        dir: PathBuf,
    },
    /// A plan has faults.
    #[error("{}\nmend the plan; `estafeta plan check FILE` shows the places", .0.plain())]
    Plan(Box<plan::Faults>),
    /// A plan allows what nobody knows to redact.
    #[error("{0}")]
    PlanAllows(String),
    /// A line cannot keep its plans.
    #[error("{line} cannot keep the plan: {reason}")]
    Plans {
        /// Which line.
        line: Line,
        /// What it says.
        reason: String,
    },
    /// Two plans for one organization.
    #[error("{} is a second plan of the organization `{organization}`; give one plan for each", path.display())]
    SecondPlan {
        /// The second one.
        path: PathBuf,
        /// Whose.
        organization: String,
    },
    /// A calendar gives no holidays.
    #[error("{}: {reason}", path.display())]
    Holidays {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: plan::NoHolidays,
    },
    /// A set cannot be measured.
    #[error("{0}; give another folder by --dir, or another set by --set")]
    Evaluation(#[from] evaluation::EvaluationError),
    /// Open tickets need what a changed plan no longer has.
    #[error("the plan of `{organization}`: {}", list(orphans))]
    Orphans {
        /// Whose.
        organization: OrganizationId,
        /// What they need.
        orphans: Vec<plan::Orphan>,
    },
    /// Keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// A database cannot be opened or read.
    #[error("the database of {line}: {error}{}", cause(error))]
    Store {
        /// Whose.
        line: Line,
        /// What is wrong.
        error: StoreError,
    },
    /// One database for several lines.
    #[error(
        "the database given for all lines would be shared by {line} and others; give each its own as `{}=URL`, or a PostgreSQL server without `schema=`",
        Target::of(*line)
    )]
    SharedDatabase {
        /// One of them.
        line: Line,
    },
    /// Nobody can listen there.
    #[error("{target} cannot listen on {addr} ({reason}); {}", listen_help(reason))]
    Listen {
        /// Which service.
        target: Target,
        /// Where.
        addr: SocketAddr,
        /// What the system said.
        reason: io::Error,
    },
    /// An address cannot be called.
    #[error(transparent)]
    Dial(#[from] rpc::client::DialError),
    /// An internal service cannot be called.
    #[error(transparent)]
    Backend(#[from] backends::Unfit),
    /// The gateway cannot start.
    #[error(transparent)]
    Gateway(#[from] gateway::GatewayError),
    /// Telemetry cannot start.
    #[error(transparent)]
    Telemetry(#[from] telemetry::TelemetryError),
    /// Articles cannot be read.
    #[error(transparent)]
    Knowledge(#[from] knowledge::file::FileError),
    /// What was given cannot be used.
    #[error("{0}")]
    Given(String),
    /// No running service was found.
    #[error(
        "{target} is not running as far as {0} tells; start it with `estafeta up --data {0}`, or say where it is with --address",
        dir.display()
    )]
    NotRunning {
        /// Which.
        target: Target,
        /// Where its address would stand.
        dir: PathBuf,
    },
    /// A service refused, or is away.
    #[error("{}", refusal(.0))]
    Refused(Box<tonic::Status>),
    /// It took too long.
    #[error("{0} did not happen in time")]
    Late(String),
}

impl Failure {
    /// Makes a failure of what the system says to reading `path`.
    pub(crate) fn reading(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |reason| Self::File { action: "read", what, path, reason }
    }

    /// Makes a failure of what the system says to writing `path`.
    pub(crate) fn writing(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |reason| Self::File { action: "write", what, path, reason }
    }
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

fn list(orphans: &[plan::Orphan]) -> String {
    orphans.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The driver's own words; whoever starts a service may read them.
fn cause(error: &StoreError) -> String {
    let what_to_do = match error {
        StoreError::Unavailable(_) => "; is the address right, the server running, the directory writable?",
        StoreError::Full(_) | StoreError::Busy(_) | StoreError::NewerSchema { .. } | StoreError::BadUrl { .. } => "",
        StoreError::Corrupt { .. } => "; restore it from a backup",
        StoreError::Conflict { .. }
        | StoreError::AlreadyExists { .. }
        | StoreError::Missing { .. }
        | StoreError::Closed
        | StoreError::BadToken
        | StoreError::Refused(_) => "; this should not happen, look at the log",
    };
    let said = error.source().map(|source| format!(" ({source})")).unwrap_or_default();
    format!("{said}{what_to_do}")
}

fn listen_help(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::AddrInUse => {
            "something else uses the port, perhaps a suite that is already running: stop it, or choose another with --port-base or --listen"
        }
        io::ErrorKind::PermissionDenied => "choose a port above 1023 with --port-base or --listen",
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address: choose another with --host",
        _ => "choose another with --host, --port-base or --listen",
    }
}

/// A refusal with its reason and the fields that are wrong.
fn refusal(status: &tonic::Status) -> String {
    let reason = rpc::reason_of(status).map(|reason| {
        let name = reason.as_str_name().trim_start_matches("REASON_");
        format!(" [{name}]")
    });
    let fields: String = rpc::violations_of(status).iter().map(|violation| format!("\n  {violation}")).collect();
    format!("{}{}{fields}", status.message(), reason.unwrap_or_default())
}
