//! The articles from which line 0 answers at once, and their search.
//!
//! **Invariant:** this crate knows no ticket, no organization and no network. It reads a file only when
//! [`mod@file`] is asked to; whose articles they are and who may see them is the caller's business.
//!
//! # How far a score can be trusted
//! A score by itself says little: on clients' own words (456 questions to a video platform's support) answers from 0.70
//! on were right in 90 % of 4 % of the questions, with a third of the articles that answer taken out, so that some must
//! be refused. An organization's own solved requests do better: [`Search::learn`] learns from them which article answers and
//! how sure that is, [`Search::remember`] what was answered to similar questions. Learnt from four fifths of the cases and
//! judged on the last, in turn, for a target of 90 %: on those questions the right article comes first in 54 % instead of
//! 51 % and among three in 77 % instead of 71 %, and answers are 93 % right of 11 % of the questions; on encyclopedia
//! paragraphs (XQuAD) 89 % of 67 % in Russian, 90 % of 69 % in English. `estafeta eval` measures it.
//!
//! Without learning the views of an article (`cover.rs`) count alike, and nothing learnt comes with the crate. Which views
//! there are, and how long the pieces of words are, was chosen with these sets in sight, so expect a little less elsewhere.

mod answer;
mod article;
mod candidates;
mod confidence;
mod cover;
mod entry;
pub mod file;
mod gist;
mod keyboard;
mod kin;
mod language;
pub mod life;
mod manner;
pub mod markdown;
mod memory;
mod nearby;
mod question;
mod ranking;
mod search;
mod statistics;
mod stop_words;
mod synonyms;
mod term;
mod vocabulary;
mod words;

pub use answer::{Answer, OFFERS_MAX, Thresholds};
pub use article::{ARTICLE_BYTES_MAX, ARTICLE_ID_BYTES_MAX, Article, Audience, Language, Viewer};
pub use confidence::{Confidence, SOLVED_MAX, Solved};
pub use gist::Gist;
pub use keyboard::retyped;
pub use language::{foreign_language_of, language_of};
pub use question::{QUESTION_BYTES_MAX, QUESTION_WORDS_MAX};
pub use search::{Hit, Search};
pub use synonyms::{SYNONYM_GROUPS_MAX, SYNONYM_WORDS_MAX, Synonyms};

/// Why articles could not be indexed or searched.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// An article's id is empty or too long.
    #[error("an article's id has {bytes} bytes: give it 1 to {ARTICLE_ID_BYTES_MAX}")]
    Id {
        /// How long the id is.
        bytes: usize,
    },
    /// An article is too long.
    #[error("article `{article_id}` has {bytes} bytes, more than {ARTICLE_BYTES_MAX}: divide it")]
    TooLong {
        /// Which article.
        article_id: String,
        /// How long it is, over title, questions and body.
        bytes: usize,
    },
    /// A group of synonyms is too large.
    #[error(
        "synonym group {group} is too large: give it at most {SYNONYM_WORDS_MAX} phrases of {SYNONYM_WORDS_MAX} words"
    )]
    SynonymGroup {
        /// Which group, from 0.
        group: usize,
    },
    /// There are too many groups of synonyms.
    #[error("there are more than {SYNONYM_GROUPS_MAX} groups of synonyms: leave some out")]
    Synonyms,
    /// The index failed; nothing was changed by the call.
    #[error("the index of articles failed: {0}")]
    Index(#[from] tantivy::TantivyError),
}
