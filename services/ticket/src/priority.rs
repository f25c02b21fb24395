//! Impact × urgency → priority (ITIL 4), and the client's mood.

use serde::{Deserialize, Serialize};

/// How many people or how much business a ticket touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// One person.
    Low,
    /// A team or a department.
    Medium,
    /// The organization.
    High,
}

/// How soon the work must go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// It can wait, or there is a way around.
    Low,
    /// Work is hampered.
    Medium,
    /// Work stands still.
    High,
}

/// The order of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// When there is time.
    Low,
    /// In turn.
    Medium,
    /// Ahead of the others.
    High,
    /// Everything else waits.
    Critical,
}

/// What the client's words sound like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mood {
    /// Angry, afraid or disappointed.
    Negative,
    /// Neither.
    Neutral,
    /// Pleased.
    Positive,
}

macro_rules! from_kebab {
    ($name:ident: $($text:literal => $value:ident),+) => {
        impl $name {
            /// Every value, lowest first.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// The value's name in plans and on screens.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$value => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

from_kebab!(Impact: "low" => Low, "medium" => Medium, "high" => High);
from_kebab!(Urgency: "low" => Low, "medium" => Medium, "high" => High);
from_kebab!(Priority: "low" => Low, "medium" => Medium, "high" => High, "critical" => Critical);
from_kebab!(Mood: "negative" => Negative, "neutral" => Neutral, "positive" => Positive);

/// Which priority an impact and an urgency make; rows by impact, columns by urgency, both low to high.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Matrix([[Priority; 3]; 3]);

impl Matrix {
    /// The matrix with these rows (low, medium, high impact), each by urgency (low, medium, high).
    #[must_use]
    pub fn new(rows: [[Priority; 3]; 3]) -> Self {
        Self(rows)
    }

    /// The priority of `impact` and `urgency`.
    #[must_use]
    pub fn priority(&self, impact: Impact, urgency: Urgency) -> Priority {
        self.0[impact as usize][urgency as usize]
    }
}

impl Default for Matrix {
    /// The customary ITIL matrix.
    fn default() -> Self {
        use Priority::{Critical, High, Low, Medium};
        Self([[Low, Low, Medium], [Low, Medium, High], [Medium, High, Critical]])
    }
}
