//! What was set on a ticket by itself: the record of an automatic decision.

use serde::{Deserialize, Serialize};

use crate::priority::Priority;

/// A ticket was sorted by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum SortingEvent {
    /// By rules of the plan.
    ByRules {
        /// The rules that held, in the order of the plan.
        rules: Vec<RuleHeld>,
        /// What they set; what a person had said stays as it was.
        settings: Vec<Setting>,
        /// The category since; may be empty.
        category: String,
        /// The priority by the matrix and by what raised the ticket before.
        priority: Priority,
        /// The version of the plan.
        plan: String,
    },
}

/// A rule that held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleHeld {
    /// Its id.
    pub rule: String,
    /// The words of the request that it was waiting for; empty for a rule without words.
    pub words: Vec<String>,
}

/// One thing that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Which: `category`, `kind`, `impact`, `urgency`, `product` or `tag`.
    pub field: String,
    /// To what.
    pub value: String,
    /// By which rule.
    pub rule: String,
}
