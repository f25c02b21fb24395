//! What happens to a field visit, on the timelines of line 2 and of line 1.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::VisitId;

/// How a field visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VisitState {
    /// Planned; the client has not agreed yet.
    Planned,
    /// The client agreed.
    Confirmed,
    /// The engineer is at it.
    UnderWay,
    /// What it was for is done.
    Done,
    /// It took place, and what it was for is not done.
    Failed,
    /// It does not take place.
    Cancelled,
}

impl VisitState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Planned, Self::Confirmed, Self::UnderWay, Self::Done, Self::Failed, Self::Cancelled];

    /// Its name in texts and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Confirmed => "confirmed",
            Self::UnderWay => "under way",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it takes place, or may.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            Self::Planned | Self::Confirmed | Self::UnderWay => true,
            Self::Done | Self::Failed | Self::Cancelled => false,
        }
    }
}

/// A time from one instant to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its first instant.
    pub begins: Timestamp,
    /// The instant after its last one.
    pub ends: Timestamp,
}

impl Window {
    /// Whether the two have an instant in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.begins < other.ends && other.begins < self.ends
    }
}

/// What line 1, and through it the client, is told about a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitNews {
    /// Which visit.
    pub visit: VisitId,
    /// Which of its time windows, from 0; grows each time the visit is moved.
    pub sequence: u32,
    /// How it stands.
    pub state: VisitState,
    /// When.
    pub window: Window,
    /// What for, in words for the client.
    pub purpose: String,
    /// Why it does not take place, in words for the client; empty unless it is cancelled.
    pub why_cancelled: String,
}

/// What happened to a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum VisitEvent {
    /// It was planned, moved, begun, ended or called off: how it stands since.
    Changed {
        /// As line 1 is told.
        news: VisitNews,
        /// Who drives.
        engineer: String,
    },
    /// The service desk heard how it stands.
    Told {
        /// As line 2 said.
        news: VisitNews,
    },
    /// The client agreed to the time window, or not.
    Answered {
        /// Which visit.
        visit: VisitId,
        /// Which of its time windows.
        sequence: u32,
        /// Whether the client agreed.
        agreed: bool,
        /// What the client said to it; may be empty.
        comment: String,
    },
    /// It should have begun, or ended, by now.
    Late {
        /// Which visit.
        visit: VisitId,
        /// How it stands.
        state: VisitState,
    },
}

impl VisitEvent {
    /// Which visit it is about.
    #[must_use]
    pub fn visit(&self) -> VisitId {
        match self {
            Self::Changed { news, .. } | Self::Told { news } => news.visit,
            Self::Answered { visit, .. } | Self::Late { visit, .. } => *visit,
        }
    }
}
