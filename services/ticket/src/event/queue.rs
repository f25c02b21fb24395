//! What happens to a ticket within its line: who has it, who takes part.

use serde::{Deserialize, Serialize};

use crate::line::Line;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum QueueEvent {
    /// A person was chosen: the record of an automatic decision.
    Chosen {
        /// Whom.
        person: String,
        /// By which strategy of the plan.
        strategy: String,
        /// How many tickets the person had in hand before.
        load: u64,
        /// How many people could have taken it.
        among: u64,
        /// The version of the plan that set the rules.
        plan: String,
    },
    /// Nobody could be chosen; it waits in the queue of its group.
    NobodyFree {
        /// How many members were passed over for each reason, such as `away: 2`.
        why: String,
    },
    /// Somebody took it from the queue.
    Claimed {
        /// Who.
        person: String,
    },
    /// It went back to the queue.
    Released {
        /// Who had it.
        from: String,
        /// What for.
        because: ReleaseReason,
        /// What was said about it; may be empty.
        why: String,
    },
    /// It was given to somebody, or to another group.
    Reassigned {
        /// Who had it.
        from: Option<String>,
        /// Who has it.
        to: Option<String>,
        /// The group that has it now.
        group: Option<String>,
        /// Why.
        why: String,
    },
    /// A supervisor took it.
    TakenOver {
        /// Who had it.
        from: Option<String>,
        /// The supervisor.
        by: String,
        /// Why.
        why: String,
    },
    /// A supervisor was called by hand.
    Supervised {
        /// Who was called.
        supervisor: String,
        /// Why.
        why: String,
    },
    /// A supervisor has seen to what supervisors were called for.
    EscalationEnded {
        /// What came of it.
        why: String,
    },
    /// Somebody was asked to take part.
    Invited {
        /// Who.
        person: String,
        /// Of which line.
        line: Line,
        /// What for; may be empty.
        why: String,
    },
    /// Somebody takes part.
    Joined {
        /// Who.
        person: String,
        /// Of which line.
        line: Line,
    },
    /// Somebody takes part no more.
    Left {
        /// Who.
        person: String,
    },
    /// What somebody who takes part found out.
    Found {
        /// Who.
        person: String,
        /// What.
        text: String,
    },
}

/// Why a ticket went back to the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseReason {
    /// Somebody said so.
    ByHand,
    /// Whoever had it was away for longer than the plan allows.
    Away,
    /// Whoever had it works at the line no more.
    LostAccess,
    /// The plan has its group no more.
    GroupGone,
}

impl ReleaseReason {
    /// Its words in texts and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ByHand => "by hand",
            Self::Away => "away for too long",
            Self::LostAccess => "no access any more",
            Self::GroupGone => "the group is gone",
        }
    }
}
