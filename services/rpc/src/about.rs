//! Which ticket a call is about: on the span of each side, so that a trace can be searched by it.
//!
//! A ticket's id names no client, so it crosses to a vendor too: the vendor's spans belong to the same journey.

use http::{HeaderMap, HeaderValue};
use ticket::TicketId;

/// The header that tells the other side. Only a label on spans: nothing is decided by it.
const HEADER: &str = "estafeta-ticket";

tokio::task_local! {
    static TICKET: TicketId;
}

/// Runs `work`, whose calls are about `ticket`.
pub async fn about<F: Future>(ticket: TicketId, work: F) -> F::Output {
    TICKET.scope(ticket, work).await
}

/// Tells the other side, and returns what it is told.
pub(crate) fn tell(headers: &mut HeaderMap) -> Option<TicketId> {
    let ticket = TICKET.try_with(|ticket| *ticket).ok()?;
    headers.insert(HEADER, HeaderValue::from_str(&ticket.to_string()).ok()?);
    Some(ticket)
}

/// What the other side told.
pub(crate) fn told(headers: &HeaderMap) -> Option<TicketId> {
    headers.get(HEADER)?.to_str().ok()?.parse().ok()
}
