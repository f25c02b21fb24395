//! Custody: who may change a ticket.
//!
//! Each line keeps its own [`Ticket`]. Over all lines at most one of them is [`Custody::Held`]; a ticket that nobody
//! holds is [`Custody::HandingOver`] at its sender, who has a durable record that will deliver it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::epoch::Epoch;
use crate::facts::Facts;
use crate::ids::{ClarificationId, HandoverId};
use crate::line::Line;
use crate::resolution::Resolution;
use crate::swarm::Collaborator;

/// One line's record of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// What is known and travels along.
    pub facts: Facts,
    /// The line whose record this is.
    pub line: Line,
    /// Whether this line holds it.
    pub custody: Custody,
    /// What is being done about it.
    pub state: State,
    /// The epoch at which this line last held it.
    pub epoch: Epoch,
    /// The highest epoch ever offered from here; a declined offer burns its epoch, so that ids of offers never repeat.
    pub offered: Epoch,
    /// Every change of custody this line knows of, oldest first.
    pub hops: Vec<Hop>,
    /// How often the ticket came back between two lines.
    pub returns: Vec<Returns>,
    /// Who works on it.
    pub assignment: Assignment,
    /// How often the client reopened it.
    pub reopened: u32,
    /// What solved it, as far as this line was told.
    pub outcome: Option<Resolution>,
    /// When something must happen if nobody does anything; none only for closed tickets, copies and those in flight.
    pub wake: Option<Wake>,
    /// Who takes part here without holding it, at most [`COLLABORATORS_MAX`](crate::swarm::COLLABORATORS_MAX).
    #[serde(default)]
    pub collaborators: Vec<Collaborator>,
    /// When anything of this last changed.
    pub changed_at: Timestamp,
}

/// Whether a line may change a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Custody {
    /// This line is the custodian.
    Held,
    /// This line offered it and has no answer yet: nobody may change it.
    HandingOver {
        /// The receiver.
        to: Line,
        /// The epoch the receiver would have.
        epoch: Epoch,
        /// What kind of handover it is.
        passage: Passage,
    },
    /// A read-only copy: another line took over.
    PassedOn {
        /// Who took over from here.
        to: Line,
        /// The epoch of that line.
        epoch: Epoch,
    },
}

impl Custody {
    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::HandingOver { .. } => "being handed over",
            Self::PassedOn { .. } => "passed on",
        }
    }
}

/// Why custody moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passage {
    /// Up, since this line cannot go on.
    Escalation,
    /// Down to where it came from.
    Return,
    /// To line 1, since it is solved.
    Resolution,
}

/// What is being done about a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum State {
    /// Somebody should work on it.
    Open,
    /// It waits.
    OnHold {
        /// For what.
        reason: HoldReason,
        /// Since when.
        since: Timestamp,
    },
    /// Solved; the client has not confirmed it yet.
    Resolved {
        /// How.
        resolution: Resolution,
        /// Since when.
        at: Timestamp,
    },
    /// Done and confirmed, or closed after silence.
    Closed {
        /// How it was solved.
        resolution: Resolution,
        /// Since when.
        at: Timestamp,
        /// Whether the client said so; otherwise silence did, or it was answered at once.
        confirmed: bool,
    },
}

impl State {
    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::OnHold { .. } => "on hold",
            Self::Resolved { .. } => "resolved",
            Self::Closed { .. } => "closed",
        }
    }
}

/// What a ticket on hold waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum HoldReason {
    /// The client's answer, asked for through line 1.
    Client {
        /// The open question.
        clarification: ClarificationId,
    },
    /// The vendor's next move.
    Vendor,
    /// What a reason of the plan says; put on hold by hand.
    Reason {
        /// The reason's id.
        id: String,
        /// Until when, if it ends by itself.
        until: Option<Timestamp>,
    },
}

/// One change of custody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Who took over.
    pub line: Line,
    /// With which epoch.
    pub epoch: Epoch,
    /// When.
    pub at: Timestamp,
}

/// How often a ticket was returned from one line to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returns {
    /// Who returned it.
    pub from: Line,
    /// To whom.
    pub to: Line,
    /// How often.
    pub count: u32,
}

/// Who works on a ticket within its line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The zone of responsibility.
    pub zone: Option<String>,
    /// The group of that zone.
    pub group: Option<String>,
    /// The person.
    pub assignee: Option<String>,
    /// Whether a spent hop budget forced this owner: only a supervisor passes the ticket on between these lines.
    pub forced: bool,
}

/// What happens to a ticket by itself if nobody does anything before (invariant 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: WakeReason,
}

/// Why a ticket wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WakeReason {
    /// It stands in a person's queue and has a deadline.
    QueueDeadline,
    /// A bot holds it and must answer or hand over.
    BotDeadline,
    /// The client was asked and must be reminded.
    ClientSilence,
    /// The vendor must be reminded.
    VendorSilence,
    /// It is resolved and closes itself when the client says nothing.
    AutoClose,
}

impl WakeReason {
    /// Its name in texts and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::QueueDeadline => "queue-deadline",
            Self::BotDeadline => "bot-deadline",
            Self::ClientSilence => "client-silence",
            Self::VendorSilence => "vendor-silence",
            Self::AutoClose => "auto-close",
        }
    }
}

/// What is carried from the sender of a handover to its receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baton {
    /// What is known.
    pub facts: Facts,
    /// The sender.
    pub from: Line,
    /// The receiver.
    pub to: Line,
    /// The epoch the receiver will have.
    pub epoch: Epoch,
    /// Every change of custody so far, oldest first.
    pub hops: Vec<Hop>,
    /// How often it came back.
    pub returns: Vec<Returns>,
    /// Whom a spent hop budget forces to take it.
    pub forced_owner: Option<String>,
    /// How often the client reopened it.
    pub reopened: u32,
}

impl Baton {
    /// The id of this handover: the same for every repeat.
    #[must_use]
    pub fn id(&self) -> HandoverId {
        HandoverId::of(self.facts.id, self.epoch)
    }
}
