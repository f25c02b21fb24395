//! What is told of counts.

use crate::count::{Count, Counts};

/// What a series tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Tickets that came to the line.
    Registered,
    /// Closed at once; its parts: stays closed, asked again, and those of which it is not known yet.
    ClosedAtOnce,
    /// Closed at once, and neither opened nor asked again within the window.
    StaysClosed,
    /// Taken over by the line above.
    HandedOver,
    /// Returned to a line below.
    SentBack,
    /// Opened again.
    Reopened,
    /// Late with the first response.
    LateResponse,
    /// Late with the solution.
    LateResolution,
    /// Solved by the line.
    Resolved,
    /// Closed.
    Closed,
    /// How requests sound as they come; the sum is of scores from -1000 to 1000; parts: negative, neutral, positive.
    FirstMood,
    /// How the clients' last messages sound; as before.
    LastMood,
    /// From when it came until it left the line or was solved; the sum is in seconds; parts: up to 15 minutes, 1 hour, 4 hours,
    /// 1 day, 3 days, longer.
    HandlingTime,
    /// How content clients are; the sum is of ratings from 1 to 5, which are its parts.
    Rating,
}

/// What a measure says of some counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// Of how many.
    pub count: i64,
    /// The sum of what was measured; 0 where only is counted.
    pub sum: i64,
    /// How the count is made up; empty where it is not.
    pub parts: Vec<i64>,
}

impl Measure {
    /// What it says of `counts`.
    #[must_use]
    pub fn of(self, counts: &Counts) -> Figure {
        let only = |count| Figure { count: counts.get(count), ..Figure::default() };
        let parted = |parts: Vec<i64>, sum| Figure { count: parts.iter().sum(), sum, parts };
        let mood = |[negative, neutral, positive, score]: [Count; 4]| {
            parted([negative, neutral, positive].map(|mood| counts.get(mood)).to_vec(), counts.get(score))
        };
        match self {
            Self::Registered => only(Count::Registered),
            Self::ClosedAtOnce => {
                let [all, stays, again] =
                    [Count::ClosedAtOnce, Count::StaysClosed, Count::AskedAgain].map(|count| counts.get(count));
                parted(vec![stays, again, all - stays - again], 0)
            }
            Self::StaysClosed => only(Count::StaysClosed),
            Self::HandedOver => only(Count::HandedOver),
            Self::SentBack => only(Count::SentBack),
            Self::Reopened => only(Count::Reopened),
            Self::LateResponse => only(Count::LateResponse),
            Self::LateResolution => only(Count::LateResolution),
            Self::Resolved => only(Count::Resolved),
            Self::Closed => only(Count::Closed),
            Self::FirstMood => mood(Count::FIRST),
            Self::LastMood => mood(Count::LAST),
            Self::HandlingTime => {
                parted(Count::TIMES.map(|(count, _)| counts.get(count)).to_vec(), counts.get(Count::Seconds))
            }
            Self::Rating => {
                let ratings = Count::RATINGS.map(|count| counts.get(count));
                let sum = ratings.iter().zip(1..).map(|(count, rating)| count * rating).sum();
                parted(ratings.to_vec(), sum)
            }
        }
    }
}
