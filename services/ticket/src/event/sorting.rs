//! What was set on a ticket by itself: the record of an automatic decision.

use serde::{Deserialize, Serialize};

use crate::priority::{Mood, Priority};

/// A ticket was sorted by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum SortingEvent {
    /// By rules of the plan.
    ByRules {
        /// The rules that held, in the order of the plan.
        rules: Vec<RuleHeld>,
        /// What they set; what a person had said stays as it was.
        settings: Vec<Setting>,
        /// The category since; may be empty.
        category: String,
        /// The priority by the matrix and by what raised the ticket before.
        priority: Priority,
        /// The version of the plan.
        plan: String,
    },
    /// By models that learned from closed tickets, after the rules.
    ByModels {
        /// What each of them said, and what became of it.
        opinions: Vec<Opinion>,
        /// The category since; may be empty.
        category: String,
        /// The priority since.
        priority: Priority,
        /// The version of the plan.
        plan: String,
    },
}

/// What a model said of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// Of what: `category`, `kind`, `impact`, `urgency` or `product`.
    pub field: String,
    /// Its likeliest value.
    pub value: String,
    /// How likely it is, in thousandths.
    pub probability: u32,
    /// From which probability on it is set without a person, in thousandths; none where the data do not show one for the
    /// client's language.
    pub threshold: Option<u32>,
    /// The words of the request that spoke for it, the strongest first.
    pub words: Vec<String>,
    /// The id of the model.
    pub model: String,
    /// Whether the meaning of the request, as the sentence encoder gives it, was judged beside its words.
    #[serde(default)]
    pub by_meaning: bool,
    /// What became of it.
    pub outcome: OpinionOutcome,
}

/// What became of what a model said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpinionOutcome {
    /// It was set.
    Set,
    /// It is shown to whoever works on the ticket.
    Suggested,
    /// A person or a rule had said it before.
    Overruled,
    /// The model only runs beside another one.
    Shadow,
}

impl OpinionOutcome {
    /// Its name on the wire and in texts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Suggested => "suggested",
            Self::Overruled => "overruled",
            Self::Shadow => "shadow",
        }
    }
}

/// How a message of the client sounds, by a lexicon: the record of an automatic decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeardEvent {
    /// The verdict.
    pub mood: Mood,
    /// From -1000 to 1000; 0 is no mood.
    pub score: i32,
    /// What in the message says so.
    pub words: Vec<String>,
    /// By which profile of replies the client was greeted after it; none where it was not the first message.
    pub profile: Option<String>,
    /// The version of the plan.
    pub plan: String,
}

/// A rule that held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleHeld {
    /// Its id.
    pub rule: String,
    /// The words of the request that it was waiting for; empty for a rule without words.
    pub words: Vec<String>,
}

/// One thing that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Which: `category`, `kind`, `impact`, `urgency`, `product` or `tag`.
    pub field: String,
    /// To what.
    pub value: String,
    /// By which rule.
    pub rule: String,
}
