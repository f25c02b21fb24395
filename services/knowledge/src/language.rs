//! Which language a text is in.

use whatlang::{Detector, Lang};

use crate::Language;

/// From so many letters on, statistics tell languages of one script apart more often than they err.
const LETTERS_FOR_STATISTICS: usize = 40;

/// So much of a long text, in characters, is looked at.
const CHARACTERS_READ: usize = 2000;

/// The language of `text`, or `None` when it has no letters or is in neither of ours.
///
/// The script with more letters decides first, then letters that only Russian or only its neighbours have. Statistics
/// have the last word on longer texts; a short one gets the benefit of the doubt.
pub fn language_of(text: &str) -> Option<Language> {
    let sample: String = text.chars().take(CHARACTERS_READ).flat_map(char::to_lowercase).collect();
    let letters = sample.chars().filter(|character| character.is_alphabetic()).count();
    let cyrillic: String = sample.chars().filter(|letter| is_cyrillic(*letter) || *letter == ' ').collect();
    let latin: String = sample.chars().filter(|letter| is_latin(*letter) || *letter == ' ').collect();
    let of = |part: &str| part.chars().filter(|character| character.is_alphabetic()).count();
    if of(&cyrillic) * 2 > letters {
        let foreign = cyrillic.chars().filter(|letter| is_cyrillic(*letter) && !is_russian(*letter)).count();
        let russian = cyrillic.contains(['ы', 'э', 'ё']);
        let is_ours =
            if foreign > 0 { foreign * 50 < letters } else { russian || reads_as(Lang::Rus, &[Lang::Bul], &cyrillic) };
        is_ours.then_some(Language::Russian)
    } else if of(&latin) * 2 > letters {
        let others = [Lang::Deu, Lang::Fra, Lang::Spa, Lang::Ita, Lang::Por, Lang::Pol, Lang::Tur];
        reads_as(Lang::Eng, &others, &latin).then_some(Language::English)
    } else {
        None
    }
}

/// The English name of the language of `text` where that is neither of ours; none when it is ours or has hardly a letter.
pub fn foreign_language_of(text: &str) -> Option<&'static str> {
    let sample: String = text.chars().take(CHARACTERS_READ).collect();
    let letters = sample.chars().filter(|character| character.is_alphabetic()).count();
    if letters < 2 || language_of(text).is_some() {
        return None;
    }
    let told = whatlang::detect(&sample).filter(|found| found.lang() != Lang::Rus && found.lang() != Lang::Eng);
    Some(told.map_or("?", |found| found.lang().eng_name()))
}

/// Whether nothing reliable speaks against `text` being in `ours`.
fn reads_as(ours: Lang, others: &[Lang], text: &str) -> bool {
    if text.chars().filter(|character| character.is_alphabetic()).count() < LETTERS_FOR_STATISTICS {
        return true;
    }
    let allowed = others.iter().copied().chain([ours]).collect();
    Detector::with_allowlist(allowed).detect(text).is_none_or(|found| found.lang() == ours || !found.is_reliable())
}

fn is_cyrillic(letter: char) -> bool {
    matches!(letter, '\u{400}'..='\u{52f}')
}

fn is_russian(letter: char) -> bool {
    matches!(letter, 'а'..='я' | 'ё')
}

fn is_latin(letter: char) -> bool {
    letter.is_alphabetic() && letter < '\u{250}'
}

#[cfg(test)]
mod tests {
    use super::language_of;
    use crate::Language::{English, Russian};

    #[test]
    fn short_texts_go_by_their_script() {
        assert_eq!(language_of("Привет"), Some(Russian));
        assert_eq!(language_of("не работает"), Some(Russian));
        assert_eq!(language_of("Hi"), Some(English));
        assert_eq!(language_of("не открывается Outlook 365"), Some(Russian));
    }

    #[test]
    fn neighbours_of_ours_are_neither() {
        assert_eq!(language_of("Чому не працює відео у моєму кабінеті?"), None);
        assert_eq!(
            language_of("Ich kann mich seit gestern nicht mehr in meinem Konto anmelden, was soll ich tun?"),
            None
        );
    }

    #[test]
    fn one_foreign_name_does_not_change_the_language() {
        let text =
            "Монетизируются ли ролики Shorts? Да, если вы соблюдаете правила: https://example.org/info/adv_offer/";
        assert_eq!(language_of(text), Some(Russian));
    }

    #[test]
    fn without_letters_there_is_no_language() {
        for text in ["", "\0", "12345", "🙂🙂", " \n", "你好，我的帐户无法登录"] {
            assert_eq!(language_of(text), None, "{text:?}");
        }
    }
}
