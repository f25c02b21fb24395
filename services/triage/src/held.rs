//! What a model says of requests that it has not learned from, and how much each of them counts.

use std::collections::BTreeMap;

use crate::calibration::Held;
use crate::chance::Chance;
use crate::judges::Judges;
use crate::linear::{Lesson, Training};
use crate::model::{Example, Recipe};
use crate::vector;
use crate::vocabulary::Placed;

/// Examples, ready to be learned from.
pub(crate) struct Material<'a> {
    pub(crate) examples: &'a [Example<'a>],
    pub(crate) placed: &'a [Placed],
    /// By the words of each example.
    pub(crate) lessons: Vec<Lesson<'a>>,
    /// By the vector of each, where it has one; empty where vectors are not learned.
    pub(crate) by_vector: Vec<Option<Lesson<'a>>>,
    pub(crate) features: usize,
    pub(crate) dimensions: usize,
    pub(crate) classes: usize,
}

impl Material<'_> {
    /// Every traffic example as a model sees it that has not learned from it.
    pub(crate) fn held_out(&self, recipe: &Recipe, training: &Training) -> Vec<Held> {
        if recipe.folds < 2 {
            return Vec::new();
        }
        let folds = folds(self.examples, &self.lessons, recipe);
        let mut held = Vec::new();
        for fold in 0..recipe.folds {
            let is_in = |at: &usize| folds.get(*at).copied().flatten() == Some(fold);
            let rest = || (0..self.examples.len()).filter(|at| !is_in(at));
            let lessons: Vec<Lesson<'_>> = rest().filter_map(|at| self.lessons.get(at).copied()).collect();
            let judges = Judges::train(&lessons, self.features, self.classes, training);
            let vectors: Vec<Lesson<'_>> = rest().filter_map(|at| self.vector_of(at)).collect();
            let of_vectors =
                (!vectors.is_empty()).then(|| vector::judge(&vectors, self.dimensions, self.classes, training));
            let mut met = vec![0_u32; self.features];
            for (number, _) in lessons.iter().flat_map(|lesson| lesson.point) {
                if let Some(met) = met.get_mut(*number as usize) {
                    *met += 1;
                }
            }
            let known = |number: u32| met.get(number as usize).is_some_and(|met| *met >= recipe.documents_min);
            let seen = self.placed.iter().zip(&self.lessons).enumerate();
            for (example, (placed, lesson)) in seen.filter(|(at, _)| is_in(at)) {
                let mut opinion = judges.opinion(&placed.among(known));
                opinion.by_vector = of_vectors.as_ref().zip(self.vector_of(example)).map(|(j, l)| j.scores(l.point));
                held.push(Held { opinion, class: lesson.class, example });
            }
        }
        held
    }

    fn vector_of(&self, example: usize) -> Option<Lesson<'_>> {
        self.by_vector.get(example).copied().flatten()
    }
}

/// In which fold each traffic example is; every class is spread evenly.
fn folds(examples: &[Example<'_>], lessons: &[Lesson<'_>], recipe: &Recipe) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..examples.len()).collect();
    Chance::new(recipe.seed).shuffle(&mut order);
    let mut next: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    let mut folds = vec![None; examples.len()];
    for at in order {
        let (Some(example), Some(lesson), Some(fold)) = (examples.get(at), lessons.get(at), folds.get_mut(at)) else {
            continue;
        };
        if example.is_traffic {
            let turn = next.entry(lesson.class).or_insert_with(|| lesson.class.map_or(0, |class| class % recipe.folds));
            *fold = Some(*turn % recipe.folds);
            *turn += 1;
        }
    }
    folds
}

/// How much more each class counts, so that `strength` of the difference in size is made up for.
pub(crate) fn balances(examples: &[Example<'_>], numbers: &BTreeMap<&str, usize>, strength: f32) -> Vec<f32> {
    let mut sizes = vec![0.0_f32; numbers.len()];
    for class in examples.iter().filter_map(|example| numbers.get(example.label?)) {
        if let Some(size) = sizes.get_mut(*class) {
            *size += 1.0;
        }
    }
    let mean = sizes.iter().sum::<f32>() / sizes.len() as f32;
    sizes.iter().map(|size| (mean / size).powf(strength)).collect()
}

/// What an out-of-scope example counts, so that all of them are at least `share` of the examples.
pub(crate) fn weight_outside(examples: &[Example<'_>], share: f32) -> f32 {
    let outside = examples.iter().filter(|example| example.label.is_none()).count() as f32;
    let inside = examples.len() as f32 - outside;
    let share = share.clamp(0.0, 0.9);
    (inside * share / (1.0 - share) / outside.max(1.0)).max(1.0)
}
