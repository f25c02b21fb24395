//! The home record: what line 1 itself keeps on a ticket, wherever custody is.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket::event::{Opinion, ProblemNews};
use ticket::evidence::StepOutcome;
use ticket::facts::Contact;
use ticket::{ClarificationId, Custody, Epoch, Line, LinkKind, Mood, Ticket, TicketId};

use crate::heard::Heard;
use crate::learned::Given;
use crate::major::Membership;
use crate::visit::ClientVisit;

/// What line 1 keeps on a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)] // a record of an earlier release lacks what is new
pub struct Home {
    /// How to reach the client.
    pub contact: Contact,
    /// What client and support wrote to each other, oldest first.
    pub conversation: Vec<Message>,
    /// What other lines want to know from the client, oldest first.
    pub questions: Vec<Question>,
    /// Field visits of other lines, in the order of planning.
    pub visits: Vec<ClientVisit>,
    /// The checklist's run: the last outcome of each step, in the order of first runs.
    pub checklist: Vec<StepOutcome>,
    /// The problems behind it, as line 3 last said.
    pub problems: Vec<ProblemNews>,
    /// The other lines that have held it since it came here.
    pub touched: BTreeSet<Line>,
    /// The last line that said it took over, and at which epoch.
    pub moved: Option<(Line, Epoch)>,
    /// What colleagues should know, oldest first; never for the client.
    pub notes: Vec<Note>,
    /// What it is to be found by.
    pub tags: BTreeSet<String>,
    /// Tickets that have to do with it, in the order of linking.
    pub links: Vec<Link>,
    /// How content the client is.
    pub rating: Option<Rating>,
    /// How often it was opened again.
    pub reopened: u32,
    /// How the client sounded in the first message.
    pub original_mood: Option<Heard>,
    /// How the client sounded in the last one.
    pub current_mood: Option<Heard>,
    /// The ticket that this one was put into as a duplicate.
    pub merged_into: Option<TicketId>,
    /// How often in a row the client was told how it goes without a person writing.
    pub told_by_itself: u32,
    /// The major incident that it is a child of.
    pub incident: Option<Membership>,
    /// Whether the client was asked how content they are.
    pub rating_asked: bool,
    /// What was known when it was sorted by itself; none where that was before this was kept.
    pub given: Option<Given>,
    /// What the models said then.
    pub opinions: Vec<Opinion>,
    /// Whether a person has triaged it since.
    pub triaged: bool,
}

/// An internal note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who wrote it.
    pub by: String,
    /// What.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A link to another ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Which.
    pub other: TicketId,
    /// How this ticket has to do with it.
    pub kind: LinkKind,
}

/// How content a client is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// 1 (not at all) to 5 (entirely).
    pub score: u8,
    /// In the client's words; may be empty.
    pub comment: String,
    /// When.
    pub at: Timestamp,
}

/// One message between client and support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Whether the client wrote it.
    pub from_client: bool,
    /// What.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A question of another line to the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Which.
    pub id: ClarificationId,
    /// Who asks.
    pub by: Line,
    /// What.
    pub question: String,
    /// Whether it was put to the client.
    pub relayed: bool,
    /// The answer.
    pub answer: Option<String>,
    /// When the asking line stops waiting; none when it does not.
    #[serde(default)]
    pub due: Option<Timestamp>,
    /// How often the client was to be reminded.
    #[serde(default)]
    pub reminders: u32,
    /// Whether nobody waits for the answer any more.
    #[serde(default)]
    pub expired: bool,
}

impl Home {
    /// Keeps what the client wrote, and how it sounds.
    pub(crate) fn hear(&mut self, text: String, at: Timestamp) -> Mood {
        let heard = Heard::in_text(&text, at);
        let mood = heard.mood;
        self.original_mood.get_or_insert_with(|| heard.clone());
        self.current_mood = Some(heard);
        self.conversation.push(Message { from_client: true, text, at });
        mood
    }

    /// Whether a question was put to the client and somebody waits for the answer.
    pub(crate) fn waits_for_client(&self) -> bool {
        self.questions.iter().any(|q| q.relayed && q.answer.is_none() && !q.expired)
    }

    /// Who holds the ticket, as far as line 1 knows.
    #[must_use]
    pub fn custodian(&self, ticket: &Ticket) -> Line {
        let (line, since) = match ticket.custody {
            Custody::Held => return ticket.line,
            Custody::HandingOver { to, epoch, .. } | Custody::PassedOn { to, epoch } => (to, epoch),
        };
        self.moved.filter(|(_, epoch)| *epoch > since).map_or(line, |(line, _)| line)
    }

    /// The epoch of the latest change of custody that line 1 knows of.
    #[must_use]
    pub fn since(&self, ticket: &Ticket) -> Epoch {
        let here = ticket.hops.last().map_or(ticket.epoch, |hop| hop.epoch);
        self.moved.map_or(here, |(_, epoch)| epoch.max(here))
    }

    /// The question that what the client wrote answers: the one named, or the oldest that was put to the client.
    pub(crate) fn answered_by(&mut self, named: Option<ClarificationId>) -> Option<&mut Question> {
        self.questions
            .iter_mut()
            .find(|question| question.answer.is_none() && named.map_or(question.relayed, |named| question.id == named))
    }
}
