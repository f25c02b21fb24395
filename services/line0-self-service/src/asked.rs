//! What is asked and answered badly, gathered into groups of like questions; and drafts of articles, proposed from what
//! solved such requests.
//!
//! Both are done by durable timers, after the change that causes them and apart from it: many clients who ask the same at
//! once must not wait for each other. Nothing is kept in memory, and a group that nobody asks for is forgotten.

use handover::{Change, Refused};
use jiff::{SignedDuration, Timestamp};
use knowledge::life::{About, Edition, Kept};
use knowledge::{ARTICLE_ID_BYTES_MAX, Article, Audience, Gist};
use redaction::{Kind, Known, Map, Rules, redact};
use serde::{Deserialize, Serialize};
use store::{Timer, Version};
use ticket::field::LINE_BYTES_MAX;
use ticket::{Language, Resolution, Ticket};

use crate::kept::{ARTICLE, Revision, turn};
use crate::learned;
use crate::own::Talk;

/// The kind of the groups.
pub(crate) const GROUP: &str = "question-group";
/// Their key in the order in which they are listed: the most asked first.
pub(crate) const BY_COUNT: &str = "count";
/// Their key by the marks of their gist.
const BY_MARK: &str = "mark";
/// Their key by when they were last asked.
const BY_LAST: &str = "last";

/// The kind of the timers by which a question is counted.
pub(crate) const ASKED: &str = "question-asked";
/// The kind of the timers by which a draft is proposed.
pub(crate) const SOLVED: &str = "question-solved";

/// So many examples of a group are shown, the first ones.
const EXAMPLES_MAX: usize = 5;

/// So many groups with a mark are looked at.
const LOOKED_AT: u32 = 20;

/// A group that nobody asked for so long is forgotten.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// So many are forgotten with each question that is counted: more than can be begun by it.
const FORGOTTEN_AT_ONCE: u32 = 2;

/// Questions like each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// What the first one asks.
    pub(crate) gist: Gist,
    /// As they were asked, without what identifies a client.
    pub(crate) examples: Vec<String>,
    /// How many requests were answered badly.
    pub(crate) count: u32,
    /// How many of them went to a person, since line 0 knew nothing that is sure enough.
    pub(crate) handed_over: u32,
    /// How many of them came back, since the answer did not help.
    pub(crate) disliked: u32,
    /// When one was asked last.
    pub(crate) last: Timestamp,
    /// The article that was proposed.
    pub(crate) proposed: Option<String>,
}

/// How a question was answered badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Badly {
    /// It went to a person.
    HandedOver,
    /// The answer did not help.
    Disliked,
}

/// What a timer has to say about a question.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    /// As the client put it: what is about the client is taken out when the timer rings, and no client waits for that.
    question: String,
    /// What is known of the client, to be taken out.
    #[serde(default)]
    known: Vec<Known>,
    badly: Badly,
    /// Whether the request is counted already.
    again: bool,
}

/// What a timer has to say about what solved a request.
#[derive(Debug, Serialize, Deserialize)]
struct Solved {
    question: String,
    answer: String,
    is_russian: bool,
}

/// What is asked, as people who do not work on the ticket may read it, and the answer that was found.
pub(crate) fn without_client(ticket: &Ticket, talk: &Talk, answer: &str) -> (String, String) {
    cleaned(&talk.question, answer, &known_of(ticket, talk))
}

/// What is known of the client who asks.
fn known_of(ticket: &Ticket, talk: &Talk) -> Vec<Known> {
    let contact = talk.contact.iter().flat_map(|contact| {
        let ways = contact.addresses.iter().map(|address| &address.value);
        [&contact.name, &contact.email, &contact.phone].into_iter().chain(ways)
    });
    let known = std::iter::once(&ticket.facts.client).chain(&ticket.facts.number).chain(contact);
    known.map(|value| Known { kind: Kind::Custom, value: value.clone() }).collect()
}

/// The first line of a question, and an answer, without what is about the client.
fn cleaned(question: &str, answer: &str, known: &[Known]) -> (String, String) {
    let mut map = Map::default();
    let mut clean = |text: &str| redact(text, &Rules::default(), known, &mut map);
    let question = clean(first_line(question));
    (question[..question.floor_char_boundary(LINE_BYTES_MAX)].trim().to_owned(), clean(answer))
}

fn first_line(question: &str) -> &str {
    let line = question.lines().next().unwrap_or_default();
    &line[..line.floor_char_boundary(LINE_BYTES_MAX)]
}

/// Notes that a question was answered badly, within the change in which that happens.
pub(crate) async fn answered_badly(
    change: &Change<'_>,
    ticket: &Ticket,
    talk: &mut Talk,
    badly: Badly,
) -> Result<(), Refused> {
    let again = std::mem::replace(&mut talk.counted, true);
    let (question, known) = (first_line(&talk.question).to_owned(), known_of(ticket, talk));
    let id = match badly {
        Badly::HandedOver => format!("{}:handed-over", ticket.facts.id),
        Badly::Disliked => format!("{}:disliked:{}", ticket.facts.id, ticket.reopened),
    };
    let payload = payload(&Asked { question, known, badly, again })?;
    change.set_timer(ASKED, id, None, change.now, payload).await
}

/// Notes what solved a request that line 0 passed on.
pub(crate) async fn solved(change: &Change<'_>, ticket: &Ticket, resolution: &Resolution) -> Result<(), Refused> {
    let talk: Talk = change.work.own(change.organization(), ticket.facts.id).await?;
    if let Some(article) = resolution.knowledge.as_deref().map(str::trim)
        && article.len() <= ARTICLE_ID_BYTES_MAX
        && change.work.document::<Kept>(change.organization(), ARTICLE, article).await?.is_some()
    {
        // It is written already, and was not found.
        return learned::solved(change, ticket, &talk, article).await;
    }
    let found = resolution.knowledge.as_deref().unwrap_or(&resolution.done);
    let (question, answer) = without_client(ticket, &talk, found);
    let is_russian = ticket.facts.language == Language::Russian;
    let payload = payload(&Solved { question, answer, is_russian })?;
    change.set_timer(SOLVED, ticket.facts.id.to_string(), None, change.now, payload).await
}

fn payload(said: &impl Serialize) -> Result<serde_json::Value, Refused> {
    serde_json::to_value(said).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Refused {
    let what = "the payload of a timer".to_owned();
    Refused::Store(store::StoreError::Corrupt { what, why: error.to_string() })
}

/// Counts a question in its group.
pub(crate) async fn count(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let Asked { question, known, badly, again } =
        serde_json::from_value(timer.payload.clone()).map_err(|error| unreadable(&error))?;
    let (question, _) = cleaned(&question, "", &known);
    let gist = Gist::of(&question);
    if gist.is_empty() {
        return Ok(());
    }
    let mut place = Place::of(change, gist, &timer.id).await?;
    let group = &mut place.group;
    group.count += u32::from(!again);
    match badly {
        Badly::HandedOver => group.handed_over += 1,
        Badly::Disliked => group.disliked += 1,
    }
    if group.examples.len() < EXAMPLES_MAX && !group.examples.contains(&question) {
        group.examples.push(question);
    }
    place.save(change).await?;
    forget(change).await
}

/// Proposes a draft from what solved a request, unless one was proposed for a question like it.
pub(crate) async fn propose(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let Solved { question, answer, is_russian } =
        serde_json::from_value(timer.payload.clone()).map_err(|error| unreadable(&error))?;
    let gist = Gist::of(&question);
    if gist.is_empty() || answer.trim().is_empty() {
        return Ok(());
    }
    let mut place = Place::of(change, gist, &timer.id).await?;
    if place.group.proposed.is_some() {
        return Ok(());
    }
    let id = format!("proposed-{}", timer.id);
    let others = place.group.examples.iter().filter(|example| **example != question);
    let article = Article {
        id: id.clone(),
        body: answer,
        questions: others.cloned().collect(),
        title: question,
        language: if is_russian { knowledge::Language::Russian } else { knowledge::Language::English },
        tags: Vec::new(),
        synonyms: Vec::new(),
        audience: Audience::Internal,
    };
    let revision = Revision::begin(change).await?;
    if revision.load(&id, 0).await?.is_none() {
        let edition = Edition { article, about: About::default() };
        let draft = Kept::draft(edition, "", Some(timer.id.clone()), change.now);
        revision.save(&draft, None, None).await?;
    }
    place.group.proposed = Some(id);
    place.save(change).await
}

/// A group, and where it stands.
struct Place {
    id: String,
    group: Group,
    read: Option<Version>,
}

impl Place {
    /// The group of the questions likest to this one, or a new one. Nobody else looks for groups of the organization until
    /// the change ends, so that like questions make one group.
    async fn of(change: &Change<'_>, gist: Gist, id: &str) -> Result<Self, Refused> {
        turn(change, GROUP).await?;
        let mut best: Option<(f32, Self)> = None;
        for mark in gist.marks() {
            let found =
                change.work.documents_by::<Group>(change.organization(), GROUP, BY_MARK, &mark, None, LOOKED_AT);
            for (id, group, version) in found.await? {
                if let Some(likeness) = gist.likeness(&group.gist)
                    && best.as_ref().is_none_or(|(better, _)| *better < likeness)
                {
                    best = Some((likeness, Self { id, group, read: Some(version) }));
                }
            }
        }
        let now = change.now;
        let begun = || Self {
            id: id.to_owned(),
            group: Group { gist, examples: vec![], count: 0, handed_over: 0, disliked: 0, last: now, proposed: None },
            read: None,
        };
        let mut place = best.map_or_else(begun, |(_, place)| place);
        place.group.last = now;
        Ok(place)
    }

    async fn save(&self, change: &Change<'_>) -> Result<(), Refused> {
        let Self { id, group, read } = self;
        let (work, organization) = (change.work, change.organization());
        work.put_document(organization, GROUP, id, group, *read).await?;
        let mut keys = vec![(BY_LAST, second(group.last))];
        keys.extend(group.gist.marks().into_iter().map(|mark| (BY_MARK, mark)));
        if group.count > 0 {
            // The most asked first.
            keys.push((BY_COUNT, format!("{:010}", u32::MAX - group.count)));
        }
        work.put_keys(organization, GROUP, id, &keys).await?;
        Ok(())
    }
}

/// Forgets a few of the groups that nobody asked for in a long time.
async fn forget(change: &Change<'_>) -> Result<(), Refused> {
    let (work, organization) = (change.work, change.organization());
    let before = second(change.now.saturating_sub(KEPT_FOR).unwrap_or(Timestamp::MIN));
    let range = ("", before.as_str());
    let old = work.documents_between::<Group>(organization, GROUP, BY_LAST, range, None, FORGOTTEN_AT_ONCE).await?;
    for (_, id, ..) in old {
        work.delete_document(organization, GROUP, &id).await?;
    }
    Ok(())
}

/// An instant as a key that sorts by time.
fn second(at: Timestamp) -> String {
    format!("{:012}", at.as_second().max(0))
}
