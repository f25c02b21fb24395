//! What open tickets need and a new plan lacks.

use std::collections::BTreeSet;

use ticket::Line;

use crate::plan::Plan;

/// Something that an open ticket needs and a plan lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Orphan {
    /// The line that holds open tickets.
    #[error("open tickets are held by the line {0}, which the plan does not have; keep it until they are closed")]
    Line(Line),
    /// The zone to which open tickets are assigned.
    #[error("open tickets are assigned to the zone `{0}`, which the plan does not have; keep it or reassign them")]
    Zone(String),
}

impl Plan {
    /// What this plan lacks for open tickets, given by the line that holds each and its zone; each once, lines first.
    #[must_use]
    pub fn orphans(&self, held: &[(Line, Option<String>)]) -> Vec<Orphan> {
        let lines = held.iter().map(|(line, _)| *line).filter(|line| !self.topology().has(*line)).map(Orphan::Line);
        let zones = held.iter().filter_map(|(_, zone)| zone.as_ref());
        let zones = zones.filter(|zone| self.zone(zone).is_none()).cloned().map(Orphan::Zone);
        lines.chain(zones).collect::<BTreeSet<_>>().into_iter().collect()
    }
}
