//! What line 0 learns from requests of which is known what solved them: which article answers what, and how sure that is.
//!
//! A request teaches when the client chose the article among several, rated its answer well, or was helped by a person who
//! named the article. From time to time one replica learns from all of them, apart from requests; every replica takes it in
//! with the next question, as it does a changed article.

use futures::future::BoxFuture;
use handover::{Change, Desk, Refused};
use jiff::{SignedDuration, Timestamp};
use knowledge::{Article, Confidence, SOLVED_MAX, Search, Solved};
use plan::Plan;
use serde::{Deserialize, Serialize};
use store::{Store, StoreError, Version};
use ticket::{Actor, OrganizationId, Ticket};
use tracing::warn;

use crate::asked::without_client;
use crate::kept::{self, Revision};
use crate::own::Talk;
use crate::shelf::blocking;

/// The kind of the documents with what solved requests; the id of one is its ticket.
const CASE: &str = "solved-question";
/// Their key by when that became known, the newest first.
const NEWEST: &str = "newest";

/// The kind of the document that says when to learn next, and of the one with what was learned.
const TURN: &str = "learning";
const LEARNED: &str = "learned";
/// The id of either.
const ONE: &str = "one";

/// So long a replica that learns is believed to be at it.
const LEASE: SignedDuration = SignedDuration::from_mins(30);

/// How many cases are read at once.
const PAGE: u32 = 200;

/// A rating from which on an answer has helped, and one up to which it has not, of 5.
const HELPED: u8 = 4;
const NOT_HELPED: u8 = 2;

/// Of the answers that nobody said anything about, those teach whose ticket ends so, one of sixteen: enough, and not a document for
/// each.
const SAMPLED: char = '0';

/// A case is forgotten after so long.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// So many are forgotten with each turn.
const FORGOTTEN_AT_ONCE: u32 = 200;

/// Behind every key of [`NEWEST`].
const LAST: &str = ":";

/// What solved a request, as long as nobody comes back before `stands_from`.
#[derive(Debug, Serialize, Deserialize)]
struct Case {
    solved: Solved,
    stands_from: Timestamp,
}

/// When to learn next.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Turn {
    due: Timestamp,
}

/// What was learned, and from what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Learned {
    /// Which article answers, and how sure that is; none where the cases were too few.
    pub(crate) confidence: Option<Confidence>,
    /// When.
    pub(crate) at: Timestamp,
    /// From how many requests.
    pub(crate) cases: usize,
    /// The version of the plan that set the precision wanted.
    pub(crate) plan: String,
}

/// What a rating says about an answer; none when it leaves that open.
pub(crate) fn has_helped(score: u8) -> Option<bool> {
    match score {
        HELPED.. => Some(true),
        ..=NOT_HELPED => Some(false),
        _ => None,
    }
}

/// Notes that an article was told as the answer. One that the client chose among several solved the request; of the others,
/// a sample teaches, unless the client comes back.
pub(crate) async fn told(
    change: &Change<'_>,
    ticket: &Ticket,
    talk: &Talk,
    article: &str,
    was_chosen: bool,
) -> Result<(), Refused> {
    let is_sampled = ticket.facts.id.to_string().ends_with(SAMPLED);
    let stands_from = match was_chosen {
        true => change.now,
        false if is_sampled => change.now.saturating_add(change.plan.reopen_window()).unwrap_or(Timestamp::MAX),
        false => return Ok(()),
    };
    keep(change, ticket, talk, article, stands_from).await
}

/// Notes that the article solved the request.
pub(crate) async fn solved(change: &Change<'_>, ticket: &Ticket, talk: &Talk, article: &str) -> Result<(), Refused> {
    keep(change, ticket, talk, article, change.now).await
}

/// Notes that the answer did not help after all.
pub(crate) async fn not_solved(change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
    change.work.delete_document(change.organization(), CASE, &ticket.facts.id.to_string()).await?;
    Ok(())
}

async fn keep(
    change: &Change<'_>,
    ticket: &Ticket,
    talk: &Talk,
    article: &str,
    stands_from: Timestamp,
) -> Result<(), Refused> {
    let (work, organization, id) = (change.work, change.organization(), ticket.facts.id.to_string());
    let (question, _) = without_client(ticket, talk, "");
    if question.is_empty() {
        return Ok(());
    }
    let case = Case { solved: Solved { question, article_id: article.to_owned() }, stands_from };
    let read = work.document::<Case>(organization, CASE, &id).await?.map(|(_, read)| read);
    work.put_document(organization, CASE, &id, &case, read).await?;
    work.put_keys(organization, CASE, &id, &[(NEWEST, newest(change.now))]).await?;
    if work.document::<Turn>(organization, TURN, ONE).await?.is_some() {
        return Ok(());
    }
    match work.put_document(organization, TURN, ONE, &Turn { due: next(change) }, None).await {
        // Another change was first.
        Err(StoreError::AlreadyExists { .. }) => Ok(()),
        done => Ok(done.map(|_| ())?),
    }
}

/// When to learn after now.
fn next(change: &Change<'_>) -> Timestamp {
    change.now.saturating_add(change.plan.knowledge().learn_every).unwrap_or(Timestamp::MAX)
}

/// Learns when that is due and no other replica is at it. What fails is tried again once the lease is over, and keeps nobody from
/// reading on in the log.
pub(crate) async fn learn_when_due(desk: &Desk, plan: &Plan) {
    if let Err(problem) = learn(desk, plan).await {
        let organization = plan.organization();
        warn!(%organization, error = &problem as &dyn std::error::Error, "nothing is learned, will try again");
    }
}

async fn learn(desk: &Desk, plan: &Plan) -> Result<(), Refused> {
    let (store, organization, now) = (desk.store(), plan.organization(), desk.clock().now());
    let turn = store.document::<Turn>(organization, TURN, ONE).await?;
    if turn.is_none_or(|(turn, _)| turn.due > now) {
        return Ok(());
    }
    let by = || Actor::Line { line: desk.line() };
    if !desk.work(organization, by(), |change| Box::pin(take(change))).await? {
        return Ok(());
    }
    let solved = cases(store, organization, now).await?;
    let articles: Vec<Article> =
        kept::all(store, organization).await?.iter().filter_map(|kept| kept.answers(now)).cloned().collect();
    let (cases, target) = (solved.len(), share(plan.knowledge().precision));
    let confidence = blocking(move || Search::build(articles)?.learn(&solved, target)).await?;
    let learned = Learned { confidence, at: now, cases, plan: plan.version().to_string() };
    desk.work(organization, by(), move |change| Box::pin(async move { save(change, &learned).await })).await
}

/// Takes the turn; whether it was still to be had.
fn take<'c>(change: &'c Change<'_>) -> BoxFuture<'c, Result<bool, Refused>> {
    Box::pin(async move {
        let (work, organization) = (change.work, change.organization());
        let Some((turn, read)) = work.document::<Turn>(organization, TURN, ONE).await? else { return Ok(false) };
        if turn.due > change.now {
            return Ok(false);
        }
        let due = change.now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        work.put_document(organization, TURN, ONE, &Turn { due }, Some(read)).await?;
        Ok(true)
    })
}

async fn save(change: &Change<'_>, learned: &Learned) -> Result<(), Refused> {
    let (work, organization) = (change.work, change.organization());
    // So that every replica looks.
    Revision::begin(change).await?;
    let read = work.document::<Learned>(organization, LEARNED, ONE).await?.map(|(_, read)| read);
    work.put_document(organization, LEARNED, ONE, learned, read).await?;
    let read = work.document::<Turn>(organization, TURN, ONE).await?.map(|(_, read)| read);
    work.put_document(organization, TURN, ONE, &Turn { due: next(change) }, read).await?;
    forget(change).await
}

/// Forgets what is older than what is learned from, some of it at a time.
async fn forget(change: &Change<'_>) -> Result<(), Refused> {
    let (work, organization) = (change.work, change.organization());
    let before = change.now.saturating_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
    let range = (&*newest(before), LAST);
    let old = work.documents_between::<Case>(organization, CASE, NEWEST, range, None, FORGOTTEN_AT_ONCE).await?;
    for (_, id, ..) in old {
        work.delete_document(organization, CASE, &id).await?;
    }
    Ok(())
}

/// What was learned last, if anything was.
pub(crate) async fn latest(
    store: &Store,
    organization: &OrganizationId,
) -> Result<Option<(Learned, Version)>, StoreError> {
    store.document(organization, LEARNED, ONE).await
}

/// The requests of which is known at `now` what solved them, the newest first.
pub(crate) async fn cases(
    store: &Store,
    organization: &OrganizationId,
    now: Timestamp,
) -> Result<Vec<Solved>, StoreError> {
    let (mut all, mut after) = (Vec::new(), None::<(String, String)>);
    while all.len() < SOLVED_MAX {
        let behind = after.as_ref().map(|(value, id)| (value.as_str(), id.as_str()));
        let page = store.documents_between::<Case>(organization, CASE, NEWEST, ("", LAST), behind, PAGE).await?;
        let Some((value, id, ..)) = page.last() else { break };
        after = Some((value.clone(), id.clone()));
        all.extend(
            page.into_iter().map(|(_, _, case, _)| case).filter(|case| case.stands_from <= now).map(|case| case.solved),
        );
    }
    Ok(all)
}

/// An instant as a key that sorts the newest first.
fn newest(at: Timestamp) -> String {
    format!("{:012}", i64::from(u32::MAX) - at.as_second().clamp(0, i64::from(u32::MAX)))
}

#[expect(clippy::cast_possible_truncation, reason = "a share between 0 and 1")]
fn share(of: f64) -> f32 {
    of as f32
}
