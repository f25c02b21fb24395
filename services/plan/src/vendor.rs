//! The vendors behind line 4.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Line;

use crate::fault::Gathered;
use crate::known::Known;
use crate::place::{At, Text, TextEntry, id, label, shorten, unique};
use crate::plan::Plan;

/// A vendor with whom cases are exchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// Its id, which names its bond and its credentials too.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// Its products that the contract covers.
    pub products: Vec<String>,
    /// The number of the contract.
    pub contract: String,
    /// The kinds of personal data that may cross to it unredacted, by their names; mostly none.
    pub allow: Vec<String>,
}

/// A vendor with whom cases are exchanged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Vendor")]
pub(crate) struct VendorEntry {
    /// The vendor's id: 1 to 64 of a-z, 0-9 and `-`.
    pub(crate) id: At<String>,
    /// The vendor's name.
    name: TextEntry,
    /// Its products that the contract covers.
    products: Vec<At<String>>,
    /// The number of the contract.
    contract: At<String>,
    /// The kinds of personal data that may cross to it unredacted; none when left out.
    #[serde(default)]
    allow: Vec<At<String>>,
}

/// The vendors by id, which are there exactly when line 4 is; `line` is where the file names that line.
pub(crate) fn check(
    entries: &[VendorEntry],
    line: Option<&Range<usize>>,
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> BTreeMap<String, Vendor> {
    if let (true, Some(line)) = (entries.is_empty(), line) {
        let message = format!("the line {} has no vendors", Line::Vendor);
        gathered.note(line, message, "add one under [[vendors]], or remove the line");
    }
    if let (Some(first), false) = (entries.first(), known.lines.contains(&Line::Vendor)) {
        let message = format!("there are vendors but no line {}", Line::Vendor);
        gathered.note(&first.id.span, message, "add the line under [[lines]], or remove the vendors");
    }
    unique(entries.iter().map(|entry| &entry.id), "vendor", gathered);
    let vendors = entries.iter().map(|entry| entry.check(gathered));
    vendors.map(|vendor| (vendor.id.clone(), vendor)).collect()
}

impl VendorEntry {
    fn check(&self, gathered: &mut Gathered) -> Vendor {
        unique(&self.products, "product", gathered);
        unique(&self.allow, "kind of data", gathered);
        if self.products.is_empty() {
            let message = format!("the vendor `{}` has no products", shorten(&self.id.value));
            gathered.note(&self.id.span, message, "add what the contract covers to `products`");
        }
        Vendor {
            id: id(&self.id, "vendor", gathered),
            name: self.name.check(gathered),
            products: self.products.iter().map(|at| label(at, "product", gathered)).collect(),
            contract: label(&self.contract, "contract number", gathered),
            allow: self.allow.iter().map(|at| id(at, "kind of data", gathered)).collect(),
        }
    }
}

impl Plan {
    /// Every vendor, by id.
    pub fn vendors(&self) -> impl Iterator<Item = &Vendor> {
        self.vendors.values()
    }

    /// The vendor `id`.
    #[must_use]
    pub fn vendor(&self, id: &str) -> Option<&Vendor> {
        self.vendors.get(id)
    }
}
