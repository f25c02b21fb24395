//! Values out of words: the answer to a question, or what a request says by itself.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use plan::{Holds, Scenario, ScenarioField, ScenarioOption};

use crate::date::{ENDINGS, date, month};
use crate::number::number;
use crate::value::Value;
use crate::words::{spaced, stands_in, yes_or_no};

/// The longest address by RFC 5321, in bytes.
const EMAIL_BYTES_MAX: usize = 254;

/// A telephone number has so many digits, the country included (E.164).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 10..=15;

/// What `text` says when `field` was asked for; none when it is no value of it, or beyond its bounds.
#[must_use]
pub fn read(field: &ScenarioField, text: &str, today: Date) -> Option<Value> {
    match &field.holds {
        Holds::Text { chars_max } => {
            let words = text.trim();
            (words.contains(char::is_alphanumeric) && words.chars().count() <= *chars_max)
                .then(|| Value::Text(words.to_owned()))
        }
        Holds::Number { least, most } => {
            number(text).filter(|number| (*least..=*most).contains(number)).map(Value::Number)
        }
        Holds::Date { from_days, to_days } => {
            let day = |days: i64| today.checked_add(jiff::Span::new().try_days(days).ok()?).ok();
            let (from, to) = (day(*from_days)?, day(*to_days)?);
            // The day alone, such as «5-го», is of the month that is meant by the bounds.
            let found = date(text, today).or_else(|| of_month(text, from));
            found.filter(|found| (from..=to).contains(found)).map(Value::Date)
        }
        Holds::Choice { options } => choice(options, text, true),
        Holds::Email => email(text).map(Value::Email),
        Holds::Phone => phone(text).map(Value::Phone),
        Holds::YesNo => yes_or_no(text).map(Value::YesNo),
    }
}

/// What a request says by itself about the fields of a scenario. Only what cannot be meant otherwise is taken: where two
/// fields hold the like, both are asked.
pub(crate) fn glean(scenario: &Scenario, text: &str, today: Date) -> BTreeMap<String, Value> {
    let alone = |field: &ScenarioField| {
        let like = scenario.fields.iter().filter(|other| same(&other.holds, &field.holds));
        like.count() == 1
    };
    let found = scenario.fields.iter().filter_map(|field| {
        let value = match &field.holds {
            // Every request has words and perhaps a yes or a no.
            Holds::Text { .. } | Holds::YesNo => None,
            Holds::Choice { options } => choice(options, text, false),
            Holds::Number { .. } if alone(field) => read(field, &without_others(text), today),
            Holds::Date { .. } if alone(field) => date(text, today).and_then(|_| read(field, text, today)),
            Holds::Email | Holds::Phone if alone(field) => read(field, text, today),
            Holds::Number { .. } | Holds::Date { .. } | Holds::Email | Holds::Phone => None,
        };
        Some((field.id.clone(), value?))
    });
    found.collect()
}

fn same(one: &Holds, other: &Holds) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// «5», «5-го», «5 числа»: the next such day from `from` on.
fn of_month(text: &str, from: Date) -> Option<Date> {
    let word = text.trim().to_lowercase();
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let rest = word[digits.len()..].trim_matches(|c: char| !c.is_alphabetic());
    let day: i8 = digits.parse().ok()?;
    if !rest.is_empty() && !ENDINGS.contains(&rest) {
        return None;
    }
    let months = (0..=2).filter_map(|later| from.first_of_month().checked_add(i64::from(later).months()).ok());
    months.filter_map(|month| Date::new(month.year(), month.month(), day).ok()).find(|date| *date >= from)
}

/// One option by its words, its name or its id; by its number too when it was `asked` for.
fn choice(options: &[ScenarioOption], text: &str, asked: bool) -> Option<Value> {
    let said = spaced(text);
    let named = |option: &&ScenarioOption| {
        let names = [option.name.ru.as_str(), option.name.en.as_str(), option.id.as_str()];
        let mut ways = names.into_iter().chain(option.words.iter().map(String::as_str));
        ways.any(|way| stands_in(&said, spaced(way).trim()))
    };
    let found: Vec<&ScenarioOption> = options.iter().filter(named).collect();
    if let [only] = found[..] {
        return Some(Value::Choice(only.id.clone()));
    }
    if !asked || !found.is_empty() {
        return None;
    }
    const ORDINALS: [(&str, &str); 5] =
        [("перв", "first"), ("втор", "second"), ("трет", "third"), ("четверт", "fourth"), ("пят", "fifth")];
    let ordinal = || {
        let is = |(ru, en): &(&str, &str)| said.contains(&format!(" {ru}")) || stands_in(&said, en);
        let places: Vec<usize> = (0..ORDINALS.len()).filter(|place| is(&ORDINALS[*place])).collect();
        if let [place] = places[..] { Some(place + 1) } else { None }
    };
    let place = number(text).and_then(|number| usize::try_from(number).ok()).or_else(ordinal)?;
    options.get(place.checked_sub(1)?).map(|option| Value::Choice(option.id.clone()))
}

/// The one address of a text.
fn email(text: &str) -> Option<String> {
    let outside = |c: char| c.is_whitespace() || ",;<>()\"«»".contains(c);
    let words = text.split(outside).map(|word| word.trim_matches(['.', ':', '!', '?']));
    let is_address = |word: &&str| {
        let Some((name, domain)) = word.split_once('@') else { return false };
        let labels: Vec<&str> = domain.split('.').collect();
        let is_label = |label: &&str| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-') && !label.starts_with('-')
        };
        word.len() <= EMAIL_BYTES_MAX
            && !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
            && labels.len() > 1
            && labels.iter().all(is_label)
    };
    let found: Vec<&str> = words.filter(is_address).collect();
    if let [only] = found[..] { Some(only.to_lowercase()) } else { None }
}

/// The pieces of a text that may be telephone numbers, each with its digits.
fn phones(text: &str) -> impl Iterator<Item = (&str, String)> {
    let of_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '\u{a0}');
    let pieces = text.split(move |c: char| !of_number(c));
    let with_digits = pieces.map(|piece| (piece, piece.chars().filter(char::is_ascii_digit).collect::<String>()));
    with_digits.filter(|(_, digits)| PHONE_DIGITS.contains(&digits.len()))
}

/// The one telephone number of a text by E.164. One of ten digits, or with 8 before them, is of Russia.
fn phone(text: &str) -> Option<String> {
    let read = |(piece, digits): (&str, String)| match (piece.trim_start().starts_with('+'), digits.len()) {
        (false, 11) if digits.starts_with('8') => format!("+7{}", &digits[1..]),
        (false, 10) => format!("+7{digits}"),
        _ => format!("+{digits}"),
    };
    let found: Vec<String> = phones(text).map(read).collect();
    if let [only] = &found[..] { Some(only.clone()) } else { None }
}

/// A request without what has digits and is no amount: days, addresses, telephone numbers, words with digits in them.
fn without_others(text: &str) -> String {
    let lower = phones(text).fold(text.to_lowercase(), |rest, (piece, _)| rest.replace(piece, " "));
    let words: Vec<&str> = lower.split_whitespace().collect();
    let has_digit = |word: &str| word.contains(|c: char| c.is_ascii_digit());
    let kept = words.iter().enumerate().filter(|(at, word)| {
        if !has_digit(word) {
            return true;
        }
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|at| words.get(at));
        let day = jiff::civil::date(2000, 1, 1);
        // «5 декабря», «через 3 дня».
        let dated = beside.clone().any(|other| month(other.trim_matches(|c: char| !c.is_alphanumeric())).is_some());
        let ahead = beside.clone().any(|other| matches!(*other, "через" | "in"));
        digits < 7 && !word.contains('@') && date(word, day).is_none() && !dated && !ahead
    });
    kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}
