//! Why a ticket comes before its place in the matrix: causes of the plan, of the mood, of mass and of force majeure.

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::priority::Priority;

/// The most causes that count at once; more of them would raise nothing further.
pub const RAISES_MAX: usize = 16;

/// One reason to take a ticket before its turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// What raises it. A ticket has one raise of each cause.
    pub cause: RaiseCause,
    /// By how many steps above the matrix; 0 raises nothing.
    pub steps: u8,
    /// Why, in Russian, for the people who work on it.
    pub ru: String,
    /// Why, in English.
    pub en: String,
}

/// What raises a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum RaiseCause {
    /// A rule of the plan.
    Rule {
        /// Its id.
        id: String,
    },
    /// How the client sounds.
    Mood,
    /// Many have the same.
    Mass {
        /// The incident.
        incident: String,
    },
    /// The organization is in a state of force majeure.
    ForceMajeure {
        /// By which profile of the plan.
        profile: String,
    },
}

impl RaiseCause {
    /// Its name on the wire and on screens.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rule { .. } => "rule",
            Self::Mood => "mood",
            Self::Mass { .. } => "mass",
            Self::ForceMajeure { .. } => "force-majeure",
        }
    }

    /// Which rule, incident or profile; empty for the mood.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Rule { id } => id,
            Self::Mood => "",
            Self::Mass { incident } => incident,
            Self::ForceMajeure { profile } => profile,
        }
    }

    /// The cause with this name and id; `None` for another name.
    #[must_use]
    pub fn of(name: &str, id: String) -> Option<Self> {
        Some(match name {
            "rule" => Self::Rule { id },
            "mood" => Self::Mood,
            "mass" => Self::Mass { incident: id },
            "force-majeure" => Self::ForceMajeure { profile: id },
            _ => return None,
        })
    }
}

impl Facts {
    /// Sets the priority: that of the matrix, raised by the strongest cause.
    ///
    /// Causes do not add up: an angry client in a mass incident is not twice as urgent.
    pub fn reckon(&mut self, by_matrix: Priority) {
        let steps = self.raises.iter().map(|raise| usize::from(raise.steps)).max().unwrap_or(0);
        let place = (by_matrix as usize).saturating_add(steps).min(Priority::ALL.len() - 1);
        self.priority = Priority::ALL[place];
    }

    /// Lets a cause raise the ticket, in place of what the same cause did before; whether anything changed.
    /// A new cause beyond [`RAISES_MAX`] is left out.
    pub fn raise(&mut self, raise: Raise) -> bool {
        match self.raises.iter().position(|known| known.cause == raise.cause) {
            Some(place) => std::mem::replace(&mut self.raises[place], raise.clone()) != raise,
            None if self.raises.len() >= RAISES_MAX => false,
            None => {
                self.raises.push(raise);
                true
            }
        }
    }

    /// Takes a cause away; whether it was there.
    pub fn lower(&mut self, cause: &RaiseCause) -> bool {
        let before = self.raises.len();
        self.raises.retain(|raise| raise.cause != *cause);
        self.raises.len() < before
    }
}
