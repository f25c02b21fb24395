//! Force majeure on the wire.

use deadline::{Instead, OtherTarget};
use plan::{FORCE_MAJEURE_CHANGES_MAX, RAISE_STEPS_MAX, Rising, Text};
use proto::handover as wire;
use proto::ticket::Bilingual;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};

use crate::force_majeure::ForceMajeure;
use crate::wire::{Reader, instant, to_instant};

/// What was declared, as others hear it.
#[must_use]
pub fn to_terms(declared: ForceMajeure) -> wire::ForceMajeureTerms {
    let ForceMajeure { id, profile, plan, name, text, raises, targets, from, until, number } = declared;
    let both = |Text { ru, en }| Some(Bilingual { ru, en });
    wire::ForceMajeureTerms {
        force_majeure_id: id.to_string(),
        profile_id: profile,
        plan,
        name: both(name),
        text: both(text),
        raises: raises.into_iter().map(to_rising).collect(),
        targets: targets.into_iter().map(to_target).collect(),
        begins: Some(instant(from)),
        ends: Some(instant(until)),
        number,
    }
}

fn to_rising(rising: Rising) -> wire::Rising {
    let Rising { steps, categories, zones, products } = rising;
    wire::Rising { steps: steps.into(), categories, zones, products }
}

fn to_target(target: OtherTarget) -> wire::OtherTarget {
    let OtherTarget { agreements, response, resolution } = target;
    let numbers = |instead| match instead {
        Some(Instead::Hundredths(hundredths)) => (hundredths, 0),
        Some(Instead::Minutes(minutes)) => (0, minutes),
        None => (0, 0),
    };
    let (response_hundredths, response_minutes) = numbers(response);
    let (resolution_hundredths, resolution_minutes) = numbers(resolution);
    wire::OtherTarget { agreements, response_hundredths, response_minutes, resolution_hundredths, resolution_minutes }
}

/// What line 1 says was declared; its faults go to `reader`.
pub(crate) fn terms(reader: &mut Reader, given: Option<wire::ForceMajeureTerms>) -> Option<ForceMajeure> {
    let wire::ForceMajeureTerms {
        force_majeure_id,
        profile_id,
        plan,
        name,
        text,
        mut raises,
        mut targets,
        begins,
        ends,
        number,
    } = reader.given("terms", given)?;
    let id = reader.id("terms.force_majeure_id", &force_majeure_id);
    let profile = reader.text("terms.profile_id", &profile_id, LINE_BYTES_MAX);
    let plan = reader.text("terms.plan", &plan, LINE_BYTES_MAX);
    let (name, text) = (both(reader, "terms.name", name), both(reader, "terms.text", text));
    for (field, count) in [("terms.raises", raises.len()), ("terms.targets", targets.len())] {
        if count > FORCE_MAJEURE_CHANGES_MAX {
            reader.wrong(field, format!("has {count} entries; at most {FORCE_MAJEURE_CHANGES_MAX} are taken"));
        }
    }
    raises.truncate(FORCE_MAJEURE_CHANGES_MAX);
    targets.truncate(FORCE_MAJEURE_CHANGES_MAX);
    let raises: Option<Vec<_>> = raises.into_iter().map(|given| rising(reader, given)).collect();
    let targets = targets.into_iter().map(|given| target(reader, given)).collect();
    let (from, until) = (to_instant(reader, "terms.begins", begins), to_instant(reader, "terms.ends", ends));
    let (id, name, text, raises, from, until) = (id?, name?, text?, raises?, from?, until?);
    Some(ForceMajeure { id, profile, plan, name, text, raises, targets, from, until, number })
}

fn both(reader: &mut Reader, field: &str, given: Option<Bilingual>) -> Option<Text> {
    let Bilingual { ru, en } = reader.given(field, given)?;
    let ru = reader.text(&format!("{field}.ru"), &ru, TEXT_BYTES_MAX);
    Some(Text { ru, en: reader.text(&format!("{field}.en"), &en, TEXT_BYTES_MAX) })
}

fn rising(reader: &mut Reader, given: wire::Rising) -> Option<Rising> {
    let wire::Rising { steps, categories, zones, products } = given;
    let steps = u8::try_from(steps).ok().filter(|steps| i64::from(*steps) <= RAISE_STEPS_MAX);
    if steps.is_none() {
        reader.wrong("terms.raises.steps", format!("is beyond {RAISE_STEPS_MAX}"));
    }
    let categories = words(reader, "terms.raises.categories", categories);
    let zones = words(reader, "terms.raises.zones", zones);
    let products = words(reader, "terms.raises.products", products);
    Some(Rising { steps: steps?, categories, zones, products })
}

fn target(reader: &mut Reader, given: wire::OtherTarget) -> OtherTarget {
    let wire::OtherTarget {
        agreements,
        response_hundredths,
        response_minutes,
        resolution_hundredths,
        resolution_minutes,
    } = given;
    let instead = |hundredths: u32, minutes: u32| match (hundredths, minutes) {
        (0, 0) => None,
        (0, minutes) => Some(Instead::Minutes(minutes)),
        (hundredths, _) => Some(Instead::Hundredths(hundredths)),
    };
    OtherTarget {
        agreements: words(reader, "terms.targets.agreements", agreements),
        response: instead(response_hundredths, response_minutes),
        resolution: instead(resolution_hundredths, resolution_minutes),
    }
}

fn words(reader: &mut Reader, field: &str, given: Vec<String>) -> Vec<String> {
    reader.list(field, given).iter().map(|word| reader.text(field, word, LINE_BYTES_MAX)).collect()
}
