//! What the service desk does with whole tickets.

use serde::{Deserialize, Serialize};

use crate::ids::{MajorIncidentId, TicketId};

/// What the service desk did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum DeskEvent {
    /// This ticket is a duplicate, and was put into another one.
    MergedInto {
        /// Which.
        other: TicketId,
    },
    /// A duplicate was put into this ticket.
    MergedFrom {
        /// Which.
        other: TicketId,
    },
    /// Messages of this ticket became a new one.
    SplitOff {
        /// Which.
        other: TicketId,
        /// Which messages, counted from 1.
        messages: Vec<u32>,
    },
    /// This ticket was made of messages of another one.
    SplitFrom {
        /// Which.
        other: TicketId,
    },
    /// A senior took over.
    HandedToSenior {
        /// Who.
        senior: String,
        /// Why.
        reason: String,
    },
    /// The client was asked how content they are.
    RatingAsked,
    /// A file was put to it.
    Attached {
        /// Its SHA-256 in hexadecimal digits.
        sha256: String,
        /// Its name.
        name: String,
        /// How long it is.
        bytes: u64,
    },
    /// A file of it was shown to the client.
    Shared {
        /// Its name.
        name: String,
    },
    /// It is a child of a major incident, or a major incident of which it is a child stands otherwise.
    Incident {
        /// How it stands.
        news: IncidentNews,
    },
}

/// What a ticket is told of a major incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentNews {
    /// Which.
    pub incident: MajorIncidentId,
    /// One line that says what it is.
    pub title: String,
    /// What it means for the ticket.
    pub standing: ChildStanding,
}

/// What a major incident means for a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum ChildStanding {
    /// The ticket is a child.
    Joined {
        /// By how many steps that raises it; 0 raises nothing.
        steps: u8,
    },
    /// It differs, and is no child any more.
    Left,
    /// The incident is over.
    Resolved {
        /// What was done.
        done: String,
        /// How anybody can see that it helped.
        how_to_verify: String,
    },
}
