//! The action plan: steps with owners and due dates.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum StepState {
    /// Nobody has begun.
    Planned,
    /// Somebody is at it.
    Doing,
    /// It is done.
    Done,
    /// It will not be done.
    Dropped {
        /// Why.
        why: String,
    },
}

impl StepState {
    /// Its name on screens.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Doing => "doing",
            Self::Done => "done",
            Self::Dropped { .. } => "dropped",
        }
    }

    /// Whether nothing more happens to it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Dropped { .. })
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number, from 1; a later plan goes on counting.
    pub number: u32,
    /// What is to be done.
    pub what: String,
    /// Who does it, by the subject of their token.
    pub owner: String,
    /// By when, on the organization's calendar.
    pub due: Date,
    /// How it stands.
    pub state: StepState,
}

/// What will be done, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// How anybody can see that it helped.
    pub how_to_verify: String,
}

impl Plan {
    /// Whether every step is over, and something was done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.steps.iter().all(|step| step.state.is_over())
            && self.steps.iter().any(|step| step.state == StepState::Done)
    }

    /// Puts other steps in the place of those that are not over; what was done or dropped stays.
    pub(crate) fn renew(&mut self, steps: Vec<(String, String, Date)>, how_to_verify: String) {
        let mut number = self.steps.iter().map(|step| step.number).max().unwrap_or(0);
        self.steps.retain(|step| step.state.is_over());
        self.steps.extend(steps.into_iter().map(|(what, owner, due)| {
            number += 1;
            Step { number, what, owner, due, state: StepState::Planned }
        }));
        self.how_to_verify = how_to_verify;
    }
}
