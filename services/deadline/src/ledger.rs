//! What happened to one clock of a ticket. Everything else is reckoned from these facts, and from nothing else.

use jiff::{SignedDuration, Timestamp};

use crate::emergency::Emergency;

/// What a clock measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Until somebody answers. The first answer counts, and nothing later changes it.
    Response,
    /// Until it is solved. A reopening lets the clock go on from where it stood.
    Resolution,
}

/// What was promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The id of the agreement that promises it.
    pub agreement: String,
    /// Within which working time.
    pub within: SignedDuration,
    /// The id of the calendar that says what working time is.
    pub calendar: String,
}

/// Something that happened to a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It began to run.
    Started {
        /// What was promised.
        target: Target,
    },
    /// The ticket was put on hold, or its hold got another reason.
    Held {
        /// The id of the reason.
        reason: String,
        /// Whether this reason stops the clock.
        stops: bool,
    },
    /// The hold ended.
    Resumed,
    /// Another promise, for instance by a new priority. What has counted so far stays counted.
    TargetChanged {
        /// What is promised now.
        target: Target,
    },
    /// Another calendar, for instance by another group. What has counted so far stays counted.
    CalendarChanged {
        /// The id of the calendar.
        calendar: String,
    },
    /// What was promised happened.
    Met,
    /// It need not happen any more: handed on, or withdrawn.
    Stopped,
    /// The ticket was opened again.
    Reopened,
}

/// A fact and its instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// The facts of one clock in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    measure: Measure,
    facts: Vec<Fact>,
    emergencies: Vec<Emergency>,
}

impl Ledger {
    /// A clock that has not begun.
    #[must_use]
    pub fn new(measure: Measure) -> Self {
        Self { measure, facts: Vec::new(), emergencies: Vec::new() }
    }

    /// Notes a fact. One that is told earlier than the fact before it counts from that one's instant: the clocks of
    /// replicas differ by a little, and time does not go back.
    ///
    /// A fact that means nothing in its place, such as the end of a hold that never began, changes nothing.
    pub fn record(&mut self, at: Timestamp, what: What) {
        let at = self.facts.last().map_or(at, |last| last.at.max(at));
        self.facts.push(Fact { at, what });
    }

    /// As [`Ledger::record`], for facts in a row.
    #[must_use]
    pub fn with(mut self, at: Timestamp, what: What) -> Self {
        self.record(at, what);
        self
    }

    /// The same clock under these emergencies, in place of those before. Where two cover an instant, the first counts.
    #[must_use]
    pub fn under(mut self, emergencies: &[Emergency]) -> Self {
        self.emergencies = emergencies.to_vec();
        self
    }

    pub(crate) fn emergencies(&self) -> &[Emergency] {
        &self.emergencies
    }

    /// What this clock measures.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// The facts, oldest first.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The ledger as it was at `now`: without what came later. Of an emergency the end is known beforehand.
    #[must_use]
    pub fn as_of(&self, now: Timestamp) -> Self {
        let known = self.facts.partition_point(|fact| fact.at <= now);
        let (facts, emergencies) = (self.facts[..known].to_vec(), self.emergencies.clone());
        Self { measure: self.measure, facts, emergencies }
    }
}
