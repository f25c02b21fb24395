//! How alike two requests are.

use std::collections::BTreeSet;

use rust_stemmers::{Algorithm, Stemmer};

/// From here on two requests of one client are likely about the same; in thousandths.
pub(crate) const DUPLICATE: u32 = 500;

/// More words of a text are not looked at.
const WORDS_MAX: usize = 1_000;

/// The share of words that two texts have in common, in thousandths: the Jaccard index of their sets of stems
/// (P. Jaccard, "Étude comparative de la distribution florale", 1901). Words of one or two letters do not count.
pub(crate) fn likeness(one: &str, other: &str) -> u32 {
    let (one, other) = (stems(one), stems(other));
    let all = one.union(&other).count();
    if all == 0 {
        return 0;
    }
    u32::try_from(one.intersection(&other).count() * 1_000 / all).unwrap_or(0)
}

fn stems(text: &str) -> BTreeSet<String> {
    let (russian, english) = (Stemmer::create(Algorithm::Russian), Stemmer::create(Algorithm::English));
    let text = text.to_lowercase().replace('ё', "е");
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2).take(WORDS_MAX);
    words.map(|word| if word.is_ascii() { english.stem(word) } else { russian.stem(word) }.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_endings_and_order_are_alike_and_another_trouble_is_not() {
        assert_eq!(likeness("Не работает интернет", "интернет не работает!"), 1_000);
        assert!(likeness("Пропал интернет в квартире", "В квартире снова пропал интернет") >= DUPLICATE);
        assert!(likeness("Пропал интернет в квартире", "Как сменить тариф и получить скидку") < DUPLICATE);
        assert_eq!((likeness("", ""), likeness("а", "я")), (0, 0));
    }
}
