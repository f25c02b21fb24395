//! How unlikely a number is, where its mean is known, or nearly.
//!
//! **Invariant:** formulas with their sources; nothing of what is counted is known here.

/// From here on a further term changes nothing.
const NEGLIGIBLE: f64 = 1e-18;

/// So many times the mean and more leave nothing to chance below them.
const FAR: u8 = 100;

/// The chance of `count` or more, where the number is negative binomial with this mean and shape: a Poisson number
/// whose rate is itself only known as a gamma distribution of `shape` (M. Greenwood, G. U. Yule, 1920). The smaller
/// the shape, the less is known of the rate, and the more it takes to be surprised.
#[must_use]
pub fn at_least(count: u32, mean: f64, shape: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    if mean <= 0.0 || shape <= 0.0 {
        return 0.0;
    }
    let odds = mean / (shape + mean);
    // P(k) = P(k - 1) * odds * (shape + k - 1) / k, from P(0) = (shape / (shape + mean))^shape, in logarithms since
    // P(0) may be too small for a number while P(count) is not.
    let mut log = shape * (shape / (shape + mean)).ln();
    for k in 1..=count {
        log += (odds * (shape + f64::from(k) - 1.0) / f64::from(k)).ln();
    }
    let (mut term, mut sum, mut k) = (log.exp(), 0.0, f64::from(count));
    // Below the mean the tail is nearly all of it; there is nothing to sum up.
    if k < mean {
        return 1.0;
    }
    while term > NEGLIGIBLE.min(sum * 1e-9) && term > f64::MIN_POSITIVE {
        sum += term;
        k += 1.0;
        term *= odds * (shape + k - 1.0) / k;
    }
    sum.min(1.0)
}

/// The chance of `count` or fewer, of a number as in [`at_least`]. The smaller the shape, the more it takes to be surprised.
#[must_use]
pub fn at_most(count: u32, mean: f64, shape: f64) -> f64 {
    if mean <= 0.0 || shape <= 0.0 || f64::from(count) >= mean * f64::from(FAR) {
        return 1.0;
    }
    let odds = mean / (shape + mean);
    // Summed up from 0 in logarithms, since P(0) may be too small for a number while the sum is not.
    let mut log = shape * (shape / (shape + mean)).ln();
    let mut sum = log.exp();
    for k in 1..=count {
        log += (odds * (shape + f64::from(k) - 1.0) / f64::from(k)).ln();
        sum += log.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{at_least, at_most};

    #[test]
    fn the_tail_is_that_of_the_tables() {
        // A geometric distribution is the one of shape 1: P(X >= k) = (m / (1 + m))^k.
        assert!((at_least(5, 1.0, 1.0) - 0.031_25).abs() < 1e-9);
        // With a large shape it is Poisson: P(X >= 10 | 2) = 4.65e-5.
        assert!((at_least(10, 2.0, 1e7) / 4.649_8e-5 - 1.0).abs() < 1e-3);
        assert_eq!(at_least(0, 3.0, 1.0), 1.0);
        // P(X <= 2) of shape 1 and mean 1 is 1/2 + 1/4 + 1/8; of Poisson P(X <= 2 | 10) = 2.77e-3.
        assert!((at_most(2, 1.0, 1.0) - 0.875).abs() < 1e-9);
        assert!((at_most(2, 10.0, 1e7) / 2.769e-3 - 1.0).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn what_is_not_more_is_at_most_that(count in 0u32..300, mean in 0.001f64..100.0, shape in 0.1f64..50.0) {
            // Far below the mean the upper tail is taken for all of it.
            prop_assume!(f64::from(count + 1) >= mean);
            let both = at_most(count, mean, shape) + at_least(count + 1, mean, shape);
            prop_assert!((both - 1.0).abs() < 1e-6, "{both}");
        }

        #[test]
        fn more_is_never_likelier(count in 1u32..300, mean in 0.001f64..100.0, shape in 0.1f64..50.0) {
            let (one, more) = (at_least(count, mean, shape), at_least(count + 1, mean, shape));
            prop_assert!((0.0..=1.0).contains(&one) && more <= one + 1e-9);
        }
    }
}
