//! What follows from a partner's words: each message once, in the partner's order, in one transaction.

use handover::{Change, Refused, ask, known_answer, offer_back, offer_solved, report};
use prost::Message;
use proto::handover as hand;
use proto::partner::Acknowledgement;
use ticket::custody::{HoldReason, State};
use ticket::field::Violation;
use ticket::{BondId, ClarificationId, EventBody, Line, MessageId, Resolution, ReturnReason, Ticket, TicketId};

use crate::boundary::{Boundary, inward};
use crate::own::{Bond, BondState, Exchanged, Incoming, Own, PARKED_MAX, Said};
use crate::rules::wait_for_vendor;
use texts::Text;

/// A partner's message about a bond, read and checked.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) bond: BondId,
    /// The partner's own id of it.
    pub(crate) message_id: String,
    /// From 1.
    pub(crate) sequence: u32,
    pub(crate) partner_case_id: Option<String>,
    pub(crate) said: Said,
    /// What tells its content from that of another under the same id.
    pub(crate) fingerprint: Vec<u8>,
}

/// What came of a message.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) acknowledgement: Acknowledgement,
    /// The handover that followed from it, to be tried at once.
    pub(crate) outcome: Option<hand::Outcome>,
}

/// Takes a message of `vendor` about a bond of ticket `id` in, and acts on all whose turn it is.
pub(crate) async fn hear(change: &Change<'_>, id: TicketId, vendor: &str, letter: Letter) -> Result<Heard, Refused> {
    let Letter { bond: bond_id, message_id, sequence, partner_case_id, said, fingerprint } = letter;
    let (mut ticket, read) = change.ticket(id).await?;
    let mut own = Own::load(change, id).await?;
    let not_found = || Refused::BondNotFound(bond_id.to_string());
    // Another vendor's partner learns nothing, not even that there is such a bond.
    let bond = own.with_mut(vendor).filter(|bond| bond.id == bond_id).ok_or_else(not_found)?;

    let inbox_id = MessageId::of_step(id, &format!("from-partner:{vendor}"), &message_id);
    if let Some(acknowledgement) = known_answer(change, inbox_id, &fingerprint).await? {
        return Ok(Heard { acknowledgement, outcome: None });
    }
    let incoming = Incoming { id: inbox_id, partner_case_id, said };
    fits(bond, &incoming, sequence)?;

    bond.parked.insert(sequence, incoming);
    let (mut outcome, mut acted) = (None, false);
    while let Some(next) = bond.parked.remove(&bond.heard.saturating_add(1)) {
        bond.heard = bond.heard.saturating_add(1);
        acted = true;
        outcome = outcome.or(act(change, &mut ticket, bond, next).await?);
    }
    let acknowledgement = Acknowledgement { message_id, waiting_for_earlier: !acted };
    own.save(change, &ticket).await?;
    if acted {
        change.put(&ticket, Some(read)).await?;
    }
    let answer = acknowledgement.encode_to_vec();
    change.work.remember_inbox(change.organization(), inbox_id, None, &fingerprint, answer).await?;
    Ok(Heard { acknowledgement, outcome })
}

/// Whether a message that is new may be taken.
fn fits(bond: &Bond, incoming: &Incoming, sequence: u32) -> Result<(), Refused> {
    let conflict = |why: String| Refused::BondConflict { bond: bond.id.to_string(), why };
    match (&bond.partner_case_id, &incoming.partner_case_id, &incoming.said) {
        (Some(known), Some(named), _) if known != named => {
            return Err(conflict(format!("its case is {known}, not {named}")));
        }
        (None, None, Said::Accept { .. }) => {
            let fault = "is empty; whoever accepts a case says under which id";
            return Err(Refused::Fields(vec![Violation::new("envelope.partner_case_id", fault)]));
        }
        (Some(_) | None, Some(_) | None, _) => {}
    }
    // Who ends a case that is over agrees with us.
    if bond.state.is_over() && !matches!(incoming.said, Said::Close { .. }) {
        return Err(Refused::BondClosed(bond.id.to_string()));
    }
    if sequence <= bond.heard || bond.parked.contains_key(&sequence) {
        return Err(conflict(format!("its message {sequence} was another one")));
    }
    if sequence - bond.heard > PARKED_MAX {
        let fault = format!(
            "is {sequence}, and message {} is not here yet; at most {PARKED_MAX} ahead are taken",
            bond.heard + 1
        );
        return Err(Refused::Fields(vec![Violation::new("envelope.sequence", fault)]));
    }
    Ok(())
}

/// Acts on the message whose turn it is. Once the ticket has left, or is on its way, the words are only kept.
async fn act(
    change: &Change<'_>,
    ticket: &mut Ticket,
    bond: &mut Bond,
    incoming: Incoming,
) -> Result<Option<hand::Outcome>, Refused> {
    let Incoming { id, partner_case_id, said } = incoming;
    if bond.partner_case_id.is_none() {
        bond.partner_case_id = partner_case_id;
    }
    if let Said::Respond { text } = &said {
        let boundary = Boundary::new(&change.plan, &ticket.facts, &bond.vendor);
        if boundary.is_echo(text, bond.last_sent(), &bond.map) {
            return Ok(None);
        }
    }
    let words = inward(&said.words(), &bond.map);
    let verb = said.verb().to_owned();
    change.log(ticket, EventBody::PartnerSaid { bond: bond.id, verb, text: words.clone() }).await?;
    bond.keep(Exchanged { from_partner: true, text: words.clone(), at: change.now });
    // It was parked, and the case was over when its turn came.
    if bond.state.is_over() {
        return Ok(None);
    }
    let is_here = ticket.may_work("hear the partner about").is_ok();
    let outcome = match said {
        Said::Accept { .. } => {
            if bond.state == BondState::Offered {
                bond.state = BondState::Accepted;
            }
            None
        }
        Said::Reject { .. } => {
            bond.state = BondState::Rejected;
            give_back(change, ticket, ReturnReason::RejectedByVendor, words).await?
        }
        Said::RequestInformation { .. } => {
            if is_here {
                let clarification = ClarificationId::of(ticket.facts.id, &as_request(id)?);
                ask(change, ticket, clarification, words, None).await?;
                bond.state = BondState::InformationRequested { clarification };
            }
            None
        }
        Said::Respond { .. } => {
            if is_here {
                report(change, ticket, words, &id.to_string()).await?;
            }
            None
        }
        Said::ProposeFix { root_cause, fix, workaround, how_to_verify } => {
            bond.state = BondState::FixProposed;
            let resolution = Resolution {
                by: change.line,
                root_cause: inward(&root_cause, &bond.map),
                done: inward(&fix, &bond.map),
                workaround,
                how_to_verify: inward(&how_to_verify, &bond.map),
                steps_to_verify: Vec::new(),
                knowledge: None,
            };
            if is_here { Some(offer_solved(change, ticket, resolution).await?) } else { None }
        }
        Said::Close { .. } => {
            let had_fix = bond.state == BondState::FixProposed;
            bond.state = BondState::Closed;
            let none = || Text::VendorEndedWithoutFix.plain(change.plan.profile().language).to_owned();
            let words = if words.is_empty() { none() } else { words };
            if had_fix { None } else { give_back(change, ticket, ReturnReason::OutOfScope, words).await? }
        }
    };
    // It has moved, so that its silence counts from now.
    if matches!(ticket.state, State::OnHold { reason: HoldReason::Vendor, .. }) && ticket.may_work("wait on").is_ok() {
        wait_for_vendor(change, ticket)?;
    }
    Ok(outcome)
}

/// Returns the ticket to the line that sent it. Where a spent hop budget has forced an owner, that person decides.
async fn give_back(
    change: &Change<'_>,
    ticket: &mut Ticket,
    reason: ReturnReason,
    asked_for: String,
) -> Result<Option<hand::Outcome>, Refused> {
    if ticket.may_work("return").is_err() {
        return Ok(None);
    }
    let has_way = ticket.came_from().is_some_and(|line| line != Line::SelfService);
    if ticket.assignment.forced || !has_way {
        let wake = change.queue_wake(ticket);
        ticket.resume(wake, change.now).map_err(Refused::state(ticket.facts.id))?;
        return Ok(None);
    }
    offer_back(change, ticket, reason, asked_for, false).await.map(Some)
}

/// The partner's message as what a question to the client is derived from.
fn as_request(id: MessageId) -> Result<ticket::RequestId, Refused> {
    id.to_string()
        .parse()
        .map_err(|error| Refused::Fields(vec![Violation::new("envelope.message_id", format!("{error}"))]))
}
