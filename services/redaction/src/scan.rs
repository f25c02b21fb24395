//! Walking over the matches of a pattern.

use std::ops::Range;

use regex::{Captures, Regex};

/// Byte positions in the text that is searched.
pub(crate) type Span = Range<usize>;

/// What `accept` takes out of the matches of `pattern`; the search goes on after each match.
pub(crate) fn each(pattern: &Regex, text: &str, accept: impl Fn(&Captures<'_>) -> Option<Span>) -> Vec<Span> {
    pattern.captures_iter(text).filter_map(|found| accept(&found)).filter(|span| !span.is_empty()).collect()
}

/// As [`each`], but a refused match is tried again from its second character. Only for patterns of bounded length, or time is not linear.
pub(crate) fn each_retrying(pattern: &Regex, text: &str, accept: impl Fn(Span) -> Option<Span>) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(found) = pattern.find_at(text, at) {
        match accept(found.range()).filter(|span| !span.is_empty()) {
            Some(span) => {
                at = span.end;
                spans.push(span);
            }
            None => at = found.start() + text[found.start()..].chars().next().map_or(1, char::len_utf8),
        }
        if at > text.len() {
            break;
        }
    }
    spans
}

/// The character before byte `at`.
pub(crate) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character at byte `at`.
pub(crate) fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Neither a letter nor a digit touches the span.
pub(crate) fn stands_apart(text: &str, span: &Span) -> bool {
    let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !touches(before(text, span.start)) && !touches(after(text, span.end))
}

/// The span is not a part of a longer number with dots, such as a version or an amount.
pub(crate) fn no_dotted_neighbour(text: &str, span: &Span) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let left = text[..span.start].strip_suffix('.').is_some_and(|rest| digit(rest.chars().next_back()));
    let right = text[span.end..].strip_prefix('.').is_some_and(|rest| digit(rest.chars().next()));
    !left && !right
}

/// The decimal digits of `text` as numbers.
pub(crate) fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// The findings of several patterns as one list: from left to right, the longest of those that begin together, none over another.
pub(crate) fn merged<const N: usize>(lists: [Vec<Span>; N]) -> Vec<Span> {
    let mut spans = lists.concat();
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut end = 0;
    spans.retain(|span| {
        let free = span.start >= end;
        if free {
            end = span.end;
        }
        free
    });
    spans
}
