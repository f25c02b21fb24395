//! Which features a model knows, and how much each tells: the space its texts live in.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::Request;
use crate::feature::{Reading, View};

/// A text as a point: `(feature, value)` in the order of features, each view of length 1.
pub(crate) type Point = Vec<(u32, f32)>;

/// The features of a model and their weights by rarity (smoothed inverse document frequency).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vocabulary {
    views: Vec<View>,
    /// By hash; the value is the feature's number.
    known: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    rarity: Vec<f32>,
}

/// A text in a vocabulary.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Placed {
    /// The point.
    pub(crate) point: Point,
    /// The share of the text's distinct features that the vocabulary knows, in [0, 1].
    pub(crate) known: f32,
    /// Words in the text.
    pub(crate) words: usize,
    /// The single words by their stems, where the vocabulary knows them.
    singles: Vec<Option<u32>>,
    /// Where in the point each view ends.
    ends: Vec<usize>,
}

impl Placed {
    /// The same text in a vocabulary that has only the features that `is_met`.
    pub(crate) fn among(&self, is_met: impl Fn(u32) -> bool) -> Self {
        let mut point = Point::new();
        let mut ends = Vec::new();
        let mut begin = 0;
        for end in &self.ends {
            let from = point.len();
            point.extend(self.point.get(begin..*end).unwrap_or_default().iter().filter(|(number, _)| is_met(*number)));
            to_length_1(point.get_mut(from..).unwrap_or_default());
            ends.push(point.len());
            begin = *end;
        }
        let share = point.len() as f32 / self.point.len().max(1) as f32;
        let singles = self.singles.iter().map(|single| single.filter(|number| is_met(*number))).collect();
        Self { point, known: self.known * share, words: self.words, singles, ends }
    }

    /// The share of single words that the vocabulary knows, in [0, 1].
    pub(crate) fn known_words(&self) -> f32 {
        self.singles.iter().flatten().count() as f32 / self.singles.len().max(1) as f32
    }
}

fn to_length_1(part: &mut [(u32, f32)]) {
    let length = part.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        part.iter_mut().for_each(|(_, value)| *value /= length);
    }
}

impl Vocabulary {
    /// Counts the features of `requests`; one in fewer than `documents_min` of them is not taken up.
    pub(crate) fn of<'a>(requests: impl Iterator<Item = &'a Request<'a>>, views: &[View], documents_min: u32) -> Self {
        // Feature -> documents it is in, and the last of them, so that a repeat within one does not count.
        let mut counts: HashMap<u64, (u32, u32), BuildHasherDefault<AsItIs>> = HashMap::default();
        let mut order = Vec::new();
        let mut documents = 0;
        for request in requests {
            documents += 1;
            let reading = Reading::of(request);
            for view in views {
                reading.features(*view, &mut |found| {
                    let (count, last) = counts.entry(found.hash).or_insert_with(|| {
                        order.push(found.hash);
                        (0, 0)
                    });
                    if *last != documents {
                        *count += 1;
                        *last = documents;
                    }
                });
            }
        }
        let mut known = HashMap::default();
        let mut rarity = Vec::new();
        for hash in order {
            let count = counts.get(&hash).map_or(0, |(count, _)| *count);
            if count >= documents_min {
                known.insert(hash, rarity.len() as u32);
                rarity.push(((1.0 + documents as f32) / (1.0 + count as f32)).ln() + 1.0);
            }
        }
        Self { views: views.to_vec(), known, rarity }
    }

    /// How many features there are.
    pub(crate) fn len(&self) -> usize {
        self.rarity.len()
    }

    /// The views it looks in.
    pub(crate) fn views(&self) -> &[View] {
        &self.views
    }

    /// The number of a feature, if it is known.
    pub(crate) fn number(&self, hash: u64) -> Option<u32> {
        self.known.get(&hash).copied()
    }

    /// Where `reading` lies: 1 + ln(count), times rarity, each view of length 1.
    pub(crate) fn place(&self, reading: &Reading<'_>) -> Placed {
        let mut point = Point::new();
        let mut numbers = Vec::new();
        let mut unknown = 0_usize;
        let mut distinct = 0_usize;
        let mut ends = Vec::new();
        for view in &self.views {
            numbers.clear();
            reading.features(*view, &mut |found| match self.number(found.hash) {
                Some(number) => numbers.push(number),
                None => unknown += 1,
            });
            numbers.sort_unstable();
            let begin = point.len();
            for same in numbers.chunk_by(|one, other| one == other) {
                let (Some(number), count) = (same.first(), same.len() as f32) else { continue };
                let rarity = self.rarity.get(*number as usize).copied().unwrap_or_default();
                point.push((*number, (1.0 + count.ln()) * rarity));
            }
            let of_view = point.get_mut(begin..).unwrap_or_default();
            distinct += of_view.len();
            to_length_1(of_view);
            ends.push(point.len());
        }
        let known = if distinct == 0 { 0.0 } else { distinct as f32 / (distinct + unknown) as f32 };
        let singles = reading.single_words().map(|hash| self.number(hash)).collect();
        Placed { point, known, words: reading.words(), singles, ends }
    }

    /// How much memory it takes, bytes: a hash, a number and a rarity for each feature.
    pub(crate) fn size(&self) -> usize {
        self.known.capacity() * size_of::<(u64, u32)>() + size_of_val(self.rarity.as_slice())
    }

    /// The hashes in the order of their numbers, and the rarities.
    pub(crate) fn parts(&self) -> (Vec<u64>, &[f32]) {
        let mut hashes = vec![0; self.rarity.len()];
        for (hash, number) in &self.known {
            if let Some(place) = hashes.get_mut(*number as usize) {
                *place = *hash;
            }
        }
        (hashes, &self.rarity)
    }

    /// What [`Vocabulary::parts`] took apart.
    pub(crate) fn from_parts(views: Vec<View>, hashes: Vec<u64>, rarity: Vec<f32>) -> Self {
        let known = hashes.into_iter().zip(0..).collect();
        Self { views, known, rarity }
    }
}

/// Features are hashes already, and no stranger chooses them into a map that lives.
#[derive(Debug, Default, Clone)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
