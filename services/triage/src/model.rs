//! A model: learned from examples, asked for decisions.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::Request;
use crate::calibration::{Calibration, Threshold};
use crate::decision::{Decision, Ranked, Reason};
use crate::feature::{Reading, View};
use crate::held::{Material, balances, weight_outside};
use crate::judges::Judges;
use crate::linear::{Lesson, Training};
use crate::vector::{self, DIMENSIONS_MAX, Encoder, Space, Vectors};
use crate::vocabulary::{Placed, Point, Vocabulary};

/// More labels than this are not a list that somebody sorts by.
pub const LABELS_MAX: usize = 2_000;

/// Fewer examples than this teach nothing.
pub const EXAMPLES_MIN: usize = 10;

/// A few out-of-scope examples that stand for all count no more than this in learning; what they look like by chance would
/// be learned by heart.
const OUTSIDE_WEIGHT_MAX: f32 = 10.0;

/// Something to learn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example<'a> {
    /// What came in.
    pub request: Request<'a>,
    /// What it turned out to be; `None` is out of scope: none of the labels.
    pub label: Option<&'a str>,
    /// How much a mistake on it counts; 1 for a resolved ticket.
    pub weight: f32,
    /// Whether it is traffic. What is not, an article for example, teaches, but precision is not measured on it.
    pub is_traffic: bool,
}

impl<'a> Example<'a> {
    /// A resolved ticket with a text and no fields.
    pub fn of(text: &'a str, label: &'a str) -> Self {
        Self { request: Request::of(text), label: Some(label), weight: 1.0, is_traffic: true }
    }

    /// A request that is none of the labels.
    pub fn out_of_scope(text: &'a str) -> Self {
        Self { request: Request::of(text), label: None, weight: 1.0, is_traffic: true }
    }
}

/// How a model is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// In which views texts are looked at.
    pub views: Vec<View>,
    /// A feature in fewer examples than this is not learned.
    pub documents_min: u32,
    /// What a mistake costs against large weights.
    pub cost: f32,
    /// How much rare labels are made up for: 0 not at all, 1 fully.
    pub balance: f32,
    /// Passes over the examples, at most.
    pub passes: usize,
    /// Learning ends when no example pulls harder than this.
    pub tolerance: f32,
    /// Parts of the examples that are held out in turn to measure on; below 2 nothing is measured.
    pub folds: usize,
    /// The least share of the traffic that is none of the labels, in [0, 1): learning and measuring go as if so many of the
    /// out-of-scope examples had come. Without such examples it has no effect.
    pub out_of_scope_share: f32,
    /// What made the vectors of the examples; without it vectors are not learned.
    pub encoder: Option<Encoder>,
    /// Where chance begins.
    pub seed: u64,
}

impl Recipe {
    /// For the mood of messages: what the lexicon finds counts beside stems and characters, and mistakes cost less, since
    /// what people are angry about changes while the way they say it stays.
    pub fn mood() -> Self {
        let views = vec![View::Stems, View::InWord, View::Across, View::Mood];
        Self { views, cost: 0.1, balance: 0.5, ..Self::default() }
    }
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            views: vec![View::Words, View::Stems, View::InWord],
            documents_min: 2,
            cost: 0.5,
            balance: 0.0,
            passes: 40,
            tolerance: 1.0,
            folds: 4,
            out_of_scope_share: 0.1,
            encoder: None,
            seed: 1,
        }
    }
}

/// Why no model was made.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrainError {
    /// Too little to learn from.
    #[error("{0} examples teach nothing; at least {EXAMPLES_MIN} are needed")]
    TooFewExamples(usize),
    /// There is nothing to tell apart.
    #[error("{0} labels are not a choice; from 2 to {LABELS_MAX} can be learned")]
    Labels(usize),
    /// A weight that cannot be.
    #[error("an example weighs {0}; a weight is a number above 0")]
    Weight(String),
    /// A vector that the encoder cannot have made, or an encoder that makes none.
    #[error("a vector of {0} numbers, or with one that is none; {1} from 1 to {DIMENSIONS_MAX} are learned")]
    Vector(usize, usize),
}

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    labels: Vec<String>,
    vocabulary: Vocabulary,
    judges: Judges,
    calibration: Calibration,
    vectors: Option<Vectors>,
}

impl Model {
    /// Learns from `examples`. The same examples and recipe make the same model.
    ///
    /// # Errors
    /// [`TrainError`] where there is nothing to learn.
    pub fn train(examples: &[Example<'_>], recipe: &Recipe) -> Result<Self, TrainError> {
        if examples.len() < EXAMPLES_MIN {
            return Err(TrainError::TooFewExamples(examples.len()));
        }
        if let Some(example) = examples.iter().find(|example| !(example.weight > 0.0 && example.weight.is_finite())) {
            return Err(TrainError::Weight(example.weight.to_string()));
        }
        let labels: BTreeSet<&str> = examples.iter().filter_map(|example| example.label).collect();
        if labels.len() < 2 || labels.len() > LABELS_MAX {
            return Err(TrainError::Labels(labels.len()));
        }
        let numbers: BTreeMap<&str, usize> = labels.iter().copied().zip(0..).collect();
        let vocabulary =
            Vocabulary::of(examples.iter().map(|example| &example.request), &recipe.views, recipe.documents_min);
        let placed: Vec<Placed> =
            examples.iter().map(|example| vocabulary.place(&Reading::of(&example.request))).collect();
        let balance = balances(examples, &numbers, recipe.balance);
        let outside = weight_outside(examples, recipe.out_of_scope_share).min(OUTSIDE_WEIGHT_MAX);
        let space = space_of(examples, recipe)?;
        let points: Vec<Option<Point>> = match &space {
            Some(space) => examples.iter().map(|example| space.place(example.request.vector?)).collect(),
            None => Vec::new(),
        };
        let lessons: Vec<Lesson<'_>> = examples
            .iter()
            .zip(&placed)
            .map(|(example, placed)| {
                let class = example.label.and_then(|label| numbers.get(label)).copied();
                let balance = class.and_then(|class| balance.get(class)).copied().unwrap_or(outside);
                Lesson { point: &placed.point, class, weight: example.weight * balance }
            })
            .collect();
        let by_vector = lessons.iter().zip(&points);
        let by_vector: Vec<Option<Lesson<'_>>> =
            by_vector.map(|(lesson, point)| point.as_ref().map(|point| Lesson { point, ..*lesson })).collect();
        let training =
            Training { cost: recipe.cost, passes: recipe.passes, tolerance: recipe.tolerance, seed: recipe.seed };
        let (features, classes) = (vocabulary.len(), labels.len());
        let dimensions = space.as_ref().map_or(0, |space| space.mean.len());
        let material = Material { examples, placed: &placed, lessons, by_vector, features, dimensions, classes };
        let held = material.held_out(recipe, &training);
        let judges = Judges::train(&material.lessons, features, classes, &training);
        let mut nothing = judges.opinion(&Placed::default());
        let calibration = Calibration::fit(&held, &nothing, recipe.out_of_scope_share, false);
        let vectors = space.map(|space| {
            let lessons: Vec<Lesson<'_>> = material.by_vector.iter().copied().flatten().collect();
            let judge = vector::judge(&lessons, dimensions, classes, &training);
            nothing.by_vector = Some(judge.scores(&Point::new()));
            let calibration = Calibration::fit(&held, &nothing, recipe.out_of_scope_share, true);
            Vectors { space, judge, calibration }
        });
        let labels = labels.into_iter().map(str::to_owned).collect();
        Ok(Self { labels, vocabulary, judges, calibration, vectors })
    }

    /// Ranks the labels for `request`. A vector that [`Model::encoder`] cannot have made is no vector.
    pub fn decide(&self, request: &Request<'_>) -> Decision<'_> {
        let placed = self.vocabulary.place(&Reading::of(request));
        let mut opinion = self.judges.opinion(&placed);
        let mut calibration = &self.calibration;
        if let (Some(vectors), Some(vector)) = (&self.vectors, request.vector)
            && let Some(point) = vectors.space.place(vector)
        {
            opinion.by_vector = Some(vectors.judge.scores(&point));
            calibration = &vectors.calibration;
        }
        let probabilities = calibration.probabilities(&opinion);
        let mut ranked: Vec<Ranked<'_>> =
            self.labels.iter().zip(probabilities).map(|(label, probability)| Ranked { label, probability }).collect();
        ranked.sort_by(|one, other| other.probability.total_cmp(&one.probability));
        Decision { ranked, known: placed.known, by_vector: opinion.by_vector.is_some() }
    }

    /// The pieces of the text that spoke for `label` and against it, the strongest first; empty for an unknown label.
    pub fn explain(&self, request: &Request<'_>, label: &str) -> Vec<Reason> {
        let Some(class) = self.labels.iter().position(|known| known == label) else { return Vec::new() };
        let reading = Reading::of(request);
        let values: BTreeMap<u32, f32> = self.vocabulary.place(&reading).point.into_iter().collect();
        let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
        let mut places: Vec<(u32, std::ops::Range<usize>)> = Vec::new();
        for view in self.vocabulary.views() {
            reading.features(*view, &mut |found| {
                if let Some(number) = self.vocabulary.number(found.hash) {
                    *counts.entry(number).or_default() += 1.0;
                    places.push((number, found.span));
                }
            });
        }
        let mut by_span: BTreeMap<(usize, usize), f32> = BTreeMap::new();
        for (number, span) in places {
            let (weights, scale) = self.judges.linear.weights.row(number);
            let mean = weights.iter().map(|weight| f32::from(*weight)).sum::<f32>() / weights.len().max(1) as f32;
            let value = values.get(&number).copied().unwrap_or_default() / counts.get(&number).copied().unwrap_or(1.0);
            let weight = weights.get(class).map_or(0.0, |weight| f32::from(*weight)) - mean;
            *by_span.entry((span.start, span.end)).or_default() += weight * scale * value;
        }
        let mut reasons: Vec<Reason> =
            by_span.into_iter().map(|((start, end), weight)| Reason { span: start..end, weight }).collect();
        reasons.sort_by(|one, other| other.weight.abs().total_cmp(&one.weight.abs()));
        reasons
    }

    /// From which confidence on answers without a vector are as precise as wanted; `None` where the data do not show it.
    pub fn threshold(&self, precision: f32) -> Option<Threshold> {
        self.calibration.threshold(precision)
    }

    /// How the opinions on words alone are read, and what that was measured on.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The same for requests with a vector; none where no vectors were learned.
    pub fn by_vector(&self) -> Option<&Calibration> {
        self.vectors.as_ref().map(|vectors| &vectors.calibration)
    }

    /// What must make the vectors of requests; none where no vectors were learned.
    pub fn encoder(&self) -> Option<&Encoder> {
        self.vectors.as_ref().map(|vectors| &vectors.space.encoder)
    }

    /// All that was learned.
    pub(crate) fn parts(&self) -> (&[String], &Vocabulary, &Judges, &Calibration, Option<&Vectors>) {
        (&self.labels, &self.vocabulary, &self.judges, &self.calibration, self.vectors.as_ref())
    }

    /// What [`Model::parts`] took apart.
    pub(crate) fn from_parts(
        labels: Vec<String>,
        vocabulary: Vocabulary,
        judges: Judges,
        calibration: Calibration,
        vectors: Option<Vectors>,
    ) -> Self {
        Self { labels, vocabulary, judges, calibration, vectors }
    }

    /// How much memory it takes, bytes.
    pub fn size(&self) -> usize {
        let vectors = self.vectors.as_ref().map_or(0, Vectors::size);
        self.vocabulary.size() + self.judges.size() + size_of_val(self.calibration.outcomes()) + vectors
    }

    /// The labels, in the order of their names.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }
}

/// Where the vectors of the examples lie; none where there are too few to learn from.
fn space_of(examples: &[Example<'_>], recipe: &Recipe) -> Result<Option<Space>, TrainError> {
    let Some(encoder) = &recipe.encoder else { return Ok(None) };
    let with = || examples.iter().filter(|example| example.request.vector.is_some());
    let vectors = || with().filter_map(|example| example.request.vector);
    let stray = vectors().find(|vector| !encoder.fits(vector)).map(<[f32]>::len);
    if stray.is_some() || !(1..=DIMENSIONS_MAX).contains(&encoder.dimensions) {
        return Err(TrainError::Vector(stray.unwrap_or_default(), encoder.dimensions));
    }
    let labels: BTreeSet<&str> = with().filter_map(|example| example.label).collect();
    let are_enough = with().count() >= EXAMPLES_MIN && labels.len() >= 2;
    Ok(are_enough.then(|| Space::of(encoder, vectors())))
}
