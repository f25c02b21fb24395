//! How two tickets have to do with each other.

use serde::{Deserialize, Serialize};

/// How a ticket has to do with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// They have to do with each other.
    Related,
    /// This one is about the same as the other, which is worked on.
    DuplicateOf,
    /// The other one is about the same as this one.
    DuplicatedBy,
    /// The other one led to this one.
    CausedBy,
    /// This one led to the other.
    CauseOf,
}

impl LinkKind {
    /// The same link, as the other ticket shows it.
    #[must_use]
    pub fn seen_from_the_other(self) -> Self {
        match self {
            Self::Related => Self::Related,
            Self::DuplicateOf => Self::DuplicatedBy,
            Self::DuplicatedBy => Self::DuplicateOf,
            Self::CausedBy => Self::CauseOf,
            Self::CauseOf => Self::CausedBy,
        }
    }

    /// Its name in sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Related => "related to",
            Self::DuplicateOf => "a duplicate of",
            Self::DuplicatedBy => "duplicated by",
            Self::CausedBy => "caused by",
            Self::CauseOf => "the cause of",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_seen_from_the_other_and_back_is_the_same() {
        use LinkKind::{CauseOf, CausedBy, DuplicateOf, DuplicatedBy, Related};
        for kind in [Related, DuplicateOf, DuplicatedBy, CausedBy, CauseOf] {
            assert_eq!(kind.seen_from_the_other().seen_from_the_other(), kind);
        }
        assert_eq!(DuplicateOf.seen_from_the_other(), DuplicatedBy);
    }
}
