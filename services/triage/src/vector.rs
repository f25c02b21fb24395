//! The judge of vectors: what a sentence encoder made of a text, judged by a linear model of its own.
//!
//! The vectors of one encoder lie close around their mean, which tells nothing; what is judged is the way from there, made
//! of length 1 (the first step of Mu and Viswanath, "All-but-the-top", ICLR 2018).

use crate::calibration::Calibration;
use crate::linear::{Lesson, Linear, Training};
use crate::vocabulary::Point;

/// Longer vectors are none that sentence encoders make.
pub const DIMENSIONS_MAX: usize = 4_096;

/// What a mistake costs against large weights: more than for words, of which each text has its own, while all texts share
/// these few dimensions. Of 0.3, 1, 4, 8 and 16 this one sorted best what was held out of Banking77's training part, by the
/// vectors of a small public encoder.
const COST: f32 = 4.0;

/// By what vectors were made. Those of another encoder mean something else, even where they are as long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoder {
    /// As it names itself.
    pub name: String,
    /// How long its vectors are; from 1 to [`DIMENSIONS_MAX`].
    pub dimensions: usize,
}

impl Encoder {
    /// Whether `vector` can be one of its own; zeros are what others put where they have none.
    #[must_use]
    pub fn fits(&self, vector: &[f32]) -> bool {
        let is_some = vector.iter().any(|part| *part != 0.0);
        vector.len() == self.dimensions && is_some && vector.iter().all(|part| part.is_finite())
    }
}

/// Where the vectors of an encoder lie.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Space {
    pub(crate) encoder: Encoder,
    pub(crate) mean: Vec<f32>,
}

impl Space {
    /// The space around the mean of `vectors`, all of which fit.
    pub(crate) fn of<'a>(encoder: &Encoder, vectors: impl Iterator<Item = &'a [f32]>) -> Self {
        let (mut sums, mut count) = (vec![0.0_f64; encoder.dimensions], 0.0_f64);
        for vector in vectors {
            sums.iter_mut().zip(to_length_1(vector)).for_each(|(sum, part)| *sum += f64::from(part));
            count += 1.0;
        }
        Self { encoder: encoder.clone(), mean: sums.iter().map(|sum| (sum / count.max(1.0)) as f32).collect() }
    }

    /// Where `vector` lies; none where it is none of this encoder.
    pub(crate) fn place(&self, vector: &[f32]) -> Option<Point> {
        if !self.encoder.fits(vector) {
            return None;
        }
        let way: Vec<f32> = to_length_1(vector).zip(&self.mean).map(|(part, mean)| part - mean).collect();
        Some((0..).zip(to_length_1(&way)).collect())
    }
}

/// `vector` as long as 1; as it is where it has no direction.
fn to_length_1(vector: &[f32]) -> impl Iterator<Item = f32> {
    let length = vector.iter().map(|part| f64::from(*part).powi(2)).sum::<f64>().sqrt();
    let length = if length > 0.0 { length } else { 1.0 };
    vector.iter().map(move |part| (f64::from(*part) / length) as f32)
}

/// What was learned of vectors.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vectors {
    pub(crate) space: Space,
    pub(crate) judge: Linear,
    /// Of the judges of words and this one together.
    pub(crate) calibration: Calibration,
}

impl Vectors {
    /// How much memory it takes, bytes.
    pub(crate) fn size(&self) -> usize {
        size_of_val(self.space.mean.as_slice()) + self.judge.size() + size_of_val(self.calibration.outcomes())
    }
}

/// Learns `classes` classes from `lessons`, whose points are vectors of `dimensions`.
pub(crate) fn judge(lessons: &[Lesson<'_>], dimensions: usize, classes: usize, training: &Training) -> Linear {
    Linear::train(lessons, dimensions, classes, &Training { cost: COST, ..*training })
}
