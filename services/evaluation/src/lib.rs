//! Measures triage and search on public sets: reads a folder, splits, trains, judges, and prints a row for each task.
//!
//! [`run`] is all of it. Every threshold, temperature and choice is made on the training part (or on a validation part that
//! the set names); the test part is only looked at once, to count. A set whose files the folder lacks is reported as missing.
//!
//! **Invariant:** this crate decides nothing for a ticket, writes no file and keeps nothing of a set; time is an argument.

mod banking77;
mod clinc150;
mod itsm;
mod judge;
mod mass;
mod metrics;
mod row;
mod rutube;
mod search;
mod sentirueval;
mod sheet;
mod trends;

use std::path::Path;
use std::time::Duration;

use thiserror::Error;

pub use row::{AtPrecision, Report, Row, SearchRow, TrendRow, WatchRow};

/// Tells how much time has passed since some fixed moment; what is measured in seconds is measured by it.
pub type Clock<'a> = &'a dyn Fn() -> Duration;

/// What measures a set.
enum Measure {
    /// Requests are sorted.
    Sorting(fn(&Path, Clock<'_>) -> Result<Vec<Row>, EvaluationError>),
    /// Articles are searched for.
    Searching(fn(&Path, Clock<'_>) -> Result<Vec<SearchRow>, EvaluationError>),
    /// Mass incidents are looked for in weeks that are made up here; no folder holds them.
    Watching(fn() -> Vec<WatchRow>),
    /// Changes are looked for in weeks that are made up here.
    Changing(fn() -> Vec<TrendRow>),
}

/// The sets, by name.
const SETS: [(&str, Measure); 11] = [
    ("banking77", Measure::Sorting(banking77::rows)),
    ("clinc150", Measure::Sorting(clinc150::rows)),
    ("rutube", Measure::Sorting(rutube::rows)),
    ("sentirueval-banks", Measure::Sorting(sentirueval::banks)),
    ("sentirueval-telecom", Measure::Sorting(sentirueval::telecom)),
    ("itsm", Measure::Sorting(itsm::rows)),
    ("rutube-articles", Measure::Searching(search::rutube)),
    ("xquad-ru", Measure::Searching(search::xquad_ru)),
    ("xquad-en", Measure::Searching(search::xquad_en)),
    ("mass", Measure::Watching(mass::rows)),
    ("trends", Measure::Changing(trends::rows)),
];

/// Why a set was not measured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// The folder lacks a file.
    #[error("{0} is not there")]
    Missing(String),
    /// A file cannot be read as a table.
    #[error("{file} cannot be read: {why}")]
    Unreadable {
        /// Its name.
        file: String,
        /// What the reader says.
        why: String,
    },
    /// A table has no such column.
    #[error("{file} has no column `{column}`")]
    Column {
        /// Its name.
        file: String,
        /// The column looked for.
        column: &'static str,
    },
    /// A set has too little to learn from.
    #[error("nothing can be learned from {set}: {why}")]
    Train {
        /// Its name.
        set: String,
        /// What the training says.
        why: triage::TrainError,
    },
    /// A set's articles cannot be searched.
    #[error("{set} cannot be searched: {why}")]
    Search {
        /// Its name.
        set: String,
        /// What the search says.
        why: String,
    },
    /// There is no such set.
    #[error("no set is named `{0}`; known are {known}", known = names().join(", "))]
    Unknown(String),
}

/// The names of all sets.
pub fn names() -> Vec<&'static str> {
    SETS.iter().map(|(name, _)| *name).collect()
}

/// Measures the sets in `folder`: the one named, or all of which the files are there. What is made up, and is in no folder,
/// is measured when it is named.
///
/// # Errors
/// [`EvaluationError`] when a file is there and broken, when the named set is unknown, or when its files are missing.
pub fn run(folder: &Path, set: Option<&str>, clock: Clock<'_>) -> Result<Report, EvaluationError> {
    let mut report = Report::default();
    if let Some(name) = set {
        let Some((_, measure)) = SETS.iter().find(|(known, _)| *known == name) else {
            return Err(EvaluationError::Unknown(name.to_owned()));
        };
        measure.add_to(&mut report, folder, clock)?;
        return Ok(report);
    }
    for (name, measure) in &SETS {
        if matches!(measure, Measure::Watching(_) | Measure::Changing(_)) {
            report.missing.push(format!("{name} is made up and in no folder; ask for it by name"));
            continue;
        }
        match measure.add_to(&mut report, folder, clock) {
            Ok(()) => {}
            Err(missing @ EvaluationError::Missing(_)) => report.missing.push(missing.to_string()),
            Err(other) => return Err(other),
        }
    }
    Ok(report)
}

impl Measure {
    fn add_to(&self, report: &mut Report, folder: &Path, clock: Clock<'_>) -> Result<(), EvaluationError> {
        match self {
            Self::Sorting(rows) => report.rows.extend(rows(folder, clock)?),
            Self::Searching(rows) => report.searches.extend(rows(folder, clock)?),
            Self::Watching(rows) => report.watches.extend(rows()),
            Self::Changing(rows) => report.trends.extend(rows()),
        }
        Ok(())
    }
}
