//! Tags from the wire.

use std::collections::BTreeSet;

use super::Reader;

/// How many tags a ticket may have, and a request may name.
pub const TAGS_MAX: usize = 32;

/// How long a tag may be.
const TAG_BYTES_MAX: usize = 64;

impl Reader {
    /// Tags, each one line; capitals and repeats fall away.
    pub fn tags(&mut self, name: &str, given: &[String]) -> BTreeSet<String> {
        if given.len() > TAGS_MAX {
            self.wrong(name, format!("has {} entries; at most {TAGS_MAX} are taken", given.len()));
            return BTreeSet::new();
        }
        let tags = given.iter().enumerate().map(|(index, tag)| {
            let name = format!("{name}[{index}]");
            let tag = self.text(&name, tag, TAG_BYTES_MAX).trim().to_lowercase();
            if tag.contains(['\n', '\r']) {
                self.wrong(&name, "has a line break; a tag is one line");
            }
            tag
        });
        tags.collect()
    }
}
