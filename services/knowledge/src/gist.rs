//! What a question asks, in a form that tells like ones without knowing the others: questions are gathered one at a time,
//! for ever, and nothing but the groups is remembered.
//!
//! Likeness is the share of stems that two questions have in common (Jaccard). Marks are pairs of minima of hashes over the
//! stems (MinHash; Broder, 1997): like questions nearly always share one, so that groups are found by a look-up of marks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{keyboard::retyped, stop_words::is_courtesy, words::words};

/// So many stems of a question count, the first ones.
const STEMS_MAX: usize = 32;

/// Questions that have at least this share of their stems in common ask the same.
const LIKE: f32 = 0.5;

/// So many marks a question has. Of questions that share half of their stems 99 in 100 share a mark, of those that share a
/// tenth 15.
const MARKS: u64 = 16;

/// The stems of a question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gist {
    stems: BTreeSet<String>,
}

impl Gist {
    /// What `question` asks; typed with the wrong layout it asks the same.
    #[must_use]
    pub fn of(question: &str) -> Self {
        let retyped = retyped(question);
        let asking = words(retyped.as_deref().unwrap_or(question)).filter(|word| !is_courtesy(&word.folded));
        Self { stems: asking.map(|word| word.stem).take(STEMS_MAX).collect() }
    }

    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stems.is_empty()
    }

    /// How like the two are, 0 to 1, if they ask the same.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> Option<f32> {
        let common = self.stems.intersection(&other.stems).count();
        let all = self.stems.len() + other.stems.len() - common;
        let share = common as f32 / all.max(1) as f32;
        (share >= LIKE).then_some(share)
    }

    /// Under what it is looked for, the same in every release.
    #[must_use]
    pub fn marks(&self) -> Vec<String> {
        let least = |seed: u64| self.stems.iter().map(|stem| hash(stem, seed)).min().unwrap_or_default();
        (0..MARKS).map(|mark| format!("{mark}:{:016x}{:016x}", least(2 * mark), least(2 * mark + 1))).collect()
    }
}

/// FNV-1a, mixed with the seed by SplitMix64.
fn hash(text: &str, seed: u64) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mut mixed = fnv ^ seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares_a_mark(one: &Gist, other: &Gist) -> bool {
        let marks = one.marks();
        other.marks().iter().any(|mark| marks.contains(mark))
    }

    #[test]
    fn what_asks_the_same_is_alike_in_whatever_form() {
        let one = Gist::of("Как подключить умную колонку?");
        for same in ["подключить умную колонку к приложению", "Здравствуйте! Подключаю умную колонку"]
        {
            let other = Gist::of(same);
            assert!(one.likeness(&other).is_some(), "{same}: {other:?}");
            assert!(shares_a_mark(&one, &other), "{same}: {other:?}");
        }
        for other in ["не работает домофон", "умную лампу как купить", ""] {
            assert_eq!(one.likeness(&Gist::of(other)), None, "{other}");
        }
        assert_eq!(Gist::of("ghbdtn? rfr cjplfnm rfylblfnf"), Gist::of("как создать кандидата"));
        assert!(Gist::of("Здравствуйте, подскажите пожалуйста").is_empty());
    }

    #[test]
    fn nearly_all_that_are_alike_share_a_mark_and_few_of_the_others_do() {
        let named = |from: usize, to: usize, case: usize| Gist {
            stems: (from..to).map(|stem| format!("{case}-{stem}")).collect(),
        };
        let cases = 2_000;
        let found = |likeness: (usize, usize)| {
            let pair = |case: usize| (named(0, likeness.0, case), named(likeness.1, likeness.0 + likeness.1, case));
            (0..cases)
                .filter(|case| {
                    let (one, other) = pair(*case);
                    shares_a_mark(&one, &other)
                })
                .count()
        };
        // 4 of 6 stems in common, 4 of 8, and 1 of 9.
        let (much, half, little) = (found((5, 1)), found((6, 2)), found((5, 4)));
        assert!(much > cases * 99 / 100, "{much} of {cases}");
        assert!(half > cases * 97 / 100, "{half} of {cases}");
        assert!(little < cases * 20 / 100, "{little} of {cases}");
    }

    #[test]
    fn marks_are_the_same_in_every_release() {
        assert_eq!(Gist::of("vpn").marks()[0], "0:02edbb41c361e496f8f51c59fad52136");
    }
}
