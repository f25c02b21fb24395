//! Files: how long, how named, where, and what must not be in them.

use crate::tree::{files, has_word, none, top};

/// A file of Rust that no longer fits one sitting wants to be two.
const RUST_LINES_MAX: usize = 400;

/// The same for contracts, where comments take their room.
const PROTO_LINES_MAX: usize = 500;

/// What stands visibly at the top.
const TOP: [&str; 7] = ["Cargo.lock", "Cargo.toml", "README.md", "gateway", "proto", "services", "tests"];

/// Names that say nothing; what is in such a file has a name of its own.
const NAMELESS: [&str; 8] = ["common", "util", "utils", "core", "shared", "helpers", "misc", "types"];

/// Words of unfinished work, written apart so that this file has none of them.
const UNFINISHED: [(&str, &str); 6] = [
    (concat!("todo", "!("), "write it or leave it out"),
    (concat!("unimplemented", "!("), "write it or leave it out"),
    (concat!("#[ig", "nore"), "make the test fast and sure, or leave it out"),
    (concat!("TO", "DO"), "do it, or open an issue"),
    (concat!("FIX", "ME"), "mend it, or open an issue"),
    (concat!("XX", "X"), "say what is meant"),
];

/// The beginning of a path that exists on one machine only.
const ONE_MACHINE: &str = concat!("/wo", "rk/");

#[test]
fn files_fit_one_sitting() {
    let too_long = files().into_iter().filter_map(|file| {
        let max = match file.path.rsplit('.').next() {
            Some("rs") => RUST_LINES_MAX,
            Some("proto") => PROTO_LINES_MAX,
            _ => return None,
        };
        let lines = file.text.lines().count();
        (lines > max).then(|| format!("{} has {lines} lines; at most {max}", file.path))
    });
    none(too_long.collect(), "make two files of each of these, each named for one thing:");
}

#[test]
fn only_the_few_stand_visibly_at_the_top() {
    let visible: Vec<String> = top().into_iter().filter(|name| !name.starts_with('.')).collect();
    let strange = visible.iter().filter(|name| !TOP.contains(&name.as_str())).cloned();
    none(strange.collect(), "move these into a folder, or let git ignore them; tool files are dotfiles:");
    let missing = TOP.iter().filter(|name| !visible.iter().any(|other| other == *name)).map(ToString::to_string);
    none(missing.collect(), "these belong to the top and are not there:");
}

#[test]
fn files_and_folders_are_named_for_one_thing() {
    let nameless = files()
        .into_iter()
        .map(|file| file.path)
        .filter(|path| path.split('/').any(|part| NAMELESS.contains(&part.split('.').next().unwrap_or(part))));
    none(nameless.collect(), "name these for the one thing that is in them:");
}

#[test]
fn nothing_is_left_unfinished() {
    let mut faults = Vec::new();
    for file in files().iter().filter(|file| file.path != "Cargo.lock") {
        for (number, line) in (1..).zip(file.text.lines()) {
            for (word, advice) in UNFINISHED {
                // Those made of letters are words; others count wherever they stand.
                let found = match word.chars().all(char::is_alphanumeric) {
                    true => has_word(line, word),
                    false => line.contains(word),
                };
                if found {
                    faults.push(format!("{}:{number}: `{word}`: {advice}", file.path));
                }
            }
        }
    }
    none(faults, "finish these:");
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    let mut faults = Vec::new();
    for file in files() {
        for (number, line) in (1..).zip(file.text.lines()) {
            let absolute = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}".contains(c));
            if line.match_indices(ONE_MACHINE).any(|(at, _)| absolute(at)) {
                faults.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    none(faults, "say it without a path that exists on one machine only:");
}
