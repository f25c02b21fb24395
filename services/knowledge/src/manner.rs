//! How something is asked: the small words that say nothing of the matter (`что такое`, `можно ли`, `сколько`), by which two
//! articles about one thing differ.

use crate::{
    article::Viewer, statistics::Statistics, stop_words::is_stop_word, term::Term, vocabulary::distinct, words::folded,
};

/// So many words of a text are looked at, the first ones.
const WORDS_MAX: usize = 64;

/// Words that ask, and are searched for as well.
const ASKING: [&str; 5] = ["сколько", "зачем", "куда", "откуда", "many"];

/// The distinct small words of `text`, and the neighbours among them.
pub(crate) fn manner_of(text: &str) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let mut before: Option<String> = None;
    let mut word = String::new();
    let mut left = WORDS_MAX;
    for character in folded(text).chain([' ']) {
        if character.is_alphanumeric() {
            word.push(character);
            continue;
        }
        if word.is_empty() {
            continue;
        }
        let ended = std::mem::take(&mut word);
        let is_small = is_stop_word(&ended) || ASKING.contains(&ended.as_str());
        if is_small {
            terms.push(Term::of(&ended));
            terms.extend(before.map(|before| Term::of(&format!("{before} {ended}"))));
        }
        before = is_small.then_some(ended);
        left -= 1;
        if left == 0 {
            break;
        }
    }
    distinct(&terms)
}

/// How alike two manners are: the cosine of their terms, each weighed by how rare it is among the articles.
pub(crate) fn likeness(one: &[Term], other: &[Term], among: &Statistics, viewer: Viewer) -> f32 {
    let rarity = |term: &Term| among.rarity_of(*term, viewer);
    let sum = |terms: &[Term]| terms.iter().map(rarity).sum::<f32>();
    let both: f32 = one.iter().filter(|term| other.contains(term)).map(rarity).sum();
    // Each term weighs the root of its rarity in either.
    both / (sum(one) * sum(other)).sqrt().max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_words_of_a_question_tell_how_it_is_asked() {
        let (what, whether) = (manner_of("Что такое трансляция?"), manner_of("Можно ли вести трансляции?"));
        assert_eq!(what.len(), 1, "`что`; `такое` is searched for");
        assert_eq!(whether.len(), 3, "`можно`, `ли`, and both together");
        assert!(manner_of("трансляция").is_empty());
        assert_eq!(manner_of("А можно ли"), manner_of("а МОЖНО, ли?"), "folded as words are");
        assert!(manner_of(&"можно ли ".repeat(100_000)).len() < WORDS_MAX);
        let mut among = Statistics::default();
        for manner in [&what, &whether] {
            among.add(crate::Audience::Client, manner, crate::statistics::Lengths::default());
        }
        let like = |one: &[Term], other: &[Term]| likeness(one, other, &among, Viewer::Client);
        assert!((like(&whether, &whether) - 1.0).abs() < 1e-5);
        assert!(like(&whether, &manner_of("можно")) > 0.3);
        assert!(like(&whether, &what) == 0.0 && like(&[], &what) == 0.0);
    }
}
