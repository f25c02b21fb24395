//! `examples.txt`, line by line.

use deadline::{Calendar, Calendars, Closure, Emergency, Instead, Ledger, OtherTarget, What};
use jiff::SignedDuration;
use jiff::civil::DateTime;

use crate::world::{date, local, resolution, shifts, target, zone};

const EXAMPLES: &str = include_str!("../examples.txt");

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// `calendar NAME in ZONE: RULE; RULE; …`
fn calendar(line: &str) -> Calendar {
    let (name, rest) = line.split_once(" in ").expect("a name and a zone");
    let (zone_name, rules) = rest.split_once(": ").expect("a zone and rules");
    let mut calendar = Calendar::weekly(name, zone(zone_name), std::array::from_fn(|_| Vec::new()));
    for rule in rules.split("; ") {
        let (what, rest) = rule.split_once(' ').expect("a rule with something behind it");
        match what {
            "holiday" => assert!(calendar.holidays.insert(date(rest))),
            "on" => {
                let (day, hours) = rest.split_once(' ').expect("a day and hours");
                calendar.special.insert(date(day), shifts(hours));
            }
            "closed" => {
                let on_clock = |text: &str| text.replace(' ', "T").parse::<DateTime>().expect("a time on the clock");
                let (from, to) = rest.split_once(" to ").expect("from and to");
                calendar.closures.push(Closure { id: rest.to_owned(), from: on_clock(from), to: on_clock(to) });
            }
            days => {
                let (first, last) = days.split_once('-').expect("from one weekday to another");
                let index = |day| WEEKDAYS.iter().position(|known| *known == day).expect("a weekday");
                calendar.week[index(first)..=index(last)].fill(shifts(rest));
            }
        }
    }
    calendar
}

fn within(text: &str) -> SignedDuration {
    let number = |unit: char| text.trim_end_matches(unit).parse::<i64>().ok();
    let hours = number('h').map(SignedDuration::from_hours);
    hours.or_else(|| number('m').map(SignedDuration::from_mins)).unwrap_or_else(|| panic!("`{text}` is no time"))
}

/// Notes `hold client 2026-11-05 11:00` and the like; a reason with `!` does not stop the clock.
fn happen(ledger: &mut Ledger, happening: &str, calendar: &Calendar) {
    let words: Vec<&str> = happening.split_whitespace().collect();
    let (what, at) = match words.as_slice() {
        ["hold", reason, day, time] => {
            let (reason, stops) = (reason.trim_end_matches('!').to_owned(), !reason.ends_with('!'));
            (What::Held { reason, stops }, [*day, *time])
        }
        ["target", amount, day, time] => {
            (What::TargetChanged { target: target(&calendar.id, within(amount)) }, [*day, *time])
        }
        ["calendar", id, day, time] => (What::CalendarChanged { calendar: (*id).to_owned() }, [*day, *time]),
        ["resume", day, time] => (What::Resumed, [*day, *time]),
        ["met", day, time] => (What::Met, [*day, *time]),
        ["reopened", day, time] => (What::Reopened, [*day, *time]),
        _ => panic!("`{happening}` means nothing"),
    };
    ledger.record(local(&at.join(" "), &calendar.zone), what);
}

/// `majeure x2 2026-11-05 11:00 to 2026-11-05 15:00`: twice the time; `8h` instead of `x2`: that time; none for anything else.
fn emergency(happening: &str, calendar: &Calendar) -> Option<Emergency> {
    let words: Vec<&str> = happening.split_whitespace().collect();
    let ["majeure", amount, from_day, from_time, "to", to_day, to_time] = words.as_slice() else { return None };
    let instead = match amount.strip_prefix('x') {
        Some(times) => Instead::Hundredths(times.parse::<u32>().expect("a number") * 100),
        None => Instead::Minutes(u32::try_from(within(amount).as_mins()).expect("minutes")),
    };
    let at = |day: &str, time: &str| local(&format!("{day} {time}"), &calendar.zone);
    let targets = vec![OtherTarget { agreements: Vec::new(), response: None, resolution: Some(instead) }];
    Some(Emergency { id: "majeure".to_owned(), from: at(from_day, from_time), to: at(to_day, to_time), targets })
}

#[test]
fn every_worked_example_comes_out_as_written() {
    let calendars: Calendars = EXAMPLES
        .lines()
        .filter_map(|line| line.strip_prefix("calendar "))
        .filter(|line| line.contains(" in "))
        .map(calendar)
        .collect();
    let mut checked = 0;
    for line in EXAMPLES.lines().filter(|line| line.contains('|') && !line.starts_with("calendar ")) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [id, started, happenings, amount, due] = columns.as_slice() else { panic!("five columns in {line}") };
        let started_by = calendars.at(id, "2026-01-01T00:00:00Z".parse().unwrap()).expect("a calendar");
        let zone = &started_by.zone;
        let mut emergencies = Vec::new();
        let mut ledger = resolution(id, local(started, zone), within(amount));
        for happening in happenings.split(", ").filter(|happening| *happening != "-") {
            match emergency(happening, started_by) {
                Some(emergency) => emergencies.push(emergency),
                None => happen(&mut ledger, happening, started_by),
            }
        }
        let ledger = ledger.under(&emergencies);
        let expected = Some(*due).filter(|due| *due != "-").map(|due| local(due, zone));
        let found = ledger.due(&calendars).expect("it can be reckoned");
        let shown = found.map_or("-".to_owned(), |at| at.to_zoned(zone.clone()).to_string());
        assert_eq!(found, expected, "{line}\ncomes out as {shown}");
        checked += 1;
    }
    assert!(checked > 30, "only {checked} examples were found");
}
