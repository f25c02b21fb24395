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

/// A small set of the shape of RUTUBE's knowledge: each article is asked for in several ways.
fn write_articles(folder: &Path) {
    let (mut articles, mut cases) = (
        "article\ttopic\tquestion\tanswer\n".to_owned(),
        "article\tl1\tl2\tkb_question\ttext\tagent_answer\n".to_owned(),
    );
    for (number, thing) in ["пароль", "принтер", "монитор", "договор", "пропуск", "отпуск"].iter().enumerate()
    {
        for (place, deed) in ["заказать", "настроить", "вернуть", "продлить"].iter().enumerate()
        {
            let id = number * 10 + place;
            writeln!(articles, "A{id}\tКак {deed} {thing}\tКак {deed} {thing}?\tВот так.").expect("a string takes all");
            for ask in ["нужно", "прошу", "хочу", "как бы мне"] {
                writeln!(cases, "A{id}\tone\ttwo\t-\t{ask} {deed} {thing}\t-").expect("a string takes all");
            }
        }
    }
    fs::write(folder.join("rutube_kb_ru.tsv"), articles).expect("the folder can be written");
    fs::write(folder.join("rutube_cases_ru.tsv"), cases).expect("the folder can be written");
}

#[test]
fn a_search_is_measured_as_it_comes_and_after_learning() {
    let folder = tempfile::tempdir().expect("a folder");
    write_articles(folder.path());
    let report = run_in(folder.path(), Some("rutube-articles")).expect("the set is well formed");
    let [as_it_comes, learned] = report.searches.as_slice() else { panic!("{report}") };
    assert_eq!((as_it_comes.articles, as_it_comes.asked, learned.asked), (24, 96, 96));
    assert!(as_it_comes.first > 0.9 && learned.first > 0.9, "{report}");
    assert!(learned.third >= learned.first && learned.mean_reciprocal_rank <= 1.0, "{report}");
    let at_90 = learned.at_90.expect("most are easy");
    assert!(
        at_90.coverage < 1.0 && at_90.precision > 0.5,
        "with articles missing not everything can be answered: {report}"
    );
    assert!(report.to_string().contains("R@3"), "{report}");
}
