//! What line 3 itself keeps on a ticket.

use serde::{Deserialize, Serialize};

/// What the experts found out and will do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Research {
    /// What is behind it, once known.
    pub root_cause: Option<RootCause>,
    /// What will be done, in order.
    pub actions: Vec<String>,
}

/// What is behind a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootCause {
    /// What it is.
    pub cause: String,
    /// How it was found.
    pub method: String,
}
