//! The life of an article: written as a draft, approved, published, retired (the KCS states), version by version.
//!
//! What is published stays so while its next version is written and approved. Every publication is a version that can be
//! looked at and taken up again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Article;

/// An article has so many sections at most.
pub const SECTIONS_MAX: usize = 32;

/// Where an article stands in its life (KCS v6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Being written.
    Draft,
    /// Somebody looked it over; it may be published.
    Approved,
    /// Answers are given from it.
    #[default]
    Published,
    /// Not answered from any more.
    Retired,
}

impl Standing {
    /// Its name in messages and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Published => "published",
            Self::Retired => "retired",
        }
    }
}

/// A part of an article with a heading of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// What it is about.
    pub heading: String,
    /// What it says.
    pub text: String,
}

/// What is said about an article beside what the search reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// The product it belongs to.
    pub product: Option<String>,
    /// Answers are given from it from this instant on.
    pub valid_from: Option<Timestamp>,
    /// Answers are given from it before this instant.
    pub valid_until: Option<Timestamp>,
    /// The same article in the other language.
    pub pair: Option<String>,
    /// Its parts; the body is made of them.
    pub sections: Vec<Section>,
}

impl About {
    /// Whether answers may be given from it at `now`.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= now) && self.valid_until.is_none_or(|until| now < until)
    }

    /// The first instant after `now` at which that changes.
    #[must_use]
    pub fn changes_after(&self, now: Timestamp) -> Option<Timestamp> {
        [self.valid_from, self.valid_until].into_iter().flatten().filter(|at| *at > now).min()
    }
}

/// The body that sections make.
#[must_use]
pub fn body_of(sections: &[Section]) -> String {
    let parts: Vec<String> = sections.iter().map(|part| format!("{}\n{}", part.heading, part.text)).collect();
    parts.join("\n\n")
}

/// One version of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// What the search reads and clients are told.
    #[serde(flatten)]
    pub article: Article,
    /// What else there is to say about it.
    #[serde(default)]
    pub about: About,
    /// Who wrote it; empty when it was imported.
    #[serde(default)]
    pub author: String,
    /// Who looked it over.
    #[serde(default)]
    pub reviewer: Option<String>,
}

/// An article with its standing. A plain [`Article`] of an earlier release reads as its first published version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What stands: the published or retired version, or else the first draft.
    #[serde(flatten)]
    pub edition: Edition,
    /// How that stands.
    #[serde(default)]
    pub standing: Standing,
    /// How often it was published.
    #[serde(default = "once")]
    pub version: u32,
    /// The next version, while it is written and approved; a draft that was never published is its own.
    #[serde(default)]
    pub next: Option<Box<Next>>,
    /// The ticket it was proposed from.
    #[serde(default)]
    pub source: Option<String>,
}

/// The version that is to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// What it will be.
    pub edition: Edition,
    /// Whether somebody looked it over.
    pub approved: bool,
}

fn once() -> u32 {
    1
}

/// Why an article does not change so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its standing does not allow it.
    #[error("cannot {action} an article that is {standing}")]
    Standing {
        /// What was wanted.
        action: &'static str,
        /// How it stands.
        standing: &'static str,
    },
    /// Nobody approves their own text.
    #[error("{who} wrote this version; somebody else has to look it over")]
    OwnWork {
        /// The author.
        who: String,
    },
}

impl Kept {
    /// A first draft.
    #[must_use]
    pub fn draft(edition: Edition, source: Option<String>) -> Self {
        Self { edition, standing: Standing::Draft, version: 0, next: None, source }
    }

    /// What is published at once, over `before`: an import, whose source has looked it over.
    #[must_use]
    pub fn imported(edition: Edition, before: Option<&Self>) -> Self {
        let version = before.map_or(0, |before| before.version).saturating_add(1);
        let source = before.and_then(|before| before.source.clone());
        Self { edition, standing: Standing::Published, version, next: None, source }
    }

    /// The article to answer from at `now`; none when it is not published, or not valid then.
    #[must_use]
    pub fn answers(&self, now: Timestamp) -> Option<&Article> {
        let is_up = self.standing == Standing::Published && self.edition.about.is_valid(now);
        is_up.then_some(&self.edition.article)
    }

    /// Writes a draft: of the first version, or of the next one. A text that was approved has to be approved again.
    pub fn write(&mut self, edition: Edition) {
        match self.standing {
            Standing::Draft | Standing::Approved => {
                self.edition = edition;
                self.standing = Standing::Draft;
            }
            Standing::Published | Standing::Retired => {
                self.next = Some(Box::new(Next { edition, approved: false }));
            }
        }
    }

    /// Looks the draft over and approves it.
    ///
    /// # Errors
    /// [`Unfit`] when there is no draft, or when `reviewer` wrote it and the organization wants four eyes.
    pub fn approve(&mut self, reviewer: &str, four_eyes: bool) -> Result<(), Unfit> {
        let check = |edition: &Edition| {
            let own = four_eyes && edition.author == reviewer;
            if own { Err(Unfit::OwnWork { who: reviewer.to_owned() }) } else { Ok(()) }
        };
        match (&mut self.next, self.standing) {
            (Some(next), _) if !next.approved => {
                check(&next.edition)?;
                next.edition.reviewer = Some(reviewer.to_owned());
                next.approved = true;
                Ok(())
            }
            (None, Standing::Draft) => {
                check(&self.edition)?;
                self.edition.reviewer = Some(reviewer.to_owned());
                self.standing = Standing::Approved;
                Ok(())
            }
            (Some(_), _) => Err(Unfit::Standing { action: "approve", standing: Standing::Approved.name() }),
            (None, standing) => Err(Unfit::Standing { action: "approve", standing: standing.name() }),
        }
    }

    /// Publishes what is approved, as the next version.
    ///
    /// # Errors
    /// [`Unfit::Standing`] when nothing is.
    pub fn publish(&mut self) -> Result<(), Unfit> {
        match (self.next.take(), self.standing) {
            (Some(next), _) if next.approved => self.edition = next.edition,
            (Some(next), _) => {
                self.next = Some(next);
                return Err(Unfit::Standing { action: "publish", standing: Standing::Draft.name() });
            }
            (None, Standing::Approved) => {}
            (None, standing) => return Err(Unfit::Standing { action: "publish", standing: standing.name() }),
        }
        self.standing = Standing::Published;
        self.version = self.version.saturating_add(1);
        Ok(())
    }

    /// Takes it out of service, and its next version with it.
    ///
    /// # Errors
    /// [`Unfit::Standing`] when it is already.
    pub fn retire(&mut self) -> Result<(), Unfit> {
        if self.standing == Standing::Retired {
            return Err(Unfit::Standing { action: "retire", standing: Standing::Retired.name() });
        }
        self.standing = Standing::Retired;
        self.next = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Audience, Language};

    fn edition(body: &str, author: &str) -> Edition {
        let article = Article {
            id: "vpn".to_owned(),
            title: "VPN".to_owned(),
            body: body.to_owned(),
            questions: vec![],
            language: Language::English,
            tags: vec![],
            synonyms: vec![],
            audience: Audience::Client,
        };
        Edition { article, about: About::default(), author: author.to_owned(), reviewer: None }
    }

    #[test]
    fn an_article_is_answered_from_only_while_it_is_published_and_valid() {
        let now = Timestamp::UNIX_EPOCH;
        let mut kept = Kept::draft(edition("one", "olga"), None);
        assert_eq!(kept.answers(now), None);
        assert_eq!(kept.publish(), Err(Unfit::Standing { action: "publish", standing: "draft" }));
        assert_eq!(kept.approve("olga", true), Err(Unfit::OwnWork { who: "olga".to_owned() }));
        kept.approve("ivan", true).unwrap();
        kept.publish().unwrap();
        assert_eq!((kept.version, kept.edition.reviewer.as_deref()), (1, Some("ivan")));
        assert!(kept.answers(now).is_some());
        kept.edition.about.valid_from = Some(now + jiff::SignedDuration::from_secs(5));
        assert_eq!(kept.answers(now), None, "not yet");
        assert_eq!(kept.edition.about.changes_after(now), kept.edition.about.valid_from);
        kept.retire().unwrap();
        assert!(kept.retire().is_err());
    }

    #[test]
    fn the_published_version_stays_while_the_next_is_written() {
        let now = Timestamp::UNIX_EPOCH;
        let mut kept = Kept::imported(edition("one", ""), None);
        kept.write(edition("two", "olga"));
        assert_eq!(kept.answers(now).map(|article| article.body.as_str()), Some("one"));
        kept.approve("olga", false).unwrap();
        assert!(kept.approve("ivan", false).is_err(), "twice");
        kept.write(edition("three", "olga"));
        assert!(kept.publish().is_err(), "a changed text has to be approved again");
        kept.approve("ivan", true).unwrap();
        kept.publish().unwrap();
        assert_eq!((kept.version, kept.answers(now).map(|article| article.body.as_str())), (2, Some("three")));
    }

    #[test]
    fn an_article_of_an_earlier_release_is_published() {
        let plain = serde_json::to_string(&edition("one", "").article).unwrap();
        let kept: Kept = serde_json::from_str(&plain).unwrap();
        assert_eq!((kept.standing, kept.version), (Standing::Published, 1));
        let again: Kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!(again, kept);
    }
}
