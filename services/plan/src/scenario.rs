//! Scenarios: what line 0 does for a client by itself. It asks what is missing, calls an internal service of the
//! company, and answers by a template.
//!
//! Where a service is and how it is called are settings of the process, not the plan's; here is only its name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Line;

use crate::fault::Gathered;
use crate::known::Known;
use crate::phrase::{Phrase, Words};
use crate::place::{At, Text, TextEntry, bounded, id, shorten, unique};
use crate::plan::Plan;
use crate::rule::phrases;
use crate::scenario_field::{FieldEntry, ScenarioField};
use crate::template::used;

/// More scenarios than this nobody oversees.
pub const SCENARIOS_MAX: usize = 50;

/// The most fields of one scenario: no client answers more questions.
pub const SCENARIO_FIELDS_MAX: usize = 20;

/// The longest wait for one answer of a service, in seconds: within what one delivery may take.
pub const SCENARIO_TIMEOUT_SECONDS_MAX: i64 = 9;

/// A service is called so often at most; with the longest pauses between the calls that takes 25 minutes.
pub const SCENARIO_TRIES_MAX: i64 = 50;

/// The longest pause for which a service may ask, in seconds: within the hour after which a person takes over anyway.
pub const SCENARIO_PAUSE_SECONDS_MAX: i64 = 1800;

/// So many values that are none a client may give at most.
pub const SCENARIO_WRONG_MAX: i64 = 10;

/// What is customary where a scenario does not say: the wait for an answer and the longest pause in seconds, the calls, the
/// wrong values.
const CUSTOMARY: (u32, u32, u32, u32) = (5, 300, 10, 3);

/// The field of the words of a refusal.
const REASON: &str = "reason";

/// Something that line 0 does for a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its id; the service is told it.
    pub id: String,
    /// Its name, for clients.
    pub name: Text,
    words: Vec<Phrase>,
    hints: Vec<Phrase>,
    /// The score from which an article is offered beside it; none for that from which line 0 answers.
    pub choice_from: Option<f64>,
    /// What is asked, in this order.
    pub fields: Vec<ScenarioField>,
    /// After so many values that are none a person takes over.
    pub wrong_max: u32,
    /// What the client has to say yes to, with fields in braces.
    pub confirm: Option<Text>,
    /// The service that does it.
    pub service: String,
    /// How long one answer of it is waited for.
    pub timeout: SignedDuration,
    /// How often it is called before a person takes over.
    pub tries: u32,
    /// The longest that it may ask not to be called again.
    pub longest_pause: SignedDuration,
    /// What it tells when it is done.
    pub reply: Vec<String>,
    /// What the client reads then, with fields of both in braces.
    pub done: Text,
    /// What the client reads when it is refused; the customary words when none.
    pub refused: Option<Text>,
    /// What is proposed to the client next.
    pub then: Option<String>,
}

impl Scenario {
    /// The field `id`.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&ScenarioField> {
        self.fields.iter().find(|field| field.id == id)
    }
}

/// The scenarios that a text may mean.
#[derive(Debug, Default)]
pub struct Meant<'p> {
    /// It says so.
    pub said: Vec<&'p Scenario>,
    /// It hints at them.
    pub hinted: Vec<&'p Scenario>,
}

/// A scenario: line 0 asks for the fields that are missing, calls the service, and answers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scenario")]
pub(crate) struct ScenarioEntry {
    /// The scenario's id: 1 to 64 of a-z, 0-9 and `-`. The service is told it.
    id: At<String>,
    /// Its name, as clients choose it.
    name: TextEntry,
    /// One of these phrases in a request means it; `*` at the end of a word stands for any ending. Write them in both languages.
    #[serde(default)]
    words: Vec<At<String>>,
    /// One of these phrases may mean it: it is offered where no article answers.
    #[serde(default)]
    hints: Vec<At<String>>,
    /// The score, 0 to 1, from which an article that fits as well is offered beside it; `answer` of `automation` when left
    /// out.
    #[schemars(range(min = 0.0, max = 1.0))]
    choice_from: Option<At<f64>>,
    /// What is asked, in this order; what the request says already is not asked.
    #[serde(default)]
    fields: Vec<FieldEntry>,
    /// After so many values that are none a person takes over; 3 when left out.
    #[schemars(range(min = 1, max = SCENARIO_WRONG_MAX))]
    wrong_max: Option<At<i64>>,
    /// What the client has to say yes to before anything is done, with every field as `{id}`; nothing when left out.
    confirm: Option<TextEntry>,
    /// The name of the internal service that does it; its address is a setting of line 0, `--backend`.
    service: At<String>,
    /// How many seconds one answer is waited for; 5 when left out.
    #[schemars(range(min = 1, max = SCENARIO_TIMEOUT_SECONDS_MAX))]
    timeout_seconds: Option<At<i64>>,
    /// How often it is called before a person takes over; 10 when left out. The pauses grow to half a minute, or are as long
    /// as the service asks for.
    #[schemars(range(min = 1, max = SCENARIO_TRIES_MAX))]
    tries: Option<At<i64>>,
    /// How many seconds such a pause may last; when the service asks for more it is called again after these. 300 when left
    /// out.
    #[schemars(range(min = 1, max = SCENARIO_PAUSE_SECONDS_MAX))]
    pause_seconds: Option<At<i64>>,
    /// The ids of what the service tells when it is done.
    #[serde(default)]
    reply: Vec<At<String>>,
    /// What the client reads then, with fields and what the service tells in braces.
    done: TextEntry,
    /// What the client reads when the service refuses, with fields and `{reason}` in braces; the customary words when left out.
    refused: Option<TextEntry>,
    /// The scenario that is proposed next, such as to accept what this one offers. Its fields are taken from what the
    /// service tells; it has a `confirm`.
    then: Option<At<String>>,
}

/// The scenarios, in the order in which they are offered.
pub(crate) fn check(entries: &[ScenarioEntry], known: &Known<'_>, gathered: &mut Gathered) -> Vec<Scenario> {
    unique(entries.iter().map(|entry| &entry.id), "scenario", gathered);
    if let Some(entry) = entries.first().filter(|_| !known.lines.contains(&Line::SelfService)) {
        let help = "add the line self-service, or remove the scenarios";
        gathered.note(&entry.id.span, "there are scenarios and no line 0 that could go through them", help);
    }
    if let Some(entry) = entries.get(SCENARIOS_MAX) {
        let message = format!("there are {} scenarios", entries.len());
        gathered.note(&entry.id.span, message, format!("keep at most {SCENARIOS_MAX}"));
    }
    follow(entries, gathered);
    entries.iter().map(|entry| entry.check(gathered)).collect()
}

/// What follows what: there is an end, and somebody gets to each.
fn follow(entries: &[ScenarioEntry], gathered: &mut Gathered) {
    let by_id: BTreeMap<&str, &ScenarioEntry> = entries.iter().map(|entry| (entry.id.value.as_str(), entry)).collect();
    let next = |entry: &ScenarioEntry| entry.then.as_ref().and_then(|at| by_id.get(at.value.as_str()).copied());
    let followers: BTreeSet<&str> =
        entries.iter().filter_map(|entry| Some(entry.then.as_ref()?.value.as_str())).collect();
    for entry in entries {
        let name = shorten(&entry.id.value);
        if let Some(at) = &entry.then {
            match by_id.get(at.value.as_str()) {
                None => {
                    let message = format!("there is no scenario `{}`", shorten(&at.value));
                    gathered.note(&at.span, message, "add it under [[scenarios]], or remove `then`");
                }
                Some(after) if after.confirm.is_none() => {
                    let message = format!("the scenario `{}` comes after another and asks nobody", shorten(&at.value));
                    gathered.note(
                        &at.span,
                        message,
                        "give it a `confirm`: nothing is done that the client did not want",
                    );
                }
                Some(_) => {}
            }
            let mut after = next(entry);
            for _ in 0..entries.len() {
                if after.is_some_and(|after| after.id.value == entry.id.value) {
                    gathered.note(&at.span, format!("the scenario `{name}` comes after itself"), "remove one `then`");
                    break;
                }
                after = after.and_then(next);
            }
        }
        if entry.words.is_empty() && entry.hints.is_empty() && !followers.contains(entry.id.value.as_str()) {
            let message = format!("nobody ever gets to the scenario `{name}`");
            gathered.note(&entry.id.span, message, "give it `words` or `hints`, or name it in `then` of another one");
        }
    }
}

impl ScenarioEntry {
    fn check(&self, gathered: &mut Gathered) -> Scenario {
        unique(self.fields.iter().map(FieldEntry::id).chain(&self.reply), "field", gathered);
        if let Some(field) = self.fields.get(SCENARIO_FIELDS_MAX) {
            let message = format!("the scenario asks for {} fields", self.fields.len());
            gathered.note(&field.id().span, message, format!("ask for at most {SCENARIO_FIELDS_MAX}"));
        }
        let fields: BTreeSet<&str> = self.fields.iter().map(|field| field.id().value.as_str()).collect();
        let reply: BTreeSet<&str> = self.reply.iter().map(|at| at.value.as_str()).collect();
        let words = |entry: &TextEntry, what: &str, more: &BTreeSet<&str>, gathered: &mut Gathered| {
            let text = entry.check(gathered);
            for (words, language) in [(&text.ru, "Russian"), (&text.en, "English")] {
                for stranger in used(words).into_iter().filter(|id| !fields.contains(id) && !more.contains(id)) {
                    let message = format!("`{what}` in {language} has `{{{}}}`, which is no field", shorten(stranger));
                    let help = "declare it under [[scenarios.fields]] or in `reply`, or remove the braces";
                    gathered.note(&self.id.span, message, help);
                }
            }
            text
        };
        let confirm = self.confirm.as_ref().map(|entry| words(entry, "confirm", &BTreeSet::new(), gathered));
        let done = words(&self.done, "done", &reply, gathered);
        let refused = self.refused.as_ref().map(|entry| words(entry, "refused", &BTreeSet::from([REASON]), gathered));
        if let Some(at) = self.choice_from.as_ref().filter(|at| !(0.0..=1.0).contains(&at.value)) {
            gathered.note(&at.span, format!("`choice_from` is {}", at.value), "give a score from 0 to 1");
        }
        let (timeout, pause, tries, wrong_max) = CUSTOMARY;
        let mut number = |at: &Option<At<i64>>, key, most| {
            at.as_ref().map(|at| bounded(at, key, most, gathered)).and_then(|number| u32::try_from(number).ok())
        };
        let timeout = number(&self.timeout_seconds, "timeout_seconds", SCENARIO_TIMEOUT_SECONDS_MAX).unwrap_or(timeout);
        let pause = number(&self.pause_seconds, "pause_seconds", SCENARIO_PAUSE_SECONDS_MAX).unwrap_or(pause);
        let tries = number(&self.tries, "tries", SCENARIO_TRIES_MAX).unwrap_or(tries);
        let wrong_max = number(&self.wrong_max, "wrong_max", SCENARIO_WRONG_MAX).unwrap_or(wrong_max);
        Scenario {
            id: id(&self.id, "scenario", gathered),
            name: self.name.check(gathered),
            words: phrases(&self.words, gathered),
            hints: phrases(&self.hints, gathered),
            choice_from: self.choice_from.as_ref().map(|at| at.value),
            fields: self.fields.iter().map(|field| field.check(gathered)).collect(),
            wrong_max,
            confirm,
            service: id(&self.service, "service", gathered),
            timeout: SignedDuration::from_secs(i64::from(timeout)),
            tries,
            longest_pause: SignedDuration::from_secs(i64::from(pause)),
            reply: self.reply.iter().map(|at| id(at, "field", gathered)).collect(),
            done,
            refused,
            then: self.then.as_ref().map(|at| at.value.clone()),
        }
    }
}

impl Plan {
    /// The scenario `id`.
    #[must_use]
    pub fn scenario(&self, id: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.id == id)
    }

    /// Every scenario, in the order of the file.
    pub fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.iter()
    }

    /// The scenarios that `text` may mean, each once, in the order of the file.
    #[must_use]
    pub fn scenarios_for(&self, text: &str) -> Meant<'_> {
        if self.scenarios.is_empty() {
            return Meant::default();
        }
        let words = Words::of(text);
        let stands = |phrases: &[Phrase]| phrases.iter().any(|phrase| phrase.find(&words).is_some());
        let (said, others): (Vec<_>, Vec<_>) = self.scenarios.iter().partition(|scenario| stands(&scenario.words));
        Meant { said, hinted: others.into_iter().filter(|scenario| stands(&scenario.hints)).collect() }
    }
}
