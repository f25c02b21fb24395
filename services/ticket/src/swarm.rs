//! Who takes part in a ticket without holding it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::custody::Ticket;
use crate::line::Line;

/// The most people who may take part in one ticket.
pub const COLLABORATORS_MAX: usize = 20;

/// Somebody who takes part in a ticket without holding it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collaborator {
    /// Who, by the id they sign in with.
    pub person: String,
    /// Of which line.
    pub line: Line,
    /// Whether they came; else they are only invited.
    pub joined: bool,
    /// Since when they are invited or joined.
    pub since: Timestamp,
}

impl Ticket {
    /// Whoever of this name takes part or is invited.
    #[must_use]
    pub fn collaborator(&self, person: &str) -> Option<&Collaborator> {
        self.collaborators.iter().find(|one| one.person == person)
    }

    /// Lets `person` take part, invited or joined. Says whether there was room; whoever joined stays joined.
    pub fn collaborate(&mut self, person: &str, line: Line, joined: bool, now: Timestamp) -> bool {
        let room = self.collaborators.len() < COLLABORATORS_MAX;
        match self.collaborators.iter_mut().find(|one| one.person == person) {
            Some(known) if joined && !known.joined => {
                known.joined = true;
                known.since = now;
            }
            Some(_) => return true,
            None if !room => return false,
            None => self.collaborators.push(Collaborator { person: person.to_owned(), line, joined, since: now }),
        }
        self.changed_at = now;
        true
    }

    /// Lets `person` go. Says whether they took part.
    pub fn part_from(&mut self, person: &str, now: Timestamp) -> bool {
        let before = self.collaborators.len();
        self.collaborators.retain(|one| one.person != person);
        let gone = self.collaborators.len() < before;
        if gone {
            self.changed_at = now;
        }
        gone
    }
}
