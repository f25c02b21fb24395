//! What crosses the boundary, in both directions.

use proto::partner::{CaseEnvelope, CloseRequest, OpenCaseRequest, RespondRequest};
use tonic::metadata::MetadataMap;

/// A message of the partner to the bridge.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Its head, as sent.
    pub envelope: CaseEnvelope,
    /// The RPC of `PartnerBridgeService` and its texts.
    pub says: Says,
}

/// The RPCs of `PartnerBridgeService` and what each carries beside the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// `AcceptCase`.
    Accept {
        /// What the partner says about it.
        text: String,
    },
    /// `RejectCase`.
    Reject {
        /// Why.
        text: String,
    },
    /// `RequestInformation`.
    RequestInformation {
        /// What is needed.
        text: String,
    },
    /// `Respond`.
    Respond {
        /// The news.
        text: String,
    },
    /// `ProposeFix`.
    ProposeFix {
        /// What was wrong.
        root_cause: String,
        /// What to do.
        fix: String,
        /// A way around rather than a fix.
        workaround: bool,
        /// How to see that it helped.
        how_to_verify: String,
    },
    /// `CloseCase`.
    Close {
        /// The last word.
        text: String,
    },
}

/// A call of the bridge, repeats and refused ones included.
#[derive(Debug, Clone)]
pub struct Received {
    /// The headers that came with it, without `authorization`.
    pub headers: MetadataMap,
    /// The message itself.
    pub message: FromBridge,
}

/// The RPCs of `PartnerDeskService`, as the bridge sent them.
#[derive(Debug, Clone, PartialEq)]
pub enum FromBridge {
    /// `OpenCase`.
    OpenCase(OpenCaseRequest),
    /// `Respond`.
    Respond(RespondRequest),
    /// `Close`.
    Close(CloseRequest),
}

impl FromBridge {
    /// Its head; `None` if the bridge sent none, which is refused.
    pub fn envelope(&self) -> Option<&CaseEnvelope> {
        match self {
            Self::OpenCase(OpenCaseRequest { envelope, .. })
            | Self::Respond(RespondRequest { envelope, .. })
            | Self::Close(CloseRequest { envelope, .. }) => envelope.as_ref(),
        }
    }

    /// Its texts, one a line and in the order of the contract: everything that a person wrote.
    pub fn text(&self) -> String {
        match self {
            Self::OpenCase(OpenCaseRequest {
                envelope: _,
                product,
                version,
                contract,
                hypothesis,
                reproduction,
                business_impact,
                asked,
            }) => [product, version, contract, hypothesis, reproduction, business_impact, asked]
                .map(String::as_str)
                .join("\n"),
            Self::Respond(RespondRequest { envelope: _, text }) | Self::Close(CloseRequest { envelope: _, text }) => {
                text.clone()
            }
        }
    }

    /// The same without the case id, which a sender learns between a message and its repeat.
    pub(crate) fn without_case_id(&self) -> Self {
        let mut message = self.clone();
        let (Self::OpenCase(OpenCaseRequest { envelope, .. })
        | Self::Respond(RespondRequest { envelope, .. })
        | Self::Close(CloseRequest { envelope, .. })) = &mut message;
        if let Some(envelope) = envelope {
            envelope.partner_case_id.clear();
        }
        message
    }
}
