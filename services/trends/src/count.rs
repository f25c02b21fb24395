//! What is counted. Everything adds up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ticket::Mood;

/// Something that is counted of tickets at one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Count {
    /// Came to this line: registered here, or handed over with evidence.
    #[serde(rename = "in")]
    Registered,
    /// Closed at once by an answer of line 0, whatever came later.
    #[serde(rename = "once")]
    ClosedAtOnce,
    /// Of those: neither opened again nor asked again within the plan's window.
    #[serde(rename = "stays")]
    StaysClosed,
    /// Of those: opened again, or asked again.
    #[serde(rename = "again")]
    AskedAgain,
    /// Taken over by the line above.
    #[serde(rename = "up")]
    HandedOver,
    /// Taken over by a line below, to which it was returned.
    #[serde(rename = "back")]
    SentBack,
    /// Opened again.
    #[serde(rename = "re")]
    Reopened,
    /// Late with the first response; once for a ticket at a line.
    #[serde(rename = "late1")]
    LateResponse,
    /// Late with the solution; once for a ticket at a line.
    #[serde(rename = "late2")]
    LateResolution,
    /// Solved by this line.
    #[serde(rename = "solved")]
    Resolved,
    /// Closed.
    #[serde(rename = "closed")]
    Closed,
    /// How the request sounded: negative.
    #[serde(rename = "m1-")]
    FirstNegative,
    /// Neutral.
    #[serde(rename = "m1=")]
    FirstNeutral,
    /// Positive.
    #[serde(rename = "m1+")]
    FirstPositive,
    /// The sum of its scores, each from -1000 to 1000.
    #[serde(rename = "m1s")]
    FirstScore,
    /// How the client's last message sounds: negative.
    #[serde(rename = "m2-")]
    LastNegative,
    /// Neutral.
    #[serde(rename = "m2=")]
    LastNeutral,
    /// Positive.
    #[serde(rename = "m2+")]
    LastPositive,
    /// The sum of its scores.
    #[serde(rename = "m2s")]
    LastScore,
    /// From when it came until it left or was solved: up to a quarter of an hour.
    #[serde(rename = "t15m")]
    Within15Minutes,
    /// Up to an hour.
    #[serde(rename = "t1h")]
    Within1Hour,
    /// Up to four hours.
    #[serde(rename = "t4h")]
    Within4Hours,
    /// Up to a day.
    #[serde(rename = "t1d")]
    Within1Day,
    /// Up to three days.
    #[serde(rename = "t3d")]
    Within3Days,
    /// Longer.
    #[serde(rename = "t")]
    Longer,
    /// The sum of those times, in seconds.
    #[serde(rename = "ts")]
    Seconds,
    /// The client gave 1 of 5.
    #[serde(rename = "r1")]
    Rated1,
    /// 2 of 5.
    #[serde(rename = "r2")]
    Rated2,
    /// 3 of 5.
    #[serde(rename = "r3")]
    Rated3,
    /// 4 of 5.
    #[serde(rename = "r4")]
    Rated4,
    /// 5 of 5.
    #[serde(rename = "r5")]
    Rated5,
}

impl Count {
    /// Of the request as it came: by mood, then the sum of scores.
    pub(crate) const FIRST: [Self; 4] =
        [Self::FirstNegative, Self::FirstNeutral, Self::FirstPositive, Self::FirstScore];
    /// Of the client's last message.
    pub(crate) const LAST: [Self; 4] = [Self::LastNegative, Self::LastNeutral, Self::LastPositive, Self::LastScore];
    /// Times, shortest first, with the longest that each takes, in seconds.
    pub(crate) const TIMES: [(Self, i64); 6] = [
        (Self::Within15Minutes, 900),
        (Self::Within1Hour, 3_600),
        (Self::Within4Hours, 14_400),
        (Self::Within1Day, 86_400),
        (Self::Within3Days, 259_200),
        (Self::Longer, i64::MAX),
    ];
    /// Ratings, worst first.
    pub(crate) const RATINGS: [Self; 5] = [Self::Rated1, Self::Rated2, Self::Rated3, Self::Rated4, Self::Rated5];

    /// The one of `of` that a mood counts as.
    pub(crate) fn of_mood(of: [Self; 4], mood: Mood) -> Self {
        let [negative, neutral, positive, _] = of;
        match mood {
            Mood::Negative => negative,
            Mood::Neutral => neutral,
            Mood::Positive => positive,
        }
    }
}

/// How often each was counted. What is zero is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<Count, i64>);

impl Counts {
    /// Adds `number`, which may be below zero when something turned out otherwise.
    pub fn add(&mut self, count: Count, number: i64) {
        let sum = self.0.entry(count).or_default();
        *sum = sum.saturating_add(number);
        if *sum == 0 {
            self.0.remove(&count);
        }
    }

    /// Adds what others counted.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(count, number)| self.add(*count, *number));
    }

    /// How often.
    #[must_use]
    pub fn get(&self, count: Count) -> i64 {
        self.0.get(&count).copied().unwrap_or_default()
    }

    /// The sum of several.
    #[must_use]
    pub fn sum(&self, of: &[Count]) -> i64 {
        of.iter().map(|count| self.get(*count)).sum()
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
