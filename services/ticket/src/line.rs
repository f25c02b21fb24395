//! The support lines.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A support line. Exactly one of them holds a ticket at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Line 0: answers at once from knowledge, or hands over.
    SelfService,
    /// Line 1: owns the client contact to the end.
    ServiceDesk,
    /// Line 2: groups with zones of responsibility.
    Technical,
    /// Line 3: narrow experts.
    Expert,
    /// Line 4: the vendors' engineers, behind the bridge.
    Vendor,
}

impl Line {
    /// Every line, from the client outward.
    pub const ALL: [Self; 5] = [Self::SelfService, Self::ServiceDesk, Self::Technical, Self::Expert, Self::Vendor];

    /// The line that keeps the home record and is the only one to write to the client.
    pub const OWNER: Self = Self::ServiceDesk;

    /// Its number, 0 to 4.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::SelfService => 0,
            Self::ServiceDesk => 1,
            Self::Technical => 2,
            Self::Expert => 3,
            Self::Vendor => 4,
        }
    }

    /// Its name in plans, settings and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfService => "self-service",
            Self::ServiceDesk => "service-desk",
            Self::Technical => "technical",
            Self::Expert => "expert",
            Self::Vendor => "vendor",
        }
    }

    /// Whether this line may write to the client at all; line 0 only with automatic answers.
    #[must_use]
    pub fn may_reach_client(self) -> bool {
        match self {
            Self::SelfService | Self::ServiceDesk => true,
            Self::Technical | Self::Expert | Self::Vendor => false,
        }
    }

    /// Whether people of ours work from queues here, and look for tickets in them; line 0 and the bridge work by themselves.
    #[must_use]
    pub fn has_queues(self) -> bool {
        match self {
            Self::ServiceDesk | Self::Technical | Self::Expert => true,
            Self::SelfService | Self::Vendor => false,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a line; the lines are self-service, service-desk, technical, expert, vendor")]
pub struct NotALine(String);

impl FromStr for Line {
    type Err = NotALine;

    fn from_str(given: &str) -> Result<Self, NotALine> {
        Self::ALL.into_iter().find(|line| line.name() == given).ok_or_else(|| NotALine(given.to_owned()))
    }
}
