//! Whose plan it is.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::{Language, OrganizationId};

use crate::fault::Gathered;
use crate::place::{At, Named, Text, TextEntry, person, shorten, unique};

/// A company that uses the suite.
#[derive(Debug, Clone, PartialEq)]
pub struct Organization {
    /// Its id, the same in every service and token.
    pub id: OrganizationId,
    /// Its name.
    pub name: Text,
    /// The zone in which its calendars are read.
    pub time_zone: TimeZone,
    /// The language in which a client is answered when none is known.
    pub language: Language,
    /// People with authority over all groups, beside the groups' members.
    pub supervisors: Vec<String>,
    /// Whether this plan holds for the past too; else an edit leaves the past as it was.
    pub rewrites_past: bool,
}

/// Whose plan this is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Organization")]
pub(crate) struct OrganizationEntry {
    /// The organization's id: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// The organization's name.
    name: TextEntry,
    /// The zone in which calendars are read, by its IANA name such as `Europe/Moscow`.
    time_zone: At<String>,
    /// The language in which a client is answered when none is known.
    language: At<Named<Language>>,
    /// People with authority over all groups, by the id they sign in with.
    #[serde(default)]
    pub(crate) supervisors: Vec<At<String>>,
    /// Whether this plan holds for the past too: deadlines are reckoned anew as if it had always been in force. It does not when
    /// left out.
    #[serde(default)]
    rewrites_past: bool,
}

impl OrganizationEntry {
    pub(crate) fn check(&self, gathered: &mut Gathered) -> Option<Organization> {
        let id = self.id.value.parse::<OrganizationId>();
        if let Err(error) = &id {
            gathered.note(&self.id.span, error.to_string(), "choose such an id; it cannot be changed once in use");
        }
        let time_zone = time_zone(&self.time_zone, gathered);
        let name = self.name.check(gathered);
        let language = self.language.find(gathered);
        unique(&self.supervisors, "supervisor", gathered);
        let supervisors = self.supervisors.iter().map(|at| person(at, gathered)).collect();
        Some(Organization {
            id: id.ok()?,
            name,
            time_zone: time_zone?,
            language: language?,
            supervisors,
            rewrites_past: self.rewrites_past,
        })
    }
}

/// The zone that `at` names.
pub(crate) fn time_zone(at: &At<String>, gathered: &mut Gathered) -> Option<TimeZone> {
    let time_zone = TimeZoneDatabase::bundled().get(&at.value).ok();
    if time_zone.is_none() {
        let message = format!("`{}` is not a time zone", shorten(&at.value));
        gathered.note(&at.span, message, "use a name of the IANA list, such as Europe/Moscow");
    }
    time_zone
}
