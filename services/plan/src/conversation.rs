//! What line 1 tells a client by itself: how it goes, when the ticket moves, and the question how content the client is.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Line;

use crate::fault::Gathered;
use crate::place::{At, bounded};
use crate::plan::Plan;

/// The longest silence before a client is told how it goes, in hours of working time.
pub const PROGRESS_HOURS_MAX: i64 = 1_000;

/// The most messages in a row that nobody wrote.
pub const PROGRESS_MOST_MAX: i64 = 20;

/// What line 1 tells a client by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversationRules {
    /// After how much working time without a word the client is told how it goes; none when never.
    pub progress_after: Option<SignedDuration>,
    /// How often in a row, as long as no person writes.
    pub progress_most: u32,
    /// Whether the client is told that the ticket went to another line.
    pub tells_moves: bool,
    /// Whether the client is asked once, after the end, how content they are.
    pub asks_rating: bool,
    /// Ratings up to this one, from 1 to 5, are brought to a supervisor.
    pub low_rating: u8,
}

/// What line 1 tells a client by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Conversation")]
pub(crate) struct ConversationEntry {
    /// After how many hours of line 1's working time without a word the client is told how it goes; never when left out.
    #[schemars(range(min = 1, max = PROGRESS_HOURS_MAX))]
    progress_hours: Option<At<i64>>,
    /// How often in a row, as long as no person writes; 3 when left out.
    #[schemars(range(min = 1, max = PROGRESS_MOST_MAX))]
    progress_most: Option<At<i64>>,
    /// Whether the client is told that the ticket went to another line; not when left out.
    #[serde(default)]
    tells_moves: bool,
    /// Whether the client is asked once, after the end, how content they are; not when left out.
    #[serde(default)]
    asks_rating: bool,
    /// Ratings up to this one, from 1 to 5, are brought to a supervisor; 2 when left out.
    #[schemars(range(min = 1, max = 5))]
    low_rating: Option<At<i64>>,
}

/// What line 1 tells by itself, by the section; nothing without one.
pub(crate) fn check(entry: Option<&ConversationEntry>, gathered: &mut Gathered) -> ConversationRules {
    let quiet = ConversationRules {
        progress_after: None,
        progress_most: 3,
        tells_moves: false,
        asks_rating: false,
        low_rating: 2,
    };
    let Some(entry) = entry else { return quiet };
    let ConversationEntry { progress_hours, progress_most, tells_moves, asks_rating, low_rating } = entry;
    let hours = progress_hours.as_ref().map(|at| bounded(at, "progress_hours", PROGRESS_HOURS_MAX, gathered));
    let most = progress_most.as_ref().map(|at| bounded(at, "progress_most", PROGRESS_MOST_MAX, gathered));
    let low = low_rating.as_ref().map(|at| bounded(at, "low_rating", 5, gathered));
    ConversationRules {
        progress_after: hours.map(SignedDuration::from_hours),
        progress_most: most.and_then(|most| u32::try_from(most).ok()).unwrap_or(quiet.progress_most),
        tells_moves: *tells_moves,
        asks_rating: *asks_rating,
        low_rating: low.and_then(|low| u8::try_from(low).ok()).unwrap_or(quiet.low_rating),
    }
}

impl Plan {
    /// What line 1 tells a client by itself.
    #[must_use]
    pub fn conversation(&self) -> &ConversationRules {
        &self.conversation
    }

    /// When a client who hears nothing from `now` on is told how it goes, in working time of line 1; none when never.
    #[must_use]
    pub fn progress_due(&self, now: Timestamp) -> Option<Timestamp> {
        self.conversation.progress_after.map(|part| self.after_working(Line::OWNER, part, now))
    }
}
