//! How line 1 learns to sort requests from its own closed tickets.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Gathered;
use crate::place::{At, bounded};
use crate::plan::Plan;
use crate::sorting::SortingEntry;

/// The longest time between two trainings, days.
pub const LEARN_DAYS_MAX: i64 = 365;

/// The most tickets that a model is made of; so many texts are held in memory while it is trained.
pub const LEARN_TICKETS_MAX: i64 = 20_000;

/// So many are taken when the plan names no number.
const TICKETS: i64 = 10_000;

/// What of a request can be learned. The zone is not: it comes with the category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sortable {
    /// The category, and with it the zone.
    Category,
    /// The kind of request.
    Kind,
    /// The impact.
    Impact,
    /// The urgency.
    Urgency,
    /// The affected product.
    Product,
}

impl Sortable {
    /// Everything that can be learned.
    pub const ALL: [Self; 5] = [Self::Category, Self::Kind, Self::Impact, Self::Urgency, Self::Product];

    /// Its name in plans, documents and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Kind => "kind",
            Self::Impact => "impact",
            Self::Urgency => "urgency",
            Self::Product => "product",
        }
    }

    /// What has this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sortable| sortable.name() == name)
    }
}

/// What a plan says about learning.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnRules {
    /// How long after a training comes the next one.
    pub every: SignedDuration,
    /// So many tickets at least must have been closed since.
    pub least: usize,
    /// So many tickets at most, the newest, are learned from.
    pub tickets: usize,
    /// Whether a new model only runs beside the one at work until a person lets it act.
    pub shadow_first: bool,
    /// What is learned, and which share of what a model sets by itself must be right, in (0, 1].
    pub precision: BTreeMap<Sortable, f32>,
}

/// How line 1 learns to sort from its own closed tickets. What a model says is set by itself only from the probability on at
/// which the wanted precision was measured for the client's language; else it is suggested.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Learn")]
pub(crate) struct LearnEntry {
    /// A training comes so many days after the last one.
    #[schemars(range(min = 1, max = LEARN_DAYS_MAX))]
    every_days: At<i64>,
    /// So many tickets at least must have been closed since the last training.
    #[schemars(range(min = 1, max = LEARN_TICKETS_MAX))]
    least: At<i64>,
    /// So many tickets at most, the newest, are learned from; 10000 when left out.
    #[schemars(range(min = 1, max = LEARN_TICKETS_MAX))]
    tickets: Option<At<i64>>,
    /// A new model only runs beside the one at work until a person lets it act; it acts at once when left out.
    #[serde(default)]
    shadow_first: bool,
    /// What is learned, and how precise it must be to be set without a person.
    precision: At<PrecisionEntry>,
}

/// Which share of what is set without a person must be right: above 0, at most 1. 1 is never shown by measuring, so that it
/// is always only suggested. What is left out is not learned.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Precision")]
struct PrecisionEntry {
    /// Of the category.
    category: Option<At<f64>>,
    /// Of the kind of request.
    kind: Option<At<f64>>,
    /// Of the impact.
    impact: Option<At<f64>>,
    /// Of the urgency.
    urgency: Option<At<f64>>,
    /// Of the affected product.
    product: Option<At<f64>>,
}

/// The rules by the section; none where it says nothing of learning.
pub(crate) fn check(entry: Option<&SortingEntry>, gathered: &mut Gathered) -> Option<LearnRules> {
    let at = entry?.learn.as_ref()?;
    let LearnEntry { every_days, least, tickets, shadow_first, precision } = &at.value;
    let count = |number: i64| usize::try_from(number).unwrap_or(1);
    let days = bounded(every_days, "every_days", LEARN_DAYS_MAX, gathered);
    let least = count(bounded(least, "least", LEARN_TICKETS_MAX, gathered));
    let most = tickets.as_ref().map_or(TICKETS, |tickets| bounded(tickets, "tickets", LEARN_TICKETS_MAX, gathered));
    let PrecisionEntry { category, kind, impact, urgency, product } = &precision.value;
    let given = [category, kind, impact, urgency, product];
    let mut wanted = BTreeMap::new();
    for (sortable, at) in Sortable::ALL.into_iter().zip(given) {
        let Some(at) = at else { continue };
        if !(at.value > 0.0 && at.value <= 1.0) {
            let message = format!("the precision of the {} is {}", sortable.name(), at.value);
            gathered.note(&at.span, message, "give a share above 0 and at most 1, such as 0.95");
        }
        wanted.insert(sortable, at.value as f32);
    }
    if wanted.is_empty() {
        gathered.note(
            &precision.span,
            "nothing is to be learned",
            "name what is, such as `category = 0.9`, or remove the section",
        );
    }
    Some(LearnRules {
        every: SignedDuration::from_hours(24 * days),
        least,
        tickets: count(most),
        shadow_first: *shadow_first,
        precision: wanted,
    })
}

impl Plan {
    /// How line 1 learns to sort; none when it does not.
    #[must_use]
    pub fn learning(&self) -> Option<&LearnRules> {
        self.learning.as_ref()
    }
}
