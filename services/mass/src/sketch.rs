//! What of a text is compared: hashes of its stems, and of the pieces of its words, so that a slip does not hide it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::Russian));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// What a request is about is said in its first words; the rest is left unread.
const WORDS_MAX: usize = 60;
/// A longer run, in characters, is a key or a file and no word.
const WORD_CHARS_MAX: usize = 32;
/// Characters of the pieces of words.
const PIECE_CHARS: usize = 4;

/// Said in any request, whatever it is about.
const EMPTY_WORDS: &[&str] = &[
    "добрый",
    "день",
    "вечер",
    "утро",
    "здравствуйте",
    "привет",
    "пожалуйста",
    "спасибо",
    "помогите",
    "подскажите",
    "уже",
    "очень",
    "меня",
    "мне",
    "нас",
    "нам",
    "это",
    "что",
    "как",
    "для",
    "при",
    "или",
    "уважением",
    "когда",
    "hello",
    "please",
    "thanks",
    "thank",
    "you",
    "the",
    "and",
    "for",
    "with",
    "this",
    "that",
    "help",
    "dear",
    "good",
    "morning",
    "have",
    "are",
    "can",
];

/// The features of a request, sorted, each once.
pub(crate) fn features(text: &str, fields: &[&str]) -> Vec<u64> {
    let text = text.to_lowercase().replace('ё', "е");
    let mut all = BTreeSet::new();
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| {
        let chars = word.chars().count();
        (3..=WORD_CHARS_MAX).contains(&chars) && !EMPTY_WORDS.contains(word)
    });
    for word in words.take(WORDS_MAX) {
        // Numbers of orders and phones set requests apart that are about the same.
        if word.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        let stem = if word.is_ascii() { ENGLISH.stem(word) } else { RUSSIAN.stem(word) };
        all.insert(hash(1, &stem));
        let chars: Vec<char> = stem.chars().collect();
        for piece in chars.windows(PIECE_CHARS) {
            all.insert(hash(2, &String::from_iter(piece)));
        }
    }
    all.extend(fields.iter().filter(|field| !field.is_empty()).map(|field| hash(3, field)));
    all.into_iter().collect()
}

/// FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), which is the same on every machine and in every release.
pub(crate) fn hash(kind: u8, text: &str) -> u64 {
    let bytes = std::iter::once(kind).chain(text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::features;

    #[test]
    fn greetings_numbers_and_endings_do_not_count() {
        let one = features("Добрый день! Не работает терминал оплаты 4417", &[]);
        assert_eq!(one, features("не работает терминала оплата", &[]));
    }

    #[test]
    fn a_slip_leaves_most_of_it() {
        let (one, other) = (features("терминал оплаты", &[]), features("тирминал оплаты", &[]));
        assert!(one.iter().filter(|feature| other.contains(feature)).count() * 2 > one.len());
    }
}
