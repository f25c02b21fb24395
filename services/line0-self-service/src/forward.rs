//! Passing on what the client writes once a person has the request.

use handover::{Desk, Refused};
use proto::line1::ReplyRequest;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use ticket::{Line, OrganizationId, TicketId, WrongState};
use tonic::Code;

/// Tells line 1 what the client wrote; under the client's own request id, so that a repeat is told once.
pub(crate) async fn forward(
    desk: &Desk,
    organization: &OrganizationId,
    id: TicketId,
    request_id: String,
    text: String,
) -> Result<(), Refused> {
    let channel = desk.peer(Line::ServiceDesk)?.of(organization);
    let request = ReplyRequest { request_id, ticket_id: id.to_string(), text, clarification_id: String::new() };
    match rpc::about(id, ServiceDeskServiceClient::new(channel).reply(request)).await {
        Ok(_) => Ok(()),
        Err(refused) if refused.code() == Code::FailedPrecondition => {
            let state = "closed for longer than it may be reopened; ask anew";
            Err(Refused::State { ticket: id, problem: WrongState::Refused { action: "reopen", state } })
        }
        Err(_) => Err(Refused::PeerUnavailable(Line::ServiceDesk)),
    }
}
