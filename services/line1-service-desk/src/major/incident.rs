//! What a major incident is, and what may happen to it.

use std::collections::VecDeque;

use jiff::Timestamp;
use mass::{Candidate, TopicId};
use serde::{Deserialize, Serialize};
use ticket::{MajorIncidentId, Resolution, TicketId};

/// So many answers go to all children; nobody would read more.
pub(crate) const ANSWERS_MAX: usize = 50;

/// How a major incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// Noticed; nobody has decided yet.
    Candidate,
    /// Accepted or declared.
    Open,
    /// Decided to be none.
    Rejected,
    /// Over.
    Resolved,
}

impl Stage {
    /// Its name in keys and messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Open => "open",
            Self::Rejected => "rejected",
            Self::Resolved => "resolved",
        }
    }

    /// Whether what comes may still belong to it.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Candidate | Self::Open)
    }
}

/// What made the watch tell of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Surprise {
    pub(crate) count: u32,
    pub(crate) expected: f64,
    pub(crate) chance: f64,
    pub(crate) window_minutes: i64,
    pub(crate) since: Timestamp,
    /// The version of the plan by which it was judged.
    pub(crate) plan: String,
}

/// Who decided, when, and why it was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decision {
    pub(crate) by: String,
    pub(crate) at: Timestamp,
    pub(crate) why: String,
}

/// An answer to all children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) by: String,
    pub(crate) at: Timestamp,
    pub(crate) ru: String,
    pub(crate) en: String,
    /// Whether the number and the name of each ticket are filled in.
    pub(crate) is_template: bool,
}

/// A major incident, or a candidate for one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Incident {
    pub(crate) id: MajorIncidentId,
    pub(crate) title: String,
    /// What later requests are compared with; empty unless it was declared by hand.
    pub(crate) about: String,
    /// The topic of the watch; none when it was declared by hand.
    pub(crate) topic: Option<TopicId>,
    pub(crate) stage: Stage,
    pub(crate) noticed_at: Timestamp,
    pub(crate) surprise: Option<Surprise>,
    /// How many different clients are known to be hit.
    pub(crate) clients: u32,
    /// Tickets that are known and no children yet, in the order in which they were found.
    pub(crate) waiting: VecDeque<TicketId>,
    /// How many more of them stand in documents of their own.
    #[serde(default)]
    pub(crate) aside: u32,
    /// How many children there are.
    pub(crate) children: u32,
    /// By how many steps they are raised.
    pub(crate) steps: u8,
    pub(crate) decision: Option<Decision>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) resolution: Option<(Resolution, Timestamp)>,
    /// The last child that has had what goes to all, while that is being done; empty before the first.
    pub(crate) sweep: Option<String>,
    /// A person said that it is none, or over, and the watch has not heard that yet.
    pub(crate) is_unheard: bool,
}

/// A child, as the incident knows it: how much of what goes to all it has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Child {
    pub(crate) ticket: TicketId,
    /// How many answers.
    pub(crate) told: usize,
    /// By how many steps it was raised.
    pub(crate) steps: u8,
    /// Whether it was told that the incident is over.
    pub(crate) over: bool,
}

/// Which major incident a ticket is a child of, as its home record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Which.
    pub incident: MajorIncidentId,
    /// One line that says what it is.
    pub title: String,
    /// By how many steps it raises.
    pub steps: u8,
}

impl Incident {
    /// A candidate that the watch tells of, judged by the plan of this version.
    pub(crate) fn noticed(
        id: MajorIncidentId,
        title: String,
        candidate: Candidate,
        (steps, plan): (u8, String),
        now: Timestamp,
    ) -> Self {
        let Candidate { topic, count, expected, chance, window_minutes, since, wave: _, tickets, grew: _ } = candidate;
        Self {
            topic: Some(topic),
            surprise: Some(Surprise { count, expected, chance, window_minutes, since, plan }),
            clients: count,
            waiting: tickets.into(),
            ..Self::declared(id, title, String::new(), steps, now)
        }
    }

    /// What a person declares; nobody has decided yet.
    pub(crate) fn declared(id: MajorIncidentId, title: String, about: String, steps: u8, now: Timestamp) -> Self {
        Self {
            id,
            title,
            about,
            topic: None,
            stage: Stage::Candidate,
            noticed_at: now,
            surprise: None,
            clients: 0,
            waiting: VecDeque::new(),
            aside: 0,
            children: 0,
            steps,
            decision: None,
            answers: Vec::new(),
            resolution: None,
            sweep: None,
            is_unheard: false,
        }
    }

    /// Another ticket of it; `counts` when it is the first of its client.
    pub(crate) fn add(&mut self, ticket: TicketId, counts: bool) {
        self.clients = self.clients.saturating_add(u32::from(counts));
        if !self.waiting.contains(&ticket) {
            self.waiting.push_back(ticket);
        }
    }

    /// How many tickets are known and no children yet.
    pub(crate) fn waits(&self) -> u32 {
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX).saturating_add(self.aside)
    }

    /// Somebody, or the plan, said that it is one.
    pub(crate) fn open(&mut self, by: String, now: Timestamp) {
        self.stage = Stage::Open;
        self.decision = Some(Decision { by, at: now, why: String::new() });
    }

    /// Somebody, or the plan, said that it is none.
    pub(crate) fn reject(&mut self, by: String, why: String, now: Timestamp) {
        self.stage = Stage::Rejected;
        self.decision = Some(Decision { by, at: now, why });
        self.waiting.clear();
    }
}
