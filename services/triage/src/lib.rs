//! Sorts requests by what they say: any question with a closed list of answers (category, zone, kind, impact, urgency),
//! learned from the organization's own resolved tickets; and hears the mood.
//!
//! [`Model::train`] learns from [`Example`]s, those out of scope among them; [`Model::decide`] ranks the labels, each with a
//! probability that means what it says; [`Model::threshold`] tells from which confidence on an answer is as precise as the
//! plan wants it, or that the data do not say; [`Model::explain`] names the words that spoke for a label;
//! [`Model::to_bytes`] and [`Model::from_bytes`] keep it. A request may bring what a sentence [`Encoder`] made of its text, and
//! is judged as well without it. [`Memory`] learns from ticket to ticket between two trainings.
//! [`mood_of`] hears the mood by a lexicon and shows the words; a model made by [`Recipe::mood`] learns it from messages.
//!
//! **How it works.** A text becomes counts of words, stems in pairs and characters (`feature.rs`), weighed by rarity
//! (`vocabulary.rs`). A linear model (`block.rs`, `linear.rs`) and a small network (`network.rs`) judge it; their shares are
//! mixed, and the confidence in the best label is fitted on requests that were held out (`calibration.rs`). Where vectors came
//! along, one more linear model judges them (`vector.rs`); shares and confidence are fitted with it and without it.
//!
//! **Invariant:** this crate does no I/O, knows no other crate of the workspace, takes chance from a seed and tells no time.
//! A model holds hashes and weights, no text of any ticket.

mod block;
mod calibration;
mod chance;
mod decision;
mod feature;
mod fold;
mod held;
mod judges;
mod linear;
mod logistic;
mod memory;
mod model;
mod mood;
mod network;
mod stored;
mod table;
mod token;
mod vector;
mod vocabulary;

pub use calibration::{ANSWERED_MIN, Calibration, Outcome, Threshold, expected_calibration_error, threshold};
pub use decision::{Decision, Ranked, Reason};
pub use feature::View;
pub use memory::{Memory, TEXTS_MAX};
pub use model::{EXAMPLES_MIN, Example, LABELS_MAX, Model, Recipe, TrainError};
pub use mood::{Evidence, Mood, Sentiment, Why, mood_of};
pub use stored::{ReadError, STORED_BYTES_MAX};
pub use token::TOKENS_MAX;
pub use vector::{DIMENSIONS_MAX, Encoder};

/// What is sorted: a text, and what is known beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request<'a> {
    /// As the client wrote it.
    pub text: &'a str,
    /// Name and value of what came with it: the site, the channel, the product.
    pub fields: &'a [(&'a str, &'a str)],
    /// What a sentence encoder made of the text; none where there is no encoder, or it has not answered.
    pub vector: Option<&'a [f32]>,
}

impl<'a> Request<'a> {
    /// A text with no fields and no vector.
    pub fn of(text: &'a str) -> Self {
        Self { text, fields: &[], vector: None }
    }
}
