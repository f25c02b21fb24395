//! Templates and checklists of a plan, as line 1 uses them.

use std::collections::BTreeMap;

use plan::{DEMO, Plan};
use proptest::prelude::*;
use ticket::Language;
use ticket::evidence::StepResult;

fn demo() -> Plan {
    Plan::parse("demo.toml", DEMO).expect("the plan has no faults")
}

fn values(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    given.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_template_tells_what_is_missing_what_is_wrong_and_what_is_no_field() {
    let plan = demo();
    let template = plan.template("compensation").unwrap();
    let shown = template.render(Language::English, &values(&[("way", "наличные"), ("colour", "red")]));
    assert_eq!(shown.missing, ["sum"]);
    assert_eq!(
        shown.wrong,
        ["`way` is `наличные`; give one of: карта, лицевой счёт", "`colour` is not a field of this template"]
    );
    let whole = values(&[("sum", "300"), ("way", "карта"), ("number", "EST-000001")]);
    let whole = template.render(Language::English, &whole);
    assert_eq!(whole.text, "For request EST-000001 you get 300 roubles, by карта.");
    assert!(whole.missing.is_empty() && whole.wrong.is_empty());
}

#[test]
fn braces_in_a_value_are_words() {
    let plan = demo();
    let given = values(&[("why", "{day} {time}"), ("day", "2026-09-15"), ("time", "18:00")]);
    let shown = plan.template("delay").unwrap().render(Language::English, &given);
    assert!(shown.text.contains("takes longer: {day} {time}."), "{}", shown.text);
}

proptest! {
    /// Whatever comes out of the steps, the way ends, never visits a step twice, and goes on only where it stopped.
    #[test]
    fn every_way_through_a_checklist_ends(outcomes in proptest::collection::vec(0_u8..4, 0..8)) {
        let plan = demo();
        for category in ["no-internet", "vpn", "payment", "sign-in", "computer"] {
            let checklist = plan.checklist_for(category).unwrap();
            let result = |id: &str| {
                let at = checklist.steps.iter().position(|step| step.id == id)?;
                match outcomes.get(at)? {
                    0 => Some(StepResult::Passed),
                    1 => Some(StepResult::Failed),
                    2 if checklist.steps[at].may_skip => Some(StepResult::Skipped),
                    _ => None,
                }
            };
            let way = checklist.way(result);
            let mut ids: Vec<_> = way.gone.iter().map(|step| &step.id).collect();
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), way.gone.len());
            prop_assert!(way.next.is_none_or(|next| result(&next.id).is_none()));
        }
    }
}
