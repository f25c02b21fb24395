//! The vendor boundary: what may cross it, and how texts change on the way (invariant 9).

use plan::Plan;
use redaction::{Kind, Known, Map, Rules, leaks, redact, restore};
use ticket::Facts;
use ticket::field::TEXT_BYTES_MAX;

/// What stands for a text that the last gate held back.
pub(crate) const WITHHELD: &str = "[WITHHELD]";

/// What one vendor may see of one ticket.
#[derive(Debug)]
pub(crate) struct Boundary {
    rules: Rules,
    known: Vec<Known>,
}

/// A text as it may be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outward {
    pub(crate) text: String,
    /// The gate held the text back; a fixed sentence goes out instead of it.
    pub(crate) withheld: bool,
}

impl Boundary {
    /// By the plan's rules for `vendor`; nothing personal may pass to a vendor that the plan no longer has.
    pub(crate) fn new(plan: &Plan, facts: &Facts, vendor: &str) -> Self {
        let allow = plan.vendor(vendor).map(|vendor| vendor.allow.as_slice()).unwrap_or_default();
        // A kind that nobody knows allows nothing; `plan check` reports it.
        let rules = Rules { allow: allow.iter().filter_map(|name| name.parse().ok()).collect() };
        let fact = |value: &String| Known { kind: Kind::Custom, value: value.clone() };
        Self { rules, known: std::iter::once(&facts.client).chain(&facts.number).map(fact).collect() }
    }

    /// `text` as the vendor may see it; `map` learns what stands for what.
    pub(crate) fn outward(&self, text: &str, map: &mut Map) -> Outward {
        let text = redact(text, &self.rules, &self.known, map);
        self.gate(text, map)
    }

    /// The last gate before sending. It trusts nothing that came before it.
    fn gate(&self, text: String, map: &Map) -> Outward {
        let mut same = map.clone();
        let clean = redact(&text, &self.rules, &self.known, &mut same) == text
            && same == *map
            && leaks(&text, &self.rules).is_empty();
        if clean { Outward { text, withheld: false } } else { Outward { text: WITHHELD.to_owned(), withheld: true } }
    }

    /// Whether a partner's `text` only says again what we `sent`.
    pub(crate) fn is_echo(&self, text: &str, sent: Option<&str>, map: &Map) -> bool {
        let mut unused = map.clone();
        sent.is_some_and(|sent| redact(text, &self.rules, &self.known, &mut unused).trim() == sent.trim())
    }
}

/// A partner's text with our data put back, cut off where a text of the suite ends.
pub(crate) fn inward(text: &str, map: &Map) -> String {
    restore(text, map, TEXT_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary() -> Boundary {
        let known = vec![Known { kind: Kind::Custom, value: "client-77".to_owned() }];
        Boundary { rules: Rules::default(), known }
    }

    #[test]
    fn the_gate_holds_back_what_redaction_would_have_missed() {
        for leak in ["write to a.petrova@example.com", "ask client-77 about it"] {
            let outward = boundary().gate(leak.to_owned(), &Map::default());
            assert_eq!(outward, Outward { text: WITHHELD.to_owned(), withheld: true }, "{leak}");
        }
    }

    #[test]
    fn what_was_redacted_passes_the_gate_and_comes_back_whole() {
        let mut map = Map::default();
        let said = "client-77 звонил с +7 (495) 123-45-67, почта a.petrova@example.com";
        let outward = boundary().outward(said, &mut map);
        assert_eq!(outward.text, "[CUSTOM-1] звонил с [PHONE-1], почта [EMAIL-1]");
        assert!(!outward.withheld);
        assert_eq!(inward(&outward.text, &map), said);
    }

    #[test]
    fn a_reply_that_grows_by_its_tokens_stays_a_text() {
        let mut map = Map::default();
        let long = format!("{}@example.com", "a".repeat(60));
        let token = boundary().outward(&long, &mut map).text;
        let reply = token.repeat(TEXT_BYTES_MAX / token.len());
        assert!(restore(&reply, &map, usize::MAX).len() > TEXT_BYTES_MAX);
        assert!(inward(&reply, &map).len() <= TEXT_BYTES_MAX);
    }

    #[test]
    fn an_echo_is_known_with_the_data_in_it_or_tokens() {
        let mut map = Map::default();
        let sent = boundary().outward("почта a.petrova@example.com", &mut map).text;
        assert!(boundary().is_echo(" почта [EMAIL-1]\n", Some(&sent), &map));
        assert!(boundary().is_echo("почта a.petrova@example.com", Some(&sent), &map));
        assert!(!boundary().is_echo("почта [EMAIL-1] не отвечает", Some(&sent), &map));
        assert!(!boundary().is_echo("почта [EMAIL-1]", None, &map));
    }
}
