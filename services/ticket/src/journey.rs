//! The journey of a ticket, assembled from the lines that touched it.

use jiff::Timestamp;

use crate::custody::Ticket;
use crate::epoch::Epoch;
use crate::event::{Brought, Event, EventBody};
use crate::line::Line;

/// What one line knows of a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// The line's record.
    pub ticket: Ticket,
    /// Everything in its log about the ticket, oldest first.
    pub events: Vec<Event>,
}

/// A stretch of time in which one line held the ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Stay {
    /// Who.
    pub line: Line,
    /// With which epoch.
    pub epoch: Epoch,
    /// Since when.
    pub from: Timestamp,
    /// Until when; none when it is still there.
    pub until: Option<Timestamp>,
    /// What came along; none where it was registered, or when the line could not be asked.
    pub brought: Option<Brought>,
}

/// The whole run of one ticket, in the order of epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    /// The newest record among the lines.
    pub ticket: Ticket,
    /// Who held it, one after the other.
    pub stays: Vec<Stay>,
    /// Every event of every line that answered, by time.
    pub events: Vec<Event>,
    /// Lines that touched the ticket, or may have, and could not be asked.
    pub missing: Vec<Line>,
}

/// Puts the legs together; none when no line knows the ticket.
///
/// `unreachable` are the lines that gave no answer; they are reported as missing whether or not the others saw them,
/// since nobody can tell.
#[must_use]
pub fn assemble(legs: Vec<Leg>, unreachable: Vec<Line>) -> Option<Journey> {
    // The record with the latest hop knows the most hops; at the same hop the holder knows the state.
    let newest = legs
        .iter()
        .max_by_key(|leg| (leg.ticket.hops.last().map(|hop| hop.epoch), leg.ticket.epoch, leg.ticket.changed_at))?
        .ticket
        .clone();
    let mut events: Vec<Event> = legs.into_iter().flat_map(|leg| leg.events).collect();
    events.sort_by_key(|event| (event.at, event.epoch));
    let brought = |line: Line, epoch: Epoch| {
        events.iter().find_map(|event| match &event.body {
            EventBody::TookOver { with, .. } if event.line == line && event.epoch == epoch => Some(with.clone()),
            _ => None,
        })
    };
    let stays = newest
        .hops
        .iter()
        .enumerate()
        .map(|(index, hop)| Stay {
            line: hop.line,
            epoch: hop.epoch,
            from: hop.at,
            until: newest.hops.get(index + 1).map(|next| next.at),
            brought: brought(hop.line, hop.epoch),
        })
        .collect();
    Some(Journey { ticket: newest, stays, events, missing: unreachable })
}
