//! What may happen to a visit, when two clash, and that calendar programs read what was meant.

use expect_test::expect;
use icalendar::parser::{read_calendar, unfold};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use ticket::event::{VisitState, Window};
use ticket::{RequestId, TicketId, VisitId};
use visits::{Answer, Booking, Journey, Method, Place, Unfit, Visit, Words, busy_search, calendar, moment};

fn at(text: &str) -> Timestamp {
    text.parse().expect("the instant is well formed")
}

fn booking(begins: Timestamp, minutes: i64, there: u32, back: u32) -> Booking {
    let ends = begins + SignedDuration::from_mins(minutes);
    Booking {
        engineer: "d.volkov".to_owned(),
        window: Window { begins, ends },
        journey: Journey { there, back },
        skills: Vec::new(),
        outside_hours: false,
    }
}

fn visit() -> Visit {
    let ticket: TicketId = "tkt_0190f3f2a1b27c3d8e4f5a6b7c8d9e0f".parse().expect("well formed");
    let request: RequestId = "r1".parse().expect("well formed");
    let planned_at = at("2026-09-14T09:00:00Z");
    Visit {
        id: VisitId::of(ticket, &request),
        ticket,
        number: "EST-000001".to_owned(),
        booking: booking(at("2026-09-15T07:00:00Z"), 120, 30, 40),
        why_on_site: "порт не отвечает".to_owned(),
        purpose: "заменить роутер".to_owned(),
        place: Place { reference: "addr:4711".to_owned(), address: None },
        state: VisitState::Planned,
        sequence: 0,
        revision: 0,
        planned_by: "m.sokolov".to_owned(),
        planned_at,
        changed_at: planned_at,
        answer: None,
        begun_at: None,
        ended_at: None,
        outcome: String::new(),
    }
}

fn agreed(yes: bool) -> Answer {
    Answer { agreed: yes, comment: String::new(), at: at("2026-09-14T10:00:00Z") }
}

#[test]
fn a_visit_begins_only_when_the_client_agreed_to_the_window_it_has() {
    let now = at("2026-09-15T07:00:00Z");
    let mut visit = visit();
    assert_eq!(visit.begin(now).map_err(|wrong| wrong.to_string()), Err("cannot begin a visit that is planned".into()));
    assert!(visit.hear(0, agreed(true)));
    visit.move_to(booking(at("2026-09-16T07:00:00Z"), 60, 0, 0), now).expect("it has not begun");
    assert_eq!((visit.state, visit.sequence), (VisitState::Planned, 1));
    assert!(!visit.hear(0, agreed(true)), "that was the window before");
    assert_eq!(visit.state, VisitState::Planned);
    assert!(visit.hear(1, agreed(false)) && visit.state == VisitState::Planned);
    assert!(visit.hear(1, agreed(true)), "the client may think again");
    visit.begin(now).expect("the client agreed");
    assert!(!visit.hear(1, agreed(false)), "too late");
    assert!(visit.move_to(booking(now, 60, 0, 0), now).is_err());
    visit.finish(true, "роутер заменён".to_owned(), now).expect("it is under way");
    assert!(visit.cancel("зачем".to_owned(), now).is_err() && visit.finish(false, String::new(), now).is_err());
    assert_eq!(visit.state, VisitState::Done);
}

#[test]
fn a_visit_is_late_by_its_window_and_never_once_it_is_over() {
    let grace = SignedDuration::from_mins(15);
    let mut visit = visit();
    assert_eq!(visit.late_at(grace), Some(at("2026-09-15T07:15:00Z")));
    visit.state = VisitState::UnderWay;
    assert_eq!(visit.late_at(grace), Some(at("2026-09-15T09:15:00Z")));
    for over in [VisitState::Done, VisitState::Failed, VisitState::Cancelled] {
        visit.state = over;
        assert_eq!(visit.late_at(grace), None);
    }
}

#[test]
fn a_booking_that_makes_no_sense_is_told() {
    let now = at("2026-09-14T09:00:00Z");
    let later = now + SignedDuration::from_hours(1);
    assert_eq!(booking(later, 60, 0, 0).check(now), Ok(()));
    assert_eq!(booking(later, 0, 0, 0).check(now), Err(Unfit::Backwards));
    assert_eq!(booking(later, -5, 0, 0).check(now), Err(Unfit::Backwards));
    assert_eq!(booking(later, 12 * 60 + 1, 0, 0).check(now), Err(Unfit::TooLong));
    assert_eq!(booking(now - SignedDuration::from_secs(1), 60, 0, 0).check(now), Err(Unfit::Past));
    assert_eq!(booking(later, 60, 0, 8 * 60 + 1).check(now), Err(Unfit::TooFar));
}

#[test]
fn the_way_counts_and_visits_that_touch_do_not_clash() {
    let first = booking(at("2026-09-15T07:00:00Z"), 60, 30, 30);
    let touching = booking(at("2026-09-15T09:00:00Z"), 60, 30, 0);
    assert!(!first.clashes(&touching), "back at 8:30, off again at 8:30");
    let close = booking(at("2026-09-15T09:00:00Z"), 60, 31, 0);
    assert!(first.clashes(&close) && close.clashes(&first));
    let another = Booking { engineer: "m.sokolov".to_owned(), ..close };
    assert!(!first.clashes(&another), "somebody else is free");
}

#[test]
fn a_visit_looks_so_in_a_calendar() {
    let mut visit = visit();
    visit.hear(0, agreed(true));
    let words = |visit: &Visit| Words {
        summary: format!("Выезд {}: {}", visit.number, visit.purpose),
        description: "Дорога: 30 мин туда, 40 мин обратно; инструмент, кабель\nпропуск".to_owned(),
    };
    let ics = calendar("romashka", Method::of(&visit), [&visit], words);
    expect![[r#"
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//Estafeta//romashka//RU
        CALSCALE:GREGORIAN
        METHOD:REQUEST
        BEGIN:VEVENT
        ATTENDEE;CN=d.volkov;ROLE=REQ-PARTICIPANT:urn:estafeta:romashka:person:d.vo
         lkov
        CREATED:20260914T090000Z
        DESCRIPTION:Дорога: 30 мин туда\, 40 мин обратно\; 
         инструмент\, кабель\nпропуск
        DTEND:20260915T090000Z
        DTSTAMP:20260914T100000Z
        DTSTART:20260915T070000Z
        LAST-MODIFIED:20260914T100000Z
        LOCATION:addr:4711
        ORGANIZER:urn:estafeta:romashka
        SEQUENCE:0
        STATUS:CONFIRMED
        SUMMARY:Выезд EST-000001: заменить роутер
        UID:vis_40edaf73c80c5c038a9d1195f4148e04@romashka.estafeta
        END:VEVENT
        END:VCALENDAR
    "#]]
    .assert_eq(&ics.replace("\r\n", "\n"));
    for line in ics.split("\r\n") {
        assert!(line.len() <= 75, "a line has at most 75 octets (RFC 5545, 3.1): {line}");
        assert!(!line.contains(['\r', '\n']), "lines end in CRLF: {line:?}");
    }
    visit.cancel("клиент передумал".to_owned(), at("2026-09-14T11:00:00Z")).expect("it has not begun");
    let gone = calendar("romashka", Method::of(&visit), [&visit], words);
    assert!(gone.contains("METHOD:CANCEL\r\n") && gone.contains("STATUS:CANCELLED\r\n"));
    let published = calendar("romashka", Method::Publish, [&visit, &visit], words);
    assert!(published.matches("BEGIN:VEVENT").count() == 2 && !published.contains("ATTENDEE"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_calendar_program_reads_is_what_was_written(
        purpose in "[а-яёa-zA-Z0-9 ,;:\\\\\"\n—🙂]{0,200}", place in "[а-яa-z ,;\\\\]{1,80}",
    ) {
        // The rim takes outer white space away.
        let (purpose, place) = (purpose.trim().to_owned(), place.trim().to_owned());
        let mut visit = visit();
        visit.place.address = Some(place.clone());
        let words = |_: &Visit| Words { summary: purpose.clone(), description: purpose.clone() };
        let ics = calendar("romashka", Method::Publish, [&visit], words);
        for line in ics.split("\r\n") {
            prop_assert!(line.len() <= 75, "{line}");
        }
        let unfolded = unfold(&ics);
        let read = read_calendar(&unfolded).map_err(TestCaseError::fail)?;
        prop_assert_eq!(read.components.len(), 1);
        let read: icalendar::Calendar = read.into();
        let event = read.iter().find_map(icalendar::CalendarComponent::as_event).expect("there is one");
        use icalendar::{Component, EventLike};
        prop_assert_eq!(event.get_summary().unwrap_or_default(), purpose.as_str());
        prop_assert_eq!(event.get_description().unwrap_or_default(), purpose.as_str());
        prop_assert_eq!(event.get_location().unwrap_or_default(), place.as_str());
        prop_assert_eq!(event.property_value("DTSTART"), Some("20260915T070000Z"));
    }

    #[test]
    fn whatever_clashes_is_found_by_the_search_and_minute_by_minute(
        one in 0i64..5_000, long in 1i64..=720, there in 0u32..=480, back in 0u32..=480,
        two in 0i64..5_000, long2 in 1i64..=720, there2 in 0u32..=480, back2 in 0u32..=480,
    ) {
        let from = at("2026-09-14T00:00:00Z");
        let mine = booking(from + SignedDuration::from_mins(one), long, there, back);
        let other = booking(from + SignedDuration::from_mins(two), long2, there2, back2);
        let minutes = |begin: i64, long: i64, there: u32, back: u32| {
            (begin - i64::from(there)..begin + long + i64::from(back)).collect::<std::collections::BTreeSet<_>>()
        };
        let slowly = !minutes(one, long, there, back).is_disjoint(&minutes(two, long2, there2, back2));
        prop_assert_eq!(mine.clashes(&other), slowly);
        prop_assert_eq!(other.clashes(&mine), slowly);
        let search = busy_search(&mine);
        let within = (moment(search.begins)..moment(search.ends)).contains(&moment(other.window.begins));
        prop_assert!(within || !slowly, "a clash outside of what is searched");
    }
}
