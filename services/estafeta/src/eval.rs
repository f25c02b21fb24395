//! `eval`: how well triage sorts and search finds, measured on the sets of a folder.

use std::path::PathBuf;
use std::time::Instant;

use crate::failure::Failure;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The folder with the sets; any with files of the same names and columns works.
    #[arg(long, value_name = "DIR", default_value = "../shared/data")]
    dir: PathBuf,
    /// Only this set. Default: all of which the files are there.
    #[arg(long, value_name = "NAME")]
    set: Option<String>,
    /// Print one JSON object a row, and one for each set that is missing.
    #[arg(long)]
    json: bool,
}

/// Measures and prints. Returns whether anything could be measured.
///
/// # Errors
/// When a file is there and broken, or the set is not known.
pub async fn run(options: Options) -> Result<bool, Failure> {
    let Options { dir, set, json } = options;
    // It computes for minutes, and nobody else may wait for it.
    let begun = Instant::now();
    let measured = tokio::task::spawn_blocking(move || evaluation::run(&dir, set.as_deref(), &|| begun.elapsed()));
    let report = measured.await.map_err(|error| Failure::Given(error.to_string()))??;
    if json {
        for row in &report.rows {
            println!("{}", serde_json::json!(row));
        }
        for row in &report.searches {
            println!("{}", serde_json::json!(row));
        }
        for row in &report.watches {
            println!("{}", serde_json::json!(row));
        }
        for row in &report.trends {
            println!("{}", serde_json::json!(row));
        }
        for missing in &report.missing {
            println!("{}", serde_json::json!({ "missing": missing }));
        }
    } else {
        print!("{report}");
    }
    let is_empty =
        report.rows.is_empty() && report.searches.is_empty() && report.watches.is_empty() && report.trends.is_empty();
    Ok(!is_empty)
}
