//! What happens to a question to the client while it waits.

use serde::{Deserialize, Serialize};

use crate::ids::ClarificationId;

/// What happened to a question that was not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum ClarificationEvent {
    /// Line 1 is to remind the client.
    Reminded {
        /// Which question.
        clarification: ClarificationId,
        /// How many reminders there were, this one included.
        count: u32,
    },
    /// Its deadline passed; nobody waits for the answer any more, though a late one is heard.
    Expired {
        /// Which question.
        clarification: ClarificationId,
    },
}
