//! Measures triage on the sets of a folder: `cargo run --release -p evaluation --example evaluate -- [FOLDER [SET]]`.

use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), evaluation::EvaluationError> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "../shared/data".to_owned()));
    let set = arguments.next();
    let begun = Instant::now();
    let report = evaluation::run(&folder, set.as_deref(), &|| begun.elapsed())?;
    print!("{report}");
    Ok(())
}
