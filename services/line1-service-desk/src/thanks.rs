//! Whether a message only thanks, so that it opens nothing again.

use std::collections::HashMap;
use std::sync::LazyLock;

/// More words than this say more than thanks.
const WORDS_MAX: usize = 12;

/// The words of the resource, and whether each says thanks by itself.
static WORDS: LazyLock<HashMap<&str, bool>> = LazyLock::new(|| {
    let lines = include_str!("thanks.txt").lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines.map(|line| line.strip_prefix("+ ").map_or((line, false), |word| (word, true))).collect()
});

/// Whether `text` consists of thanks and of what politely stands around it. A question is never thanks alone, and nor is
/// a word that is not in the list: rather one ticket too many is opened than one client not heard.
pub(crate) fn is_thanks(text: &str) -> bool {
    if text.contains('?') {
        return false;
    }
    let text = text.to_lowercase().replace('ё', "е").replace('’', "'");
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    words.len() <= WORDS_MAX
        && words.iter().all(|word| WORDS.contains_key(word))
        && words.iter().any(|word| WORDS.get(word).is_some_and(|says_thanks| *says_thanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_and_politeness_are_thanks() {
        for text in
            ["Спасибо!", "спасибо большое, всё заработало :)", "Thank you very much", "СПС", "Thanks, it works now 👍"]
        {
            assert!(is_thanks(text), "{text}");
        }
    }

    #[test]
    fn what_says_more_is_not() {
        for text in [
            "",
            "ок",
            "заработало",
            "Спасибо, но не работает",
            "Спасибо, а когда приедет мастер?",
            "Thanks for nothing, still broken",
            "спасибо ".repeat(WORDS_MAX + 1).as_str(),
        ] {
            assert!(!is_thanks(text), "{text}");
        }
    }
}
