//! Where a database is: the two kinds of URL that can be opened.

use std::path::PathBuf;
use std::str::FromStr;

use crate::error::StoreError;

/// The schema of a PostgreSQL database when the URL names none.
pub(crate) const DEFAULT_SCHEMA: &str = "public";

/// A parsed database URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// `sqlite://path`, relative or absolute.
    Sqlite(PathBuf),
    /// `postgres://…`, with an optional `schema=` among the parameters.
    Postgres {
        /// The URL without `schema`.
        url: String,
        /// The schema to work in; made when missing.
        schema: Option<String>,
    },
}

impl FromStr for Address {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        let bad = |why: &str| StoreError::BadUrl { why: why.to_owned() };
        if let Some(path) = url.strip_prefix("sqlite://") {
            if path.is_empty() || path.contains(['?', '#', '%']) || path == ":memory:" {
                return Err(bad("`sqlite://` wants the path of a file, without `?`, `#` or `%`"));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(bad("it starts with neither `sqlite://` nor `postgres://`"));
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (ours, rest): (Vec<&str>, Vec<&str>) =
            query.split('&').filter(|part| !part.is_empty()).partition(|part| part.starts_with("schema="));
        let schema = ours.first().and_then(|part| part.strip_prefix("schema=")).map(str::to_owned);
        if ours.len() > 1 {
            return Err(bad("`schema` is given twice"));
        }
        if schema.as_deref().is_some_and(|name| !is_plain(name)) {
            return Err(bad("`schema` wants 1 to 63 of a-z, 0-9 and `_`, not starting with a digit"));
        }
        let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        Ok(Self::Postgres { url, schema })
    }
}

/// Whether PostgreSQL takes `name` as it stands, without quotes.
fn is_plain(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_taken_out_of_the_url_and_the_rest_stays() {
        let given = "postgres://u@h/db?sslmode=disable&schema=line2&application_name=x";
        let url = "postgres://u@h/db?sslmode=disable&application_name=x".to_owned();
        assert_eq!(given.parse::<Address>().unwrap(), Address::Postgres { url, schema: Some("line2".to_owned()) });
        assert!("postgres://h/db?schema=a;drop".parse::<Address>().is_err());
        assert!("postgres://h/db?schema=a&schema=b".parse::<Address>().is_err());
    }

    #[test]
    fn a_wrong_url_is_refused_without_repeating_it() {
        for given in ["mysql://secret@h/db", "sqlite://", "sqlite::memory:", "sqlite://a?mode=ro", ""] {
            let error = given.parse::<Address>().unwrap_err();
            assert!(matches!(error, StoreError::BadUrl { .. }), "{given}");
            assert!(!error.to_string().contains("secret"));
        }
    }
}
