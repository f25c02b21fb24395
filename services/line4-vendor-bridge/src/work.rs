//! `VendorBridgeService`: line 4's own daily work.

use handover::wire::{Reader, instant};
use handover::{Desk, Order, Refused, answer, page_size, ticket_id};
use proto::vendor as wire;
use proto::vendor::vendor_bridge_service_server::VendorBridgeService;
use proto::vendor::{
    GetBondRequest, GetBondResponse, ListDeadLettersRequest, ListDeadLettersResponse, ReplayDeadLetterRequest,
    ReplayDeadLetterResponse, RespondRequest, RespondResponse,
};
use store::DeadLetter;
use ticket::custody::{HoldReason, State};
use ticket::field::TEXT_BYTES_MAX;
use ticket::{MessageId, TicketId};
use tonic::{Request, Response, Status, async_trait};

use crate::outgoing;
use crate::own::{Bond, BondState, Exchanged, Own};
use crate::rules::wait_for_vendor;

/// Serves `VendorBridgeService`.
pub(crate) struct Work(pub(crate) Desk);

#[async_trait]
impl VendorBridgeService for Work {
    async fn get_bond(&self, request: Request<GetBondRequest>) -> Result<Response<GetBondResponse>, Status> {
        answer(request, async |caller, request| {
            let id = ticket_id(&request.ticket_id)?;
            self.0.find(&caller.organization, id).await?;
            let own: Own = self.0.store().own(&caller.organization, id).await?;
            let bond = own.current().ok_or_else(|| no_bond(id))?;
            Ok(GetBondResponse { bond: Some(to_bond(id, bond)) })
        })
        .await
    }

    async fn respond(&self, request: Request<RespondRequest>) -> Result<Response<RespondResponse>, Status> {
        answer(request, async |caller, request| {
            let order =
                Order::of(&caller, "Respond", &request.request_id, &request)?.expecting(request.expected_version);
            let RespondRequest { request_id: _, expected_version: _, ticket_id, text } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let text = reader.text("text", &text, TEXT_BYTES_MAX);
            let id = reader.finish(id)?;
            self.0
                .change(&order, id, "write to the partner", move |change| {
                    Box::pin(async move {
                        let (mut ticket, read) = change.ticket(id).await?;
                        let mut own = Own::load(change, id).await?;
                        let bond = own.bonds.last_mut().ok_or_else(|| no_bond(id))?;
                        if bond.state.is_over() {
                            return Err(Refused::BondClosed(bond.id.to_string()));
                        }
                        ticket.may_work("write to the partner about").map_err(Refused::state(id))?;
                        outgoing::respond(change, &ticket, bond, &text).await?;
                        if matches!(bond.state, BondState::InformationRequested { .. }) {
                            bond.state = BondState::Accepted;
                        }
                        let answer = to_bond(id, bond);
                        own.save(change, &ticket).await?;
                        // A question to the client stays open, whatever else the partner is told.
                        if !matches!(ticket.state, State::OnHold { reason: HoldReason::Client { .. }, .. }) {
                            wait_for_vendor(change, &mut ticket)?;
                            change.put(&ticket, Some(read)).await?;
                        }
                        Ok(RespondResponse { bond: Some(answer) })
                    })
                })
                .await
        })
        .await
    }

    async fn list_dead_letters(
        &self,
        request: Request<ListDeadLettersRequest>,
    ) -> Result<Response<ListDeadLettersResponse>, Status> {
        answer(request, async |caller, request| {
            let ListDeadLettersRequest { page_size: size, page_token } = request;
            let size = page_size(size)?;
            let after = match page_token.as_str() {
                "" => None,
                token => Some(token.parse::<u64>().map_err(|_| Refused::PageToken)?),
            };
            let letters = self.0.store().dead_letters(&caller.organization, after, size).await?;
            let full = u32::try_from(letters.len()).is_ok_and(|count| count == size);
            let next = letters.last().filter(|_| full).map(|letter| letter.number.to_string());
            Ok(ListDeadLettersResponse {
                dead_letters: letters.into_iter().map(to_dead_letter).collect(),
                next_page_token: next.unwrap_or_default(),
            })
        })
        .await
    }

    async fn replay_dead_letter(
        &self,
        request: Request<ReplayDeadLetterRequest>,
    ) -> Result<Response<ReplayDeadLetterResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ReplayDeadLetter", &request.request_id, &request)?;
            let ReplayDeadLetterRequest { request_id: _, message_id } = request;
            let mut reader = Reader::default();
            let id = reader.id::<MessageId>("message_id", &message_id);
            let id = reader.finish(id)?;
            let organization = caller.organization.clone();
            let answer = self.0.once(&order, move |change| {
                Box::pin(async move {
                    if change.work.replay(&organization, id, change.now).await? {
                        Ok(ReplayDeadLetterResponse { message_id: id.to_string() })
                    } else {
                        Err(Refused::MessageNotFound(id.to_string()))
                    }
                })
            });
            let answer = answer.await?;
            self.0.nudge();
            Ok(answer)
        })
        .await
    }
}

fn no_bond(ticket: TicketId) -> Refused {
    Refused::BondNotFound(format!("of {ticket}"))
}

fn to_bond(ticket: TicketId, bond: &Bond) -> wire::Bond {
    let state = match bond.state {
        BondState::Offered => wire::BondState::Offered,
        BondState::Accepted => wire::BondState::Accepted,
        BondState::InformationRequested { .. } => wire::BondState::InformationRequested,
        BondState::FixProposed => wire::BondState::FixProposed,
        BondState::Rejected => wire::BondState::Rejected,
        BondState::Closed => wire::BondState::Closed,
    };
    let message = |Exchanged { from_partner, text, at }: Exchanged| wire::BondMessage {
        from_partner,
        text,
        at: Some(instant(at)),
    };
    wire::Bond {
        bond_id: bond.id.to_string(),
        ticket_id: ticket.to_string(),
        vendor: bond.vendor.clone(),
        partner_case_id: bond.partner_case_id.clone().unwrap_or_default(),
        state: state as i32,
        messages: bond.messages.iter().cloned().map(message).collect(),
    }
}

fn to_dead_letter(letter: DeadLetter) -> wire::DeadLetter {
    let DeadLetter { number: _, message, attempts, error } = letter;
    wire::DeadLetter {
        message_id: message.id.to_string(),
        ticket_id: message.ticket.map(|ticket| ticket.to_string()).unwrap_or_default(),
        to: message.to,
        kind: message.kind,
        error,
        attempts,
    }
}
