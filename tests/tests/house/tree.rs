//! The tree of the project as text.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the tree.
pub(crate) struct File {
    /// From the root, such as `services/ticket/src/line.rs`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

/// Where `Cargo.toml` of the workspace stands.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate stands in a folder of the workspace")
}

/// What is in the file at `path` from the root.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
}

/// What stands at the top, without what git ignores.
pub(crate) fn top() -> Vec<String> {
    let ignored = read(".gitignore");
    let ignored: Vec<&str> = ignored.lines().map(|line| line.trim_matches('/')).chain([".git"]).collect();
    let mut names = names(root());
    names.retain(|name| !ignored.contains(&name.as_str()));
    names
}

/// Every text file of the tree.
pub(crate) fn files() -> Vec<File> {
    let mut files = Vec::new();
    for name in top() {
        gather(root().join(name), &mut files);
    }
    files
}

/// Every text file below `folder` whose name ends with `ending`.
pub(crate) fn files_in(folder: &str, ending: &str) -> Vec<File> {
    let mut files = Vec::new();
    gather(root().join(folder), &mut files);
    files.retain(|file| file.path.ends_with(ending));
    files
}

/// The names in `folder`, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{} cannot be read: {error}", folder.display()));
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into()).collect();
    names.sort();
    names
}

/// Whether `word` stands in `text` with no letter, digit or `_` around it.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

/// Fails with one fault a line, and what to do about them; does nothing when there is none.
#[track_caller]
pub(crate) fn none(faults: Vec<String>, what_to_do: &str) {
    assert!(faults.is_empty(), "{what_to_do}\n  {}\n", faults.join("\n  "));
}

fn gather(path: PathBuf, files: &mut Vec<File>) {
    if path.is_dir() {
        for name in names(&path).into_iter().filter(|name| name != "node_modules" && name != "target") {
            gather(path.join(name), files);
        }
    } else if let Ok(text) = fs::read_to_string(&path) {
        let from_root = path.strip_prefix(root()).expect("the walk begins at the root");
        files.push(File { path: from_root.to_string_lossy().replace('\\', "/"), text });
    }
}
