//! A problem and what may happen to it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use ticket::ProblemId;
use ticket::event::{ProblemNews, ProblemStage as Stage};

use crate::plan::{Plan, StepState};

/// The most causes of a problem; with more it is several problems.
pub const CAUSES_MAX: usize = 20;

/// How a root cause was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Asking why five times.
    FiveWhys,
    /// Ishikawa's diagram.
    Fishbone,
    /// A tree of faults.
    FaultTree,
    /// What was changed before it began.
    ChangeAnalysis,
    /// What is and what is not (Kepner and Tregoe).
    KepnerTregoe,
    /// Another way, told by the evidence.
    Other,
}

/// What is behind a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// How it was found.
    pub method: Method,
    /// The causes, the root first; at least one.
    pub causes: Vec<String>,
    /// What shows it.
    pub evidence: Vec<String>,
    /// Who found it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What solved a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solution {
    /// What was done, step by step.
    pub done: Vec<String>,
    /// How anybody can see that it helped.
    pub how_to_verify: String,
    /// When the last step was done.
    pub at: Timestamp,
}

/// Does not go at this stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongProblem {
    /// The stage does not allow it.
    #[error("cannot {action} a problem that is {}", stage.name())]
    Stage {
        /// What was wanted.
        action: &'static str,
        /// How it stands.
        stage: Stage,
    },
    /// Nobody plans what to do about something unknown.
    #[error("the root cause is not known; record it first")]
    NoCause,
    /// The plan has no such step that is not over.
    #[error("the plan has no open step {0}")]
    NoStep(u32),
}

/// What is behind many tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Its id.
    pub id: ProblemId,
    /// One line that says what it is.
    pub title: String,
    /// How it shows.
    pub description: String,
    /// The affected product; may be empty.
    pub product: String,
    /// Who answers for it, by the subject of their token.
    pub owner: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When anything of it last changed.
    pub changed_at: Timestamp,
    /// What helps until it is resolved; empty when nothing is known.
    pub workaround: String,
    /// What is behind it, once known.
    pub cause: Option<Cause>,
    /// What is done about it.
    pub plan: Plan,
    /// What solved it, once the plan is done.
    pub solution: Option<Solution>,
    /// Why it was no problem, if so.
    pub cancelled: Option<String>,
    /// Why it was opened again, the last time; empty when it never was.
    pub reopened: String,
    /// How often it was opened again.
    pub reopenings: u32,
    /// How often there was news that its tickets are told.
    pub told: u32,
}

impl Problem {
    /// A new problem.
    #[must_use]
    pub fn open(
        id: ProblemId,
        title: String,
        description: String,
        product: String,
        by: String,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            title,
            description,
            product,
            owner: by,
            opened_at: now,
            changed_at: now,
            workaround: String::new(),
            cause: None,
            plan: Plan::default(),
            solution: None,
            cancelled: None,
            reopened: String::new(),
            reopenings: 0,
            told: 0,
        }
    }

    /// How it stands.
    #[must_use]
    pub fn stage(&self) -> Stage {
        if self.cancelled.is_some() {
            Stage::Cancelled
        } else if self.solution.is_some() {
            Stage::Resolved
        } else if self.cause.is_none() {
            Stage::Investigating
        } else if self.plan.steps.iter().any(|step| !step.state.is_over()) {
            Stage::Resolving
        } else {
            Stage::KnownError
        }
    }

    /// What a ticket that it is, or is not, behind is told.
    #[must_use]
    pub fn news(&self, linked: bool) -> ProblemNews {
        let cause = self.cause.as_ref().and_then(|cause| cause.causes.first());
        let solution = self.solution.as_ref();
        ProblemNews {
            problem: self.id,
            linked,
            title: self.title.clone(),
            stage: self.stage(),
            workaround: self.workaround.clone(),
            cause: cause.cloned().unwrap_or_default(),
            done: solution.map(|solution| solution.done.clone()).unwrap_or_default(),
            how_to_verify: solution.map(|solution| solution.how_to_verify.clone()).unwrap_or_default(),
            number: self.told,
        }
    }

    /// Records what is behind it, in place of what was thought before.
    ///
    /// # Errors
    /// [`WrongProblem::Stage`] when it is over.
    pub fn find_cause(&mut self, cause: Cause, now: Timestamp) -> Result<(), WrongProblem> {
        self.is_open("record the cause of")?;
        self.cause = Some(cause);
        self.changed_at = now;
        Ok(())
    }

    /// Says what helps until it is resolved; its tickets are told. The cause need not be known.
    ///
    /// # Errors
    /// [`WrongProblem::Stage`] when it is over.
    pub fn work_around(&mut self, workaround: String, now: Timestamp) -> Result<(), WrongProblem> {
        self.is_open("publish a workaround for")?;
        self.workaround = workaround;
        self.tell(now);
        Ok(())
    }

    /// Plans what is done about it. Steps that are over stay; the others are replaced.
    ///
    /// # Errors
    /// [`WrongProblem::NoCause`] before the cause is known, [`WrongProblem::Stage`] when it is over.
    pub fn plan(
        &mut self,
        steps: Vec<(String, String, Date)>,
        how_to_verify: String,
        now: Timestamp,
    ) -> Result<(), WrongProblem> {
        self.is_open("plan what to do about")?;
        if self.cause.is_none() {
            return Err(WrongProblem::NoCause);
        }
        self.plan.renew(steps, how_to_verify);
        self.changed_at = now;
        Ok(())
    }

    /// Moves a step on. The last one resolves the problem, unless nothing was done at all; its tickets are told then.
    ///
    /// # Errors
    /// [`WrongProblem::NoStep`] for one that is over or not there, [`WrongProblem::Stage`] when the problem is over.
    pub fn move_step(&mut self, number: u32, to: StepState, now: Timestamp) -> Result<(), WrongProblem> {
        self.is_open("go on with")?;
        let step = self.plan.steps.iter_mut().find(|step| step.number == number && !step.state.is_over());
        step.ok_or(WrongProblem::NoStep(number))?.state = to;
        self.changed_at = now;
        if self.plan.is_complete() {
            let done = self.plan.steps.iter().filter(|step| step.state == StepState::Done);
            let done = done.map(|step| step.what.clone()).collect();
            self.solution = Some(Solution { done, how_to_verify: self.plan.how_to_verify.clone(), at: now });
            self.tell(now);
        }
        Ok(())
    }

    /// It was not solved after all; its tickets are told. What was found and done stays.
    ///
    /// # Errors
    /// [`WrongProblem::Stage`] unless it is resolved.
    pub fn reopen(&mut self, why: String, now: Timestamp) -> Result<(), WrongProblem> {
        if self.stage() != Stage::Resolved {
            return Err(WrongProblem::Stage { action: "reopen", stage: self.stage() });
        }
        self.solution = None;
        self.reopened = why;
        self.reopenings = self.reopenings.saturating_add(1);
        self.tell(now);
        Ok(())
    }

    /// It was no problem.
    ///
    /// # Errors
    /// [`WrongProblem::Stage`] when it is over.
    pub fn cancel(&mut self, why: String, now: Timestamp) -> Result<(), WrongProblem> {
        self.is_open("cancel")?;
        self.cancelled = Some(why);
        self.tell(now);
        Ok(())
    }

    fn is_open(&self, action: &'static str) -> Result<(), WrongProblem> {
        match self.stage() {
            Stage::Investigating | Stage::KnownError | Stage::Resolving => Ok(()),
            stage @ (Stage::Resolved | Stage::Cancelled) => Err(WrongProblem::Stage { action, stage }),
        }
    }

    fn tell(&mut self, now: Timestamp) {
        self.told = self.told.saturating_add(1);
        self.changed_at = now;
    }
}
