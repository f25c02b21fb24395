//! Values that know where in the file they stand, and the checks that every section uses.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::Range;

use deadline::AgreementKind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{Channel, Impact, Kind, Language, Line, Mood, Priority, Urgency};
use trends::Alarm;

use crate::fault::Gathered;
use crate::staff::Strategy;

/// A value and the bytes of the file that say it.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { span: spanned.span(), value: spanned.into_inner() })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// What has a closed list of names in a plan.
pub(crate) trait Name: Copy + 'static {
    /// What it is, with its article, such as `a line`.
    const WHAT: &'static str;

    /// Every value.
    fn every() -> &'static [Self];

    /// The value's name in plans.
    fn name(self) -> &'static str;
}

macro_rules! names {
    ($($type:ty, $what:literal, $every:expr, $name:expr;)+) => {
        $(impl Name for $type {
            const WHAT: &'static str = $what;
            fn every() -> &'static [Self] {
                $every
            }
            fn name(self) -> &'static str {
                $name(self)
            }
        })+
    };
}

names! {
    Line, "a line", &Line::ALL, Line::name;
    Priority, "a priority", Priority::ALL, Priority::name;
    Impact, "an impact", Impact::ALL, Impact::name;
    Urgency, "an urgency", Urgency::ALL, Urgency::name;
    AgreementKind, "a kind of agreement", AgreementKind::ALL, AgreementKind::name;
    Strategy, "a strategy", &Strategy::ALL, Strategy::name;
    Channel, "a channel", &Channel::ALL, Channel::name;
    Kind, "a kind of request", &Kind::ALL, Kind::name;
    Mood, "a mood", Mood::ALL, Mood::name;
    Alarm, "an alarm", &Alarm::ALL, Alarm::name;
    Language, "a language", &[Language::Russian, Language::English], Language::code;
}

/// A text that should name a `T`; the schema lists the names.
#[derive(Debug, Clone)]
pub(crate) struct Named<T>(String, PhantomData<T>);

impl<'de, T> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text, PhantomData))
    }
}

impl<T: Name> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::WHAT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = T::every().iter().map(|value| value.name()).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

impl<T: Name> At<Named<T>> {
    /// The `T` of that name, without a word when there is none.
    pub(crate) fn peek(&self) -> Option<T> {
        T::every().iter().copied().find(|value| value.name() == self.value.0)
    }

    /// The `T` of that name; a fault that lists the right names when there is none.
    pub(crate) fn find(&self, gathered: &mut Gathered) -> Option<T> {
        let found = self.peek();
        if found.is_none() {
            let names: Vec<&str> = T::every().iter().map(|value| value.name()).collect();
            let message = format!("`{}` is not {}", shorten(&self.value.0), T::WHAT);
            gathered.note(&self.span, message, format!("use one of: {}", names.join(", ")));
        }
        found
    }
}

/// Words for people in both languages of the suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
}

impl Text {
    /// The words in `language`.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Russian => &self.ru,
            Language::English => &self.en,
        }
    }
}

/// Words for people in both languages; neither may be empty.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Text")]
pub(crate) struct TextEntry {
    /// In Russian.
    ru: At<String>,
    /// In English.
    en: At<String>,
}

impl TextEntry {
    /// The words, each checked.
    pub(crate) fn check(&self, gathered: &mut Gathered) -> Text {
        let mut words = |at: &At<String>, language: &str| {
            let given = words(at, TEXT_BYTES_MAX, gathered);
            if given.is_empty() {
                gathered.note(&at.span, format!("the text in {language} is empty"), "write it in both languages");
            }
            given
        };
        Text { ru: words(&self.ru, "Russian (`ru`)"), en: words(&self.en, "English (`en`)") }
    }
}

/// `at` without outer white space; faults for a NUL character and for more than `max` bytes.
fn words(at: &At<String>, max: usize, gathered: &mut Gathered) -> String {
    if at.value.contains('\0') {
        gathered.note(&at.span, "the text holds a NUL character", "remove it");
    }
    if at.value.len() > max {
        gathered.note(&at.span, format!("the text has {} bytes", at.value.len()), format!("use at most {max}"));
    }
    at.value.trim().to_owned()
}

/// A single line of text such as a product or a contract number: `what` names it in faults.
pub(crate) fn label(at: &At<String>, what: &str, gathered: &mut Gathered) -> String {
    let given = words(at, LINE_BYTES_MAX, gathered);
    if given.is_empty() {
        gathered.note(&at.span, format!("the {what} is empty"), "write it or remove the entry");
    }
    given
}

/// The longest id in a plan, in bytes.
const ID_BYTES_MAX: usize = 64;

/// An id of a `what`: 1 to 64 of a-z, 0-9 and `-`.
pub(crate) fn id(at: &At<String>, what: &str, gathered: &mut Gathered) -> String {
    spelled(at, what, "-", gathered)
}

/// The id of a person, as the sign-in names them: 1 to 64 of a-z, 0-9 and `-._@`.
pub(crate) fn person(at: &At<String>, gathered: &mut Gathered) -> String {
    spelled(at, "person", "-._@", gathered)
}

fn spelled(at: &At<String>, what: &str, signs: &str, gathered: &mut Gathered) -> String {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || signs.contains(c);
    if at.value.is_empty() || at.value.len() > ID_BYTES_MAX || !at.value.chars().all(allowed) {
        let message = format!("`{}` is not an id of a {what}", shorten(&at.value));
        gathered.note(&at.span, message, format!("use 1 to {ID_BYTES_MAX} of a-z, 0-9 and `{signs}`"));
    }
    at.value.clone()
}

/// Faults for each of `all` that was said before, in whatever case.
pub(crate) fn unique<'a>(all: impl IntoIterator<Item = &'a At<String>>, what: &str, gathered: &mut Gathered) {
    let mut seen = BTreeSet::new();
    for at in all {
        if !seen.insert(at.value.trim().to_lowercase()) {
            let message = format!("the {what} `{}` is there twice", shorten(&at.value));
            gathered.note(&at.span, message, "remove or rename one of them");
        }
    }
}

/// A fault when `at` is not among the `known` ids of `section`, such as `groups`.
pub(crate) fn refers(at: &At<String>, section: &str, known: &BTreeSet<&str>, gathered: &mut Gathered) {
    if !known.contains(at.value.as_str()) {
        let given = shorten(&at.value);
        let ids: Vec<&str> = known.iter().copied().take(20).collect();
        let others =
            if ids.is_empty() { String::new() } else { format!(", or use one of those there are: {}", ids.join(", ")) };
        let help = format!("add it under [[{section}]]{others}");
        gathered.note(&at.span, format!("`{given}` is not among the {section}"), help);
    }
}

/// A number from 1 to `max`; `key` with its unit names it in faults. Outside these bounds it is 1, with a fault.
pub(crate) fn bounded(at: &At<i64>, key: &str, max: i64, gathered: &mut Gathered) -> i64 {
    if (1..=max).contains(&at.value) {
        return at.value;
    }
    gathered.note(&at.span, format!("`{key}` is {}", at.value), format!("give a whole number from 1 to {max}"));
    1
}

/// `given` fit for a message: without control characters and not too long.
pub(crate) fn shorten(given: &str) -> String {
    given.chars().filter(|c| !c.is_control()).take(64).collect()
}
