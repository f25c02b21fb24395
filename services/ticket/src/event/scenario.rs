//! What line 0 does for a client by itself, through an internal service of the company.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::MessageId;

/// A step of a scenario. What was asked and said in words stands beside it in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum ScenarioEvent {
    /// It began.
    Begun {
        /// The scenario's id.
        scenario: String,
        /// The version of the plan that it is of.
        plan: String,
    },
    /// The service is called; the same id goes along with each try.
    Called {
        /// The scenario's id.
        scenario: String,
        /// The service's name.
        service: String,
        /// The id of the call.
        call: MessageId,
        /// What it is told, by field.
        fields: BTreeMap<String, String>,
        /// The version of the plan then; empty in logs of before it was kept.
        #[serde(default)]
        plan: String,
    },
    /// The service did it.
    Done {
        /// The scenario's id.
        scenario: String,
        /// The id of the call.
        call: MessageId,
        /// What it told, by field.
        fields: BTreeMap<String, String>,
    },
    /// The service refused.
    Refused {
        /// The scenario's id.
        scenario: String,
        /// The id of the call.
        call: MessageId,
        /// Why.
        reason: String,
    },
    /// It ended otherwise.
    Ended {
        /// The scenario's id.
        scenario: String,
        /// Why.
        why: String,
        /// The version of the plan then; empty in logs of before it was kept.
        #[serde(default)]
        plan: String,
    },
}
