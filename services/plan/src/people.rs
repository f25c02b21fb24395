//! Groups, the zones they answer for, and who decides when lines disagree.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Line;

use crate::fault::Gathered;
use crate::known::Known;
use crate::place::{At, Named, Text, TextEntry, bounded, id, label, person, refers, shorten, unique};
use crate::staff::Strategy;

/// The most returns between the same two lines that a plan may allow.
pub const RETURNS_MAX: i64 = 10;

/// A support group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// The line it works on: 1, 2 or 3.
    pub line: Line,
    /// Its people, by the id they sign in with; never empty.
    pub members: Vec<String>,
    /// Those of them who take over hard talks, in the order in which they are asked.
    pub seniors: Vec<String>,
    /// What they are good at.
    pub skills: Vec<String>,
    /// How its tickets find their person.
    pub strategy: Strategy,
}

/// A zone of responsibility of line 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// The id of the group that answers for it.
    pub group: String,
    /// The products it covers, each covered by no other zone.
    pub products: Vec<String>,
    /// The categories whose default zone it is.
    pub categories: Vec<String>,
}

/// How often two lines may pass a ticket back and forth (invariant 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopBudget {
    /// The returns between the same two lines after which the supervisor decides, 1 to [`RETURNS_MAX`].
    pub returns: u32,
    /// Who decides then, by the id they sign in with.
    pub supervisor: String,
}

/// A support group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Group")]
pub(crate) struct GroupEntry {
    /// The group's id: 1 to 64 of a-z, 0-9 and `-`.
    pub(crate) id: At<String>,
    /// The group's name.
    name: TextEntry,
    /// The line it works on: service-desk, technical or expert.
    pub(crate) line: At<Named<Line>>,
    /// Its people, by the id they sign in with.
    pub(crate) members: Vec<At<String>>,
    /// Those of them who take over hard talks, in the order in which they are asked.
    #[serde(default)]
    seniors: Vec<At<String>>,
    /// What they are good at.
    #[serde(default)]
    skills: Vec<At<String>>,
    /// How its tickets find their person: manual, least-loaded, round-robin or skill-first; manual when left out.
    strategy: Option<At<Named<Strategy>>>,
}

/// A zone of responsibility of line 2.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Zone")]
pub(crate) struct ZoneEntry {
    /// The zone's id: 1 to 64 of a-z, 0-9 and `-`.
    pub(crate) id: At<String>,
    /// The zone's name.
    name: TextEntry,
    /// The id of the group that answers for it, a group of the line technical.
    group: At<String>,
    /// The products it covers, as requests name them; a product belongs to one zone. Its categories are those that
    /// name it as their zone.
    #[serde(default)]
    products: Vec<At<String>>,
    /// What its tickets ask of whoever works on them: skills of people, each with the lowest level from 1 to 5.
    #[serde(default)]
    pub(crate) skills: BTreeMap<String, At<i64>>,
}

/// How often two lines may pass a ticket back and forth, and who decides then.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HopBudget")]
pub(crate) struct HopBudgetEntry {
    /// The returns between the same two lines after which the supervisor decides.
    #[schemars(range(min = 1, max = RETURNS_MAX))]
    returns: At<i64>,
    /// Who decides then: a supervisor of the organization or a member of a group.
    supervisor: At<String>,
}

/// The groups by id.
pub(crate) fn check_groups(
    entries: &[GroupEntry],
    zones: &[ZoneEntry],
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> BTreeMap<String, Group> {
    unique(entries.iter().map(|entry| &entry.id), "group", gathered);
    entries.iter().filter_map(|entry| entry.check(zones, known, gathered)).map(|g| (g.id.clone(), g)).collect()
}

impl GroupEntry {
    pub(crate) fn skills(&self) -> &[At<String>] {
        &self.skills
    }

    fn check(&self, zones: &[ZoneEntry], known: &Known<'_>, gathered: &mut Gathered) -> Option<Group> {
        let id = id(&self.id, "group", gathered);
        let name = self.name.check(gathered);
        let line = self.line.find(gathered);
        match line {
            Some(line @ (Line::SelfService | Line::Vendor)) => {
                let message = format!("the group `{}` works on {line}, which has no people of ours", shorten(&id));
                gathered.note(&self.line.span, message, "use service-desk, technical or expert");
            }
            Some(line) if !known.lines.contains(&line) => {
                let message = format!("the group `{}` works on {line}, which is not among the lines", shorten(&id));
                gathered.note(&self.line.span, message, "add the line under [[lines]], or choose another");
            }
            Some(Line::ServiceDesk | Line::Technical | Line::Expert) | None => {}
        }
        if self.members.is_empty() {
            let alone = |zone: &&ZoneEntry| zone.group.value == self.id.value;
            let zones: Vec<String> = zones.iter().filter(alone).map(|zone| shorten(&zone.id.value)).collect();
            let so =
                if zones.is_empty() { String::new() } else { format!(", so nobody answers for {}", zones.join(", ")) };
            let message = format!("the group `{}` has no members{so}", shorten(&id));
            gathered.note(&self.id.span, message, "add at least one person to `members`");
        }
        unique(&self.members, "member", gathered);
        unique(&self.seniors, "senior", gathered);
        for senior in &self.seniors {
            if !self.members.iter().any(|member| member.value == senior.value) {
                let message = format!("the senior `{}` is not in the group `{}`", shorten(&senior.value), shorten(&id));
                gathered.note(&senior.span, message, "add the person to `members`, or remove them here");
            }
        }
        let seniors = self.seniors.iter().map(|at| at.value.clone()).collect();
        let members = self.members.iter().map(|at| person(at, gathered)).collect();
        let skills = self.skills.iter().map(|at| label(at, "skill", gathered)).collect();
        let strategy = self.strategy.as_ref().and_then(|at| at.find(gathered)).unwrap_or_default();
        Some(Group { id, name, line: line?, members, seniors, skills, strategy })
    }
}

/// The zones by id; `of_category` says which categories name each as their zone.
pub(crate) fn check_zones(
    entries: &[ZoneEntry],
    groups: &[GroupEntry],
    of_category: &BTreeMap<String, Vec<String>>,
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> BTreeMap<String, Zone> {
    unique(entries.iter().map(|entry| &entry.id), "zone", gathered);
    unique(entries.iter().flat_map(|entry| &entry.products), "product of a zone", gathered);
    let mut zones = BTreeMap::new();
    for entry in entries {
        let id = id(&entry.id, "zone", gathered);
        refers(&entry.group, "groups", &known.groups, gathered);
        let group = groups.iter().find(|group| group.id.value == entry.group.value);
        if let Some(line) = group.and_then(|group| group.line.peek()).filter(|line| *line != Line::Technical) {
            let message = format!("the zone `{}` has a group of the line {line}", shorten(&id));
            gathered.note(&entry.group.span, message, "choose a group of the line technical; zones are line 2's");
        }
        let zone = Zone {
            name: entry.name.check(gathered),
            group: entry.group.value.clone(),
            products: entry.products.iter().map(|at| label(at, "product", gathered)).collect(),
            categories: of_category.get(&id).cloned().unwrap_or_default(),
            id: id.clone(),
        };
        zones.insert(id, zone);
    }
    zones
}

impl HopBudgetEntry {
    pub(crate) fn check(&self, known: &Known<'_>, gathered: &mut Gathered) -> HopBudget {
        let returns = bounded(&self.returns, "returns", RETURNS_MAX, gathered);
        if !known.people.contains(self.supervisor.value.as_str()) {
            let message = format!("nobody of the plan is called `{}`", shorten(&self.supervisor.value));
            let help = "name a member of a group, or add the person to `supervisors` of [organization]";
            gathered.note(&self.supervisor.span, message, help);
        }
        // Bounded above, so it fits.
        HopBudget { returns: u32::try_from(returns).unwrap_or(1), supervisor: self.supervisor.value.clone() }
    }
}
