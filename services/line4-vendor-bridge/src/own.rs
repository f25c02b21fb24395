//! What line 4 itself keeps on a ticket: its bonds with vendors.

use std::collections::BTreeMap;

use handover::{Change, Refused};
use jiff::Timestamp;
use redaction::Map;
use serde::{Deserialize, Serialize};
use ticket::{BondId, ClarificationId, MessageId, Ticket, TicketId};

/// The kind of alias by which a bond's ticket is found.
pub(crate) const BOND_ALIAS: &str = "bond";

/// The most messages of a partner that wait for earlier ones; one further ahead is refused.
pub const PARKED_MAX: u32 = 16;

/// The most messages kept on a bond; the ticket's log has all of them.
const MESSAGES_MAX: usize = 200;

/// The most bytes of text kept on a bond, so that it still fits into an answer.
const MESSAGES_BYTES_MAX: usize = 1024 * 1024;

/// The bonds of one ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// One for each vendor that was asked; the one that was asked last stands last.
    pub bonds: Vec<Bond>,
}

impl Own {
    /// The bonds of a ticket of the change's organization.
    pub(crate) async fn load(change: &Change<'_>, ticket: TicketId) -> Result<Self, Refused> {
        Ok(change.work.own(change.organization(), ticket).await?)
    }

    pub(crate) async fn save(&self, change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
        Ok(change.work.put_own(change.organization(), ticket.facts.id, self).await?)
    }

    /// The bond with the vendor that was asked last.
    #[must_use]
    pub fn current(&self) -> Option<&Bond> {
        self.bonds.last()
    }

    /// The bond with `vendor`.
    #[must_use]
    pub fn with(&self, vendor: &str) -> Option<&Bond> {
        self.bonds.iter().find(|bond| bond.vendor == vendor)
    }

    pub(crate) fn with_mut(&mut self, vendor: &str) -> Option<&mut Bond> {
        self.bonds.iter_mut().find(|bond| bond.vendor == vendor)
    }

    /// The current bond, if the partner still hears about it.
    pub(crate) fn open_mut(&mut self) -> Option<&mut Bond> {
        self.bonds.last_mut().filter(|bond| !bond.state.is_over())
    }
}

/// The tie between a ticket and a partner's case. It holds personal data, in the map and in the partner's messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bond {
    /// Derived from the ticket and the vendor.
    pub id: BondId,
    /// The vendor's id in the plan.
    pub vendor: String,
    /// The partner's id of the case, once it told.
    pub partner_case_id: Option<String>,
    /// How the case stands.
    pub state: BondState,
    /// What was exchanged last, oldest first.
    pub messages: Vec<Exchanged>,
    /// What the tokens stand for that the partner was given.
    pub map: Map,
    /// How many messages we have sent: the number of our last one.
    pub sent: u32,
    /// How many messages of the partner were acted on: the number of its last one.
    pub heard: u32,
    /// Messages that came before their turn, by their number.
    pub parked: BTreeMap<u32, Incoming>,
}

/// How a partner's case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum BondState {
    /// The partner has not said whether it takes the case.
    Offered,
    /// The partner works on it.
    Accepted,
    /// The partner waits for what only the client can tell.
    InformationRequested {
        /// The question to the client.
        clarification: ClarificationId,
    },
    /// The partner proposed what solves it, and has not ended the case.
    FixProposed,
    /// The partner turned it down.
    Rejected,
    /// Over.
    Closed,
}

impl BondState {
    /// Whether nothing more is said about the case, unless the ticket comes again.
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Self::Rejected | Self::Closed => true,
            Self::Offered | Self::Accepted | Self::InformationRequested { .. } | Self::FixProposed => false,
        }
    }

    /// Whether the partner still works on the case, and must be told when it need not.
    pub(crate) fn is_at_work(self) -> bool {
        match self {
            Self::Offered | Self::Accepted | Self::InformationRequested { .. } => true,
            Self::FixProposed | Self::Rejected | Self::Closed => false,
        }
    }
}

/// One message of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanged {
    /// Whether the partner said it.
    pub from_partner: bool,
    /// Ours as it was sent, redacted; the partner's with our data restored.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A message of the partner, read and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    /// Derived from the partner's own id of the message.
    pub id: MessageId,
    /// The partner's id of the case, if it named one.
    pub partner_case_id: Option<String>,
    /// What it says.
    pub said: Said,
}

/// What a partner can say; tokens stand as they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Said {
    /// It takes the case.
    Accept {
        /// What it says about it.
        text: Option<String>,
    },
    /// It turns the case down.
    Reject {
        /// Why.
        text: String,
    },
    /// It needs something to go on.
    RequestInformation {
        /// What.
        text: String,
    },
    /// How it goes.
    Respond {
        /// The news.
        text: String,
    },
    /// What solves it.
    ProposeFix {
        /// What was behind it.
        root_cause: String,
        /// What to do or what was done.
        fix: String,
        /// A way around rather than a fix.
        workaround: bool,
        /// How to see that it works.
        how_to_verify: String,
    },
    /// It ends the case.
    Close {
        /// Its last word.
        text: Option<String>,
    },
}

impl Said {
    /// The verb, as the log names it.
    pub(crate) fn verb(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "accept",
            Self::Reject { .. } => "reject",
            Self::RequestInformation { .. } => "request-information",
            Self::Respond { .. } => "respond",
            Self::ProposeFix { .. } => "propose-fix",
            Self::Close { .. } => "close",
        }
    }

    /// All its words; empty when there are none.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Accept { text } | Self::Close { text } => text.clone().unwrap_or_default(),
            Self::Reject { text } | Self::RequestInformation { text } | Self::Respond { text } => text.clone(),
            Self::ProposeFix { root_cause, fix, workaround: _, how_to_verify } => {
                [root_cause.as_str(), fix, how_to_verify].join("\n")
            }
        }
    }
}

impl Bond {
    /// A bond about which nothing was said yet.
    pub(crate) fn new(ticket: &Ticket, vendor: &str) -> Self {
        Self {
            id: BondId::of(ticket.facts.id, vendor),
            vendor: vendor.to_owned(),
            partner_case_id: None,
            state: BondState::Offered,
            messages: Vec::new(),
            map: Map::default(),
            sent: 0,
            heard: 0,
            parked: BTreeMap::new(),
        }
    }

    /// Keeps a message, and lets go of the oldest where there are too many.
    pub(crate) fn keep(&mut self, message: Exchanged) {
        self.messages.push(message);
        let mut bytes: usize = self.messages.iter().map(|message| message.text.len()).sum();
        let mut gone = self.messages.len().saturating_sub(MESSAGES_MAX);
        bytes -= self.messages[..gone].iter().map(|message| message.text.len()).sum::<usize>();
        while bytes > MESSAGES_BYTES_MAX && gone + 1 < self.messages.len() {
            bytes -= self.messages[gone].text.len();
            gone += 1;
        }
        self.messages.drain(..gone);
    }

    /// What we said last, as it was sent.
    pub(crate) fn last_sent(&self) -> Option<&str> {
        self.messages.iter().rev().find(|message| !message.from_partner).map(|message| message.text.as_str())
    }
}
