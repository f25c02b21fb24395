//! Force majeure, as every line knows it: what holds when, and what that does to a ticket.
//!
//! Line 1 declares it, and tells the others by `bulletin`. Each line keeps what it has heard on one board, and asks its own
//! clock what holds: nothing is switched, so that nothing can stay on. At the beginning and at the end a timer has all clocks
//! reckoned anew, page by page, and each ticket is put right as its clocks ring. What comes meanwhile is put right as it comes.

use std::collections::BTreeSet;

use deadline::{Emergency, OtherTarget};
use jiff::{SignedDuration, Timestamp};
use plan::{Plan, Rising, Text as Words};
use serde::{Deserialize, Serialize};
use store::{Store, Timer, Version};
use texts::Text;
use ticket::event::ClockEvent;
use ticket::{
    Custody, Event, EventBody, Facts, ForceMajeureId, Language, OrganizationId, Raise, RaiseCause, State, Ticket,
};

use crate::change::Change;
use crate::clocks;
use crate::notice::{Notice, Recipient};
use crate::refused::Refused;

/// The kind of the timers of beginnings and ends; the id of one is that of its force majeure.
pub(crate) const TIMER: &str = "force-majeure";

/// The document with what a line has heard, by kind and id.
pub(crate) const HEARD: (&str, &str) = (BOARD, ONE);

/// The kind of the document with what a line has heard; it has one for an organization.
const BOARD: &str = "force-majeure-board";
const ONE: &str = "one";

/// So many are known; those that ended longest ago are forgotten first.
const KNOWN_MAX: usize = 100;

/// So long after a beginning or an end tickets are looked at once more: the clocks of replicas differ by a little.
const ONCE_MORE: SignedDuration = SignedDuration::from_secs(60);

/// What was declared, with all that it changes: a later plan does not change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForceMajeure {
    /// Which.
    pub id: ForceMajeureId,
    /// The id of its profile in the plan.
    pub profile: String,
    /// The version of the plan by which it was declared.
    pub plan: String,
    /// What it is called.
    pub name: Words,
    /// What clients are told.
    pub text: Words,
    /// Which priorities rise.
    pub raises: Vec<Rising>,
    /// Which targets are others.
    pub targets: Vec<OtherTarget>,
    /// Its first instant.
    pub from: Timestamp,
    /// The instant after it; not after `from` when it was called off before.
    pub until: Timestamp,
    /// Grows with each news of it.
    pub number: u32,
}

impl ForceMajeure {
    /// Whether it holds at `at`.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// What it does to the priority of a ticket with these facts; none when nothing.
    fn raise(&self, plan: &Plan, facts: &Facts) -> Option<Raise> {
        let fits = |rising: &&Rising| rising.fits(plan, facts.category.as_deref(), facts.product.as_deref());
        let steps = self.raises.iter().filter(fits).map(|rising| rising.steps).max()?;
        let why = |language| {
            let fields = [("name", self.name.in_language(language)), ("plan", self.plan.as_str())];
            let mut why = Text::ForceMajeureRaised.with(language, &fields);
            why.truncate(why.floor_char_boundary(ticket::field::LINE_BYTES_MAX));
            why
        };
        let (ru, en) = (why(Language::Russian), why(Language::English));
        Some(Raise { cause: RaiseCause::ForceMajeure { profile: self.profile.clone() }, steps, ru, en })
    }

    fn event(&self, holds: bool) -> ClockEvent {
        let Self { id, profile, plan, until, .. } = self.clone();
        ClockEvent::ForceMajeure { id, profile, plan, holds, until }
    }
}

/// What a line has heard of force majeure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Oldest first.
    known: Vec<ForceMajeure>,
}

impl Board {
    /// The board of a line.
    ///
    /// # Errors
    /// What the database says.
    pub async fn of(store: &Store, organization: &OrganizationId) -> Result<Self, Refused> {
        let found = store.document(organization, BOARD, ONE).await?;
        Ok(found.map(|(board, _)| board).unwrap_or_default())
    }

    /// The board of the line, which nobody else changes until this change ends; to be given to [`Board::save`].
    ///
    /// # Errors
    /// What the database says.
    pub async fn load(change: &Change<'_>) -> Result<(Self, Option<Version>), Refused> {
        // The first one cannot be locked before it is there.
        change.work.alone(change.organization(), BOARD).await?;
        let found = change.work.document(change.organization(), BOARD, ONE).await?;
        Ok(found.map_or((Self::default(), None), |(board, read)| (board, Some(read))))
    }

    /// Takes in what is newer than what is known, writes the board, and sees to the beginning and the end.
    ///
    /// # Errors
    /// What the database says.
    pub async fn save(mut self, read: Option<Version>, change: &Change<'_>, news: ForceMajeure) -> Result<(), Refused> {
        let before = self.known.iter().find(|known| known.id == news.id).cloned();
        if before.as_ref().is_some_and(|before| before.number >= news.number) {
            return Ok(());
        }
        self.known.retain(|known| known.id != news.id);
        self.known.push(news.clone());
        self.known.sort_by_key(|known| (known.from, known.id));
        while self.known.len() > KNOWN_MAX {
            let Some(oldest) = (0..self.known.len()).min_by_key(|place| self.known[*place].until) else { break };
            self.known.remove(oldest);
        }
        change.work.put_document(change.organization(), BOARD, ONE, &self, read).await?;
        // Its end moves deadlines, and what should hold now may not be done yet.
        clocks::begin_anew(change).await?;
        let pending = change.work.timer(change.organization(), TIMER, &news.id.to_string()).await?;
        let is_to_begin = pending.is_some_and(|timer| Moment::of(&timer) == Some(Moment::Begin));
        let was_known = before.is_some_and(|before| before.from <= change.now);
        let next = if was_known && !is_to_begin {
            Moment::End
        } else if news.from.max(change.now) < news.until {
            Moment::Begin
        } else {
            Moment::OnceMoreAfterEnd
        };
        next.set(change, &news).await
    }

    /// What holds at `at`.
    #[must_use]
    pub fn holding(&self, at: Timestamp) -> Option<&ForceMajeure> {
        self.known.iter().find(|known| known.holds(at))
    }

    /// Those that are not over at `now`, oldest first.
    pub fn not_over(&self, now: Timestamp) -> impl Iterator<Item = &ForceMajeure> {
        self.known.iter().filter(move |known| known.from.max(now) < known.until)
    }

    /// What else would hold at some instant from `from` on and before `until`.
    #[must_use]
    pub fn overlaps(&self, but: ForceMajeureId, from: Timestamp, until: Timestamp) -> Option<&ForceMajeure> {
        let others = self.known.iter().filter(|known| known.id != but);
        others.into_iter().find(|known| known.from.max(from) < known.until.min(until))
    }

    /// What is called so; none when it was forgotten.
    pub(crate) fn name(&self, id: &str) -> Option<&Words> {
        self.known.iter().find(|known| known.id.to_string() == id).map(|known| &known.name)
    }

    /// What it does to clocks.
    pub(crate) fn emergencies(&self) -> Vec<Emergency> {
        let of = |known: &ForceMajeure| Emergency {
            id: known.id.to_string(),
            from: known.from,
            to: known.until,
            targets: known.targets.clone(),
        };
        self.known.iter().filter(|known| known.from < known.until && !known.targets.is_empty()).map(of).collect()
    }

    /// What a ticket's log has to say at `now`: that force majeure counts for it, or not any more.
    pub(crate) fn to_tell(&self, log: &[Event], counts: bool, now: Timestamp) -> Vec<ClockEvent> {
        let told = log.iter().rev().find_map(|event| match &event.body {
            EventBody::Clock(ClockEvent::ForceMajeure { id, profile, plan, holds, until: _ }) => {
                Some((*id, profile, plan, *holds))
            }
            _ => None,
        });
        let told = told.filter(|(.., holds)| *holds);
        let holding = self.holding(now).filter(|_| counts);
        if told.map(|(id, ..)| id) == holding.map(|holding| holding.id) {
            return Vec::new();
        }
        let ended = told.map(|(id, profile, plan, _)| match self.known.iter().find(|known| known.id == id) {
            Some(known) => known.event(false),
            None => {
                let (profile, plan) = (profile.clone(), plan.clone());
                ClockEvent::ForceMajeure { id, profile, plan, holds: false, until: now }
            }
        });
        ended.into_iter().chain(holding.map(|holding| holding.event(true))).collect()
    }

    /// Lets a ticket that is worked on here rise, or not any more, as it is to be now; whether anything changed. It is not
    /// written.
    pub(crate) async fn align(&self, change: &Change<'_>, ticket: &mut Ticket) -> Result<bool, Refused> {
        let is_worked_on =
            ticket.custody == Custody::Held && matches!(ticket.state, State::Open | State::OnHold { .. });
        if !is_worked_on {
            return Ok(false);
        }
        let wanted = self.holding(change.now).and_then(|holding| holding.raise(&change.plan, &ticket.facts));
        let causes = ticket.facts.raises.iter().map(|raise| raise.cause.clone());
        let over = causes.filter(|cause| {
            matches!(cause, RaiseCause::ForceMajeure { .. })
                && wanted.as_ref().is_none_or(|raise| raise.cause != *cause)
        });
        let mut changed = false;
        for cause in over.collect::<Vec<_>>() {
            changed |= change.lower(ticket, &cause).await?;
        }
        if let Some(raise) = wanted {
            changed |= change.raise(ticket, raise).await?;
        }
        Ok(changed)
    }
}

/// Whether force majeure raises the ticket.
pub(crate) fn is_raised(ticket: &Ticket) -> bool {
    ticket.facts.raises.iter().any(|raise| matches!(raise.cause, RaiseCause::ForceMajeure { .. }))
}

/// When something is to be done about all tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Moment {
    Begin,
    OnceMore,
    End,
    OnceMoreAfterEnd,
}

impl Moment {
    fn of(timer: &Timer) -> Option<Self> {
        serde_json::from_value(timer.payload.clone()).ok()
    }

    async fn set(self, change: &Change<'_>, of: &ForceMajeure) -> Result<(), Refused> {
        let later = |at: Timestamp| at.saturating_add(ONCE_MORE).unwrap_or(Timestamp::MAX);
        let due = match self {
            Self::Begin => of.from,
            // Not beyond the end, which has a moment of its own.
            Self::OnceMore => later(of.from).min(of.until),
            Self::End => of.until,
            Self::OnceMoreAfterEnd => later(of.until),
        };
        let payload = serde_json::to_value(self).unwrap_or_default();
        change.set_timer(TIMER, of.id.to_string(), None, due.max(change.now), payload).await
    }
}

/// It begins, or ends: all clocks are reckoned anew, and with them tickets are put right. The groups of this line are told.
pub(crate) async fn rang(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let board = change.work.peek::<Board>(change.organization(), BOARD, ONE).await?;
    let known = board.map(|(board, _)| board.known).unwrap_or_default();
    let Some(known) = known.into_iter().find(|known| known.id.to_string() == timer.id) else { return Ok(()) };
    clocks::begin_anew(change).await?;
    let Some(moment) = Moment::of(timer) else { return Ok(()) };
    match moment {
        Moment::Begin => {
            tell_people(change, &known, Text::NoticeForceMajeureBegan).await?;
            Moment::OnceMore.set(change, &known).await
        }
        Moment::OnceMore => Moment::End.set(change, &known).await,
        Moment::End => {
            tell_people(change, &known, Text::NoticeForceMajeureOver).await?;
            Moment::OnceMoreAfterEnd.set(change, &known).await
        }
        Moment::OnceMoreAfterEnd => Ok(()),
    }
}

async fn tell_people(change: &Change<'_>, of: &ForceMajeure, text: Text) -> Result<(), Refused> {
    let until = of.until.to_zoned(change.plan.profile().time_zone.clone()).strftime("%d.%m.%Y %H:%M").to_string();
    let words = |language| text.with(language, &[("name", of.name.in_language(language)), ("until", &until)]);
    let here = change.plan.groups().filter(|group| group.line == change.line);
    let to: BTreeSet<Recipient> = here.map(|group| Recipient::Group(group.id.clone())).collect();
    for to in to {
        let (ru, en) = (words(Language::Russian), words(Language::English));
        change.notify(Notice { to, topic: "force-majeure", ticket: None, ru, en }).await?;
    }
    Ok(())
}

impl Change<'_> {
    /// What this line has heard, as this change read it first; none when it has heard of nothing.
    async fn heard(&self) -> Result<Option<&Board>, Refused> {
        let read = async || {
            let found = self.work.peek(self.organization(), BOARD, ONE).await?;
            Ok::<_, Refused>(found.map(|(board, _)| board))
        };
        Ok(self.board.get_or_try_init(read).await?.as_ref())
    }

    /// What holds now.
    ///
    /// # Errors
    /// What the database says.
    async fn force_majeure(&self) -> Result<Option<&ForceMajeure>, Refused> {
        Ok(self.heard().await?.and_then(|board| board.holding(self.now)))
    }

    /// How clients are greeted now: by what force majeure says while it holds, else by the plan for this hour.
    ///
    /// # Errors
    /// What the database says.
    pub async fn greeting(&self, language: Language) -> Result<String, Refused> {
        let held = self.force_majeure().await?;
        let words = held.map_or_else(|| self.plan.greeting(self.now), |held| &held.text);
        Ok(words.in_language(language).to_owned())
    }

    /// Lets a ticket that came or was sorted anew rise, or not any more, as force majeure has it now. It is not written.
    ///
    /// # Errors
    /// What the database says.
    pub async fn align_with_force_majeure(&self, ticket: &mut Ticket) -> Result<(), Refused> {
        // A line that has heard of none leaves what another one raised to the clocks.
        match self.heard().await? {
            Some(board) => board.align(self, ticket).await.map(drop),
            None => Ok(()),
        }
    }

    /// An automatic answer as a client gets it now: while force majeure holds, with what is told of it before, unless it says
    /// so already.
    ///
    /// # Errors
    /// What the database says.
    pub async fn as_told_now(&self, language: Language, text: String) -> Result<String, Refused> {
        let Some(held) = self.force_majeure().await? else { return Ok(text) };
        let words = held.text.in_language(language);
        Ok(if text.contains(words) { text } else { format!("{words}\n\n{text}") })
    }
}
