//! What line 0 itself keeps on a ticket.

use serde::{Deserialize, Serialize};
use ticket::evidence::{DeskEvidence, OfferedArticle, Turn};
use ticket::facts::{Channel, Contact};

/// Everything asked and offered so far: what line 1 gets when line 0 cannot go on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Talk {
    /// How line 1 can reach the client.
    pub(crate) contact: Option<Contact>,
    /// The question as first asked.
    pub(crate) question: String,
    /// By which way it was asked.
    #[serde(default)]
    pub(crate) channel: Option<Channel>,
    /// What was offered.
    pub(crate) offered: Vec<OfferedArticle>,
    /// What client and machine wrote, oldest first.
    pub(crate) conversation: Vec<Turn>,
    /// What the client is expected to say next; none while nothing is waited for.
    #[serde(default)]
    pub(crate) waits: Option<Waits>,
    /// Whether the one question back was asked.
    #[serde(default)]
    pub(crate) asked_back: bool,
    /// Whether the client was let choose among articles.
    #[serde(default)]
    pub(crate) let_choose: bool,
    /// Whether it was counted as one that is answered badly.
    #[serde(default)]
    pub(crate) counted: bool,
}

/// What the client is expected to say next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub(crate) enum Waits {
    /// What it is about; so far there was a greeting, or no word at all.
    Question,
    /// Which of these articles fits.
    Choice {
        /// Their ids, in the order in which they were offered.
        articles: Vec<String>,
    },
    /// Which of these topics is meant.
    Topic {
        /// In the order in which they were asked.
        topics: Vec<Topic>,
    },
}

/// What tells some articles from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Topic {
    /// The tag that they have and the others have not.
    pub(crate) name: String,
    /// Their ids, the likeliest first.
    pub(crate) articles: Vec<String>,
}

impl Talk {
    /// The evidence for line 1.
    pub(crate) fn evidence(&self) -> DeskEvidence {
        DeskEvidence {
            question: self.question.clone(),
            articles_offered: self.offered.clone(),
            conversation: self.conversation.clone(),
            channel: self.channel,
        }
    }

    /// Whether an article was told as the answer.
    pub(crate) fn was_told(&self) -> bool {
        self.offered.iter().any(|article| article.why_not.is_empty())
    }

    /// Notes why the articles did not help of which it is not known yet.
    pub(crate) fn none_helped(&mut self, why: &str) {
        for article in self.offered.iter_mut().filter(|article| article.why_not.is_empty()) {
            why.clone_into(&mut article.why_not);
        }
    }
}
