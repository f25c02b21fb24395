//! The words and signs that carry a mood, as the resource files beside this one list them.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::token::tokens;

/// The longest beginning of a word that is looked up, in characters.
const BEGINNING_CHARS_MAX: usize = 8;

/// What a word does to the words after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Negator,
    Stronger,
    Weaker,
    But,
}

/// What is known of words and signs. Weights are from -3 (furious) to 3 (delighted).
pub(super) struct Lexicon {
    stems: HashMap<String, f32>,
    beginnings: HashMap<String, f32>,
    /// By the first stem: the stems after it, and the weight; the longest first.
    phrases: HashMap<String, Vec<(Vec<String>, f32)>>,
    /// The longest first.
    signs: Vec<(&'static str, f32)>,
    turns: HashMap<String, Turn>,
    irony: HashMap<String, Vec<Vec<String>>>,
}

/// The lexicon of support language in Russian and English.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon {
        stems: HashMap::new(),
        beginnings: HashMap::new(),
        phrases: HashMap::new(),
        signs: Vec::new(),
        turns: HashMap::new(),
        irony: HashMap::new(),
    };
    for (weight, word) in entries(include_str!("ru.txt")).chain(entries(include_str!("en.txt"))) {
        lexicon.add(word, weight.parse().unwrap_or_default());
    }
    lexicon.signs =
        entries(include_str!("signs.txt")).map(|(of, sign)| (sign, of.parse().unwrap_or_default())).collect();
    lexicon.signs.sort_by_key(|(sign, _)| std::cmp::Reverse(sign.len()));
    for (kind, word) in entries(include_str!("turns.txt")) {
        let mut stems = stems(word).into_iter();
        let Some(first) = stems.next() else { continue };
        let turn = match kind {
            "negator" => Turn::Negator,
            "stronger" => Turn::Stronger,
            "weaker" => Turn::Weaker,
            "but" => Turn::But,
            _ => {
                lexicon.irony.entry(first).or_default().push(stems.collect());
                continue;
            }
        };
        lexicon.turns.insert(first, turn);
    }
    for phrases in lexicon.phrases.values_mut() {
        phrases.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
    }
    lexicon
});

impl Lexicon {
    fn add(&mut self, word: &str, weight: f32) {
        if let Some(beginning) = word.strip_suffix('*') {
            let folded: String = tokens(beginning).into_iter().map(|token| token.folded).collect();
            self.beginnings.insert(folded, weight);
            return;
        }
        let mut stems = stems(word).into_iter();
        let Some(first) = stems.next() else { return };
        let rest: Vec<String> = stems.collect();
        if rest.is_empty() {
            self.stems.entry(first).or_insert(weight);
        } else {
            self.phrases.entry(first).or_default().push((rest, weight));
        }
    }

    /// The weight of a word by its stem or its beginning.
    pub(super) fn word(&self, folded: &str, stem: &str) -> Option<f32> {
        self.stems.get(stem).copied().or_else(|| self.beginning(folded))
    }

    fn beginning(&self, folded: &str) -> Option<f32> {
        let ends = folded.char_indices().map(|(at, letter)| at + letter.len_utf8()).take(BEGINNING_CHARS_MAX).skip(2);
        ends.filter_map(|end| self.beginnings.get(folded.get(..end)?)).next().copied()
    }

    /// Whether a word with this stem turns others.
    pub(super) fn turn(&self, stem: &str) -> Option<Turn> {
        self.turns.get(stem).copied()
    }

    /// The longest phrase that `stems` begin with: how many stems it has, and its weight.
    pub(super) fn phrase(&self, stems: &[&str]) -> Option<(usize, f32)> {
        let (first, rest) = stems.split_first()?;
        let begins =
            |phrase: &[String]| rest.len() >= phrase.len() && phrase.iter().zip(rest).all(|(is, said)| is == said);
        let (found, weight) = self.phrases.get(*first)?.iter().find(|(phrase, _)| begins(phrase))?;
        Some((found.len() + 1, *weight))
    }

    /// How many stems the mark of irony has that `stems` begin with.
    pub(super) fn irony(&self, stems: &[&str]) -> Option<usize> {
        let (first, rest) = stems.split_first()?;
        let begins =
            |phrase: &[String]| rest.len() >= phrase.len() && phrase.iter().zip(rest).all(|(is, said)| is == said);
        self.irony.get(*first)?.iter().find(|phrase| begins(phrase)).map(|phrase| phrase.len() + 1)
    }

    /// The longest sign that `text` begins with: its length in bytes, and its weight.
    pub(super) fn sign(&self, text: &str) -> Option<(usize, f32)> {
        let (sign, weight) = self.signs.iter().find(|(sign, _)| text.starts_with(sign))?;
        Some((sign.len(), *weight))
    }
}

/// The stems of an entry, whose words are joined by `_`.
fn stems(entry: &str) -> Vec<String> {
    tokens(&entry.replace('_', " ")).into_iter().map(|token| token.stem).collect()
}

/// What stands first in each line, with each of the others; lines with `#` are notes.
fn entries(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .flat_map(|(first, rest)| rest.split_whitespace().map(move |word| (first, word)))
}
