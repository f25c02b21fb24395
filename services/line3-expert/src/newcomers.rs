//! Lines below that the plan did not have before: each is told all that is published, a page at a time.

use std::collections::BTreeSet;

use handover::{Change, Desk, Refused};
use known::{BELOW, ItemNews, tell_item_to};
use problems::Problem;
use runbooks::Runbook;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Store, StoreError, Timer, Version};
use ticket::{Actor, Line, OrganizationId};

use crate::{linked, shelved};

/// The kind of the timers, and of the document that says which lines the plan had; the id of a timer is its line.
pub(crate) const KIND: &str = "newcomers";
/// The id of the document.
const ALL: &str = "all";

/// So many items are told in one transaction.
const TOLD_AT_ONCE: u32 = 20;

/// How far a line has been told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// When it was seen first, in microseconds since 1970: told again after it was gone, it is told by other letters.
    since: i64,
    shelf: Shelf,
    /// The last id that was told.
    after: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shelf {
    Runbooks,
    Problems,
}

/// Looks whether the plan has lines below that it did not have before.
pub(crate) async fn look(desk: &Desk, organization: &OrganizationId) -> Result<(), Refused> {
    let plan = desk.plan(organization)?;
    let now: BTreeSet<Line> = BELOW.into_iter().filter(|line| plan.topology().has(*line)).collect();
    if known(desk.store(), organization).await? == Some(now) {
        return Ok(());
    }
    let line = Actor::Line { line: desk.line() };
    match desk.work(organization, line, |change| Box::pin(greet(change))).await {
        // Another replica has seen it at the same time.
        Err(Refused::Store(StoreError::AlreadyExists { .. } | StoreError::Conflict { .. })) => Ok(()),
        done => done,
    }
}

async fn known(store: &Store, organization: &OrganizationId) -> Result<Option<BTreeSet<Line>>, Refused> {
    let found: Option<(BTreeSet<Line>, Version)> = store.document(organization, KIND, ALL).await?;
    Ok(found.map(|(lines, _)| lines))
}

async fn greet(change: &Change<'_>) -> Result<(), Refused> {
    let found = change.work.document::<BTreeSet<Line>>(change.organization(), KIND, ALL).await?;
    let (before, read) = found.map_or((BTreeSet::new(), None), |(lines, read)| (lines, Some(read)));
    let now: BTreeSet<Line> = BELOW.into_iter().filter(|line| change.plan.topology().has(*line)).collect();
    for line in now.difference(&before) {
        let place = Place { since: change.now.as_microsecond(), shelf: Shelf::Runbooks, after: None };
        ring(change, *line, &place).await?;
    }
    change.work.put_document(change.organization(), KIND, ALL, &now, read).await?;
    Ok(())
}

async fn ring(change: &Change<'_>, line: Line, place: &Place) -> Result<(), Refused> {
    let payload = serde_json::to_value(place).unwrap_or(Value::Null);
    change.set_timer(KIND, line.name().to_owned(), None, change.now, payload).await
}

/// Tells a line the next page.
pub(crate) async fn rang(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let line = timer.id.parse::<Line>().ok().filter(|line| change.plan.topology().has(*line));
    // Gone again before it was told all: it is a newcomer when it comes back.
    let Some(line) = line else { return Ok(()) };
    let place = serde_json::from_value::<Place>(timer.payload.clone());
    let place = place.map_err(|error| StoreError::Corrupt { what: "a timer".to_owned(), why: error.to_string() })?;
    let (organization, after) = (change.organization(), place.after.as_deref());
    let language = change.plan.profile().language;
    let page: Vec<(String, Option<ItemNews>)> = match place.shelf {
        Shelf::Runbooks => {
            let (kind, key, value) = (shelved::KIND, shelved::BY_STATE, shelved::IN_USE);
            let found =
                change.work.documents_by::<Runbook>(organization, kind, key, value, after, TOLD_AT_ONCE).await?;
            found.into_iter().map(|(id, runbook, _)| (id, shelved::news_of_runbook(&runbook))).collect()
        }
        Shelf::Problems => {
            let (kind, key, value) = (linked::KIND, linked::BY_STAGE, linked::OPEN);
            let found =
                change.work.documents_by::<Problem>(organization, kind, key, value, after, TOLD_AT_ONCE).await?;
            found.into_iter().map(|(id, problem, _)| (id, shelved::news_of_problem(&problem, language))).collect()
        }
    };
    for news in page.iter().filter_map(|(_, news)| news.as_ref()) {
        tell_item_to(change, line, news, &format!("{}-{}", news.number, place.since)).await?;
    }
    let is_last = page.len() < TOLD_AT_ONCE as usize;
    match (page.into_iter().last().filter(|_| !is_last), place.shelf) {
        (Some((last, _)), shelf) => ring(change, line, &Place { shelf, after: Some(last), ..place }).await,
        (None, Shelf::Runbooks) => ring(change, line, &Place { shelf: Shelf::Problems, after: None, ..place }).await,
        (None, Shelf::Problems) => Ok(()),
    }
}
