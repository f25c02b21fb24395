//! What a log does not say of a clock.

use jiff::Timestamp;
use ticket::Priority;

use crate::agreement::{AgreementKind, Party};
use crate::ledger::{Measure, Target};

/// What a log does not say: what was promised at an instant, and which holds stopped a clock. A plan knows it.
pub trait Promises {
    /// What `party` promises, or is promised, in `measure` for such a ticket; none when nothing is.
    fn target(
        &self,
        party: &Party,
        measure: Measure,
        priority: Priority,
        category: Option<&str>,
        at: Timestamp,
    ) -> Option<Target>;

    /// Whether a hold for `reason` stops the clocks of agreements of this kind.
    fn stops(&self, reason: &str, kind: AgreementKind, at: Timestamp) -> bool;
}

/// What was known of a ticket before the log of a line first says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triage {
    /// Its priority.
    pub priority: Priority,
    /// Its category.
    pub category: Option<String>,
}
