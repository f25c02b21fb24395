//! The life of an article: written as a draft, approved by somebody else, published, retired (the KCS states), version by
//! version.
//!
//! What is published stays so while its next version is written and approved.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Article;

/// An article has so many sections at most.
pub const SECTIONS_MAX: usize = 32;

/// Where a version of an article stands in its life (KCS v6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Being written (work in progress).
    Draft,
    /// Somebody else looked it over (validated); it may be published.
    Approved,
    /// Answers are given from it.
    #[default]
    Published,
    /// Not answered from any more: taken out of service, or another version came in its place (archived).
    Retired,
}

impl Standing {
    /// Every standing, in the order of a life.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Approved, Self::Published, Self::Retired];

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

/// What is written of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// What the search reads and clients are told.
    #[serde(flatten)]
    pub article: Article,
    /// What else there is to say about it.
    #[serde(default)]
    pub about: About,
}

/// One version of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Which one, from 1, in the order in which they were written.
    #[serde(default = "one")]
    pub number: u32,
    /// What it says.
    #[serde(flatten)]
    pub edition: Edition,
    /// Who wrote or imported it; empty when it was proposed by the machine.
    #[serde(default)]
    pub author: String,
    /// Who looked it over; nobody did so here when it was imported.
    #[serde(default)]
    pub reviewer: Option<String>,
    /// How it stands.
    #[serde(default)]
    pub standing: Standing,
    /// Since when.
    #[serde(default)]
    pub since: Timestamp,
}

/// An article with what is known of its life. A plain [`Article`] of an earlier release reads as its first published
/// version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What stands: the published or retired version, or else the one that is to be the first.
    #[serde(flatten)]
    pub present: Version,
    /// The version that is to come after one that was published, while it is written and approved.
    #[serde(default)]
    pub next: Option<Box<Version>>,
    /// How many versions were written.
    #[serde(default = "one")]
    pub written: u32,
    /// The ticket it was proposed from.
    #[serde(default)]
    pub source: Option<String>,
}

fn one() -> u32 {
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
    pub fn draft(edition: Edition, author: &str, source: Option<String>, now: Timestamp) -> Self {
        Self { present: Version::new(1, edition, author, Standing::Draft, now), next: None, written: 1, source }
    }

    /// What is published at once: an import, whose source has looked it over.
    #[must_use]
    pub fn imported(edition: Edition, author: &str, now: Timestamp) -> Self {
        let present = Version::new(1, edition, author, Standing::Published, now);
        Self { present, next: None, written: 1, source: None }
    }

    /// Publishes at once what is imported over this. Returns the version in whose place it came; a next one is still written.
    pub fn import(&mut self, edition: Edition, author: &str, now: Timestamp) -> Version {
        let version = self.another(edition, author, Standing::Published, now);
        std::mem::replace(&mut self.present, version).retired(now)
    }

    /// Whether exactly this is published.
    #[must_use]
    pub fn says(&self, edition: &Edition) -> bool {
        self.present.standing == Standing::Published && self.present.edition == *edition
    }

    /// The article to answer from at `now`; none when it is not published, or not valid then.
    #[must_use]
    pub fn answers(&self, now: Timestamp) -> Option<&Article> {
        let Version { edition, standing, .. } = &self.present;
        let is_up = *standing == Standing::Published && edition.about.is_valid(now);
        is_up.then_some(&edition.article)
    }

    /// The versions that are at work: what stands, and what is to come.
    pub fn versions(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.present).chain(self.next.as_deref())
    }

    /// Writes a draft: of the first version, or of the next one. A text that was approved has to be approved again. Returns
    /// the draft in whose place it came.
    pub fn write(&mut self, edition: Edition, author: &str, now: Timestamp) -> Option<Version> {
        let version = self.another(edition, author, Standing::Draft, now);
        let replaced = match self.present.standing {
            Standing::Draft | Standing::Approved => Some(std::mem::replace(&mut self.present, version)),
            Standing::Published | Standing::Retired => self.next.replace(Box::new(version)).map(|draft| *draft),
        };
        replaced.map(|draft| draft.retired(now))
    }

    /// Looks the draft over and approves it.
    ///
    /// # Errors
    /// [`Unfit`] when there is no draft, or when `reviewer` wrote it.
    pub fn approve(&mut self, reviewer: &str, now: Timestamp) -> Result<(), Unfit> {
        let draft = self.next.as_deref_mut().unwrap_or(&mut self.present);
        if draft.standing != Standing::Draft {
            return Err(Unfit::Standing { action: "approve", standing: draft.standing.name() });
        }
        if draft.author == reviewer {
            return Err(Unfit::OwnWork { who: reviewer.to_owned() });
        }
        draft.reviewer = Some(reviewer.to_owned());
        draft.stand(Standing::Approved, now);
        Ok(())
    }

    /// Publishes what is approved. Returns the version in whose place it came.
    ///
    /// # Errors
    /// [`Unfit::Standing`] when nothing is.
    pub fn publish(&mut self, now: Timestamp) -> Result<Option<Version>, Unfit> {
        let ready = self.next.as_deref().unwrap_or(&self.present);
        if ready.standing != Standing::Approved {
            return Err(Unfit::Standing { action: "publish", standing: ready.standing.name() });
        }
        let replaced = self.next.take().map(|next| std::mem::replace(&mut self.present, *next).retired(now));
        self.present.stand(Standing::Published, now);
        Ok(replaced)
    }

    /// Takes it out of service, and its next version with it: that is returned.
    ///
    /// # Errors
    /// [`Unfit::Standing`] when it is already, and nothing is to come.
    pub fn retire(&mut self, now: Timestamp) -> Result<Option<Version>, Unfit> {
        let dropped = self.next.take().map(|next| next.retired(now));
        if self.present.standing != Standing::Retired {
            self.present.stand(Standing::Retired, now);
        } else if dropped.is_none() {
            return Err(Unfit::Standing { action: "retire", standing: Standing::Retired.name() });
        }
        Ok(dropped)
    }

    fn another(&mut self, edition: Edition, author: &str, standing: Standing, now: Timestamp) -> Version {
        self.written = self.written.saturating_add(1);
        Version::new(self.written, edition, author, standing, now)
    }
}

impl Version {
    fn new(number: u32, edition: Edition, author: &str, standing: Standing, since: Timestamp) -> Self {
        Self { number, edition, author: author.to_owned(), reviewer: None, standing, since }
    }

    fn stand(&mut self, standing: Standing, now: Timestamp) {
        (self.standing, self.since) = (standing, now);
    }

    fn retired(mut self, now: Timestamp) -> Self {
        if self.standing != Standing::Retired {
            self.stand(Standing::Retired, now);
        }
        self
    }
}
