//! Numbers that prove themselves: cards, accounts, taxpayer and insurance numbers; and passports, which need a word or their own shape.

use std::{ops::RangeInclusive, sync::LazyLock};

use regex::Regex;

use crate::scan::{self, Span};

static CARD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[2-6](?:[ \u{a0}-]?[0-9]){12,18}").expect("a fixed pattern"));
static IBAN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}").expect("a fixed pattern"));
/// A balance account of the chart of accounts, then the currency.
static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:30[12]|40[1-8]|42[0-6]|45[2-9])[ .]?[0-9]{2}[ .]?(?:810|643|840|978|156)[ .]?[0-9][ .]?[0-9]{4}[ .]?[0-9]{3}[ .]?[0-9]{4}")
        .expect("a fixed pattern")
});
static SNILS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[0-9]{3}[- ][0-9]{3}[- ][0-9]{3}[- ]?[0-9]{2}").expect("a fixed pattern"));
static SNILS_NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:снилс|snils)[^\d\n]{0,12}([0-9][0-9 -]{9,14}[0-9])").expect("a fixed pattern")
});
static INN_LONG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[0-9]{12}").expect("a fixed pattern"));
static INN_NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:инн|inn|tax id|taxpayer)[^\d\n]{0,24}([0-9]{10}(?:[0-9]{2})?)").expect("a fixed pattern")
});
static PASSPORT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[0-9]{2} [0-9]{2} (?:№ ?)?[0-9]{6}").expect("a fixed pattern"));
static PASSPORT_NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?:паспорт\p{L}{0,4}|passport|серия)
        (?:[^\d\n\p{L}]|\b(?:рф|гражданина|россии|серия|серии|номер|данные|клиента|моего|мой|no|number|num|is)\b){0,10}
        ([0-9]{2}\x20?[0-9]{2},?\x20?(?:№|номер|n|no\.?)?\x20?[0-9]{6}|[a-z]{1,2}\x20?[0-9]{6,8}|[0-9]{2}\x20?[0-9]{7}|[0-9]{8,10})",
    )
    .expect("a fixed pattern")
});

/// Numbers of 13 to 19 digits that satisfy Luhn.
pub(crate) fn cards(text: &str) -> Vec<Span> {
    scan::each_retrying(&CARD, text, |span| longest(text, span, 13..=19, |candidate| luhn(&scan::digits(candidate))))
}

/// IBANs by their remainder, Russian accounts by the chart of accounts and the currency.
pub(crate) fn accounts(text: &str) -> Vec<Span> {
    let ibans = scan::each_retrying(&IBAN, text, |span| longest(text, span, 15..=34, iban));
    let bare = scan::each_retrying(&ACCOUNT, text, |span| scan::stands_apart(text, &span).then_some(span));
    scan::merged([ibans, bare])
}

/// Eleven digits with the checksum, written in groups or after the word.
pub(crate) fn snils(text: &str) -> Vec<Span> {
    let named = scan::each(&SNILS_NAMED, text, |found| {
        let span = found.get(1)?.range();
        (scan::stands_apart(text, &span) && snils_holds(&scan::digits(&text[span.clone()]))).then_some(span)
    });
    let bare = scan::each_retrying(&SNILS, text, |span| {
        (scan::stands_apart(text, &span) && snils_holds(&scan::digits(&text[span.clone()]))).then_some(span)
    });
    scan::merged([named, bare])
}

/// Twelve digits with both checksums; ten, whose one checksum fits every tenth number, only after the word.
pub(crate) fn inns(text: &str) -> Vec<Span> {
    let named = scan::each(&INN_NAMED, text, |found| {
        let span = found.get(1)?.range();
        (scan::stands_apart(text, &span) && inn_holds(&scan::digits(&text[span.clone()]))).then_some(span)
    });
    let bare = scan::each_retrying(&INN_LONG, text, |span| {
        let own = scan::stands_apart(text, &span) && scan::no_dotted_neighbour(text, &span);
        (own && inn_holds(&scan::digits(&text[span.clone()]))).then_some(span)
    });
    scan::merged([named, bare])
}

/// Series and number of a Russian passport in groups, or any passport's number after the word.
pub(crate) fn passports(text: &str) -> Vec<Span> {
    let named = scan::each(&PASSPORT_NAMED, text, |found| {
        let span = found.get(1)?.range();
        scan::stands_apart(text, &span).then_some(span)
    });
    let bare = scan::each_retrying(&PASSPORT, text, |span| {
        let in_table =
            text[..span.start].ends_with(' ') && text[..span.start].trim_end().ends_with(|c: char| c.is_ascii_digit());
        (scan::stands_apart(text, &span) && !in_table).then_some(span)
    });
    scan::merged([named, bare])
}

/// The longest beginning of `span` that stands apart, has so many letters and digits, and holds.
fn longest(text: &str, span: Span, length: RangeInclusive<usize>, holds: impl Fn(&str) -> bool) -> Option<Span> {
    let ends = text[span.clone()].char_indices().map(|(at, c)| span.start + at + c.len_utf8()).collect::<Vec<_>>();
    ends.into_iter().rev().map(|end| span.start..end).find(|part| {
        let candidate = &text[part.clone()];
        length.contains(&candidate.chars().filter(|c| c.is_ascii_alphanumeric()).count())
            && candidate.ends_with(|c: char| c.is_ascii_alphanumeric())
            && scan::stands_apart(text, part)
            && scan::no_dotted_neighbour(text, part)
            && holds(candidate)
    })
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}

fn iban(candidate: &str) -> bool {
    let compact: Vec<u32> = candidate.chars().filter_map(|c| c.to_digit(36)).collect();
    let rest = |whole: u32, digit: &u32| (whole * if *digit > 9 { 100 } else { 10 } + digit) % 97;
    compact.len() > 4 && compact[4..].iter().chain(&compact[..4]).fold(0, rest) == 1
}

fn snils_holds(digits: &[u32]) -> bool {
    let weighted: u32 = digits.iter().take(9).zip((1..=9).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 11 && weighted > 0 && weighted % 101 % 100 == digits[9] * 10 + digits[10]
}

fn inn_holds(digits: &[u32]) -> bool {
    let check =
        |weights: &[u32]| digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11 % 10;
    match digits.len() {
        10 => check(&[2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[9] && digits.iter().any(|digit| *digit > 0),
        12 => {
            check(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[10]
                && check(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[11]
                && digits.iter().any(|digit| *digit > 0)
        }
        _ => false,
    }
}
