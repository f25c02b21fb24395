//! What line 0 itself keeps on a ticket.

use serde::{Deserialize, Serialize};
use ticket::evidence::{DeskEvidence, OfferedArticle, Turn};
use ticket::facts::Contact;

/// Everything asked and offered so far: what line 1 gets when line 0 cannot go on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Talk {
    /// How line 1 can reach the client.
    pub(crate) contact: Option<Contact>,
    /// The question as first asked.
    pub(crate) question: String,
    /// What was offered.
    pub(crate) offered: Vec<OfferedArticle>,
    /// What client and machine wrote, oldest first.
    pub(crate) conversation: Vec<Turn>,
}

impl Talk {
    /// The evidence for line 1.
    pub(crate) fn evidence(&self) -> DeskEvidence {
        DeskEvidence {
            question: self.question.clone(),
            articles_offered: self.offered.clone(),
            conversation: self.conversation.clone(),
        }
    }
}
