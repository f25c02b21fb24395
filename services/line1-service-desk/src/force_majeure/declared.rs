//! What was declared, and what was done to it, in the database; everybody is told of each change.

use std::collections::BTreeSet;

use handover::wire::force_majeure::to_terms;
use handover::wire::instant;
use handover::{Board, Change, Desk, ForceMajeure, Refused, tell_force_majeure};
use jiff::{SignedDuration, Timestamp};
use plan::{ForceMajeureProfile, Plan};
use proto::errors::Reason;
use proto::line1 as wire;
use serde::{Deserialize, Serialize};
use store::Version;
use ticket::field::Violation;
use ticket::{Actor, ForceMajeureId, Line, OrganizationId};

/// The kind of the documents.
pub(super) const KIND: &str = "force-majeure";

/// So much may be done to one.
const STEPS_MAX: usize = 100;

/// What was declared, and what was done to it since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Declared {
    pub(super) terms: ForceMajeure,
    /// The longest that it may last, in hours.
    longest_hours: i64,
    history: Vec<Step>,
    /// The lines that are told of it.
    told: BTreeSet<Line>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    what: Deed,
    by: String,
    at: Timestamp,
    until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Deed {
    Declared,
    Prolonged,
    Ended,
}

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForceMajeureRefused {
    #[error("there is no force majeure {0}")]
    NotFound(ForceMajeureId),
    #[error("it would hold at the same time as {0}; end that one before")]
    Overlaps(ForceMajeureId),
    #[error("{0} is over; declare another one")]
    Over(ForceMajeureId),
}

impl rpc::Problem for ForceMajeureRefused {
    fn reason(&self) -> Reason {
        match self {
            Self::NotFound(_) => Reason::ForceMajeureNotFound,
            Self::Overlaps(_) => Reason::ForceMajeureOverlaps,
            Self::Over(_) => Reason::ForceMajeureOver,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let (Self::NotFound(id) | Self::Overlaps(id) | Self::Over(id)) = self;
        vec![("force_majeure", id.to_string())]
    }
}

impl From<ForceMajeureRefused> for Refused {
    fn from(problem: ForceMajeureRefused) -> Self {
        Self::Own(Box::new(problem))
    }
}

impl Declared {
    pub(super) fn new(
        id: ForceMajeureId,
        profile: &ForceMajeureProfile,
        plan: &Plan,
        from: Timestamp,
        until: Timestamp,
    ) -> Self {
        let ForceMajeureProfile { id: named, name, text, raises, targets, longest } = profile.clone();
        let plan = plan.version().to_string();
        let terms = ForceMajeure { id, profile: named, plan, name, text, raises, targets, from, until, number: 0 };
        Self { terms, longest_hours: longest.as_hours(), history: Vec::new(), told: BTreeSet::new() }
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.terms.until <= self.terms.from.max(now)
    }

    /// What is wrong with its end.
    pub(super) fn fault(&self) -> Option<Violation> {
        let ForceMajeure { from, until, .. } = self.terms;
        let longest = SignedDuration::from_hours(self.longest_hours);
        if until <= from {
            return Some(Violation::new("ends", "is not after the beginning"));
        }
        let fault =
            || format!("is more than {} hours after the beginning, the longest by its profile", self.longest_hours);
        (from.duration_until(until) > longest).then(|| Violation::new("ends", fault()))
    }

    /// Notes what was done; everybody is told, and this line does what follows.
    pub(super) async fn save(
        mut self,
        change: &Change<'_>,
        what: Deed,
        by: String,
        read: Option<Version>,
    ) -> Result<Self, Refused> {
        if self.history.len() >= STEPS_MAX {
            return Err(Refused::RecordFull { what: "steps of a force majeure", most: STEPS_MAX });
        }
        let (board, board_read) = Board::load(change).await?;
        let id = self.terms.id;
        if let Some(other) = board.overlaps(id, self.terms.from, self.terms.until) {
            return Err(ForceMajeureRefused::Overlaps(other.id).into());
        }
        self.terms.number += 1;
        self.history.push(Step { what, by, at: change.now, until: self.terms.until });
        board.save(board_read, change, self.terms.clone()).await?;
        for line in others(&change.plan).chain(self.told.iter().copied()).collect::<BTreeSet<_>>() {
            tell_force_majeure(change, line, &self.terms).await?;
            self.told.insert(line);
        }
        change.work.put_document(change.organization(), KIND, &id.to_string(), &self, read).await?;
        Ok(self)
    }

    pub(super) fn to_wire(&self, now: Timestamp) -> wire::ForceMajeure {
        let state = if self.is_over(now) {
            wire::ForceMajeureState::Over
        } else if self.terms.holds(now) {
            wire::ForceMajeureState::Holds
        } else {
            wire::ForceMajeureState::Planned
        };
        let history = self.history.iter().map(|step| wire::ForceMajeureStep {
            what: match step.what {
                Deed::Declared => "declared",
                Deed::Prolonged => "prolonged",
                Deed::Ended => "ended",
            }
            .to_owned(),
            by: step.by.clone(),
            at: Some(instant(step.at)),
            ends: Some(instant(step.until)),
        });
        wire::ForceMajeure {
            terms: Some(to_terms(self.terms.clone())),
            state: state as i32,
            history: history.collect(),
        }
    }
}

/// The lines that are to know, by the plan.
fn others(plan: &Plan) -> impl Iterator<Item = Line> {
    plan.topology().lines().filter(|line| *line != Line::OWNER)
}

pub(super) async fn load(change: &Change<'_>, id: ForceMajeureId) -> Result<(Declared, Version), Refused> {
    let found = change.work.document(change.organization(), KIND, &id.to_string()).await?;
    found.ok_or_else(|| ForceMajeureRefused::NotFound(id).into())
}

/// Tells what is not over to the lines that the plan has gained since.
pub(crate) async fn tell_new_lines(desk: &Desk, organization: &OrganizationId) -> Result<(), Refused> {
    let plan = desk.plan(organization)?;
    let board = Board::of(desk.store(), organization).await?;
    for known in board.not_over(desk.clock().now()) {
        let id = known.id;
        let found = desk.store().document::<Declared>(organization, KIND, &id.to_string()).await?;
        let is_told = |declared: &Declared| others(&plan).all(|line| declared.told.contains(&line));
        if found.is_none_or(|(declared, _)| is_told(&declared)) {
            continue;
        }
        let by = Actor::Line { line: desk.line() };
        desk.work(organization, by, move |change| {
            Box::pin(async move {
                let (mut declared, read) = load(change, id).await?;
                for line in others(&change.plan) {
                    if declared.told.insert(line) {
                        tell_force_majeure(change, line, &declared.terms).await?;
                    }
                }
                change.work.put_document(change.organization(), KIND, &id.to_string(), &declared, Some(read)).await?;
                Ok::<_, Refused>(())
            })
        })
        .await?;
    }
    Ok(())
}
