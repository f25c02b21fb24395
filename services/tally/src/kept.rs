//! What was counted, in the database: documents whose ids begin with the number of the count, so that a count from the
//! beginning stands beside the one before until that is taken away.

use std::collections::BTreeMap;

use handover::{Change, Refused};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use store::{Position, Store, StoreError, Version};
use ticket::{OrganizationId, TicketId};
use trends::{Counts, Names, Page};

/// Changes with what is counted and how: another one makes every line count its log anew.
const EDITION: u32 = 1;

/// Hours are kept for ten weeks: those that are looked back at, a week before each, and the present one.
const HOURS_KEPT: i64 = (trends::watch::WEEKS_MAX + 2) * 168;

/// Days are kept for a little more than two years.
const DAYS_KEPT: i64 = 800;

/// So many documents of each kind are taken away at once.
const PRUNED_AT_ONCE: u32 = 100;

/// The kinds of the documents: cells by hour, cells by day, totals by hour (a day in each), tickets, and the one place.
pub(crate) const HOUR: &str = "trend-hour";
pub(crate) const DAY: &str = "trend-day";
pub(crate) const CURVE: &str = "trend-curve";
pub(crate) const CARD: &str = "trend-card";
const PLACE: &str = "trend-place";
const ONE: &str = "one";

/// The keys of a ticket whose answer has to hold yet: by client, and by when it has.
pub(crate) const BY_CLIENT: &str = "client";
pub(crate) const BY_UNTIL: &str = "until";

/// The totals of some hours since 1970.
pub(crate) type Curve = BTreeMap<i64, Counts>;

/// Up to where the log was read, by whom, and what goes with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    edition: u32,
    /// Which count of the log this is, from 1.
    pub(crate) generation: u32,
    at: String,
    /// Whoever wrote this has the log to itself up to here; it knows that by the version.
    pub(crate) until: Timestamp,
    /// When the last event happened that is counted.
    pub(crate) counted_until: Option<Timestamp>,
    /// The hour since 1970 up to which it was compared with the weeks before.
    pub(crate) watched: i64,
    /// Whether there is more to take away.
    pub(crate) is_full: bool,
    pub(crate) names: Names,
}

impl Place {
    fn first(generation: u32) -> Self {
        Self {
            edition: EDITION,
            generation,
            at: Position::START.to_string(),
            until: Timestamp::MIN,
            counted_until: None,
            watched: 0,
            is_full: generation > 1,
            names: Names::default(),
        }
    }

    /// Where the line stands with an organization; at the beginning when it has counted nothing, or otherwise than now.
    pub(crate) async fn of(
        store: &Store,
        organization: &OrganizationId,
    ) -> Result<(Self, Option<Version>), StoreError> {
        let known = store.document::<Self>(organization, PLACE, ONE).await?;
        Ok(Self::or_first(known))
    }

    /// The same, within a change.
    pub(crate) async fn in_change(change: &Change<'_>) -> Result<(Self, Option<Version>), Refused> {
        Ok(Self::or_first(change.work.document::<Self>(change.organization(), PLACE, ONE).await?))
    }

    fn or_first(known: Option<(Self, Version)>) -> (Self, Option<Version>) {
        match known {
            Some((place, read)) if place.edition == EDITION => (place, Some(read)),
            Some((place, read)) => (place.anew(), Some(read)),
            None => (Self::first(1), None),
        }
    }

    /// The beginning of another count.
    pub(crate) fn anew(&self) -> Self {
        Self::first(self.generation.saturating_add(1))
    }

    pub(crate) fn position(&self) -> Result<Position, StoreError> {
        self.at.parse()
    }

    pub(crate) fn move_to(&mut self, position: Position, at: Timestamp) {
        self.at = position.to_string();
        self.counted_until = Some(at);
    }

    pub(crate) async fn put(&self, change: &Change<'_>, read: Option<Version>) -> Result<Version, Refused> {
        Ok(change.work.put_document(change.organization(), PLACE, ONE, self, read).await?)
    }
}

/// The ids of one count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids(pub(crate) u32);

impl Ids {
    fn id(self, rest: impl std::fmt::Display) -> String {
        format!("{:06}|{rest}", self.0)
    }

    pub(crate) fn hour(self, hour: i64) -> String {
        self.id(format_args!("{:010}", hour.max(0)))
    }

    pub(crate) fn day(self, day: Date) -> String {
        self.id(day)
    }

    pub(crate) fn curve(self, hour: i64) -> String {
        self.id(format_args!("{:08}", hour.max(0).div_euclid(24)))
    }

    pub(crate) fn card(self, ticket: TicketId) -> String {
        self.id(ticket)
    }

    pub(crate) fn client(self, client: &str) -> String {
        self.id(client)
    }

    /// The range of keys of answers that have to hold up to before `at`.
    pub(crate) fn until(self, at: Timestamp) -> (String, String) {
        (self.id(""), self.until_key(at))
    }

    pub(crate) fn until_key(self, at: Timestamp) -> String {
        self.id(format_args!("{:020}", at.as_microsecond().max(0)))
    }
}

/// The first hour since 1970 that is kept.
pub(crate) fn first_hour(now: Timestamp) -> i64 {
    trends::hour_of(now) - HOURS_KEPT
}

/// What is too old, or of an earlier count: kinds and ids; and whether there may be more.
pub(crate) async fn too_old(
    store: &Store,
    organization: &OrganizationId,
    ids: Ids,
    now: Timestamp,
) -> Result<(Vec<(&'static str, String)>, bool), StoreError> {
    let first = first_hour(now);
    let first_day = begin_of_days(now);
    let bounds = [(HOUR, ids.hour(first)), (CURVE, ids.curve(first)), (DAY, ids.day(first_day)), (CARD, ids.id(""))];
    let (mut gone, mut is_full) = (Vec::new(), false);
    for (kind, bound) in bounds {
        let first = store.documents::<IgnoredAny>(organization, kind, None, PRUNED_AT_ONCE).await?;
        let old: Vec<String> = first.into_iter().map(|(id, ..)| id).filter(|id| *id < bound).collect();
        is_full |= old.len() == PRUNED_AT_ONCE as usize;
        gone.extend(old.into_iter().map(|id| (kind, id)));
    }
    Ok((gone, is_full))
}

fn begin_of_days(now: Timestamp) -> Date {
    let first = trends::begin_of_hour(trends::hour_of(now) - DAYS_KEPT * 24);
    jiff::tz::TimeZone::UTC.to_datetime(first).date()
}

/// The pages of a kind with ids from `from` to before `to`, in that order.
pub(crate) async fn pages(
    store: &Store,
    organization: &OrganizationId,
    kind: &str,
    (from, to): (&str, &str),
    mut each: impl FnMut(&str, Page),
) -> Result<(), StoreError> {
    const AT_ONCE: u32 = 50;
    // Ids have a fixed length: nothing else is between one without its last digit and it.
    let mut after = before(from);
    loop {
        let found = store.documents::<Page>(organization, kind, Some(&after), AT_ONCE).await?;
        let is_last = found.len() < AT_ONCE as usize;
        for (id, page, _) in found {
            if id.as_str() >= to {
                return Ok(());
            }
            if id.as_str() >= from {
                each(&id, page);
            }
            after = id;
        }
        if is_last {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

/// The totals by hour from `from` on.
pub(crate) async fn curves(store: &Store, organization: &OrganizationId, from: &str) -> Result<Vec<Curve>, StoreError> {
    // Some 70 of them are kept.
    let found = store.documents::<Curve>(organization, CURVE, Some(&before(from)), 200).await?;
    Ok(found.into_iter().map(|(_, curve, _)| curve).collect())
}

/// Something that sorts right before the ids that begin as `id` does.
fn before(id: &str) -> String {
    let mut id = id.to_owned();
    id.pop();
    id
}
