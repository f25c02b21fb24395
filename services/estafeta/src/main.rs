//! The one binary of the suite; see `estafeta --help`.

use std::process::ExitCode;

use clap::Parser;
use estafeta::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("estafeta: the system gives no threads ({error})");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli.run()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("estafeta: {failure}");
            ExitCode::from(2)
        }
    }
}
