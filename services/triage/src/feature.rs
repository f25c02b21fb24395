//! What is counted in a text: words, pairs of stems, characters inside words and across them, fields.
//!
//! A feature is the 64-bit hash of its characters and its view; the model keeps no words of anybody's tickets. What a
//! feature says of the text is found again through its span in that text.

use std::ops::Range;

use crate::Request;
use crate::mood::mood_of_tokens;
use crate::token::{Kind, Token, tokens};

/// A way of looking at a text. A model looks in several at once, and each counts the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// Words and pairs of neighbours, as written.
    Words,
    /// Stems, and pairs of stems up to three apart: the order matters, what stands between does not.
    Stems,
    /// 2 to 5 characters in a row inside a word, whose ends are marked.
    InWord,
    /// 2 to 6 characters in a row, across spaces.
    Across,
    /// Fields: each value, and each pair of values of different fields.
    Fields,
    /// What the lexicon and the rules of mood find.
    Mood,
}

impl View {
    /// All views, by their number in a stored model.
    pub const ALL: [Self; 6] = [Self::Words, Self::Stems, Self::InWord, Self::Across, Self::Fields, Self::Mood];

    /// Its number in a stored model.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Words => 0,
            Self::Stems => 1,
            Self::InWord => 2,
            Self::Across => 3,
            Self::Fields => 4,
            Self::Mood => 5,
        }
    }
}

/// Characters of a text that the view across spaces reads; a text that is longer repeats itself.
const ACROSS_CHARS_MAX: usize = 4_000;

/// Stems further apart than this do not make a pair.
const PAIR_DISTANCE_MAX: usize = 3;

/// One feature found in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its view and characters.
    pub(crate) hash: u64,
    /// Where in the text; empty for a field.
    pub(crate) span: Range<usize>,
}

/// What the features of a request are taken from; cut once for all views.
pub(crate) struct Reading<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    fields: Vec<u64>,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(request: &Request<'a>) -> Self {
        let field = |(name, value): &(&str, &str)| Hash::of(View::Fields).text(name).mark(1).text(value).0;
        Self { text: request.text, tokens: tokens(request.text), fields: request.fields.iter().map(field).collect() }
    }

    /// How many words the text has.
    pub(crate) fn words(&self) -> usize {
        self.tokens.iter().filter(|token| token.kind == Kind::Word).count()
    }

    /// Two hashes: of the whole text, and of the text with its fields.
    pub(crate) fn identities(&self) -> [u64; 2] {
        let text = self.tokens.iter().fold(Hash::of(View::Words), |hash, token| hash.text(&token.folded).mark(1));
        let whole = self.fields.iter().fold(text.mark(2), |hash, field| hash.mark(*field));
        [text.end(), whole.end()]
    }

    /// The features of single words in [`View::Stems`].
    pub(crate) fn single_words(&self) -> impl Iterator<Item = u64> {
        let words = self.tokens.iter().filter(|token| token.kind == Kind::Word);
        words.map(|token| Hash::of(View::Stems).text(&token.stem).end())
    }

    /// Calls `emit` with each feature in `view`, repeats included.
    pub(crate) fn features(&self, view: View, emit: &mut impl FnMut(Found)) {
        match view {
            View::Words => self.words_and_pairs(emit),
            View::Stems => self.stems(emit),
            View::InWord => self.in_words(emit),
            View::Across => self.across(emit),
            View::Fields => self.fields(emit),
            View::Mood => self.mood(emit),
        }
    }

    fn words_and_pairs(&self, emit: &mut impl FnMut(Found)) {
        let mut last: Option<(u64, &Token)> = None;
        for token in &self.tokens {
            let hash = Hash::of(View::Words).text(&token.folded);
            emit(Found { hash: hash.end(), span: token.span.clone() });
            if let Some((before, first)) = last {
                emit(Found { hash: hash.mark(before).end(), span: first.span.start..token.span.end });
            }
            last = Some((hash.0, token));
        }
    }

    fn stems(&self, emit: &mut impl FnMut(Found)) {
        let kept: Vec<(u64, &Token)> = self
            .tokens
            .iter()
            .filter(|token| token.kind != Kind::Mark)
            .map(|token| (Hash::of(View::Stems).text(&token.stem).0, token))
            .collect();
        for (at, (hash, token)) in kept.iter().enumerate() {
            emit(Found { hash: Hash(*hash).end(), span: token.span.clone() });
            for (other, later) in kept.iter().skip(at + 1).take(PAIR_DISTANCE_MAX) {
                emit(Found { hash: Hash(*hash).mark(*other).end(), span: token.span.start..later.span.end });
            }
        }
    }

    fn in_words(&self, emit: &mut impl FnMut(Found)) {
        let mut letters: Vec<char> = Vec::new();
        for token in &self.tokens {
            if matches!(token.kind, Kind::Link | Kind::Mention) {
                emit(Found { hash: Hash::of(View::InWord).text(&token.folded).end(), span: token.span.clone() });
                continue;
            }
            letters.clear();
            letters.push(' ');
            letters.extend(token.folded.chars());
            letters.push(' ');
            grams(View::InWord, &letters, 2..=5, |hash, _| emit(Found { hash, span: token.span.clone() }));
        }
    }

    fn across(&self, emit: &mut impl FnMut(Found)) {
        let mut letters: Vec<char> = vec![' '];
        let mut spans: Vec<&Range<usize>> = Vec::new();
        let mut last = None;
        for token in &self.tokens {
            let glued = token.kind == Kind::Mark && last == Some(token.span.start);
            if !glued && last.is_some() {
                letters.push(' ');
            }
            letters.extend(token.folded.chars());
            spans.resize(letters.len(), &token.span);
            last = Some(token.span.end);
            if letters.len() > ACROSS_CHARS_MAX {
                break;
            }
        }
        letters.push(' ');
        grams(View::Across, &letters, 2..=6, |hash, at: Range<usize>| {
            let first = spans.get(at.start).or(spans.last());
            let end = spans.get(at.end - 1).or(spans.last());
            if let (Some(first), Some(end)) = (first, end) {
                emit(Found { hash, span: first.start..end.end });
            }
        });
    }

    fn mood(&self, emit: &mut impl FnMut(Found)) {
        let mood = mood_of_tokens(self.text, &self.tokens);
        for (name, value) in mood.marks().filter(|(_, value)| *value > 0) {
            emit(Found { hash: Hash::of(View::Mood).mark(u64::from(name)).mark(u64::from(value)).end(), span: 0..0 });
        }
        for evidence in mood.evidence {
            let turned =
                Hash::of(View::Mood).mark(100).mark(evidence.why as u64).mark(u64::from(evidence.weight > 0.0));
            emit(Found { hash: turned.end(), span: evidence.span });
        }
    }

    fn fields(&self, emit: &mut impl FnMut(Found)) {
        for (at, field) in self.fields.iter().enumerate() {
            emit(Found { hash: Hash(*field).end(), span: 0..0 });
            for other in self.fields.iter().skip(at + 1) {
                emit(Found { hash: Hash(*field).mark(*other).end(), span: 0..0 });
            }
        }
    }
}

/// Calls `emit` with the hash and the place of every run of `lengths` characters.
fn grams(
    view: View,
    letters: &[char],
    lengths: std::ops::RangeInclusive<usize>,
    mut emit: impl FnMut(u64, Range<usize>),
) {
    for begin in 0..letters.len() {
        let mut hash = Hash::of(view);
        for (length, letter) in (1..=*lengths.end()).zip(&letters[begin..]) {
            hash = hash.mark(u64::from(u32::from(*letter)));
            if length >= *lengths.start() {
                emit(hash.end(), begin..begin + length);
            }
        }
    }
}

/// A hash that grows character by character and is the same on every machine and in every release.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    /// Odd, with bits all over: the golden ratio in 64 bits.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

    fn of(view: View) -> Self {
        Self(0).mark(u64::from(view.number()) + 1)
    }

    fn mark(self, mark: u64) -> Self {
        Self((self.0.rotate_left(5) ^ mark).wrapping_mul(Self::FACTOR))
    }

    fn text(self, text: &str) -> Self {
        text.chars().fold(self, |hash, letter| hash.mark(u64::from(u32::from(letter))))
    }

    /// Spreads the last characters over all bits, so that any few bits of the hash tell features apart.
    fn end(self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Reading, View};
    use crate::Request;

    fn spans(text: &str, view: View) -> Vec<&str> {
        let mut found = Vec::new();
        Reading::of(&Request::of(text)).features(view, &mut |Found { span, .. }| found.push(&text[span]));
        found
    }

    #[test]
    fn stems_pair_with_what_stands_up_to_three_further() {
        let found = spans("a b, c d e", View::Stems);
        assert!(found.contains(&"a b, c d") && !found.contains(&"a b, c d e"), "{found:?}");
    }

    #[test]
    fn every_view_tells_where_its_features_stand() {
        for view in View::ALL {
            let found = spans("Нет света! 🙂 @ivan https://example.org", view);
            assert!(view == View::Mood || found.iter().all(|span| !span.is_empty()));
        }
    }

    #[test]
    fn views_do_not_share_features() {
        let mut seen = std::collections::HashMap::new();
        for view in View::ALL {
            Reading::of(&Request::of("нет света нет")).features(view, &mut |found| {
                assert_eq!(*seen.entry(found.hash).or_insert(view), view);
            });
        }
    }

    #[test]
    fn fields_are_features_alone_and_in_pairs() {
        let request = Request { fields: &[("site", "5"), ("kind", "incident")], ..Request::of("") };
        let mut count = 0;
        Reading::of(&request).features(View::Fields, &mut |_| count += 1);
        assert_eq!(count, 3);
    }
}
