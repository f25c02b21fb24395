//! What line 4 adds to the protocol: a case with the vendor for each ticket that it takes over.

use std::sync::Arc;

use handover::{Arrival, Carried, Change, Desk, Foresight, PartnerParcel, Refused, Rules, Told, ticket_of, wake_again};
use plan::Plan;
use store::Outgoing;
use tally::Tally;
use ticket::custody::{HoldReason, State};
use ticket::event::{Brought, Decline};
use ticket::evidence::VendorEvidence;
use ticket::field::{LINE_BYTES_MAX, optional};
use ticket::{EventBody, Evidence, Line, Ticket, Wake, WakeReason};
use tonic::{Status, async_trait};
use tracing::warn;

use crate::Partners;
use crate::outgoing;
use crate::own::{BOND_ALIAS, Bond, BondState, Own};
use texts::Text;

/// Line 4's rules.
pub(crate) struct Bridge {
    pub(crate) partners: Partners,
    pub(crate) tally: Tally,
}

#[async_trait]
impl Rules for Bridge {
    fn line(&self) -> Line {
        Line::Vendor
    }

    fn object(&self, plan: &Plan, brought: &Brought) -> Option<Decline> {
        let vendor = &brought_for_vendor(brought)?.vendor;
        plan.vendor(vendor).is_none().then(|| Decline::UnknownVendor { vendor: vendor.clone() })
    }

    async fn took_over(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        arrival: &Arrival,
        _: Foresight,
    ) -> Result<(), Refused> {
        let Some(evidence) = brought_for_vendor(&arrival.brought) else { return Ok(()) };
        let mut own = Own::load(change, ticket.facts.id).await?;
        let known = own.bonds.iter().position(|bond| bond.vendor == evidence.vendor);
        let known = known.map(|place| own.bonds.remove(place));
        // The ticket may have been away and back before the bridge heard that it had left.
        for other in &mut own.bonds {
            end(change, ticket, other, Text::VendorTakenBack.plain(change.plan.profile().language)).await?;
        }
        let bond = match known {
            Some(mut bond) => {
                outgoing::reopen(change, ticket, &mut bond, evidence).await?;
                bond.state = BondState::Offered;
                bond
            }
            None => {
                let mut bond = Bond::new(ticket, &evidence.vendor);
                let (organization, name) = (change.organization(), bond.id.to_string());
                change.work.alias(organization, BOND_ALIAS, &name, ticket.facts.id).await?;
                change.log(ticket, EventBody::BondOpened { bond: bond.id, vendor: bond.vendor.clone() }).await?;
                outgoing::open(change, ticket, &mut bond, evidence).await?;
                bond
            }
        };
        own.bonds.push(bond);
        own.save(change, ticket).await?;
        wait_for_vendor(change, ticket)
    }

    async fn left(&self, change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
        end_current(change, ticket, Text::VendorTakenBack.plain(change.plan.profile().language)).await
    }

    async fn told(&self, change: &Change<'_>, ticket: &mut Ticket, told: &Told) -> Result<(), Refused> {
        match told {
            Told::Answer { clarification, answer, sound: _ } => {
                let mut own = Own::load(change, ticket.facts.id).await?;
                let Some(bond) = own.open_mut() else { return Ok(()) };
                outgoing::respond(change, ticket, bond, answer).await?;
                if bond.state == (BondState::InformationRequested { clarification: *clarification }) {
                    bond.state = BondState::Accepted;
                }
                own.save(change, ticket).await?;
                // Another question may still be open, for which the ticket goes on waiting.
                if ticket.state == State::Open { wait_for_vendor(change, ticket) } else { Ok(()) }
            }
            Told::ClientMessage { text, sound: _ } => {
                let mut own = Own::load(change, ticket.facts.id).await?;
                let Some(bond) = own.open_mut() else { return Ok(()) };
                outgoing::respond(change, ticket, bond, text).await?;
                own.save(change, ticket).await
            }
            Told::Resolution { .. } => {
                end_current(change, ticket, Text::VendorSolvedWithout.plain(change.plan.profile().language)).await
            }
            Told::Question { .. } | Told::Progress { .. } | Told::Arranged(_) => Ok(()),
        }
    }

    async fn follow(&self, desk: &Desk, plan: &Arc<Plan>) -> Result<usize, Refused> {
        self.tally.follow(desk, plan).await
    }

    async fn woke(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        reason: WakeReason,
    ) -> Result<Option<Wake>, Refused> {
        match reason {
            WakeReason::VendorSilence => {
                let mut own = Own::load(change, ticket.facts.id).await?;
                let Some(bond) = own.open_mut() else {
                    // There is nobody left to wait for: a person decides.
                    let wake = change.queue_wake(ticket);
                    ticket.resume(wake.clone(), change.now).map_err(Refused::state(ticket.facts.id))?;
                    return Ok(Some(wake));
                };
                let text = Text::VendorReminder.plain(change.plan.profile().language);
                outgoing::respond(change, ticket, bond, text).await?;
                own.save(change, ticket).await?;
                Ok(Some(vendor_wake(change)))
            }
            WakeReason::QueueDeadline | WakeReason::BotDeadline | WakeReason::ClientSilence | WakeReason::AutoClose => {
                wake_again(change, ticket, reason).await
            }
        }
    }

    async fn carry(&self, desk: &Desk, parcel: PartnerParcel, message: &Outgoing) -> Result<Carried, Status> {
        outgoing::carry(desk, &self.partners, parcel, message).await
    }

    async fn carried(&self, change: &Change<'_>, message: &Outgoing, carried: &Carried) -> Result<(), Refused> {
        let (vendor, id) = (outgoing::vendor_of(message), ticket_of(message)?);
        let told = match optional("partner_case_id", &carried.partner_case_id, LINE_BYTES_MAX) {
            Ok(None) => return Ok(()),
            Ok(Some(told)) => told,
            Err(violation) => {
                warn!(ticket = %id, vendor, %violation, "the partner's case id cannot be read, going on without it");
                return Ok(());
            }
        };
        let (ticket, _) = change.ticket(id).await?;
        let mut own = Own::load(change, id).await?;
        match own.with_mut(vendor) {
            Some(bond) if bond.partner_case_id.is_none() => {
                bond.partner_case_id = Some(told);
                own.save(change, &ticket).await
            }
            Some(bond) if bond.partner_case_id.as_ref() != Some(&told) => {
                warn!(ticket = %id, vendor, bond = %bond.id, kept = bond.partner_case_id, told, "the partner names another case for the bond, keeping the first");
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn brought_for_vendor(brought: &Brought) -> Option<&VendorEvidence> {
    match brought {
        Brought::Evidence { evidence } => match evidence.as_ref() {
            Evidence::Vendor(evidence) => Some(evidence),
            Evidence::ServiceDesk(_) | Evidence::Technical(_) | Evidence::Expert(_) => None,
        },
        Brought::Return { .. } | Brought::Resolution { .. } => None,
    }
}

fn vendor_wake(change: &Change<'_>) -> Wake {
    change.wake_in(change.plan.vendor_silence(), WakeReason::VendorSilence)
}

/// The next move is the vendor's; its silence wakes the ticket.
pub(crate) fn wait_for_vendor(change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
    ticket.hold(HoldReason::Vendor, vendor_wake(change), change.now).map_err(Refused::state(ticket.facts.id))
}

/// Tells the partner of the current bond that it need not go on. One that has proposed a fix ends its case itself.
async fn end_current(change: &Change<'_>, ticket: &Ticket, text: &str) -> Result<(), Refused> {
    let mut own = Own::load(change, ticket.facts.id).await?;
    let Some(bond) = own.open_mut() else { return Ok(()) };
    end(change, ticket, bond, text).await?;
    own.save(change, ticket).await
}

async fn end(change: &Change<'_>, ticket: &Ticket, bond: &mut Bond, text: &str) -> Result<(), Refused> {
    if bond.state.is_at_work() {
        outgoing::close(change, ticket, bond, text).await?;
        bond.state = BondState::Closed;
    }
    Ok(())
}
