//! What line 2 itself keeps on a ticket.

use serde::{Deserialize, Serialize};
use ticket::evidence::Finding;

/// What was diagnosed so far, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What was examined.
    pub findings: Vec<Finding>,
}
