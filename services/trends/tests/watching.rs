//! What is told as a change, and what is not, on made-up weeks with known changes.

use jiff::tz::TimeZone;
use trends::simulation::{Scenario, run};
use trends::watch::{Change, Past, Settings};
use trends::{Alarm, Count, Counts, hour_of};

fn settings(zone: TimeZone) -> Settings {
    Settings { false_alarms_a_month: 1.0, alarms: 6, least: 5, zone }
}

fn registered(number: i64) -> Counts {
    let mut counts = Counts::default();
    counts.add(Count::Registered, number);
    counts
}

#[test]
fn a_step_is_told_within_hours_and_the_category_that_made_it_is_named() {
    for seed in 1..=2 {
        let score = run(800.0, Scenario::Step, 1.0, seed);
        assert!(score.hours.is_some_and(|hours| hours <= 24), "{score:?}");
        assert_eq!(score.named, Some(true), "{score:?}");
        assert!(score.false_alarms <= 4, "{score:?}");
    }
}

#[test]
fn nothing_is_told_before_enough_weeks_are_known() {
    let mut past = Past::default();
    let start = hour_of("2026-01-05T00:00:00Z".parse().expect("an instant"));
    for hour in 0..2 * 168 {
        past.put(start + hour, &registered(10));
    }
    past.put(start + 2 * 168, &registered(500));
    assert_eq!(past.look(Alarm::Volume, start + 2 * 168 + 1, 0, &settings(TimeZone::UTC)), None);
}

#[test]
fn weeks_repeat_on_the_organizations_clock_when_that_is_put_back() {
    // In Berlin the clock is put back on 2026-10-25; offices open at nine there, before and after.
    let zone = TimeZone::get("Europe/Berlin").expect("it is in the data");
    let start = hour_of("2026-08-31T00:00:00Z".parse().expect("an instant"));
    let mut past = Past::default();
    for hour in start..start + 9 * 168 {
        let local = zone.to_datetime(trends::begin_of_hour(hour));
        let is_open = (9..17).contains(&local.hour());
        past.put(hour, &registered(if is_open { 60 } else { 1 }));
    }
    let first = hour_of("2026-10-26T09:00:00Z".parse().expect("an instant"));
    for end in first..first + 24 {
        let told = past.look(Alarm::Volume, end, 0, &settings(zone.clone()));
        assert_eq!(told, None, "at {}", trends::begin_of_hour(end));
    }
}

#[test]
fn what_was_told_is_over_when_it_is_as_usual_again() {
    let mut past = Past::default();
    let (start, settings) = (hour_of("2026-01-05T00:00:00Z".parse().expect("an instant")), settings(TimeZone::UTC));
    for hour in 0..5 * 168 {
        past.put(start + hour, &registered(10 + hour % 3));
    }
    let end = start + 5 * 168;
    past.put(end, &registered(60));
    let told = past.look(Alarm::Volume, end + 1, 0, &settings).expect("six times the usual");
    assert_eq!((told.hours, told.count), (1, 60));
    assert!(told.expected > 8.0 && told.expected < 14.0 && told.chance < 1e-6, "{told:?}");
    assert!(!past.is_calm(&told, end + 1, &settings));
    past.put(end + 1, &registered(11));
    assert!(past.is_calm(&told, end + 2, &settings));
    // The day has more than usual, as was told; not that again.
    past.put(end + 2, &registered(60));
    let again = |since| past.look(Alarm::Volume, end + 3, since, &settings).map(|told| told.hours);
    assert_eq!((again(end + 2), again(end + 3)), (Some(1), None));
}

#[test]
fn what_goes_on_is_not_over_because_it_is_night() {
    let mut past = Past::default();
    let (start, settings) = (hour_of("2026-01-05T00:00:00Z".parse().expect("an instant")), settings(TimeZone::UTC));
    let usual = |hour: i64| if (8..20).contains(&hour.rem_euclid(24)) { 20 } else { 1 };
    for hour in 0..5 * 168 {
        past.put(start + hour, &registered(usual(hour)));
    }
    let end = start + 5 * 168;
    (0..9).for_each(|hour| past.put(end + hour, &registered(usual(hour))));
    past.put(end + 9, &registered(60));
    let told = past.look(Alarm::Volume, end + 10, 0, &settings).expect("three times the usual");
    for hour in 10..48 {
        past.put(end + hour, &registered(usual(hour) * 3));
        assert!(!past.is_calm(&told, end + hour + 1, &settings), "hour {hour}");
    }
}

#[test]
fn silence_is_told_with_what_is_missing_and_is_over_once_it_comes_again() {
    for seed in 1..=2 {
        let score = run(800.0, Scenario::Silence, 1.0, seed);
        assert!(score.hours.is_some_and(|hours| hours <= 24), "{score:?}");
        assert_eq!((score.named, score.false_alarms), (Some(true), 0), "{score:?}");
    }
    let mut past = Past::default();
    let (start, settings) = (hour_of("2026-01-05T00:00:00Z".parse().expect("an instant")), settings(TimeZone::UTC));
    for hour in 0..5 * 168 {
        past.put(start + hour, &registered(20 + hour % 3));
    }
    // An hour that had nothing is not there at all.
    let end = start + 5 * 168 + 1;
    let told = past.look(Alarm::Silence, end, 0, &settings).expect("nothing came in an hour");
    assert_eq!((told.hours, told.count), (1, 0));
    assert!(told.expected > 18.0 && told.chance < 1e-5, "{told:?}");
    assert_eq!(past.look(Alarm::Volume, end, 0, &settings), None);
    assert!(!past.is_calm(&told, end + 1, &settings));
    past.put(end + 1, &registered(21));
    past.put(end + 2, &registered(20));
    past.put(end + 3, &registered(20));
    assert!(past.is_calm(&Change { end: end + 1, ..told }, end + 3, &settings));
}
