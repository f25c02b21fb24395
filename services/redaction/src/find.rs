//! In which order a text is searched, and who gives way to whom.

use regex::Regex;

use crate::{
    address, harmless,
    kind::Kind,
    name, number, phone,
    redact::{Known, Rules},
    scan::Span,
    secret,
};

/// Where a datum stands and what it is.
pub(crate) type Found = (Span, Kind);

type Detector = fn(&str) -> Vec<Span>;

/// Secrets come first, since they may look like anything; an address before names that stand in it.
const WORDY: [(Kind, Detector); 4] = [
    (Kind::UrlSecret, secret::in_urls),
    (Kind::Secret, secret::secrets),
    (Kind::Login, secret::logins),
    (Kind::Email, address::emails),
];

/// What has a checksum comes before what has only a shape.
const NUMERIC: [(Kind, Detector); 8] = [
    (Kind::AccountNumber, number::accounts),
    (Kind::CardNumber, number::cards),
    (Kind::Snils, number::snils),
    (Kind::Inn, number::inns),
    (Kind::Passport, number::passports),
    (Kind::Phone, phone::phones),
    (Kind::IpAddress, address::ips),
    (Kind::PersonName, name::names),
];

/// Looks for personal data under given rules.
pub(crate) struct Finder<'r> {
    rules: &'r Rules,
    known: Vec<(Kind, Needle)>,
}

/// How a known value is looked for.
enum Needle {
    Words(Regex),
    /// The value is too long for a pattern.
    Exact(String),
}

impl<'r> Finder<'r> {
    pub(crate) fn new(rules: &'r Rules, known: &[Known]) -> Self {
        let mut known: Vec<&Known> = known.iter().filter(|fact| !fact.value.trim().is_empty()).collect();
        // The longest first: a name must not be cut by a shorter one inside it.
        known.sort_by_key(|fact| std::cmp::Reverse(fact.value.len()));
        Self { rules, known: known.into_iter().map(|fact| (fact.kind, needle(fact.value.trim()))).collect() }
    }

    /// The data in one stretch of text, from left to right, none touching another's bytes.
    pub(crate) fn find(&self, text: &str) -> Vec<Found> {
        let mut pieces = Pieces { text, open: Vec::new(), found: Vec::new() };
        if text.is_empty() {
            return pieces.found;
        }
        pieces.open.push(0..text.len());
        for (kind, detector) in WORDY {
            self.take(&mut pieces, kind, detector);
        }
        for (kind, needle) in &self.known {
            self.take(&mut pieces, *kind, |text| needle.find(text));
        }
        pieces.cut(None, harmless::harmless);
        for (kind, detector) in NUMERIC {
            self.take(&mut pieces, kind, detector);
        }
        pieces.found.sort_by_key(|(span, _)| span.start);
        pieces.found
    }

    fn take(&self, pieces: &mut Pieces<'_>, kind: Kind, detector: impl Fn(&str) -> Vec<Span>) {
        if !self.rules.allow.contains(&kind) {
            pieces.cut(Some(kind), detector);
        }
    }
}

/// A text from which detectors cut their findings, one after the other.
struct Pieces<'t> {
    text: &'t str,
    open: Vec<Span>,
    found: Vec<Found>,
}

impl Pieces<'_> {
    /// Cuts out what `detector` finds: as data of a kind, or as text that no later detector looks at.
    fn cut(&mut self, kind: Option<Kind>, detector: impl Fn(&str) -> Vec<Span>) {
        let mut open = Vec::with_capacity(self.open.len());
        for piece in self.open.drain(..) {
            let mut done = piece.start;
            for span in detector(&self.text[piece.clone()]) {
                let span = piece.start + span.start..piece.start + span.end;
                if done < span.start {
                    open.push(done..span.start);
                }
                done = span.end;
                self.found.extend(kind.map(|kind| (span, kind)));
            }
            if done < piece.end {
                open.push(done..piece.end);
            }
        }
        self.open = open;
    }
}

impl Needle {
    fn find(&self, text: &str) -> Vec<Span> {
        match self {
            Self::Words(pattern) => pattern.find_iter(text).map(|found| found.range()).collect(),
            Self::Exact(value) => text.match_indices(value).map(|(at, found)| at..at + found.len()).collect(),
        }
    }
}

fn needle(value: &str) -> Needle {
    let edge = |c: Option<char>| if c.is_some_and(|c| c.is_alphanumeric() || c == '_') { r"\b" } else { "" };
    let (first, last) = (edge(value.chars().next()), edge(value.chars().next_back()));
    let words: Vec<String> = value.split_whitespace().map(regex::escape).collect();
    Regex::new(&format!("(?i){first}{}{last}", words.join(r"\s+")))
        .map_or_else(|_| Needle::Exact(value.to_owned()), Needle::Words)
}
