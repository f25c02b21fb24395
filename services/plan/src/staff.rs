//! People as queues know them: languages, skills with levels, room, hours; and how a person is chosen for a ticket.

use std::collections::{BTreeMap, BTreeSet};

use deadline::{Ledger, Measure, Target, What};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::{Language, Line};

use crate::fault::Gathered;
use crate::known::Known;
use crate::people::{Group, GroupEntry};
use crate::place::{At, Named, Text, TextEntry, bounded, label, refers, shorten, unique};
use crate::plan::Plan;

/// The highest level of a skill.
pub const SKILL_LEVEL_MAX: i64 = 5;
/// The most tickets that a plan may let one person have in hand.
pub const LOAD_MAX: i64 = 1000;
/// How many tickets a person may have in hand when the plan does not say.
pub const LOAD_CUSTOMARY: u32 = 20;
/// The longest absence after which tickets stay with an absent person: 30 days of 24 hours, in minutes of working time.
pub const AWAY_MINUTES_MAX: i64 = 30 * 24 * 60;
/// The longest pause before a person is looked for again, in minutes.
pub const RETRY_MINUTES_MAX: i64 = 24 * 60;

/// How a group's tickets find their person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// People take them.
    #[default]
    Manual,
    /// Whoever has the least in hand, as a part of the room they have.
    LeastLoaded,
    /// In turn: whoever waited longest for a ticket.
    RoundRobin,
    /// Whoever is best at what the ticket asks for, among these the least loaded.
    SkillFirst,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 4] = [Self::Manual, Self::LeastLoaded, Self::RoundRobin, Self::SkillFirst];

    /// Its name in plans and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::LeastLoaded => "least-loaded",
            Self::RoundRobin => "round-robin",
            Self::SkillFirst => "skill-first",
        }
    }
}

/// What somebody can do, or a ticket asks for: skills with their levels, 1 to [`SKILL_LEVEL_MAX`].
pub type Skills = BTreeMap<String, u8>;

/// A person, as declared, or as anybody is who is only a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// By which they sign in.
    pub id: String,
    /// Their name, if it was given.
    pub name: Option<Text>,
    /// The languages in which they work; never empty.
    pub languages: Vec<Language>,
    /// What they are good at. Each skill of a group of theirs is among them, with 1 at least.
    pub skills: Skills,
    /// How many tickets they may have in hand, from 1.
    pub load_max: u32,
    /// The id of their calendar; that of the line when none.
    pub calendar: Option<String>,
}

/// What the plan says about queues.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Staff {
    people: BTreeMap<String, Person>,
    of_categories: BTreeMap<String, Skills>,
    of_zones: BTreeMap<String, Skills>,
    away_limit: SignedDuration,
    retry: SignedDuration,
}

/// A person with what sets them apart from a mere member of a group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Person")]
pub(crate) struct PersonEntry {
    /// By which the person signs in: a member of a group or a supervisor.
    id: At<String>,
    /// The person's name.
    name: Option<TextEntry>,
    /// The languages in which the person works; both when left out.
    languages: Option<At<Vec<At<Named<Language>>>>>,
    /// What the person is good at, with the level from 1 to 5.
    #[serde(default)]
    skills: BTreeMap<String, At<i64>>,
    /// How many tickets the person may have in hand; 20 when left out.
    #[schemars(range(min = 1, max = LOAD_MAX))]
    load_max: Option<At<i64>>,
    /// The id of the calendar of the person's working hours; that of the line when left out.
    calendar: Option<At<String>>,
}

/// How queues treat tickets that nobody works on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Queues")]
pub(crate) struct QueuesEntry {
    /// After how much working time of the line the tickets of an absent person go back to the queue; 60 when left out.
    #[schemars(range(min = 1, max = AWAY_MINUTES_MAX))]
    away_limit_minutes: Option<At<i64>>,
    /// After how many minutes a person is looked for again when nobody was free; 5 when left out.
    #[schemars(range(min = 1, max = RETRY_MINUTES_MAX))]
    retry_minutes: Option<At<i64>>,
}

/// What a category or a zone asks of people: its id, the id of the zone whose group answers, the skills.
pub(crate) struct Demand<'f> {
    pub(crate) id: &'f At<String>,
    pub(crate) zone: Option<&'f str>,
    pub(crate) skills: &'f BTreeMap<String, At<i64>>,
}

fn skills(given: &BTreeMap<String, At<i64>>, gathered: &mut Gathered) -> Skills {
    let mut skills = Skills::new();
    for (name, level) in given {
        if name.trim().is_empty() {
            gathered.note(&level.span, "a skill has no name", "name it as the groups name theirs");
        }
        let level = bounded(level, "the level of a skill", SKILL_LEVEL_MAX, gathered);
        skills.insert(name.trim().to_lowercase(), u8::try_from(level).unwrap_or(1));
    }
    skills
}

impl PersonEntry {
    fn check(&self, known: &Known<'_>, gathered: &mut Gathered) -> Person {
        if !known.people.contains(self.id.value.as_str()) {
            let message = format!("nobody of the plan is called `{}`", shorten(&self.id.value));
            gathered.note(&self.id.span, message, "add the person to `members` of a group, or remove the entry");
        }
        let mut languages = vec![Language::Russian, Language::English];
        if let Some(given) = &self.languages {
            languages = given.value.iter().filter_map(|at| at.find(gathered)).collect();
            if given.value.is_empty() {
                gathered.note(&given.span, "the person speaks no language", "name one, or leave `languages` out");
            }
        }
        if let Some(calendar) = &self.calendar {
            refers(calendar, "calendars", &known.calendars, gathered);
        }
        let load_max = self.load_max.as_ref().map(|at| bounded(at, "load_max", LOAD_MAX, gathered));
        Person {
            id: self.id.value.clone(),
            name: self.name.as_ref().map(|name| name.check(gathered)),
            languages,
            skills: skills(&self.skills, gathered),
            load_max: load_max.and_then(|load| u32::try_from(load).ok()).unwrap_or(LOAD_CUSTOMARY),
            calendar: self.calendar.as_ref().map(|at| at.value.clone()),
        }
    }
}

/// The people, what is asked of them, and the limits of queues.
pub(crate) fn check(
    entries: &[PersonEntry],
    queues: Option<&QueuesEntry>,
    (groups, zones): (&[GroupEntry], &BTreeMap<String, crate::people::Zone>),
    (of_categories, of_zones): (Vec<Demand<'_>>, Vec<Demand<'_>>),
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> Staff {
    unique(entries.iter().map(|entry| &entry.id), "person", gathered);
    let mut people: BTreeMap<String, Person> =
        entries.iter().map(|entry| entry.check(known, gathered)).map(|person| (person.id.clone(), person)).collect();
    for group in groups {
        for member in &group.members {
            let person = people.entry(member.value.clone()).or_insert_with(|| anybody(&member.value));
            for skill in group.skills() {
                person.skills.entry(label(skill, "skill", gathered).to_lowercase()).or_insert(1);
            }
        }
    }
    let mut asked = |demands: Vec<Demand<'_>>| -> BTreeMap<String, Skills> {
        let mut all = BTreeMap::new();
        for demand in demands {
            let wanted = skills(demand.skills, gathered);
            let group = demand.zone.and_then(|zone| zones.get(zone)).map(|zone| zone.group.as_str());
            let members: BTreeSet<&str> = groups
                .iter()
                .filter(|entry| Some(entry.id.value.as_str()) == group)
                .flat_map(|entry| entry.members.iter().map(|at| at.value.as_str()))
                .collect();
            for (skill, level) in wanted.iter().filter(|_| group.is_some()) {
                let able = |id: &&str| people.get(*id).is_some_and(|p| p.skills.get(skill).is_some_and(|l| l >= level));
                if !members.iter().any(able) {
                    let id = shorten(&demand.id.value);
                    let message = format!("`{id}` asks for `{}` of level {level}, which nobody has", shorten(skill));
                    let help = "give the skill to a member of the group that answers for it, under [[people]]";
                    gathered.note(&demand.id.span, message, help);
                }
            }
            all.insert(demand.id.value.clone(), wanted);
        }
        all
    };
    let (of_categories, of_zones) = (asked(of_categories), asked(of_zones));
    let mut minutes = |at: Option<&At<i64>>, key: &str, max: i64, customary: i64| {
        SignedDuration::from_mins(at.map_or(customary, |at| bounded(at, key, max, gathered)))
    };
    let away = queues.and_then(|queues| queues.away_limit_minutes.as_ref());
    let retry = queues.and_then(|queues| queues.retry_minutes.as_ref());
    Staff {
        people,
        of_categories,
        of_zones,
        away_limit: minutes(away, "away_limit_minutes", AWAY_MINUTES_MAX, 60),
        retry: minutes(retry, "retry_minutes", RETRY_MINUTES_MAX, 5),
    }
}

fn anybody(id: &str) -> Person {
    Person {
        id: id.to_owned(),
        name: None,
        languages: vec![Language::Russian, Language::English],
        skills: Skills::new(),
        load_max: LOAD_CUSTOMARY,
        calendar: None,
    }
}

impl Plan {
    /// The person `id`; one without anything declared when the plan does not name them.
    #[must_use]
    pub fn person(&self, id: &str) -> Person {
        self.staff.people.get(id).cloned().unwrap_or_else(|| anybody(id))
    }

    /// The groups of `line` that `person` is a member of, by id.
    pub fn groups_of(&self, line: Line, person: &str) -> impl Iterator<Item = &Group> {
        self.groups().filter(move |group| group.line == line && group.members.iter().any(|member| member == person))
    }

    /// Whether `person` may have a ticket of `line`: a member of one of its groups, or a supervisor.
    #[must_use]
    pub fn may_have(&self, line: Line, person: &str) -> bool {
        let supervises = self.profile().supervisors.iter().any(|one| one == person);
        supervises || self.hop_budget().supervisor == person || self.groups_of(line, person).next().is_some()
    }

    /// Whether `person` works on `line` at `at`, by their own calendar or else the line's; whoever has none always does.
    #[must_use]
    pub fn works(&self, line: Line, person: &str, at: Timestamp) -> bool {
        let own = self.staff.people.get(person).and_then(|person| person.calendar.as_deref());
        let calendar = own.and_then(|id| self.calendar(id)).or_else(|| self.calendar_of(line));
        calendar.is_none_or(|calendar| calendar.is_open_at(at))
    }

    /// What a ticket of this category and zone asks of whoever works on it: the higher level where both ask.
    #[must_use]
    pub fn demanded(&self, category: Option<&str>, zone: Option<&str>) -> Skills {
        let of = |known: &BTreeMap<String, Skills>, id: Option<&str>| id.and_then(|id| known.get(id)).cloned();
        let mut all = of(&self.staff.of_categories, category).unwrap_or_default();
        for (skill, level) in of(&self.staff.of_zones, zone).unwrap_or_default() {
            let known = all.entry(skill).or_insert(level);
            *known = level.max(*known);
        }
        all
    }

    /// When the tickets of somebody who is away from `since` on go back to the queue of `line`, in its working time.
    #[must_use]
    pub fn away_due(&self, line: Line, since: Timestamp) -> Timestamp {
        let within = self.staff.away_limit;
        let due = self.calendar_of(line).and_then(|calendar| {
            let target = Target { agreement: "away".to_owned(), within, calendar: calendar.id.clone() };
            let ledger = Ledger::new(Measure::Response).with(since, What::Started { target });
            ledger.due(self.calendars_in_force()).ok().flatten()
        });
        due.unwrap_or_else(|| since.saturating_add(within).unwrap_or(Timestamp::MAX))
    }

    /// How long to wait before a person is looked for again when nobody was free.
    #[must_use]
    pub fn queue_retry(&self) -> SignedDuration {
        self.staff.retry
    }
}
