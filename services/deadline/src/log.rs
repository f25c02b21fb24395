//! A ledger from the log of a ticket: which event does what to which clock.

use jiff::Timestamp;
use ticket::event::{Actor, Brought, ClarificationEvent, Event, EventBody, HoldEvent};
use ticket::{BondId, ClarificationId, Evidence, HandoverId, Line};

use crate::agreement::Party;
use crate::ledger::{Ledger, Measure, Target, What};
use crate::promises::{Promises, Triage};

/// The id of the reason of a hold that waits for the client.
pub const CLIENT: &str = "client";
/// The id of the reason of a hold that waits for a vendor.
pub const VENDOR: &str = "vendor";

/// The clock of `party` in `measure` by `log`: the log of line 1 for the client, of a line for that line, of line 4 for a
/// vendor; oldest first. It has not begun where nothing is promised.
///
/// The client's clock runs once, from the first event to the solution. A line's and a vendor's begin anew with each turn
/// that they have with the ticket, and this is the latest one.
#[must_use]
pub fn from_log(log: &[Event], party: &Party, measure: Measure, known: Triage, promises: &impl Promises) -> Ledger {
    let mut reader = Reader { party, measure, promises, known, turn: None };
    for event in log {
        match party {
            Party::Client => reader.client(event),
            Party::Line(_) => reader.line(event),
            Party::Vendor(vendor) => reader.vendor(event, vendor),
        }
    }
    reader.turn.map_or_else(|| Ledger::new(measure), |turn| turn.ledger(measure))
}

struct Reader<'r, P> {
    party: &'r Party,
    measure: Measure,
    promises: &'r P,
    known: Triage,
    /// None before the first one.
    turn: Option<Turn>,
}

/// What an event does to a clock.
enum Note {
    Happened(What),
    Promised(Target),
}

/// What happened since a clock began.
struct Turn {
    begun: Timestamp,
    notes: Vec<(Timestamp, Note)>,
    /// The question to the client that the ticket waits for.
    question: Option<ClarificationId>,
    /// Whether the next move is a vendor's.
    with_vendor: bool,
    /// The reason of a hold by hand.
    by_hand: Option<String>,
    /// The open offer, and when it was made: who hands on has done so then, however long the answer takes.
    offer: Option<(HandoverId, Timestamp)>,
}

impl Turn {
    fn ledger(self, measure: Measure) -> Ledger {
        let mut ledger = Ledger::new(measure);
        let first = self.notes.iter().find_map(|(_, note)| match note {
            Note::Promised(target) => Some(target.clone()),
            Note::Happened(_) => None,
        });
        // Where the first triage is what promises something, it does so from the beginning.
        let Some(target) = first else { return ledger };
        let mut promised = target.clone();
        ledger.record(self.begun, What::Started { target });
        for (at, note) in self.notes {
            match note {
                Note::Happened(what) => ledger.record(at, what),
                Note::Promised(target) if target == promised => {}
                Note::Promised(target) => {
                    promised = target.clone();
                    ledger.record(at, What::TargetChanged { target });
                }
            }
        }
        ledger
    }
}

impl<P: Promises> Reader<'_, P> {
    /// The clock of the client, by the log of line 1, or of line 0 while only that one knows the ticket.
    fn client(&mut self, event: &Event) {
        let at = event.at;
        if self.turn.is_none() {
            self.begin(at);
        }
        self.triaged(event);
        match &event.body {
            EventBody::WroteToClient { .. } if matches!(event.actor, Actor::Person { .. }) => self.answered(at),
            EventBody::AutoAnswered { .. } => self.answered(at),
            EventBody::ClarificationRelayed { clarification } => self.asked(at, *clarification),
            EventBody::ClarificationAnswered { clarification, .. } => self.told(at, *clarification),
            // Nobody waits for the answer any more, so that the clock goes on.
            EventBody::Clarification(ClarificationEvent::Expired { clarification }) => self.told(at, *clarification),
            EventBody::Hold(hold) => self.held_by_hand(at, hold),
            EventBody::CustodyMoved { to, .. } => self.moved(at, *to),
            EventBody::TookOver { with, .. } => {
                self.moved(at, event.line);
                if matches!(with, Brought::Resolution { .. }) {
                    self.happened(at, What::Met);
                }
            }
            EventBody::Resolved { .. } => {
                self.no_hold_by_hand();
                self.happened(at, What::Met);
            }
            EventBody::Closed { .. } => self.happened(at, What::Stopped),
            EventBody::Reopened { .. } => {
                self.no_hold_by_hand();
                self.happened(at, What::Reopened);
            }
            EventBody::Registered { .. }
            | EventBody::AutoDeclined { .. }
            | EventBody::Triaged { .. }
            | EventBody::WroteToClient { .. }
            | EventBody::Sorted(_)
            | EventBody::Heard(_)
            | EventBody::Priority(_)
            | EventBody::Problem(_)
            | EventBody::Scenario(_)
            | EventBody::ChecklistStep { .. }
            | EventBody::ClientWrote { .. }
            | EventBody::Offered { .. }
            | EventBody::Accepted { .. }
            | EventBody::Declined { .. }
            | EventBody::OwnerForced { .. }
            | EventBody::Assigned { .. }
            | EventBody::ClarificationAsked { .. }
            | EventBody::Progressed { .. }
            | EventBody::Diagnosed { .. }
            | EventBody::RootCauseRecorded { .. }
            | EventBody::ActionPlanned { .. }
            | EventBody::BondOpened { .. }
            | EventBody::PartnerSaid { .. }
            | EventBody::SentToPartner { .. }
            | EventBody::ToldResolution { .. }
            | EventBody::NoteAdded
            | EventBody::Tagged { .. }
            | EventBody::Linked { .. }
            | EventBody::Unlinked { .. }
            | EventBody::Rated { .. }
            | EventBody::Clarification(ClarificationEvent::Reminded { .. })
            | EventBody::Technical(_)
            | EventBody::Visit(_)
            | EventBody::Queue(_)
            | EventBody::Desk(_)
            | EventBody::Clock(_)
            | EventBody::Woke { .. } => {}
        }
    }

    /// The clock of a line, by its own log. Whatever a person does there is the response.
    fn line(&mut self, event: &Event) {
        let (at, person) = (event.at, matches!(event.actor, Actor::Person { .. }));
        match &event.body {
            EventBody::Registered { .. } | EventBody::Reopened { .. } => self.begin(at),
            EventBody::TookOver { with: Brought::Resolution { .. }, .. } => {}
            EventBody::TookOver { with: Brought::Evidence { .. } | Brought::Return { .. }, .. } => self.begin(at),
            // What the client thinks of it is no work of the line, whoever records it.
            EventBody::Rated { .. } => {}
            _ if person => self.answered(at),
            _ => {}
        }
        self.triaged(event);
        match &event.body {
            EventBody::ClarificationAsked { clarification, by, .. } => {
                if *by == event.line {
                    self.asked(at, *clarification);
                }
            }
            EventBody::ClarificationAnswered { clarification, .. } => self.told(at, *clarification),
            // Nobody waits for the answer any more, so that the clock goes on.
            EventBody::Clarification(ClarificationEvent::Expired { clarification }) => self.told(at, *clarification),
            EventBody::Hold(hold) => {
                let (HoldEvent::Began { by, .. } | HoldEvent::Ended { by }) = hold;
                if *by == event.line {
                    self.held_by_hand(at, hold);
                }
            }
            EventBody::BondOpened { .. } | EventBody::SentToPartner { .. } => {
                self.answered(at);
                self.next_move(at, true);
            }
            EventBody::PartnerSaid { verb, .. } => {
                if ends_case(verb) {
                    self.next_move(at, false);
                }
            }
            EventBody::Offered { handover, .. } => {
                if let Some(turn) = &mut self.turn {
                    turn.offer = Some((*handover, at));
                }
            }
            EventBody::Accepted { handover, .. } => {
                let offer = self.turn.as_mut().and_then(|turn| turn.offer.take_if(|(offered, _)| offered == handover));
                if let Some((_, offered_at)) = offer {
                    self.happened(offered_at, What::Met);
                }
            }
            // Above line 1 it is handed on, and that counts.
            EventBody::Resolved { .. } => {
                if event.line <= Line::OWNER {
                    self.happened(at, What::Met);
                }
            }
            EventBody::Closed { .. } => self.happened(at, What::Stopped),
            EventBody::Registered { .. }
            | EventBody::Reopened { .. }
            | EventBody::TookOver { .. }
            | EventBody::AutoAnswered { .. }
            | EventBody::AutoDeclined { .. }
            | EventBody::Triaged { .. }
            | EventBody::Sorted(_)
            | EventBody::Heard(_)
            | EventBody::Priority(_)
            | EventBody::Problem(_)
            | EventBody::Scenario(_)
            | EventBody::ChecklistStep { .. }
            | EventBody::ClientWrote { .. }
            | EventBody::WroteToClient { .. }
            | EventBody::Declined { .. }
            | EventBody::OwnerForced { .. }
            | EventBody::Assigned { .. }
            | EventBody::ClarificationRelayed { .. }
            | EventBody::Progressed { .. }
            | EventBody::CustodyMoved { .. }
            | EventBody::Diagnosed { .. }
            | EventBody::RootCauseRecorded { .. }
            | EventBody::ActionPlanned { .. }
            | EventBody::ToldResolution { .. }
            | EventBody::NoteAdded
            | EventBody::Tagged { .. }
            | EventBody::Linked { .. }
            | EventBody::Unlinked { .. }
            | EventBody::Rated { .. }
            | EventBody::Clarification(ClarificationEvent::Reminded { .. })
            | EventBody::Technical(_)
            | EventBody::Visit(_)
            | EventBody::Queue(_)
            | EventBody::Desk(_)
            | EventBody::Clock(_)
            | EventBody::Woke { .. } => {}
        }
    }

    /// The clock of a vendor, by the log of line 4. While the vendor waits for information it stands as for the client,
    /// whoever has to give it.
    fn vendor(&mut self, event: &Event, vendor: &str) {
        let (at, ours) = (event.at, BondId::of(event.ticket, vendor));
        match &event.body {
            EventBody::TookOver { with: Brought::Evidence { evidence }, .. } => match evidence.as_ref() {
                Evidence::Vendor(evidence) if evidence.vendor == vendor => self.begin(at),
                Evidence::Vendor(_) | Evidence::ServiceDesk(_) | Evidence::Technical(_) | Evidence::Expert(_) => {
                    self.happened(at, What::Stopped);
                }
            },
            EventBody::PartnerSaid { bond, verb, .. } if *bond == ours => {
                self.answered(at);
                match verb.as_str() {
                    "propose-fix" => self.happened(at, What::Met),
                    "request-information" => self.hold(at, CLIENT),
                    verb if ends_case(verb) => self.happened(at, What::Stopped),
                    _ => {}
                }
            }
            EventBody::SentToPartner { bond, .. } if *bond == ours => self.happened(at, What::Resumed),
            EventBody::Accepted { .. } => self.happened(at, What::Stopped),
            // Nothing else in that log is said to or by this vendor.
            _ => {}
        }
    }

    /// A clock begins, or begins anew with nothing counted and the target of now.
    fn begin(&mut self, at: Timestamp) {
        self.turn =
            Some(Turn { begun: at, notes: Vec::new(), question: None, with_vendor: false, by_hand: None, offer: None });
        self.promise(at);
    }

    fn note(&mut self, at: Timestamp, note: Note) {
        if let Some(turn) = &mut self.turn {
            turn.notes.push((at, note));
        }
    }

    fn happened(&mut self, at: Timestamp, what: What) {
        self.note(at, Note::Happened(what));
    }

    fn promise(&mut self, at: Timestamp) {
        let Triage { priority, category } = &self.known;
        let target = self.promises.target(self.party, self.measure, *priority, category.as_deref(), at);
        if let Some(target) = target {
            self.note(at, Note::Promised(target));
        }
    }

    fn triaged(&mut self, event: &Event) {
        let Some((priority, category)) = event.body.triage() else { return };
        self.known = Triage { priority, category: Some(category.to_owned()).filter(|category| !category.is_empty()) };
        self.promise(event.at);
    }

    fn answered(&mut self, at: Timestamp) {
        if self.measure == Measure::Response {
            self.happened(at, What::Met);
        }
    }

    fn hold(&mut self, at: Timestamp, reason: &str) {
        let stops = self.promises.stops(reason, self.party.kind(), at);
        self.happened(at, What::Held { reason: reason.to_owned(), stops });
    }

    /// The client is asked.
    fn asked(&mut self, at: Timestamp, question: ClarificationId) {
        // The wait for the client takes the place of a hold by hand.
        self.waits(at, |turn| (turn.question, turn.by_hand) = (Some(question), None));
    }

    /// The client has answered; an answer to an older question ends no hold.
    fn told(&mut self, at: Timestamp, question: ClarificationId) {
        self.waits(at, |turn| turn.question = turn.question.filter(|open| *open != question));
    }

    /// Another line has it, and the question of the one before is no longer waited for.
    fn moved(&mut self, at: Timestamp, to: Line) {
        self.waits(at, |turn| {
            (turn.question, turn.with_vendor, turn.by_hand) = (None, to == Line::Vendor, None);
        });
    }

    fn next_move(&mut self, at: Timestamp, is_vendors: bool) {
        self.waits(at, |turn| turn.with_vendor = is_vendors);
    }

    /// A hold by hand is over, whatever the clock does.
    fn no_hold_by_hand(&mut self) {
        if let Some(turn) = &mut self.turn {
            turn.by_hand = None;
        }
    }

    /// Somebody put it on hold, or ended that.
    fn held_by_hand(&mut self, at: Timestamp, hold: &HoldEvent) {
        self.waits(at, |turn| {
            turn.by_hand = match hold {
                HoldEvent::Began { reason, .. } => Some(reason.clone()),
                HoldEvent::Ended { .. } => None,
            };
        });
    }

    /// Notes for what the ticket waits after `change`: first for the client, then for a vendor, then as somebody said.
    fn waits(&mut self, at: Timestamp, change: impl FnOnce(&mut Turn)) {
        let Some(turn) = &mut self.turn else { return };
        change(turn);
        match (turn.question, turn.with_vendor, turn.by_hand.clone()) {
            (Some(_), _, _) => self.hold(at, CLIENT),
            (None, true, _) => self.hold(at, VENDOR),
            (None, false, Some(reason)) => self.hold(at, &reason),
            (None, false, None) => self.happened(at, What::Resumed),
        }
    }
}

/// Whether the vendor does nothing more after this verb.
fn ends_case(verb: &str) -> bool {
    matches!(verb, "reject" | "close")
}
