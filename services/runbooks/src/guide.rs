//! What is written for whoever follows it.

use serde::{Deserialize, Serialize};
use ticket::Language;

/// The longest guide, in bytes over all of its texts: as long as a problem with a workaround can be.
pub const GUIDE_BYTES_MAX: usize = 192 * 1024;

/// What to do in which case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guide {
    /// The language of all of it.
    pub language: Language,
    /// One line that says what it is for.
    pub title: String,
    /// When it applies, and how that shows.
    pub applies: String,
    /// The steps, in order; at least one.
    pub steps: Vec<GuideStep>,
    /// The products it is about; may be empty.
    pub products: Vec<String>,
    /// The categories of the plan it is about; may be empty.
    pub categories: Vec<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuideStep {
    /// What to do.
    pub action: String,
    /// What is to be seen then; empty where nothing is.
    pub expected: String,
}

impl Guide {
    /// Its length in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let steps = self.steps.iter().flat_map(|step| [&step.action, &step.expected]);
        let texts = [&self.title, &self.applies].into_iter().chain(steps);
        texts.chain(&self.products).chain(&self.categories).map(String::len).sum()
    }

    /// When it applies and what to do then, as one text.
    #[must_use]
    pub fn body(&self) -> String {
        let step = |step: &GuideStep| match step.expected.as_str() {
            "" => step.action.clone(),
            expected => format!("{} → {expected}", step.action),
        };
        let numbered = self.steps.iter().zip(1..).map(|(one, number)| format!("{number}. {}", step(one)));
        std::iter::once(self.applies.clone()).chain(numbered).collect::<Vec<_>>().join("\n")
    }
}
