//! Characters as a reader takes them: one case, one letter ё = е, no marks that print as nothing.

use unicode_normalization::char::decompose_compatible;

/// Calls `emit` with each folded character of `text` and the byte at which its original begins.
///
/// NFKD, lower case, ё = е, one hyphen, one apostrophe; marks of stress and joiners are left out, while й stays a letter.
pub(crate) fn folded(text: &str, mut emit: impl FnMut(usize, char)) {
    for (at, character) in text.char_indices() {
        if character.is_ascii() {
            emit(at, character.to_ascii_lowercase());
            continue;
        }
        match character {
            'а'..='я' => emit(at, character),
            'А'..='Я' => character.to_lowercase().for_each(|lower| emit(at, lower)),
            'ё' | 'Ё' => emit(at, 'е'),
            '\u{2010}'..='\u{2015}' => emit(at, '-'),
            '\u{2018}' | '\u{2019}' => emit(at, '\''),
            '«' | '»' | '„' | '“' | '”' => emit(at, '"'),
            _ if is_unprinted(character) => {}
            _ => decompose_compatible(character, |part| {
                if !is_unprinted(part) {
                    part.to_lowercase().for_each(|lower| emit(at, lower));
                }
            }),
        }
    }
}

/// Marks of stress (за́мок), soft hyphens, joiners and selectors, which print as nothing of their own.
fn is_unprinted(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}'
    )
}

#[cfg(test)]
mod tests {
    use super::folded;

    fn fold(text: &str) -> String {
        let mut out = String::new();
        folded(text, |_, character| out.push(character));
        out
    }

    #[test]
    fn spellings_that_read_the_same_fold_to_the_same() {
        assert_eq!(fold("ЁЛКА – Йод"), "елка - йод");
        assert_eq!(fold("за\u{301}мок"), "замок");
        assert_eq!(fold("ﬁle Ｏｎｅ"), "file one");
    }

    #[test]
    fn a_folded_character_knows_where_its_original_begins() {
        let mut starts = Vec::new();
        folded("Ёa", |at, _| starts.push(at));
        assert_eq!(starts, [0, 2]);
    }
}
