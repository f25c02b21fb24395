//! Holidays out of an iCalendar file.

use expect_test::expect;
use plan::{Holidays, NoHolidays, Plan, SMALL};
use proptest::prelude::*;

const FILE: &str = "BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//acme//holidays//RU\r
BEGIN:VEVENT\r
UID:1\r
SUMMARY:Новогодние каникулы\\, первая\r
  часть\r
DTSTART;VALUE=DATE:20270101\r
DTEND;VALUE=DATE:20270104\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
SUMMARY:День России\r
DTSTART;VALUE=DATE:20200612\r
RRULE:FREQ=YEARLY;UNTIL=20301231\r
EXDATE;VALUE=DATE:20260612\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3\r
SUMMARY:Memorial Day\r
DTSTART;VALUE=DATE:20200525\r
DURATION:P1D\r
RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:4\r
SUMMARY:Совещание\r
DTSTART:20270301T090000Z\r
DTEND:20270301T100000Z\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:5\r
SUMMARY:Отменено\\n]\\nevil = true\r
STATUS:CANCELLED\r
DTSTART;VALUE=DATE:20270302\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:6\r
SUMMARY:Каждый час\r
DTSTART;VALUE=DATE:20270303\r
RRULE:FREQ=HOURLY\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:7\r
SUMMARY:Второе имя\r
DTSTART;VALUE=DATE:20270102\r
END:VEVENT\r
END:VCALENDAR\r
";

#[test]
fn whole_days_become_lines_to_paste_and_the_rest_is_told() {
    let holidays = Holidays::read(FILE, 2026..=2027).unwrap();
    expect![[r#"
        holidays = [
            2026-05-25, # Memorial Day
            2027-01-01, # Новогодние каникулы, первая часть
            2027-01-02, # Новогодние каникулы, первая часть; Второе имя
            2027-01-03, # Новогодние каникулы, первая часть
            2027-05-31, # Memorial Day
            2027-06-12, # День России
        ]
        # left out: Совещание (it begins at a time of day, or its date cannot be read)
        # left out: Отменено ] evil = true (cancelled)
        # left out: Каждый час (it comes more than once a day)
    "#]]
    .assert_eq(&holidays.to_toml());
}

#[test]
fn the_lines_fit_into_a_plan() {
    let holidays = Holidays::read(FILE, 2026..=2027).unwrap().to_toml();
    let text = SMALL.replacen("holidays = [2026-01-01, 2026-01-02, 2027-01-01]\n", &holidays, 1);
    let plan = Plan::parse("small.toml", &text).unwrap_or_else(|faults| panic!("{}", faults.plain()));
    assert!(plan.calendar("office").unwrap().holidays.contains(&"2027-06-12".parse().unwrap()));
}

#[test]
fn a_file_without_holidays_is_refused_with_what_to_do() {
    assert_eq!(Holidays::read("[[calendars]]", 2026..=2027), Err(NoHolidays::NotACalendar));
    assert_eq!(Holidays::read(FILE, 1990..=1991), Err(NoHolidays::None { from: 1990, to: 1991 }));
    let long = format!("{FILE}{}", " ".repeat(1024 * 1024));
    assert_eq!(Holidays::read(&long, 2026..=2027), Err(NoHolidays::TooLong(long.len())));
}

#[test]
fn a_recurrence_without_an_end_or_without_a_day_comes_to_one() {
    for (rule, days) in [("FREQ=DAILY", 730), ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 0), ("FREQ=YEARLY;COUNT=2", 0)] {
        let event = |uid: u8, rest: &str| format!("BEGIN:VEVENT\r\nUID:{uid}\r\n{rest}\r\nEND:VEVENT\r\n");
        let recurring = event(1, &format!("DTSTART;VALUE=DATE:20200101\r\nRRULE:{rule}"));
        let other = event(2, "DTSTART;VALUE=DATE:20260101");
        let file = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{recurring}{other}END:VCALENDAR\r\n");
        assert_eq!(Holidays::read(&file, 2026..=2027).unwrap().days.len().max(1), days.max(1), "{rule}");
    }
}

#[test]
fn a_recurrence_in_letters_that_no_rule_has_is_left_out() {
    let file = FILE.replacen("BYDAY=-1MO", "BYDAY=-1M€", 1);
    let holidays = Holidays::read(&file, 2026..=2027).unwrap();
    assert!(holidays.skipped.contains(&("Memorial Day".to_owned(), "its recurrence cannot be read")), "{holidays:?}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        at in 0..FILE.len(), length in 0..60_usize, litter in "[\\PC\r\n:;=,0-9A-Z-]{0,12}",
    ) {
        let (start, end) = (FILE.floor_char_boundary(at), FILE.ceil_char_boundary((at + length).min(FILE.len())));
        let text = format!("{}{litter}{}", &FILE[..start], &FILE[end..]);
        if let Ok(holidays) = Holidays::read(&text, 2026..=2027) {
            let toml = holidays.to_toml();
            prop_assert!(toml.parse::<toml::Table>().is_ok_and(|table| table.len() == 1), "{toml}");
        }
    }

    #[test]
    fn no_recurrence_makes_it_panic(rule in "(FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)|BY(DAY|MONTH|MONTHDAY|YEARDAY|WEEKNO|SETPOS|HOUR)=-?[0-9]{1,3}(MO|SU)?|INTERVAL=[0-9]{1,9}|COUNT=[0-9]{1,12}|UNTIL=[0-9TZ]{0,16})(;(FREQ=YEARLY|BYDAY=-?[0-9]MO|BYMONTHDAY=-?[0-9]{1,2}|INTERVAL=[0-9]{1,9}|UNTIL=[0-9TZ]{0,16})){0,3}") {
        let file = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200101\r\nRRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let _ = Holidays::read(&file, 2026..=2027);
    }
}
