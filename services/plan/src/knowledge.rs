//! How knowledge is kept: who looks articles over, and how line 0 learns from what solved requests.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::fault::Gathered;
use crate::place::{At, bounded};
use crate::plan::Plan;

/// The longest time between two turns of learning, in days.
pub const LEARN_EVERY_DAYS_MAX: i64 = 365;

/// The precision that is wanted where the plan says nothing.
const PRECISION: f64 = 0.9;

/// How often is learned where the plan says nothing, in days.
const LEARN_EVERY_DAYS: i64 = 7;

/// How knowledge is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnowledgeRules {
    /// Whether somebody else than the author has to look an article over.
    pub four_eyes: bool,
    /// The share of line 0's answers that are to be right, above 0 and below 1.
    pub precision: f64,
    /// How long after one turn of learning the next begins.
    pub learn_every: SignedDuration,
}

/// How knowledge is kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Knowledge")]
pub(crate) struct KnowledgeEntry {
    /// Whether somebody else than the author has to look an article over; so it is when left out.
    four_eyes: Option<bool>,
    /// The share of line 0's answers that are to be right, above 0 and below 1; the threshold follows from what was measured.
    #[schemars(range(min = 0.5, max = 0.999))]
    precision: Option<At<f64>>,
    /// How often line 0 learns from what solved requests, in days.
    #[schemars(range(min = 1, max = LEARN_EVERY_DAYS_MAX))]
    learn_every_days: Option<At<i64>>,
}

pub(crate) fn check(entry: Option<&KnowledgeEntry>, gathered: &mut Gathered) -> KnowledgeRules {
    let precision = entry.and_then(|entry| entry.precision.as_ref());
    let days = entry.and_then(|entry| entry.learn_every_days.as_ref());
    if let Some(at) = precision
        && !(0.5..1.0).contains(&at.value)
    {
        let what = format!("`precision` is {}", at.value);
        gathered.note(&at.span, what, "give a share from 0.5 to below 1, such as 0.9");
    }
    let days = days.map_or(LEARN_EVERY_DAYS, |at| bounded(at, "learn_every_days", LEARN_EVERY_DAYS_MAX, gathered));
    KnowledgeRules {
        four_eyes: entry.and_then(|entry| entry.four_eyes).unwrap_or(true),
        precision: precision.map_or(PRECISION, |at| at.value),
        learn_every: SignedDuration::from_hours(days * 24),
    }
}

impl Plan {
    /// How knowledge is kept.
    #[must_use]
    pub fn knowledge(&self) -> KnowledgeRules {
        self.knowledge
    }
}
