//! The resource file is whole, and texts are filled in.

use super::*;

fn fields(text: &str) -> Vec<&str> {
    let mut fields: Vec<_> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    fields.sort_unstable();
    fields
}

#[test]
fn every_text_stands_in_both_languages_with_the_same_fields() {
    assert_eq!(TEXTS.len(), Text::ALL.len(), "the resource and the code list the same texts");
    for text in Text::ALL {
        let both = TEXTS.get(text.key()).unwrap_or_else(|| panic!("{text:?} is not in the resource"));
        assert!(!both.ru.trim().is_empty() && !both.en.trim().is_empty(), "{text:?}");
        assert_eq!(fields(&both.ru), fields(&both.en), "{text:?}");
        assert!(both.ru.chars().any(|c| ('а'..='я').contains(&c)), "{text:?} is Russian in `ru`");
    }
}

#[test]
fn every_rule_says_whether_the_clock_runs() {
    let reason = || "client".to_owned();
    let hours = [Hours::Weekly, Hours::Special, Hours::Break, Hours::Outside, Hours::DayOff, Hours::Holiday];
    let rules = hours.into_iter().chain([Hours::Closed { closure: reason() }]).map(Rule::Calendar);
    let holds = [Rule::HoldRuns { reason: reason() }, Rule::HoldStops { reason: reason() }, Rule::Ended];
    for rule in rules.chain(holds) {
        let text = Text::of_rule(&rule);
        assert_eq!(text.plain(Language::Russian).contains("срок идёт"), rule.counts(), "{rule:?}");
        assert_eq!(text.plain(Language::English).contains("the clock runs"), rule.counts(), "{rule:?}");
    }
}

#[test]
fn braces_in_a_value_are_no_fields() {
    let text = Text::Answered.with(Language::English, &[("answer", "use {answer} {x}")]);
    assert!(text.starts_with("use {answer} {x}\n"), "{text}");
}
