//! Numbers that a vendor needs for the diagnosis and that must not be taken for personal ones.

use std::sync::LazyLock;

use regex::Regex;

use crate::scan::{self, Span};

/// Each is bounded, so that a refused match can be tried again from its next character.
static HARMLESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)
        [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}                                # UUID
        | [0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T\x20_][0-9]{2}[:-][0-9]{2}(?:[:-][0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|\x20?[+-][0-9]{2}:?[0-9]{2})?)? # instant
        | [0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}(?:,?\x20[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?      # 01.02.2026, with a time or without
        | [0-9]{4}[./][0-9]{2}[./][0-9]{2}(?:\x20[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?                # 2026/02/01
        | [0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?                                         # time of day
        | (?-i:[A-Z]{2,10})-[0-9]{1,8}(?:-[0-9]{1,5})?                                            # EST-000123, CVE-2026-12345
        | (?:version|версия|версии|версию|версией|верс\.?|ver\.?|v\.?|build|сборка|сборки|сборке|release|релиз|релиза|firmware|прошивка|прошивки|прошивку)
          \x20?[:=№]?\x20?v?[0-9]{1,6}(?:\.[0-9]{1,8}){1,5}                                        # version 10.2.33.1
        | [$€₽]\x20?[0-9]{1,3}(?:[\x20\u{a0},][0-9]{3}){1,5}(?:[.,][0-9]{2})?                     # $1,234,567.00
        | [0-9]{1,3}(?:[\x20\u{a0},.][0-9]{3}){1,5}(?:[.,][0-9]{2})?\x20?(?:₽|€|\$|руб|рублей|р\.|usd|eur|rub|bytes|байт|kb|кб|mb|мб) # 1 234 567 руб
        ",
    )
    .expect("a fixed pattern")
});

/// Identifiers, dates, versions, amounts.
pub(crate) fn harmless(text: &str) -> Vec<Span> {
    scan::each_retrying(&HARMLESS, text, |span| {
        let continues = text[span.end..]
            .strip_prefix(['-', '/', ':'])
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let joined =
            scan::before(text, span.start).is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '+' || c == '-');
        let ends = text[..span.end].ends_with(|c: char| !c.is_alphanumeric())
            || !scan::after(text, span.end).is_some_and(|c| c.is_ascii_alphanumeric())
            || text[..span.end].to_lowercase().ends_with("руб");
        (!continues && !joined && ends && scan::no_dotted_neighbour(text, &span)).then_some(span)
    })
}
