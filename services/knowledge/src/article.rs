//! What is known: one article for one thing that clients ask about.

use serde::{Deserialize, Serialize};

use crate::KnowledgeError;

/// Longer ids, in bytes, are refused.
pub const ARTICLE_ID_BYTES_MAX: usize = 256;

/// Longer articles, in bytes over title, questions, synonyms and body, are refused: nobody is answered with a book.
pub const ARTICLE_BYTES_MAX: usize = 1024 * 1024;

/// One thing that clients ask about, with the answer that they are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Unique in one organization's knowledge; 1 to [`ARTICLE_ID_BYTES_MAX`] bytes.
    pub id: String,
    /// What the article is about, in a few words.
    pub title: String,
    /// The answer, as it is told to the client.
    pub body: String,
    /// Ways in which clients ask for it; may be empty.
    #[serde(default)]
    pub questions: Vec<String>,
    /// The language of all of it.
    pub language: Language,
    /// Words to filter and group by. The search doesn't read them.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Other words under which this article is to be found; what holds for all articles is in [`crate::Synonyms`].
    #[serde(default)]
    pub synonyms: Vec<String>,
    /// Who may see it.
    #[serde(default)]
    pub audience: Audience,
}

/// Who may see an article. In files and JSON `client` or `internal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Clients, and the organization's people.
    #[default]
    Client,
    /// Only the organization's people.
    Internal,
}

/// Who asks. What a viewer may not see changes nothing of what they find, not even a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Viewer {
    /// Sees what is for clients.
    Client,
    /// One of the organization's people; sees everything.
    Staff,
}

impl Viewer {
    /// Whether the viewer may see articles for `audience`.
    pub fn sees(self, audience: Audience) -> bool {
        match (self, audience) {
            (Self::Client, Audience::Internal) => false,
            (Self::Client, Audience::Client) | (Self::Staff, Audience::Client | Audience::Internal) => true,
        }
    }
}

impl Article {
    /// What clients' questions look like: the title, the known questions and the synonyms.
    pub(crate) fn asks(&self) -> impl Iterator<Item = &str> {
        let others = self.questions.iter().chain(&self.synonyms);
        std::iter::once(self.title.as_str()).chain(others.map(String::as_str))
    }

    /// Whether the article can be put into a search.
    ///
    /// # Errors
    /// [`KnowledgeError::Id`] or [`KnowledgeError::TooLong`].
    pub fn check(&self) -> Result<(), KnowledgeError> {
        if self.id.is_empty() || self.id.len() > ARTICLE_ID_BYTES_MAX {
            return Err(KnowledgeError::Id { bytes: self.id.len() });
        }
        let bytes = self.body.len() + self.asks().map(str::len).sum::<usize>();
        if bytes > ARTICLE_BYTES_MAX {
            return Err(KnowledgeError::TooLong { article_id: self.id.clone(), bytes });
        }
        Ok(())
    }
}

/// A language that articles are written in. In files and JSON it is its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// Russian, `ru`.
    #[serde(rename = "ru")]
    Russian,
    /// English, `en`.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::Russian, Self::English];

    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Russian => "ru",
            Self::English => "en",
        }
    }

    /// The language with this ISO 639-1 code, in any case of letters.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }
}
