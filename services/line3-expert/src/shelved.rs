//! Runbooks in the database, and what follows from their changes: the lines below and testers are told, owners reminded.

use handover::{Change, Notice, Recipient, Refused};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use known::{Item, ItemId, ItemNews, Outcome, Trial, tell_item, tell_test};
use problems::Problem;
use proto::errors::Reason;
use runbooks::{Edition, Guide, GuideStep, Runbook, State, Test, Verdict};
use store::{Store, StoreError, Timer, Version};
use texts::Text;
use ticket::{Language, OrganizationId, RunbookId, RunbookTestId};

/// The kind of the documents.
pub(crate) const KIND: &str = "runbook";
/// The key by state.
pub(crate) const BY_STATE: &str = "state";
/// Its value for all that are not retired.
pub(crate) const IN_USE: &str = "in-use";

/// The kind of the documents with what each edition says.
const EDITION: &str = "runbook-edition";

/// The kind of the timers that remind owners; the id of one is its runbook.
pub(crate) const REVIEW: &str = "runbook-review";

/// How long after a reminder the owner is reminded again.
const REMIND_AGAIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is wrong with a runbook.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunbookRefused {
    #[error("there is no runbook {0}")]
    NotFound(RunbookId),
    #[error("runbook {runbook} has no edition {edition}")]
    NoEdition { runbook: RunbookId, edition: u32 },
    #[error("runbook {id}: {why}")]
    WrongState { id: RunbookId, why: String },
    #[error("runbook {id} was changed since you saw it: it is at version {present}, you saw {expected}")]
    Changed { id: RunbookId, expected: u64, present: u64 },
    #[error("no test {0} of a runbook is open")]
    NoTest(RunbookTestId),
}

impl rpc::Problem for RunbookRefused {
    fn reason(&self) -> Reason {
        match self {
            Self::NotFound(_) | Self::NoEdition { .. } => Reason::RunbookNotFound,
            Self::WrongState { .. } => Reason::RunbookWrongState,
            Self::Changed { .. } => Reason::RunbookChanged,
            Self::NoTest(_) => Reason::RunbookTestNotFound,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotFound(id) | Self::NoEdition { runbook: id, .. } => vec![("runbook", id.to_string())],
            Self::WrongState { id, why } => vec![("runbook", id.to_string()), ("why", why.clone())],
            Self::Changed { id, expected, present } => {
                vec![("runbook", id.to_string()), ("expected", expected.to_string()), ("present", present.to_string())]
            }
            Self::NoTest(test) => vec![("test", test.to_string())],
        }
    }
}

impl From<RunbookRefused> for Refused {
    fn from(problem: RunbookRefused) -> Self {
        Self::Own(Box::new(problem))
    }
}

/// A runbook, to be read.
pub(crate) async fn find(
    store: &Store,
    organization: &OrganizationId,
    id: RunbookId,
) -> Result<(Runbook, Version), Refused> {
    let found = store.document(organization, KIND, &id.to_string()).await?;
    found.ok_or_else(|| RunbookRefused::NotFound(id).into())
}

/// One of its editions.
pub(crate) async fn edition(
    store: &Store,
    organization: &OrganizationId,
    runbook: RunbookId,
    edition: u32,
) -> Result<Edition, Refused> {
    let found = store.document(organization, EDITION, &edition_key(runbook, edition)).await?;
    let missing = || RunbookRefused::NoEdition { runbook, edition };
    found.map(|(edition, _)| edition).ok_or_else(|| missing().into())
}

/// A runbook, to be changed by somebody who saw it at the version `expected`; 0 when it does not matter.
pub(crate) async fn load(change: &Change<'_>, id: RunbookId, expected: u64) -> Result<(Runbook, Version), Refused> {
    let found = change.work.document(change.organization(), KIND, &id.to_string()).await?;
    let (runbook, version): (Runbook, Version) = found.ok_or(RunbookRefused::NotFound(id))?;
    let present = version.number();
    if expected > 0 && expected != present {
        return Err(RunbookRefused::Changed { id, expected, present }.into());
    }
    Ok((runbook, version))
}

/// Writes a runbook over what was `seen`, with its keys, and does what follows from what is new about it.
pub(crate) async fn save(
    change: &Change<'_>,
    runbook: &Runbook,
    seen: Option<(&Runbook, Version)>,
) -> Result<Version, Refused> {
    let (organization, id) = (change.organization(), runbook.id.to_string());
    let (before, read) = (seen.map(|(before, _)| before), seen.map(|(_, read)| read));
    let version = change.work.put_document(organization, KIND, &id, runbook, read).await?;
    let mut keys = vec![(BY_STATE, runbook.state().name().to_owned())];
    if runbook.state() != State::Retired {
        keys.push((BY_STATE, IN_USE.to_owned()));
    }
    change.work.put_keys(organization, KIND, &id, &keys).await?;
    if let Some(newest) = runbook.newest().filter(|newest| before.and_then(Runbook::newest) != Some(newest)) {
        let key = edition_key(runbook.id, newest.number);
        change.work.put_document(organization, EDITION, &key, newest, None).await?;
    }
    tell_testers(change, runbook, before).await?;
    let told = before.map_or(0, |before| before.told);
    if let Some(news) = news_of_runbook(runbook).filter(|_| runbook.told > told) {
        tell_item(change, &news).await?;
    }
    let is_due_otherwise = runbook.told > told || before.is_some_and(|before| before.review_on != runbook.review_on);
    if runbook.in_use().is_some() && is_due_otherwise {
        let due = midnight(change, runbook.review_on).unwrap_or(Timestamp::MAX);
        change.set_timer(REVIEW, id, None, due, serde_json::Value::Null).await?;
    }
    Ok(version)
}

/// Whoever is asked now gets the runbook; whoever is asked no more is told so.
async fn tell_testers(change: &Change<'_>, runbook: &Runbook, before: Option<&Runbook>) -> Result<(), Refused> {
    let known = before.map_or(&[][..], |before| &before.tests);
    for (place, test) in runbook.tests.iter().enumerate() {
        let was_waiting = known.get(place).is_some_and(|known| known.verdict == Verdict::Waiting);
        let called_off = match test.verdict {
            Verdict::Waiting if place >= known.len() => false,
            Verdict::CalledOff { .. } if was_waiting => true,
            Verdict::Waiting | Verdict::CalledOff { .. } | Verdict::Passed { .. } | Verdict::Failed { .. } => continue,
        };
        let key = edition_key(runbook.id, test.edition);
        let found = change.work.document::<Edition>(change.organization(), EDITION, &key).await?;
        let (Edition { guide, .. }, _) = found.ok_or_else(|| corrupt(runbook.id, test.edition))?;
        let Test { id, edition, line, tester, by, at, verdict: _ } = test.clone();
        let trial = Trial { id, runbook: runbook.id, edition, guide, tester, by, at };
        tell_test(change, line, trial, called_off).await?;
    }
    Ok(())
}

fn corrupt(id: RunbookId, edition: u32) -> Refused {
    let why = format!("its edition {edition} is gone");
    Refused::Store(StoreError::Corrupt { what: format!("runbook {id}"), why })
}

fn edition_key(runbook: RunbookId, edition: u32) -> String {
    format!("{runbook}.{edition}")
}

/// Records what a tester said; the owner is told.
pub(crate) async fn record(change: &Change<'_>, outcome: Outcome) -> Result<(), Refused> {
    let Outcome { line, runbook: id, test, passed, remarks, at } = outcome;
    let found = change.work.document(change.organization(), KIND, &id.to_string()).await?;
    let (mut runbook, read): (Runbook, Version) = found.ok_or(RunbookRefused::NoTest(test))?;
    let before = runbook.clone();
    let recorded = runbook.record(test, line, passed, remarks.clone(), at);
    let tester = recorded.map_err(|_| RunbookRefused::NoTest(test))?.tester.clone();
    save(change, &runbook, Some((&before, read))).await?;
    let text = if passed { Text::NoticeRunbookPassed } else { Text::NoticeRunbookFailed };
    tell_owner(change, &runbook, "runbook-tested", text, &[("tester", &tester), ("remarks", &remarks)]).await
}

/// A runbook has to be looked at: its owner is told, and again until somebody has.
pub(crate) async fn rang(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let found = change.work.document(change.organization(), KIND, &timer.id).await?;
    let Some((runbook, _)): Option<(Runbook, Version)> = found else { return Ok(()) };
    if runbook.in_use().is_none() || runbook.review_on > today(change) {
        return Ok(());
    }
    let date = runbook.review_on.to_string();
    tell_owner(change, &runbook, "runbook-review", Text::NoticeRunbookReview, &[("date", &date)]).await?;
    let due = change.now.saturating_add(REMIND_AGAIN).unwrap_or(Timestamp::MAX);
    change.set_timer(REVIEW, timer.id.clone(), None, due, serde_json::Value::Null).await
}

/// Tells whoever answers for a runbook; supervisors, once that person has left.
async fn tell_owner(
    change: &Change<'_>,
    runbook: &Runbook,
    topic: &'static str,
    text: Text,
    fields: &[(&str, &str)],
) -> Result<(), Refused> {
    let title = runbook.newest().map_or("", |newest| newest.guide.title.as_str());
    let fields: Vec<_> = std::iter::once(("title", title)).chain(fields.iter().copied()).collect();
    let is_here = change.plan.may_have(change.line, &runbook.owner);
    let to = if is_here { Recipient::Person(runbook.owner.clone()) } else { Recipient::Supervisors };
    let words = |language| text.with(language, &fields);
    let (ru, en) = (words(Language::Russian), words(Language::English));
    change.notify(Notice { to, topic, ticket: None, ru, en }).await
}

/// What the lines below are told of a runbook; none while it was never published.
pub(crate) fn news_of_runbook(runbook: &Runbook) -> Option<ItemNews> {
    let published = runbook.published.as_ref()?;
    let (guide, edition) = (published.edition.guide.clone(), published.edition.number);
    let item = Item { id: ItemId::Runbook(runbook.id), guide, edition, at: published.at };
    Some(ItemNews { item, withdrawn: runbook.in_use().is_none(), number: runbook.told })
}

/// What the lines below are told of a problem: what helps against it, or that it is over. None where nothing helps yet.
pub(crate) fn news_of_problem(problem: &Problem, language: Language) -> Option<ItemNews> {
    if problem.workaround.is_empty() {
        return None;
    }
    let step = GuideStep { action: problem.workaround.clone(), expected: String::new() };
    let guide = Guide {
        language,
        title: problem.title.clone(),
        applies: problem.description.clone(),
        steps: vec![step],
        products: Some(problem.product.clone()).filter(|product| !product.is_empty()).into_iter().collect(),
        categories: Vec::new(),
    };
    let item = Item { id: ItemId::Problem(problem.id), guide, edition: 0, at: problem.changed_at };
    Some(ItemNews { item, withdrawn: problem.stage().is_over(), number: problem.told })
}

/// The day on the organization's calendar.
pub(crate) fn today(change: &Change<'_>) -> Date {
    change.plan.profile().time_zone.to_datetime(change.now).date()
}

/// When a day begins there.
fn midnight(change: &Change<'_>, day: Date) -> Option<Timestamp> {
    change.plan.profile().time_zone.to_ambiguous_zoned(day.into()).compatible().ok().map(|at| at.timestamp())
}
