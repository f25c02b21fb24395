//! The map in `services/README.md` is the tree: a document that nobody runs grows false.

use std::fs;

use crate::tree::{files_in, has_word, names, none, read, root};

const MAP: &str = "services/README.md";

/// The folders beside `services/*` that the map shows.
const BESIDE: [&str; 3] = ["gateway", "proto", "tests"];

/// What stands between backticks, outside of blocks of code.
fn quoted(text: &str) -> Vec<&str> {
    let blocks = text.split("\n```");
    let prose = blocks.enumerate().filter(|(number, _)| number % 2 == 0).map(|(_, block)| block);
    prose.flat_map(|block| block.lines().flat_map(|line| line.split('`').skip(1).step_by(2))).collect()
}

/// Whether a quoted word is meant as a path of the tree.
fn is_path(word: &str) -> bool {
    let strange = |c: char| c.is_whitespace() || "<>{}*…()=:\"".contains(c);
    word.contains('/') && !word.starts_with('/') && !word.contains(strange)
}

#[test]
fn every_folder_is_on_the_map_and_nothing_else() {
    let text = read(MAP);
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(folder, _)| folder);
    let mut rows: Vec<String> = rows.filter(|folder| is_path(folder)).map(str::to_owned).collect();
    rows.sort();
    let services = root().join("services");
    let folders = names(&services).into_iter().filter(|name| services.join(name).is_dir());
    let mut folders: Vec<String> = folders.map(|name| format!("services/{name}/")).collect();
    folders.extend(BESIDE.map(|name| format!("{name}/")));
    folders.sort();
    let missing = folders.iter().filter(|folder| !rows.contains(folder)).cloned();
    none(missing.collect(), "give each of these a row in the map of services/README.md:");
    let strange = rows.iter().filter(|row| !folders.contains(row)).cloned();
    none(strange.collect(), "these rows of services/README.md are no folders:");
    let twice = rows.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone());
    none(twice.collect(), "these folders have two rows in services/README.md:");
}

#[test]
fn every_path_that_the_documents_name_exists() {
    let mut faults = Vec::new();
    for (document, home) in [(MAP, "services"), ("proto/README.md", "proto"), ("README.md", ".")] {
        let Ok(text) = fs::read_to_string(root().join(document)) else {
            faults.push(format!("{document} is not there"));
            continue;
        };
        for path in quoted(&text).into_iter().filter(|word| is_path(word)) {
            if !root().join(path).exists() && !root().join(home).join(path).exists() {
                faults.push(format!("{document}: {path}"));
            }
        }
    }
    none(faults, "these paths are not there; write them from the root or from the document's folder:");
}

#[test]
fn every_name_on_the_map_is_in_the_code() {
    let text = read(MAP);
    let mut faults = Vec::new();
    for name in quoted(&text).into_iter().filter(|word| word.contains("::")) {
        let (crate_name, path) = name.split_once("::").unwrap_or((name, ""));
        let path = path.trim_end_matches("()").trim_end_matches('!');
        let folder = match crate_name.replace('_', "-").as_str() {
            known if BESIDE.contains(&known) => known.to_owned(),
            other => format!("services/{other}"),
        };
        if !root().join(&folder).is_dir() {
            faults.push(format!("{name}: there is no crate {crate_name}"));
            continue;
        }
        let sources = files_in(&folder, ".rs");
        for part in path.split("::").filter(|part| !sources.iter().any(|file| has_word(&file.text, part))) {
            faults.push(format!("{name}: {crate_name} has no `{part}`"));
        }
    }
    none(faults, "services/README.md names what is not there; write names as `crate::name`:");
}
