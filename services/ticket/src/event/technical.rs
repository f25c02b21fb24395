//! What line 2 does on a ticket beside diagnosing it.

use serde::{Deserialize, Serialize};

use crate::resolution::ReturnReason;

/// What line 2 did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum TechnicalEvent {
    /// The help given so far was looked through and found enough to go on from.
    HelpAccepted {
        /// What was noted about it; may be empty.
        note: String,
    },
    /// The help given so far was looked through and found wanting; the ticket goes back.
    HelpSentBack {
        /// Why.
        reason: ReturnReason,
        /// What is asked for.
        asked_for: String,
    },
    /// A remote session began, with the client's consent.
    SessionBegan {
        /// Which one of this ticket, from 1.
        number: u32,
        /// What it is made with.
        tool: String,
    },
    /// A remote session ended.
    SessionEnded {
        /// Which one of this ticket.
        number: u32,
        /// How it went.
        outcome: SessionOutcome,
    },
}

/// How a remote session went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionOutcome {
    /// It works now.
    Solved,
    /// It is known what is wrong.
    CauseFound,
    /// Nothing new.
    NothingFound,
    /// It broke off, or the client ended it.
    Interrupted,
}

impl SessionOutcome {
    /// Its name in texts and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::CauseFound => "cause found",
            Self::NothingFound => "nothing found",
            Self::Interrupted => "interrupted",
        }
    }
}
