//! Articles as Markdown: whatever an article says, what is written is read back the same.

use jiff::Timestamp;
use knowledge::life::{About, Edition, Section, body_of};
use knowledge::markdown::{read, write};
use knowledge::{Article, Audience, Language};
use proptest::prelude::*;

/// Texts of what could be taken for something else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "## ",
        "---",
        "\\",
        "|",
        " | ",
        ":",
        "\n",
        " ",
        "#",
        "слово",
        "word",
        "id: x",
        "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A text as line 0 keeps it: trimmed, and not empty.
fn kept() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("a{text}b"))
}

/// A text of several lines, beginning with anything.
fn long() -> impl Strategy<Value = String> {
    (text(), text()).prop_map(|(one, other)| format!("{one}\nслово\n{other}").trim().to_owned())
}

/// A text of one line, with single spaces.
fn line() -> impl Strategy<Value = String> {
    kept().prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn about() -> impl Strategy<Value = About> {
    let instant = || {
        prop::option::of(
            (0_i64..4_000_000_000).prop_map(|second| Timestamp::from_second(second).expect("it is in range")),
        )
    };
    let section = (line(), long()).prop_map(|(heading, text)| Section { heading, text });
    (prop::option::of(line()), instant(), instant(), prop::option::of(line()), prop::collection::vec(section, 0..3))
        .prop_map(|(product, valid_from, valid_until, pair, sections)| About {
            product,
            valid_from,
            valid_until,
            pair,
            sections,
        })
}

fn edition() -> impl Strategy<Value = Edition> {
    let lines = || prop::collection::vec(line(), 0..3);
    (line(), line(), long(), lines(), lines(), lines(), any::<[bool; 2]>(), about()).prop_map(
        |(id, title, body, questions, tags, synonyms, [russian, internal], about)| {
            let body = if about.sections.is_empty() { body } else { body_of(&about.sections) };
            let language = if russian { Language::Russian } else { Language::English };
            let audience = if internal { Audience::Internal } else { Audience::Client };
            let article = Article { id, title, body, questions, language, tags, synonyms, audience };
            Edition { article, about }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_the_same(edition in edition()) {
        prop_assert_eq!(read("file", &write(&edition)), Ok(edition));
    }
}
