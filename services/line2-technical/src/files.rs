//! The files of a ticket, which line 1 keeps, named in the evidence for line 3.

use std::time::Duration;

use handover::Desk;
use proto::line1::attachment_service_client::AttachmentServiceClient;
use proto::line1::{Attachment, ListAttachmentsRequest};
use ticket::evidence::AttachmentRef;
use ticket::field::LIST_MAX;
use ticket::{Line, OrganizationId, TicketId};

/// How long line 1 is waited for. A ticket moves on without its files named: they are at line 1 all the same.
const PATIENCE: Duration = Duration::from_secs(1);

/// The files of a ticket, oldest first; none when line 1 does not say.
pub(crate) async fn named(desk: &Desk, organization: &OrganizationId, ticket: TicketId) -> Vec<AttachmentRef> {
    let Ok(peer) = desk.peer(Line::ServiceDesk) else { return Vec::new() };
    let mut client = AttachmentServiceClient::new(peer.of(organization));
    let page_size = i32::try_from(LIST_MAX).unwrap_or_default();
    let request = ListAttachmentsRequest { ticket_id: ticket.to_string(), page_size, page_token: String::new() };
    let listed = tokio::time::timeout(PATIENCE, rpc::about(ticket, client.list_attachments(request))).await;
    let Ok(Ok(listed)) = listed else { return Vec::new() };
    let name = |file: Attachment| AttachmentRef { name: file.name, uri: file.attachment_id };
    listed.into_inner().attachments.into_iter().map(name).collect()
}
