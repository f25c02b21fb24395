//! Mass incidents at line 1: what is too many of the same, when no person is needed to say so, and what follows.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::day::{End, Moment};
use crate::fault::Gathered;
use crate::organization::Organization;
use crate::place::{At, Text, TextEntry, bounded, shorten};
use crate::plan::Plan;
use crate::rule::RAISE_STEPS_MAX;
use crate::template::TemplateEntry;

/// The most clients that may be asked for before a candidate is told.
pub const MASS_LEAST_MAX: i64 = 1_000;
/// The most times what is expected that may be asked for.
pub const MASS_FACTOR_MAX: f64 = 100.0;
/// The longest window, in minutes.
pub const MASS_WINDOW_MINUTES_MAX: i64 = 360;
/// The largest size from which on a plan may accept by itself.
pub const MASS_ACCEPT_FROM_MAX: i64 = 5_000;
/// The most announced waves.
pub const WAVES_MAX: usize = 50;

/// What a plan says about mass incidents.
#[derive(Debug, Clone, PartialEq)]
pub struct MassRules {
    /// So many different clients at least make a candidate.
    pub least: u32,
    /// So many times what this hour of the week lets one expect, at least.
    pub factor: f64,
    /// In this time. A sixth and four times of it are looked at too.
    pub window: SignedDuration,
    /// From so many clients on no person is needed to accept; none when a person always is.
    pub accept_from: Option<u32>,
    /// By how many steps the priority of each ticket rises.
    pub raise: u8,
    /// The template of the answer that each client gets once it is accepted; none when a person writes.
    pub answer: Option<String>,
    /// What was announced, and makes many people write.
    pub waves: Vec<Wave>,
}

/// Something announced that makes many people write, and is no incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// What it is called.
    pub name: Text,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// What it is about, in its own words; both languages count.
    pub about: Text,
}

/// Mass incidents at line 1; it does not look for any when the section is left out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Mass")]
pub(crate) struct MassEntry {
    /// So many different clients at least make a candidate.
    #[schemars(range(min = 2, max = MASS_LEAST_MAX))]
    least: At<i64>,
    /// So many times what this hour of the week lets one expect, at least; 3 when left out.
    #[schemars(range(min = 1.0, max = MASS_FACTOR_MAX))]
    factor: Option<At<f64>>,
    /// Within so many minutes; 60 when left out. A sixth and four times of it are looked at too, for the sudden and the slow.
    #[schemars(range(min = 6, max = MASS_WINDOW_MINUTES_MAX))]
    window_minutes: Option<At<i64>>,
    /// From so many clients on the plan accepts by itself; a person always decides when left out.
    #[schemars(range(min = 2, max = MASS_ACCEPT_FROM_MAX))]
    accept_from: Option<At<i64>>,
    /// By how many steps above the matrix each ticket rises; 1 when left out.
    #[schemars(range(min = 1, max = RAISE_STEPS_MAX))]
    raise: Option<At<i64>>,
    /// The id of the answer template that each client gets once it is accepted; it has no fields of its own. A person writes
    /// when left out.
    answer: Option<At<String>>,
    /// What was announced, such as a mailing, and makes many people write.
    #[serde(default)]
    waves: Vec<WaveEntry>,
}

/// Something announced that makes many people write, and is no incident.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Wave")]
struct WaveEntry {
    /// What it is called.
    name: TextEntry,
    /// Its first day, or its first minute on the organization's clock, without quotes.
    from: At<Moment>,
    /// Its last day, or the minute after its last one, without quotes.
    to: At<Moment>,
    /// What it is about, in the words of the announcement.
    about: TextEntry,
}

/// The rules by the section; none without one.
pub(crate) fn check(
    entry: Option<&MassEntry>,
    organization: Option<&Organization>,
    templates: &[TemplateEntry],
    gathered: &mut Gathered,
) -> Option<MassRules> {
    let MassEntry { least, factor, window_minutes, accept_from, raise, answer, waves } = entry?;
    if least.value == 1 {
        gathered.note(&least.span, "`least` is 1", "one client is no mass; give at least 2");
    }
    let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let at_least = small(bounded(least, "least", MASS_LEAST_MAX, gathered));
    let window = window_minutes.as_ref().map(|at| bounded(at, "window_minutes", MASS_WINDOW_MINUTES_MAX, gathered));
    if let Some(at) = window_minutes.as_ref().filter(|at| (1..6).contains(&at.value)) {
        gathered.note(
            &at.span,
            format!("`window_minutes` is {}", at.value),
            "give at least 6; a sixth is looked at too",
        );
    }
    let accepts = accept_from.as_ref().map(|at| small(bounded(at, "accept_from", MASS_ACCEPT_FROM_MAX, gathered)));
    if let (Some(at), Some(from)) = (accept_from, accepts)
        && from < at_least
    {
        let message = format!("`accept_from` is {from}, and `least` {at_least}");
        gathered.note(&at.span, message, "give at least as many as make a candidate");
    }
    let factor = factor.as_ref().map_or(3.0, |at| {
        if !(1.0..=MASS_FACTOR_MAX).contains(&at.value) {
            let help = format!("give a number from 1 to {MASS_FACTOR_MAX}");
            gathered.note(&at.span, format!("`factor` is {}", at.value), help);
        }
        at.value
    });
    if let Some(at) = answer {
        match templates.iter().find(|template| template.id() == at.value) {
            Some(template) if template.is_plain() => {}
            Some(_) => {
                let message = format!("the template `{}` has fields that nobody fills in", shorten(&at.value));
                gathered.note(&at.span, message, "name one with no fields but those known from the ticket");
            }
            None => {
                let message = format!("`{}` is not among the templates", shorten(&at.value));
                gathered.note(&at.span, message, "add it under [[templates]], or remove it here");
            }
        }
    }
    if let Some(wave) = waves.get(WAVES_MAX) {
        let message = format!("there are {} waves", waves.len());
        gathered.note(&wave.from.span, message, format!("keep at most {WAVES_MAX}; remove those that are over"));
    }
    let steps = raise.as_ref().map_or(1, |at| bounded(at, "raise", RAISE_STEPS_MAX, gathered));
    Some(MassRules {
        least: at_least,
        factor,
        window: SignedDuration::from_mins(window.unwrap_or(60)),
        accept_from: accepts,
        raise: u8::try_from(steps).unwrap_or(1),
        answer: answer.as_ref().map(|at| at.value.clone()),
        waves: waves.iter().filter_map(|wave| wave.check(organization, gathered)).collect(),
    })
}

impl WaveEntry {
    fn check(&self, organization: Option<&Organization>, gathered: &mut Gathered) -> Option<Wave> {
        let (name, about) = (self.name.check(gathered), self.about.check(gathered));
        let (from, until) = (self.from.minute(End::First, gathered), self.to.minute(End::Last, gathered));
        let (from, until) = (from?, until?);
        if until <= from {
            gathered.note(&self.to.span, "the wave ends before it begins", "put the end after the beginning");
        }
        let zone = &organization?.time_zone;
        let instant = |at: jiff::civil::DateTime| at.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
        Some(Wave { name, from: instant(from)?, until: instant(until)?, about })
    }
}

impl Plan {
    /// What the plan says about mass incidents; none when line 1 does not look for any.
    #[must_use]
    pub fn mass(&self) -> Option<&MassRules> {
        self.mass.as_ref()
    }
}
