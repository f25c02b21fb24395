//! Who promised what to whom, and which promise holds for a ticket.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use ticket::{Line, Priority};

use crate::ledger::{Measure, Target};
use crate::reckon::Percent;

/// What kind of agreement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AgreementKind {
    /// What clients are promised.
    Sla,
    /// What the lines promise each other.
    Ola,
    /// What a vendor promises.
    UnderpinningContract,
}

impl AgreementKind {
    /// Every kind, from the client outward.
    pub const ALL: &[Self] = &[Self::Sla, Self::Ola, Self::UnderpinningContract];

    /// Its name in plans and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sla => "sla",
            Self::Ola => "ola",
            Self::UnderpinningContract => "underpinning-contract",
        }
    }
}

/// With whom the organization has an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// With its clients: an SLA.
    Client,
    /// With one of its lines: an OLA.
    Line(Line),
    /// With a vendor, by its id: an underpinning contract.
    Vendor(String),
}

impl Party {
    /// What kind of agreement there is with it.
    #[must_use]
    pub fn kind(&self) -> AgreementKind {
        match self {
            Self::Client => AgreementKind::Sla,
            Self::Line(_) => AgreementKind::Ola,
            Self::Vendor(_) => AgreementKind::UnderpinningContract,
        }
    }
}

/// An agreement: what is promised, for which tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Its id.
    pub id: String,
    /// With whom.
    pub party: Party,
    /// For tickets of this priority; for all when none.
    pub priority: Option<Priority>,
    /// For tickets of this category; for all when none.
    pub category: Option<String>,
    /// Within which working time somebody answers; none when this agreement says nothing about it.
    pub response: Option<SignedDuration>,
    /// Within which working time it is solved; none when this agreement says nothing about it.
    pub resolution: Option<SignedDuration>,
    /// The id of the calendar that says what working time is.
    pub calendar: String,
    /// At which parts of the time somebody is warned, the lowest first.
    pub warnings: Vec<Percent>,
}

impl Agreement {
    /// What it promises in this measure.
    #[must_use]
    pub fn target(&self, measure: Measure) -> Option<Target> {
        let within = self.within(measure)?;
        Some(Target { agreement: self.id.clone(), within, calendar: self.calendar.clone() })
    }

    fn within(&self, measure: Measure) -> Option<SignedDuration> {
        match measure {
            Measure::Response => self.response,
            Measure::Resolution => self.resolution,
        }
    }

    fn covers(&self, party: &Party, priority: Priority, category: Option<&str>) -> bool {
        self.party == *party
            && self.priority.is_none_or(|own| own == priority)
            && self.category.as_deref().is_none_or(|own| Some(own) == category)
    }

    /// How many things a ticket must have in common with it.
    fn narrowness(&self) -> usize {
        usize::from(self.priority.is_some()) + usize::from(self.category.is_some())
    }
}

/// Those of `agreements` that hold for a ticket in this measure: the narrowest that say something about it. One, unless
/// there is a tie; none when nothing is promised.
fn narrowest<'a>(
    agreements: &'a [Agreement],
    party: &Party,
    measure: Measure,
    priority: Priority,
    category: Option<&str>,
) -> Vec<&'a Agreement> {
    let fitting = || {
        let covering = agreements.iter().filter(|one| one.covers(party, priority, category));
        covering.filter(|one| one.within(measure).is_some())
    };
    let narrowness = fitting().map(Agreement::narrowness).max();
    fitting().filter(|one| Some(one.narrowness()) == narrowness).collect()
}

/// The agreement that holds for a ticket in this measure: the narrowest one wins. Response and resolution may come from
/// two agreements.
#[must_use]
pub fn agreement_for<'a>(
    agreements: &'a [Agreement],
    party: &Party,
    measure: Measure,
    priority: Priority,
    category: Option<&str>,
) -> Option<&'a Agreement> {
    narrowest(agreements, party, measure, priority, category).first().copied()
}

/// Two agreements of which neither is narrower, and a ticket for which both would hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    /// The id of the one that stands later in the list.
    pub later: String,
    /// The id of the other.
    pub earlier: String,
    /// The measure about which both say something.
    pub measure: Measure,
    /// The priority of such a ticket.
    pub priority: Priority,
    /// Its category; none when any other will do.
    pub category: Option<String>,
}

/// Every two agreements that tie, each pair with the first ticket found; empty when [`agreement_for`] is never in doubt.
#[must_use]
pub fn ties(agreements: &[Agreement]) -> Vec<Tie> {
    let parties: BTreeSet<&Party> = agreements.iter().map(|one| &one.party).collect();
    let categories: BTreeSet<Option<&str>> =
        agreements.iter().map(|one| one.category.as_deref()).chain([None]).collect();
    let (mut seen, mut ties) = (BTreeSet::new(), Vec::new());
    for party in parties {
        for measure in [Measure::Response, Measure::Resolution] {
            for (category, priority) in
                categories.iter().flat_map(|category| Priority::ALL.iter().map(|priority| (*category, *priority)))
            {
                if let [earlier, later, ..] = narrowest(agreements, party, measure, priority, category).as_slice()
                    && seen.insert((&earlier.id, &later.id))
                {
                    let (earlier, later) = (earlier.id.clone(), later.id.clone());
                    ties.push(Tie { later, earlier, measure, priority, category: category.map(str::to_owned) });
                }
            }
        }
    }
    ties
}
