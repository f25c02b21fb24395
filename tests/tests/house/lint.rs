//! The linter of protos, where there is one: it needs Node, and the tests must pass with a Rust toolchain alone.

use std::env;
use std::process::Command;

use crate::tree::root;

/// The release whose rules the contracts keep; `proto/buf.yaml` says which rules.
const BUF: &str = "@bufbuild/buf@1.75.0";

/// What `buf lint` exits with when it found something.
const FOUND: i32 = 100;

#[test]
fn buf_lint_is_clean() {
    let must_run = env::var("CI").is_ok_and(|value| value == "true");
    let skip = |why: String| {
        assert!(!must_run, "buf must run where CI=true: {why}");
        println!("skipped: {why}");
    };
    let linted = Command::new("npx").args(["--yes", BUF, "lint"]).current_dir(root().join("proto")).output();
    let output = match linted {
        Ok(output) => output,
        Err(error) => return skip(format!("npx cannot be started ({error})")),
    };
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    match output.status.code() {
        Some(0) => {}
        Some(FOUND) => panic!("mend what buf found in proto/:\n{said}"),
        _ => skip(format!("npx cannot get or start {BUF}:\n{said}")),
    }
}
