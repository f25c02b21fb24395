//! What line 1 goes through for a category: steps with branches, without a loop, none of them out of reach.

use schemars::JsonSchema;
use serde::Deserialize;
use ticket::evidence::StepResult;

use crate::category::CategoryEntry;
use crate::fault::Gathered;
use crate::known::Known;
use crate::place::{At, Text, TextEntry, id, refers, shorten, unique};

/// What a branch names to end the checklist; no step may be called so.
const END: &str = "end";

/// What line 1 goes through before it hands a request on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checklist {
    /// Its id.
    pub id: String,
    /// The ids of the categories it is for.
    pub categories: Vec<String>,
    /// Its steps, in order; never empty. It begins with the first.
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
    /// Where it goes on, by what came out.
    pub branches: Branches,
}

/// Where a checklist goes on after a step: the place of a step among the steps; none where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branches {
    /// When it is as expected.
    pub passed: Option<usize>,
    /// When it is not.
    pub failed: Option<usize>,
    /// When it was left out.
    pub skipped: Option<usize>,
}

impl Branches {
    /// Where it goes on after `result`.
    #[must_use]
    pub fn after(self, result: StepResult) -> Option<usize> {
        match result {
            StepResult::Passed => self.passed,
            StepResult::Failed => self.failed,
            StepResult::Skipped => self.skipped,
        }
    }
}

/// The way through a checklist, as far as it was gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way<'c> {
    /// The steps with an outcome, in the order of the way.
    pub gone: Vec<&'c Step>,
    /// The step to run now; none at the end of the way.
    pub next: Option<&'c Step>,
}

impl Checklist {
    /// The way through the branches, given what came out of each step so far.
    #[must_use]
    pub fn way(&self, result: impl Fn(&str) -> Option<StepResult>) -> Way<'_> {
        let (mut gone, mut at) = (Vec::new(), Some(0));
        // The plan was checked for loops; no way is longer than the list.
        while let Some(step) = at.and_then(|at| self.steps.get(at)).filter(|_| gone.len() < self.steps.len()) {
            let Some(result) = result(&step.id) else { return Way { gone, next: Some(step) } };
            gone.push(step);
            at = step.branches.after(result);
        }
        Way { gone, next: None }
    }
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
    /// The step to go on with when it came out as expected, or `end`; the next one when left out.
    on_passed: Option<At<String>>,
    /// The step to go on with when it did not, or `end`; the next one when left out.
    on_failed: Option<At<String>>,
    /// The step to go on with when it was skipped, or `end`; the next one when left out.
    on_skipped: Option<At<String>>,
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
        let ids: Vec<&str> = self.steps.iter().map(|step| step.id.value.as_str()).collect();
        let steps: Vec<Step> = self.steps.iter().enumerate().map(|(at, step)| step.check(at, &ids, gathered)).collect();
        self.sound(&steps, gathered);
        Checklist {
            id: id(&self.id, "checklist", gathered),
            categories: self.categories.iter().map(|at| at.value.clone()).collect(),
            steps,
        }
    }

    /// Every step can be reached from the first, and no way comes back to a step.
    fn sound(&self, steps: &[Step], gathered: &mut Gathered) {
        let ways = |at: usize| {
            let Branches { passed, failed, skipped } = steps[at].branches;
            // What may not be skipped does not go on from there.
            [passed, failed, skipped.filter(|_| steps[at].may_skip)].into_iter().flatten()
        };
        // What comes after each step, by any way; a step that comes after itself is in a loop.
        for (at, entry) in self.steps.iter().enumerate() {
            let after = reached(ways(at).collect(), steps.len(), ways);
            if after[at] {
                let message = format!("the step `{}` leads back to itself", shorten(&entry.id.value));
                gathered.note(&entry.id.span, message, "let its branches lead to later steps or to `end`");
            }
        }
        let reachable = reached(Vec::from_iter((!steps.is_empty()).then_some(0)), steps.len(), ways);
        for (entry, _) in self.steps.iter().zip(reachable).filter(|(_, reachable)| !reachable) {
            let message = format!("no way leads to the step `{}`", shorten(&entry.id.value));
            gathered.note(&entry.id.span, message, "let a branch lead to it, or remove it");
        }
    }
}

/// Which of `count` steps are reached from `from`, those included.
fn reached<I: Iterator<Item = usize>>(from: Vec<usize>, count: usize, ways: impl Fn(usize) -> I) -> Vec<bool> {
    let (mut seen, mut open) = (vec![false; count], from);
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut seen[at], true) {
            open.extend(ways(at));
        }
    }
    seen
}

impl StepEntry {
    fn check(&self, at: usize, ids: &[&str], gathered: &mut Gathered) -> Step {
        if self.id.value == END {
            gathered.note(&self.id.span, "a step is called `end`", "give it another id; branches end with this word");
        }
        if let Some(branch) = self.on_skipped.as_ref().filter(|_| !self.may_skip) {
            let message = format!("the step `{}` says what follows when it is skipped", shorten(&self.id.value));
            gathered.note(&branch.span, message, "add `may_skip = true`, or remove `on_skipped`");
        }
        let following = Some(at + 1).filter(|next| *next < ids.len());
        let mut branch = |given: &Option<At<String>>| match given {
            None => following,
            Some(at) if at.value == END => None,
            Some(at) => {
                let found = ids.iter().position(|id| *id == at.value);
                if found.is_none() {
                    let message = format!("`{}` is not a step of this checklist", shorten(&at.value));
                    gathered.note(&at.span, message, format!("use one of: {}, {END}", ids.join(", ")));
                }
                found
            }
        };
        let branches = Branches {
            passed: branch(&self.on_passed),
            failed: branch(&self.on_failed),
            skipped: branch(&self.on_skipped),
        };
        Step {
            id: id(&self.id, "step", gathered),
            text: self.text.check(gathered),
            expected: self.expected.check(gathered),
            may_skip: self.may_skip,
            branches,
        }
    }
}
