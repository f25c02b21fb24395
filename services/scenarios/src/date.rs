//! Days, as clients write them: «завтра», «5 декабря», `2026-12-05`, “next Friday”.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};
use ticket::Language;

use crate::words::words;

/// How the months begin in Russian and in English, and their names as a day has them.
const MONTHS: [(&str, &str, &str, &str); 12] = [
    ("январ", "jan", "января", "January"),
    ("феврал", "feb", "февраля", "February"),
    ("март", "mar", "марта", "March"),
    ("апрел", "apr", "апреля", "April"),
    ("ма", "may", "мая", "May"),
    ("июн", "jun", "июня", "June"),
    ("июл", "jul", "июля", "July"),
    ("август", "aug", "августа", "August"),
    ("сентябр", "sep", "сентября", "September"),
    ("октябр", "oct", "октября", "October"),
    ("ноябр", "nov", "ноября", "November"),
    ("декабр", "dec", "декабря", "December"),
];

/// The weekdays by their words.
const WEEKDAYS: [(Weekday, &[&str]); 7] = [
    (Weekday::Monday, &["понедельник", "понедельника", "понедельнику", "monday"]),
    (Weekday::Tuesday, &["вторник", "вторника", "вторнику", "tuesday"]),
    (Weekday::Wednesday, &["среда", "среду", "среды", "среде", "wednesday"]),
    (Weekday::Thursday, &["четверг", "четверга", "четвергу", "thursday"]),
    (Weekday::Friday, &["пятница", "пятницу", "пятницы", "пятнице", "friday"]),
    (Weekday::Saturday, &["суббота", "субботу", "субботы", "субботе", "saturday"]),
    (Weekday::Sunday, &["воскресенье", "воскресенья", "воскресенью", "sunday"]),
];

/// What follows the number of a day.
pub(crate) const ENDINGS: [&str; 9] = ["го", "му", "е", "ое", "числа", "число", "th", "st", "nd"];

/// `day` in words, such as «5 декабря 2026».
pub(crate) fn shown(day: Date, language: Language) -> String {
    let month = usize::try_from(day.month()).ok().and_then(|month| MONTHS.get(month - 1));
    let (_, _, ru, en) = month.copied().unwrap_or_default();
    match language {
        Language::Russian => format!("{} {ru} {}", day.day(), day.year()),
        Language::English => format!("{} {en} {}", day.day(), day.year()),
    }
}

/// The one day of a text, seen from `today`; none when there is none or there are several. A day without a year is the
/// next one of that name, today included.
pub(crate) fn date(text: &str, today: Date) -> Option<Date> {
    let words = words(text);
    let mut found = Vec::new();
    found.extend(in_digits(text, today));
    found.extend(in_words(&words, today));
    found.extend(relative(&words, today));
    found.sort_unstable();
    found.dedup();
    if let [only] = found[..] { Some(only) } else { None }
}

/// `2026-12-05`, `05.12.2026`, `05.12.26`, `5.12`.
fn in_digits(text: &str, today: Date) -> Vec<Date> {
    let of_date = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-');
    let pieces = text.split(|c: char| !of_date(c)).map(|piece| piece.trim_matches(['.', '-']));
    let read = |piece: &str| {
        let separator = if piece.contains('-') { '-' } else { '.' };
        let parts: Vec<&str> = piece.split(separator).collect();
        let numbers: Vec<i16> = parts.iter().map(|part| part.parse().ok()).collect::<Option<_>>()?;
        match (separator, &numbers[..], parts[0].len()) {
            ('-', [year, month, day], 4) => of(*year, *month, *day),
            ('.', [day, month, year], 1 | 2) if *year < 100 => of(2000 + year, *month, *day),
            ('.', [day, month, year], 1 | 2) => of(*year, *month, *day),
            ('.', [day, month], 1 | 2) if parts[1].len() == 2 => next(*month, *day, today),
            _ => None,
        }
    };
    pieces.filter_map(read).collect()
}

/// «5 декабря», «5 декабря 2026», “5 December”, “December 5, 2026”.
fn in_words(words: &[String], today: Date) -> Vec<Date> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(month) = month(word) else { continue };
        let number = |at: Option<usize>| -> Option<i16> {
            let word = words.get(at?)?;
            let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
            digits.parse().ok().filter(|_| word.len() - digits.len() <= 6)
        };
        let is_day = |day: &i16| (1..=31).contains(day);
        let is_year = |year: &i16| *year >= 1900;
        // «5-го декабря» is three words.
        let is_ending = |at: &usize| words.get(*at).is_some_and(|word| ENDINGS.contains(&word.as_str()));
        let before = at.checked_sub(1);
        let before = before.filter(is_ending).map_or(before, |ending| ending.checked_sub(1));
        let before = number(before).filter(is_day);
        let (day, year_at) = match before {
            Some(day) => (Some(day), at + 1),
            None => (number(Some(at + 1)).filter(is_day), at + 2),
        };
        let Some(day) = day else { continue };
        found.extend(match number(Some(year_at)).filter(is_year) {
            Some(year) => of(year, month, day),
            None => next(month, day, today),
        });
    }
    found
}

/// Which month a word names.
pub(crate) fn month(word: &str) -> Option<i16> {
    let is = |(begins, english, of_day, full): &(&str, &str, &str, &str)| {
        let russian =
            if begins.len() > 4 { word.starts_with(begins) } else { matches!(word, "май" | "мая" | "мае") };
        russian || word == *of_day || word == *english || word == full.to_lowercase()
    };
    MONTHS.iter().position(is).and_then(|place| i16::try_from(place + 1).ok())
}

/// «сегодня», «послезавтра», «через 3 дня», «в пятницу», “in two weeks”.
fn relative(words: &[String], today: Date) -> Vec<Date> {
    let mut found = Vec::new();
    let said = words.join(" ");
    let later = |span: Span| today.checked_add(span).ok();
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "сегодня" | "today" => found.push(today),
            "tomorrow" if said.contains("day after tomorrow") => found.extend(later(2.days())),
            "завтра" | "tomorrow" => found.extend(later(1.day())),
            "послезавтра" => found.extend(later(2.days())),
            "через" | "in" => {
                let rest = words.get(at + 1..(at + 3).min(words.len())).unwrap_or_default();
                let (count, unit) = match rest {
                    [count, unit] => match crate::number::number(count) {
                        Some(count) => (count, unit.as_str()),
                        None => (1, count.as_str()),
                    },
                    [unit] => (1, unit.as_str()),
                    _ => continue,
                };
                let days = match unit {
                    "день" | "дня" | "дней" | "day" | "days" => count,
                    "неделю" | "недели" | "недель" | "week" | "weeks" => count.saturating_mul(7),
                    _ => continue,
                };
                found.extend(Span::new().try_days(days).ok().and_then(later));
            }
            other => {
                if let Some((weekday, _)) = WEEKDAYS.iter().find(|(_, ways)| ways.contains(&other)) {
                    found.extend(today.nth_weekday(1, *weekday).ok());
                }
            }
        }
    }
    found
}

fn of(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The next day of that name: of this year, else of the first year that has one, for the sake of 29 February.
fn next(month: i16, day: i16, today: Date) -> Option<Date> {
    (0..=8).filter_map(|later| of(today.year() + later, month, day)).find(|date| *date >= today)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as on;

    use super::*;

    #[test]
    fn a_day_is_read_as_clients_write_it_in_both_languages() {
        // A Monday.
        let today = on(2026, 9, 14);
        for (text, wanted) in [
            ("завтра", on(2026, 9, 15)),
            ("Послезавтра, если можно", on(2026, 9, 16)),
            ("сегодня", today),
            ("5 декабря", on(2026, 12, 5)),
            ("к 5-му декабря", on(2026, 12, 5)),
            ("5 декабря 2027 года", on(2027, 12, 5)),
            ("1 марта", on(2027, 3, 1)),
            ("3 мая", on(2027, 5, 3)),
            ("2026-12-05", on(2026, 12, 5)),
            ("05.12.2026", on(2026, 12, 5)),
            ("5.12.26", on(2026, 12, 5)),
            ("на 5.12, пожалуйста", on(2026, 12, 5)),
            ("в пятницу", on(2026, 9, 18)),
            ("в понедельник", on(2026, 9, 21)),
            ("через 3 дня", on(2026, 9, 17)),
            ("через неделю", on(2026, 9, 21)),
            ("29 февраля", on(2028, 2, 29)),
            ("tomorrow", on(2026, 9, 15)),
            ("the day after tomorrow", on(2026, 9, 16)),
            ("5 December", on(2026, 12, 5)),
            ("December 5th, 2026", on(2026, 12, 5)),
            ("next Friday", on(2026, 9, 18)),
            ("in two weeks", on(2026, 9, 28)),
        ] {
            assert_eq!(date(text, today), Some(wanted), "{text}");
        }
        for text in
            ["", "когда-нибудь", "31 ноября", "2026-13-01", "завтра или в пятницу", "32.12.2026", "маяк", "3 шт", "5"]
        {
            assert_eq!(date(text, today), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_shown_so_that_it_is_read_again() {
        let (day, today) = (on(2026, 12, 5), on(2026, 9, 14));
        for (language, wanted) in [(Language::Russian, "5 декабря 2026"), (Language::English, "5 December 2026")]
        {
            assert_eq!(shown(day, language), wanted);
            assert_eq!(date(wanted, today), Some(day));
        }
    }

    #[test]
    fn nothing_that_a_client_writes_is_beyond_it() {
        for text in ["через 99999999999999 дней", "9999-12-31", "через 999999999 дней", "in", "через", "29.02", "0.0.0"]
        {
            let _ = date(text, on(9999, 12, 31));
        }
    }
}
