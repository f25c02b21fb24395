//! What the workspace takes from others: with a reason, and under a licence that suits the house.

use std::collections::BTreeSet;
use std::env;
use std::process::Command;

use crate::tree::{none, read, root};

/// The licences that suit the house.
const LICENCES: [&str; 10] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "MPL-2.0",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "0BSD",
];

/// Others, each for one package and with a reason.
const TOLERATED: [(&str, &str, &str); 1] =
    [("webpki-roots", "CDLA-Permissive-2.0", "no program but data: the roots that Mozilla trusts; comes with sqlx")];

#[test]
fn every_dependency_has_a_reason() {
    let manifest = read("Cargo.toml");
    let section = manifest.split("[workspace.dependencies]\n").nth(1).expect("the manifest lists the dependencies");
    let section = section.split("\n[").next().unwrap_or(section);
    let mut faults = Vec::new();
    for block in section.split("\n\n") {
        let headed = block.trim_start().starts_with('#');
        let bare = block.lines().filter(|line| !headed && line.contains('=') && !line.contains('#'));
        faults.extend(bare.map(str::to_owned));
    }
    none(faults, "say in Cargo.toml what each of these is for, beside it or above its block:");
}

#[test]
fn every_licence_suits_the_house() {
    // What is built here, and not all that the lock file could lead to on another platform.
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let tree = ["tree", "--workspace", "--offline", "--prefix", "none", "--format", "{p}|{l}"];
    let listed = Command::new(cargo).args(tree).current_dir(root()).output().expect("cargo can be started");
    assert!(listed.status.success(), "cargo tree: {}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).expect("cargo writes UTF-8");
    let packages: BTreeSet<(&str, &str)> =
        listed.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|')).collect();
    assert!(packages.len() > 100, "only {} packages were found", packages.len());

    let tolerated = |package: &str, licence: &str| {
        TOLERATED.iter().any(|(name, its, _)| package.split(' ').next() == Some(*name) && *its == licence)
    };
    let unfit = packages.iter().filter(|(package, licence)| !suits(licence) && !tolerated(package, licence));
    let unfit = unfit.map(|(package, licence)| format!("{package}: {licence}"));
    none(unfit.collect(), "do without these packages, or tolerate one with a reason in tests/house/dependencies.rs:");
}

/// Whether an SPDX expression leaves a choice that suits the house. `/` is an old spelling of `OR`.
fn suits(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest) && rest.is_empty()
}

fn any(rest: &mut &[&str]) -> bool {
    let mut found = all(rest);
    while let ["OR", after @ ..] = rest {
        *rest = after;
        found |= all(rest);
    }
    found
}

fn all(rest: &mut &[&str]) -> bool {
    let mut found = one(rest);
    while let ["AND", after @ ..] = rest {
        *rest = after;
        found &= one(rest);
    }
    found
}

fn one(rest: &mut &[&str]) -> bool {
    match rest {
        ["(", inside @ ..] => {
            *rest = inside;
            let found = any(rest);
            *rest = rest.strip_prefix(&[")"]).unwrap_or(rest);
            found
        }
        // An exception only adds to what is allowed.
        [licence, "WITH", _, after @ ..] | [licence, after @ ..] => {
            let found = LICENCES.contains(licence);
            *rest = after;
            found
        }
        [] => false,
    }
}

#[test]
fn a_licence_expression_is_read_with_its_choices() {
    for fit in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(suits(fit), "{fit} leaves a choice that suits");
    }
    for unfit in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "", "MIT MIT"] {
        assert!(!suits(unfit), "{unfit} leaves none");
    }
}
