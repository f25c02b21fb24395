//! The lines there are, the ways up between them, and what each asks for and promises.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::evidence::EvidenceField;
use ticket::{Line, Priority, Topology};

use crate::fault::Gathered;
use crate::known::Known;
use crate::place::{At, Named, bounded, refers, shorten};

/// The longest promise of a first response: 30 days, in minutes.
pub const RESPONSE_MINUTES_MAX: i64 = 30 * 24 * 60;

/// The longest promise of a solution: one year, in minutes.
pub const RESOLUTION_MINUTES_MAX: i64 = 366 * 24 * 60;

/// What a line promises for tickets of one priority, in working time of its calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Within which time somebody takes the ticket up.
    pub response: SignedDuration,
    /// Within which time it is solved or handed on.
    pub resolution: SignedDuration,
}

/// What a line asks for and promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRules {
    /// The evidence without which it takes no ticket over.
    pub required: Vec<EvidenceField>,
    /// The id of its calendar; none for line 0, which never rests.
    pub calendar: Option<String>,
    /// What it promises by priority; empty for line 0, which has the bot's deadline.
    pub targets: BTreeMap<Priority, Target>,
}

/// A support line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Line")]
pub(crate) struct LineEntry {
    /// Which line it is.
    pub(crate) line: At<Named<Line>>,
    /// The lines that may take over when this one cannot go on; empty only for the topmost line.
    #[serde(default)]
    hands_to: Vec<At<Named<Line>>>,
    /// The id of its calendar; needed but for self-service, which never rests.
    calendar: Option<At<String>>,
    /// The evidence without which it takes no ticket over; the customary list when left out.
    required_evidence: Option<Vec<At<String>>>,
    /// What it promises by priority; needed but for self-service, which has the bot's deadline.
    targets: Option<At<TargetsEntry>>,
}

/// What a line promises by priority; a more urgent ticket is never promised less.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Targets")]
struct TargetsEntry {
    /// Everything else waits.
    critical: TargetEntry,
    /// Ahead of the others.
    high: TargetEntry,
    /// In turn.
    medium: TargetEntry,
    /// When there is time.
    low: TargetEntry,
}

/// What a line promises for tickets of one priority, in working time of its calendar.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Target")]
struct TargetEntry {
    /// Within how many minutes somebody takes the ticket up.
    #[schemars(range(min = 1, max = RESPONSE_MINUTES_MAX))]
    response_minutes: At<i64>,
    /// Within how many minutes it is solved or handed on.
    #[schemars(range(min = 1, max = RESOLUTION_MINUTES_MAX))]
    resolution_minutes: At<i64>,
}

/// The topology and the rules of each line.
pub(crate) fn check(
    entries: &[LineEntry],
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> (Option<Topology>, BTreeMap<Line, LineRules>) {
    let mut ways: BTreeMap<Line, BTreeSet<Line>> = BTreeMap::new();
    let mut rules = BTreeMap::new();
    for entry in entries {
        let Some(line) = entry.line.find(gathered) else { continue };
        let tos = entry.ways(line, known, gathered);
        if ways.insert(line, tos).is_some() {
            gathered.note(&entry.line.span, format!("the line {line} is there twice"), "keep one of them");
        }
        rules.insert(line, entry.rules(line, known, gathered));
    }
    let reached: BTreeSet<Line> = ways.values().flatten().copied().collect();
    for entry in entries {
        let Some(line) = entry.line.peek() else { continue };
        if line > Line::OWNER && !reached.contains(&line) {
            let message = format!("no line hands to {line}, so no ticket would ever reach it");
            gathered.note(&entry.line.span, message, "add it to the `hands_to` of a lower line, or remove it");
        }
        let staff = matches!(line, Line::ServiceDesk | Line::Technical | Line::Expert);
        if staff && !known.staffed.contains(&line) {
            let message = format!("nobody works on the line {line}");
            gathered.note(&entry.line.span, message, "add a group for it under [[groups]], or remove the line");
        }
    }
    if !known.lines.contains(&Line::OWNER) {
        let help = "add it under [[lines]]; it owns the client contact and cannot be left out";
        gathered.note(&(0..0), format!("there is no line {}", Line::OWNER), help);
    }
    let topology = Topology::new(ways);
    if let (Err(error), true) = (&topology, gathered.is_empty()) {
        gathered.note(&(0..0), error.to_string(), "correct the `hands_to` of the lines");
    }
    (topology.ok(), rules)
}

impl LineEntry {
    /// The lines this one hands to, each checked.
    fn ways(&self, line: Line, known: &Known<'_>, gathered: &mut Gathered) -> BTreeSet<Line> {
        let mut tos = BTreeSet::new();
        for at in &self.hands_to {
            let Some(to) = at.find(gathered) else { continue };
            if to <= line {
                let message = format!("{line} hands to {to}, which would make a loop");
                gathered.note(&at.span, message, "name only higher lines; the way down is built in");
            } else if !known.lines.contains(&to) {
                let message = format!("{line} hands to {to}, which is not among the lines");
                gathered.note(&at.span, message, format!("add {to} under [[lines]], or remove it here"));
            } else if line == Line::SelfService && to != Line::OWNER {
                let message = format!("{line} hands to {to}");
                let help = format!("let it hand to {} alone, where a person takes over the contact", Line::OWNER);
                gathered.note(&at.span, message, help);
            }
            if !tos.insert(to) {
                gathered.note(&at.span, format!("{line} hands to {to} twice"), "remove one of them");
            }
        }
        let above: Vec<&str> = known.lines.iter().filter(|other| **other > line).map(|other| other.name()).collect();
        if self.hands_to.is_empty() && !above.is_empty() {
            let help = format!("add `hands_to` with one or more of: {}", above.join(", "));
            gathered.note(&self.line.span, format!("the line {line} has no way out"), help);
        }
        tos
    }

    fn rules(&self, line: Line, known: &Known<'_>, gathered: &mut Gathered) -> LineRules {
        if let Some(at) = &self.calendar {
            refers(at, "calendars", &known.calendars, gathered);
        }
        let automatic = line == Line::SelfService;
        if automatic && (self.calendar.is_some() || self.targets.is_some()) {
            let message = format!("the line {line} has a calendar or targets");
            let help = "remove them: it is a bot that never rests; see `bot_deadline_seconds` under [timers]";
            gathered.note(&self.line.span, message, help);
        }
        if !automatic && self.calendar.is_none() {
            let message = format!("the line {line} has no calendar");
            gathered.note(&self.line.span, message, "add `calendar` with the id of one of the [[calendars]]");
        }
        if !automatic && self.targets.is_none() {
            let message = format!("the line {line} has no targets");
            gathered.note(&self.line.span, message, "add [lines.targets] with critical, high, medium and low");
        }
        LineRules {
            required: self.required(line, gathered),
            calendar: self.calendar.as_ref().map(|at| at.value.clone()),
            targets: self.targets.as_ref().map(|at| at.value.check(gathered)).unwrap_or_default(),
        }
    }

    fn required(&self, line: Line, gathered: &mut Gathered) -> Vec<EvidenceField> {
        let Some(names) = &self.required_evidence else { return EvidenceField::defaults(line) };
        let all: Vec<EvidenceField> =
            EvidenceField::ALL.iter().copied().filter(|field| field.receiver() == line).collect();
        let mut required = Vec::new();
        for at in names {
            match all.iter().find(|field| field.name() == at.value) {
                Some(field) if required.contains(field) => {
                    gathered.note(&at.span, format!("`{}` is asked for twice", field.name()), "remove one of them");
                }
                Some(field) => required.push(*field),
                None => {
                    let names: Vec<&str> = all.iter().map(|field| field.name()).collect();
                    let help = match names.as_slice() {
                        [] => "remove it; nobody hands to this line".to_owned(),
                        names => format!("use some of: {}", names.join(", ")),
                    };
                    let message = format!("`{}` is not evidence that {line} can ask for", shorten(&at.value));
                    gathered.note(&at.span, message, help);
                }
            }
        }
        required
    }
}

impl TargetsEntry {
    fn check(&self, gathered: &mut Gathered) -> BTreeMap<Priority, Target> {
        let Self { critical, high, medium, low } = self;
        let rising =
            [(Priority::Critical, critical), (Priority::High, high), (Priority::Medium, medium), (Priority::Low, low)];
        for ((more, urgent), (less, relaxed)) in rising.iter().zip(&rising[1..]) {
            let pairs = [
                ("response_minutes", &urgent.response_minutes, &relaxed.response_minutes),
                ("resolution_minutes", &urgent.resolution_minutes, &relaxed.resolution_minutes),
            ];
            for (key, sooner, later) in pairs {
                if sooner.value > later.value {
                    let message = format!("`{key}` of {less} is shorter than that of {more}");
                    gathered.note(&later.span, message, format!("give {} or more", sooner.value));
                }
            }
        }
        rising.into_iter().map(|(priority, entry)| (priority, entry.check(gathered))).collect()
    }
}

impl TargetEntry {
    fn check(&self, gathered: &mut Gathered) -> Target {
        let response = bounded(&self.response_minutes, "response_minutes", RESPONSE_MINUTES_MAX, gathered);
        let resolution = bounded(&self.resolution_minutes, "resolution_minutes", RESOLUTION_MINUTES_MAX, gathered);
        if self.resolution_minutes.value > 0 && self.response_minutes.value > self.resolution_minutes.value {
            let message = "`resolution_minutes` is shorter than `response_minutes`";
            gathered.note(&self.resolution_minutes.span, message, format!("give {response} or more"));
        }
        Target { response: SignedDuration::from_mins(response), resolution: SignedDuration::from_mins(resolution) }
    }
}
