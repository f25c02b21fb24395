//! One change that a caller asks for, and how its repeats are known.

use prost::Message;
use rpc::identity::Caller;
use sha2::{Digest, Sha256};
use ticket::field::Violation;
use ticket::{RequestId, TicketId};

use crate::refused::Refused;

/// Who asks for which change. A repeat has the same caller, method and request id, and must have the same content.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who.
    pub caller: Caller,
    /// The RPC, such as `Assign`.
    pub method: &'static str,
    /// Drawn by the caller, repeated with each try.
    pub request_id: RequestId,
    /// SHA-256 of the request as sent.
    pub(crate) fingerprint: Vec<u8>,
    /// The version of the ticket that the caller saw; 0 when it does not matter.
    pub(crate) expected: u64,
}

impl Order {
    /// The order that `message` is, asked for by `caller`.
    ///
    /// # Errors
    /// [`Refused::Fields`] when the request id is none.
    pub fn of(
        caller: &Caller,
        method: &'static str,
        request_id: &str,
        message: &impl Message,
    ) -> Result<Self, Refused> {
        let request_id =
            request_id.parse().map_err(|e| Refused::Fields(vec![Violation::new("request_id", format!("{e}"))]))?;
        Ok(Self { caller: caller.clone(), method, request_id, fingerprint: fingerprint(message), expected: 0 })
    }

    /// The order of a caller who saw the ticket at the version `expected`; 0 when that does not matter. What changed
    /// since is refused with [`Refused::ChangedMeanwhile`].
    #[must_use]
    pub fn expecting(self, expected: u64) -> Self {
        Self { expected, ..self }
    }
}

/// What tells the content of a message from that of another.
#[must_use]
pub fn fingerprint(message: &impl Message) -> Vec<u8> {
    // The contracts have no maps, so that equal messages have equal bytes.
    Sha256::digest(message.encode_to_vec()).to_vec()
}

/// The ticket id in a field named `ticket_id`.
///
/// # Errors
/// [`Refused::Fields`] when it is none.
pub fn ticket_id(given: &str) -> Result<TicketId, Refused> {
    given.parse().map_err(|e| Refused::Fields(vec![Violation::new("ticket_id", format!("{e}"))]))
}
