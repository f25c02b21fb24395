//! How domain values stand in columns, both ways.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;

use crate::error::StoreError;

/// Microseconds since 1970 UTC.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The instant `micros` of the row `what`.
pub(crate) fn instant(micros: i64, what: impl Display) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros)
        .map_err(|_| StoreError::Corrupt { what: what.to_string(), why: "an instant is out of range".to_owned() })
}

/// The id in a column of the row `what`.
pub(crate) fn id<T: FromStr>(text: &str, what: impl Display) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Corrupt { what: what.to_string(), why: "a column holds no id of its kind".to_owned() })
}

/// A count from the database, which never is negative.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
