//! What a client meant who typed with the wrong layout, or Russian in Latin letters.

/// The keys of a US keyboard, and below them those of a Russian one (ЙЦУКЕН).
const LATIN: &str = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.";
const RUSSIAN: &str = "ёйцукенгшщзхъфывапролджэячсмитьбю";

/// The same keys with shift, where they are not capitals of the above.
const LATIN_SHIFTED: &str = "~{}:\"<>";
const RUSSIAN_SHIFTED: &str = "ёхъжэбю";

/// Latin spellings of Russian letters, longer ones first: the habits of passports, chats and web addresses together.
const SPELLINGS: [(&str, &str); 46] = [
    ("shch", "щ"),
    ("sch", "щ"),
    ("yo", "е"),
    ("jo", "е"),
    ("zh", "ж"),
    ("kh", "х"),
    ("ts", "ц"),
    ("ch", "ч"),
    ("sh", "ш"),
    ("yu", "ю"),
    ("ju", "ю"),
    ("iu", "ю"),
    ("ya", "я"),
    ("ja", "я"),
    ("ia", "я"),
    ("ye", "е"),
    ("ck", "к"),
    ("ph", "ф"),
    ("a", "а"),
    ("b", "б"),
    ("c", "ц"),
    ("d", "д"),
    ("e", "е"),
    ("f", "ф"),
    ("g", "г"),
    ("h", "х"),
    ("i", "и"),
    ("j", "й"),
    ("k", "к"),
    ("l", "л"),
    ("m", "м"),
    ("n", "н"),
    ("o", "о"),
    ("p", "п"),
    ("q", "к"),
    ("r", "р"),
    ("s", "с"),
    ("t", "т"),
    ("u", "у"),
    ("v", "в"),
    ("w", "в"),
    ("x", "кс"),
    ("y", "й"),
    ("z", "з"),
    ("'", "ь"),
    ("\u{2019}", "ь"),
];

/// After these `y` at the end of a word or before a consonant is `ы` (`parol'y` is rare, `vyhod` is not).
const CONSONANTS: &str = "bcdfghjklmnpqrstvwxz";

/// `token` as the same keys give it in the other layout; none when it has letters of both or of neither.
pub(crate) fn in_other_layout(token: &str) -> Option<String> {
    let lower = token.to_lowercase();
    let is_latin = lower.contains(|letter: char| letter.is_ascii_alphabetic());
    let is_russian = lower.contains(|letter: char| matches!(letter, 'а'..='я' | 'ё'));
    let (from, to, from_shifted, to_shifted) = match (is_latin, is_russian) {
        (true, false) => (LATIN, RUSSIAN, LATIN_SHIFTED, RUSSIAN_SHIFTED),
        (false, true) => (RUSSIAN, LATIN, "", ""),
        _ => return None,
    };
    let keys = || from.chars().zip(to.chars()).chain(from_shifted.chars().zip(to_shifted.chars()));
    Some(lower.chars().map(|typed| keys().find(|(key, _)| *key == typed).map_or(typed, |(_, other)| other)).collect())
}

/// `token`, Russian in Latin letters, in Russian letters; none when it has other letters.
pub(crate) fn in_russian_letters(token: &str) -> Option<String> {
    let lower = token.to_lowercase();
    let mut rest = lower.as_str();
    let mut russian = String::with_capacity(2 * rest.len());
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let is_vowel_y = first == 'y' && CONSONANTS.contains(before) && !rest[1..].starts_with(['a', 'o', 'u', 'e']);
        let spelling = if is_vowel_y {
            Some(("y", "ы"))
        } else {
            SPELLINGS.into_iter().find(|(latin, _)| rest.starts_with(latin))
        };
        match spelling {
            Some((latin, letters)) => {
                russian.push_str(letters);
                before = latin.chars().next_back().unwrap_or(' ');
                rest = &rest[latin.len()..];
            }
            None if first.is_alphabetic() => return None,
            None => {
                russian.push(first);
                before = ' ';
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    russian.contains(char::is_alphabetic).then_some(russian)
}

/// Words that are told to be typed with the wrong layout though they could be read as they stand.
const KNOWN_WORDS: [&str; 15] = [
    "hello",
    "help",
    "human",
    "how",
    "please",
    "password",
    "operator",
    "agent",
    "router",
    "internet",
    "what",
    "the",
    "and",
    "not",
    "работает",
];

/// What no Russian word has, and English words have when they are typed with the Russian layout.
const NOT_RUSSIAN: [&str; 9] = ["уы", "ыу", "ыы", "щг", "щц", "щк", "щт", "цщ", "йщ"];

/// So much of a message, in characters, is looked at.
const CHARACTERS_READ: usize = 4000;

/// `text` as the same keys give it in the other layout, where more than half of its words were typed with the wrong one.
///
/// A word was when it has no vowel as it stands, or a sign where the other layout has a letter, and has one as it was meant.
pub fn retyped(text: &str) -> Option<String> {
    if text.len() > 4 * CHARACTERS_READ {
        return None;
    }
    let letters = |token: &str| token.chars().filter(|character| character.is_alphabetic()).count();
    let words: Vec<&str> = text.split_whitespace().filter(|token| letters(token) >= 3).collect();
    let wrong = words.iter().filter(|word| is_wrong(word)).count();
    if wrong * 2 <= words.len() {
        return None;
    }
    let meant = |token: &str| in_other_layout(token).unwrap_or_else(|| token.to_owned());
    Some(text.split_whitespace().map(meant).collect::<Vec<_>>().join(" "))
}

fn is_wrong(token: &str) -> bool {
    // Abbreviations have no vowels in any layout.
    let Some(meant) = in_other_layout(token).filter(|_| token.to_uppercase() != token) else { return false };
    let lower = token.to_lowercase();
    if NOT_RUSSIAN.iter().any(|pair| lower.contains(pair))
        || KNOWN_WORDS.contains(&meant.trim_end_matches(|sign: char| !sign.is_alphabetic()))
    {
        return true;
    }
    let sounds =
        |word: &str| word.contains(['a', 'e', 'i', 'o', 'u', 'а', 'е', 'ё', 'и', 'о', 'у', 'ы', 'э', 'ю', 'я']);
    let starts_ill = meant.starts_with(['ь', 'ъ', 'ы']);
    let inner: Vec<char> = lower.chars().collect();
    let has_sign =
        inner.windows(2).any(|pair| matches!(pair[0], ',' | ';' | '[' | ']') && pair[1].is_ascii_lowercase());
    (!sounds(&lower) || has_sign) && sounds(&meant) && !starts_ill
}

#[cfg(test)]
mod tests {
    use super::{in_other_layout, in_russian_letters, retyped};

    #[test]
    fn only_what_was_typed_with_the_wrong_layout_is_retyped() {
        assert_eq!(retyped("rfr c,hjcbnm gfhjkm").as_deref(), Some("как сбросить пароль"));
        assert_eq!(retyped("jgthfnjhf").as_deref(), Some("оператора"));
        assert_eq!(retyped("рщц ещ куыуе зфыыцщкв").as_deref(), Some("how to reset password"));
        assert_eq!(retyped("руддщ").as_deref(), Some("hello"));
        for sound in ["How do I reset my password?", "Как сбросить пароль", "VPN SSH HTTP", "", "don't", "pls fix it"]
        {
            assert_eq!(retyped(sound), None, "{sound}");
        }
    }

    #[test]
    fn the_same_keys_are_read_in_the_other_layout_both_ways() {
        assert_eq!(in_other_layout("Ghbdtn").as_deref(), Some("привет"));
        assert_eq!(in_other_layout("j,yjdktybt").as_deref(), Some("обновление"));
        assert_eq!(in_other_layout("шт").as_deref(), Some("in"));
        assert_eq!(in_other_layout("зфыыцщкв").as_deref(), Some("password"));
        assert_eq!(in_other_layout("123 🙂"), None);
        assert_eq!(in_other_layout("wi-фи"), None);
    }

    #[test]
    fn russian_in_latin_letters_is_read_by_every_habit() {
        for (latin, russian) in [
            ("privet", "привет"),
            ("parol", "парол"),
            ("vyhod", "выход"),
            ("podklyuchit'", "подключить"),
            ("Shchit", "щит"),
            ("nastroyki", "настройки"),
            ("vosstanovlenie", "восстановление"),
        ] {
            assert_eq!(in_russian_letters(latin).as_deref(), Some(russian), "{latin}");
        }
        assert_eq!(in_russian_letters("naïve"), None);
        assert_eq!(in_russian_letters("..."), None);
    }
}
