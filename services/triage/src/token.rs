//! From a text to its tokens: words with their stems, marks, links and mentions.

use std::ops::Range;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

use crate::fold::folded;

static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::Russian));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// More of a text, in tokens, does not change what it is about; what follows is left unread.
pub const TOKENS_MAX: usize = 2_000;

/// Longer runs, in characters, are keys and encoded files, not words: the rest of such a run is left out.
const WORD_CHARS_MAX: usize = 48;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A run of letters and digits.
    Word,
    /// One character that is neither: a question mark, a currency sign, an emoji.
    Mark,
    /// An address on the web; folded to `<link>`.
    Link,
    /// `@somebody`; folded to `<name>`.
    Mention,
}

/// One token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its characters, folded.
    pub(crate) folded: String,
    /// What all forms of the word share; the same as `folded` where there is no stem.
    pub(crate) stem: String,
    /// The bytes of the original that it stands for.
    pub(crate) span: Range<usize>,
}

/// The tokens of `text` in their order, at most [`TOKENS_MAX`].
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut cutter = Cutter { text, found: Vec::new(), run: String::new(), run_chars: 0, begin: 0, skip_until: 0 };
    folded(text, |at, character| cutter.take(at, character));
    cutter.end_run(text.len());
    cutter.found
}

struct Cutter<'a> {
    text: &'a str,
    found: Vec<Token>,
    run: String,
    run_chars: usize,
    begin: usize,
    skip_until: usize,
}

impl Cutter<'_> {
    fn take(&mut self, at: usize, character: char) {
        if at < self.skip_until || self.found.len() >= TOKENS_MAX {
            return;
        }
        if character.is_alphanumeric() {
            if self.run.is_empty() {
                if character == 'h' && is_link(&self.text[at..]) {
                    self.whole(Kind::Link, "<link>", at);
                    return;
                }
                self.begin = at;
            }
            self.run_chars += 1;
            if self.run_chars <= WORD_CHARS_MAX {
                self.run.push(character);
            }
            return;
        }
        // An apostrophe inside a word belongs to it: don't, o'clock.
        if character == '\'' && !self.run.is_empty() {
            return;
        }
        self.end_run(at);
        let is_name = |rest: &str| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        if self.text[at..].strip_prefix('@').is_some_and(is_name) {
            self.whole(Kind::Mention, "<name>", at);
        } else if !character.is_whitespace() && !character.is_control() {
            let folded = String::from(character);
            let end = at + self.text[at..].chars().next().map_or(0, char::len_utf8);
            self.found.push(Token { kind: Kind::Mark, stem: folded.clone(), folded, span: at..end });
        }
    }

    /// Takes all up to the next space as one token.
    fn whole(&mut self, kind: Kind, name: &str, at: usize) {
        let rest = &self.text[at..];
        let ends = |character: char| match kind {
            Kind::Mention => !(character.is_alphanumeric() || character == '_' || character == '@'),
            Kind::Word | Kind::Mark | Kind::Link => character.is_whitespace(),
        };
        let end = at + rest.find(ends).unwrap_or(rest.len());
        self.skip_until = end;
        self.found.push(Token { kind, folded: name.to_owned(), stem: name.to_owned(), span: at..end });
    }

    fn end_run(&mut self, end: usize) {
        self.run_chars = 0;
        if self.run.is_empty() || self.found.len() >= TOKENS_MAX {
            self.run.clear();
            return;
        }
        let folded = std::mem::take(&mut self.run);
        self.found.push(Token { kind: Kind::Word, stem: stem(&folded), folded, span: self.begin..end });
    }
}

fn is_link(rest: &str) -> bool {
    let starts = |prefix: &str| rest.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    starts("http://") || starts("https://")
}

/// What all forms of `word` share; `word` is folded.
pub(crate) fn stem(word: &str) -> String {
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        ENGLISH.stem(word).into_owned()
    } else if word.chars().all(|letter| matches!(letter, 'а'..='я')) {
        RUSSIAN.stem(word).into_owned()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Kind, tokens};

    fn folded(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.folded).collect()
    }

    #[test]
    fn a_text_is_cut_into_words_and_marks() {
        assert_eq!(folded("Don't  work: 5€?!"), ["dont", "work", ":", "5", "€", "?", "!"]);
    }

    #[test]
    fn links_and_mentions_are_one_token_whatever_they_name() {
        let found = tokens("@ivan_1 см. HTTPS://example.org/a?b=1 тут");
        let kinds: Vec<Kind> = found.iter().map(|token| token.kind).collect();
        assert_eq!(kinds, [Kind::Mention, Kind::Word, Kind::Mark, Kind::Link, Kind::Word]);
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        let found = tokens("платежи платежа payments payment");
        assert_eq!(found[0].stem, found[1].stem);
        assert_eq!(found[2].stem, found[3].stem);
    }

    proptest! {
        #[test]
        fn spans_are_of_the_text_and_in_order(text in "\\PC{0,60}") {
            let mut last = 0;
            for token in tokens(&text) {
                prop_assert!(text.get(token.span.clone()).is_some());
                prop_assert!(token.span.start >= last || token.kind == Kind::Mark);
                last = token.span.start;
            }
        }
    }
}
