//! A question, ready to be searched with.

use std::collections::HashSet;

use crate::{
    weight::Term,
    words::{Word, words},
};

/// So many distinct words of a question are searched for, the first ones; what a client asks stands before the log
/// that is pasted below it.
pub const QUESTION_WORDS_MAX: usize = 64;

/// Words are also compared by their pieces of this many characters, which survive typing errors.
const PIECES: [usize; 2] = [3, 4];

/// The distinct words of a question.
pub(crate) struct Question {
    pub(crate) words: Vec<Word>,
}

impl Question {
    pub(crate) fn new(text: &str) -> Self {
        let mut seen = HashSet::new();
        let words = words(text).filter(|word| seen.insert(word.stem.clone())).take(QUESTION_WORDS_MAX).collect();
        Self { words }
    }

    pub(crate) fn stems(&self) -> Vec<Term> {
        self.words.iter().map(|word| Term::of(&word.stem)).collect()
    }

    /// The distinct pieces of its words.
    pub(crate) fn pieces(&self) -> Vec<Term> {
        let mut found: Vec<Term> = self.words.iter().flat_map(pieces).map(|piece| Term::of(&piece)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The pieces of a word, its ends marked: `_ка кан … ат_ _кан …`. Shorter than a piece, it has none.
pub(crate) fn pieces(word: &Word) -> Vec<String> {
    let padded: Vec<char> = std::iter::once('_').chain(word.folded.chars()).chain(['_']).collect();
    PIECES.iter().flat_map(|length| padded.windows(*length)).map(|piece| piece.iter().collect()).collect()
}
