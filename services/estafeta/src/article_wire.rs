//! Articles on the wire, both ways, as a client of line 0 has them.

use handover::wire::instant;
use jiff::Timestamp;
use knowledge::life::{About, Edition, Section};
use knowledge::{Article, Audience, Language};
use proto::line0;

use crate::failure::Failure;

/// An article for line 0.
pub(crate) fn to_wire(edition: Edition) -> line0::Article {
    let Edition { article, about } = edition;
    let Article { id, title, body, questions, language, tags, synonyms, audience } = article;
    let About { product, valid_from, valid_until, pair, sections } = about;
    let language = match language {
        Language::Russian => proto::ticket::Language::Russian,
        Language::English => proto::ticket::Language::English,
    };
    let audience = match audience {
        Audience::Client => line0::Audience::Client,
        Audience::Internal => line0::Audience::Internal,
    };
    let sections = sections.into_iter().map(|Section { heading, text }| line0::ArticleSection { heading, text });
    line0::Article {
        article_id: id,
        title,
        body,
        questions,
        language: language as i32,
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

/// An article of line 0.
///
/// # Errors
/// When it has something that this release does not know.
pub(crate) fn from_wire(given: line0::Article) -> Result<Edition, Failure> {
    let (language, audience) = (given.language(), given.audience());
    let line0::Article {
        article_id: id,
        title,
        body,
        questions,
        language: _,
        tags,
        synonyms,
        audience: _,
        sections,
        product,
        valid_from,
        valid_until,
        pair_id,
    } = given;
    let unknown = |what: &str| Failure::Given(format!("article `{id}` has {what} that this release does not know"));
    let language = match language {
        proto::ticket::Language::Russian => Language::Russian,
        proto::ticket::Language::English => Language::English,
        proto::ticket::Language::Unspecified => return Err(unknown("a language")),
    };
    let audience = match audience {
        line0::Audience::Client => Audience::Client,
        line0::Audience::Internal => Audience::Internal,
        line0::Audience::Unspecified => return Err(unknown("an audience")),
    };
    let some = |text: String| (!text.is_empty()).then_some(text);
    let at = |given: Option<prost_types::Timestamp>| {
        given.map(|at| Timestamp::new(at.seconds, at.nanos).map_err(|_| unknown("an instant"))).transpose()
    };
    let about = About {
        product: some(product),
        valid_from: at(valid_from)?,
        valid_until: at(valid_until)?,
        pair: some(pair_id),
        sections: sections
            .into_iter()
            .map(|line0::ArticleSection { heading, text }| Section { heading, text })
            .collect(),
    };
    Ok(Edition { article: Article { id, title, body, questions, language, tags, synonyms, audience }, about })
}
