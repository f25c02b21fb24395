//! Reads on in a line's log, a few events in each transaction, one replica at a time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use handover::{Change, Desk, Refused};
use jiff::SignedDuration;
use plan::Plan;
use store::{StoreError, Version};
use ticket::{Actor, OrganizationId};
use trends::{Counts, Page, Period};

use crate::kept::{CARD, CURVE, Curve, DAY, HOUR, Ids, Place, first_hour, too_old};
use crate::lookout::{self, News};
use crate::portion::{Held, Portion, keys};

/// How long a replica has the log of an organization to itself after it has counted something.
const LEASE: SignedDuration = SignedDuration::from_secs(20);

/// What is read of the log at once. Small, so that nobody waits for the transaction that writes it.
const EVENTS_AT_ONCE: u32 = 100;

/// Counts the log of a line.
#[derive(Debug, Default)]
pub struct Tally {
    /// The places that this replica wrote last.
    mine: Mutex<HashMap<OrganizationId, Version>>,
}

/// What is written in one transaction.
struct Written {
    place: Place,
    read: Option<Version>,
    cards: Vec<(String, Held)>,
    pages: Vec<(&'static str, String, Page, Option<Version>)>,
    curves: Vec<(String, Curve, Option<Version>)>,
    gone: Vec<(&'static str, String)>,
    news: News,
}

impl Tally {
    /// Reads on in the log of one organization; how much there was to do. With nothing left to read, answers that have held are
    /// noted, and each full hour is compared with the weeks before.
    ///
    /// # Errors
    /// What the database says. Nothing was written then.
    pub async fn follow(&self, desk: &Desk, plan: &Arc<Plan>) -> Result<usize, Refused> {
        let (store, organization, now) = (desk.store(), plan.organization(), desk.clock().now());
        let (mut place, read) = Place::of(store, organization).await?;
        if place.until > now && read != self.mine(organization) {
            return Ok(0);
        }
        let ids = Ids(place.generation);
        let events = store.feed(Some(organization), place.position()?, EVENTS_AT_ONCE).await?;
        let mut portion = Portion::new(desk, plan, ids, std::mem::take(&mut place.names));
        for (_, event) in &events {
            portion.take(event).await?;
            // Others of this process have something to do, too.
            tokio::task::yield_now().await;
        }
        let mut news = News::default();
        let mut gone = Vec::new();
        if let Some((position, event)) = events.last() {
            place.move_to(*position, event.at);
        } else {
            portion.wait(now).await?;
            let hour = trends::hour_of(now);
            if place.watched < hour {
                news = lookout::look(desk, plan, ids, hour).await?;
            }
            if place.watched < hour || place.is_full {
                (gone, place.is_full) = too_old(store, organization, ids, now).await?;
            }
            let is_new = place.watched < hour;
            place.watched = hour;
            if !is_new && gone.is_empty() && portion.sheet.hours().next().is_none() {
                return Ok(0);
            }
        }
        place.names = std::mem::take(&mut portion.names);
        place.until = now.saturating_add(LEASE).unwrap_or(now);
        let done = events.len().max(gone.len()).max(1);
        let written = gather(desk, plan, &mut portion, (place, read), gone, news).await?;
        match write(desk, organization, ids, written).await {
            Ok(version) => {
                self.mine.lock().unwrap_or_else(PoisonError::into_inner).insert(organization.clone(), version);
                Ok(done)
            }
            // Another replica was first, or it is counted anew: whoever reads next sees that.
            Err(Refused::Store(StoreError::Conflict { .. } | StoreError::AlreadyExists { .. })) => Ok(0),
            Err(other) => Err(other),
        }
    }

    fn mine(&self, organization: &OrganizationId) -> Option<Version> {
        self.mine.lock().unwrap_or_else(PoisonError::into_inner).get(organization).copied()
    }
}

/// The documents as they will be. That nobody else changes them meanwhile, the place sees to.
async fn gather(
    desk: &Desk,
    plan: &Plan,
    portion: &mut Portion<'_>,
    (place, read): (Place, Option<Version>),
    gone: Vec<(&'static str, String)>,
    news: News,
) -> Result<Written, Refused> {
    let (store, organization, zone) = (desk.store(), plan.organization(), &plan.profile().time_zone);
    let (ids, first) = (Ids(place.generation), first_hour(desk.clock().now()));
    let mut pages: BTreeMap<(&'static str, String), Page> = BTreeMap::new();
    let mut curves: BTreeMap<String, BTreeMap<i64, Counts>> = BTreeMap::new();
    for (hour, page) in portion.sheet.hours() {
        pages.entry((DAY, ids.day(Period::day_of(hour, zone)))).or_default().merge(page);
        if hour >= first {
            pages.entry((HOUR, ids.hour(hour))).or_default().merge(page);
            curves.entry(ids.curve(hour)).or_default().entry(hour).or_default().merge(&page.total());
        }
    }
    let mut of_pages = Vec::new();
    for ((kind, id), difference) in pages {
        let known = store.document::<Page>(organization, kind, &id).await?;
        let (mut page, read) = known.map_or((Page::default(), None), |(page, read)| (page, Some(read)));
        page.merge(&difference);
        of_pages.push((kind, id, page, read));
        tokio::task::yield_now().await;
    }
    let mut of_curves = Vec::new();
    for (id, difference) in curves {
        let known = store.document::<Curve>(organization, CURVE, &id).await?;
        let (mut curve, read) = known.map_or((Curve::default(), None), |(curve, read)| (curve, Some(read)));
        difference.iter().for_each(|(hour, counts)| curve.entry(*hour).or_default().merge(counts));
        of_curves.push((id, curve, read));
    }
    let cards = portion.changed().into_iter().map(|(ticket, held)| (ids.card(ticket), held)).collect();
    Ok(Written { place, read, cards, pages: of_pages, curves: of_curves, gone, news })
}

async fn write(desk: &Desk, organization: &OrganizationId, ids: Ids, written: Written) -> Result<Version, Refused> {
    let by = Actor::Line { line: desk.line() };
    desk.work(organization, by, move |change| Box::pin(async move { put(change, ids, written).await })).await
}

async fn put(change: &Change<'_>, ids: Ids, written: Written) -> Result<Version, Refused> {
    let Written { place, read, cards, pages, curves, gone, news } = written;
    let organization = change.organization();
    // First of all: whoever is not the one to move on writes nothing.
    let version = place.put(change, read).await?;
    for (id, Held { card, read, .. }) in cards {
        change.work.put_document(organization, CARD, &id, &card, read).await?;
        let keys = keys(&card, ids);
        // Most have never had any.
        if card.at_once().is_some() {
            change.work.put_keys(organization, CARD, &id, &keys).await?;
        }
    }
    for (kind, id, page, read) in pages {
        change.work.put_document(organization, kind, &id, &page, read).await?;
    }
    for (id, curve, read) in curves {
        change.work.put_document(organization, CURVE, &id, &curve, read).await?;
    }
    for (kind, id) in gone {
        change.work.delete_document(organization, kind, &id).await?;
    }
    news.tell(change).await?;
    Ok(version)
}
