//! Known mistakes of others: holds, changed targets, answers and reopenings.

use deadline::{
    Calendar, Calendars, IntervalKind, Ledger, Measure, Percent, Rule, State, Unreckonable, WALK_DAYS_MAX, Warning,
    What,
};
use jiff::SignedDuration;

use crate::world::{assert_whole, due, held, hours, moscow, office, only, resolution, target, zone};

fn always() -> Calendar {
    Calendar::always("always", zone("Europe/Moscow"))
}

#[test]
fn a_hold_over_a_weekend_is_credited_once() {
    let (started, resumed) = (moscow("2026-11-06 15:00"), moscow("2026-11-09 11:00"));
    let ledger = resolution("office", started, hours(4));
    let ledger = ledger.with(moscow("2026-11-06 16:00"), held("client")).with(resumed, What::Resumed);
    assert_eq!(due(&ledger, &only(office())).as_deref(), Some("2026-11-09 15:00"));
    let intervals = ledger.explain(&only(office()), moscow("2026-11-09 15:00")).unwrap();
    assert_whole(&intervals, started, moscow("2026-11-09 15:00"), hours(4));
    let kinds: Vec<IntervalKind> = intervals.iter().map(|interval| interval.rule.kind()).collect();
    use IntervalKind::{OnHold, OutsideHours, Running};
    assert_eq!(kinds, [Running, OnHold, Running, OutsideHours, Running], "the weekend is in the hold, not beside it");
}

#[test]
fn a_target_changed_on_hold_keeps_the_hold() {
    let ledger = resolution("always", moscow("2026-11-05 10:00"), hours(8))
        .with(moscow("2026-11-05 11:00"), held("client"))
        .with(moscow("2026-11-06 11:00"), What::TargetChanged { target: target("always", hours(4)) });
    let calendars = only(always());
    assert_eq!(due(&ledger, &calendars), None, "it is still on hold");
    let state = ledger.state(&calendars, moscow("2026-11-07 00:00")).unwrap();
    let since = moscow("2026-11-05 11:00");
    assert_eq!(state, State::Held { reason: "client".to_owned(), since, left: hours(3) });
    let ledger = ledger.with(moscow("2026-11-07 11:00"), What::Resumed);
    assert_eq!(due(&ledger, &calendars).as_deref(), Some("2026-11-07 14:00"), "both days of the hold are kept");
}

#[test]
fn nothing_is_breached_while_it_is_on_hold() {
    let calendars = only(always());
    let ledger =
        resolution("always", moscow("2026-11-05 10:00"), hours(2)).with(moscow("2026-11-05 11:30"), held("client"));
    let state = ledger.state(&calendars, moscow("2027-01-01 00:00")).unwrap();
    assert!(matches!(state, State::Held { left, .. } if left == SignedDuration::from_mins(30)), "{state:?}");
    let shorter = What::TargetChanged { target: target("always", hours(1)) };
    let ledger = ledger.with(moscow("2026-11-06 10:00"), shorter);
    let state = ledger.state(&calendars, moscow("2026-11-06 12:00")).unwrap();
    assert!(matches!(state, State::Held { .. }), "even when the new target is over already: {state:?}");
    let ledger = ledger.with(moscow("2026-11-07 10:00"), What::Resumed);
    let state = ledger.state(&calendars, moscow("2026-11-07 10:00")).unwrap();
    assert_eq!(state, State::Breached { at: moscow("2026-11-07 10:00") }, "but as soon as the hold is over");
}

#[test]
fn a_hold_at_the_very_last_instant_prevents_the_breach() {
    let calendars = only(always());
    let ledger =
        resolution("always", moscow("2026-11-05 10:00"), hours(2)).with(moscow("2026-11-05 12:00"), held("client"));
    assert_eq!(due(&ledger, &calendars), None);
    let ledger = ledger.with(moscow("2026-11-06 09:00"), What::Resumed);
    assert_eq!(due(&ledger, &calendars).as_deref(), Some("2026-11-06 09:00"));
}

#[test]
fn what_was_breached_before_a_hold_stays_breached() {
    let calendars = only(always());
    let ledger =
        resolution("always", moscow("2026-11-05 10:00"), hours(2)).with(moscow("2026-11-05 13:00"), held("client"));
    let state = ledger.state(&calendars, moscow("2026-11-06 10:00")).unwrap();
    assert_eq!(state, State::Breached { at: moscow("2026-11-05 12:00") });
    let before = ledger.state(&calendars, moscow("2026-11-05 11:00")).unwrap();
    assert_eq!(before, State::Running { due: moscow("2026-11-05 12:00"), left: hours(1) }, "as it was known then");
}

#[test]
fn a_hold_of_seven_months_is_seven_months() {
    let (from, to) = (moscow("2026-01-10 11:00"), moscow("2026-08-10 11:00"));
    let ledger =
        resolution("always", moscow("2026-01-10 10:00"), hours(2)).with(from, held("client")).with(to, What::Resumed);
    let intervals = ledger.explain(&only(always()), moscow("2026-08-10 12:00")).unwrap();
    let hold = intervals.iter().find(|interval| interval.rule.kind() == IntervalKind::OnHold).unwrap();
    assert_eq!((hold.from, hold.to), (from, to));
    assert_eq!(hold.from.duration_until(hold.to).as_hours() / 24, 212);
    assert_eq!(hold.counted(), SignedDuration::ZERO);
}

#[test]
fn a_hold_that_does_not_stop_the_clock_is_told_and_counts() {
    let waits = What::Held { reason: "vendor".to_owned(), stops: false };
    let ledger = resolution("office", moscow("2026-11-05 10:00"), hours(4)).with(moscow("2026-11-05 11:00"), waits);
    assert_eq!(due(&ledger, &only(office())).as_deref(), Some("2026-11-05 15:00"));
    let rules: Vec<Rule> = ledger
        .explain(&only(office()), moscow("2026-11-05 15:00"))
        .unwrap()
        .into_iter()
        .map(|interval| interval.rule)
        .collect();
    assert_eq!(rules[1], Rule::HoldRuns { reason: "vendor".to_owned() });
    assert_eq!(rules[2].kind(), IntervalKind::OutsideHours, "the break is a break, on hold or not");
}

#[test]
fn the_first_response_is_not_overwritten_by_a_later_one() {
    let answered = moscow("2026-11-05 10:20");
    let ledger = Ledger::new(Measure::Response)
        .with(moscow("2026-11-05 10:00"), What::Started { target: target("office", SignedDuration::from_mins(30)) })
        .with(answered, What::Met)
        .with(moscow("2026-11-06 17:00"), What::Met)
        .with(moscow("2026-11-09 10:00"), What::Reopened)
        .with(moscow("2026-11-09 17:00"), What::Met);
    let state = ledger.state(&only(office()), moscow("2026-12-01 10:00")).unwrap();
    assert_eq!(state, State::Met { at: answered, left: SignedDuration::from_mins(10) });
}

#[test]
fn a_reopened_ticket_does_not_count_the_time_it_was_solved() {
    let ledger = resolution("office", moscow("2026-11-05 10:00"), hours(8))
        .with(moscow("2026-11-05 12:00"), What::Met)
        .with(moscow("2026-11-09 10:00"), What::Reopened)
        .with(moscow("2026-11-09 11:00"), What::Met);
    let calendars = only(office());
    assert_eq!(ledger.elapsed(&calendars, moscow("2027-01-01 00:00")), Ok(hours(3)));
    let state = ledger.state(&calendars, moscow("2026-11-20 10:00")).unwrap();
    assert_eq!(state, State::Met { at: moscow("2026-11-09 11:00"), left: hours(5) });
    let intervals = ledger.explain(&calendars, moscow("2027-01-01 00:00")).unwrap();
    assert_whole(&intervals, moscow("2026-11-05 10:00"), moscow("2026-11-09 11:00"), hours(3));
    assert_eq!(intervals[1].rule, Rule::Ended);
}

#[test]
fn warnings_come_at_their_parts_of_the_target_and_not_on_hold() {
    let parts = [Percent(90), Percent(50), Percent(75)];
    let ledger = resolution("office", moscow("2026-11-05 10:00"), hours(4));
    let calendars = only(office());
    let at = |percent, at| Warning { percent: Percent(percent), at: moscow(at) };
    assert_eq!(
        ledger.warnings(&calendars, &parts).unwrap(),
        [at(50, "2026-11-05 12:00"), at(75, "2026-11-05 13:00"), at(90, "2026-11-05 14:36")]
    );
    let next = ledger.next_warning(&calendars, &parts, moscow("2026-11-05 12:00")).unwrap();
    assert_eq!(next, Some(at(75, "2026-11-05 13:00")), "told once");
    let on_hold = ledger.with(moscow("2026-11-05 12:30"), held("client"));
    assert_eq!(on_hold.warnings(&calendars, &parts).unwrap(), [at(50, "2026-11-05 12:00")]);
}

#[test]
fn an_edit_of_a_calendar_leaves_the_past_as_it_was_unless_asked() {
    let ledger = resolution("office", moscow("2026-11-05 10:00"), hours(10));
    let mut shorter = office();
    shorter.week = std::array::from_fn(|_| crate::world::shifts("09:00-12:00"));
    let mut calendars = only(office());
    calendars.edit(shorter.clone(), moscow("2026-11-06 00:00"));
    assert_eq!(due(&ledger, &calendars).as_deref(), Some("2026-11-06 12:00"), "7 hours before the edit, 3 after it");
    assert_eq!(ledger.elapsed(&calendars, moscow("2026-11-06 00:00")), Ok(hours(7)));
    calendars.rewrite(shorter);
    assert_eq!(due(&ledger, &calendars).as_deref(), Some("2026-11-08 11:00"), "2 hours on the first day, then 3 a day");
}

#[test]
fn what_cannot_be_reckoned_is_refused_and_not_walked_for_ever() {
    let never = Calendar::weekly("never", zone("Europe/Moscow"), std::array::from_fn(|_| Vec::new()));
    let ledger = resolution("never", moscow("2026-11-05 10:00"), hours(1));
    assert_eq!(ledger.due(&only(never)), Err(Unreckonable::TooFar { calendar: "never".to_owned() }));
    let unknown = Unreckonable::UnknownCalendar { calendar: "never".to_owned() };
    assert_eq!(ledger.due(&Calendars::default()), Err(unknown));
    let longest = resolution("always", moscow("2026-11-05 10:00"), hours(24 * WALK_DAYS_MAX));
    assert!(longest.due(&only(always())).is_ok());
}

#[test]
fn clocks_of_replicas_that_differ_by_a_little_do_not_turn_time_back() {
    let ledger = resolution("always", moscow("2026-11-05 10:00"), hours(2))
        .with(moscow("2026-11-05 11:00"), held("client"))
        .with(moscow("2026-11-05 10:59"), What::Resumed);
    assert_eq!(due(&ledger, &only(always())).as_deref(), Some("2026-11-05 12:00"));
}
