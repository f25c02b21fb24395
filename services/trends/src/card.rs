//! As what one ticket was counted at one line.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ticket::event::{Brought, ClockEvent};
use ticket::{Event, EventBody, Evidence, Line, Mood, Passage};

use crate::cell::Cell;
use crate::count::Count;
use crate::page::Sheet;

/// A ticket of more than so many counted things keeps the first ones where they are.
const ENTRIES_MAX: usize = 400;

/// A mood and its score, from -1000 to 1000.
pub type Heard = (Mood, i32);

/// What is known of a ticket beside its events.
pub struct Seen<'s> {
    /// What it is taken for by the present facts. Its channel is read from the events.
    pub cell: Cell,
    /// The request as it came.
    pub text: &'s str,
    /// Whose it is.
    pub client: &'s str,
    /// How long an answer that closed it must hold.
    pub window: SignedDuration,
    /// How a text sounds.
    pub mood: &'s (dyn Fn(&str) -> Heard + Send + Sync),
}

/// As what one ticket was counted, and where it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    cell: Cell,
    entries: Vec<Entry>,
    channel: String,
    /// Since when it is worked on here; none while it is not.
    here_since: Option<Timestamp>,
    /// What kind of handover it is offered for.
    offered: Option<Passage>,
    /// The articles with which line 0 answered.
    articles: Vec<String>,
    at_once: Option<AtOnce>,
}

/// Something that was counted: when, what, how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry(Timestamp, Count, i64);

/// An answer that closed it at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtOnce {
    /// When.
    pub at: Timestamp,
    /// Whoever asks again up to here was not helped.
    pub until: Timestamp,
    /// Whose it is.
    pub client: String,
    /// What came of it; none as long as it is not known.
    pub holds: Option<bool>,
}

impl Card {
    /// Takes in the next event of the ticket at this line; the difference that it makes is added to `sheet`.
    pub fn see(&mut self, event: &Event, seen: &Seen<'_>, sheet: &mut Sheet) {
        let at = event.at;
        match &event.body {
            EventBody::Registered { channel } => {
                channel.name().clone_into(&mut self.channel);
                self.move_to(&seen.cell, sheet);
                self.came(at, seen, sheet);
                return;
            }
            EventBody::TookOver { with: Brought::Evidence { evidence }, .. } => {
                if let Evidence::ServiceDesk(evidence) = evidence.as_ref()
                    && let Some(channel) = evidence.channel
                {
                    channel.name().clone_into(&mut self.channel);
                }
                self.move_to(&seen.cell, sheet);
                self.came(at, seen, sheet);
                return;
            }
            _ => self.move_to(&seen.cell, sheet),
        }
        match &event.body {
            EventBody::TookOver { with: Brought::Return { .. }, .. } => self.here_since = Some(at),
            EventBody::AutoAnswered { article, .. } if !self.articles.contains(article) => {
                self.articles.push(article.clone());
            }
            EventBody::Offered { passage, .. } => self.offered = Some(*passage),
            EventBody::Declined { .. } => self.offered = None,
            EventBody::Accepted { .. } => match self.offered.take() {
                Some(Passage::Escalation) => {
                    self.put(at, Count::HandedOver, 1, sheet);
                    self.left(at, sheet);
                }
                Some(Passage::Return) => {
                    self.put(at, Count::SentBack, 1, sheet);
                    self.left(at, sheet);
                }
                // Counted when it was solved.
                Some(Passage::Resolution) | None => {}
            },
            EventBody::Resolved { .. } => {
                self.put(at, Count::Resolved, 1, sheet);
                self.left(at, sheet);
            }
            EventBody::Closed { .. } => {
                self.put(at, Count::Closed, 1, sheet);
                // What nobody was told an answer for is closed, and not answered.
                if event.line == Line::SelfService && !self.articles.is_empty() && self.at_once.is_none() {
                    self.put(at, Count::ClosedAtOnce, 1, sheet);
                    let until = at.saturating_add(seen.window).unwrap_or(Timestamp::MAX);
                    self.at_once = Some(AtOnce { at, until, client: seen.client.to_owned(), holds: None });
                }
            }
            EventBody::Reopened { .. } => {
                self.put(at, Count::Reopened, 1, sheet);
                self.here_since = Some(at);
                self.asked_again(at, sheet);
            }
            EventBody::Clock(ClockEvent::Breached { clock, .. })
                if clock.party == "client" || clock.party == event.line.name() =>
            {
                let late = match clock.measure.as_str() {
                    "response" => Count::LateResponse,
                    _ => Count::LateResolution,
                };
                if !self.entries.iter().any(|Entry(_, count, _)| *count == late) {
                    self.put(at, late, 1, sheet);
                }
            }
            EventBody::ClientWrote { text } => {
                self.take(&Count::LAST, sheet);
                self.sounds(at, (seen.mood)(text), Count::LAST, sheet);
            }
            EventBody::Rated { score } => {
                self.take(&Count::RATINGS, sheet);
                let rating = usize::from(*score).checked_sub(1).and_then(|place| Count::RATINGS.get(place));
                if let Some(rating) = rating {
                    self.put(at, *rating, 1, sheet);
                }
            }
            // Whatever else happens is not counted.
            _ => {}
        }
    }

    /// The answer that closed it at once, and what came of it.
    #[must_use]
    pub fn at_once(&self) -> Option<&AtOnce> {
        self.at_once.as_ref()
    }

    /// Whether what happened to another request of the same client says that this one's answer did not help: the same article
    /// was told again, or a person is asked. Another question that is answered by another article says nothing.
    #[must_use]
    pub fn is_doubted_by(&self, other: &EventBody) -> bool {
        match other {
            EventBody::AutoAnswered { article, .. } => self.articles.contains(article),
            EventBody::Offered { passage: Passage::Escalation, .. } => true,
            _ => false,
        }
    }

    /// The client asked again at `at`. Within the window the answer did not help, even when it was said before that it did.
    pub fn asked_again(&mut self, at: Timestamp, sheet: &mut Sheet) {
        let Some(known) = self.at_once.clone() else { return };
        if at > known.at && at <= known.until && known.holds != Some(false) {
            self.take(&[Count::StaysClosed], sheet);
            self.put(known.at, Count::AskedAgain, 1, sheet);
            self.at_once = Some(AtOnce { holds: Some(false), ..known });
        }
    }

    /// The log was read up to `at`: once the window is over without another word, the answer holds.
    pub fn waited(&mut self, at: Timestamp, sheet: &mut Sheet) {
        let Some(known) = self.at_once.clone() else { return };
        if known.holds.is_none() && at > known.until {
            self.put(known.at, Count::StaysClosed, 1, sheet);
            self.at_once = Some(AtOnce { holds: Some(true), ..known });
        }
    }

    fn came(&mut self, at: Timestamp, seen: &Seen<'_>, sheet: &mut Sheet) {
        self.put(at, Count::Registered, 1, sheet);
        self.here_since = Some(at);
        if !self.entries.iter().any(|Entry(_, count, _)| Count::FIRST.contains(count)) {
            let heard = (seen.mood)(seen.text);
            self.sounds(at, heard, Count::FIRST, sheet);
            self.sounds(at, heard, Count::LAST, sheet);
        }
    }

    fn sounds(&mut self, at: Timestamp, (mood, score): Heard, of: [Count; 4], sheet: &mut Sheet) {
        self.put(at, Count::of_mood(of, mood), 1, sheet);
        self.put(at, of[3], i64::from(score), sheet);
    }

    fn left(&mut self, at: Timestamp, sheet: &mut Sheet) {
        let Some(since) = self.here_since.take() else { return };
        let seconds = at.duration_since(since).as_secs().max(0);
        let time = Count::TIMES.into_iter().find(|(_, most)| seconds <= *most).map_or(Count::Longer, |(time, _)| time);
        self.put(at, time, 1, sheet);
        self.put(at, Count::Seconds, seconds, sheet);
    }

    fn put(&mut self, at: Timestamp, count: Count, number: i64, sheet: &mut Sheet) {
        if number == 0 {
            return;
        }
        if self.entries.len() >= ENTRIES_MAX {
            self.entries.remove(0);
        }
        self.entries.push(Entry(at, count, number));
        sheet.add(at, &self.cell, count, number);
    }

    /// Takes back what was counted of these.
    fn take(&mut self, of: &[Count], sheet: &mut Sheet) {
        let (cell, entries) = (&self.cell, &mut self.entries);
        entries.retain(|Entry(at, count, number)| {
            let is_taken = of.contains(count);
            if is_taken {
                sheet.add(*at, cell, *count, -number);
            }
            !is_taken
        });
    }

    /// Moves everything to where the ticket belongs now.
    fn move_to(&mut self, cell: &Cell, sheet: &mut Sheet) {
        let cell = Cell { channel: self.channel.clone(), ..cell.clone() };
        if cell == self.cell {
            return;
        }
        for Entry(at, count, number) in &self.entries {
            sheet.add(*at, &self.cell, *count, -number);
            sheet.add(*at, &cell, *count, *number);
        }
        self.cell = cell;
    }
}
