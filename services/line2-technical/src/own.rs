//! What line 2 itself keeps on a ticket. Field visits are documents of their own: see `booking`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket::event::SessionOutcome;
use ticket::evidence::{Finding, Session};
use ticket::field::LIST_MAX;

/// The most findings of a ticket: as many as the evidence for line 3 takes.
pub(crate) const FINDINGS_MAX: usize = LIST_MAX;

/// The most remote sessions of a ticket; with the visits they fit into the evidence for line 3.
pub(crate) const SESSIONS_MAX: usize = 100;

/// What was reviewed, diagnosed and done remotely.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)] // a record of an earlier release lacks what is new
pub struct Diagnosis {
    /// What was examined, oldest first; only added to.
    pub findings: Vec<Entry>,
    /// How the help given so far was judged; none before, and again none when the ticket comes with new evidence.
    pub review: Option<Review>,
    /// Remote sessions, in the order of beginning.
    pub sessions: Vec<RemoteSession>,
}

/// A finding as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What was examined.
    #[serde(flatten)]
    pub finding: Finding,
    /// By whom; empty for findings of an earlier release.
    #[serde(default)]
    pub by: String,
    /// When; none for findings of an earlier release.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// How the help given so far was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Otherwise the ticket was sent back.
    pub accepted: bool,
    /// What was noted, or asked for.
    pub note: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// How a client consented to a remote session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentWay {
    /// To the service desk, in so many words.
    Spoken,
    /// In writing.
    Written,
    /// In the tool itself.
    InTool,
}

/// A remote session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteSession {
    /// Which one of its ticket, from 1.
    pub number: u32,
    /// How the client consented.
    pub consent: ConsentWay,
    /// When and how, so that it can be found again.
    pub consent_note: String,
    /// What it is made with.
    pub tool: String,
    /// By whom.
    pub by: String,
    /// When it began.
    pub began: Timestamp,
    /// How it ended; none until it did.
    pub end: Option<SessionEnd>,
}

/// How a remote session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnd {
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub did: String,
    /// How it went.
    pub outcome: SessionOutcome,
    /// What came out, in words.
    pub result: String,
}

impl RemoteSession {
    /// The session as evidence for line 3; none until it ended.
    pub(crate) fn evidence(&self) -> Option<Session> {
        let SessionEnd { at, did, outcome, result } = self.end.clone()?;
        Some(Session {
            on_site: false,
            outcome: format!("{}: {result}", outcome.name()),
            did,
            by: self.by.clone(),
            tool: self.tool.clone(),
            began: Some(self.began),
            ended: Some(at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_release_wrote_is_read() {
        let earlier = r#"{"findings":[{"tried":"a cable","result":"whole","ruled_out":true}]}"#;
        let read: Diagnosis = serde_json::from_str(earlier).unwrap();
        assert_eq!(read.findings[0].finding.tried, "a cable");
        assert_eq!((read.findings[0].at, read.review, read.sessions.len()), (None, None, 0));
    }
}
