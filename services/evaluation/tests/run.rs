//! What is reported of a folder of sets.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use evaluation::{EvaluationError, Report, names, run};

fn run_in(folder: &Path, set: Option<&str>) -> Result<Report, EvaluationError> {
    run(folder, set, &|| Duration::ZERO)
}

/// A small set of the shape of Banking77.
fn write_banking(folder: &Path) {
    let mut table = "split\tlabel\ttext\n".to_owned();
    for number in 0..200 {
        let (label, text) = [("card", "my card has not arrived"), ("rate", "what is the exchange rate")][number % 2];
        let split = if number < 150 { "train" } else { "test" };
        writeln!(table, "{split}\t{label}\t{text} {number}").expect("a string takes all");
    }
    fs::write(folder.join("banking77_en.tsv"), table).expect("the folder can be written");
}

#[test]
fn any_folder_with_files_of_the_same_shape_can_be_measured() {
    let folder = tempfile::tempdir().expect("a folder");
    write_banking(folder.path());
    let report = run_in(folder.path(), None).expect("the set is well formed");
    let [row] = report.rows.as_slice() else { panic!("{report}") };
    assert_eq!((row.trained, row.tested), (150, 50));
    assert!(row.accuracy > 0.99 && row.at_95.is_some(), "{report}");
    assert_eq!(report.missing.len(), names().len() - 1, "{report}");
}

#[test]
fn a_set_that_is_asked_for_must_be_known_and_there() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(run_in(folder.path(), Some("banking77")), Err(EvaluationError::Missing(_))));
    assert!(matches!(run_in(folder.path(), Some("nonsense")), Err(EvaluationError::Unknown(_))));
}

#[test]
fn a_table_without_its_columns_is_named_with_the_column() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("banking77_en.tsv"), "split\ttext\ntrain\thello\n")
        .expect("the folder can be written");
    let error = run_in(folder.path(), None).expect_err("there is no label");
    assert_eq!(error.to_string(), "banking77_en.tsv has no column `label`");
}
