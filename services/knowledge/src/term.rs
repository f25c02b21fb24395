//! Stems and pieces of words as numbers: articles have thousands of them.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
};

/// A stem or a piece of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Term(u32);

/// A table by terms, which are hashes already.
pub(crate) type TermMap<T> = HashMap<Term, T, BuildHasherDefault<AsIs>>;

impl Term {
    /// The term of `text`; two texts in a few billion share one, which costs nothing worth having a table for.
    #[expect(clippy::cast_possible_truncation, reason = "half of a good hash is a good hash")]
    pub(crate) fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self(hasher.finish() as u32)
    }
}

impl Term {
    /// Which of so many parts it falls into, always the same.
    pub(crate) fn part(self, parts: u32) -> u32 {
        (self.0 >> 8) % parts.max(1)
    }
}

/// Tells of nearly every term that it is none of a few, at less cost than a table of these.
#[derive(Debug, Clone)]
pub(crate) struct Sieve([u64; 64]);

impl Sieve {
    pub(crate) fn of<'t>(terms: impl Iterator<Item = &'t Term>) -> Self {
        let mut sieve = Self([0; 64]);
        for term in terms {
            let (word, bit) = Self::place(*term);
            sieve.0[word] |= bit;
        }
        sieve
    }

    /// Whether `term` may be one of them; of those that are, always.
    pub(crate) fn lets_pass(&self, term: Term) -> bool {
        let (word, bit) = Self::place(term);
        self.0[word] & bit != 0
    }

    fn place(Term(number): Term) -> (usize, u64) {
        ((number >> 6) as usize % 64, 1 << (number % 64))
    }
}

/// Takes a term for its own hash, spread over the bits that tables look at.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash << 8) ^ u64::from(*byte));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sieve_lets_pass_what_it_is_of_and_hardly_anything_else() {
        let terms = |from: u32| (from..from + 100).map(|number| Term::of(&number.to_string()));
        let of: Vec<Term> = terms(0).collect();
        let sieve = Sieve::of(of.iter());
        assert!(of.iter().all(|term| sieve.lets_pass(*term)));
        assert!(terms(1_000).filter(|term| sieve.lets_pass(*term)).count() < 10);
    }
}
