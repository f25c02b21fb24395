//! How a ticket ends, and why it may come back down.

use serde::{Deserialize, Serialize};

use crate::line::Line;

/// What solved a ticket. Goes to line 1, which confirms with the client, and to every line that touched the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The line that found it.
    pub by: Line,
    /// What was behind it.
    pub root_cause: String,
    /// What was done about it.
    pub done: String,
    /// Whether this is a way around rather than a fix.
    pub workaround: bool,
    /// How the client can see that it works.
    pub how_to_verify: String,
    /// The same step by step, if it takes several; put to the client as a list.
    #[serde(default)]
    pub steps_to_verify: Vec<String>,
    /// What should be written down for next time, if anything.
    pub knowledge: Option<String>,
}

/// Why a ticket is handed back to the line it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnReason {
    /// Another zone or group answers for this.
    WrongZone,
    /// What came along is not enough to work on.
    EvidenceInsufficient,
    /// It does not happen here.
    NotReproducible,
    /// It went away or was solved in the meantime.
    SolvedMeanwhile,
    /// The vendor's contract or the line's mandate does not cover it.
    OutOfScope,
    /// The vendor turned the case down.
    RejectedByVendor,
}

impl ReturnReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::WrongZone,
        Self::EvidenceInsufficient,
        Self::NotReproducible,
        Self::SolvedMeanwhile,
        Self::OutOfScope,
        Self::RejectedByVendor,
    ];

    /// Its name in texts and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WrongZone => "wrong-zone",
            Self::EvidenceInsufficient => "evidence-insufficient",
            Self::NotReproducible => "not-reproducible",
            Self::SolvedMeanwhile => "solved-meanwhile",
            Self::OutOfScope => "out-of-scope",
            Self::RejectedByVendor => "rejected-by-vendor",
        }
    }
}
