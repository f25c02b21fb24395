//! Why a line refuses something.

use std::time::Duration;

use jiff::Timestamp;
use proto::errors::Reason;
use rpc::Problem;
use store::StoreError;
use ticket::event::Window;
use ticket::field::Violation;
use ticket::{ClarificationId, Line, OrganizationId, RequestId, TicketId, VisitId, WrongState};

/// Why a line does not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Fields of the request are wrong.
    #[error("the request has {} wrong field(s): {}", .0.len(), listed(.0))]
    Fields(Vec<Violation>),
    /// Nothing here that the caller may see.
    #[error("there is no ticket {0} here")]
    TicketNotFound(String),
    /// The ticket's custody or state does not allow it.
    #[error("{problem}")]
    State {
        /// Which ticket.
        ticket: TicketId,
        /// What does not fit.
        #[source]
        problem: WrongState,
    },
    /// The organization's topology has no such way.
    #[error("{from} cannot hand to {to} in this organization; see its plan")]
    NotInTopology {
        /// The line that would hand over.
        from: Line,
        /// The line that would receive.
        to: Line,
    },
    /// Too many returns: the forced owner decides.
    #[error("{ticket} came back too often; {owner} decides what happens to it")]
    HopBudgetSpent {
        /// Which ticket.
        ticket: TicketId,
        /// The forced owner.
        owner: String,
    },
    /// Somebody changes the ticket at this moment.
    #[error("{0} is being changed at this moment; read it again and repeat")]
    ConcurrentChange(TicketId),
    /// The ticket is not what the caller saw.
    #[error("{ticket} changed since version {expected}; it is at version {present}: {changes}")]
    ChangedMeanwhile {
        /// Which ticket.
        ticket: TicketId,
        /// The version that the caller saw.
        expected: u64,
        /// The version now.
        present: u64,
        /// What happened since, the latest first, as a JSON list.
        changes: String,
    },
    /// Somebody else works on it.
    #[error("{assignee} has {ticket}; ask them to release it, or a supervisor to take it over")]
    AssignedToAnother {
        /// Which ticket.
        ticket: TicketId,
        /// Who has it.
        assignee: String,
    },
    /// It belongs to a group that is not the caller's.
    #[error("it is for the group `{0}`, which is not yours")]
    NotYourQueue(String),
    /// Nobody of that name.
    #[error("nobody called `{0}` works there by the plan")]
    PersonUnknown(String),
    /// Not now.
    #[error("{person} cannot take it: {why}")]
    PersonNotFree {
        /// Who.
        person: String,
        /// `away`, `not-working`, `full`, `language` or `skills`.
        why: &'static str,
    },
    /// No such group at the line.
    #[error("the line has no group `{0}`")]
    GroupUnknown(String),
    /// Not a collaborator.
    #[error("{person} takes no part in {ticket}; ask its custodian for an invitation")]
    NotInvited {
        /// Which ticket.
        ticket: TicketId,
        /// Who.
        person: String,
    },
    /// No such view.
    #[error("there is no view `{0}` for you")]
    ViewNotFound(String),
    /// The request id was used for something else.
    #[error("request id {0} was used before for a different request; draw a new one")]
    RequestIdReused(RequestId),
    /// No such question.
    #[error("there is no open question {0} on this ticket")]
    ClarificationNotFound(String),
    /// No such zone in the plan.
    #[error("the plan has no zone `{0}`")]
    ZoneUnknown(String),
    /// No such reason for a hold in the plan.
    #[error("the plan has no reason for a hold `{0}`")]
    HoldReasonUnknown(String),
    /// No such category in the plan.
    #[error("the plan has no category `{0}`")]
    CategoryUnknown(String),
    /// The step is not in the checklist, or may not be skipped.
    #[error("step `{step}`: {why}")]
    StepRefused {
        /// The step.
        step: String,
        /// Why.
        why: String,
    },
    /// The record of a ticket has as many as it may have.
    #[error("the record has {most} {what} already; it takes no more")]
    RecordFull {
        /// Of what.
        what: &'static str,
        /// How many it may have.
        most: usize,
    },
    /// The plan asks for a review of the help given so far first.
    #[error("{ticket}: the help given so far must be reviewed and accepted before you {action}")]
    ReviewRequired {
        /// Which ticket.
        ticket: TicketId,
        /// What was wanted.
        action: &'static str,
    },
    /// No such visit.
    #[error("there is no visit {0} here")]
    VisitNotFound(String),
    /// How the visit stands does not allow it.
    #[error("cannot {action} a visit that is {state}")]
    VisitState {
        /// Which visit.
        visit: VisitId,
        /// What was wanted.
        action: &'static str,
        /// How it stands.
        state: &'static str,
    },
    /// The engineer is busy then.
    #[error("{engineer} is busy with {visit} from {} to {}, the way included", busy.begins, busy.ends)]
    VisitClash {
        /// Who.
        engineer: String,
        /// With which visit.
        visit: VisitId,
        /// When.
        busy: Window,
    },
    /// Nobody drives out then.
    #[error("by the calendar {calendar} nobody drives out at {at}; choose another time, or say `outside_hours`")]
    OutsideHours {
        /// Who should.
        engineer: String,
        /// By which calendar.
        calendar: String,
        /// The first such minute.
        at: Timestamp,
    },
    /// No such bond with this partner.
    #[error("there is no bond {0} here")]
    BondNotFound(String),
    /// The bond is tied to another case.
    #[error("bond {bond}: {why}")]
    BondConflict {
        /// The bond.
        bond: String,
        /// What does not fit.
        why: String,
    },
    /// The case is over.
    #[error("the case of bond {0} is over")]
    BondClosed(String),
    /// Not one of ours.
    #[error("the page token is not one of this list; start over without it")]
    PageToken,
    /// Not one of ours.
    #[error("the resume token is not one of this stream; start over without it")]
    ResumeToken,
    /// No such undelivered message.
    #[error("there is no undelivered message {0}")]
    MessageNotFound(String),
    /// No plan for it.
    #[error("organization {0} has no plan here")]
    OrganizationUnknown(OrganizationId),
    /// A service of the suite could not be reached.
    #[error("{0} cannot be reached at this moment")]
    PeerUnavailable(Line),
    /// The plan's calendars do not tell when something is due.
    #[error(transparent)]
    Deadline(#[from] deadline::Unreckonable),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the rpc layer itself refuses.
    #[error(transparent)]
    Rpc(#[from] rpc::Refusal),
    /// What only one line knows how to refuse.
    #[error("{0}")]
    Own(Box<dyn Problem + Send + Sync>),
    /// The process part was stopped here by a test.
    #[error("stopped by a test")]
    Halted,
}

fn listed(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Refused {
    /// The clarification `id` is not open here.
    #[must_use]
    pub fn no_clarification(id: ClarificationId) -> Self {
        Self::ClarificationNotFound(id.to_string())
    }

    /// `ticket` does not allow it.
    pub fn state(ticket: TicketId) -> impl FnOnce(WrongState) -> Self {
        move |problem| Self::State { ticket, problem }
    }
}

impl Problem for Refused {
    fn reason(&self) -> Reason {
        match self {
            Self::Fields(_) => Reason::FieldInvalid,
            Self::TicketNotFound(_) => Reason::TicketNotFound,
            Self::State { problem: WrongState::Refused { .. }, .. } => Reason::WrongState,
            Self::State { problem: WrongState::NotCustodian { .. }, .. } => Reason::NotCustodian,
            Self::State { problem: WrongState::Stale { .. }, .. } => Reason::StaleEpoch,
            Self::NotInTopology { .. } => Reason::NotInTopology,
            Self::HopBudgetSpent { .. } => Reason::HopBudgetSpent,
            Self::ConcurrentChange(_) => Reason::ConcurrentChange,
            Self::ChangedMeanwhile { .. } => Reason::ChangedMeanwhile,
            Self::AssignedToAnother { .. } => Reason::AssignedToAnother,
            Self::NotYourQueue(_) => Reason::NotYourQueue,
            Self::PersonUnknown(_) => Reason::PersonUnknown,
            Self::PersonNotFree { .. } => Reason::PersonNotFree,
            Self::GroupUnknown(_) => Reason::GroupUnknown,
            Self::NotInvited { .. } => Reason::NotInvited,
            Self::ViewNotFound(_) => Reason::ViewNotFound,
            Self::RequestIdReused(_) => Reason::RequestIdReused,
            Self::ClarificationNotFound(_) => Reason::ClarificationNotFound,
            Self::ZoneUnknown(_) => Reason::ZoneUnknown,
            Self::CategoryUnknown(_) => Reason::CategoryUnknown,
            Self::HoldReasonUnknown(_) => Reason::HoldReasonUnknown,
            Self::StepRefused { .. } => Reason::ChecklistStepRefused,
            Self::RecordFull { .. } => Reason::RecordFull,
            Self::ReviewRequired { .. } => Reason::ReviewRequired,
            Self::VisitNotFound(_) => Reason::VisitNotFound,
            Self::VisitState { .. } => Reason::VisitWrongState,
            Self::VisitClash { .. } => Reason::VisitClash,
            Self::OutsideHours { .. } => Reason::OutsideHours,
            Self::BondNotFound(_) => Reason::BondNotFound,
            Self::BondConflict { .. } => Reason::BondConflict,
            Self::BondClosed(_) => Reason::BondClosed,
            Self::PageToken | Self::Store(StoreError::BadToken) => Reason::PageTokenInvalid,
            Self::ResumeToken => Reason::ResumeTokenInvalid,
            Self::MessageNotFound(_) => Reason::MessageNotFound,
            Self::OrganizationUnknown(_) => Reason::OrganizationUnknown,
            Self::PeerUnavailable(_) => Reason::PeerUnavailable,
            Self::Store(StoreError::Conflict { .. } | StoreError::AlreadyExists { .. }) => Reason::ConcurrentChange,
            Self::Store(
                StoreError::Full(_) | StoreError::Busy(_) | StoreError::Unavailable(_) | StoreError::Closed,
            ) => Reason::StorageUnavailable,
            Self::Store(_) | Self::Deadline(_) | Self::Halted => Reason::Internal,
            Self::Rpc(refusal) => refusal.reason(),
            Self::Own(problem) => problem.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TicketNotFound(ticket) => vec![("ticket", ticket.clone())],
            Self::State { ticket, problem } => {
                let mut all = vec![("ticket", ticket.to_string())];
                match problem {
                    WrongState::Refused { action, state } => {
                        all.extend([("action", (*action).to_owned()), ("state", (*state).to_owned())]);
                    }
                    WrongState::NotCustodian { holder, .. } => all.push(("holder", holder.to_string())),
                    WrongState::Stale { given, present } => {
                        all.extend([("epoch", given.to_string()), ("present", present.to_string())]);
                    }
                }
                all
            }
            Self::NotInTopology { from, to } => vec![("from", from.to_string()), ("to", to.to_string())],
            Self::HopBudgetSpent { ticket, owner } => vec![("ticket", ticket.to_string()), ("owner", owner.clone())],
            Self::ConcurrentChange(ticket) => vec![("ticket", ticket.to_string())],
            Self::ChangedMeanwhile { ticket, expected, present, changes } => vec![
                ("ticket", ticket.to_string()),
                ("expected", expected.to_string()),
                ("present", present.to_string()),
                ("changes", changes.clone()),
            ],
            Self::AssignedToAnother { ticket, assignee } => {
                vec![("ticket", ticket.to_string()), ("assignee", assignee.clone())]
            }
            Self::NotYourQueue(group) | Self::GroupUnknown(group) => vec![("group", group.clone())],
            Self::PersonUnknown(person) => vec![("person", person.clone())],
            Self::PersonNotFree { person, why } => vec![("person", person.clone()), ("why", (*why).to_owned())],
            Self::NotInvited { ticket, person } => vec![("ticket", ticket.to_string()), ("person", person.clone())],
            Self::ViewNotFound(view) => vec![("view", view.clone())],
            Self::RequestIdReused(request) => vec![("request_id", request.to_string())],
            Self::ClarificationNotFound(id) => vec![("clarification", id.clone())],
            Self::ZoneUnknown(zone) => vec![("zone", zone.clone())],
            Self::CategoryUnknown(category) => vec![("category", category.clone())],
            Self::HoldReasonUnknown(reason) => vec![("reason", reason.clone())],
            Self::StepRefused { step, .. } => vec![("step", step.clone())],
            Self::RecordFull { what, most } => vec![("what", (*what).to_owned()), ("most", most.to_string())],
            Self::ReviewRequired { ticket, action } => {
                vec![("ticket", ticket.to_string()), ("action", (*action).to_owned())]
            }
            Self::VisitNotFound(visit) => vec![("visit", visit.clone())],
            Self::VisitState { visit, action, state } => {
                vec![("visit", visit.to_string()), ("action", (*action).to_owned()), ("state", (*state).to_owned())]
            }
            Self::VisitClash { engineer, visit, busy: Window { begins, ends } } => vec![
                ("engineer", engineer.clone()),
                ("visit", visit.to_string()),
                ("begins", begins.to_string()),
                ("ends", ends.to_string()),
            ],
            Self::OutsideHours { engineer, calendar, at } => {
                vec![("engineer", engineer.clone()), ("calendar", calendar.clone()), ("at", at.to_string())]
            }
            Self::BondNotFound(bond) | Self::BondConflict { bond, .. } | Self::BondClosed(bond) => {
                vec![("bond", bond.clone())]
            }
            Self::MessageNotFound(message) => vec![("message", message.clone())],
            Self::OrganizationUnknown(organization) => vec![("organization", organization.to_string())],
            Self::PeerUnavailable(line) => vec![("peer", line.to_string())],
            Self::Rpc(refusal) => refusal.metadata(),
            Self::Own(problem) => problem.metadata(),
            Self::Fields(_)
            | Self::PageToken
            | Self::ResumeToken
            | Self::Deadline(_)
            | Self::Store(_)
            | Self::Halted => Vec::new(),
        }
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Fields(violations) => violations.clone(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rpc(refusal) => refusal.retry_after(),
            _ => None,
        }
    }
}
