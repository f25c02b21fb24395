//! Guides, items and tests on the wire.

use handover::wire::{Reader, enums, instant, to_instant};
use proto::handover as wire;
use runbooks::{GUIDE_BYTES_MAX, Guide, GuideStep};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{RunbookId, RunbookTestId};

use crate::item::{Item, ItemId};
use crate::trial::Trial;

/// A guide from the wire.
pub fn guide(reader: &mut Reader, name: &str, given: Option<wire::Guide>) -> Option<Guide> {
    let wire::Guide { language, title, applies, steps, products, categories } = reader.given(name, given)?;
    let field = |field: &str| format!("{name}.{field}");
    let language = enums::language(reader, &field("language"), language, true);
    let title = reader.text(&field("title"), &title, LINE_BYTES_MAX);
    let applies = reader.text(&field("applies"), &applies, TEXT_BYTES_MAX);
    if steps.is_empty() {
        reader.wrong(&field("steps"), "is empty; a guide has at least one step");
    }
    let steps = reader.list(&field("steps"), steps).into_iter().map(|wire::GuideStep { action, expected }| {
        let action = reader.text(&field("steps.action"), &action, TEXT_BYTES_MAX);
        let expected = reader.optional(&field("steps.expected"), &expected, TEXT_BYTES_MAX).unwrap_or_default();
        GuideStep { action, expected }
    });
    let steps = steps.collect();
    let mut names = |list: &str, given: Vec<String>| {
        let given = reader.list(&field(list), given);
        given.iter().map(|name| reader.text(&field(list), name, LINE_BYTES_MAX)).collect()
    };
    let (products, categories) = (names("products", products), names("categories", categories));
    let guide = Guide { language: language?, title, applies, steps, products, categories };
    if guide.bytes() > GUIDE_BYTES_MAX {
        reader.wrong(name, format!("has {} bytes; at most {GUIDE_BYTES_MAX} are taken", guide.bytes()));
    }
    Some(guide)
}

/// A guide on the wire.
#[must_use]
pub fn to_guide(guide: Guide) -> wire::Guide {
    let Guide { language, title, applies, steps, products, categories } = guide;
    let step = |GuideStep { action, expected }| wire::GuideStep { action, expected };
    let (language, steps) = (enums::to_language(language), steps.into_iter().map(step).collect());
    wire::Guide { language, title, applies, steps, products, categories }
}

/// An item on the wire.
pub(crate) fn to_item(item: Item) -> wire::KnownItem {
    let Item { id, guide, edition, at } = item;
    wire::KnownItem {
        item_id: id.to_string(),
        kind: id.kind() as i32,
        guide: Some(to_guide(guide)),
        edition,
        published_at: Some(instant(at)),
    }
}

/// An item from the wire.
pub(crate) fn item(reader: &mut Reader, given: Option<wire::KnownItem>) -> Option<Item> {
    let wire::KnownItem { item_id, kind: _, guide: given, edition, published_at } = reader.given("item", given)?;
    let id = reader.id::<ItemId>("item.item_id", &item_id);
    let guide = guide(reader, "item.guide", given);
    let at = to_instant(reader, "item.published_at", published_at);
    Some(Item { id: id?, guide: guide?, edition, at: at? })
}

/// A test on the wire.
pub(crate) fn to_test(trial: Trial) -> wire::RunbookTest {
    let Trial { id, runbook, edition, guide, tester, by, at } = trial;
    wire::RunbookTest {
        test_id: id.to_string(),
        runbook_id: runbook.to_string(),
        edition,
        guide: Some(to_guide(guide)),
        tester,
        asked_by: by,
        asked_at: Some(instant(at)),
    }
}

/// A test from the wire.
pub(crate) fn test(reader: &mut Reader, given: Option<wire::RunbookTest>) -> Option<Trial> {
    let wire::RunbookTest { test_id, runbook_id, edition, guide: given, tester, asked_by, asked_at } =
        reader.given("test", given)?;
    let id = reader.id::<RunbookTestId>("test.test_id", &test_id);
    let runbook = reader.id::<RunbookId>("test.runbook_id", &runbook_id);
    let guide = guide(reader, "test.guide", given);
    let tester = reader.text("test.tester", &tester, LINE_BYTES_MAX);
    let by = reader.text("test.asked_by", &asked_by, LINE_BYTES_MAX);
    let at = to_instant(reader, "test.asked_at", asked_at);
    Some(Trial { id: id?, runbook: runbook?, edition, guide: guide?, tester, by, at: at? })
}

/// Whether a test was passed, from the wire.
pub(crate) fn outcome(reader: &mut Reader, given: i32) -> Option<bool> {
    match wire::RunbookTestState::try_from(given) {
        Ok(wire::RunbookTestState::Passed) => Some(true),
        Ok(wire::RunbookTestState::Failed) => Some(false),
        Ok(
            wire::RunbookTestState::Waiting | wire::RunbookTestState::CalledOff | wire::RunbookTestState::Unspecified,
        )
        | Err(_) => {
            reader.wrong("outcome", "is neither PASSED nor FAILED; it says what came of the test");
            None
        }
    }
}

/// Whether a test was passed, on the wire.
pub(crate) fn to_outcome(passed: bool) -> i32 {
    let outcome = if passed { wire::RunbookTestState::Passed } else { wire::RunbookTestState::Failed };
    outcome as i32
}
