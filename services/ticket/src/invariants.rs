//! What must always hold, as named predicates over what the lines' databases say (design §2, invariants 1–4 and 7).
//!
//! The tests, the fault runs and the `audit` command use these and no others.

use std::collections::BTreeMap;
use std::fmt;

use crate::custody::{Custody, State, Ticket};
use crate::epoch::Epoch;
use crate::ids::{HandoverId, TicketId};
use crate::line::Line;

/// Everything the invariants look at: one snapshot of each line's database.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Every ticket record of every line.
    pub tickets: Vec<Ticket>,
    /// Handovers that some outbox still has to deliver: the sender and the id.
    pub undelivered: Vec<(Line, HandoverId)>,
    /// Handovers that some inbox accepted: receiver, ticket, epoch.
    pub accepted: Vec<Acceptance>,
    /// Change requests answered more than once with something different, which must never be.
    pub contradictions: Vec<(Line, String)>,
}

/// One accepted handover, as a receiver's inbox remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acceptance {
    /// Who accepted.
    pub line: Line,
    /// Which ticket.
    pub ticket: TicketId,
    /// At which epoch.
    pub epoch: Epoch,
}

/// A broken invariant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// 1: more than one line holds the ticket.
    TwoCustodians(TicketId, Vec<Line>),
    /// 2: no line holds the ticket, and no sender has a record that would deliver it.
    Lost(TicketId),
    /// 2: a line waits for the answer to an offer that is in no outbox and was accepted by nobody.
    Stranded(TicketId, Line),
    /// 3: the epochs of the ticket's hops do not grow.
    EpochsFall(TicketId, Line),
    /// 4: the same epoch was accepted twice.
    AcceptedTwice(TicketId, Epoch),
    /// 4: a repeated request had two different answers.
    Contradiction(Line, String),
    /// 7: an open ticket has nothing that would wake it.
    Sleeps(TicketId, Line),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoCustodians(ticket, lines) => {
                write!(f, "invariant 1 (one custodian): {ticket} is held by")?;
                lines.iter().try_for_each(|line| write!(f, " {line}"))
            }
            Self::Lost(ticket) => {
                write!(f, "invariant 2 (nothing is lost): {ticket} is held by nobody and not in flight")
            }
            Self::Stranded(ticket, line) => {
                write!(
                    f,
                    "invariant 2 (nothing is lost): {ticket} is in flight from {line}, whose outbox does not have it"
                )
            }
            Self::EpochsFall(ticket, line) => {
                write!(f, "invariant 3 (epochs only grow): the hops of {ticket} at {line}")
            }
            Self::AcceptedTwice(ticket, epoch) => {
                write!(f, "invariant 4 (done once): epoch {epoch} of {ticket} was accepted twice")
            }
            Self::Contradiction(line, request) => {
                write!(f, "invariant 4 (done once): {line} answered request {request} in two ways")
            }
            Self::Sleeps(ticket, line) => {
                write!(f, "invariant 7 (nothing sleeps for ever): {ticket} at {line} never wakes")
            }
        }
    }
}

/// Every broken invariant of the snapshot, in order.
///
/// A snapshot of several databases is not one instant: the lines must be read from the receiver to the sender or at
/// rest, or a ticket that moves between two readings looks lost. Callers that read a running suite look twice.
#[must_use]
pub fn check(snapshot: &Snapshot) -> Vec<Broken> {
    let mut broken = Vec::new();
    let mut by_ticket: BTreeMap<TicketId, Vec<&Ticket>> = BTreeMap::new();
    for ticket in &snapshot.tickets {
        by_ticket.entry(ticket.facts.id).or_default().push(ticket);
    }
    for (id, records) in by_ticket {
        one_custodian(id, &records, &mut broken);
        nothing_is_lost(id, &records, snapshot, &mut broken);
        for record in records {
            epochs_only_grow(record, &mut broken);
            nothing_sleeps(record, &mut broken);
        }
    }
    done_once(snapshot, &mut broken);
    broken.sort();
    broken
}

fn one_custodian(id: TicketId, records: &[&Ticket], broken: &mut Vec<Broken>) {
    let holders: Vec<Line> = records.iter().filter(|t| t.custody == Custody::Held).map(|t| t.line).collect();
    if holders.len() > 1 {
        broken.push(Broken::TwoCustodians(id, holders));
    }
}

fn nothing_is_lost(id: TicketId, records: &[&Ticket], snapshot: &Snapshot, broken: &mut Vec<Broken>) {
    let mut alive = false;
    for record in records {
        match record.custody {
            Custody::Held => alive = true,
            Custody::HandingOver { epoch, .. } => {
                let handover = HandoverId::of(id, epoch);
                // The receipt may be on its way: the receiver has it, the sender's outbox will ask again.
                if snapshot.undelivered.contains(&(record.line, handover)) {
                    alive = true;
                } else {
                    broken.push(Broken::Stranded(id, record.line));
                }
            }
            Custody::PassedOn { .. } => {}
        }
    }
    if !alive {
        broken.push(Broken::Lost(id));
    }
}

fn epochs_only_grow(record: &Ticket, broken: &mut Vec<Broken>) {
    if !record.hops.is_sorted_by(|a, b| a.epoch < b.epoch) {
        broken.push(Broken::EpochsFall(record.facts.id, record.line));
    }
}

fn nothing_sleeps(record: &Ticket, broken: &mut Vec<Broken>) {
    let done = matches!(record.state, State::Closed { .. });
    if record.custody == Custody::Held && !done && record.wake.is_none() {
        broken.push(Broken::Sleeps(record.facts.id, record.line));
    }
}

fn done_once(snapshot: &Snapshot, broken: &mut Vec<Broken>) {
    let mut accepted: Vec<(TicketId, Epoch)> = snapshot.accepted.iter().map(|a| (a.ticket, a.epoch)).collect();
    accepted.sort_unstable();
    for pair in accepted.windows(2) {
        if pair[0] == pair[1] {
            broken.push(Broken::AcceptedTwice(pair[0].0, pair[0].1));
        }
    }
    broken.extend(snapshot.contradictions.iter().map(|(line, request)| Broken::Contradiction(*line, request.clone())));
}
