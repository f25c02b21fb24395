//! What of its sorting line 1 does by measure: how much a mood raises a priority, and how it learns.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::fault::Gathered;
use crate::learning::LearnEntry;
use crate::place::{At, bounded};
use crate::plan::Plan;
use crate::rule::RAISE_STEPS_MAX;

/// From which mood on a ticket is raised, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoodStep {
    /// The mood is this or worse, in thousandths: -1000 is the worst, 0 is none.
    pub at_most: i32,
    /// By how many steps above the matrix.
    pub steps: u8,
}

/// What of its sorting line 1 does by measure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Sorting")]
pub(crate) struct SortingEntry {
    /// From which mood on a priority rises; the strongest of those that fit counts.
    #[serde(default)]
    moods: Vec<MoodStepEntry>,
    /// How line 1 learns to sort from its own closed tickets; it learns nothing when left out.
    pub(crate) learn: Option<At<LearnEntry>>,
}

/// From which mood on a priority rises, and how far.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MoodStep")]
struct MoodStepEntry {
    /// The mood is this or worse: from -1, the worst, to below 0.
    at_most: At<f64>,
    /// By how many steps above the matrix.
    #[schemars(range(min = 1, max = RAISE_STEPS_MAX))]
    steps: At<i64>,
}

/// The steps by the section, or none.
pub(crate) fn check(entry: Option<&SortingEntry>, gathered: &mut Gathered) -> Vec<MoodStep> {
    entry.map_or_else(Vec::new, |entry| entry.moods.iter().map(|step| step.check(gathered)).collect())
}

impl MoodStepEntry {
    fn check(&self, gathered: &mut Gathered) -> MoodStep {
        let at = self.at_most.value;
        if !(-1.0..0.0).contains(&at) {
            let message = format!("`at_most` is {at}");
            gathered.note(&self.at_most.span, message, "give a number from -1, the worst mood, to below 0");
        }
        let steps = bounded(&self.steps, "steps", RAISE_STEPS_MAX, gathered);
        // Between -1000 and 0 where there is no fault, so that nothing is cut off.
        MoodStep { at_most: (at * 1000.0).round() as i32, steps: u8::try_from(steps).unwrap_or(1) }
    }
}

impl Plan {
    /// How much a message raises the priority that sounds like `score`, in thousandths from -1000 to 1000.
    #[must_use]
    pub fn mood_step(&self, score: i32) -> Option<MoodStep> {
        self.mood_steps.iter().copied().filter(|step| score <= step.at_most).max_by_key(|step| step.steps)
    }
}
