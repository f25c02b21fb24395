//! Tokens, and the map from them to what they stand for.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    ops::Range,
    str::FromStr,
    sync::LazyLock,
};

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};

use crate::kind::Kind;

/// What a vendor sees in place of a datum: `[PHONE-1]`, or `[PHONE-1.2]` for the second spelling of the same phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Token {
    kind: Kind,
    number: u32,
    spelling: u32,
}

/// A text that is not a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a token; one looks like [EMAIL-1] or [PHONE-1.2]")]
pub struct InvalidToken(pub String);

/// Nine digits hold any number we issue and fit a `u32`. A bracket stands only at each end, so that no token can overlap another.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let labels = Kind::ALL.map(Kind::label).join("|");
    Regex::new(&format!(r"\[({labels})-([1-9][0-9]{{0,8}})(?:\.([2-9]|[1-9][0-9]{{1,8}}))?\]"))
        .expect("a fixed pattern")
});

impl Token {
    /// The tokens in `text` with their byte ranges, from left to right.
    pub(crate) fn all_in(text: &str) -> impl Iterator<Item = (Range<usize>, Self)> {
        TOKEN.captures_iter(text).filter_map(|found| Some((found.get(0)?.range(), Self::read(&found)?)))
    }

    fn read(found: &Captures<'_>) -> Option<Self> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.label() == &found[1])?;
        let number = found[2].parse().ok()?;
        let spelling = found.get(3).map_or(Some(1), |digits| digits.as_str().parse().ok())?;
        Some(Self { kind, number, spelling })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}-{}", self.kind.label(), self.number)?;
        if self.spelling > 1 {
            write!(f, ".{}", self.spelling)?;
        }
        f.write_str("]")
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.to_string()
    }
}

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        Self::all_in(text)
            .find(|(range, _)| *range == (0..text.len()))
            .map(|(_, token)| token)
            .ok_or_else(|| InvalidToken(text.to_owned()))
    }
}

impl TryFrom<String> for Token {
    type Error = InvalidToken;

    fn try_from(text: String) -> Result<Self, InvalidToken> {
        text.parse()
    }
}

/// The tokens issued for one case and what they stand for. It holds personal data: keep it inside, and drop it on erasure.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    originals: BTreeMap<Token, String>,
    /// Texts that looked like tokens before any was issued for them; they mean themselves for ever.
    reserved: BTreeSet<Token>,
}

impl Map {
    /// The original that `token` stands for, exactly as it was spelled; `None` for a token that was never issued.
    pub fn original(&self, token: &Token) -> Option<&str> {
        self.originals.get(token).map(String::as_str)
    }

    /// Sees to it that no token-like text of `text` is issued later.
    pub(crate) fn reserve(&mut self, text: &str) {
        let literal = Token::all_in(text).map(|(_, token)| token).filter(|token| !self.originals.contains_key(token));
        self.reserved.extend(literal);
    }

    /// Prepares for many new tokens; costs one walk over the map.
    pub(crate) fn issuer(&mut self) -> Issuer<'_> {
        let mut issuer = Issuer { exact: HashMap::new(), data: HashMap::new(), last: HashMap::new(), map: self };
        for (token, original) in &issuer.map.originals {
            issuer.exact.insert((token.kind, original.clone()), *token);
            issuer.data.insert((token.kind, token.kind.essence(original)), *token);
            issuer.last.insert(token.kind, token.number);
        }
        issuer
    }
}

/// Prints the tokens only: a map must not reach a log.
impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issued: Vec<String> = self.originals.keys().map(Token::to_string).collect();
        f.debug_struct("Map").field("issued", &issued).field("reserved", &self.reserved.len()).finish_non_exhaustive()
    }
}

/// Hands out the tokens of one map.
pub(crate) struct Issuer<'m> {
    map: &'m mut Map,
    exact: HashMap<(Kind, String), Token>,
    /// The token of the latest spelling of each datum.
    data: HashMap<(Kind, String), Token>,
    last: HashMap<Kind, u32>,
}

impl Issuer<'_> {
    /// The token of `original`, new if it has none.
    pub(crate) fn token(&mut self, kind: Kind, original: &str) -> Token {
        if let Some(token) = self.exact.get(&(kind, original.to_owned())) {
            return *token;
        }
        let datum = (kind, kind.essence(original));
        let token = match self.data.get(&datum) {
            Some(latest) => self.respelled(*latest),
            None => self.fresh(kind),
        };
        self.map.originals.insert(token, original.to_owned());
        self.exact.insert((kind, original.to_owned()), token);
        self.data.insert(datum, token);
        token
    }

    fn respelled(&self, latest: Token) -> Token {
        let mut token = latest;
        token.spelling += 1;
        while self.map.reserved.contains(&token) {
            token.spelling += 1;
        }
        token
    }

    fn fresh(&mut self, kind: Kind) -> Token {
        let last = self.last.entry(kind).or_default();
        *last += 1;
        while self.map.reserved.contains(&Token { kind, number: *last, spelling: 1 }) {
            *last += 1;
        }
        Token { kind, number: *last, spelling: 1 }
    }
}
