//! Rules by which line 1 sorts requests before anything that was learned does.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::{Channel, Impact, Kind, Language, Mood, Urgency};

use crate::fault::Gathered;
use crate::known::Known;
use crate::phrase::{Phrase, Words};
use crate::place::{At, Named, Text, TextEntry, bounded, id, label, refers, shorten, unique};
use crate::plan::Plan;
use crate::profile::{When, WhenEntry};

/// More rules than this nobody oversees.
pub const RULES_MAX: usize = 200;

/// The most phrases of one rule.
pub const PHRASES_MAX: usize = 50;

/// A priority has no more steps to rise by.
pub const RAISE_STEPS_MAX: i64 = 3;

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// As the client wrote it.
    pub text: &'a str,
    /// How it came in; none where that is not known.
    pub channel: Option<Channel>,
    /// The client, as the organization refers to them.
    pub client: &'a str,
    /// The affected product.
    pub product: Option<&'a str>,
    /// Where it happens.
    pub environment: Option<&'a str>,
    /// The client's language.
    pub language: Language,
    /// How the client sounds.
    pub mood: Mood,
    /// When it came in.
    pub at: Timestamp,
}

/// A rule: what must be so, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortingRule {
    /// Its id.
    pub id: String,
    /// Why it is there, for people.
    pub name: Text,
    phrases: Vec<Phrase>,
    channels: Vec<Channel>,
    clients: Vec<String>,
    products: Vec<String>,
    environments: Vec<Phrase>,
    languages: Vec<Language>,
    moods: Vec<Mood>,
    when: Option<When>,
    /// What it sets.
    pub sets: Sets,
}

/// What a rule sets; what is none it leaves alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sets {
    /// The category, and with it the zone that answers for it.
    pub category: Option<String>,
    /// The kind of request.
    pub kind: Option<Kind>,
    /// The impact.
    pub impact: Option<Impact>,
    /// The urgency.
    pub urgency: Option<Urgency>,
    /// The product, and with it the zone that covers it.
    pub product: Option<String>,
    /// Tags of the service desk.
    pub tags: Vec<String>,
    /// By how many steps it raises the priority above the matrix.
    pub raise: u8,
}

/// A rule that holds for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRule<'p> {
    /// Which.
    pub rule: &'p SortingRule,
    /// The words of the request that it was waiting for.
    pub words: Vec<String>,
}

/// A rule of line 1: where everything that its lists and `when` say is so, it sets what it says. All rules that
/// hold count, in the order of the file: what an earlier one has set, a later one leaves, while tags and raises come
/// from all. What a person has said is never written over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rule")]
pub(crate) struct RuleEntry {
    /// The rule's id: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// Why it is there, in words that stand on the ticket's timeline.
    name: TextEntry,
    /// One of these phrases stands in the request; `*` at the end of a word stands for any ending.
    #[serde(default)]
    words: Vec<At<String>>,
    /// It came in by one of these channels; what line 0 handed over has none.
    #[serde(default)]
    channels: Vec<At<Named<Channel>>>,
    /// It comes from one of these clients, as the organization refers to them.
    #[serde(default)]
    clients: Vec<At<String>>,
    /// It is about one of these products.
    #[serde(default)]
    products: Vec<At<String>>,
    /// One of these phrases stands in where it happens.
    #[serde(default)]
    environments: Vec<At<String>>,
    /// The client writes one of these languages.
    #[serde(default)]
    languages: Vec<At<Named<Language>>>,
    /// The client sounds like one of these.
    #[serde(default)]
    moods: Vec<At<Named<Mood>>>,
    /// It came in at such a time, on the clock of the replies' calendar.
    when: Option<At<WhenEntry>>,
    /// What it sets.
    set: At<SetEntry>,
}

/// What a rule sets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Set")]
struct SetEntry {
    /// The id of a category; its zone comes with it.
    category: Option<At<String>>,
    /// incident, service-request or question.
    kind: Option<At<Named<Kind>>>,
    /// low, medium or high.
    impact: Option<At<Named<Impact>>>,
    /// low, medium or high.
    urgency: Option<At<Named<Urgency>>>,
    /// A product; the zone that covers it comes with it.
    product: Option<At<String>>,
    /// Tags of the service desk.
    tags: Vec<At<String>>,
    /// By how many steps it raises the priority above the matrix.
    #[schemars(range(min = 1, max = RAISE_STEPS_MAX))]
    raise: Option<At<i64>>,
}

/// The rules, in the order in which they count.
pub(crate) fn check(entries: &[RuleEntry], known: &Known<'_>, gathered: &mut Gathered) -> Vec<SortingRule> {
    unique(entries.iter().map(|entry| &entry.id), "rule", gathered);
    if let Some(entry) = entries.get(RULES_MAX) {
        let message = format!("there are {} rules", entries.len());
        gathered.note(&entry.id.span, message, format!("keep at most {RULES_MAX}; lists of words go into one rule"));
    }
    entries.iter().map(|entry| entry.check(known, gathered)).collect()
}

impl RuleEntry {
    fn check(&self, known: &Known<'_>, gathered: &mut Gathered) -> SortingRule {
        let Self { id: at, name, words, channels, clients, products, environments, languages, moods, when, set } = self;
        let rule = SortingRule {
            id: id(at, "rule", gathered),
            name: name.check(gathered),
            phrases: phrases(words, gathered),
            channels: channels.iter().filter_map(|at| at.find(gathered)).collect(),
            clients: clients.iter().map(|at| label(at, "client", gathered)).collect(),
            products: products.iter().map(|at| label(at, "product", gathered).to_lowercase()).collect(),
            environments: phrases(environments, gathered),
            languages: languages.iter().filter_map(|at| at.find(gathered)).collect(),
            moods: moods.iter().filter_map(|at| at.find(gathered)).collect(),
            when: when.as_ref().map(|at| at.value.check(gathered)).filter(|when| *when != When::default()),
            sets: set.value.check(known, gathered),
        };
        let lists = [words.len(), channels.len(), clients.len(), products.len(), environments.len()];
        if lists.iter().sum::<usize>() + languages.len() + moods.len() == 0 && rule.when.is_none() {
            let message =
                format!("the rule `{}` says nothing of what must be so, and would always hold", shorten(&rule.id));
            gathered.note(&at.span, message, "give `words`, `channels`, `moods` or another condition");
        }
        if rule.sets == Sets::default() {
            let message = format!("the rule `{}` sets nothing", shorten(&rule.id));
            gathered.note(
                &set.span,
                message,
                "let it set a category, a priority's steps or something else, or remove it",
            );
        }
        rule
    }
}

pub(crate) fn phrases(all: &[At<String>], gathered: &mut Gathered) -> Vec<Phrase> {
    if let Some(at) = all.get(PHRASES_MAX) {
        let message = format!("there are {} phrases", all.len());
        gathered.note(&at.span, message, format!("give at most {PHRASES_MAX}"));
    }
    let mut found = Vec::new();
    for at in all {
        match Phrase::of(&label(at, "phrase", gathered)) {
            Some(phrase) => found.push(phrase),
            None => gathered.note(&at.span, "there is no word in the phrase", "write letters or digits, or remove it"),
        }
    }
    found
}

impl SetEntry {
    fn check(&self, known: &Known<'_>, gathered: &mut Gathered) -> Sets {
        let Self { category, kind, impact, urgency, product, tags, raise } = self;
        if let Some(at) = category {
            refers(at, "categories", &known.categories, gathered);
        }
        let steps = raise.as_ref().map_or(0, |at| bounded(at, "raise", RAISE_STEPS_MAX, gathered));
        Sets {
            category: category.as_ref().map(|at| at.value.clone()),
            kind: kind.as_ref().and_then(|at| at.find(gathered)),
            impact: impact.as_ref().and_then(|at| at.find(gathered)),
            urgency: urgency.as_ref().and_then(|at| at.find(gathered)),
            product: product.as_ref().map(|at| label(at, "product", gathered)),
            tags: tags.iter().map(|at| label(at, "tag", gathered).to_lowercase()).collect(),
            raise: u8::try_from(steps).unwrap_or(1),
        }
    }
}

impl SortingRule {
    /// The words that it was waiting for, when everything that it says is so.
    fn holds(&self, seen: &Seen<'_>, words: &Words<'_>, plan: &Plan) -> Option<Vec<String>> {
        fn among<T: PartialEq>(wanted: &[T], given: Option<&T>) -> bool {
            wanted.is_empty() || given.is_some_and(|given| wanted.contains(given))
        }
        let calendar = plan.calendar(&plan.replies.calendar);
        let product = seen.product.map(|product| product.trim().to_lowercase());
        let environment = Words::of(seen.environment.unwrap_or_default());
        let holds = among(&self.channels, seen.channel.as_ref())
            && among(&self.clients, Some(&seen.client.to_owned()))
            && among(&self.products, product.as_ref())
            && among(&self.languages, Some(&seen.language))
            && among(&self.moods, Some(&seen.mood))
            && (self.environments.is_empty()
                || self.environments.iter().any(|phrase| phrase.find(&environment).is_some()))
            && self.when.as_ref().is_none_or(|when| calendar.is_some_and(|calendar| when.holds(seen.at, calendar)));
        let found: Vec<String> =
            self.phrases.iter().filter_map(|phrase| phrase.find(words)).map(str::to_owned).collect();
        (holds && (self.phrases.is_empty() || !found.is_empty())).then_some(found)
    }
}

impl Plan {
    /// The rules that hold for a request, in the order in which they count, each with the words that it was waiting for.
    #[must_use]
    pub fn rules_for(&self, seen: &Seen<'_>) -> Vec<HeldRule<'_>> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let words = Words::of(seen.text);
        let held = |rule| Some(HeldRule { words: SortingRule::holds(rule, seen, &words, self)?, rule });
        self.rules.iter().filter_map(held).collect()
    }
}
