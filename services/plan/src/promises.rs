//! What the plan says to a clock that is read from a log.

use deadline::{AgreementKind, Measure, Party, Promises, Target};
use jiff::Timestamp;
use ticket::Priority;

use crate::plan::Plan;

/// This plan for all time. Where plans have followed each other, whoever keeps them asks the one of the instant.
impl Promises for Plan {
    fn target(
        &self,
        party: &Party,
        measure: Measure,
        priority: Priority,
        category: Option<&str>,
        _: Timestamp,
    ) -> Option<Target> {
        self.agreement(party, measure, priority, category)?.target(measure)
    }

    fn stops(&self, reason: &str, kind: AgreementKind, _: Timestamp) -> bool {
        self.hold_reason(reason).is_some_and(|reason| reason.stops.contains(&kind))
    }
}
