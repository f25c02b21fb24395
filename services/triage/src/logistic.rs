//! A small logistic regression, by Newton's method: what turns a few signs into one probability.

/// Signs that a probability is made from; the last two are of vectors, and 0 where there are none.
pub(crate) const SIGNS: usize = SIGNS_OF_WORDS + 2;

/// Those that words give.
pub(crate) const SIGNS_OF_WORDS: usize = 9;

/// Steps of Newton's method; it doubles the right digits in each, so that more change nothing.
const STEPS: usize = 25;

/// Keeps the weights finite where the signs tell right from wrong without a mistake.
const RIDGE: f64 = 1e-3;

/// Weights of the signs; the probability is 1 / (1 + exp(-sum)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Logistic(pub(crate) [f64; SIGNS]);

impl Logistic {
    /// Learns from signs, whether it was right, and how much that counts.
    pub(crate) fn fit(cases: &[([f64; SIGNS], bool, f64)]) -> Self {
        let mut weights = [0.0; SIGNS];
        for _ in 0..STEPS {
            let mut gradient = weights.map(|weight| -RIDGE * weight);
            let mut curvature = [[0.0; SIGNS]; SIGNS];
            for (row, line) in curvature.iter_mut().enumerate() {
                line[row] = RIDGE;
            }
            for (signs, right, count) in cases {
                let probability = Self(weights).probability(signs);
                let error = (f64::from(u8::from(*right)) - probability) * count;
                let spread = (probability * (1.0 - probability)).max(1e-9) * count;
                for (row, one) in signs.iter().enumerate() {
                    gradient[row] += error * one;
                    for (column, other) in signs.iter().enumerate() {
                        curvature[row][column] += spread * one * other;
                    }
                }
            }
            let Some(step) = solved(curvature, gradient) else { break };
            let longest = step.iter().fold(0.0_f64, |longest, part| longest.max(part.abs()));
            // A step too long leaves the region where the parabola resembles the curve.
            let shortened = if longest > 4.0 { 4.0 / longest } else { 1.0 };
            for (weight, part) in weights.iter_mut().zip(step) {
                *weight += part * shortened;
            }
            if longest < 1e-9 {
                break;
            }
        }
        Self(weights)
    }

    /// What the signs say.
    pub(crate) fn probability(&self, signs: &[f64; SIGNS]) -> f64 {
        let sum: f64 = self.0.iter().zip(signs).map(|(weight, sign)| weight * sign).sum();
        1.0 / (1.0 + (-sum).exp())
    }
}

/// The `x` of `matrix · x = right`, by elimination; none where the matrix has no inverse.
fn solved(mut matrix: [[f64; SIGNS]; SIGNS], mut right: [f64; SIGNS]) -> Option<[f64; SIGNS]> {
    for column in 0..SIGNS {
        let pivot = (column..SIGNS).max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))?;
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let leading = matrix[column];
        if leading[column].abs() < 1e-12 {
            return None;
        }
        for row in column + 1..SIGNS {
            let factor = matrix[row][column] / leading[column];
            for (cell, above) in matrix[row].iter_mut().zip(leading) {
                *cell -= factor * above;
            }
            right[row] -= factor * right[column];
        }
    }
    let mut found = [0.0; SIGNS];
    for row in (0..SIGNS).rev() {
        let known: f64 = (row + 1..SIGNS).map(|column| matrix[row][column] * found[column]).sum();
        found[row] = (right[row] - known) / matrix[row][row];
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::{Logistic, SIGNS};

    #[test]
    fn a_sign_that_is_right_three_times_in_four_means_three_quarters() {
        let mut signs = [0.0; SIGNS];
        signs[0] = 1.0;
        let cases = [(signs, true, 3.0), (signs, false, 1.0)].repeat(1000);
        assert!((Logistic::fit(&cases).probability(&signs) - 0.75).abs() < 1e-3);
    }

    #[test]
    fn what_divides_right_from_wrong_without_a_mistake_stays_finite() {
        let case = |sign: f64| {
            let mut signs = [0.0; SIGNS];
            (signs[0], signs[1]) = (1.0, sign);
            (signs, sign > 0.0, 1.0)
        };
        let fitted = Logistic::fit(&[case(1.0), case(-1.0), case(2.0), case(-2.0)]);
        assert!(fitted.0.iter().all(|weight| weight.is_finite()));
        assert!(fitted.probability(&case(1.0).0) > 0.9);
    }
}
