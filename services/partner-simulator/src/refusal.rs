//! What the partner does not take from the bridge.

use thiserror::Error;
use tonic::{Code, Status};

/// Why a message of the bridge is refused. The reasons are the partner's own: a status carries only the text.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Refusal {
    #[error("the message has no envelope; every message about a case has one")]
    NoEnvelope,
    #[error("the message id has to be 1 to 128 visible ASCII characters")]
    MessageId,
    #[error("the bond id has to be bnd_ and 32 hexadecimal digits")]
    BondId,
    #[error("messages are numbered from 1")]
    Sequence,
    #[error("message {message_id} came before with other content; a new message needs a new id")]
    Reused { message_id: String },
    #[error("number {sequence} of bond {bond_id} was another message")]
    NumberTaken { bond_id: String, sequence: u32 },
    #[error("bond {bond_id} has case {partner_case_id}, not {named}")]
    OtherCase { bond_id: String, partner_case_id: String, named: String },
    #[error("this partner's system is stopped")]
    Stopped,
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NoEnvelope | Refusal::MessageId | Refusal::BondId | Refusal::Sequence => Code::InvalidArgument,
            Refusal::Reused { .. } => Code::AlreadyExists,
            Refusal::NumberTaken { .. } | Refusal::OtherCase { .. } => Code::FailedPrecondition,
            Refusal::Stopped => Code::Unavailable,
        };
        #[expect(clippy::disallowed_methods, reason = "a partner's refusal carries none of this suite's reasons")]
        Status::new(code, refusal.to_string())
    }
}
