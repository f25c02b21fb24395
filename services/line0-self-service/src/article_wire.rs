//! Articles on the wire.

use handover::wire::{Reader, enums, instant, to_instant};
use knowledge::life::{About, Edition, Kept, SECTIONS_MAX, Section, Standing, Version, body_of};
use knowledge::{ARTICLE_ID_BYTES_MAX, Article, Audience};
use proto::line0 as wire;
use ticket::Language;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};

/// The longest article id that is taken, in bytes.
pub(crate) const ID_BYTES_MAX: usize = ARTICLE_ID_BYTES_MAX / 2;

const STATES: [(Standing, wire::ArticleState); 4] = [
    (Standing::Draft, wire::ArticleState::Draft),
    (Standing::Approved, wire::ArticleState::Approved),
    (Standing::Published, wire::ArticleState::Published),
    (Standing::Retired, wire::ArticleState::Retired),
];

/// The id of an article in a field named `article_id`.
pub(crate) fn article_id(reader: &mut Reader, given: &str) -> String {
    reader.text("article_id", given, ID_BYTES_MAX)
}

/// An article from the wire, from the field `at`.
pub(crate) fn from_wire(reader: &mut Reader, at: &str, given: wire::Article) -> Option<Edition> {
    let wire::Article {
        article_id,
        title,
        body,
        questions,
        language,
        tags,
        synonyms,
        audience,
        sections,
        product,
        valid_from,
        valid_until,
        pair_id,
    } = given;
    let of = |field: &str| format!("{at}.{field}");
    let instant_of = |reader: &mut Reader, field: &str, given: Option<prost_types::Timestamp>| {
        given.and_then(|given| to_instant(reader, &of(field), Some(given)))
    };
    let about = About {
        product: reader.optional(&of("product"), &product, LINE_BYTES_MAX),
        valid_from: instant_of(reader, "valid_from", valid_from),
        valid_until: instant_of(reader, "valid_until", valid_until),
        pair: reader.optional(&of("pair_id"), &pair_id, ID_BYTES_MAX),
        sections: read_sections(reader, &of("sections"), sections),
    };
    if let (Some(from), Some(until)) = (about.valid_from, about.valid_until)
        && until <= from
    {
        reader.wrong(&of("valid_until"), "is not after `valid_from`; it would never be answered from");
    }
    let mut lines = |field: &str, all: Vec<String>, most: usize| -> Vec<String> {
        reader.list(&of(field), all).iter().map(|one| reader.text(&of(field), one, most)).collect()
    };
    let questions = lines("questions", questions, LINE_BYTES_MAX * 8);
    let tags = lines("tags", tags, LINE_BYTES_MAX);
    let synonyms = lines("synonyms", synonyms, LINE_BYTES_MAX);
    let language = enums::language(reader, &of("language"), language, true);
    let article = Article {
        id: reader.text(&of("article_id"), &article_id, ID_BYTES_MAX),
        title: reader.text(&of("title"), &title, LINE_BYTES_MAX),
        body: match about.sections.as_slice() {
            [] => reader.text(&of("body"), &body, TEXT_BYTES_MAX),
            sections => body_of(sections),
        },
        questions,
        language: to_knowledge(language?),
        tags,
        synonyms,
        audience: read_audience(reader, &of("audience"), audience),
    };
    if article.id.split_whitespace().collect::<Vec<_>>().join(" ") != article.id {
        reader.wrong(
            &of("article_id"),
            "has line breaks, tabs or several spaces in a row; give one line with single spaces",
        );
    }
    // What is missing was told above; what is too long in all is told here.
    if !article.id.is_empty()
        && let Err(problem) = article.check()
    {
        reader.wrong(at, problem.to_string());
    }
    Some(Edition { article, about })
}

fn read_sections(reader: &mut Reader, at: &str, given: Vec<wire::ArticleSection>) -> Vec<Section> {
    if given.len() > SECTIONS_MAX {
        reader.wrong(at, format!("has {} entries; at most {SECTIONS_MAX} are taken", given.len()));
    }
    let sections = given.into_iter().take(SECTIONS_MAX).map(|wire::ArticleSection { heading, text }| Section {
        heading: reader.text(&format!("{at}.heading"), &heading, LINE_BYTES_MAX),
        text: reader.text(&format!("{at}.text"), &text, TEXT_BYTES_MAX),
    });
    sections.collect()
}

fn read_audience(reader: &mut Reader, at: &str, given: i32) -> Audience {
    match wire::Audience::try_from(given) {
        Ok(wire::Audience::Unspecified | wire::Audience::Client) => Audience::Client,
        Ok(wire::Audience::Internal) => Audience::Internal,
        Err(_) => {
            reader.wrong(at, format!("{given} is not a value of this enum"));
            Audience::Internal
        }
    }
}

/// A state from the wire; DRAFT when it is unset.
pub(crate) fn read_state(reader: &mut Reader, given: i32) -> Standing {
    let known = STATES.iter().find(|(_, named)| *named as i32 == given).map(|(standing, _)| *standing);
    if known.is_none() && given != wire::ArticleState::Unspecified as i32 {
        reader.wrong("state", format!("{given} is not a value of this enum"));
    }
    known.unwrap_or(Standing::Draft)
}

fn to_knowledge(language: Language) -> knowledge::Language {
    match language {
        Language::Russian => knowledge::Language::Russian,
        Language::English => knowledge::Language::English,
    }
}

/// The language in which an article is written.
pub(crate) fn from_knowledge(language: knowledge::Language) -> Language {
    match language {
        knowledge::Language::Russian => Language::Russian,
        knowledge::Language::English => Language::English,
    }
}

/// An article on the wire.
pub(crate) fn to_wire(edition: Edition) -> wire::Article {
    let Edition { article, about } = edition;
    let Article { id, title, body, questions, language, tags, synonyms, audience } = article;
    let About { product, valid_from, valid_until, pair, sections } = about;
    let audience = match audience {
        Audience::Client => wire::Audience::Client,
        Audience::Internal => wire::Audience::Internal,
    };
    let sections = sections.into_iter().map(|Section { heading, text }| wire::ArticleSection { heading, text });
    wire::Article {
        article_id: id,
        title,
        body,
        questions,
        language: enums::to_language(from_knowledge(language)),
        tags,
        synonyms,
        audience: audience as i32,
        sections: sections.collect(),
        product: product.unwrap_or_default(),
        valid_from: valid_from.map(instant),
        valid_until: valid_until.map(instant),
        pair_id: pair.unwrap_or_default(),
    }
}

/// One version on the wire.
pub(crate) fn to_version(version: Version) -> wire::ArticleVersion {
    let Version { number, edition, author, reviewer, standing, since } = version;
    let state = STATES.iter().find(|(known, _)| *known == standing).map_or(0, |(_, named)| *named as i32);
    wire::ArticleVersion {
        number,
        state,
        since: Some(instant(since)),
        author,
        reviewer: reviewer.unwrap_or_default(),
        article: Some(to_wire(edition)),
    }
}

/// An article with its life on the wire.
pub(crate) fn to_kept(kept: Kept, version: store::Version) -> wire::KeptArticle {
    let Kept { present, next, written: _, source } = kept;
    wire::KeptArticle {
        article_id: present.edition.article.id.clone(),
        present: Some(to_version(present)),
        next: next.map(|next| to_version(*next)),
        ticket_id: source.unwrap_or_default(),
        version: version.number(),
    }
}
