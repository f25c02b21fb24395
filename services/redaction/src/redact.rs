//! The way out and the way back.

use std::{collections::BTreeSet, fmt, ops::Range};

use serde::{Deserialize, Serialize};

use crate::{
    find::{Finder, Found},
    kind::Kind,
    map::{Map, Token},
};

/// How often what is left beside a finding is looked at again, since a neighbour that is gone may uncover another datum.
/// A stretch that still yields something after this is replaced whole, so that time stays linear and nothing remains.
const PASSES_MAX: usize = 8;

/// What one vendor may see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The kinds the plan allows; they are left as they stand. Empty: nothing personal passes.
    pub allow: BTreeSet<Kind>,
}

/// A fact that the bridge knows to identify the client: the client's reference, the organization's name for the client, a contact's name.
///
/// It is found as whole words, whatever the case and the white space between its words; other grammatical forms are facts of their own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// What kind of datum it is; [`Kind::Custom`] if no other fits.
    pub kind: Kind,
    /// The datum itself; a blank one is ignored.
    pub value: String,
}

/// Does not print the value: a fact about a client must not reach a log.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The text as a vendor may see it: each personal datum that `rules` do not allow is replaced by a token, and `map` learns what it stands for.
///
/// Use one map for all texts of one case. Redacting the result again changes neither it nor the map. [`restore`] gives `text` back exactly, whatever
/// it holds, unless it already held a token that `map` had issued before: such a token means its original.
pub fn redact(text: &str, rules: &Rules, known: &[Known], map: &mut Map) -> String {
    map.reserve(text);
    let mut issuer = map.issuer();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (span, kind) in findings(text, &Finder::new(rules, known)) {
        out.push_str(&text[done..span.start]);
        out.push_str(&issuer.token(kind, &text[span.clone()]).to_string());
        done = span.end;
    }
    out.push_str(&text[done..]);
    out
}

/// A vendor's text with the tokens that `map` issued turned back into the originals, cut off at `most` bytes: short tokens
/// may stand for long originals. Other tokens stay as they are: a vendor cannot conjure data.
///
/// Originals are not looked at again, so that one which itself looks like a token stays what it is.
pub fn restore(text: &str, map: &Map, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most));
    let mut done = 0;
    for (span, token) in Token::all_in(text) {
        if out.len() > most {
            break;
        }
        if let Some(original) = map.original(&token) {
            out.push_str(&text[done..span.start]);
            out.push_str(original);
            done = span.end;
        }
    }
    out.push_str(&text[done..]);
    out.truncate(out.floor_char_boundary(most));
    out
}

/// The kinds of personal data that `text` still holds and `rules` do not allow, each once, in the order of [`Kind`].
///
/// It is empty for whatever [`redact`] returned under the same rules. It does not know the [`Known`] facts.
pub fn leaks(text: &str, rules: &Rules) -> Vec<Kind> {
    let finder = Finder::new(rules, &[]);
    let kinds: BTreeSet<Kind> =
        between_tokens(text).into_iter().flat_map(|span| finder.find(&text[span])).map(|(_, kind)| kind).collect();
    kinds.into_iter().collect()
}

/// Everything to replace, from left to right, until nothing is found in what remains.
fn findings(text: &str, finder: &Finder) -> Vec<Found> {
    let mut all = Vec::new();
    let mut open = between_tokens(text);
    for pass in 0..=PASSES_MAX {
        let mut left = Vec::new();
        for stretch in open {
            let found = finder.find(&text[stretch.clone()]);
            let Some((_, first)) = found.first() else { continue };
            if pass == PASSES_MAX {
                all.push((stretch, *first));
                continue;
            }
            let mut done = stretch.start;
            for (span, kind) in found {
                let span = stretch.start + span.start..stretch.start + span.end;
                left.push(done..span.start);
                done = span.end;
                all.push((span, kind));
            }
            left.push(done..stretch.end);
        }
        open = left;
    }
    all.sort_by_key(|(span, _)| span.start);
    all
}

/// The stretches of `text` between tokens. Each is searched by itself, so that what is found in one does not hang on its neighbours.
fn between_tokens(text: &str) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut done = 0;
    for (span, _) in Token::all_in(text) {
        stretches.push(done..span.start);
        done = span.end;
    }
    stretches.push(done..text.len());
    stretches
}
