//! How often a ticket has changed hands.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A count of the changes of custody of one ticket; a command or message with an older one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(u32);

impl Epoch {
    /// The epoch of a ticket that was just registered.
    pub const FIRST: Self = Self(1);

    /// The epoch `number`; none for 0, which is nobody's.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number on the wire and in the database, from 1.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    /// The epoch after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
