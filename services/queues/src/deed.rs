//! What people do with tickets of a queue, the same for one ticket and for many.

use std::sync::Arc;

use handover::{Change, OwnDeed, Refused, Rules};
use jiff::Timestamp;
use rpc::identity::{Caller, Role};
use store::Mark;
use ticket::{EventBody, Impact, QueueEvent, ReleaseReason, State, Ticket, Urgency, WrongState};

use crate::entering::wait;
use crate::staff::Staff;

/// Who does it.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) subject: String,
    pub(crate) supervises: bool,
}

impl Who {
    pub(crate) fn of(caller: &Caller) -> Self {
        Self { subject: caller.subject.clone(), supervises: caller.role == Role::Supervisor }
    }

    /// Fails when the ticket stands in the queue of a group that is not theirs.
    fn reaches(&self, change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
        let Some(group) = &ticket.assignment.group else { return Ok(()) };
        let mut own = change.plan.groups_of(change.line, &self.subject);
        if self.supervises || change.plan.group(group).is_none() || own.any(|one| one.id == *group) {
            Ok(())
        } else {
            Err(Refused::NotYourQueue(group.clone()))
        }
    }

    /// Fails when somebody else has the ticket.
    fn has_or_nobody(&self, ticket: &Ticket) -> Result<(), Refused> {
        match &ticket.assignment.assignee {
            Some(other) if *other != self.subject && !self.supervises => {
                Err(Refused::AssignedToAnother { ticket: ticket.facts.id, assignee: other.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// What is done.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Claim,
    Release { why: String },
    Reassign { assignee: Option<String>, group: Option<String>, why: String, insist: bool },
    TakeOver { why: String },
    EndEscalation { why: String },
    Prioritize { impact: Impact, urgency: Urgency },
    Hold { reason: String, until: Option<Timestamp>, note: String },
    Resume,
    Own(OwnDeed),
}

impl Deed {
    /// Its words in messages and spans.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Release { .. } => "release",
            Self::Reassign { .. } => "reassign",
            Self::TakeOver { .. } => "take over",
            Self::EndEscalation { .. } => "end the escalation of",
            Self::Prioritize { .. } => "prioritize",
            Self::Hold { .. } => "hold",
            Self::Resume => "resume",
            Self::Own(deed) => deed.name(),
        }
    }

    /// Does it to `ticket` within a change that will put it. What is refused has written nothing.
    pub(crate) async fn apply(
        &self,
        change: &Change<'_>,
        staff: &mut Staff,
        rules: &Arc<dyn Rules>,
        who: &Who,
        ticket: &mut Ticket,
    ) -> Result<(), Refused> {
        let id = ticket.facts.id;
        if let Self::Own(deed) = self {
            // What states allow it the line itself knows.
            who.reaches(change, ticket)?;
            return rules.deed(change, ticket, deed).await;
        }
        ticket.may_work(self.name()).map_err(Refused::state(id))?;
        if ticket.assignment.forced && !who.supervises {
            let owner = ticket.assignment.assignee.clone().unwrap_or_default();
            return Err(Refused::HopBudgetSpent { ticket: id, owner });
        }
        let from = ticket.assignment.assignee.clone();
        match self {
            Self::Claim => {
                who.has_or_nobody(ticket)?;
                who.reaches(change, ticket)?;
                if from.as_ref() == Some(&who.subject) {
                    return Ok(());
                }
                ticket.assignment.assignee = Some(who.subject.clone());
                change.log(ticket, EventBody::Queue(QueueEvent::Claimed { person: who.subject.clone() })).await?;
            }
            Self::Release { why } => {
                who.has_or_nobody(ticket)?;
                let Some(from) = from else {
                    let problem = WrongState::Refused { action: "release", state: "in the queue" };
                    return Err(Refused::State { ticket: id, problem });
                };
                ticket.assignment.assignee = None;
                ticket.assignment.forced = false;
                let (because, why) = (ReleaseReason::ByHand, why.clone());
                let event = QueueEvent::Released { from: from.clone(), because, why };
                change.log(ticket, EventBody::Queue(event)).await?;
                if !staff.seat(change, ticket, Some(&from), true).await? {
                    wait(change, ticket).await?;
                }
            }
            Self::Reassign { assignee, group, why, insist } => {
                who.has_or_nobody(ticket)?;
                who.reaches(change, ticket)?;
                self.fits(change, staff, ticket, who.supervises && *insist).await?;
                if let Some(group) = group {
                    ticket.assignment.group = Some(group.clone());
                }
                ticket.assignment.assignee.clone_from(assignee);
                ticket.assignment.forced = false;
                let (group, why) = (ticket.assignment.group.clone(), why.clone());
                let event = QueueEvent::Reassigned { from: from.clone(), to: assignee.clone(), group, why };
                change.log(ticket, EventBody::Queue(event)).await?;
                match assignee {
                    Some(person) => staff.count(person, true),
                    None => {
                        if !staff.seat(change, ticket, from.as_deref(), true).await? {
                            wait(change, ticket).await?;
                        }
                    }
                }
            }
            Self::TakeOver { why } => {
                ticket.assignment.assignee = Some(who.subject.clone());
                let (by, why) = (who.subject.clone(), why.clone());
                change.log(ticket, EventBody::Queue(QueueEvent::TakenOver { from, by, why })).await?;
                nobody_is_called(change, ticket).await?;
            }
            Self::EndEscalation { why } => {
                change.log(ticket, EventBody::Queue(QueueEvent::EscalationEnded { why: why.clone() })).await?;
                nobody_is_called(change, ticket).await?;
            }
            Self::Prioritize { impact, urgency } => {
                who.reaches(change, ticket)?;
                let Some(category) = ticket.facts.category.clone() else {
                    let problem = WrongState::Refused { action: "prioritize", state: "without a category" };
                    return Err(Refused::State { ticket: id, problem });
                };
                let (impact, urgency) = (*impact, *urgency);
                ticket.facts.impact = impact;
                ticket.facts.urgency = urgency;
                ticket.facts.reckon(change.plan.priority(impact, urgency));
                let priority = ticket.facts.priority;
                if ticket.state == State::Open {
                    ticket.wake = Some(change.queue_wake(ticket));
                }
                let mood = ticket.facts.mood;
                change.log(ticket, EventBody::Triaged { category, impact, urgency, mood, priority }).await?;
            }
            Self::Hold { reason, until, note } => {
                who.reaches(change, ticket)?;
                handover::hold(change, ticket, reason.clone(), *until, note.clone()).await?;
            }
            Self::Resume => {
                who.reaches(change, ticket)?;
                handover::resume(change, ticket).await?;
            }
            Self::Own(_) => {}
        }
        ticket.changed_at = change.now;
        Ok(())
    }

    /// Whether the group and the person to whom a ticket is to go are there and can take it.
    async fn fits(
        &self,
        change: &Change<'_>,
        staff: &mut Staff,
        ticket: &Ticket,
        insists: bool,
    ) -> Result<(), Refused> {
        let Self::Reassign { assignee, group, .. } = self else { return Ok(()) };
        if let Some(group) = group
            && change.plan.group(group).is_none_or(|known| known.line != change.line)
        {
            return Err(Refused::GroupUnknown(group.clone()));
        }
        let Some(person) = assignee else { return Ok(()) };
        if !change.plan.may_have(change.line, person) {
            return Err(Refused::PersonUnknown(person.clone()));
        }
        staff.know(change, std::slice::from_ref(person)).await?;
        match staff.candidate(change, person, ticket).lacks().filter(|_| !insists) {
            Some(lack) => Err(Refused::PersonNotFree { person: person.clone(), why: lack.name() }),
            None => Ok(()),
        }
    }
}

/// Supervisors find the ticket no more by having been called to it.
async fn nobody_is_called(change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
    for mark in [Mark::Escalated, Mark::Supervisor] {
        change.work.put_marks(change.organization(), ticket.facts.id, mark, &[]).await?;
    }
    Ok(())
}
