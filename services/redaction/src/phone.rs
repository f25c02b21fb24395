//! Telephone numbers.

use std::{net::Ipv4Addr, sync::LazyLock};

use regex::Regex;

use crate::scan::{self, Span};

/// With a country code after a plus; with a Russian trunk digit; in the groups in which people write local ones.
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        \+[0-9](?:[\x20\u{a0}().–‑-]{0,3}[0-9]){8,14}
        | [78](?:[\x20\u{a0}().–‑-]{0,3}[0-9]){10}
        | \([0-9]{3,5}\)[\x20\u{a0}-]?[0-9]{1,3}(?:[\x20\u{a0}–‑-]?[0-9]{2}){2}
        | [0-9]{3}[\x20\u{a0}–‑-][0-9]{3}[–‑-][0-9]{2}[–‑-][0-9]{2}
        | (?:\([0-9]{3}\)\x20?|[0-9]{3}[.-])[0-9]{3}[.-][0-9]{4}
        | [0-9]{3}[–‑-][0-9]{2}[–‑-][0-9]{2}
        ",
    )
    .expect("a fixed pattern")
});

/// After a word that announces a telephone shorter and unusual groups are one too.
static ANNOUNCED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)\b(?:тел(?:ефон(?:а|у|ом|е|ы|ов)?)?|моб(?:ильн\p{L}{2,3})?|сот(?:ов\p{L}{2,3})?|факс|phone|tel|mobile|cell|fax|whatsapp|ватсап|вотсап)\b
        (?:\x20(?:number|no|для\x20связи|клиента|клиентки|is))?[\x20\u{a0}.:№\#=—-]{1,4}
        (\(?\+?[0-9](?:[\x20\u{a0}()–‑-]{0,3}[0-9]){5,14})",
    )
    .expect("a fixed pattern")
});

/// The telephone numbers in a text that holds no dates, times and versions any more.
pub(crate) fn phones(text: &str) -> Vec<Span> {
    let announced = scan::each(&ANNOUNCED, text, |found| {
        let span = found.get(1)?.range();
        scan::stands_apart(text, &span).then_some(span)
    });
    let bare = scan::each_retrying(&PHONE, text, |span| {
        let own = scan::stands_apart(text, &span) && scan::no_dotted_neighbour(text, &span);
        (own && plausible(&text[span.clone()])).then_some(span)
    });
    scan::merged([announced, bare])
}

/// Rows of small numbers and identifiers are no telephones: people write the area code in 3 to 5 digits and the rest in groups of 2 and more.
fn plausible(candidate: &str) -> bool {
    if candidate.parse::<Ipv4Addr>().is_ok() {
        return false;
    }
    let groups: Vec<usize> =
        candidate.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).map(str::len).collect();
    let digits = scan::digits(candidate);
    let grouped = groups.len() <= 7 && groups.iter().skip(1).all(|length| *length >= 2);
    if candidate.starts_with('+') || digits.len() != 11 {
        return grouped;
    }
    // 3, 4, 8 and 9 begin the Russian area and mobile codes.
    grouped
        && groups.len() <= 5
        && matches!(digits[1], 3 | 4 | 8 | 9)
        && (groups[0] != 1 || groups.get(1).is_none_or(|area| *area >= 3))
}
