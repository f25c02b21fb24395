//! Force majeure: spans of time in which other targets hold.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ledger::{Measure, Target};

/// A span of time in which other targets hold, for every clock that runs within it.
///
/// A clock that runs within it from its first to its last minute has exactly the other target. Of any other clock the part
/// that runs within it counts at the pace of the other target: with 8 hours instead of 4, an hour counts as half of one. So
/// nothing is overdue merely because it begins or ends, and whoever was late before stays late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    /// Its id.
    pub id: String,
    /// Its first instant.
    pub from: Timestamp,
    /// The instant after it; an earlier one makes it empty.
    pub to: Timestamp,
    /// What holds instead; the first that says something about an agreement counts.
    pub targets: Vec<OtherTarget>,
}

/// What holds instead of the targets of some agreements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherTarget {
    /// The ids of the agreements; all when empty.
    pub agreements: Vec<String>,
    /// Instead of the time within which somebody answers; none when that stays.
    pub response: Option<Instead>,
    /// Instead of the time within which it is solved; none when that stays.
    pub resolution: Option<Instead>,
}

/// What holds instead of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instead {
    /// So many hundredths of the target: 200 is twice the time. At least 1.
    Hundredths(u32),
    /// So many minutes of working time, whatever the target is. At least 1.
    Minutes(u32),
}

/// At which pace time counts under another target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// The id of the [`Emergency`].
    pub by: String,
    /// The target that was promised.
    pub usual: SignedDuration,
    /// The one that holds instead.
    pub within: SignedDuration,
}

impl Emergency {
    pub(crate) fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// At which pace a clock with this target counts in it; none when nothing else holds for that.
    pub(crate) fn pace(&self, measure: Measure, target: &Target) -> Option<Pace> {
        let instead = self.targets.iter().find_map(|other| {
            let is_meant = other.agreements.is_empty() || other.agreements.contains(&target.agreement);
            match measure {
                Measure::Response => other.response.filter(|_| is_meant),
                Measure::Resolution => other.resolution.filter(|_| is_meant),
            }
        })?;
        let within = match instead {
            Instead::Hundredths(hundredths) => {
                of_nanos(target.within.as_nanos().saturating_mul(hundredths.into()) / 100)
            }
            Instead::Minutes(minutes) => SignedDuration::from_mins(minutes.into()),
        };
        let usual = target.within;
        let is_other = within != usual && within.is_positive() && usual.is_positive();
        is_other.then(|| Pace { by: self.id.clone(), usual, within })
    }
}

impl Pace {
    /// How much counts of working time that goes by.
    #[must_use]
    pub fn counted(&self, gone: SignedDuration) -> SignedDuration {
        let exact = gone.as_nanos().checked_mul(self.usual.as_nanos());
        exact.map_or(SignedDuration::MAX, |exact| of_nanos(exact / self.within.as_nanos()))
    }

    /// How much working time goes by until so much has counted.
    pub(crate) fn until(&self, counted: SignedDuration) -> SignedDuration {
        let usual = self.usual.as_nanos();
        // Up to the next nanosecond, so that what is asked for has counted by then.
        let exact =
            counted.as_nanos().checked_mul(self.within.as_nanos()).and_then(|exact| exact.checked_add(usual - 1));
        exact.map_or(SignedDuration::MAX, |exact| of_nanos(exact / usual))
    }
}

/// Beyond what a duration can say it is the longest one.
fn of_nanos(nanos: i128) -> SignedDuration {
    const SECOND: i128 = 1_000_000_000;
    match (i64::try_from(nanos / SECOND), i32::try_from(nanos % SECOND)) {
        (Ok(seconds), Ok(rest)) => SignedDuration::new(seconds, rest),
        _ => SignedDuration::MAX,
    }
}
