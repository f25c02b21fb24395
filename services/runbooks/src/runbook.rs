//! A runbook and what may happen to it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use ticket::{Line, RunbookId, RunbookTestId};

use crate::guide::Guide;
use crate::test::{TESTS_MAX, Test, Verdict};

/// How a runbook stands, as people speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Its newest edition is being written.
    Draft,
    /// Somebody tries its newest edition.
    InTest,
    /// Its newest edition has passed a test and is not published.
    Tested,
    /// Its newest edition is published.
    Published,
    /// Nobody is to use it.
    Retired,
}

impl State {
    /// Every state, in order.
    pub const ALL: [Self; 5] = [Self::Draft, Self::InTest, Self::Tested, Self::Published, Self::Retired];

    /// Its name in keys and on screens.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InTest => "in test",
            Self::Tested => "tested",
            Self::Published => "published",
            Self::Retired => "retired",
        }
    }
}

/// One wording of a runbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Its number, from 1.
    pub number: u32,
    /// Who wrote it, by the subject of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What it says.
    pub guide: Guide,
}

/// How far an edition is that is not published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Stage {
    /// It is being written, or has failed its test.
    Draft,
    /// Somebody tries it.
    InTest {
        /// Which test.
        test: RunbookTestId,
    },
    /// It has passed.
    Tested {
        /// Which test.
        test: RunbookTestId,
    },
}

/// The edition that is to be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Which.
    pub edition: Edition,
    /// Since when.
    pub at: Timestamp,
}

/// Somebody looked whether it still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who, by the subject of their token.
    pub by: String,
    /// What they found.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// Does not go as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongRunbook {
    /// The state does not allow it.
    #[error("cannot {action} a runbook that is {}", state.name())]
    State {
        /// What was wanted.
        action: &'static str,
        /// How it stands.
        state: State,
    },
    /// A test is by somebody else.
    #[error("{0} wrote this edition; somebody else has to try it")]
    OwnTest(String),
    /// As many tests as there may be.
    #[error("it was tried {TESTS_MAX} times; write another one")]
    TestsFull,
    /// The runbook has no such test that may be answered.
    #[error("it has no open test {0}")]
    NoTest(RunbookTestId),
}

/// How to deal with something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runbook {
    /// Its id.
    pub id: RunbookId,
    /// Who answers for it, by the subject of their token.
    pub owner: String,
    /// When it was first written.
    pub written_at: Timestamp,
    /// When anything of it last changed.
    pub changed_at: Timestamp,
    /// The edition that is not published yet, and how far it is.
    pub next: Option<(Edition, Stage)>,
    /// What the lines below use.
    pub published: Option<Published>,
    /// Every test, oldest first.
    pub tests: Vec<Test>,
    /// When somebody has to look whether it still holds, on the organization's calendar.
    pub review_on: Date,
    /// Who last did.
    pub reviewed: Option<Review>,
    /// Why it is not to be used any more, if so.
    pub retired: Option<String>,
    /// How often there was news for the lines below.
    pub told: u32,
}

impl Runbook {
    /// A new one.
    #[must_use]
    pub fn write(id: RunbookId, guide: Guide, by: String, review_on: Date, now: Timestamp) -> Self {
        let first = Edition { number: 1, by: by.clone(), at: now, guide };
        Self {
            id,
            owner: by,
            written_at: now,
            changed_at: now,
            next: Some((first, Stage::Draft)),
            published: None,
            tests: Vec::new(),
            review_on,
            reviewed: None,
            retired: None,
            told: 0,
        }
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.next {
            _ if self.retired.is_some() => State::Retired,
            None => State::Published,
            Some((_, Stage::Draft)) => State::Draft,
            Some((_, Stage::InTest { .. })) => State::InTest,
            Some((_, Stage::Tested { .. })) => State::Tested,
        }
    }

    /// Its newest edition.
    #[must_use]
    pub fn newest(&self) -> Option<&Edition> {
        let next = self.next.as_ref().map(|(edition, _)| edition);
        next.or(self.published.as_ref().map(|published| &published.edition))
    }

    /// The edition that the lines below use; none when there is none, or none any more.
    #[must_use]
    pub fn in_use(&self) -> Option<&Published> {
        self.published.as_ref().filter(|_| self.retired.is_none())
    }

    /// Writes another edition in place of one that is not published. What is published stays until the new one is.
    ///
    /// # Errors
    /// [`WrongRunbook::State`] when it is retired.
    pub fn revise(&mut self, guide: Guide, by: String, now: Timestamp) -> Result<(), WrongRunbook> {
        self.is_used("revise")?;
        self.call_off(now);
        let number = self.newest().map_or(0, |edition| edition.number).saturating_add(1);
        self.next = Some((Edition { number, by, at: now, guide }, Stage::Draft));
        self.changed_at = now;
        Ok(())
    }

    /// Has the newest edition tried by `tester` of `line`, as `by` asks, in place of whoever was asked before.
    ///
    /// # Errors
    /// [`WrongRunbook::State`] unless it is a draft or in test, [`WrongRunbook::OwnTest`], [`WrongRunbook::TestsFull`].
    pub fn submit(
        &mut self,
        test: RunbookTestId,
        line: Line,
        tester: String,
        by: String,
        now: Timestamp,
    ) -> Result<(), WrongRunbook> {
        let state = self.state();
        if self.tests.len() >= TESTS_MAX {
            return Err(WrongRunbook::TestsFull);
        }
        match (&self.next, state) {
            (Some((edition, _)), State::Draft | State::InTest) if edition.by == tester => {
                return Err(WrongRunbook::OwnTest(tester));
            }
            (Some(_), State::Draft | State::InTest) => {}
            _ => return Err(WrongRunbook::State { action: "submit for a test", state }),
        }
        self.call_off(now);
        self.changed_at = now;
        let wrong = WrongRunbook::State { action: "submit for a test", state };
        let (edition, stage) = self.next.as_mut().ok_or(wrong)?;
        *stage = Stage::InTest { test };
        let verdict = Verdict::Waiting;
        self.tests.push(Test { id: test, edition: edition.number, line, tester, by, at: now, verdict });
        Ok(())
    }

    /// Records what came of a test. One that was called off meanwhile is recorded, and changes nothing else.
    ///
    /// # Errors
    /// [`WrongRunbook::NoTest`] when `line` was asked for no such test, or has answered.
    pub fn record(
        &mut self,
        test: RunbookTestId,
        line: Line,
        passed: bool,
        remarks: String,
        now: Timestamp,
    ) -> Result<&Test, WrongRunbook> {
        let open = |one: &&mut Test| {
            one.id == test && one.line == line && matches!(one.verdict, Verdict::Waiting | Verdict::CalledOff { .. })
        };
        let found = self.tests.iter_mut().find(open).ok_or(WrongRunbook::NoTest(test))?;
        found.verdict =
            if passed { Verdict::Passed { remarks, at: now } } else { Verdict::Failed { remarks, at: now } };
        self.changed_at = now;
        if let Some((_, stage)) = self.next.as_mut().filter(|(_, stage)| *stage == Stage::InTest { test }) {
            *stage = if passed { Stage::Tested { test } } else { Stage::Draft };
        }
        Ok(found)
    }

    /// Gives the newest edition to the lines below.
    ///
    /// # Errors
    /// [`WrongRunbook::State`] unless it has passed its test.
    pub fn publish(&mut self, now: Timestamp) -> Result<(), WrongRunbook> {
        let state = self.state();
        match self.next.take() {
            Some((edition, Stage::Tested { .. })) if state == State::Tested => {
                self.published = Some(Published { edition, at: now });
                self.told = self.told.saturating_add(1);
                self.changed_at = now;
                Ok(())
            }
            next => {
                self.next = next;
                Err(WrongRunbook::State { action: "publish", state })
            }
        }
    }

    /// Nobody is to use it any more.
    ///
    /// # Errors
    /// [`WrongRunbook::State`] when it is so already.
    pub fn retire(&mut self, why: String, now: Timestamp) -> Result<(), WrongRunbook> {
        self.is_used("retire")?;
        self.call_off(now);
        if self.published.is_some() {
            self.told = self.told.saturating_add(1);
        }
        self.retired = Some(why);
        self.changed_at = now;
        Ok(())
    }

    /// It still holds; `review_on` is when to look again.
    ///
    /// # Errors
    /// [`WrongRunbook::State`] when it is retired.
    pub fn review(&mut self, review: Review, review_on: Date) -> Result<(), WrongRunbook> {
        self.is_used("review")?;
        self.changed_at = review.at;
        self.reviewed = Some(review);
        self.review_on = review_on;
        Ok(())
    }

    fn is_used(&self, action: &'static str) -> Result<(), WrongRunbook> {
        match self.retired {
            None => Ok(()),
            Some(_) => Err(WrongRunbook::State { action, state: State::Retired }),
        }
    }

    /// Nobody waits for the test that is open, if one is.
    fn call_off(&mut self, now: Timestamp) {
        for test in self.tests.iter_mut().filter(|test| test.verdict == Verdict::Waiting) {
            test.verdict = Verdict::CalledOff { at: now };
        }
        if let Some((_, stage @ Stage::InTest { .. })) = &mut self.next {
            *stage = Stage::Draft;
        }
    }
}
