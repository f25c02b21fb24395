//! What a field holds.

use jiff::civil::Date;
use plan::{Holds, ScenarioField};
use serde::{Deserialize, Serialize};
use ticket::Language;

use crate::date;

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", content = "value", rename_all = "kebab-case")]
pub enum Value {
    /// Words.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A day.
    Date(Date),
    /// One of a choice, by its id.
    Choice(String),
    /// An e-mail address.
    Email(String),
    /// A telephone number by E.164, such as +79161234567.
    Phone(String),
    /// Yes or no.
    YesNo(bool),
}

impl Value {
    /// As the client reads it.
    #[must_use]
    pub fn shown(&self, field: &ScenarioField, language: Language) -> String {
        match self {
            Self::Date(day) => date::shown(*day, language),
            Self::Choice(id) => match &field.holds {
                Holds::Choice { options } => options.iter().find(|option| option.id == *id),
                _ => None,
            }
            .map_or_else(|| id.clone(), |option| option.name.in_language(language).to_owned()),
            Self::YesNo(yes) => match (language, yes) {
                (Language::Russian, true) => "да",
                (Language::Russian, false) => "нет",
                (Language::English, true) => "yes",
                (Language::English, false) => "no",
            }
            .to_owned(),
            Self::Text(_) | Self::Number(_) | Self::Email(_) | Self::Phone(_) => self.to_string(),
        }
    }
}

/// The same in any language: a day as 2026-12-05, a choice by its id, yes or no as true or false.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(words) | Self::Choice(words) | Self::Email(words) | Self::Phone(words) => f.write_str(words),
            Self::Number(number) => number.fmt(f),
            Self::Date(day) => day.fmt(f),
            Self::YesNo(yes) => yes.fmt(f),
        }
    }
}
