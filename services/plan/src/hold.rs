//! What a ticket on hold waits for, and which clocks stand meanwhile.

use std::collections::BTreeMap;

use deadline::AgreementKind;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::fault::Gathered;
use crate::place::{At, Named, Text, TextEntry, id, shorten, unique};

/// The reasons that are there in every plan, in the form of one.
const CUSTOMARY: &str = include_str!("../hold_reasons.toml");

/// What a ticket on hold waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldReason {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// The kinds of agreements whose clocks stand meanwhile; the others go on.
    pub stops: Vec<AgreementKind>,
}

/// What a ticket on hold waits for. There are always `client` and `vendor`; said here, they are as said here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HoldReason")]
pub(crate) struct HoldReasonEntry {
    /// The reason's id: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// What it is called.
    name: TextEntry,
    /// The kinds of agreements whose clocks stand meanwhile; empty when none does.
    stops_clock_of: Vec<At<Named<AgreementKind>>>,
}

#[derive(Debug, Deserialize)]
struct Customary {
    hold_reasons: Vec<HoldReasonEntry>,
}

/// The reasons by id: the customary ones, and over them those of the plan.
pub(crate) fn check(entries: &[HoldReasonEntry], gathered: &mut Gathered) -> BTreeMap<String, HoldReason> {
    unique(entries.iter().map(|entry| &entry.id), "hold reason", gathered);
    // A test reads the resource.
    let customary = toml::from_str(CUSTOMARY).map_or_else(|_| Vec::new(), |Customary { hold_reasons }| hold_reasons);
    let reasons = customary.iter().chain(entries).map(|entry| entry.check(gathered));
    reasons.map(|reason| (reason.id.clone(), reason)).collect()
}

impl HoldReasonEntry {
    fn check(&self, gathered: &mut Gathered) -> HoldReason {
        let mut stops = Vec::new();
        for at in &self.stops_clock_of {
            let Some(kind) = at.find(gathered) else { continue };
            if stops.contains(&kind) {
                let message = format!("`{}` is there twice", shorten(kind.name()));
                gathered.note(&at.span, message, "remove one of them");
            }
            stops.push(kind);
        }
        HoldReason { id: id(&self.id, "hold reason", gathered), name: self.name.check(gathered), stops }
    }
}
