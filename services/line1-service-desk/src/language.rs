//! Which language a client writes.

use ticket::Language;

/// Fewer letters do not tell.
const LETTERS_MIN: usize = 3;

/// The language that most letters of `text` belong to; none when there are too few letters to tell.
///
/// Russian texts are full of Latin names (Wi-Fi, VPN), so that a third of Cyrillic letters makes a text Russian.
#[must_use]
pub fn language_of(text: &str) -> Option<Language> {
    let cyrillic = text.chars().filter(|c| ('\u{0400}'..='\u{04FF}').contains(c)).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    if cyrillic + latin < LETTERS_MIN {
        return None;
    }
    Some(if cyrillic * 2 >= latin { Language::Russian } else { Language::English })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_heard_with_foreign_names_in_it() {
        assert_eq!(language_of("Не работает Wi-Fi"), Some(Language::Russian));
        assert_eq!(language_of("VPN AnyConnect не подключается"), Some(Language::Russian));
        assert_eq!(language_of("No internet since morning"), Some(Language::English));
        assert_eq!((language_of("123 ??"), language_of("")), (None, None));
    }
}
