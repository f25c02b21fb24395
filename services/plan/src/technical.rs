//! How line 2 works: before what the help given so far is reviewed, and how visits are driven to.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Line;

use crate::fault::Gathered;
use crate::known::Known;
use crate::place::{At, Name, Named, bounded, refers};
use crate::plan::Plan;

/// The longest wait for a visit to begin before it counts as late, in minutes.
pub const VISIT_GRACE_MINUTES_MAX: i64 = 24 * 60;

/// Before what the help given so far must have been reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewedStep {
    /// Before a finding is recorded.
    Diagnosis,
    /// Before the ticket is handed up.
    Escalation,
    /// Before it is solved.
    Resolution,
}

impl ReviewedStep {
    const ALL: [Self; 3] = [Self::Diagnosis, Self::Escalation, Self::Resolution];
}

impl Name for ReviewedStep {
    const WHAT: &'static str = "a step before which help is reviewed";

    fn every() -> &'static [Self] {
        &Self::ALL
    }

    fn name(self) -> &'static str {
        match self {
            Self::Diagnosis => "diagnosis",
            Self::Escalation => "escalation",
            Self::Resolution => "resolution",
        }
    }
}

/// How line 2 works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TechnicalRules {
    /// Before what the help given so far must have been reviewed.
    pub review_before: Vec<ReviewedStep>,
    /// Whether line 2 reads what client and support wrote to each other.
    pub shows_conversation: bool,
    /// How visits are driven to.
    pub visits: VisitRules,
}

/// How visits are driven to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRules {
    /// The id of the calendar of those who drive and have none of their own; the line's when none.
    pub calendar: Option<String>,
    /// How long after its time a visit that has not begun, or not ended, counts as late.
    pub grace: SignedDuration,
    /// Whether line 2 keeps addresses, rather than references to them alone.
    pub keeps_address: bool,
}

/// How line 2 works.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Technical")]
pub(crate) struct TechnicalEntry {
    /// Before what the help given so far must have been reviewed and accepted; empty when left out.
    #[serde(default)]
    review_before: Vec<At<Named<ReviewedStep>>>,
    /// Whether line 2 reads what client and support wrote to each other; it does when left out.
    shows_conversation: Option<bool>,
    /// How visits are driven to.
    #[serde(default)]
    visits: VisitsEntry,
}

/// How visits are driven to.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Visits")]
struct VisitsEntry {
    /// The id of the calendar of those who drive and have none of their own; the line's when left out.
    calendar: Option<At<String>>,
    /// How many minutes after its time a visit that has not begun, or not ended, counts as late; 15 when left out.
    #[schemars(range(min = 1, max = VISIT_GRACE_MINUTES_MAX))]
    grace_minutes: Option<At<i64>>,
    /// Whether line 2 keeps addresses, rather than references to them alone; it does not when left out.
    #[serde(default)]
    keeps_address: bool,
}

/// How line 2 works, by the section or as is customary.
pub(crate) fn check(entry: Option<&At<TechnicalEntry>>, known: &Known<'_>, gathered: &mut Gathered) -> TechnicalRules {
    if let Some(at) = entry
        && !known.lines.contains(&Line::Technical)
    {
        let message = format!("there is [technical] without the line {}", Line::Technical);
        gathered.note(&at.span, message, "add the line under [[lines]], or remove the section");
    }
    entry.map_or_else(TechnicalRules::customary, |at| at.value.check(known, gathered))
}

impl TechnicalRules {
    fn customary() -> Self {
        let visits = VisitRules { calendar: None, grace: SignedDuration::from_mins(15), keeps_address: false };
        Self { review_before: Vec::new(), shows_conversation: true, visits }
    }
}

impl TechnicalEntry {
    fn check(&self, known: &Known<'_>, gathered: &mut Gathered) -> TechnicalRules {
        let customary = TechnicalRules::customary();
        let mut review_before = Vec::new();
        for at in &self.review_before {
            let Some(step) = at.find(gathered) else { continue };
            if review_before.contains(&step) {
                gathered.note(&at.span, format!("`{}` is there twice", step.name()), "remove one of them");
            }
            review_before.push(step);
        }
        let VisitsEntry { calendar, grace_minutes, keeps_address } = &self.visits;
        if let Some(at) = calendar {
            refers(at, "calendars", &known.calendars, gathered);
        }
        let grace = grace_minutes.as_ref().map_or(customary.visits.grace, |at| {
            SignedDuration::from_mins(bounded(at, "grace_minutes", VISIT_GRACE_MINUTES_MAX, gathered))
        });
        let calendar = calendar.as_ref().map(|at| at.value.clone());
        TechnicalRules {
            review_before,
            shows_conversation: self.shows_conversation.unwrap_or(customary.shows_conversation),
            visits: VisitRules { calendar, grace, keeps_address: *keeps_address },
        }
    }
}

impl Plan {
    /// How line 2 works.
    #[must_use]
    pub fn technical(&self) -> &TechnicalRules {
        &self.technical
    }
}
