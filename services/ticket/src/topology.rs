//! Which lines an organization has and who comes after whom.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::line::Line;

/// The ways up between the lines of one organization. Line 1 is always there: it owns the client contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    up: BTreeMap<Line, BTreeSet<Line>>,
}

/// Why a set of ways makes no topology.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTopology {
    /// Nobody would own the client contact.
    #[error("there is no service desk; it owns the client contact and cannot be left out")]
    NoServiceDesk,
    /// A way leads down, sideways, or past the owner.
    #[error("{from} cannot hand up to {to}; ways up lead to a higher line")]
    NotUp {
        /// The line that would hand over.
        from: Line,
        /// The line that would receive.
        to: Line,
    },
    /// A way leads to a line that the organization does not have.
    #[error("{from} hands up to {to}, which is not among the lines")]
    Unknown {
        /// The line that would hand over.
        from: Line,
        /// The line that is missing.
        to: Line,
    },
    /// Line 0 must hand to line 1, since a person there takes over the contact.
    #[error("self-service must hand up to the service desk and to nobody else")]
    SelfServiceWay,
    /// No line hands to this one.
    #[error("no line hands up to {0}, so no ticket would ever reach it")]
    Unreachable(Line),
}

impl Topology {
    /// The topology with these lines and the ways up from each.
    ///
    /// # Errors
    /// The first fault found, in the order of [`BadTopology`].
    pub fn new(up: BTreeMap<Line, BTreeSet<Line>>) -> Result<Self, BadTopology> {
        if !up.contains_key(&Line::ServiceDesk) {
            return Err(BadTopology::NoServiceDesk);
        }
        for (&from, tos) in &up {
            for &to in tos {
                if to <= from {
                    return Err(BadTopology::NotUp { from, to });
                }
                if !up.contains_key(&to) {
                    return Err(BadTopology::Unknown { from, to });
                }
            }
        }
        if let Some(tos) = up.get(&Line::SelfService)
            && !tos.iter().eq([&Line::ServiceDesk])
        {
            return Err(BadTopology::SelfServiceWay);
        }
        let reached: BTreeSet<Line> = up.values().flatten().copied().collect();
        let entry = |line: &&Line| **line != Line::ServiceDesk && **line != Line::SelfService;
        match up.keys().filter(entry).find(|line| !reached.contains(line)) {
            Some(&line) => Err(BadTopology::Unreachable(line)),
            None => Ok(Self { up }),
        }
    }

    /// All five lines, each handing to the next, and line 2 to the vendor as well.
    #[must_use]
    pub fn full() -> Self {
        use Line::{Expert, SelfService, ServiceDesk, Technical, Vendor};
        Self {
            up: BTreeMap::from([
                (SelfService, BTreeSet::from([ServiceDesk])),
                (ServiceDesk, BTreeSet::from([Technical])),
                (Technical, BTreeSet::from([Expert, Vendor])),
                (Expert, BTreeSet::from([Vendor])),
                (Vendor, BTreeSet::new()),
            ]),
        }
    }

    /// The lines there are, from the client outward.
    pub fn lines(&self) -> impl Iterator<Item = Line> {
        self.up.keys().copied()
    }

    /// Whether the organization has this line.
    #[must_use]
    pub fn has(&self, line: Line) -> bool {
        self.up.contains_key(&line)
    }

    /// The lines that may take over when `line` cannot go on.
    ///
    /// This function is the whole escalation path.
    pub fn above(&self, line: Line) -> impl Iterator<Item = Line> {
        self.up.get(&line).into_iter().flatten().copied()
    }

    /// Whether `from` may hand a ticket up to `to`.
    #[must_use]
    pub fn allows(&self, from: Line, to: Line) -> bool {
        self.above(from).any(|line| line == to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Line::{Expert, SelfService, ServiceDesk, Technical, Vendor};

    fn ways(list: &[(Line, &[Line])]) -> BTreeMap<Line, BTreeSet<Line>> {
        list.iter().map(|(from, tos)| (*from, tos.iter().copied().collect())).collect()
    }

    #[test]
    fn a_company_without_line_0_and_line_3_hands_from_2_to_the_vendor() {
        let small = Topology::new(ways(&[(ServiceDesk, &[Technical]), (Technical, &[Vendor]), (Vendor, &[])])).unwrap();
        assert!(small.allows(Technical, Vendor));
        assert!(!small.allows(Technical, Expert));
        assert!(!small.has(SelfService));
    }

    #[test]
    fn what_makes_no_topology_is_named() {
        assert_eq!(Topology::new(ways(&[(Technical, &[])])), Err(BadTopology::NoServiceDesk));
        assert_eq!(
            Topology::new(ways(&[(ServiceDesk, &[Technical]), (Technical, &[ServiceDesk])])),
            Err(BadTopology::NotUp { from: Technical, to: ServiceDesk })
        );
        assert_eq!(
            Topology::new(ways(&[(ServiceDesk, &[Expert])])),
            Err(BadTopology::Unknown { from: ServiceDesk, to: Expert })
        );
        assert_eq!(
            Topology::new(ways(&[(SelfService, &[Technical]), (ServiceDesk, &[Technical]), (Technical, &[])])),
            Err(BadTopology::SelfServiceWay)
        );
        assert_eq!(Topology::new(ways(&[(ServiceDesk, &[]), (Vendor, &[])])), Err(BadTopology::Unreachable(Vendor)));
        assert!(Topology::new(Topology::full().up).is_ok());
    }
}
