//! The one way in which custody and state change: methods of [`Ticket`] that are total and say what they refuse.

use jiff::Timestamp;

use crate::custody::{Assignment, Baton, Custody, HoldReason, Hop, Passage, Returns, State, Ticket, Wake};
use crate::epoch::Epoch;
use crate::facts::Facts;
use crate::line::Line;
use crate::resolution::Resolution;

/// A change that the ticket's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongState {
    /// The action does not fit what is being done about it.
    #[error("cannot {action} a ticket that is {state}")]
    Refused {
        /// What was wanted.
        action: &'static str,
        /// What the ticket is.
        state: &'static str,
    },
    /// Another line holds it.
    #[error("cannot {action} a ticket that is {custody} at {line}: {holder} has it")]
    NotCustodian {
        /// What was wanted.
        action: &'static str,
        /// The line that was asked.
        line: Line,
        /// What the ticket is there.
        custody: &'static str,
        /// Who has it, or will, as far as this line knows.
        holder: Line,
    },
    /// The epoch is not that of the present.
    #[error("epoch {given} is stale; the ticket is at epoch {present}")]
    Stale {
        /// The epoch that came.
        given: Epoch,
        /// The epoch here.
        present: Epoch,
    },
}

impl Ticket {
    /// A ticket that `line` has just registered and holds.
    #[must_use]
    pub fn register(facts: Facts, line: Line, wake: Wake, now: Timestamp) -> Self {
        Self {
            facts,
            line,
            custody: Custody::Held,
            state: State::Open,
            epoch: Epoch::FIRST,
            offered: Epoch::FIRST,
            hops: vec![Hop { line, epoch: Epoch::FIRST, at: now }],
            returns: Vec::new(),
            assignment: Assignment::default(),
            reopened: 0,
            outcome: None,
            wake: Some(wake),
            collaborators: Vec::new(),
            changed_at: now,
        }
    }

    /// Fails unless this line holds the ticket and it is not closed.
    ///
    /// # Errors
    /// [`WrongState`], naming `action`.
    pub fn may(&self, action: &'static str) -> Result<(), WrongState> {
        match (&self.custody, &self.state) {
            (Custody::Held, State::Open | State::OnHold { .. } | State::Resolved { .. }) => Ok(()),
            (Custody::Held, State::Closed { .. }) => Err(WrongState::Refused { action, state: self.state.name() }),
            (Custody::HandingOver { to, .. } | Custody::PassedOn { to, .. }, _) => {
                Err(WrongState::NotCustodian { action, line: self.line, custody: self.custody.name(), holder: *to })
            }
        }
    }

    /// As [`Ticket::may`], and not resolved either: there is work to do.
    ///
    /// # Errors
    /// [`WrongState`], naming `action`.
    pub fn may_work(&self, action: &'static str) -> Result<(), WrongState> {
        self.may(action)?;
        match self.state {
            State::Open | State::OnHold { .. } => Ok(()),
            State::Resolved { .. } | State::Closed { .. } => {
                Err(WrongState::Refused { action, state: self.state.name() })
            }
        }
    }

    /// Step (a): offers the ticket to `to`. Nobody may change it until there is an answer.
    ///
    /// # Errors
    /// [`WrongState`] when this line does not hold it or it is closed.
    pub fn offer(&mut self, to: Line, passage: Passage, now: Timestamp) -> Result<Baton, WrongState> {
        self.may(match passage {
            Passage::Escalation => "hand over",
            Passage::Return => "return",
            Passage::Resolution => "resolve",
        })?;
        let epoch = self.offered.next();
        let mut returns = self.returns.clone();
        if passage == Passage::Return {
            count_return(&mut returns, self.line, to);
        }
        self.offered = epoch;
        self.custody = Custody::HandingOver { to, epoch, passage };
        self.wake = None;
        self.changed_at = now;
        Ok(Baton {
            facts: self.facts.clone(),
            from: self.line,
            to,
            epoch,
            hops: self.hops.clone(),
            returns,
            forced_owner: None,
            reopened: self.reopened,
        })
    }

    /// Step (d), accepted: the copy here is read-only from now on. Says whether this is news: a repeat, or a receipt
    /// that comes after the ticket has already been back, changes nothing.
    ///
    /// # Errors
    /// [`WrongState`] when no such offer was made.
    pub fn passed(&mut self, epoch: Epoch, now: Timestamp) -> Result<bool, WrongState> {
        match self.custody {
            Custody::HandingOver { to, epoch: open, .. } if open == epoch => {
                self.custody = Custody::PassedOn { to, epoch };
                self.hops.push(Hop { line: to, epoch, at: now });
                self.state = State::Open;
                self.changed_at = now;
                Ok(true)
            }
            Custody::PassedOn { epoch: passed, .. } if passed >= epoch => Ok(false),
            Custody::Held | Custody::HandingOver { .. } if self.epoch > epoch => Ok(false),
            Custody::Held | Custody::HandingOver { .. } | Custody::PassedOn { .. } => {
                Err(WrongState::Stale { given: epoch, present: self.offered })
            }
        }
    }

    /// Step (d), declined: the ticket is held here again, at the old epoch.
    ///
    /// # Errors
    /// [`WrongState`] when no such offer is open.
    pub fn take_back(&mut self, epoch: Epoch, wake: Wake, now: Timestamp) -> Result<(), WrongState> {
        match self.custody {
            Custody::HandingOver { epoch: open, .. } if open == epoch => {
                self.custody = Custody::Held;
                self.wake = Some(wake);
                self.changed_at = now;
                Ok(())
            }
            Custody::Held | Custody::HandingOver { .. } | Custody::PassedOn { .. } => {
                Err(WrongState::Stale { given: epoch, present: self.offered })
            }
        }
    }

    /// Step (c): the ticket as the receiver holds it, given what it had before.
    ///
    /// # Errors
    /// [`WrongState::Stale`] when the receiver has seen that epoch or a later one, or holds the ticket itself.
    pub fn receive(baton: Baton, before: Option<&Ticket>, wake: Wake, now: Timestamp) -> Result<Self, WrongState> {
        let Baton { facts, from: _, to, epoch, mut hops, returns, forced_owner, reopened } = baton;
        if let Some(before) = before {
            let known = before.hops.last().map_or(before.epoch, |hop| hop.epoch).max(before.epoch);
            // A sender still waiting for its receipt learns from this very baton that its offer was accepted.
            if epoch <= known.max(before.offered_open()) || before.custody == Custody::Held {
                return Err(WrongState::Stale { given: epoch, present: known });
            }
        }
        hops.push(Hop { line: to, epoch, at: now });
        let forced = forced_owner.is_some();
        let mut assignment = before.map(|ticket| ticket.assignment.clone()).unwrap_or_default();
        if forced {
            assignment.assignee = forced_owner;
        }
        assignment.forced |= forced;
        let offered = before.map_or(epoch, |ticket| ticket.offered.max(epoch));
        Ok(Self {
            facts,
            line: to,
            custody: Custody::Held,
            state: State::Open,
            epoch,
            offered,
            hops,
            returns,
            assignment,
            reopened,
            outcome: None,
            wake: Some(wake),
            collaborators: before.map(|ticket| ticket.collaborators.clone()).unwrap_or_default(),
            changed_at: now,
        })
    }

    /// The epoch of the offer that waits for an answer; the present one when none does.
    fn offered_open(&self) -> Epoch {
        match self.custody {
            Custody::HandingOver { epoch, .. } => epoch,
            Custody::Held | Custody::PassedOn { .. } => self.epoch,
        }
    }

    /// Puts the ticket on hold.
    ///
    /// # Errors
    /// [`WrongState`] when it is not this line's or there is nothing to do on it.
    pub fn hold(&mut self, reason: HoldReason, wake: Wake, now: Timestamp) -> Result<(), WrongState> {
        self.may_work("put on hold")?;
        self.state = State::OnHold { reason, since: now };
        self.wake = Some(wake);
        self.changed_at = now;
        Ok(())
    }

    /// Ends a hold; changes nothing when there is none.
    ///
    /// # Errors
    /// [`WrongState`] when it is not this line's or it is resolved.
    pub fn resume(&mut self, wake: Wake, now: Timestamp) -> Result<(), WrongState> {
        self.may_work("resume")?;
        self.state = State::Open;
        self.wake = Some(wake);
        self.changed_at = now;
        Ok(())
    }

    /// Solved here, or handed to here as solved: waits for the client's confirmation.
    ///
    /// # Errors
    /// [`WrongState`] when it is not this line's or is already resolved.
    pub fn resolve(&mut self, resolution: Resolution, wake: Wake, now: Timestamp) -> Result<(), WrongState> {
        self.may_work("resolve")?;
        self.state = State::Resolved { resolution, at: now };
        self.wake = Some(wake);
        self.changed_at = now;
        Ok(())
    }

    /// Closes a resolved ticket.
    ///
    /// # Errors
    /// [`WrongState`] when it is not this line's or not resolved.
    pub fn close(&mut self, confirmed: bool, now: Timestamp) -> Result<(), WrongState> {
        self.may("close")?;
        let State::Resolved { resolution, .. } = &self.state else {
            return Err(WrongState::Refused { action: "close", state: self.state.name() });
        };
        self.state = State::Closed { resolution: resolution.clone(), at: now, confirmed };
        self.wake = None;
        self.changed_at = now;
        Ok(())
    }

    /// Opens a resolved or closed ticket again and counts it.
    ///
    /// # Errors
    /// [`WrongState`] when it is not this line's or is still open.
    pub fn reopen(&mut self, wake: Wake, now: Timestamp) -> Result<(), WrongState> {
        match (&self.custody, &self.state) {
            (Custody::Held, State::Resolved { .. } | State::Closed { .. }) => {
                self.state = State::Open;
                self.reopened = self.reopened.saturating_add(1);
                self.wake = Some(wake);
                self.changed_at = now;
                Ok(())
            }
            (Custody::Held, State::Open | State::OnHold { .. }) => {
                Err(WrongState::Refused { action: "reopen", state: self.state.name() })
            }
            (Custody::HandingOver { .. } | Custody::PassedOn { .. }, _) => self.may("reopen"),
        }
    }

    /// The line to which a return goes: the one that last held the ticket before this line and is below it.
    #[must_use]
    pub fn came_from(&self) -> Option<Line> {
        self.hops.iter().rev().map(|hop| hop.line).find(|line| *line < self.line)
    }

    /// How often this line has returned the ticket to `to`.
    #[must_use]
    pub fn returned_to(&self, to: Line) -> u32 {
        self.returns.iter().find(|r| r.from == self.line && r.to == to).map_or(0, |r| r.count)
    }

    /// How often `from` has returned the ticket to this line.
    #[must_use]
    pub fn returned_by(&self, from: Line) -> u32 {
        self.returns.iter().find(|r| r.from == from && r.to == self.line).map_or(0, |r| r.count)
    }

    /// Every line that has held the ticket, each once, in the order in which they first did.
    #[must_use]
    pub fn touched(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for hop in &self.hops {
            if !lines.contains(&hop.line) {
                lines.push(hop.line);
            }
        }
        lines
    }
}

fn count_return(returns: &mut Vec<Returns>, from: Line, to: Line) {
    match returns.iter_mut().find(|r| r.from == from && r.to == to) {
        Some(known) => known.count = known.count.saturating_add(1),
        None => returns.push(Returns { from, to, count: 1 }),
    }
}
