//! What requests can be about, and what line 1 goes through for each.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Line;

use crate::fault::Gathered;
use crate::known::Known;
use crate::place::{At, Text, TextEntry, id, refers, shorten, unique};

/// What a request can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// The id of the zone that answers for it; none only where there is no line 2.
    pub zone: Option<String>,
}

/// What line 1 goes through before it hands a request on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checklist {
    /// Its id.
    pub id: String,
    /// The ids of the categories it is for.
    pub categories: Vec<String>,
    /// Its steps, in order; never empty.
    pub steps: Vec<Step>,
}

/// One step of a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its id, unique within the checklist.
    pub id: String,
    /// What to do or ask.
    pub text: Text,
    /// What should come out.
    pub expected: Text,
    /// Whether it may be left out with a reason.
    pub may_skip: bool,
}

/// What a request can be about.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Category")]
pub(crate) struct CategoryEntry {
    /// The category's id: 1 to 64 of a-z, 0-9 and `-`.
    pub(crate) id: At<String>,
    /// The category's name.
    name: TextEntry,
    /// The id of the zone that answers for it; needed where there is a line 2.
    pub(crate) zone: Option<At<String>>,
    /// What its tickets ask of whoever works on them: skills of people, each with the lowest level from 1 to 5.
    #[serde(default)]
    pub(crate) skills: BTreeMap<String, At<i64>>,
}

/// What line 1 goes through before it hands a request on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Checklist")]
pub(crate) struct ChecklistEntry {
    /// The checklist's id: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// The ids of the categories it is for; a category has one checklist.
    categories: Vec<At<String>>,
    /// Its steps, in order.
    steps: Vec<StepEntry>,
}

/// One step of a checklist.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
struct StepEntry {
    /// The step's id, unique within the checklist: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// What to do or ask.
    text: TextEntry,
    /// What should come out.
    expected: TextEntry,
    /// Whether it may be left out with a reason.
    #[serde(default)]
    may_skip: bool,
}

/// The categories by id.
pub(crate) fn check_categories(
    entries: &[CategoryEntry],
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> BTreeMap<String, Category> {
    if entries.is_empty() {
        gathered.note(&(0..0), "there are no categories", "add at least one under [[categories]]");
    }
    unique(entries.iter().map(|entry| &entry.id), "category", gathered);
    let mut categories = BTreeMap::new();
    for entry in entries {
        let id = id(&entry.id, "category", gathered);
        match &entry.zone {
            Some(zone) => refers(zone, "zones", &known.zones, gathered),
            None if known.lines.contains(&Line::Technical) => {
                let message = format!("the category `{}` has no zone", shorten(&id));
                gathered.note(&entry.id.span, message, "add `zone`, so that line 1 knows which group of line 2 it is");
            }
            None => {}
        }
        let zone = entry.zone.as_ref().map(|at| at.value.clone());
        categories.insert(id.clone(), Category { id, name: entry.name.check(gathered), zone });
    }
    categories
}

/// The checklists in the order of the file. When `needed`, line 2 asks for their runs and each category must have one.
pub(crate) fn check_checklists(
    entries: &[ChecklistEntry],
    categories: &[CategoryEntry],
    needed: bool,
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> Vec<Checklist> {
    unique(entries.iter().map(|entry| &entry.id), "checklist", gathered);
    unique(entries.iter().flat_map(|entry| &entry.categories), "category of a checklist", gathered);
    for category in categories.iter().filter(|_| needed) {
        let for_it = |entry: &ChecklistEntry| entry.categories.iter().any(|at| at.value == category.id.value);
        if !entries.iter().any(for_it) {
            let message =
                format!("the category `{}` has no checklist, which line 2 asks for", shorten(&category.id.value));
            let help = "add it to the `categories` of a checklist, or leave `checklist` out of `required_evidence`";
            gathered.note(&category.id.span, message, help);
        }
    }
    entries.iter().map(|entry| entry.check(known, gathered)).collect()
}

impl ChecklistEntry {
    fn check(&self, known: &Known<'_>, gathered: &mut Gathered) -> Checklist {
        for category in &self.categories {
            refers(category, "categories", &known.categories, gathered);
        }
        unique(self.steps.iter().map(|step| &step.id), "step", gathered);
        if self.steps.is_empty() {
            let message = format!("the checklist `{}` has no steps", shorten(&self.id.value));
            gathered.note(&self.id.span, message, "add at least one under [[checklists.steps]]");
        }
        Checklist {
            id: id(&self.id, "checklist", gathered),
            categories: self.categories.iter().map(|at| at.value.clone()).collect(),
            steps: self.steps.iter().map(|step| step.check(gathered)).collect(),
        }
    }
}

impl StepEntry {
    fn check(&self, gathered: &mut Gathered) -> Step {
        Step {
            id: id(&self.id, "step", gathered),
            text: self.text.check(gathered),
            expected: self.expected.check(gathered),
            may_skip: self.may_skip,
        }
    }
}
