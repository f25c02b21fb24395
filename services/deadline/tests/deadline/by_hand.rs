//! Holds by hand, questions to the client and handovers to the vendor in one log, in whatever order: the clock is that of
//! somebody who goes through it minute by minute with a list of what the ticket waits for.

use deadline::{AgreementKind, Measure, Party, Promises, Target, Triage, from_log};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, contextualize_config};
use ticket::event::{Actor, Event, EventBody, HoldEvent};
use ticket::{Channel, ClarificationId, Epoch, Line, Priority, TicketId};

use crate::reference::works;
use crate::world::{moscow, office, only, target};

/// How far the reference looks, in minutes: twelve days.
const HORIZON: i64 = 12 * 24 * 60;

/// What somebody does with the ticket.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Puts it on hold for a reason that stops the clock, or for one that does not.
    Hold {
        stops: bool,
    },
    Resume,
    Ask(u8),
    Answer(u8),
    ToVendor,
    Back,
}

struct House {
    within: SignedDuration,
}

impl Promises for House {
    fn target(&self, _: &Party, _: Measure, _: Priority, _: Option<&str>, _: Timestamp) -> Option<Target> {
        Some(target("office", self.within))
    }

    fn stops(&self, reason: &str, _: AgreementKind, _: Timestamp) -> bool {
        reason == deadline::CLIENT || reason == "parts"
    }
}

fn ticket() -> TicketId {
    "tkt_0190f3f2a1b27c3d8e4f5a6b7c8d9e0f".parse().expect("an id")
}

fn question(number: u8) -> ClarificationId {
    ClarificationId::of(ticket(), &format!("q{number}").parse().expect("a request id"))
}

fn body(step: Step) -> EventBody {
    let by = Line::ServiceDesk;
    match step {
        Step::Hold { stops } => {
            let reason = if stops { "parts" } else { "weather" }.to_owned();
            EventBody::Hold(HoldEvent::Began { by, reason, until: None, note: String::new() })
        }
        Step::Resume => EventBody::Hold(HoldEvent::Ended { by }),
        Step::Ask(number) => EventBody::ClarificationRelayed { clarification: question(number) },
        Step::Answer(number) => {
            EventBody::ClarificationAnswered { clarification: question(number), answer: "yes".to_owned() }
        }
        Step::ToVendor => EventBody::CustodyMoved { to: Line::Vendor, epoch: Epoch::FIRST },
        Step::Back => EventBody::CustodyMoved { to: Line::ServiceDesk, epoch: Epoch::FIRST },
    }
}

fn event(at: Timestamp, body: EventBody) -> Event {
    let actor = Actor::Person { subject: "d.volkov".to_owned() };
    let organization = "acme".parse().expect("an organization");
    let (line, epoch, trace_id) = (Line::ServiceDesk, Epoch::FIRST, String::new());
    Event { organization, ticket: ticket(), line, epoch, at, actor, trace_id, body }
}

/// What the ticket waits for, on a slip of paper.
#[derive(Debug, Default)]
struct Slip {
    question: Option<u8>,
    vendor: bool,
    by_hand: Option<bool>,
}

impl Slip {
    fn write(&mut self, step: Step) {
        match step {
            Step::Hold { stops } => self.by_hand = Some(stops),
            Step::Resume => self.by_hand = None,
            // Asking the client takes the place of a hold.
            Step::Ask(number) => (self.question, self.by_hand) = (Some(number), None),
            Step::Answer(number) if self.question == Some(number) => self.question = None,
            Step::Answer(_) => {}
            // Whoever has it now starts with nothing to wait for.
            Step::ToVendor => *self = Self { question: None, vendor: true, by_hand: None },
            Step::Back => *self = Self::default(),
        }
    }

    fn stands(&self) -> bool {
        // The vendor's dallying is not the client's.
        self.question.is_some() || (!self.vendor && self.by_hand == Some(true))
    }
}

/// How much has counted until `now`, and when the promise was broken.
fn by_hand(
    steps: &[(i64, Step)],
    begun: Timestamp,
    within: SignedDuration,
    now: i64,
) -> (SignedDuration, Option<Timestamp>) {
    let (calendar, mut slip) = (office(), Slip::default());
    let (mut counted, mut broken) = (SignedDuration::ZERO, None);
    for minute in 0..=now {
        let at = begun + SignedDuration::from_mins(minute);
        steps.iter().filter(|(when, _)| *when == minute).for_each(|(_, step)| slip.write(*step));
        if broken.is_none() && counted >= within && !slip.stands() {
            broken = Some(at);
        }
        if minute < now && !slip.stands() && works(&calendar, at) {
            counted += SignedDuration::from_mins(1);
        }
    }
    (counted, broken)
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<bool>().prop_map(|stops| Step::Hold { stops }),
        3 => Just(Step::Resume),
        2 => (0..3_u8).prop_map(Step::Ask),
        2 => (0..3_u8).prop_map(Step::Answer),
        1 => Just(Step::ToVendor),
        1 => Just(Step::Back),
    ]
}

proptest! {
    #![proptest_config(contextualize_config(ProptestConfig {
        cases: 192,
        rng_seed: RngSeed::Fixed(2026),
        failure_persistence: None,
        ..ProptestConfig::default()
    }))]

    #[test]
    fn holds_by_hand_are_reckoned_as_minute_by_minute(
        later in proptest::collection::vec((1..3000_i64, any_step()), 0..8),
        within in 1..4000_i64,
        now in 0..HORIZON,
    ) {
        let (begun, within) = (moscow("2026-11-05 10:00"), SignedDuration::from_mins(within));
        let mut when = 0;
        let steps: Vec<(i64, Step)> = later.into_iter().map(|(later, step)| { when += later; (when, step) }).collect();
        let mut log = vec![event(begun, EventBody::Registered { channel: Channel::Phone })];
        log.extend(steps.iter().map(|(at, step)| event(begun + SignedDuration::from_mins(*at), body(*step))));
        let known = Triage { priority: Priority::Medium, category: None };
        let ledger = from_log(&log, &Party::Client, Measure::Resolution, known, &House { within });

        let calendars = only(office());
        let at = begun + SignedDuration::from_mins(now);
        prop_assert_eq!(ledger.as_of(at).elapsed(&calendars, at), Ok(by_hand(&steps, begun, within, now).0));
        let horizon = HORIZON.max(when) + HORIZON;
        let (_, broken) = by_hand(&steps, begun, within, horizon);
        let due = ledger.due(&calendars).expect("the office opens every week");
        let seen = due.filter(|due| *due <= begun + SignedDuration::from_mins(horizon));
        prop_assert_eq!(seen, broken);
    }
}
