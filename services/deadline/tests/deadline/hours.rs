//! Known mistakes of others: midnight, the changes of the clocks, zones, holidays.

use deadline::{Calendar, Hours, Rule, Shift, Stretch};
use jiff::SignedDuration;

use crate::world::{date, due, hours, local, moscow, office, only, resolution, shifts, zone};

#[test]
fn round_the_clock_no_minute_is_lost_at_midnight() {
    let always = Calendar::always("always", zone("Europe/Moscow"));
    let (from, to) = (moscow("2026-01-01 00:00"), moscow("2027-01-01 00:00"));
    let mut minutes = 0;
    let mut at = from;
    for stretch in always.stretches(from, to) {
        assert_eq!(stretch.from, at, "no gap");
        minutes += stretch.from.duration_until(stretch.to).as_mins();
        at = stretch.to;
    }
    assert_eq!((at, minutes), (to, 365 * 24 * 60));
    let ledger = resolution("always", from, hours(365 * 24));
    assert_eq!(due(&ledger, &only(always.clone())).as_deref(), Some("2027-01-01 00:00"));
    let explained = ledger.explain(&only(always), to).unwrap();
    assert_eq!(explained.len(), 1, "and midnights are not even seen: {explained:?}");
}

#[test]
fn the_night_on_which_clocks_are_put_forward_is_an_hour_shorter() {
    let berlin = zone("Europe/Berlin");
    let night = Calendar::weekly("night", berlin.clone(), std::array::from_fn(|_| shifts("22:00-06:00")));
    let (from, to) = (local("2026-03-28 22:00", &berlin), local("2026-03-29 06:00", &berlin));
    let ledger = resolution("night", from, hours(40));
    assert_eq!(ledger.elapsed(&only(night.clone()), to), Ok(hours(7)));
    let leapt_over = Calendar::weekly("leapt", berlin, std::array::from_fn(|_| shifts("02:00-03:00")));
    let open: Vec<Stretch> = leapt_over.stretches(from, to).filter(|stretch| stretch.hours.open()).collect();
    assert_eq!(open, [], "there was no such hour");
}

#[test]
fn the_night_on_which_clocks_are_put_back_is_an_hour_longer() {
    let berlin = zone("Europe/Berlin");
    let night = Calendar::weekly("night", berlin.clone(), std::array::from_fn(|_| shifts("22:00-06:00")));
    let (from, to) = (local("2026-10-24 22:00", &berlin), local("2026-10-25 06:00", &berlin));
    assert_eq!(resolution("night", from, hours(40)).elapsed(&only(night), to), Ok(hours(9)));
    let twice = Calendar::weekly("twice", berlin, std::array::from_fn(|_| shifts("02:00-03:00")));
    assert_eq!(resolution("twice", from, hours(40)).elapsed(&only(twice), to), Ok(hours(2)), "that hour came twice");
}

#[test]
fn deadlines_are_of_the_calendars_zone_and_not_of_the_servers() {
    let mut vladivostok = office();
    vladivostok.zone = zone("Asia/Vladivostok");
    let ledger = resolution("office", moscow("2026-11-05 10:00"), hours(2));
    assert_eq!(due(&ledger, &only(office())).as_deref(), Some("2026-11-05 12:00"));
    let due = ledger.due(&only(vladivostok.clone())).unwrap().unwrap();
    assert_eq!(due, local("2026-11-06 10:00", &vladivostok.zone), "17:00 there: an hour today, another tomorrow");
}

#[test]
fn a_desk_that_works_on_a_holiday_works_on_it() {
    let mut duty = office();
    duty.holidays.extend([date("2026-11-04"), date("2026-11-05")]);
    duty.special.insert(date("2026-11-04"), shifts("10:00-16:00"));
    let ledger = resolution("office", moscow("2026-11-04 09:00"), hours(7));
    assert_eq!(due(&ledger, &only(duty.clone())).as_deref(), Some("2026-11-06 10:00"));
    let intervals = ledger.explain(&only(duty), moscow("2026-11-06 10:00")).unwrap();
    assert!(intervals.iter().any(|interval| interval.rule == Rule::Calendar(Hours::Special)));
    assert!(intervals.iter().any(|interval| interval.rule == Rule::Calendar(Hours::Holiday)), "the next day is one");
}

#[test]
fn a_shift_past_midnight_belongs_to_the_day_on_which_it_begins() {
    let mut night = Calendar::weekly("night", zone("Europe/Moscow"), std::array::from_fn(|_| Vec::new()));
    night.week[4] = shifts("20:00-02:00");
    night.holidays.insert(date("2026-11-07"));
    assert!(night.is_open_at(moscow("2026-11-07 01:59")), "Friday's night, though Saturday is a holiday");
    assert!(!night.is_open_at(moscow("2026-11-07 02:00")));
    night.holidays.insert(date("2026-11-06"));
    assert!(!night.is_open_at(moscow("2026-11-07 01:59")), "no Friday, no night");
}

#[test]
fn every_minute_says_why_there_is_no_work() {
    let mut calendar = office();
    calendar.holidays.insert(date("2026-11-04"));
    let hours = |at: &str| calendar.hours(at.parse().unwrap());
    assert_eq!(hours("2026-11-05T08:59"), Hours::Outside);
    assert_eq!(hours("2026-11-05T13:30"), Hours::Break);
    assert_eq!(hours("2026-11-05T18:00"), Hours::Outside);
    assert_eq!(hours("2026-11-04T12:00"), Hours::Holiday);
    assert_eq!(hours("2026-11-07T12:00"), Hours::DayOff);
    assert!(calendar.is_open_or_break("2026-11-05T13:30".parse().unwrap()));
}

#[test]
fn seconds_are_kept() {
    let started = moscow("2026-11-05 17:59").saturating_add(SignedDuration::from_secs(17)).unwrap();
    let ledger = resolution("office", started, SignedDuration::from_mins(1));
    let due = ledger.due(&only(office())).unwrap().unwrap();
    assert_eq!(due, moscow("2026-11-06 09:00").saturating_add(SignedDuration::from_secs(17)).unwrap());
}

#[test]
fn hours_that_overlap_count_once() {
    let whole = vec![Shift { start: 600, end: 720 }, Shift { start: 660, end: 780 }];
    let calendar = Calendar::weekly("office", zone("Europe/Moscow"), std::array::from_fn(|_| whole.clone()));
    let ledger = resolution("office", moscow("2026-11-05 10:00"), hours(30));
    assert_eq!(ledger.elapsed(&only(calendar), moscow("2026-11-06 00:00")), Ok(hours(3)));
}

#[test]
fn a_zone_that_skips_a_day_or_begins_it_at_one_oclock_is_walked_to_its_end() {
    for (name, from, to, length) in [
        ("Pacific/Apia", "2011-12-29 00:00", "2012-01-01 00:00", 48),
        ("Africa/Cairo", "2026-04-23 12:00", "2026-04-25 00:00", 35),
        ("Australia/Lord_Howe", "2026-04-04 00:00", "2026-04-06 00:00", 48),
    ] {
        let zone = zone(name);
        let (from, to) = (local(from, &zone), local(to, &zone));
        let always = Calendar::always("always", zone);
        let ledger = resolution("always", from, hours(1000));
        let elapsed = ledger.elapsed(&only(always), to).unwrap();
        assert_eq!((elapsed.as_hours(), elapsed), (length, from.duration_until(to)), "{name}");
    }
}
