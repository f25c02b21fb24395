//! What a line tells its people by itself. The first notice goes out at once; what follows within the plan's window is gathered
//! into one digest, so that a mass event floods nobody.
//!
//! A recipient has one row that says until when its window is open, and one for each digest; none grows beyond the plan's
//! lines, however many notices come.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Timer, Version};
use texts::Text;
use ticket::{Assignment, Language, Ticket, TicketId};

use crate::change::{Change, corrupt};
use crate::refused::Refused;

/// The kind of the timers that send what was gathered; the id of one is its recipient.
pub(crate) const TIMER: &str = "digest";

/// The kind of documents with digests, and the name of the key by which they are listed.
pub(crate) const DIGEST: &str = "digest";
pub(crate) const INBOX: &str = "inbox";

/// The kind of documents that say until when a recipient's window is open; the id of one is its recipient.
const WINDOW: &str = "notice-window";

/// So many old digests go with each new one.
const PRUNED_MAX: u32 = 8;

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Recipient {
    /// A person, by the subject of their token.
    Person(String),
    /// Everybody of a group, by its id.
    Group(String),
    /// The supervisors of the organization.
    Supervisors,
}

impl Recipient {
    /// Whoever works on a ticket: the person who has it, or else its group, or else the supervisors.
    #[must_use]
    pub fn who_works(assignment: &Assignment) -> Self {
        match (&assignment.assignee, &assignment.group) {
            (Some(person), _) => Self::Person(person.clone()),
            (None, Some(group)) => Self::Group(group.clone()),
            (None, None) => Self::Supervisors,
        }
    }

    /// Its name in keys and on the wire.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Person(subject) => format!("person:{subject}"),
            Self::Group(id) => format!("group:{id}"),
            Self::Supervisors => "supervisors".to_owned(),
        }
    }
}

/// Something that people should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Who is told.
    pub to: Recipient,
    /// What it is about, by which notices are counted: a name in kebab-case.
    pub topic: &'static str,
    /// The ticket it is about.
    pub ticket: Option<TicketId>,
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
}

/// Notices that go out together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digest {
    pub(crate) recipient: String,
    pub(crate) sent_at: Timestamp,
    pub(crate) counts: BTreeMap<String, u32>,
    pub(crate) lines: Vec<Line>,
}

/// A notice in a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) topic: String,
    pub(crate) ticket: Option<TicketId>,
    pub(crate) at: Timestamp,
    pub(crate) ru: String,
    pub(crate) en: String,
}

/// A recipient's window, and what was gathered in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Window {
    until: Timestamp,
    gathered: Option<Digest>,
}

impl Digest {
    fn of(recipient: String, sent_at: Timestamp) -> Self {
        Self { recipient, sent_at, counts: BTreeMap::new(), lines: Vec::new() }
    }

    fn add(&mut self, lines: Vec<Line>, lines_max: usize) {
        for line in lines {
            let count = self.counts.entry(line.topic.clone()).or_default();
            *count = count.saturating_add(1);
            if self.lines.len() < lines_max {
                self.lines.push(line);
            }
        }
    }
}

impl Change<'_> {
    /// Tells people something, at once or with the next digest.
    ///
    /// # Errors
    /// What the database says.
    pub async fn notify(&self, notice: Notice) -> Result<(), Refused> {
        self.notify_all(vec![notice]).await
    }

    /// As [`Change::notify`], several, each recipient's with one look. Best done last: until the transaction ends nobody
    /// else can tell these recipients anything.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn notify_all(&self, notices: Vec<Notice>) -> Result<(), Refused> {
        // In an order of their names, so that no two wait for each other.
        let mut of_each: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        for Notice { to, topic, ticket, ru, en } in notices {
            let line = Line { topic: topic.to_owned(), ticket, at: self.now, ru, en };
            of_each.entry(to.name()).or_default().push(line);
        }
        for (recipient, lines) in of_each {
            self.tell(recipient, lines).await?;
        }
        Ok(())
    }

    async fn tell(&self, recipient: String, lines: Vec<Line>) -> Result<(), Refused> {
        let lines_max = self.plan.notices().lines_max;
        let mut found = self.work.document::<Window>(self.organization(), WINDOW, &recipient).await?;
        if found.is_none() {
            // The first notice ever: what is not there cannot be locked, and another may be writing it.
            self.work.alone(self.organization(), &format!("{WINDOW} {recipient}")).await?;
            found = self.work.document::<Window>(self.organization(), WINDOW, &recipient).await?;
        }
        match found {
            Some((mut window, read)) if window.until > self.now => {
                let (until, is_first) = (window.until, window.gathered.is_none());
                let gathered = window.gathered.get_or_insert_with(|| Digest::of(recipient.clone(), until));
                gathered.add(lines, lines_max);
                self.put_window(&recipient, &window, Some(read)).await?;
                if is_first {
                    self.set_timer(TIMER, recipient, None, until, serde_json::Value::Null).await?;
                }
                Ok(())
            }
            found => {
                let read = found.as_ref().map(|(_, read)| *read);
                // What was gathered and not sent yet goes out with it.
                let late = found.and_then(|(window, _)| window.gathered);
                let mut digest = late.unwrap_or_else(|| Digest::of(recipient.clone(), self.now));
                digest.sent_at = self.now;
                digest.add(lines, lines_max);
                self.send_digest(&digest).await?;
                self.open_window(&recipient, read).await
            }
        }
    }

    /// Tells people about a ticket by a text of the resource file; its `number` and `subject` are filled in beside `fields`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn notify_of(
        &self,
        ticket: &Ticket,
        to: Recipient,
        topic: &'static str,
        text: Text,
        fields: &[(&str, &str)],
    ) -> Result<(), Refused> {
        let number = ticket.facts.number.clone().unwrap_or_else(|| ticket.facts.id.to_string());
        let own = [("number", number.as_str()), ("subject", ticket.facts.subject.as_str())];
        let fields: Vec<(&str, &str)> = own.into_iter().chain(fields.iter().copied()).collect();
        let words = |language| text.with(language, &fields).trim_end().to_owned();
        let (ru, en) = (words(Language::Russian), words(Language::English));
        self.notify(Notice { to, topic, ticket: Some(ticket.facts.id), ru, en }).await
    }

    async fn open_window(&self, recipient: &str, read: Option<Version>) -> Result<(), Refused> {
        let until = self.now.saturating_add(self.plan.notices().gather).unwrap_or(Timestamp::MAX);
        self.put_window(recipient, &Window { until, gathered: None }, read).await
    }

    async fn put_window(&self, recipient: &str, window: &Window, read: Option<Version>) -> Result<(), Refused> {
        self.work.put_document(self.organization(), WINDOW, recipient, window, read).await?;
        Ok(())
    }

    async fn send_digest(&self, digest: &Digest) -> Result<(), Refused> {
        let place = newest_first(digest.sent_at);
        let id = format!("{}|{place}", digest.recipient);
        // Two within a microsecond for one recipient cannot be: a window is open after the first.
        let known = self.work.document::<Digest>(self.organization(), DIGEST, &id).await?;
        let read = known.map(|(_, read)| read);
        self.work.put_document(self.organization(), DIGEST, &id, digest, read).await?;
        self.work.put_keys(self.organization(), DIGEST, &id, &[(INBOX, id.clone())]).await?;
        self.prune(&digest.recipient).await
    }

    /// Takes away what was sent to a recipient too long ago: more with each digest than a digest adds.
    async fn prune(&self, recipient: &str) -> Result<(), Refused> {
        let until = self.now.saturating_sub(self.plan.notices().keep).unwrap_or(Timestamp::MIN);
        let (from, to) = (format!("{recipient}|{}", newest_first(until)), format!("{recipient}}}"));
        let range = (from.as_str(), to.as_str());
        let old =
            self.work.documents_between::<Digest>(self.organization(), DIGEST, INBOX, range, None, PRUNED_MAX).await?;
        for (_, id, ..) in old {
            self.work.delete_document(self.organization(), DIGEST, &id).await?;
        }
        Ok(())
    }
}

/// A window has ended: what was gathered goes out, and the next one opens.
pub(crate) async fn rang(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let found = change.work.document::<Window>(change.organization(), WINDOW, &timer.id).await?;
    let Some((window, read)) = found else { return Ok(()) };
    if window.until > change.now {
        let due = window.until;
        return change.set_timer(TIMER, timer.id.clone(), None, due, serde_json::Value::Null).await;
    }
    if let Some(mut digest) = window.gathered {
        digest.sent_at = change.now;
        change.send_digest(&digest).await?;
    }
    change.open_window(&timer.id, Some(read)).await
}

/// The instant as a text that sorts the latest first.
pub(crate) fn newest_first(at: Timestamp) -> String {
    format!("{:019}", i64::MAX.saturating_sub(at.as_microsecond().max(0)))
}

/// The instant that [`newest_first`] wrote.
pub(crate) fn written_at(place: &str) -> Result<Timestamp, Refused> {
    let micros = place.parse::<i64>().map_err(|e| corrupt(e.to_string()))?;
    Timestamp::from_microsecond(i64::MAX - micros).map_err(|e| corrupt(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_sorts_first() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(newest_first(at(2_000_000_000)) < newest_first(at(1_700_000_000)));
        assert_eq!(written_at(&newest_first(at(1_700_000_000))).unwrap(), at(1_700_000_000));
    }
}
