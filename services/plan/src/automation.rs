//! How sure the bot must be, and what it says at which time of day.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Line;

use crate::dialogue::{self, Dialogue, DialogueEntry};
use crate::fault::Gathered;
use crate::known::Known;
use crate::place::{At, Text, TextEntry, refers};
use crate::plan::Plan;
use crate::profile::{self, Profile, ProfileEntry};

/// How sure line 0 must be, from 0 to 1; `offer` is not above `answer`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// From this score on it answers.
    pub answer: f64,
    /// From this score on it offers articles; below it hands over without.
    pub offer: f64,
}

/// What an automatic reply takes into account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyProfile {
    /// Between the first and the last working minute of a day.
    WorkingHours,
    /// Outside these, and on a usual day off.
    Night,
    /// On a holiday.
    Holiday,
    /// Something is wrong on a large scale; said by a person, never by the calendar.
    ForceMajeure,
}

impl ReplyProfile {
    /// Its name in logs and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkingHours => "working-hours",
            Self::Night => "night",
            Self::Holiday => "holiday",
            Self::ForceMajeure => "force-majeure",
        }
    }
}

/// What clients are told automatically.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replies {
    /// The id of the calendar that tells the times of day apart.
    pub(crate) calendar: String,
    pub(crate) working_hours: Text,
    pub(crate) night: Text,
    pub(crate) holiday: Text,
    pub(crate) force_majeure: Text,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) dialogue: Dialogue,
}

/// How sure line 0 must be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Automation")]
pub(crate) struct AutomationEntry {
    /// The score, 0 to 1, from which line 0 answers.
    #[schemars(range(min = 0.0, max = 1.0))]
    answer: At<f64>,
    /// The score, 0 to 1, from which line 0 offers articles; not above `answer`.
    #[schemars(range(min = 0.0, max = 1.0))]
    offer: At<f64>,
}

/// What clients are told automatically, by the time of day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Replies")]
pub(crate) struct RepliesEntry {
    /// The id of the calendar that tells these apart; mostly the office's, also where line 1 never rests.
    calendar: At<String>,
    /// Between the first and the last working minute of a day.
    working_hours: TextEntry,
    /// Outside these, and on a usual day off.
    night: TextEntry,
    /// On a holiday of the calendar.
    holiday: TextEntry,
    /// While a supervisor says that something is wrong on a large scale.
    force_majeure: TextEntry,
    /// What is told at times of their own; the first one that holds counts, before the four above.
    #[serde(default)]
    profiles: Vec<ProfileEntry>,
    /// How line 0 talks; what is customary when left out.
    dialogue: Option<DialogueEntry>,
}

/// The thresholds, which are there exactly when line 0 is.
pub(crate) fn check(
    entry: Option<&At<AutomationEntry>>,
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> Option<Thresholds> {
    let bot = known.lines.contains(&Line::SelfService);
    let Some(At { value: AutomationEntry { answer, offer }, span }) = entry else {
        if bot {
            let help = "add the section with `answer` and `offer`; line 0 needs to know how sure it must be";
            gathered.note(&(0..0), "the plan has no [automation]", help);
        }
        return None;
    };
    if !bot {
        let message = format!("there is [automation] without the line {}", Line::SelfService);
        gathered.note(span, message, "add the line under [[lines]], or remove the section");
    }
    for (key, at) in [("answer", answer), ("offer", offer)] {
        if !(0.0..=1.0).contains(&at.value) {
            gathered.note(&at.span, format!("`{key}` is {}", at.value), "give a number from 0 to 1");
        }
    }
    if offer.value > answer.value {
        let message = format!("`offer` ({}) is above `answer` ({})", offer.value, answer.value);
        gathered.note(&offer.span, message, "offering needs no more certainty than answering: lower it");
    }
    Some(Thresholds { answer: answer.value, offer: offer.value })
}

impl RepliesEntry {
    pub(crate) fn check(&self, known: &Known<'_>, gathered: &mut Gathered) -> Replies {
        refers(&self.calendar, "calendars", &known.calendars, gathered);
        Replies {
            calendar: self.calendar.value.clone(),
            working_hours: self.working_hours.check(gathered),
            night: self.night.check(gathered),
            holiday: self.holiday.check(gathered),
            force_majeure: self.force_majeure.check(gathered),
            profiles: profile::check(&self.profiles, gathered),
            dialogue: dialogue::check(self.dialogue.as_ref(), gathered),
        }
    }
}

impl Plan {
    /// The profile of automatic replies at `at`, by the calendar of `replies`; force majeure is never the calendar's.
    #[must_use]
    pub fn reply_profile(&self, at: Timestamp) -> ReplyProfile {
        let Some(calendar) = self.calendar(&self.replies.calendar) else { return ReplyProfile::Night };
        let local = calendar.zone.to_datetime(at);
        if calendar.is_open_or_break(local) {
            ReplyProfile::WorkingHours
        } else if calendar.holidays.contains(&local.date()) {
            ReplyProfile::Holiday
        } else {
            ReplyProfile::Night
        }
    }

    /// What clients are told automatically under `profile`.
    #[must_use]
    pub fn reply(&self, profile: ReplyProfile) -> &Text {
        match profile {
            ReplyProfile::WorkingHours => &self.replies.working_hours,
            ReplyProfile::Night => &self.replies.night,
            ReplyProfile::Holiday => &self.replies.holiday,
            ReplyProfile::ForceMajeure => &self.replies.force_majeure,
        }
    }
}
