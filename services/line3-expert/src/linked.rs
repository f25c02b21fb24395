//! Problems and their tickets in the database, and how the tickets are told: a page at a time, by a durable timer, so that
//! a process that dies goes on where it stood.

use handover::{Change, Refused, tell_problem};
use known::tell_item;
use problems::{Problem, Stage};
use proto::errors::Reason;
use serde::{Deserialize, Serialize};
use store::{Store, Timer, Version};
use ticket::{Line, OrganizationId, ProblemId, TicketId};

use crate::shelved;

/// The kind of the documents, and of the timers that tell the tickets.
pub(crate) const KIND: &str = "problem";
/// The key by stage.
pub(crate) const BY_STAGE: &str = "stage";
/// Its value for all that are not over.
pub(crate) const OPEN: &str = "open";

/// The kind of the documents that say which ticket a problem is behind.
pub(crate) const LINK: &str = "problem-ticket";
/// Their key by problem.
pub(crate) const BY_PROBLEM: &str = "problem";

/// So many tickets are told in one transaction.
const TOLD_AT_ONCE: u32 = 20;

/// Which ticket a problem is behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) ticket: TicketId,
    /// Who linked it.
    pub(crate) by: String,
}

/// What is wrong with a problem.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProblemRefused {
    #[error("there is no problem {0}")]
    NotFound(ProblemId),
    #[error("problem {id}: {why}")]
    WrongState { id: ProblemId, why: String },
    #[error("problem {id} was changed since you saw it: it is at version {present}, you saw {expected}")]
    Changed { id: ProblemId, expected: u64, present: u64 },
}

impl rpc::Problem for ProblemRefused {
    fn reason(&self) -> Reason {
        match self {
            Self::NotFound(_) => Reason::ProblemNotFound,
            Self::WrongState { .. } => Reason::ProblemWrongState,
            Self::Changed { .. } => Reason::ProblemChanged,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotFound(id) => vec![("problem", id.to_string())],
            Self::WrongState { id, why } => vec![("problem", id.to_string()), ("why", why.clone())],
            Self::Changed { id, expected, present } => {
                vec![("problem", id.to_string()), ("expected", expected.to_string()), ("present", present.to_string())]
            }
        }
    }
}

impl From<ProblemRefused> for Refused {
    fn from(problem: ProblemRefused) -> Self {
        Self::Own(Box::new(problem))
    }
}

/// A problem, to be read.
pub(crate) async fn find(
    store: &Store,
    organization: &OrganizationId,
    id: ProblemId,
) -> Result<(Problem, Version), Refused> {
    let found = store.document(organization, KIND, &id.to_string()).await?;
    found.ok_or_else(|| ProblemRefused::NotFound(id).into())
}

/// A problem, to be changed by somebody who saw it at the version `expected`; 0 when it does not matter.
pub(crate) async fn load(change: &Change<'_>, id: ProblemId, expected: u64) -> Result<(Problem, Version), Refused> {
    let found = change.work.document(change.organization(), KIND, &id.to_string()).await?;
    let (problem, version): (Problem, Version) = found.ok_or(ProblemRefused::NotFound(id))?;
    let present = version.number();
    if expected > 0 && expected != present {
        return Err(ProblemRefused::Changed { id, expected, present }.into());
    }
    Ok((problem, version))
}

/// Writes a problem with its keys; when there is news since `told_before`, its tickets and the lines below are told.
pub(crate) async fn save(
    change: &Change<'_>,
    problem: &Problem,
    read: Option<Version>,
    told_before: u32,
) -> Result<Version, Refused> {
    let (organization, id) = (change.organization(), problem.id.to_string());
    let version = change.work.put_document(organization, KIND, &id, problem, read).await?;
    let mut keys = vec![(BY_STAGE, problem.stage().name().to_owned())];
    if !problem.stage().is_over() {
        keys.push((BY_STAGE, OPEN.to_owned()));
    }
    change.work.put_keys(organization, KIND, &id, &keys).await?;
    if problem.told > told_before {
        change.set_timer(KIND, id, None, change.now, serde_json::Value::Null).await?;
        if let Some(news) = shelved::news_of_problem(problem, change.plan.profile().language) {
            tell_item(change, &news).await?;
        }
    }
    Ok(version)
}

/// Says that a problem is behind these tickets, and tells them what is known of it.
pub(crate) async fn link(
    change: &Change<'_>,
    problem: &Problem,
    tickets: &[TicketId],
    by: &str,
    step: &str,
) -> Result<(), Refused> {
    if problem.stage() == Stage::Cancelled {
        let why = "it is cancelled, and behind no ticket".to_owned();
        return Err(ProblemRefused::WrongState { id: problem.id, why }.into());
    }
    for ticket in tickets {
        let id = key(problem.id, *ticket);
        if change.work.document::<Link>(change.organization(), LINK, &id).await?.is_some() {
            continue;
        }
        let link = Link { ticket: *ticket, by: by.to_owned() };
        change.work.put_document(change.organization(), LINK, &id, &link, None).await?;
        let keys = [(BY_PROBLEM, problem.id.to_string())];
        change.work.put_keys(change.organization(), LINK, &id, &keys).await?;
        tell_problem(change, *ticket, Line::OWNER, problem.news(true), step).await?;
    }
    Ok(())
}

/// Says that a problem is not behind a ticket after all.
pub(crate) async fn unlink(
    change: &Change<'_>,
    problem: &Problem,
    ticket: TicketId,
    step: &str,
) -> Result<(), Refused> {
    if change.work.delete_document(change.organization(), LINK, &key(problem.id, ticket)).await? {
        tell_problem(change, ticket, Line::OWNER, problem.news(false), step).await?;
    }
    Ok(())
}

/// Tells the next tickets of a problem how it stands now, and comes again for the rest.
pub(crate) async fn rang(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let found = change.work.document(change.organization(), KIND, &timer.id).await?;
    let Some((problem, _)): Option<(Problem, Version)> = found else { return Ok(()) };
    let after = timer.payload.as_str();
    let links =
        change.work.documents_by::<Link>(change.organization(), LINK, BY_PROBLEM, &timer.id, after, TOLD_AT_ONCE);
    let links = links.await?;
    for (_, link, _) in &links {
        tell_problem(change, link.ticket, Line::OWNER, problem.news(true), "told").await?;
    }
    match links.last().filter(|_| links.len() == TOLD_AT_ONCE as usize) {
        Some((last, ..)) => {
            let payload = serde_json::Value::String(last.clone());
            change.set_timer(KIND, timer.id.clone(), None, change.now, payload).await
        }
        None => Ok(()),
    }
}

fn key(problem: ProblemId, ticket: TicketId) -> String {
    format!("{problem}.{ticket}")
}
