//! What a scenario asks a client for: typed fields, with their bounds.

use schemars::JsonSchema;
use serde::Deserialize;
use ticket::field::LINE_BYTES_MAX;

use crate::fault::Gathered;
use crate::place::{At, Name, Named, Text, TextEntry, bounded, id, label, shorten, unique};

/// The most options of one choice.
pub const SCENARIO_OPTIONS_MAX: usize = 20;

/// A day lies so many days from today at most.
pub const SCENARIO_DAYS_MAX: i64 = 3650;

/// The largest number that a client is asked for.
pub const SCENARIO_NUMBER_MAX: i64 = 1_000_000_000;

/// A field that a scenario asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioField {
    /// Its id, unique within the scenario; the service is told it.
    pub id: String,
    /// What it may hold.
    pub holds: Holds,
    /// What the client is asked.
    pub question: Text,
    /// What the client reads after a value that is none.
    pub wrong: Text,
    /// Whether the client may skip it.
    pub optional: bool,
}

/// What a field may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// Words.
    Text {
        /// The most characters.
        chars_max: usize,
    },
    /// A whole number.
    Number {
        /// The smallest.
        least: i64,
        /// The largest.
        most: i64,
    },
    /// A day.
    Date {
        /// The first, in days from today.
        from_days: i64,
        /// The last, in days from today.
        to_days: i64,
    },
    /// One of these.
    Choice {
        /// In the order in which they are shown.
        options: Vec<ScenarioOption>,
    },
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// Yes or no.
    YesNo,
}

impl Holds {
    /// Its name, as in plans.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => Kind::Text,
            Self::Number { .. } => Kind::Number,
            Self::Date { .. } => Kind::Date,
            Self::Choice { .. } => Kind::Choice,
            Self::Email => Kind::Email,
            Self::Phone => Kind::Phone,
            Self::YesNo => Kind::YesNo,
        }
        .name()
    }
}

/// One of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioOption {
    /// Its id; the service is told it.
    pub id: String,
    /// As the client reads it.
    pub name: Text,
    /// Other words for it, in small letters.
    pub words: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Text,
    Number,
    Date,
    Choice,
    Email,
    Phone,
    YesNo,
}

impl Name for Kind {
    const WHAT: &'static str = "a kind of field";

    fn every() -> &'static [Self] {
        &[Self::Text, Self::Number, Self::Date, Self::Choice, Self::Email, Self::Phone, Self::YesNo]
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Choice => "choice",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::YesNo => "yes-no",
        }
    }
}

/// A field that a scenario asks for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScenarioField")]
pub(crate) struct FieldEntry {
    /// The field's id, unique within the scenario and its `reply`: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// What it may hold: text, number, date, choice, email, phone or yes-no.
    kind: At<Named<Kind>>,
    /// What the client is asked.
    question: TextEntry,
    /// What the client reads after a value that is none.
    wrong: TextEntry,
    /// Whether the client may skip it.
    #[serde(default)]
    optional: bool,
    /// Of a number: the smallest; 1 when left out.
    least: Option<At<i64>>,
    /// Of a number: the largest; of a text: the most characters, 500 when left out.
    most: Option<At<i64>>,
    /// Of a date: the first day, in days from today; 0 when left out.
    from_days: Option<At<i64>>,
    /// Of a date: the last day, in days from today; 365 when left out.
    to_days: Option<At<i64>>,
    /// Of a choice: what there is.
    #[serde(default)]
    options: Vec<OptionEntry>,
}

/// One of a choice.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScenarioOption")]
struct OptionEntry {
    /// The option's id, unique within the choice: 1 to 64 of a-z, 0-9 and `-`. The service is told it.
    id: At<String>,
    /// As the client reads it.
    name: TextEntry,
    /// Other words for it, in both languages.
    #[serde(default)]
    words: Vec<At<String>>,
}

impl FieldEntry {
    /// Its id, as written.
    pub(crate) fn id(&self) -> &At<String> {
        &self.id
    }

    pub(crate) fn check(&self, gathered: &mut Gathered) -> ScenarioField {
        let kind = self.kind.find(gathered);
        if let Some(kind) = kind {
            self.has_only_its_own(kind, gathered);
        }
        ScenarioField {
            id: id(&self.id, "field", gathered),
            // Without a kind there is a fault, so that what is taken does not matter.
            holds: self.holds(kind.unwrap_or(Kind::Text), gathered),
            question: self.question.check(gathered),
            wrong: self.wrong.check(gathered),
            optional: self.optional,
        }
    }

    fn has_only_its_own(&self, kind: Kind, gathered: &mut Gathered) {
        let keys = [
            ("least", &self.least, kind == Kind::Number),
            ("most", &self.most, matches!(kind, Kind::Number | Kind::Text)),
            ("from_days", &self.from_days, kind == Kind::Date),
            ("to_days", &self.to_days, kind == Kind::Date),
        ];
        for (key, at, may) in keys {
            if let Some(at) = at.as_ref().filter(|_| !may) {
                let message = format!("a field of kind {} has no `{key}`", kind.name());
                gathered.note(&at.span, message, "remove it, or correct the kind");
            }
        }
        if (kind == Kind::Choice) == self.options.is_empty() {
            let name = shorten(&self.id.value);
            let message = format!("the field `{name}` is {} with {} options", kind.name(), self.options.len());
            gathered.note(&self.kind.span, message, "give `options` to a choice, and to nothing else");
        }
    }

    fn holds(&self, kind: Kind, gathered: &mut Gathered) -> Holds {
        match kind {
            Kind::Text => {
                let most = i64::try_from(LINE_BYTES_MAX).unwrap_or(i64::MAX);
                let chars = self.most.as_ref().map_or(most.min(500), |at| bounded(at, "most", most, gathered));
                Holds::Text { chars_max: usize::try_from(chars).unwrap_or(1) }
            }
            Kind::Number => {
                let bounds = (-SCENARIO_NUMBER_MAX, SCENARIO_NUMBER_MAX);
                let least = within(self.least.as_ref(), "least", 1, bounds, gathered);
                let most = within(self.most.as_ref(), "most", SCENARIO_NUMBER_MAX, bounds, gathered);
                self.ordered(("least", least), ("most", most), gathered);
                Holds::Number { least, most }
            }
            Kind::Date => {
                let bounds = (-SCENARIO_DAYS_MAX, SCENARIO_DAYS_MAX);
                let from_days = within(self.from_days.as_ref(), "from_days", 0, bounds, gathered);
                let to_days = within(self.to_days.as_ref(), "to_days", 365, bounds, gathered);
                self.ordered(("from_days", from_days), ("to_days", to_days), gathered);
                Holds::Date { from_days, to_days }
            }
            Kind::Choice => {
                unique(self.options.iter().map(|option| &option.id), "option", gathered);
                if let Some(option) = self.options.get(SCENARIO_OPTIONS_MAX) {
                    let message = format!("there are {} options", self.options.len());
                    gathered.note(&option.id.span, message, format!("let choose among at most {SCENARIO_OPTIONS_MAX}"));
                }
                let option = |option: &OptionEntry| ScenarioOption {
                    id: id(&option.id, "option", gathered),
                    name: option.name.check(gathered),
                    words: option.words.iter().map(|at| label(at, "word", gathered).to_lowercase()).collect(),
                };
                Holds::Choice { options: self.options.iter().map(option).collect() }
            }
            Kind::Email => Holds::Email,
            Kind::Phone => Holds::Phone,
            Kind::YesNo => Holds::YesNo,
        }
    }

    fn ordered(&self, (low_key, low): (&str, i64), (high_key, high): (&str, i64), gathered: &mut Gathered) {
        if low > high {
            let message = format!("`{low_key}` ({low}) is above `{high_key}` ({high})");
            gathered.note(&self.id.span, message, "no value is right then: correct one of them");
        }
    }
}

fn within(at: Option<&At<i64>>, key: &str, customary: i64, (low, high): (i64, i64), gathered: &mut Gathered) -> i64 {
    let Some(at) = at else { return customary };
    if !(low..=high).contains(&at.value) {
        let message = format!("`{key}` is {}", at.value);
        gathered.note(&at.span, message, format!("give a whole number from {low} to {high}"));
    }
    at.value
}
