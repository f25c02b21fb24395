//! From a request to who asks, and from a result to a response.

use rpc::identity::{Caller, Role, ServiceName};
use ticket::{Actor, Line};
use tonic::{Request, Response, Status};

use crate::refused::Refused;

/// Runs `work` for the verified caller of `request`, and makes the response or the one kind of status.
///
/// # Errors
/// The status of what `work` refuses.
pub async fn answer<Q, R, F>(request: Request<Q>, work: impl FnOnce(Caller, Q) -> F) -> Result<Response<R>, Status>
where
    F: Future<Output = Result<R, Refused>>,
{
    let caller = rpc::caller(&request).cloned().map_err(|refusal| rpc::into_status(&refusal))?;
    work(caller, request.into_inner()).await.map(Response::new).map_err(|refused| rpc::into_status(&refused))
}

/// Who did it, as the log names it.
#[must_use]
pub fn actor(caller: &Caller, here: Line) -> Actor {
    match &caller.role {
        Role::Client => Actor::Client,
        Role::Agent { .. } | Role::Supervisor | Role::KnowledgeEditor | Role::Administrator => {
            Actor::Person { subject: caller.subject.clone() }
        }
        Role::Partner { vendor } => Actor::Partner { vendor: vendor.clone() },
        Role::Service { name: ServiceName::Line(line) } => Actor::Line { line: *line },
        // The gateway acts for nobody else in its own name but the suite itself.
        Role::Service { name: ServiceName::Gateway } => Actor::Line { line: here },
    }
}

/// The line whose service calls; a line may speak only for itself.
///
/// # Errors
/// [`rpc::Refusal::RoleNotAllowed`] when the caller is no line's service, or speaks for another line.
pub fn sending_line(caller: &Caller, said: Line, method: &str) -> Result<Line, Refused> {
    match caller.role {
        Role::Service { name: ServiceName::Line(line) } if line == said => Ok(line),
        _ => Err(rpc::Refusal::RoleNotAllowed {
            method: method.to_owned(),
            role: format!("a sender that is not {said}"),
        }
        .into()),
    }
}
