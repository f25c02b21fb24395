//! Figures of right and wrong.

use std::collections::BTreeMap;

/// The share of pairs that agree; 0 of nothing.
pub(crate) fn accuracy(pairs: &[(&str, &str)]) -> f32 {
    share(pairs.iter().filter(|(is, said)| is == said).count(), pairs.len())
}

/// The mean over labels of the harmonic mean of precision and recall. `pairs` are (what is, what was said); only labels
/// that occur among what is are counted.
pub(crate) fn macro_f1(pairs: &[(&str, &str)]) -> f32 {
    let mut counts: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for (is, said) in pairs {
        counts.entry(is).or_default().0 += 1;
        counts.entry(said).or_default().1 += 1;
        if is == said {
            counts.entry(is).or_default().2 += 1;
        }
    }
    let of_label = |(is, said, both): &(usize, usize, usize)| 2.0 * *both as f32 / (is + said) as f32;
    let figures: Vec<f32> = counts.values().filter(|(is, _, _)| *is > 0).map(of_label).collect();
    figures.iter().sum::<f32>() / figures.len().max(1) as f32
}

/// `part` of `whole`; 0 of nothing.
pub(crate) fn share(part: usize, whole: usize) -> f32 {
    part as f32 / whole.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::{accuracy, macro_f1};

    #[test]
    fn a_rare_label_counts_as_much_as_a_frequent_one() {
        let pairs = [("a", "a"), ("a", "a"), ("a", "a"), ("b", "a")];
        assert!((accuracy(&pairs) - 0.75).abs() < 1e-6);
        assert!((macro_f1(&pairs) - (6.0 / 7.0) / 2.0).abs() < 1e-6);
    }
}
