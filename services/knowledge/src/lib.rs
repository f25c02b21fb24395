//! The articles from which line 0 answers at once, and their search.
//!
//! **Invariant:** this crate knows no ticket, no organization and no network. It reads a file only when
//! [`mod@file`] is asked to; whose articles they are and who may see them is the caller's business.
//!
//! # How far a score can be trusted
//! The example `measure` asks real questions with a third of the articles that answer taken out, so that some must be
//! refused. On encyclopedia paragraphs (XQuAD, either language, either half) the answers from 0.70 on are right in
//! 98 % and more, for 16 to 29 % of the questions.
//!
//! On clients' own words (456 questions to a video platform's support) no threshold is shown to be right in 90 %. The
//! lowest with 90 % on one half was 0.60, and on the other half its answers were right in 75 %. From 0.70 on 27 of 30
//! answers were right (12 of 13 and 15 of 17), 6.6 % of the questions; but that default was chosen with both halves in view, and so were
//! the weights of the score, so expect less elsewhere. An organization should set [`Thresholds`] from its own solved
//! tickets.

mod answer;
mod article;
mod candidates;
mod confidence;
mod cover;
mod entry;
pub mod file;
mod keyboard;
mod language;
mod question;
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
pub use language::language_of;
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
