//! Whatever happens to a clock, by whatever calendar, the reckoning is that of the slow reference.
//!
//! `PROPTEST_CASES` and `PROPTEST_RNG_SEED` look deeper.

use deadline::{
    Calendar, Calendars, Closure, Emergency, Fact, Instead, Interval, Ledger, Measure, OtherTarget, Shift, State, What,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, contextualize_config};

use crate::reference::{Desk, works};
use crate::world::{assert_whole, date, shifts, target, zone};

/// How far the reference looks, in minutes: nine days.
const HORIZON: i64 = 9 * 24 * 60;

/// Zones with the instants around which something happens to their clocks: an hour or half an hour forward and back, by
/// night or at midnight, a whole day, or nothing at all.
const PLACES: [(&str, &str); 9] = [
    ("Europe/Moscow", "2026-11-03T10:00:00Z"),
    ("Europe/Berlin", "2026-03-28T10:00:00Z"),
    ("Europe/Berlin", "2026-10-24T10:00:00Z"),
    ("America/New_York", "2026-11-01T01:00:00Z"),
    ("Africa/Cairo", "2026-04-23T10:00:00Z"),
    ("Africa/Cairo", "2026-10-29T10:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T03:00:00Z"),
    ("Asia/Kathmandu", "2026-12-31T18:00:00Z"),
    ("Pacific/Apia", "2011-12-29T10:00:00Z"),
];

fn any_week() -> BoxedStrategy<[Vec<Shift>; 7]> {
    let day = prop_oneof![
        Just(shifts("09:00-13:00 14:00-18:00")),
        Just(shifts("00:00-24:00")),
        Just(shifts("20:00-02:00")),
        Just(shifts("00:00-02:30 22:15-24:00")),
        Just(Vec::new()),
        (0..1440_u16, 1..1440_u16).prop_map(|(start, length)| vec![Shift { start, end: start + length }]),
    ]
    .boxed();
    prop_oneof![
        3 => day.clone().prop_map(|day| std::array::from_fn(|_| day.clone())),
        2 => proptest::array::uniform7(day),
    ]
    .boxed()
}

fn minutes_after(start: Timestamp, minutes: i64) -> Timestamp {
    start + SignedDuration::from_mins(minutes)
}

fn any_calendar(id: &'static str, zone_name: &'static str, around: Timestamp) -> impl Strategy<Value = Calendar> {
    let days = proptest::collection::vec(-2..9_i64, 0..3);
    let special = proptest::option::of((-2..9_i64, prop_oneof![Just(shifts("10:00-16:00")), Just(Vec::new())]));
    let closure = proptest::option::of((-1000..HORIZON, 1..4000_i64));
    (any_week(), days, special, closure).prop_map(move |(week, days, special, closure)| {
        let mut calendar = Calendar::weekly(id, zone(zone_name), week);
        let on_clock = |minutes| calendar.zone.to_datetime(minutes_after(around, minutes));
        let closures = closure.map(|(from, length)| Closure {
            id: "closure".to_owned(),
            from: on_clock(from),
            to: on_clock(from + length),
        });
        let holidays: Vec<_> = days.iter().map(|day| on_clock(day * 1440).date()).collect();
        let special = special.map(|(day, shifts)| (on_clock(day * 1440).date(), shifts));
        calendar.closures.extend(closures);
        calendar.holidays.extend(holidays);
        calendar.special.extend(special);
        calendar
    })
}

fn any_fact() -> BoxedStrategy<What> {
    let calendar = || prop_oneof![Just("first"), Just("second")];
    prop_oneof![
        3 => any::<bool>().prop_map(|stops| What::Held { reason: "reason".to_owned(), stops }),
        3 => Just(What::Resumed),
        2 => (calendar(), 1..5000_i64)
            .prop_map(|(id, within)| What::TargetChanged { target: target(id, SignedDuration::from_mins(within)) }),
        1 => calendar().prop_map(|id| What::CalendarChanged { calendar: id.to_owned() }),
        2 => Just(What::Met),
        1 => Just(What::Stopped),
        2 => Just(What::Reopened),
    ]
    .boxed()
}

fn doubling(around: Timestamp, (from, length): (i64, i64)) -> Emergency {
    let twice = Some(Instead::Hundredths(200));
    Emergency {
        id: "emergency".to_owned(),
        from: minutes_after(around, from),
        to: minutes_after(around, from + length),
        targets: vec![OtherTarget { agreements: Vec::new(), response: twice, resolution: twice }],
    }
}

/// What the reference and the crate are both told.
#[derive(Debug, Clone)]
struct Story {
    ledger: Ledger,
    first: Calendar,
    second: Calendar,
    /// Each doubles every target.
    emergencies: Vec<Emergency>,
    /// The second version of the first calendar, and since when it is in force.
    edited: (Calendar, Timestamp),
}

impl Story {
    fn calendars(&self) -> Calendars {
        let mut calendars = Calendars::from_iter([self.first.clone(), self.second.clone()]);
        calendars.edit(self.edited.0.clone(), self.edited.1);
        calendars
    }

    fn by_hand(&self, now: Timestamp) -> Desk {
        let in_force = |id: &str, at| match id {
            "first" if at >= self.edited.1 => &self.edited.0,
            "first" => &self.first,
            _ => &self.second,
        };
        Desk::at(self.ledger.measure(), self.ledger.as_of(now).facts(), &self.emergencies, in_force, now)
    }

    fn start(&self) -> Timestamp {
        self.ledger.facts()[0].at
    }
}

fn any_story() -> BoxedStrategy<Story> {
    proptest::sample::select(&PLACES[..])
        .prop_flat_map(|(name, around)| {
            let around: Timestamp = around.parse().expect("an instant");
            let calendars = (any_calendar("first", name, around), any_calendar("second", name, around));
            let edit = (any_calendar("first", name, around), 0..HORIZON);
            let measure = prop_oneof![3 => Just(Measure::Resolution), 1 => Just(Measure::Response)];
            let facts = proptest::collection::vec((0..2000_i64, any_fact()), 0..6);
            let emergencies = proptest::collection::vec((0..HORIZON, 0..5000_i64), 0..3);
            (calendars, edit, measure, 0..2000_i64, 1..4000_i64, facts, emergencies)
                .prop_map(move |((first, second), (edited, since), measure, start, within, facts, emergencies)| {
                    let mut at = minutes_after(around, start);
                    let started = What::Started { target: target("first", SignedDuration::from_mins(within)) };
                    let mut ledger = Ledger::new(measure).with(at, started);
                    for (later, what) in facts {
                        at = minutes_after(at, later);
                        ledger.record(at, what);
                    }
                    let emergencies: Vec<_> = emergencies.into_iter().map(|span| doubling(around, span)).collect();
                    let ledger = ledger.under(&emergencies);
                    Story { ledger, first, second, emergencies, edited: (edited, minutes_after(around, since)) }
                })
                .boxed()
        })
        .boxed()
}

fn config() -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(2026);
    contextualize_config(ProptestConfig {
        cases: 192,
        rng_seed,
        failure_persistence: None,
        ..ProptestConfig::default()
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_due_instant_is_that_of_the_reference(story in any_story()) {
        let last: Option<&Fact> = story.ledger.facts().last();
        let horizon = minutes_after(last.map_or(story.start(), |fact| fact.at), HORIZON);
        let by_hand = story.by_hand(horizon);
        match story.ledger.due(&story.calendars()) {
            Ok(Some(due)) if due <= horizon => prop_assert_eq!(by_hand.breached, Some(due)),
            // Later than the reference looks, never, or not within ten years.
            Ok(_) | Err(_) => prop_assert_eq!(by_hand.breached, None),
        }
    }

    #[test]
    fn what_has_counted_and_how_it_stands_are_those_of_the_reference(story in any_story(), later in 0..HORIZON) {
        let now = minutes_after(story.start(), later);
        let (by_hand, calendars) = (story.by_hand(now), story.calendars());
        let known = story.ledger.as_of(now);
        prop_assert_eq!(known.elapsed(&calendars, now), Ok(by_hand.counted));
        if let Ok(state) = story.ledger.state(&calendars, now) {
            match state {
                State::Met { .. } | State::Stopped { .. } => prop_assert!(by_hand.ended),
                State::Breached { at } => prop_assert_eq!(by_hand.breached, Some(at)),
                State::Held { .. } => prop_assert!(by_hand.held && by_hand.breached.is_none()),
                State::Running { .. } => {
                    prop_assert!(!by_hand.held && !by_hand.ended && by_hand.breached.is_none());
                }
                State::NotStarted => prop_assert!(false, "it has started"),
            }
        }
    }

    #[test]
    fn the_intervals_are_whole_and_add_up(story in any_story(), later in 1..HORIZON) {
        let now = minutes_after(story.start(), later);
        let calendars = story.calendars();
        let intervals = story.ledger.explain(&calendars, now).expect("it can be reckoned");
        let counted = story.ledger.as_of(now).elapsed(&calendars, now).expect("it can be reckoned");
        if let Some(last) = intervals.last() {
            assert_whole(&intervals, story.start(), last.to, counted);
            let differ = |two: &[Interval]| (&two[0].rule, &two[0].pace) != (&two[1].rule, &two[1].pace);
            prop_assert!(intervals.windows(2).all(differ), "each rule is told once in a row");
            let ended = matches!(story.ledger.state(&calendars, now), Ok(State::Met { .. } | State::Stopped { .. }));
            prop_assert!(ended || last.to == now);
        }
    }

    #[test]
    fn stretches_leave_no_instant_out_and_agree_with_the_clock_on_the_wall(story in any_story(), later in 1..5000_i64) {
        let (from, to) = (story.start(), minutes_after(story.start(), later));
        let mut at = from;
        for stretch in story.first.stretches(from, to) {
            prop_assert_eq!(stretch.from, at);
            prop_assert!(stretch.to > at);
            prop_assert_eq!(works(&story.first, stretch.from), stretch.hours.open());
            prop_assert_eq!(works(&story.first, stretch.to - SignedDuration::from_secs(1)), stretch.hours.open());
            at = stretch.to;
        }
        prop_assert_eq!(at, to);
    }

    #[test]
    fn no_instant_and_no_length_makes_it_panic(start in any::<i64>(), length in any::<i64>(), later in any::<i64>()) {
        let instant = |seconds: i64| Timestamp::from_second(seconds % Timestamp::MAX.as_second()).unwrap_or(Timestamp::MIN);
        let mut calendar = Calendar::always("first", zone("Europe/Berlin"));
        calendar.holidays.insert(date("2026-11-04"));
        let within = SignedDuration::from_secs(length);
        let ledger = Ledger::new(Measure::Resolution).with(instant(start), What::Started { target: target("first", within) });
        let calendars = Calendars::from_iter([calendar]);
        let _ = (ledger.due(&calendars), ledger.state(&calendars, instant(later)));
    }
}
