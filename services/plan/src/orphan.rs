//! What open tickets need and a new plan lacks.

use ticket::Line;

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
