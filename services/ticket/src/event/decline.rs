//! Why a handover was turned down.

use serde::{Deserialize, Serialize};

use crate::epoch::Epoch;
use crate::evidence::EvidenceField;

/// Why a handover was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Decline {
    /// Evidence that the receiver asks for is not there.
    EvidenceMissing {
        /// The fields.
        fields: Vec<EvidenceField>,
    },
    /// The topology has no such way, or the receiver is not the line meant.
    NotInTopology,
    /// The receiver knows a later epoch.
    Stale {
        /// The latest epoch the receiver knows.
        present: Epoch,
    },
    /// The zone is not in the receiver's plan.
    UnknownZone {
        /// The zone that was named.
        zone: String,
    },
    /// The vendor is not in the receiver's plan.
    UnknownVendor {
        /// The vendor that was named.
        vendor: String,
    },
    /// The receiver found fields it cannot read.
    Unreadable {
        /// Which and why.
        fault: String,
    },
}
