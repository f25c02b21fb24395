//! From a text to the words that are searched for.
//!
//! A text is folded (NFKC, lower case, ё = е, no stress marks), cut into runs of letters and digits, and each run is stemmed by its
//! script. What looks like a code (`E-1047`, `2.10.3`) is kept whole beside its parts.

use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use crate::stop_words::is_stop_word;

/// Longer runs, in characters, are keys and encoded files, not words: they are left out.
const WORD_CHARS_MAX: usize = 64;

static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::Russian));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// A word of a text that says what the text is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// As written, folded.
    pub(crate) folded: String,
    /// What all forms of the word share; codes and numbers are their own.
    pub(crate) stem: String,
}

impl Word {
    /// Whether it has a digit: it is then exactly itself, and never nearly another.
    pub(crate) fn is_exact(&self) -> bool {
        self.stem.contains(|character: char| character.is_ascii_digit())
    }

    /// Whether it names one thing alone (`E-1047`, `0x80070005`): digits with letters, or at least
    /// [`CODE_DIGITS_MIN`] digits. Years and amounts don't.
    pub(crate) fn is_code(&self) -> bool {
        let digits = self.stem.bytes().filter(u8::is_ascii_digit).count();
        if digits == 0 || digits >= CODE_DIGITS_MIN {
            return digits > 0;
        }
        let letters = self.stem.chars().filter(|character| character.is_alphabetic()).count();
        letters > 0 && digits + letters >= CODE_CHARS_MIN
    }
}

/// A number of so many digits is a code.
const CODE_DIGITS_MIN: usize = 5;

/// Shorter mixtures of letters and digits (`4k`, `1c`, `h2o`) are words.
const CODE_CHARS_MIN: usize = 4;

/// The words of `text` in their order, without stop words, repeats included. Lazy: whoever has enough stops reading.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Word> {
    let mut characters = folded(text);
    let mut done = false;
    std::iter::from_fn(move || {
        (!done).then(|| {
            let (run, ended) = next_run(&mut characters);
            done = ended;
            words_of_run(&run)
        })
    })
    .flatten()
}

/// The characters of `text`, folded so that what a reader takes for the same is the same.
pub(crate) fn folded(text: &str) -> impl Iterator<Item = char> {
    text.nfkc().flat_map(char::to_lowercase).filter_map(|character| match character {
        'ё' => Some('е'),
        '\u{2010}'..='\u{2015}' => Some('-'),
        // Marks of stress (за́мок), soft hyphens, and joiners that print as nothing.
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => None,
        '\'' | '\u{2019}' | '`' => Some('\''),
        other => Some(other),
    })
}

/// Reads up to the next character that can be in no word; says whether the text ended there.
fn next_run(characters: &mut impl Iterator<Item = char>) -> (String, bool) {
    let mut run = String::new();
    for character in characters {
        if character.is_alphanumeric() || matches!(character, '-' | '.' | '_' | '\'') {
            // Bounded, so that a text without spaces isn't held twice; its words are cut there, which no real word meets.
            run.push(character);
            if run.len() < 4096 {
                continue;
            }
        }
        return (run, false);
    }
    (run, true)
}

/// The parts of a run, and the code that they make together.
fn words_of_run(run: &str) -> Vec<Word> {
    let run = run.trim_matches(['-', '.', '_', '\'']).replace('\'', "");
    let mut found: Vec<Word> =
        run.split(['-', '.', '_']).filter(|part| !part.is_empty()).filter_map(word_of_part).collect();
    if let Some(code) = code_of(&run)
        && !found.iter().any(|word| word.stem == code)
    {
        found.push(Word { folded: run, stem: code });
    }
    found
}

fn word_of_part(part: &str) -> Option<Word> {
    if part.chars().nth(WORD_CHARS_MAX).is_some() || is_stop_word(part) {
        return None;
    }
    let stem = if part.chars().all(|letter| matches!(letter, 'а'..='я')) {
        RUSSIAN.stem(part).into_owned()
    } else if part.chars().all(|letter| letter.is_ascii_lowercase()) {
        ENGLISH.stem(part).into_owned()
    } else {
        code_of(part).unwrap_or_else(|| part.to_owned())
    };
    Some(Word { folded: part.to_owned(), stem })
}

/// The one spelling of a code: with a digit in it, Cyrillic letters that look Latin made Latin, and no hyphens, so that
/// `E-1047`, `E1047` and `Е-1047` (Cyrillic) are the same code. Dots stay: version 2.1 is not version 21.
fn code_of(run: &str) -> Option<String> {
    if !run.contains(|character: char| character.is_ascii_digit()) || run.len() > WORD_CHARS_MAX {
        return None;
    }
    run.chars().filter(|character| !matches!(character, '-' | '_')).map(latin_twin).collect()
}

/// The ASCII character that `character` is or looks like.
fn latin_twin(character: char) -> Option<char> {
    match character {
        'а' => Some('a'),
        'в' => Some('b'),
        'е' => Some('e'),
        'к' => Some('k'),
        'м' => Some('m'),
        'н' => Some('h'),
        'о' => Some('o'),
        'р' => Some('p'),
        'с' => Some('c'),
        'т' => Some('t'),
        'у' => Some('y'),
        'х' => Some('x'),
        other => other.is_ascii().then_some(other),
    }
}
