//! What a ticket is told of the problem behind it.

use serde::{Deserialize, Serialize};

use crate::ids::ProblemId;

/// How a problem stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemStage {
    /// The cause is looked for.
    Investigating,
    /// The cause is known (a known error), and no plan stands.
    KnownError,
    /// The cause is known, and a plan is carried out.
    Resolving,
    /// The plan is done.
    Resolved,
    /// It was no problem.
    Cancelled,
}

impl ProblemStage {
    /// Every stage.
    pub const ALL: [Self; 5] =
        [Self::Investigating, Self::KnownError, Self::Resolving, Self::Resolved, Self::Cancelled];

    /// Its name in keys and on screens.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::KnownError => "known-error",
            Self::Resolving => "resolving",
            Self::Resolved => "resolved",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nobody works on it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Resolved | Self::Cancelled)
    }
}

/// How the problem behind a ticket stands. All of it each time, so that whoever missed one piece knows all by the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemNews {
    /// Which problem.
    pub problem: ProblemId,
    /// Whether it is behind this ticket; otherwise it was, by mistake.
    pub linked: bool,
    /// One line that says what it is.
    pub title: String,
    /// How it stands.
    pub stage: ProblemStage,
    /// What helps meanwhile; empty when nothing is known.
    pub workaround: String,
    /// The root cause; empty when it is not known.
    pub cause: String,
    /// What was done; empty until it is resolved.
    pub done: Vec<String>,
    /// How anybody can see that it helped; empty until it is resolved.
    pub how_to_verify: String,
    /// Grows with each piece of news of this problem.
    pub number: u32,
}
