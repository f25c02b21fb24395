//! What happens to the clocks of a ticket: holds by hand, warnings, breaches.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ForceMajeureId;
use crate::line::Line;

/// A hold by hand, for a reason of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum HoldEvent {
    /// The ticket waits.
    Began {
        /// The line that holds it.
        by: Line,
        /// The reason's id in the plan.
        reason: String,
        /// Until when, if it ends by itself.
        until: Option<Timestamp>,
        /// What colleagues should know; may be empty.
        note: String,
    },
    /// It waits no longer.
    Ended {
        /// The line that held it.
        by: Line,
    },
}

/// Which clock of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClockName {
    /// With whom the agreement is: `client`, a line's name, or `vendor:` and its id.
    pub party: String,
    /// What is measured: `response` or `resolution`.
    pub measure: String,
}

/// What a clock came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum ClockEvent {
    /// So much of what was promised has passed.
    Warned {
        /// Which clock.
        clock: ClockName,
        /// How much, in per cent.
        percent: u8,
        /// When it is due.
        due: Timestamp,
    },
    /// What was promised has not happened in time.
    Breached {
        /// Which clock.
        clock: ClockName,
        /// When it was due.
        due: Timestamp,
    },
    /// The supervisors were called in, since a promise was broken: hierarchical escalation.
    Escalated {
        /// Which clock.
        clock: ClockName,
    },
    /// Force majeure changes the priority or what is promised, or does not any more.
    ForceMajeure {
        /// Which.
        id: ForceMajeureId,
        /// Its profile in the plan.
        profile: String,
        /// The version of the plan by which it was declared.
        plan: String,
        /// Whether it does, from now on.
        holds: bool,
        /// When it is to end, or has ended.
        until: Timestamp,
    },
}
