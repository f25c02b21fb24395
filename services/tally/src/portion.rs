//! A few events, and what they change of what was counted.

use std::collections::BTreeMap;

use handover::{Desk, Refused};
use jiff::{SignedDuration, Timestamp};
use plan::Plan;
use store::{Store, Version};
use ticket::{Event, EventBody, Line, Mood, OrganizationId, Passage, TicketId};
use trends::{Card, Cell, Names, Seen, Sheet};
use triage::Sentiment;

use crate::kept::{BY_CLIENT, BY_UNTIL, CARD, Ids};

/// More answers of one client that have to hold yet are not looked at.
const OF_CLIENT_MAX: u32 = 50;

/// So many answers that have held are noted at once.
const HELD_AT_ONCE: u32 = 100;

/// What is known of a ticket and does not change with the event that is read.
struct Known {
    cell: Cell,
    text: String,
    client: String,
}

/// A card, and as it was read.
pub(crate) struct Held {
    pub(crate) card: Card,
    pub(crate) read: Option<Version>,
    is_changed: bool,
}

/// What some events change.
pub(crate) struct Portion<'d> {
    store: &'d Store,
    organization: &'d OrganizationId,
    holds: SignedDuration,
    ids: Ids,
    pub(crate) names: Names,
    pub(crate) sheet: Sheet,
    cards: BTreeMap<TicketId, Held>,
    known: BTreeMap<TicketId, Known>,
}

impl<'d> Portion<'d> {
    pub(crate) fn new(desk: &'d Desk, plan: &'d Plan, ids: Ids, names: Names) -> Self {
        Self {
            store: desk.store(),
            organization: plan.organization(),
            holds: plan.trends().holds,
            ids,
            names,
            sheet: Sheet::default(),
            cards: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// Takes in the next event.
    pub(crate) async fn take(&mut self, event: &Event) -> Result<(), Refused> {
        let id = event.ticket;
        self.learn(id).await?;
        self.load(id).await?;
        let (Some(known), Some(held)) = (self.known.get(&id), self.cards.get_mut(&id)) else { return Ok(()) };
        let cell = self.names.admit(known.cell.clone());
        let seen = Seen { cell, text: &known.text, client: &known.client, window: self.holds, mood: &heard };
        held.card.see(event, &seen, &mut self.sheet);
        held.is_changed = true;
        let asks = match &event.body {
            EventBody::AutoAnswered { .. } => true,
            EventBody::Offered { passage, .. } => *passage == Passage::Escalation,
            _ => false,
        };
        if asks && event.line == Line::SelfService {
            let client = known.client.clone();
            self.doubt(event, &client).await?;
        }
        Ok(())
    }

    /// Whoever is answered again, or goes to a person, was not helped by what they were told shortly before.
    async fn doubt(&mut self, event: &Event, client: &str) -> Result<(), Refused> {
        let (store, organization, of) = (self.store, self.organization, self.ids.client(client));
        let found = store.documents_by::<Card>(organization, CARD, BY_CLIENT, &of, None, OF_CLIENT_MAX).await?;
        for (id, card, read) in found {
            let ticket = id.rsplit('|').next().and_then(|id| id.parse::<TicketId>().ok());
            if let Some(ticket) = ticket {
                self.cards.entry(ticket).or_insert(Held { card, read: Some(read), is_changed: false });
            }
        }
        for (ticket, held) in &mut self.cards {
            let is_theirs = held.card.at_once().is_some_and(|answer| answer.client == client);
            if *ticket != event.ticket && is_theirs && held.card.is_doubted_by(&event.body) {
                held.card.asked_again(event.at, &mut self.sheet);
                held.is_changed = true;
            }
        }
        Ok(())
    }

    /// The whole log was read at `now`: answers whose window is over have held.
    pub(crate) async fn wait(&mut self, now: Timestamp) -> Result<(), Refused> {
        let (store, organization, (from, to)) = (self.store, self.organization, self.ids.until(now));
        let range = (from.as_str(), to.as_str());
        let due = store.documents_between::<Card>(organization, CARD, BY_UNTIL, range, None, HELD_AT_ONCE).await?;
        for (_, id, mut card, read) in due {
            let Some(ticket) = id.rsplit('|').next().and_then(|id| id.parse().ok()) else { continue };
            card.waited(now, &mut self.sheet);
            self.cards.insert(ticket, Held { card, read: Some(read), is_changed: true });
        }
        Ok(())
    }

    /// The cards that are otherwise now.
    pub(crate) fn changed(&mut self) -> Vec<(TicketId, Held)> {
        std::mem::take(&mut self.cards).into_iter().filter(|(_, held)| held.is_changed).collect()
    }

    async fn learn(&mut self, id: TicketId) -> Result<(), Refused> {
        if self.known.contains_key(&id) {
            return Ok(());
        }
        let Some((ticket, _)) = self.store.ticket(self.organization, id).await? else { return Ok(()) };
        let cell = Cell {
            zone: ticket.assignment.zone.unwrap_or_default(),
            category: ticket.facts.category.unwrap_or_default(),
            product: ticket.facts.product.unwrap_or_default(),
            channel: String::new(),
            language: ticket.facts.language.code().to_owned(),
        };
        let known = Known { cell, text: ticket.facts.text, client: ticket.facts.client };
        self.known.insert(id, known);
        Ok(())
    }

    async fn load(&mut self, id: TicketId) -> Result<(), Refused> {
        if !self.cards.contains_key(&id) {
            let found = self.store.document::<Card>(self.organization, CARD, &self.ids.card(id)).await?;
            let (card, read) = found.map_or((Card::default(), None), |(card, read)| (card, Some(read)));
            self.cards.insert(id, Held { card, read, is_changed: false });
        }
        Ok(())
    }
}

/// The keys of a card: none unless its answer has to hold yet.
pub(crate) fn keys(card: &Card, ids: Ids) -> Vec<(&'static str, String)> {
    match card.at_once().filter(|answer| answer.holds.is_none()) {
        Some(answer) => vec![(BY_CLIENT, ids.client(&answer.client)), (BY_UNTIL, ids.until_key(answer.until))],
        None => Vec::new(),
    }
}

/// How a text sounds; the score is from -1000 to 1000.
fn heard(text: &str) -> (Mood, i32) {
    let heard = triage::mood_of(text);
    let mood = match heard.sentiment {
        Sentiment::Negative => Mood::Negative,
        Sentiment::Neutral => Mood::Neutral,
        Sentiment::Positive => Mood::Positive,
    };
    (mood, (heard.score * 1000.0) as i32)
}
