//! Clocks from the logs of lines 1, 2 and 4.

use deadline::{
    AgreementKind, CLIENT, Calendar, Calendars, Ledger, Measure, Party, Promises, State, Target, Triage, from_log,
};
use jiff::{SignedDuration, Timestamp};
use ticket::custody::Passage;
use ticket::event::{Actor, Brought, ClarificationEvent, Event, EventBody};
use ticket::evidence::{Evidence, Finding, VendorEvidence};
use ticket::{
    BondId, Channel, ClarificationId, Epoch, HandoverId, Impact, Line, Mood, Priority, Resolution, ReturnReason,
    TicketId, Urgency,
};

use crate::world::{due, hours, moscow, only, target, zone};

/// Eight hours to solve it, two when it is critical; half an hour to answer. Only a hold for the client stops a clock.
struct House;

impl Promises for House {
    fn target(&self, _: &Party, measure: Measure, priority: Priority, _: Option<&str>, _: Timestamp) -> Option<Target> {
        let within = match (measure, priority) {
            (Measure::Response, _) => SignedDuration::from_mins(30),
            (Measure::Resolution, Priority::Critical) => hours(2),
            (Measure::Resolution, _) => hours(8),
        };
        Some(target("always", within))
    }

    fn stops(&self, reason: &str, _: AgreementKind, _: Timestamp) -> bool {
        reason == CLIENT
    }
}

fn calendars() -> Calendars {
    only(Calendar::always("always", zone("Europe/Moscow")))
}

fn ticket() -> TicketId {
    "tkt_0190f3f2a1b27c3d8e4f5a6b7c8d9e0f".parse().expect("an id")
}

fn question(name: &str) -> ClarificationId {
    ClarificationId::of(ticket(), &name.parse().expect("a request id"))
}

fn person() -> Actor {
    Actor::Person { subject: "d.volkov".to_owned() }
}

/// Events of the log of `line` on 5 November 2026 in Moscow.
fn log(line: Line, events: Vec<(&str, Actor, EventBody)>) -> Vec<Event> {
    let event = |(time, actor, body): (&str, Actor, EventBody)| Event {
        organization: "acme".parse().expect("an organization"),
        ticket: ticket(),
        line,
        epoch: Epoch::FIRST,
        at: moscow(&format!("2026-11-05 {time}")),
        actor,
        trace_id: String::new(),
        body,
    };
    events.into_iter().map(event).collect()
}

fn read(log: &[Event], party: &Party, measure: Measure) -> Ledger {
    from_log(log, party, measure, Triage { priority: Priority::Medium, category: None }, &House)
}

fn resolution() -> Resolution {
    let text = || "text".to_owned();
    Resolution {
        by: Line::Technical,
        root_cause: text(),
        done: text(),
        workaround: false,
        how_to_verify: text(),
        steps_to_verify: Vec::new(),
        knowledge: None,
    }
}

fn came_back() -> EventBody {
    let with = Brought::Return { reason: ReturnReason::EvidenceInsufficient, asked_for: "logs".to_owned() };
    EventBody::TookOver { handover: HandoverId::of(ticket(), Epoch::FIRST), from: Line::Expert, with }
}

fn vendor_evidence(vendor: &str) -> EventBody {
    let text = || "text".to_owned();
    let evidence = VendorEvidence {
        vendor: vendor.to_owned(),
        product: text(),
        version: text(),
        contract: text(),
        hypothesis: text(),
        reproduction: text(),
        business_impact: text(),
        asked: text(),
    };
    let with = Brought::from(Evidence::Vendor(evidence));
    EventBody::TookOver { handover: HandoverId::of(ticket(), Epoch::FIRST), from: Line::Expert, with }
}

fn triaged(priority: Priority) -> EventBody {
    let (impact, urgency) = (Impact::High, Urgency::High);
    EventBody::Triaged { category: "vpn".to_owned(), impact, urgency, mood: Mood::Neutral, priority }
}

fn this_line(line: Line) -> Actor {
    Actor::Line { line }
}

#[test]
fn a_ticket_that_an_escalation_hands_over_gets_a_new_target() {
    let handover = HandoverId::of(ticket(), Epoch::FIRST);
    let finding = Finding { tried: "a cable".to_owned(), result: "whole".to_owned(), ruled_out: true };
    let mut events = vec![
        ("10:00", this_line(Line::ServiceDesk), came_back()),
        ("10:20", person(), EventBody::Diagnosed { finding }),
        (
            "12:00",
            person(),
            EventBody::Offered { handover, to: Line::Expert, epoch: Epoch::FIRST, passage: Passage::Escalation },
        ),
        ("12:30", this_line(Line::Expert), EventBody::Accepted { handover, by: Line::Expert, epoch: Epoch::FIRST }),
    ];
    let party = Party::Line(Line::Technical);
    let first = read(&log(Line::Technical, events.clone()), &party, Measure::Resolution);
    let state = first.state(&calendars(), moscow("2026-11-06 00:00")).unwrap();
    let handed_on = moscow("2026-11-05 12:00");
    assert_eq!(state, State::Met { at: handed_on, left: hours(6) }, "when it was offered, not when it was taken");
    events.push(("15:00", this_line(Line::Expert), came_back()));
    let again = read(&log(Line::Technical, events), &party, Measure::Resolution);
    assert_eq!(due(&again, &calendars()).as_deref(), Some("2026-11-05 23:00"), "eight hours of its own again");
    assert_eq!(again.facts().len(), 1);
}

#[test]
fn the_clients_clock_runs_through_every_line_and_stands_while_the_client_is_asked() {
    let bond = EventBody::CustodyMoved { to: Line::Vendor, epoch: Epoch::FIRST };
    let (relayed, answer) = (question("q1"), "yes".to_owned());
    let log = log(
        Line::ServiceDesk,
        vec![
            ("10:00", person(), EventBody::Registered { channel: Channel::Phone }),
            ("10:00", this_line(Line::ServiceDesk), EventBody::WroteToClient { text: "registered".to_owned() }),
            ("10:20", person(), EventBody::WroteToClient { text: "looking into it".to_owned() }),
            ("11:00", person(), EventBody::ClarificationRelayed { clarification: relayed }),
            (
                "11:10",
                Actor::Client,
                EventBody::ClarificationAnswered { clarification: question("q0"), answer: answer.clone() },
            ),
            ("13:00", Actor::Client, EventBody::ClarificationAnswered { clarification: relayed, answer }),
            ("14:00", this_line(Line::Vendor), bond),
            ("18:00", person(), EventBody::WroteToClient { text: "soon".to_owned() }),
        ],
    );
    let response = read(&log, &Party::Client, Measure::Response);
    let state = response.state(&calendars(), moscow("2026-11-06 00:00")).unwrap();
    assert_eq!(
        state,
        State::Met { at: moscow("2026-11-05 10:20"), left: SignedDuration::from_mins(10) },
        "by a person"
    );
    let solving = read(&log, &Party::Client, Measure::Resolution);
    assert_eq!(due(&solving, &calendars()).as_deref(), Some("2026-11-05 20:00"), "two hours are the client's own");
    let vendor = solving.explain(&calendars(), moscow("2026-11-05 20:00")).unwrap();
    assert_eq!(vendor.len(), 4, "run, hold, run, and run on while the vendor has it: {vendor:?}");
}

#[test]
fn a_clock_goes_on_when_nobody_waits_for_the_answer_any_more() {
    let asked = question("q1");
    let log = log(
        Line::ServiceDesk,
        vec![
            ("10:00", person(), EventBody::Registered { channel: Channel::Phone }),
            ("11:00", person(), EventBody::ClarificationRelayed { clarification: asked }),
            (
                "12:00",
                this_line(Line::Technical),
                EventBody::Clarification(ClarificationEvent::Reminded { clarification: asked, count: 1 }),
            ),
            (
                "13:00",
                this_line(Line::Technical),
                EventBody::Clarification(ClarificationEvent::Expired { clarification: asked }),
            ),
        ],
    );
    let solving = read(&log, &Party::Client, Measure::Resolution);
    assert_eq!(due(&solving, &calendars()).as_deref(), Some("2026-11-05 20:00"), "two hours were the client's own");
}

#[test]
fn another_priority_is_another_target_and_a_reopening_goes_on() {
    let with = Brought::Resolution { resolution: resolution() };
    let handover = HandoverId::of(ticket(), Epoch::FIRST);
    let log = log(
        Line::ServiceDesk,
        vec![
            ("10:00", person(), EventBody::Registered { channel: Channel::Phone }),
            ("10:30", person(), triaged(Priority::High)),
            ("11:00", person(), triaged(Priority::Critical)),
            ("11:30", this_line(Line::Technical), EventBody::TookOver { handover, from: Line::Technical, with }),
            ("20:00", Actor::Client, EventBody::Reopened { text: "it is back".to_owned() }),
        ],
    );
    let client = read(&log, &Party::Client, Measure::Resolution);
    assert_eq!(due(&client, &calendars()).as_deref(), Some("2026-11-05 20:30"), "an hour and a half is used up");
    assert_eq!(client.target().map(|target| target.within), Some(hours(2)));
    let desk = read(&log, &Party::Line(Line::ServiceDesk), Measure::Resolution);
    assert_eq!(due(&desk, &calendars()).as_deref(), Some("2026-11-05 22:00"), "the line has a turn of its own");
}

#[test]
fn a_vendors_clock_is_of_its_own_messages_and_stands_while_it_waits_for_information() {
    let bond = BondId::of(ticket(), "cloudcore");
    let said = |verb: &str| EventBody::PartnerSaid { bond, verb: verb.to_owned(), text: String::new() };
    let sent = || EventBody::SentToPartner { bond, text: String::new() };
    let partner = || Actor::Partner { vendor: "cloudcore".to_owned() };
    let mut events = vec![
        ("10:00", this_line(Line::Expert), vendor_evidence("cloudcore")),
        ("10:00", this_line(Line::Expert), EventBody::BondOpened { bond, vendor: "cloudcore".to_owned() }),
        ("10:00", this_line(Line::Expert), sent()),
        ("10:15", partner(), said("accept")),
        ("11:00", partner(), said("request-information")),
        ("13:00", person(), sent()),
    ];
    let party = Party::Vendor("cloudcore".to_owned());
    let read_log =
        |events: &[(&str, Actor, EventBody)], measure| read(&log(Line::Vendor, events.to_vec()), &party, measure);
    assert_eq!(due(&read_log(&events, Measure::Resolution), &calendars()).as_deref(), Some("2026-11-05 20:00"));
    let response = read_log(&events, Measure::Response).state(&calendars(), moscow("2026-11-06 00:00")).unwrap();
    assert!(matches!(response, State::Met { at, .. } if at == moscow("2026-11-05 10:15")), "{response:?}");
    events.push(("14:00", partner(), said("propose-fix")));
    let solved = read_log(&events, Measure::Resolution).state(&calendars(), moscow("2026-11-06 00:00")).unwrap();
    assert_eq!(solved, State::Met { at: moscow("2026-11-05 14:00"), left: hours(6) });
    let other = read(&log(Line::Vendor, events), &Party::Vendor("paysoft".to_owned()), Measure::Resolution);
    assert_eq!(other.facts(), [], "the other vendor has nothing to do with it");
}
