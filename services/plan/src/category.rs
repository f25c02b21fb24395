//! What requests can be about.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Line;

use crate::fault::Gathered;
use crate::known::Known;
use crate::place::{At, Text, TextEntry, id, refers, shorten, unique};

/// What a request can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// The id of the zone that answers for it; none only where there is no line 2.
    pub zone: Option<String>,
}

/// What a request can be about.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Category")]
pub(crate) struct CategoryEntry {
    /// The category's id: 1 to 64 of a-z, 0-9 and `-`.
    pub(crate) id: At<String>,
    /// The category's name.
    name: TextEntry,
    /// The id of the zone that answers for it; needed where there is a line 2.
    pub(crate) zone: Option<At<String>>,
    /// What its tickets ask of whoever works on them: skills of people, each with the lowest level from 1 to 5.
    #[serde(default)]
    pub(crate) skills: BTreeMap<String, At<i64>>,
}

/// The categories by id.
pub(crate) fn check_categories(
    entries: &[CategoryEntry],
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> BTreeMap<String, Category> {
    if entries.is_empty() {
        gathered.note(&(0..0), "there are no categories", "add at least one under [[categories]]");
    }
    unique(entries.iter().map(|entry| &entry.id), "category", gathered);
    let mut categories = BTreeMap::new();
    for entry in entries {
        let id = id(&entry.id, "category", gathered);
        match &entry.zone {
            Some(zone) => refers(zone, "zones", &known.zones, gathered),
            None if known.lines.contains(&Line::Technical) => {
                let message = format!("the category `{}` has no zone", shorten(&id));
                gathered.note(&entry.id.span, message, "add `zone`, so that line 1 knows which group of line 2 it is");
            }
            None => {}
        }
        let zone = entry.zone.as_ref().map(|at| at.value.clone());
        categories.insert(id.clone(), Category { id, name: entry.name.check(gathered), zone });
    }
    categories
}
