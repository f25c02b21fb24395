//! What the bridge says by itself, from the resource file `texts.toml`.

use std::sync::LazyLock;

use serde::Deserialize;
use ticket::Language;

const RESOURCE: &str = include_str!("../texts.toml");

/// A text in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Both {
    ru: String,
    en: String,
}

impl Both {
    /// The words in `language`.
    pub(crate) fn of(&self, language: Language) -> &str {
        match language {
            Language::Russian => &self.ru,
            Language::English => &self.en,
        }
    }
}

/// Every text of the resource; what each is for is said there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    pub(crate) reminder: Both,
    pub(crate) reopened: Both,
    pub(crate) taken_back: Both,
    pub(crate) solved_without: Both,
    pub(crate) ended_without_fix: Both,
    pub(crate) withheld: Both,
}

pub(crate) static TEXTS: LazyLock<Texts> =
    LazyLock::new(|| toml::from_str(RESOURCE).expect("a test reads the whole resource"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_stands_in_both_languages() {
        let Texts { reminder, reopened, taken_back, solved_without, ended_without_fix, withheld } = &*TEXTS;
        for both in [reminder, reopened, taken_back, solved_without, ended_without_fix, withheld] {
            assert!(both.of(Language::Russian).chars().any(|c| ('а'..='я').contains(&c)), "{both:?}");
            let english = both.of(Language::English);
            assert!(!english.trim().is_empty() && !english.chars().any(|c| ('а'..='я').contains(&c)), "{both:?}");
        }
    }
}
