//! What raises a ticket's priority above the matrix, and what no longer does.

use serde::{Deserialize, Serialize};

use super::{EventBody, SortingEvent};
use crate::priority::Priority;
use crate::raise::{Raise, RaiseCause};

/// A cause came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum PriorityEvent {
    /// A cause raises it, or raises it otherwise than before.
    Raised {
        /// By what, and why.
        raise: Raise,
        /// The category at that time; may be empty.
        category: String,
        /// The priority it has now.
        priority: Priority,
        /// The version of the plan then; empty in logs of before it was kept.
        #[serde(default)]
        plan: String,
    },
    /// A cause is gone.
    Lowered {
        /// Which.
        cause: RaiseCause,
        /// The category at that time; may be empty.
        category: String,
        /// The priority it has now.
        priority: Priority,
        /// The version of the plan then; empty in logs of before it was kept.
        #[serde(default)]
        plan: String,
    },
}

impl EventBody {
    /// The priority and the category that a ticket has since this event, when it sets them.
    #[must_use]
    pub fn triage(&self) -> Option<(Priority, &str)> {
        match self {
            Self::Triaged { category, priority, .. }
            | Self::Sorted(
                SortingEvent::ByRules { category, priority, .. } | SortingEvent::ByModels { category, priority, .. },
            )
            | Self::Priority(
                PriorityEvent::Raised { category, priority, .. } | PriorityEvent::Lowered { category, priority, .. },
            ) => Some((*priority, category)),
            _ => None,
        }
    }
}
