//! What line 0 itself keeps on a ticket.

use scenarios::{Run, Stage};
use serde::{Deserialize, Serialize};
use ticket::MessageId;
use ticket::evidence::{DeskEvidence, OfferedArticle, ScenarioTried, Turn};
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
    /// The scenario that the client goes through, or went through last.
    #[serde(default)]
    pub(crate) run: Option<Run>,
    /// Whether the client was told that the service is at it.
    #[serde(default)]
    pub(crate) told_working: bool,
    /// What came of the last call.
    #[serde(default)]
    pub(crate) performed: Option<Performed>,
}

/// What came of a call of an internal service, as the client was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Performed {
    /// Which call.
    pub(crate) call: MessageId,
    /// How it ended, by `Reply.Outcome`.
    pub(crate) outcome: i32,
    /// What the client read.
    pub(crate) text: String,
    /// The handover that followed, encoded.
    pub(crate) handover: Option<Vec<u8>>,
}

/// What the client is expected to say next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub(crate) enum Waits {
    /// What it is about; so far there was a greeting, or no word at all.
    Question,
    /// Which of these scenarios and articles fits.
    Choice {
        /// The ids of the articles, in the order in which they were offered.
        articles: Vec<String>,
        /// The ids of the scenarios, which were offered before the articles.
        #[serde(default)]
        scenarios: Vec<String>,
    },
    /// What a scenario asked for.
    Scenario,
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

impl Waits {
    /// Whether the client may say that it is this article.
    pub(crate) fn may_be(&self, article: &str) -> bool {
        match self {
            Self::Choice { articles, .. } => articles.iter().any(|id| id == article),
            Self::Topic { topics } => topics.iter().flat_map(|topic| &topic.articles).any(|id| id == article),
            Self::Question | Self::Scenario => false,
        }
    }
}

impl Talk {
    /// The evidence for line 1.
    pub(crate) fn evidence(&self) -> DeskEvidence {
        DeskEvidence {
            question: self.question.clone(),
            articles_offered: self.offered.clone(),
            conversation: self.conversation.clone(),
            channel: self.channel,
            scenario: self.run.as_ref().map(tried),
        }
    }

    /// Whether a service is at work for the client.
    pub(crate) fn is_working(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.stage == Stage::Working)
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

fn tried(run: &Run) -> ScenarioTried {
    let outcome = match &run.stage {
        Stage::Asking { field } => format!("the client was asked for `{field}`"),
        Stage::Confirming => "the client was asked whether all is right".to_owned(),
        Stage::Working => "the service was called and has not answered".to_owned(),
        Stage::Over => run.outcome.clone(),
    };
    let given = run.values.iter().map(|(field, value)| (field.clone(), value.to_string())).collect();
    ScenarioTried { scenario_id: run.scenario.clone(), given, outcome }
}
