//! A visit and its states.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ticket::event::{VisitNews, VisitState, Window};
use ticket::{TicketId, VisitId};

/// The longest time window, in minutes.
pub const MINUTES_MAX: u32 = 12 * 60;

/// The longest way there, or back, in minutes.
pub const TRAVEL_MINUTES_MAX: u32 = 8 * 60;

/// A field visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// For which ticket.
    pub ticket: TicketId,
    /// The ticket's number, as people call it; empty where it has none.
    pub number: String,
    /// Who comes when.
    pub booking: Booking,
    /// Why remote help will not do.
    pub why_on_site: String,
    /// What for, in words for the client.
    pub purpose: String,
    /// Where.
    pub place: Place,
    /// How it stands.
    pub state: VisitState,
    /// Which of its time windows, from 0.
    pub sequence: u32,
    /// How often anything of it changed.
    pub revision: u32,
    /// Who planned it.
    pub planned_by: String,
    /// When.
    pub planned_at: Timestamp,
    /// When anything of it last changed.
    pub changed_at: Timestamp,
    /// What the client said to the present window.
    pub answer: Option<Answer>,
    /// When the engineer began.
    pub begun_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What came out, or why it does not take place; empty before.
    pub outcome: String,
}

/// Who comes when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Who comes.
    pub engineer: String,
    /// When.
    pub window: Window,
    /// The way there and back.
    pub journey: Journey,
    /// What the engineer must be able to do.
    pub skills: Vec<String>,
    /// Although nobody drives out at that time.
    pub outside_hours: bool,
}

/// The way there and back, in minutes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// There.
    pub there: u32,
    /// Back.
    pub back: u32,
}

/// Where a visit goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What the organization's own systems make an address of.
    pub reference: String,
    /// The address itself, where it may be kept.
    pub address: Option<String>,
}

/// What the client said to a time window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it suits.
    pub agreed: bool,
    /// What was said to it; may be empty.
    pub comment: String,
    /// When.
    pub at: Timestamp,
}

/// A booking that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The window has no length, or a negative one.
    #[error("ends before it begins")]
    Backwards,
    /// The window is too long.
    #[error("is longer than {MINUTES_MAX} minutes; plan several visits")]
    TooLong,
    /// The window has begun.
    #[error("begins in the past")]
    Past,
    /// The way is too long.
    #[error("takes more than {TRAVEL_MINUTES_MAX} minutes")]
    TooFar,
}

/// How a visit stands does not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot {action} a visit that is {}", state.name())]
pub struct WrongVisit {
    /// What was wanted.
    pub action: &'static str,
    /// How it stands.
    pub state: VisitState,
}

impl Booking {
    /// The time in which the engineer can do nothing else: the window and the way.
    #[must_use]
    pub fn busy(&self) -> Window {
        let minutes = |minutes: u32| SignedDuration::from_mins(i64::from(minutes));
        let Window { begins, ends } = self.window;
        Window {
            begins: begins.saturating_sub(minutes(self.journey.there)).unwrap_or(Timestamp::MIN),
            ends: ends.saturating_add(minutes(self.journey.back)).unwrap_or(Timestamp::MAX),
        }
    }

    /// Fails where the booking makes no sense at `now`.
    ///
    /// # Errors
    /// [`Unfit`], the first that holds.
    pub fn check(&self, now: Timestamp) -> Result<(), Unfit> {
        let Window { begins, ends } = self.window;
        if ends <= begins {
            Err(Unfit::Backwards)
        } else if ends.duration_since(begins) > SignedDuration::from_mins(i64::from(MINUTES_MAX)) {
            Err(Unfit::TooLong)
        } else if begins < now {
            Err(Unfit::Past)
        } else if self.journey.there.max(self.journey.back) > TRAVEL_MINUTES_MAX {
            Err(Unfit::TooFar)
        } else {
            Ok(())
        }
    }

    /// Whether the same engineer cannot do both.
    #[must_use]
    pub fn clashes(&self, other: &Self) -> bool {
        self.engineer == other.engineer && self.busy().overlaps(other.busy())
    }
}

/// The beginnings of windows among which every booking is that can clash with `booking`: neither a window nor a way is
/// longer than it may be.
#[must_use]
pub fn busy_search(booking: &Booking) -> Window {
    let longest = SignedDuration::from_mins(i64::from(MINUTES_MAX + 2 * TRAVEL_MINUTES_MAX));
    let busy = booking.busy();
    Window {
        begins: busy.begins.saturating_sub(longest).unwrap_or(Timestamp::MIN),
        ends: busy.ends.saturating_add(longest).unwrap_or(Timestamp::MAX),
    }
}

/// An instant as a text that sorts as instants do: whole seconds, in UTC.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Whether a text is what [`moment`] makes.
#[must_use]
pub fn is_moment(text: &str) -> bool {
    let shape = "00000000T000000Z";
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(given, wanted)| match wanted {
            b'0' => given.is_ascii_digit(),
            sign => given == sign,
        })
}

impl Visit {
    /// What line 1, and through it the client, is told.
    #[must_use]
    pub fn news(&self) -> VisitNews {
        VisitNews {
            visit: self.id,
            sequence: self.sequence,
            state: self.state,
            window: self.booking.window,
            purpose: self.purpose.clone(),
            why_cancelled: if self.state == VisitState::Cancelled { self.outcome.clone() } else { String::new() },
        }
    }

    /// Gives it another booking; the client is to be asked again.
    ///
    /// # Errors
    /// [`WrongVisit`] once it is under way or over.
    pub fn move_to(&mut self, booking: Booking, now: Timestamp) -> Result<(), WrongVisit> {
        match self.state {
            VisitState::Planned | VisitState::Confirmed => {
                self.booking = booking;
                self.state = VisitState::Planned;
                self.sequence = self.sequence.saturating_add(1);
                self.answer = None;
                self.changed(now);
                Ok(())
            }
            VisitState::UnderWay | VisitState::Done | VisitState::Failed | VisitState::Cancelled => {
                Err(WrongVisit { action: "move", state: self.state })
            }
        }
    }

    /// Takes the client's answer to the window `sequence`. Says whether it counts: one to an earlier window, or after the
    /// visit began, does not.
    pub fn hear(&mut self, sequence: u32, answer: Answer) -> bool {
        match self.state {
            VisitState::Planned | VisitState::Confirmed if sequence == self.sequence => {
                self.state = if answer.agreed { VisitState::Confirmed } else { VisitState::Planned };
                self.changed(answer.at);
                self.answer = Some(answer);
                true
            }
            VisitState::Planned
            | VisitState::Confirmed
            | VisitState::UnderWay
            | VisitState::Done
            | VisitState::Failed
            | VisitState::Cancelled => false,
        }
    }

    /// The engineer is at it.
    ///
    /// # Errors
    /// [`WrongVisit`] unless the client agreed.
    pub fn begin(&mut self, now: Timestamp) -> Result<(), WrongVisit> {
        if self.state != VisitState::Confirmed {
            return Err(WrongVisit { action: "begin", state: self.state });
        }
        self.state = VisitState::UnderWay;
        self.begun_at = Some(now);
        self.changed(now);
        Ok(())
    }

    /// It took place; `done` says whether what it was for is done.
    ///
    /// # Errors
    /// [`WrongVisit`] unless it is under way.
    pub fn finish(&mut self, done: bool, outcome: String, now: Timestamp) -> Result<(), WrongVisit> {
        if self.state != VisitState::UnderWay {
            return Err(WrongVisit { action: "finish", state: self.state });
        }
        self.end(if done { VisitState::Done } else { VisitState::Failed }, outcome, now);
        Ok(())
    }

    /// It does not take place, or is broken off.
    ///
    /// # Errors
    /// [`WrongVisit`] when it is over.
    pub fn cancel(&mut self, why: String, now: Timestamp) -> Result<(), WrongVisit> {
        if !self.state.is_open() {
            return Err(WrongVisit { action: "cancel", state: self.state });
        }
        self.end(VisitState::Cancelled, why, now);
        Ok(())
    }

    fn end(&mut self, state: VisitState, outcome: String, now: Timestamp) {
        self.state = state;
        self.outcome = outcome;
        self.ended_at = Some(now);
        self.changed(now);
    }

    fn changed(&mut self, now: Timestamp) {
        self.changed_at = now;
        self.revision = self.revision.saturating_add(1);
    }

    /// When somebody is to look why it has not begun, or not ended; none when it is over.
    #[must_use]
    pub fn late_at(&self, grace: SignedDuration) -> Option<Timestamp> {
        let Window { begins, ends } = self.booking.window;
        let due = match self.state {
            VisitState::Planned | VisitState::Confirmed => begins,
            VisitState::UnderWay => ends,
            VisitState::Done | VisitState::Failed | VisitState::Cancelled => return None,
        };
        Some(due.saturating_add(grace).unwrap_or(Timestamp::MAX))
    }
}
