//! Step (a): the sender offers, and the offer is in the outbox, in one transaction.

use futures::future::BoxFuture;
use proto::{handover as hand, line1, line2, line3, vendor};
use rpc::identity::Role;
use store::Version;
use ticket::custody::Passage;
use ticket::event::Decline;
use ticket::facts::Contact;
use ticket::{
    Baton, Custody, EventBody, Evidence, HandoverId, Line, MessageId, OrganizationId, Resolution, ReturnReason, Ticket,
    TicketId,
};

use crate::change::Change;
use crate::desk::Desk;
use crate::fuse::{CrashPoint, Fuse};
use crate::order::Order;
use crate::parcel::Parcel;
use crate::refused::Refused;
use crate::wire::{enums, evidence, record};

/// A ticket as its sender has it after a handover was tried, and how the handover stands.
pub type Sent = (Ticket, Version, hand::Outcome);

impl Desk {
    /// Hands a ticket up to the line that the evidence is meant for.
    ///
    /// # Errors
    /// What the state, the topology or the hop budget does not allow.
    pub async fn hand_up(
        &self,
        order: &Order,
        id: TicketId,
        evidence: Evidence,
        contact: Option<Contact>,
    ) -> Result<Sent, Refused> {
        let may_override = order.caller.role == Role::Supervisor;
        let (fuse, rules) = (self.0.fuse.clone(), self.0.rules.clone());
        fuse.pass(CrashPoint::BeforeOffer).await;
        let outcome = self
            .change(order, id, "escalate", move |change| {
                Box::pin(async move {
                    let (mut ticket, read) = change.ticket(id).await?;
                    rules.leaving(change, &ticket, Passage::Escalation).await?;
                    let evidence = rules.complete(change, &ticket, evidence).await?;
                    let outcome = offer_up(change, &mut ticket, evidence, contact, may_override).await?;
                    change.put(&ticket, Some(read)).await?;
                    fuse.cut(CrashPoint::WithinOffer)?;
                    Ok(outcome)
                })
            })
            .await?;
        self.first_try(&order.caller.organization, id, outcome).await
    }

    /// Hands a ticket back to the line below from which it came.
    ///
    /// # Errors
    /// What the state, the topology or the hop budget does not allow.
    pub async fn hand_back(
        &self,
        order: &Order,
        id: TicketId,
        reason: ReturnReason,
        asked_for: String,
    ) -> Result<Sent, Refused> {
        let may_override = order.caller.role == Role::Supervisor;
        self.leave(order, id, ("return", Passage::Return), move |change, ticket| {
            Box::pin(async move { offer_back(change, ticket, reason, asked_for, may_override).await })
        })
        .await
    }

    /// Hands a solved ticket in to line 1.
    ///
    /// # Errors
    /// What the state does not allow.
    pub async fn hand_in(&self, order: &Order, id: TicketId, resolution: Resolution) -> Result<Sent, Refused> {
        self.leave(order, id, ("resolve", Passage::Resolution), move |change, ticket| {
            Box::pin(async move { offer_solved(change, ticket, resolution).await })
        })
        .await
    }

    async fn leave(
        &self,
        order: &Order,
        id: TicketId,
        (action, passage): (&'static str, Passage),
        offer: impl for<'c, 'w> FnOnce(&'c Change<'w>, &'c mut Ticket) -> BoxFuture<'c, Result<hand::Outcome, Refused>>
        + Send
        + 'static,
    ) -> Result<Sent, Refused> {
        let (fuse, rules): (Fuse, _) = (self.0.fuse.clone(), self.0.rules.clone());
        fuse.pass(CrashPoint::BeforeOffer).await;
        let outcome = self
            .change(order, id, action, move |change| {
                Box::pin(async move {
                    let (mut ticket, read) = change.ticket(id).await?;
                    rules.leaving(change, &ticket, passage).await?;
                    let outcome = offer(change, &mut ticket).await?;
                    change.put(&ticket, Some(read)).await?;
                    fuse.cut(CrashPoint::WithinOffer)?;
                    Ok(outcome)
                })
            })
            .await?;
        self.first_try(&order.caller.organization, id, outcome).await
    }

    /// Step (b), the first time: inside the caller's deadline, so that a handover normally answers `accepted`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn first_try(
        &self,
        organization: &OrganizationId,
        id: TicketId,
        outcome: hand::Outcome,
    ) -> Result<Sent, Refused> {
        self.0.fuse.pass(CrashPoint::AfterOffer).await;
        let handover: HandoverId = outcome.handover_id.parse().map_err(|e| crate::change::corrupt(format!("{e}")))?;
        self.deliver_now(MessageId::of_handover(handover)).await;
        let (ticket, version) = self.find(organization, id).await?;
        let outcome = self.standing(&ticket, handover, outcome).await?;
        Ok((ticket, version, outcome))
    }

    /// How a handover that was offered here stands now.
    async fn standing(
        &self,
        ticket: &Ticket,
        handover: HandoverId,
        offered: hand::Outcome,
    ) -> Result<hand::Outcome, Refused> {
        let mut outcome = offered;
        let is_of = |epoch| HandoverId::of(ticket.facts.id, epoch) == handover;
        match ticket.custody {
            Custody::HandingOver { epoch, .. } if is_of(epoch) => return Ok(outcome),
            Custody::PassedOn { epoch, .. } if is_of(epoch) => {
                outcome.set_standing(hand::outcome::Standing::Accepted);
                return Ok(outcome);
            }
            // It was declined, or the ticket has moved on since: the log knows.
            Custody::Held | Custody::HandingOver { .. } | Custody::PassedOn { .. } => {}
        }
        let events = self.events_of(&ticket.facts.organization, ticket.facts.id).await?;
        for event in events {
            match event.body {
                EventBody::Accepted { handover: one, .. } if one == handover => {
                    outcome.set_standing(hand::outcome::Standing::Accepted);
                }
                EventBody::Declined { handover: one, why, .. } if one == handover => {
                    outcome.set_standing(hand::outcome::Standing::Declined);
                    outcome.declined = Some(record::to_declined(&why));
                }
                _ => {}
            }
        }
        Ok(outcome)
    }
}

/// Offers `ticket` up, within a change that will put it.
///
/// # Errors
/// What the state, the topology or the hop budget does not allow.
pub async fn offer_up(
    change: &Change<'_>,
    ticket: &mut Ticket,
    given: Evidence,
    contact: Option<Contact>,
    may_override: bool,
) -> Result<hand::Outcome, Refused> {
    let to = given.receiver();
    ticket.may_work("hand over").map_err(Refused::state(ticket.facts.id))?;
    if !change.plan.topology().allows(change.line, to) {
        return Err(Refused::NotInTopology { from: change.line, to });
    }
    forced_owner_decides(change, ticket, may_override)?;
    let baton = ticket.offer(to, Passage::Escalation, change.now).map_err(Refused::state(ticket.facts.id))?;
    let handover = baton.id();
    let wire = record::to_baton(baton.clone());
    let parcel = Parcel::Offer;
    match given {
        Evidence::ServiceDesk(given) => {
            let evidence = Some(evidence::to_desk(given, contact));
            let message = line1::OfferRequest { baton: Some(wire), evidence };
            change.send_handover(ticket, handover, to, parcel, &message).await?;
        }
        Evidence::Technical(given) => {
            let message = line2::OfferRequest { baton: Some(wire), evidence: Some(evidence::to_technical(given)) };
            change.send_handover(ticket, handover, to, parcel, &message).await?;
        }
        Evidence::Expert(given) => {
            let message = line3::OfferRequest { baton: Some(wire), evidence: Some(evidence::to_expert(given)) };
            change.send_handover(ticket, handover, to, parcel, &message).await?;
        }
        Evidence::Vendor(given) => {
            let message = vendor::OfferRequest { baton: Some(wire), evidence: Some(evidence::to_vendor(given)) };
            change.send_handover(ticket, handover, to, parcel, &message).await?;
        }
    }
    offered(change, ticket, &baton, Passage::Escalation).await
}

/// Offers `ticket` back to where it came from, within a change that will put it.
///
/// # Errors
/// What the state, the topology or the hop budget does not allow.
pub async fn offer_back(
    change: &Change<'_>,
    ticket: &mut Ticket,
    reason: ReturnReason,
    asked_for: String,
    may_override: bool,
) -> Result<hand::Outcome, Refused> {
    ticket.may_work("return").map_err(Refused::state(ticket.facts.id))?;
    // Line 0 is a machine that has already said it can't.
    let to = ticket
        .came_from()
        .filter(|line| *line != Line::SelfService)
        .ok_or(Refused::NotInTopology { from: change.line, to: Line::SelfService })?;
    forced_owner_decides(change, ticket, may_override)?;
    let budget = change.plan.hop_budget();
    let spent = ticket.returned_to(to) >= budget.returns;
    let mut baton = ticket.offer(to, Passage::Return, change.now).map_err(Refused::state(ticket.facts.id))?;
    if spent {
        baton.forced_owner = Some(budget.supervisor.clone());
        change.log(ticket, EventBody::OwnerForced { owner: budget.supervisor.clone(), other: to }).await?;
    }
    let message = hand::ReturnRequest {
        baton: Some(record::to_baton(baton.clone())),
        reason: enums::to_return_reason(reason),
        asked_for,
    };
    change.send_handover(ticket, baton.id(), to, Parcel::Return, &message).await?;
    offered(change, ticket, &baton, Passage::Return).await
}

/// Offers a solved `ticket` to line 1, within a change that will put it.
///
/// # Errors
/// What the state does not allow.
pub async fn offer_solved(
    change: &Change<'_>,
    ticket: &mut Ticket,
    resolution: Resolution,
) -> Result<hand::Outcome, Refused> {
    ticket.may_work("resolve").map_err(Refused::state(ticket.facts.id))?;
    change.log(ticket, EventBody::Resolved { resolution: resolution.clone() }).await?;
    ticket.outcome = Some(resolution.clone());
    let baton = ticket.offer(Line::OWNER, Passage::Resolution, change.now).map_err(Refused::state(ticket.facts.id))?;
    let message = hand::ResolveRequest {
        baton: Some(record::to_baton(baton.clone())),
        resolution: Some(record::to_resolution(resolution)),
    };
    change.send_handover(ticket, baton.id(), Line::OWNER, Parcel::Resolve, &message).await?;
    offered(change, ticket, &baton, Passage::Resolution).await
}

async fn offered(
    change: &Change<'_>,
    ticket: &Ticket,
    baton: &Baton,
    passage: Passage,
) -> Result<hand::Outcome, Refused> {
    let (handover, to, epoch) = (baton.id(), baton.to, baton.epoch);
    change.log(ticket, EventBody::Offered { handover, to, epoch, passage }).await?;
    Ok(hand::Outcome {
        handover_id: handover.to_string(),
        standing: hand::outcome::Standing::Pending as i32,
        to: enums::to_line(to),
        epoch: epoch.number(),
        declined: None,
    })
}

/// Where a spent hop budget forced an owner, nobody but a supervisor passes the ticket on.
fn forced_owner_decides(change: &Change<'_>, ticket: &Ticket, may_override: bool) -> Result<(), Refused> {
    if ticket.assignment.forced && !may_override {
        let owner = ticket.assignment.assignee.clone();
        let owner = owner.unwrap_or_else(|| change.plan.hop_budget().supervisor.clone());
        return Err(Refused::HopBudgetSpent { ticket: ticket.facts.id, owner });
    }
    Ok(())
}

/// A decline that a sender makes of a receiver's definite refusal.
pub(crate) fn refused_by_receiver(message: &str) -> Decline {
    Decline::Unreadable { fault: message.to_owned() }
}
