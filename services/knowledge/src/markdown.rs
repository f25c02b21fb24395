//! An article as a Markdown file: a head of `key: value` lines between two `---`, then the answer; each `## heading` begins a
//! section. What is written is read back the same: a text that could be taken for something else has a `\` before it.

use jiff::Timestamp;

use crate::{
    Article, Audience, Language,
    language::language_of,
    life::{About, Edition, Section, body_of},
};

/// What is wrong with a file, and in which line, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct MarkdownError {
    /// Which line.
    pub line: usize,
    /// What is wrong, and what is wanted.
    pub problem: String,
}

/// Separates the values of a list: a title or a question may hold a comma.
const LIST: &str = " | ";

/// Begins a section.
const SECTION: &str = "## ";

/// Reads the article of `text`; `id` names it when the head does not.
///
/// # Errors
/// [`MarkdownError`] with the line that cannot be read.
pub fn read(id: &str, text: &str) -> Result<Edition, MarkdownError> {
    let wrong = |line: usize, problem: String| MarkdownError { line, problem };
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    if lines.next().map(|(_, line)| line.trim_end()) != Some("---") {
        return Err(wrong(1, "is not `---`; a file begins with its head".to_owned()));
    }
    let mut article = Article {
        id: id.to_owned(),
        title: String::new(),
        body: String::new(),
        questions: Vec::new(),
        language: Language::Russian,
        tags: Vec::new(),
        synonyms: Vec::new(),
        audience: Audience::Client,
    };
    let (mut about, mut language) = (About::default(), None);
    let mut ended = false;
    for (at, line) in lines.by_ref() {
        let (at, line) = (at + 1, line.trim());
        if line == "---" {
            ended = true;
            break;
        }
        if line.is_empty() {
            continue;
        }
        let (key, value) = line.split_once(':').ok_or_else(|| wrong(at, "is no `key: value`".to_owned()))?;
        let value = value.trim();
        let instant = || {
            value
                .parse::<Timestamp>()
                .map_err(|_| wrong(at, format!("`{value}` is no instant such as 2026-12-31T21:00:00Z")))
        };
        match key.trim() {
            "id" => value.clone_into(&mut article.id),
            "title" => value.clone_into(&mut article.title),
            "questions" => article.questions = list(value),
            "tags" => article.tags = list(value),
            "synonyms" => article.synonyms = list(value),
            "language" => {
                let known = Language::of_code(value);
                language =
                    Some(known.ok_or_else(|| wrong(at, format!("`{value}` is no language; write `ru` or `en`")))?);
            }
            "audience" => {
                article.audience = match value {
                    "client" => Audience::Client,
                    "internal" => Audience::Internal,
                    _ => return Err(wrong(at, format!("`{value}` is no audience; write `client` or `internal`"))),
                };
            }
            "product" => about.product = Some(value.to_owned()),
            "pair" => about.pair = Some(value.to_owned()),
            "valid_from" => about.valid_from = Some(instant()?),
            "valid_until" => about.valid_until = Some(instant()?),
            other => return Err(wrong(at, format!("`{other}` is not known; known are {KEYS}"))),
        }
    }
    if !ended {
        return Err(wrong(text.lines().count(), "the head does not end; write `---` below it".to_owned()));
    }
    let rest: Vec<&str> = lines.map(|(_, line)| line).collect();
    about.sections = sections(&rest);
    article.body =
        if about.sections.is_empty() { meant(rest.join("\n").trim()).to_owned() } else { body_of(&about.sections) };
    if article.title.is_empty() {
        return Err(wrong(1, "the head has no `title`".to_owned()));
    }
    if article.body.is_empty() {
        return Err(wrong(text.lines().count(), "there is no answer below the head".to_owned()));
    }
    let told = || language_of(&format!("{} {}", article.title, article.body));
    article.language =
        language.or_else(told).ok_or_else(|| wrong(1, "is neither Russian nor English; add `language`".to_owned()))?;
    article.check().map_err(|problem| wrong(1, problem.to_string()))?;
    Ok(Edition { article, about })
}

/// What a head may hold.
const KEYS: &str = "id, title, questions, language, tags, synonyms, audience, product, pair, valid_from, valid_until";

/// The sections that `## heading` lines begin; none when the text does not begin with one.
fn sections(lines: &[&str]) -> Vec<Section> {
    if !lines.iter().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with(SECTION)) {
        return Vec::new();
    }
    let mut sections: Vec<Section> = Vec::new();
    for line in lines {
        match (line.strip_prefix(SECTION), sections.last_mut()) {
            (Some(heading), _) => sections.push(Section { heading: heading.trim().to_owned(), text: String::new() }),
            (None, Some(section)) => {
                section.text.push_str(meant(line));
                section.text.push('\n');
            }
            (None, None) => {}
        }
    }
    sections.iter_mut().for_each(|section| section.text = section.text.trim().to_owned());
    sections
}

/// Whether a line would be read as the heading of a section, or be taken for one that must not be.
fn looks_like_section(line: &str) -> bool {
    line.trim_start_matches('\\').starts_with(SECTION)
}

/// What a line means that was kept from being read as a heading.
fn meant(line: &str) -> &str {
    if looks_like_section(line) { line.strip_prefix('\\').unwrap_or(line) } else { line }
}

/// The values between `|`. With a `\` before it, a `|` or a `\` is a part of the value.
fn list(value: &str) -> Vec<String> {
    let (mut values, mut letters) = (vec![String::new()], value.chars().peekable());
    while let Some(letter) = letters.next() {
        let next = letters.next_if(|next| letter == '\\' && matches!(next, '|' | '\\'));
        match (next, values.last_mut()) {
            (None, _) if letter == '|' => values.push(String::new()),
            (next, Some(value)) => value.push(next.unwrap_or(letter)),
            (_, None) => {}
        }
    }
    values.iter().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
}

/// Writes an article so that [`read`] gives it back.
#[must_use]
pub fn write(edition: &Edition) -> String {
    let Edition { article, about } = edition;
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let guarded = |one: &String| one_line(one).replace('\\', "\\\\").replace('|', "\\|");
    let list = |all: &[String]| all.iter().map(guarded).collect::<Vec<_>>().join(LIST);
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let audience = match article.audience {
        Audience::Client => "client",
        Audience::Internal => "internal",
    };
    let head = [
        ("id", one_line(&article.id)),
        ("title", one_line(&article.title)),
        ("language", article.language.code().to_owned()),
        ("audience", audience.to_owned()),
        ("questions", list(&article.questions)),
        ("synonyms", list(&article.synonyms)),
        ("tags", list(&article.tags)),
        ("product", about.product.as_deref().map(one_line).unwrap_or_default()),
        ("pair", about.pair.as_deref().map(one_line).unwrap_or_default()),
        ("valid_from", instant(about.valid_from)),
        ("valid_until", instant(about.valid_until)),
    ];
    let head: String =
        head.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| format!("{key}: {value}\n")).collect();
    let body = if about.sections.is_empty() {
        let body = article.body.trim();
        if looks_like_section(body) { format!("\\{body}") } else { body.to_owned() }
    } else {
        let parts = about.sections.iter().map(|Section { heading, text }| {
            let guarded = |line: &str| if looks_like_section(line) { format!("\\{line}") } else { line.to_owned() };
            let text: Vec<String> = text.split('\n').map(guarded).collect();
            format!("{SECTION}{}\n\n{}", one_line(heading), text.join("\n"))
        });
        parts.collect::<Vec<_>>().join("\n\n")
    };
    format!("---\n{head}---\n\n{body}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "---\nid: vpn-1\ntitle: Не подключается VPN, что делать?\nlanguage: ru\naudience: internal\n\
        questions: как включить впн | vpn не работает\nproduct: VPN\nvalid_until: 2027-01-01T00:00:00Z\n---\n\n\
        ## Проверить\n\nИнтернет без VPN.\n\n## Исправить\n\nПерезапустить клиент.\n";

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let edition = read("file", FILE).unwrap();
        assert_eq!(edition.article.id, "vpn-1");
        assert_eq!(edition.article.questions, ["как включить впн", "vpn не работает"]);
        assert_eq!(edition.about.sections.len(), 2);
        assert_eq!(edition.article.body, "Проверить\nИнтернет без VPN.\n\nИсправить\nПерезапустить клиент.");
        assert_eq!(read("other", &write(&edition)), Ok(edition.clone()));
        let plain = read("file", "---\ntitle: Printing\n---\nTurn it on.").unwrap();
        assert_eq!((plain.article.id.as_str(), plain.article.language), ("file", Language::English));
        assert_eq!(read("file", &write(&plain)), Ok(plain));
    }

    #[test]
    fn a_fault_is_named_with_its_line() {
        let line = |text: &str| read("x", text).unwrap_err().to_string();
        assert_eq!(line("title: VPN"), "line 1: is not `---`; a file begins with its head");
        assert_eq!(line("---\ntitle VPN\n---\nx"), "line 2: is no `key: value`");
        assert!(
            line("---\ntitle: VPN\ncolour: red\n---\nx").starts_with("line 3: `colour` is not known; known are id, ")
        );
        assert_eq!(line("---\ntitle: VPN\nlanguage: de\n---\nx"), "line 3: `de` is no language; write `ru` or `en`");
        assert_eq!(line("---\ntitle: VPN\n"), "line 2: the head does not end; write `---` below it");
        assert_eq!(line("---\ntitle: VPN\n---\n"), "line 3: there is no answer below the head");
        assert!(line("---\nvalid_from: tomorrow\n---\n").contains("`tomorrow` is no instant"));
    }
}
