//! Wire types and domain types, converted in full at the rim.
//!
//! From the wire: every fault is gathered as a violation with the field's path. To the wire: total.

pub mod enums;
pub mod evidence;
pub mod force_majeure;
pub mod problem;
mod queue;
mod raise;
pub mod record;
mod summary;
pub mod tag;
pub mod visit;

use std::str::FromStr;

use jiff::Timestamp;
use ticket::field::{self, Violation};

use crate::refused::Refused;

/// Gathers the faults of one request, so that a caller learns of all of them at once.
#[derive(Debug, Default)]
pub struct Reader {
    violations: Vec<Violation>,
}

impl Reader {
    /// A required text of at most `max` bytes; empty when it is faulty.
    pub fn text(&mut self, name: &str, value: &str, max: usize) -> String {
        field::required(name, value, max).unwrap_or_else(|violation| self.fault(violation))
    }

    /// An optional text of at most `max` bytes.
    pub fn optional(&mut self, name: &str, value: &str, max: usize) -> Option<String> {
        field::optional(name, value, max).unwrap_or_else(|violation| self.fault(violation))
    }

    /// An id, parsed; none when it is faulty.
    pub fn id<T: FromStr>(&mut self, name: &str, value: &str) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        value.parse().map_err(|error: T::Err| self.violations.push(Violation::new(name, error.to_string()))).ok()
    }

    /// A value that must be there; none when it is not.
    pub fn given<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.violations.push(Violation::new(name, "is missing; it is required"));
        }
        value
    }

    /// A list of at most [`field::LIST_MAX`] entries; cut off there when it is longer.
    pub fn list<T>(&mut self, name: &str, mut values: Vec<T>) -> Vec<T> {
        if values.len() > field::LIST_MAX {
            let fault = format!("has {} entries; at most {} are taken", values.len(), field::LIST_MAX);
            self.violations.push(Violation::new(name, fault));
            values.truncate(field::LIST_MAX);
        }
        values
    }

    /// Adds a fault.
    pub fn wrong(&mut self, name: &str, fault: impl Into<String>) {
        self.violations.push(Violation::new(name, fault));
    }

    fn fault<T: Default>(&mut self, violation: Violation) -> T {
        self.violations.push(violation);
        T::default()
    }

    /// `value`, if no field was faulty and it is there.
    ///
    /// # Errors
    /// [`Refused::Fields`] with every violation.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Refused> {
        match value {
            Some(value) if self.violations.is_empty() => Ok(value),
            _ => Err(Refused::Fields(self.violations)),
        }
    }
}

/// The instant on the wire.
#[must_use]
pub fn instant(at: Timestamp) -> prost_types::Timestamp {
    let nanos = at.subsec_nanosecond();
    // Before 1970 jiff counts nanoseconds down from the second, protobuf up.
    let (seconds, nanos) =
        if nanos < 0 { (at.as_second() - 1, nanos + 1_000_000_000) } else { (at.as_second(), nanos) };
    prost_types::Timestamp { seconds, nanos }
}

/// The instant from the wire; none with a fault when it is missing or none.
pub fn to_instant(reader: &mut Reader, name: &str, at: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    let prost_types::Timestamp { seconds, nanos } = reader.given(name, at)?;
    if !(0..1_000_000_000).contains(&nanos) {
        reader.wrong(name, "has nanoseconds outside 0 to 999999999");
        return None;
    }
    let instant = Timestamp::new(seconds, nanos).ok();
    if instant.is_none() {
        reader.wrong(name, "is outside the years -9999 to 9999");
    }
    instant
}
