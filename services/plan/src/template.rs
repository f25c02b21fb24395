//! Answer templates: an organization's own words to clients, with typed fields, in both languages.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time};
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Language;
use ticket::field::LINE_BYTES_MAX;

use crate::fault::Gathered;
use crate::place::{At, Name, Named, Text, TextEntry, id, label, shorten, unique};
use crate::plan::Plan;

/// The fields that are known from the ticket, and need not be declared: its number, and the client's name.
pub const KNOWN_FIELDS: [&str; 2] = ["number", "name"];

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Words on one line.
    Words,
    /// A whole number.
    Number,
    /// A day, as 2026-09-14.
    Date,
    /// A time of day, as 14:30.
    Time,
    /// One of a list.
    Choice,
}

impl FieldKind {
    const ALL: [Self; 5] = [Self::Words, Self::Number, Self::Date, Self::Time, Self::Choice];
}

impl Name for FieldKind {
    const WHAT: &'static str = "a kind of field";

    fn every() -> &'static [Self] {
        &Self::ALL
    }

    fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Number => "number",
            Self::Date => "date",
            Self::Time => "time",
            Self::Choice => "choice",
        }
    }
}

/// An answer template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// The words, with every field as `{id}`.
    pub text: Text,
    /// Its fields, in the order of the file.
    pub fields: Vec<Field>,
}

/// A field of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its id, unique within the template.
    pub id: String,
    /// What it may hold.
    pub kind: FieldKind,
    /// What a choice may be; empty for other kinds.
    pub choices: Vec<String>,
}

/// A template filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendering {
    /// The words; a field that is missing stands as `{id}`.
    pub text: String,
    /// The fields that were not given, in the order of the template.
    pub missing: Vec<String>,
    /// What is wrong with values that were given, each with what would be right.
    pub wrong: Vec<String>,
}

impl Template {
    /// The template in `language` with `values` by field. Values are put in once, so that braces in them are words.
    #[must_use]
    pub fn render(&self, language: Language, values: &BTreeMap<String, String>) -> Rendering {
        let mut rendering = Rendering::default();
        for field in &self.fields {
            match values.get(&field.id).map(|value| value.trim()).filter(|value| !value.is_empty()) {
                None => rendering.missing.push(field.id.clone()),
                Some(value) => rendering.wrong.extend(field.fault(value)),
            }
        }
        let known = |id: &str| self.fields.iter().any(|field| field.id == id) || KNOWN_FIELDS.contains(&id);
        let strange = values.keys().filter(|id| !known(id));
        rendering.wrong.extend(strange.map(|id| format!("`{}` is not a field of this template", shorten(id))));
        let given = |id: &str| values.get(id).map(|value| value.trim()).filter(|value| !value.is_empty());
        rendering.text = filled(self.text.in_language(language), given);
        rendering
    }
}

/// `words` with what `given` has for the ids in braces; what it has not stands as it is. Values are put in once, so that
/// braces in them are words.
pub fn filled<'v>(words: &str, given: impl Fn(&str) -> Option<&'v str>) -> String {
    let (mut text, mut rest) = (String::with_capacity(words.len()), words);
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}').map(|close| open + close) else {
            rest = &rest[open..];
            break;
        };
        text.push_str(given(&rest[open + 1..close]).unwrap_or(&rest[open..=close]));
        rest = &rest[close + 1..];
    }
    text + rest
}

impl Field {
    /// What is wrong with `value`, if anything.
    fn fault(&self, value: &str) -> Option<String> {
        let Self { id, kind, choices } = self;
        let is_right = match kind {
            FieldKind::Words => value.len() <= LINE_BYTES_MAX && !value.contains(['\n', '\r']),
            FieldKind::Number => value.parse::<i64>().is_ok(),
            FieldKind::Date => value.parse::<Date>().is_ok(),
            FieldKind::Time => value.parse::<Time>().is_ok(),
            FieldKind::Choice => choices.iter().any(|choice| choice == value),
        };
        let right = match kind {
            FieldKind::Words => format!("one line of at most {LINE_BYTES_MAX} bytes"),
            FieldKind::Number => "a whole number".to_owned(),
            FieldKind::Date => "a day such as 2026-09-14".to_owned(),
            FieldKind::Time => "a time such as 14:30".to_owned(),
            FieldKind::Choice => format!("one of: {}", choices.join(", ")),
        };
        (!is_right).then(|| format!("`{id}` is `{}`; give {right}", shorten(value)))
    }
}

/// An answer template.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Template")]
pub(crate) struct TemplateEntry {
    /// The template's id: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// Its name, for agents.
    name: TextEntry,
    /// The words to the client, with every field as `{id}`; `{number}` and `{name}` are known from the ticket.
    text: TextEntry,
    /// Its fields; each stands in the words of both languages.
    #[serde(default)]
    fields: Vec<FieldEntry>,
}

/// A field of a template.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TemplateField")]
struct FieldEntry {
    /// The field's id, unique within the template: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// What it may hold: words, number, date, time or choice.
    kind: At<Named<FieldKind>>,
    /// What a choice may be.
    #[serde(default)]
    choices: Vec<At<String>>,
}

/// The templates by id.
pub(crate) fn check(entries: &[TemplateEntry], gathered: &mut Gathered) -> BTreeMap<String, Template> {
    unique(entries.iter().map(|entry| &entry.id), "template", gathered);
    entries.iter().map(|entry| entry.check(gathered)).map(|template| (template.id.clone(), template)).collect()
}

impl TemplateEntry {
    /// Whether everything in it is known from the ticket.
    pub(crate) fn is_plain(&self) -> bool {
        self.fields.is_empty()
    }

    /// Its id, as written.
    pub(crate) fn id(&self) -> &str {
        &self.id.value
    }

    fn check(&self, gathered: &mut Gathered) -> Template {
        unique(self.fields.iter().map(|field| &field.id), "field", gathered);
        let text = self.text.check(gathered);
        let declared: BTreeSet<&str> = self.fields.iter().map(|field| field.id.value.as_str()).collect();
        for (words, language) in [(&text.ru, "Russian"), (&text.en, "English")] {
            let used = used(words);
            for field in self.fields.iter().filter(|field| !used.contains(field.id.value.as_str())) {
                let message = format!("the words in {language} lack the field `{}`", shorten(&field.id.value));
                gathered.note(&field.id.span, message, "write it there in braces, or remove the field");
            }
            for stranger in used.iter().filter(|id| !declared.contains(**id) && !KNOWN_FIELDS.contains(*id)) {
                let message = format!("the words in {language} have `{{{}}}`, which is no field", shorten(stranger));
                gathered.note(&self.id.span, message, "declare it under [[templates.fields]], or remove the braces");
            }
        }
        Template {
            id: id(&self.id, "template", gathered),
            name: self.name.check(gathered),
            text,
            fields: self.fields.iter().filter_map(|field| field.check(gathered)).collect(),
        }
    }
}

impl FieldEntry {
    fn check(&self, gathered: &mut Gathered) -> Option<Field> {
        if KNOWN_FIELDS.contains(&self.id.value.as_str()) {
            let message = format!("the field `{}` is known from the ticket", self.id.value);
            gathered.note(&self.id.span, message, "remove it; it is filled in by itself");
        }
        let kind = self.kind.find(gathered)?;
        if (kind == FieldKind::Choice) == self.choices.is_empty() {
            let message = format!(
                "the field `{}` is {} with {} choices",
                shorten(&self.id.value),
                kind.name(),
                self.choices.len()
            );
            gathered.note(&self.kind.span, message, "give `choices` to a choice, and to nothing else");
        }
        let choices = self.choices.iter().map(|at| label(at, "choice", gathered)).collect();
        Some(Field { id: id(&self.id, "field", gathered), kind, choices })
    }
}

/// What stands in braces.
pub(crate) fn used(words: &str) -> BTreeSet<&str> {
    words.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(id, _)| id).collect()
}

impl Plan {
    /// Every answer template, by id.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.values()
    }

    /// The answer template `id`.
    #[must_use]
    pub fn template(&self, id: &str) -> Option<&Template> {
        self.templates.get(id)
    }
}
