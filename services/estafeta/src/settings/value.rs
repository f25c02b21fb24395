//! What settings are made of: addresses with the name of what is there.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use serde::Deserialize;
use ticket::Line;

use crate::target::Target;

/// The address of a database, perhaps with a password; so it does not print.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Database {
    /// The line whose it is; none for all.
    pub line: Option<Line>,
    pub(super) url: String,
}

impl Database {
    /// The address, as `store::Store::open` takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("line", &self.line).finish_non_exhaustive()
    }
}

impl FromStr for Database {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        // An address may have `=` among its parameters; a line's name has neither `:` nor `/`.
        match given.split_once('=').filter(|(name, _)| !name.contains([':', '/'])) {
            Some((name, url)) => Ok(Self { line: Some(line_named(name)?), url: url.to_owned() }),
            None => Ok(Self { line: None, url: given.to_owned() }),
        }
    }
}

impl TryFrom<String> for Database {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        given.parse()
    }
}

fn line_named(name: &str) -> Result<Line, String> {
    let target = Target::from_str(name, false).ok().and_then(Target::line);
    target.ok_or_else(|| format!("`{name}` is not a line; write line0, line1, line2, line3 or vendor"))
}

/// Where something is: `NAME=URL`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct At {
    /// What.
    pub name: String,
    /// Where.
    pub url: String,
}

impl FromStr for At {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let (name, url) = given.split_once('=').ok_or("write NAME=URL, such as line1=http://127.0.0.1:7101")?;
        Ok(Self { name: name.to_owned(), url: url.to_owned() })
    }
}

impl TryFrom<String> for At {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        given.parse()
    }
}

/// Where a token stands: `NAME=FILE`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TokenFile {
    /// Whose.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for TokenFile {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let (name, path) = given.split_once('=').ok_or("write NAME=FILE, such as orders=/etc/orders.token")?;
        Ok(Self { name: name.to_owned(), path: path.into() })
    }
}

impl TryFrom<String> for TokenFile {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        given.parse()
    }
}
