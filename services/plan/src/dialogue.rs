//! How line 0 talks: how long it waits for a client's choice, and what comes after.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::fault::Gathered;
use crate::place::{At, Name, Named, bounded};
use crate::plan::Plan;

/// The longest wait for a client's choice: 7 days, in minutes.
pub const CHOICE_MINUTES_MAX: i64 = 7 * 24 * 60;

/// The wait for a client's choice where the plan names none.
const CHOICE_CUSTOMARY: SignedDuration = SignedDuration::from_mins(60);

/// What becomes of a request whose client does not choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Silence {
    /// A person takes it over.
    HandOver,
    /// It is closed as unanswered.
    Close,
}

impl Silence {
    const ALL: [Self; 2] = [Self::HandOver, Self::Close];
}

impl Name for Silence {
    const WHAT: &'static str = "an end of a wait";

    fn every() -> &'static [Self] {
        &Self::ALL
    }

    fn name(self) -> &'static str {
        match self {
            Self::HandOver => "hand-over",
            Self::Close => "close",
        }
    }
}

/// How line 0 talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialogue {
    /// How long it waits for the client's choice or answer.
    pub choice: SignedDuration,
    /// What comes then.
    pub silence: Silence,
    /// Whether it may ask one question back where that tells articles apart.
    pub asks_back: bool,
}

/// How line 0 talks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Dialogue")]
pub(crate) struct DialogueEntry {
    /// How many minutes it waits for the client's choice or answer; 60 when left out.
    #[schemars(range(min = 1, max = CHOICE_MINUTES_MAX))]
    choice_minutes: Option<At<i64>>,
    /// What becomes of a request whose client does not choose; `hand-over` when left out.
    silence: Option<At<Named<Silence>>>,
    /// Whether it may ask one question back where the tags of articles tell them apart; it does when left out.
    asks_back: Option<bool>,
}

/// How line 0 talks, by the section or as is customary.
pub(crate) fn check(entry: Option<&DialogueEntry>, gathered: &mut Gathered) -> Dialogue {
    let customary = Dialogue { choice: CHOICE_CUSTOMARY, silence: Silence::HandOver, asks_back: true };
    let Some(DialogueEntry { choice_minutes, silence, asks_back }) = entry else { return customary };
    let minutes = |at: &At<i64>| bounded(at, "choice_minutes", CHOICE_MINUTES_MAX, gathered);
    let choice = choice_minutes.as_ref().map(minutes).map_or(customary.choice, SignedDuration::from_mins);
    Dialogue {
        choice,
        silence: silence.as_ref().and_then(|at| at.find(gathered)).unwrap_or(customary.silence),
        asks_back: asks_back.unwrap_or(customary.asks_back),
    }
}

impl Plan {
    /// How line 0 talks.
    #[must_use]
    pub fn dialogue(&self) -> Dialogue {
        self.replies.dialogue
    }
}
