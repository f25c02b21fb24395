//! A talk that fills in a scenario, from the first word to the call of the service.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use plan::{Scenario, ScenarioField};
use serde::{Deserialize, Serialize};
use ticket::Language;

use crate::read::{glean, read};
use crate::value::Value;
use crate::words::{cancels, skips, yes_or_no};

/// A scenario that a client goes through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The scenario's id.
    pub scenario: String,
    /// Which run of its ticket this is, from 1.
    pub number: u32,
    /// What is known, by field.
    pub values: BTreeMap<String, Value>,
    /// What the client left out.
    skipped: BTreeSet<String>,
    /// What came from the scenario before, and is not the client's to say.
    carried: BTreeSet<String>,
    /// How many values were none.
    wrong: u32,
    /// How far it is.
    pub stage: Stage,
    /// What came of it; empty until then.
    pub outcome: String,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Stage {
    /// The client was asked for a field.
    Asking {
        /// Which.
        field: String,
    },
    /// The client was asked whether all is right.
    Confirming,
    /// The service was called, or will be.
    Working,
    /// Nothing follows.
    Over,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Ask for a field; `wrong` when what the client said is no value of it.
    Ask {
        /// Which.
        field: String,
        /// After a wrong value.
        wrong: bool,
        /// After the client said that it is not right.
        anew: bool,
    },
    /// Ask whether all is right.
    Confirm,
    /// Call the service.
    Perform,
    /// The client does not want it.
    Cancel,
    /// The client gave too many values that are none.
    GiveUp,
}

impl Run {
    /// Begins `scenario` as the run `number` of its ticket, with what the client's `text` says, and what the scenario
    /// before it `brought`.
    #[must_use]
    pub fn begin(
        scenario: &Scenario,
        number: u32,
        text: &str,
        brought: &BTreeMap<String, String>,
        today: Date,
    ) -> (Self, Next) {
        let carried = scenario.fields.iter().filter_map(|field| {
            let value = read(field, brought.get(&field.id)?, today)?;
            Some((field.id.clone(), value))
        });
        let carried: BTreeMap<String, Value> = carried.collect();
        let mut run = Self {
            scenario: scenario.id.clone(),
            number,
            skipped: BTreeSet::new(),
            carried: carried.keys().cloned().collect(),
            values: carried,
            wrong: 0,
            stage: Stage::Over,
            outcome: String::new(),
        };
        for (field, value) in glean(scenario, text, today) {
            run.values.entry(field).or_insert(value);
        }
        let next = run.go_on(scenario, false, false);
        (run, next)
    }

    /// Takes in what the client said to what was asked.
    pub fn hear(&mut self, scenario: &Scenario, text: &str, today: Date) -> Next {
        if cancels(text) {
            self.stage = Stage::Over;
            return Next::Cancel;
        }
        match self.stage.clone() {
            Stage::Asking { field } => {
                let Some(asked) = scenario.field(&field) else {
                    // The plan has changed meanwhile.
                    return self.go_on(scenario, false, false);
                };
                match read(asked, text, today) {
                    // In a field that can be left out «нет» leaves it out, unless it is a value.
                    Some(Value::Text(_)) if asked.optional && skips(text) => self.skip(scenario, field),
                    Some(value) => {
                        self.values.insert(field, value);
                        self.go_on(scenario, false, false)
                    }
                    None if asked.optional && skips(text) => self.skip(scenario, field),
                    None => self.wrong(scenario, Next::Ask { field, wrong: true, anew: false }),
                }
            }
            Stage::Confirming => self.hear_word(scenario, text, today),
            Stage::Working | Stage::Over => Next::Perform,
        }
    }

    fn skip(&mut self, scenario: &Scenario, field: String) -> Next {
        self.skipped.insert(field);
        self.go_on(scenario, false, false)
    }

    /// A yes, a no, or what shall be otherwise.
    fn hear_word(&mut self, scenario: &Scenario, text: &str, today: Date) -> Next {
        let said = yes_or_no(text);
        if said == Some(true) {
            self.stage = Stage::Working;
            return Next::Perform;
        }
        let own = |field: &String| !self.carried.contains(field);
        let otherwise = glean(scenario, text, today)
            .into_iter()
            .filter(|(field, value)| own(field) && self.values.get(field) != Some(value));
        let otherwise: BTreeMap<String, Value> = otherwise.collect();
        if !otherwise.is_empty() {
            self.values.extend(otherwise);
            return self.go_on(scenario, false, false);
        }
        if said == Some(false) {
            if !self.values.keys().any(own) {
                // There is nothing that the client could say otherwise.
                self.stage = Stage::Over;
                return Next::Cancel;
            }
            self.values.retain(|field, _| self.carried.contains(field));
            self.skipped.clear();
            let again = self.go_on(scenario, false, true);
            return self.wrong(scenario, again);
        }
        self.wrong(scenario, Next::Confirm)
    }

    fn wrong(&mut self, scenario: &Scenario, next: Next) -> Next {
        self.wrong += 1;
        if self.wrong < scenario.wrong_max {
            return next;
        }
        self.stage = Stage::Over;
        Next::GiveUp
    }

    /// What comes after what is known: the first field that is missing, the confirmation, or the call.
    fn go_on(&mut self, scenario: &Scenario, wrong: bool, anew: bool) -> Next {
        let missing =
            |field: &&ScenarioField| !self.values.contains_key(&field.id) && !self.skipped.contains(&field.id);
        if let Some(field) = scenario.fields.iter().find(missing) {
            self.stage = Stage::Asking { field: field.id.clone() };
            return Next::Ask { field: field.id.clone(), wrong, anew };
        }
        if scenario.confirm.is_some() {
            self.stage = Stage::Confirming;
            return Next::Confirm;
        }
        self.stage = Stage::Working;
        Next::Perform
    }

    /// What is known, as the client reads it; what was left out is a dash.
    #[must_use]
    pub fn shown(&self, scenario: &Scenario, language: Language) -> BTreeMap<String, String> {
        let shown = |field: &ScenarioField| {
            let value = self.values.get(&field.id).map_or_else(|| "—".to_owned(), |value| value.shown(field, language));
            (field.id.clone(), value)
        };
        scenario.fields.iter().map(shown).collect()
    }
}
