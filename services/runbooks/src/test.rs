//! Tests: a named person of a line below follows a runbook and says what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket::{Line, RunbookTestId};

/// The most tests of a runbook; what does not pass by then wants to be written anew.
pub const TESTS_MAX: usize = 100;

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Verdict {
    /// The tester has not said.
    Waiting,
    /// Nobody waits for it any more.
    CalledOff {
        /// Since when.
        at: Timestamp,
    },
    /// It does what it says.
    Passed {
        /// What the tester noticed.
        remarks: String,
        /// When.
        at: Timestamp,
    },
    /// It does not.
    Failed {
        /// What the tester noticed.
        remarks: String,
        /// When.
        at: Timestamp,
    },
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// Its id.
    pub id: RunbookTestId,
    /// The number of the edition that is tried.
    pub edition: u32,
    /// The line of the tester.
    pub line: Line,
    /// Who tries it, by the subject of their token.
    pub tester: String,
    /// Who asked for it.
    pub by: String,
    /// When it was asked for.
    pub at: Timestamp,
    /// What came of it.
    pub verdict: Verdict,
}
