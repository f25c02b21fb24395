//! A model as bytes: written whole, read with suspicion.
//!
//! The layout is a magic word with its version, then the parts in order, each sequence behind its length; numbers are
//! little-endian. At the end stands the FNV-1a hash of all before it, which is also the model's [`Model::version`].

use thiserror::Error;

use crate::calibration::{ByVector, Calibration, Outcome};
use crate::feature::View;
use crate::judges::Judges;
use crate::linear::Linear;
use crate::logistic::{Logistic, SIGNS, SIGNS_OF_WORDS};
use crate::model::{LABELS_MAX, Model};
use crate::network::Network;
use crate::table::Table;
use crate::vector::{DIMENSIONS_MAX, Encoder, Space, Vectors};
use crate::vocabulary::Vocabulary;

/// What every stored model begins with; the last digit counts layouts: without vectors, and with them.
const MAGIC: &[u8; 8] = b"TRIAGE01";
const MAGIC_WITH_VECTORS: &[u8; 8] = b"TRIAGE02";

/// Larger models are none of ours, bytes.
pub const STORED_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Why bytes are no model.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// They do not begin as a model does.
    #[error("these bytes are not a model of this release; train it again")]
    NotAModel,
    /// They are larger than any model.
    #[error("a stored model has at most {STORED_BYTES_MAX} bytes")]
    TooLarge,
    /// They end early, or a bit has changed.
    #[error("the stored model is damaged; restore it or train it again")]
    Damaged,
    /// The parts do not fit each other.
    #[error("the stored model contradicts itself in its {0}; train it again")]
    Contradiction(&'static str),
}

impl Model {
    /// The model as bytes, for [`Model::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Vec::new();
        self.write(&mut to);
        let hash = fnv(&to);
        to.extend(hash.to_le_bytes());
        to
    }

    /// What tells this model from any other: a hash of all that it learned.
    pub fn version(&self) -> u64 {
        let mut to = Vec::new();
        self.write(&mut to);
        fnv(&to)
    }

    fn write(&self, to: &mut Vec<u8>) {
        let (labels, vocabulary, judges, calibration, vectors) = self.parts();
        to.extend(if vectors.is_some() { MAGIC_WITH_VECTORS } else { MAGIC });
        length(to, labels.len());
        for label in labels {
            bytes(to, label.as_bytes());
        }
        let (hashes, rarity) = vocabulary.parts();
        bytes(to, &vocabulary.views().iter().map(|view| view.number()).collect::<Vec<u8>>());
        length(to, hashes.len());
        hashes.iter().for_each(|hash| to.extend(hash.to_le_bytes()));
        floats(to, rarity);
        table(to, &judges.linear.weights);
        floats(to, &judges.linear.bias);
        table(to, &judges.network.inner);
        floats(to, &judges.network.inner_bias);
        floats(to, &judges.network.outer);
        floats(to, &judges.network.outer_bias);
        write_calibration(to, calibration);
        if let Some(Vectors { space, judge, calibration }) = vectors {
            bytes(to, space.encoder.name.as_bytes());
            floats(to, &space.mean);
            table(to, &judge.weights);
            floats(to, &judge.bias);
            write_calibration(to, calibration);
        }
    }

    /// Reads what [`Model::to_bytes`] wrote. Takes no more memory than a few times the bytes, whatever they say.
    ///
    /// # Errors
    /// [`ReadError`] where the bytes are no whole model.
    pub fn from_bytes(stored: &[u8]) -> Result<Self, ReadError> {
        if stored.len() > STORED_BYTES_MAX {
            return Err(ReadError::TooLarge);
        }
        let (body, hash) = stored.split_last_chunk::<8>().ok_or(ReadError::Damaged)?;
        let with_vectors = body.strip_prefix(MAGIC_WITH_VECTORS);
        let rest = with_vectors.or_else(|| body.strip_prefix(MAGIC)).ok_or(ReadError::NotAModel)?;
        if fnv(body) != u64::from_le_bytes(*hash) {
            return Err(ReadError::Damaged);
        }
        let mut from = Source(rest);
        let labels: Vec<String> = from.many(4, |from| {
            String::from_utf8(from.bytes()?.to_vec()).map_err(|_| ReadError::Contradiction("labels"))
        })?;
        let view = |number: &u8| View::ALL.into_iter().find(|view| view.number() == *number);
        let views: Option<Vec<View>> = from.bytes()?.iter().map(view).collect();
        let views = views.ok_or(ReadError::Contradiction("views"))?;
        let hashes = from.many(8, |from| from.array().map(u64::from_le_bytes))?;
        let rarity = from.floats()?;
        let linear = Linear { weights: from.table()?, bias: from.floats()? };
        let network = Network {
            inner: from.table()?,
            inner_bias: from.floats()?,
            outer: from.floats()?,
            outer_bias: from.floats()?,
        };
        let calibration = from.calibration(false)?;
        let vectors = with_vectors.map(|_| from.vectors()).transpose()?;
        let features = hashes.len();
        let classes = labels.len();
        let fit = [
            (from.0.is_empty(), "end"),
            ((2..=LABELS_MAX).contains(&classes), "labels"),
            (rarity.len() == features, "vocabulary"),
            (linear.bias.len() == classes && linear.weights.parts().0 == classes, "linear model"),
            (linear.weights.parts().2.len() == features, "linear model"),
            (network.fits(classes) && network.inner.parts().2.len() == features, "network"),
            (vectors.as_ref().is_none_or(|vectors| vectors_fit(vectors, classes)), "vectors"),
        ];
        if let Some((_, part)) = fit.into_iter().find(|(fits, _)| !fits) {
            return Err(ReadError::Contradiction(part));
        }
        let vocabulary = Vocabulary::from_parts(views, hashes, rarity);
        Ok(Self::from_parts(labels, vocabulary, Judges { linear, network }, calibration, vectors))
    }
}

fn vectors_fit(vectors: &Vectors, classes: usize) -> bool {
    let Vectors { space, judge, calibration: _ } = vectors;
    (1..=DIMENSIONS_MAX).contains(&space.encoder.dimensions)
        && judge.bias.len() == classes
        && judge.weights.parts().0 == classes
        && judge.weights.parts().2.len() == space.encoder.dimensions
}

/// FNV-1a in 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn length(to: &mut Vec<u8>, length: usize) {
    to.extend((length as u32).to_le_bytes());
}

fn bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    length(to, bytes.len());
    to.extend(bytes);
}

fn floats(to: &mut Vec<u8>, values: &[f32]) {
    length(to, values.len());
    values.iter().for_each(|value| to.extend(value.to_le_bytes()));
}

fn table(to: &mut Vec<u8>, table: &Table) {
    let (width, cells, scales) = table.parts();
    length(to, width);
    length(to, cells.len());
    to.extend(cells.iter().map(|cell| cell.to_le_bytes()[0]));
    floats(to, scales);
}

fn write_calibration(to: &mut Vec<u8>, calibration: &Calibration) {
    let Calibration { margins_by, scores_by, network, vectors, confidence, outcomes } = calibration;
    [margins_by, scores_by, network].iter().for_each(|value| to.extend(value.to_le_bytes()));
    // Without vectors their signs are always 0.
    let signs = if vectors.is_some() { SIGNS } else { SIGNS_OF_WORDS };
    confidence.0.iter().take(signs).for_each(|weight| to.extend(weight.to_le_bytes()));
    if let Some(ByVector { by, share }) = vectors {
        [by, share].iter().for_each(|value| to.extend(value.to_le_bytes()));
    }
    length(to, outcomes.len());
    for outcome in outcomes {
        to.extend(outcome.confidence.to_le_bytes());
        to.push(u8::from(outcome.right));
        to.extend(outcome.weight.to_le_bytes());
        length(to, outcome.example);
    }
}

/// Bytes not yet read.
struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ReadError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ReadError::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        self.take(N)?.try_into().map_err(|_| ReadError::Damaged)
    }

    fn length(&mut self) -> Result<usize, ReadError> {
        self.array().map(|bytes| u32::from_le_bytes(bytes) as usize)
    }

    fn bytes(&mut self) -> Result<&'a [u8], ReadError> {
        let length = self.length()?;
        self.take(length)
    }

    fn float(&mut self) -> Result<f32, ReadError> {
        let value = f32::from_le_bytes(self.array()?);
        finite(f64::from(value)).map(|_| value)
    }

    fn floats(&mut self) -> Result<Vec<f32>, ReadError> {
        self.many(4, Self::float)
    }

    /// As many as the length before them says; each has at least `bytes_min` bytes, so that no length is believed blindly.
    fn many<T>(
        &mut self,
        bytes_min: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let length = self.length()?;
        if length.saturating_mul(bytes_min) > self.0.len() {
            return Err(ReadError::Damaged);
        }
        (0..length).map(|_| read(self)).collect()
    }

    fn calibration(&mut self, by_vector: bool) -> Result<Calibration, ReadError> {
        let (margins_by, scores_by, network) = (self.float()?, self.float()?, self.float()?);
        let mut confidence = [0.0; SIGNS];
        for weight in confidence.iter_mut().take(if by_vector { SIGNS } else { SIGNS_OF_WORDS }) {
            *weight = self.array().map(f64::from_le_bytes).and_then(finite)?;
        }
        let mut vectors = None;
        if by_vector {
            vectors = Some(ByVector { by: self.float()?, share: self.float()? });
        }
        let outcomes = self.many(13, |from| {
            let confidence = from.float()?;
            let right = from.array::<1>()? == [1];
            Ok(Outcome { confidence, right, weight: from.float()?, example: from.length()? })
        })?;
        let is_share = |share: f32| (0.0..=1.0).contains(&share);
        let fits = margins_by > 0.0
            && scores_by > 0.0
            && is_share(network)
            && vectors.is_none_or(|ByVector { by, share }| by > 0.0 && is_share(share));
        if !fits {
            return Err(ReadError::Contradiction("calibration"));
        }
        Ok(Calibration { margins_by, scores_by, network, vectors, confidence: Logistic(confidence), outcomes })
    }

    fn vectors(&mut self) -> Result<Vectors, ReadError> {
        let name = String::from_utf8(self.bytes()?.to_vec()).map_err(|_| ReadError::Contradiction("encoder"))?;
        let mean = self.floats()?;
        let encoder = Encoder { name, dimensions: mean.len() };
        let judge = Linear { weights: self.table()?, bias: self.floats()? };
        Ok(Vectors { space: Space { encoder, mean }, judge, calibration: self.calibration(true)? })
    }

    fn table(&mut self) -> Result<Table, ReadError> {
        let width = self.length()?;
        let cells = self.bytes()?.iter().map(|byte| i8::from_le_bytes([*byte])).collect();
        Table::from_parts(width, cells, self.floats()?).ok_or(ReadError::Contradiction("weights"))
    }
}

fn finite(value: f64) -> Result<f64, ReadError> {
    if value.is_finite() { Ok(value) } else { Err(ReadError::Contradiction("numbers")) }
}
