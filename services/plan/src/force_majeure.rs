//! Force majeure: what one switch changes while it is on. A person declares it, with an end; the plan says what that means.

use std::collections::BTreeSet;

use deadline::{Agreement, Instead, OtherTarget};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ticket::Line;

use crate::fault::Gathered;
use crate::known::Known;
use crate::line::{RESOLUTION_MINUTES_MAX, RESPONSE_MINUTES_MAX};
use crate::place::{At, Text, TextEntry, bounded, id, label, refers, shorten, unique};
use crate::plan::Plan;
use crate::rule::RAISE_STEPS_MAX;

/// The longest that one may be declared for, in hours: 30 days.
pub const FORCE_MAJEURE_HOURS_MAX: i64 = 720;
/// The most profiles.
pub const FORCE_MAJEURES_MAX: usize = 20;
/// The most changes of priority, and of targets, in one profile.
pub const FORCE_MAJEURE_CHANGES_MAX: usize = 50;
/// The most times that a target may grow; it may shrink to as small a part.
pub const TARGET_FACTOR_MAX: f64 = 100.0;

/// What one kind of force majeure changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForceMajeureProfile {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// What clients are told, before anything else that is told automatically.
    pub text: Text,
    /// Which priorities rise.
    pub raises: Vec<Rising>,
    /// Which targets are others; no agreement is named twice.
    pub targets: Vec<OtherTarget>,
    /// The longest that it may last.
    pub longest: SignedDuration,
}

/// Tickets that rise: those for which everything that is given fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rising {
    /// By how many steps above the matrix.
    pub steps: u8,
    /// The ids of their categories; any when empty.
    pub categories: Vec<String>,
    /// The ids of the zones that answer for them; any when empty.
    pub zones: Vec<String>,
    /// Their products, in small letters; any when empty.
    pub products: Vec<String>,
}

/// What one kind of force majeure changes, while somebody has declared it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ForceMajeure")]
pub(crate) struct ForceMajeureEntry {
    /// The profile's id: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// What it is called.
    name: TextEntry,
    /// What clients are told with every automatic answer; `force_majeure` of the replies when left out.
    text: Option<TextEntry>,
    /// The most hours for which it may be declared, from 1 to 720.
    #[schemars(range(min = 1, max = FORCE_MAJEURE_HOURS_MAX))]
    longest_hours: At<i64>,
    /// Which priorities rise; the strongest of those that fit counts.
    #[serde(default)]
    raises: Vec<RisingEntry>,
    /// Which targets are others.
    #[serde(default)]
    targets: Vec<OtherTargetEntry>,
}

/// Tickets that rise: those for which everything that is given fits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rising")]
struct RisingEntry {
    /// By how many steps above the matrix.
    #[schemars(range(min = 1, max = RAISE_STEPS_MAX))]
    steps: At<i64>,
    /// The ids of their categories; any when left out.
    #[serde(default)]
    categories: Vec<At<String>>,
    /// The ids of the zones that answer for them; any when left out.
    #[serde(default)]
    zones: Vec<At<String>>,
    /// Their products; any when left out.
    #[serde(default)]
    products: Vec<At<String>>,
}

/// What holds instead of targets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OtherTarget")]
struct OtherTargetEntry {
    /// The ids of the agreements, or `lines.` and a line for its own targets; all that are not named elsewhere when left out.
    #[serde(default)]
    agreements: Vec<At<String>>,
    /// So many times the time within which somebody answers.
    #[schemars(range(min = 0.01, max = TARGET_FACTOR_MAX))]
    response_factor: Option<At<f64>>,
    /// So many minutes of working time instead.
    #[schemars(range(min = 1, max = RESPONSE_MINUTES_MAX))]
    response_minutes: Option<At<i64>>,
    /// So many times the time within which it is solved.
    #[schemars(range(min = 0.01, max = TARGET_FACTOR_MAX))]
    resolution_factor: Option<At<f64>>,
    /// So many minutes of working time instead.
    #[schemars(range(min = 1, max = RESOLUTION_MINUTES_MAX))]
    resolution_minutes: Option<At<i64>>,
}

/// The profiles, in the order of the file. `usual` is what clients are told by those without a text.
pub(crate) fn check(
    entries: &[ForceMajeureEntry],
    agreements: &[Agreement],
    usual: &Text,
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> Vec<ForceMajeureProfile> {
    unique(entries.iter().map(|entry| &entry.id), "force majeure", gathered);
    if let Some(entry) = entries.get(FORCE_MAJEURES_MAX) {
        let message = format!("there are {} kinds of force majeure", entries.len());
        gathered.note(&entry.id.span, message, format!("keep at most {FORCE_MAJEURES_MAX}"));
    }
    entries.iter().map(|entry| entry.check(agreements, usual, known, gathered)).collect()
}

impl ForceMajeureEntry {
    fn check(
        &self,
        agreements: &[Agreement],
        usual: &Text,
        known: &Known<'_>,
        gathered: &mut Gathered,
    ) -> ForceMajeureProfile {
        let Self { id: at, name, text, longest_hours, raises, targets } = self;
        if raises.len().max(targets.len()) > FORCE_MAJEURE_CHANGES_MAX {
            let message = format!("the force majeure `{}` has too many changes", shorten(&at.value));
            let help = format!("give at most {FORCE_MAJEURE_CHANGES_MAX} `raises`, and as many `targets`");
            gathered.note(&at.span, message, help);
        }
        let named = targets.iter().flat_map(|entry| &entry.agreements);
        unique(named, "agreement", gathered);
        let rest = targets.iter().filter(|entry| entry.agreements.is_empty()).nth(1);
        if let Some(at) = rest.and_then(OtherTargetEntry::place) {
            gathered.note(&at, "two of the `targets` name no agreement", "make one of them, or name agreements");
        }
        let mut others: Vec<OtherTarget> =
            targets.iter().map(|entry| entry.check(&at.value, agreements, known, gathered)).collect();
        // Those that name agreements go before the rest, wherever they stand.
        others.sort_by_key(|other| other.agreements.is_empty());
        let longest = bounded(longest_hours, "longest_hours", FORCE_MAJEURE_HOURS_MAX, gathered);
        ForceMajeureProfile {
            id: id(at, "force majeure", gathered),
            name: name.check(gathered),
            text: text.as_ref().map_or_else(|| usual.clone(), |text| text.check(gathered)),
            raises: raises.iter().map(|entry| entry.check(known, gathered)).collect(),
            targets: others,
            longest: SignedDuration::from_hours(longest),
        }
    }
}

impl RisingEntry {
    fn check(&self, known: &Known<'_>, gathered: &mut Gathered) -> Rising {
        let Self { steps, categories, zones, products } = self;
        categories.iter().for_each(|at| refers(at, "categories", &known.categories, gathered));
        zones.iter().for_each(|at| refers(at, "zones", &known.zones, gathered));
        let ids = |all: &[At<String>]| all.iter().map(|at| at.value.clone()).collect();
        let steps = bounded(steps, "steps", RAISE_STEPS_MAX, gathered);
        Rising {
            steps: u8::try_from(steps).unwrap_or(1),
            categories: ids(categories),
            zones: ids(zones),
            products: products.iter().map(|at| label(at, "product", gathered).to_lowercase()).collect(),
        }
    }
}

impl OtherTargetEntry {
    /// Where in the file one of its values stands; none when it has none.
    fn place(&self) -> Option<std::ops::Range<usize>> {
        let factors = [&self.response_factor, &self.resolution_factor].into_iter().flatten().map(|at| &at.span);
        let minutes = [&self.response_minutes, &self.resolution_minutes].into_iter().flatten().map(|at| &at.span);
        factors.chain(minutes).chain(self.agreements.iter().map(|at| &at.span)).min_by_key(|span| span.start).cloned()
    }

    fn check(
        &self,
        profile: &str,
        agreements: &[Agreement],
        known: &Known<'_>,
        gathered: &mut Gathered,
    ) -> OtherTarget {
        let of_lines =
            known.lines.iter().filter(|line| **line != Line::SelfService).map(|line| format!("lines.{line}"));
        let all: BTreeSet<String> = agreements.iter().map(|one| one.id.clone()).chain(of_lines).collect();
        let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
        self.agreements.iter().for_each(|at| refers(at, "agreements", &all, gathered));
        let response = instead(
            "response",
            (self.response_factor.as_ref(), self.response_minutes.as_ref()),
            RESPONSE_MINUTES_MAX,
            gathered,
        );
        let resolution = instead(
            "resolution",
            (self.resolution_factor.as_ref(), self.resolution_minutes.as_ref()),
            RESOLUTION_MINUTES_MAX,
            gathered,
        );
        if response.is_none() && resolution.is_none() {
            let message = format!("one of the `targets` of the force majeure `{}` changes nothing", shorten(profile));
            let help = "add `response_factor`, `resolution_minutes` or another change, or remove it";
            gathered.note(&self.place().unwrap_or(0..0), message, help);
        }
        OtherTarget { agreements: self.agreements.iter().map(|at| at.value.clone()).collect(), response, resolution }
    }
}

fn instead(
    what: &str,
    (factor, minutes): (Option<&At<f64>>, Option<&At<i64>>),
    most: i64,
    gathered: &mut Gathered,
) -> Option<Instead> {
    if let (Some(_), Some(at)) = (factor, minutes) {
        let message = format!("there is a `{what}_factor` and a `{what}_minutes`");
        gathered.note(&at.span, message, "keep one of them");
    }
    if let Some(at) = factor {
        if !(0.01..=TARGET_FACTOR_MAX).contains(&at.value) {
            let help = format!("give a number from 0.01 to {TARGET_FACTOR_MAX}");
            gathered.note(&at.span, format!("`{what}_factor` is {}", at.value), help);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=10000")]
        let hundredths = (at.value * 100.0).round().clamp(1.0, TARGET_FACTOR_MAX * 100.0) as u32;
        return Some(Instead::Hundredths(hundredths));
    }
    let minutes = bounded(minutes?, &format!("{what}_minutes"), most, gathered);
    Some(Instead::Minutes(u32::try_from(minutes).unwrap_or(u32::MAX)))
}

impl Rising {
    /// Whether it is meant for a ticket of this category, with this product, by the zones of `plan`.
    #[must_use]
    pub fn fits(&self, plan: &Plan, category: Option<&str>, product: Option<&str>) -> bool {
        let among = |wanted: &[String], given: Option<&str>| {
            wanted.is_empty() || given.is_some_and(|given| wanted.iter().any(|one| one == given))
        };
        let product_named = product.map(|product| product.trim().to_lowercase());
        let zone = || plan.zone_for(category, product).map(|zone| zone.id.as_str());
        among(&self.categories, category)
            && among(&self.products, product_named.as_deref())
            && (self.zones.is_empty() || among(&self.zones, zone()))
    }
}

impl Plan {
    /// What can be declared as force majeure.
    #[must_use]
    pub fn force_majeures(&self) -> &[ForceMajeureProfile] {
        &self.force_majeures
    }

    /// The profile `id` of force majeure.
    #[must_use]
    pub fn force_majeure(&self, id: &str) -> Option<&ForceMajeureProfile> {
        self.force_majeures.iter().find(|profile| profile.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_must_fit_and_what_is_left_out_does_not_matter() {
        let plan = Plan::parse("demo.toml", crate::DEMO).expect("the demonstration has no faults");
        let rising = |categories: &[&str], zones: &[&str], products: &[&str]| {
            let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
            Rising { steps: 1, categories: owned(categories), zones: owned(zones), products: owned(products) }
        };
        assert!(rising(&[], &[], &[]).fits(&plan, None, None));
        assert!(rising(&["vpn"], &[], &[]).fits(&plan, Some("vpn"), None));
        assert!(!rising(&["vpn"], &[], &[]).fits(&plan, None, None));
        assert!(rising(&[], &["network"], &[]).fits(&plan, Some("vpn"), None), "the zone of its category");
        assert!(rising(&[], &["network"], &[]).fits(&plan, None, Some(" РОУТЕР ")), "the zone of its product");
        assert!(!rising(&[], &["network"], &[]).fits(&plan, Some("payment"), None));
        assert!(rising(&[], &[], &["роутер"]).fits(&plan, None, Some("Роутер")));
        assert!(!rising(&["vpn"], &[], &["роутер"]).fits(&plan, Some("vpn"), Some("Принтер")), "both must fit");
    }
}
