//! How often people are told by themselves.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::fault::Gathered;
use crate::place::{At, bounded};
use crate::plan::Plan;

/// The longest window in which notices are gathered, in minutes.
pub const DIGEST_MINUTES_MAX: i64 = 24 * 60;
/// The most notices that a digest spells out.
pub const DIGEST_LINES_MAX: i64 = 100;
/// The longest time for which digests are kept, in days.
pub const DIGEST_DAYS_MAX: i64 = 366;

/// How often people are told by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeRules {
    /// After a notice, further ones are gathered for so long.
    pub gather: SignedDuration,
    /// So many notices of a digest are spelt out; the others are counted.
    pub lines_max: usize,
    /// Digests are kept for so long.
    pub keep: SignedDuration,
}

/// How often people are told by themselves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Notices")]
pub(crate) struct NoticesEntry {
    /// After a notice, further ones are gathered for so many minutes; 15 when left out.
    #[schemars(range(min = 1, max = DIGEST_MINUTES_MAX))]
    digest_minutes: Option<At<i64>>,
    /// How many notices of a digest are spelt out; 20 when left out.
    #[schemars(range(min = 1, max = DIGEST_LINES_MAX))]
    digest_lines: Option<At<i64>>,
    /// For how many days digests are kept; 90 when left out.
    #[schemars(range(min = 1, max = DIGEST_DAYS_MAX))]
    keep_days: Option<At<i64>>,
}

pub(crate) fn check(entry: Option<&NoticesEntry>, gathered: &mut Gathered) -> NoticeRules {
    let minutes = entry.and_then(|entry| entry.digest_minutes.as_ref());
    let lines = entry.and_then(|entry| entry.digest_lines.as_ref());
    let minutes = minutes.map_or(15, |at| bounded(at, "digest_minutes", DIGEST_MINUTES_MAX, gathered));
    let lines = lines.map_or(20, |at| bounded(at, "digest_lines", DIGEST_LINES_MAX, gathered));
    let days = entry.and_then(|entry| entry.keep_days.as_ref());
    let days = days.map_or(90, |at| bounded(at, "keep_days", DIGEST_DAYS_MAX, gathered));
    NoticeRules {
        gather: SignedDuration::from_mins(minutes),
        lines_max: usize::try_from(lines).unwrap_or(1),
        keep: SignedDuration::from_hours(24 * days),
    }
}

impl Plan {
    /// How often people are told by themselves.
    #[must_use]
    pub fn notices(&self) -> NoticeRules {
        self.notices
    }
}
