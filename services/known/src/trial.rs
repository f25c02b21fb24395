//! Runbooks that people of this line are to try.

use handover::{Change, Notice, Recipient, Refused};
use jiff::Timestamp;
use proto::handover as wire;
use runbooks::Guide;
use serde::{Deserialize, Serialize};
use store::Version;
use texts::Text;
use ticket::{Language, RunbookId, RunbookTestId};

use crate::item::NotFound;
use crate::tell::tell_outcome;
use crate::wire::{to_outcome, to_test};

/// The kind of the documents.
pub(crate) const KIND: &str = "runbook-test";

/// The name of their key while they wait for their tester, whose name is its value.
pub(crate) const TESTER: &str = "tester";

/// A runbook that somebody is to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its id.
    pub id: RunbookTestId,
    /// Which runbook.
    pub runbook: RunbookId,
    /// Which edition.
    pub edition: u32,
    /// What it says.
    pub guide: Guide,
    /// Who is to try it, by the subject of their token.
    pub tester: String,
    /// Who asked for it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A test as the tester's line keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) trial: Trial,
    /// Whether the tester is waited for.
    pub(crate) is_open: bool,
}

/// Keeps a test for its tester, or notes that nobody waits for it any more; the tester is told either.
pub(crate) async fn keep(change: &Change<'_>, trial: &Trial, called_off: bool) -> Result<(), Refused> {
    let (organization, id) = (change.organization(), trial.id.to_string());
    let found: Option<(Kept, Version)> = change.work.document(organization, KIND, &id).await?;
    if found.is_some() && !called_off {
        // It was called off, or answered, before this came.
        return Ok(());
    }
    let was_open = found.as_ref().is_some_and(|(kept, _)| kept.is_open);
    let kept = Kept { trial: trial.clone(), is_open: !called_off };
    change.work.put_document(organization, KIND, &id, &kept, found.map(|(_, read)| read)).await?;
    let keys = if called_off { Vec::new() } else { vec![(TESTER, trial.tester.clone())] };
    change.work.put_keys(organization, KIND, &id, &keys).await?;
    let (topic, text) = match called_off {
        false => ("runbook-test", Text::NoticeRunbookTest),
        true if was_open => ("runbook-called-off", Text::NoticeRunbookCalledOff),
        true => return Ok(()),
    };
    let fields = [("title", trial.guide.title.as_str()), ("by", trial.by.as_str())];
    let words = |language| text.with(language, &fields);
    let (ru, en) = (words(Language::Russian), words(Language::English));
    change.notify(Notice { to: Recipient::Person(trial.tester.clone()), topic, ticket: None, ru, en }).await
}

/// Records what came of a test, by its tester; line 3 is told.
pub(crate) async fn record(
    change: &Change<'_>,
    id: RunbookTestId,
    by: &str,
    passed: bool,
    remarks: String,
) -> Result<wire::RecordRunbookTestResponse, Refused> {
    let organization = change.organization();
    let found: Option<(Kept, Version)> = change.work.document(organization, KIND, &id.to_string()).await?;
    let found = found.filter(|(kept, _)| kept.is_open && kept.trial.tester == by);
    let (Kept { trial, .. }, read) = found.ok_or(NotFound::Test(id))?;
    let kept = Kept { trial: trial.clone(), is_open: false };
    change.work.put_document(organization, KIND, &id.to_string(), &kept, Some(read)).await?;
    change.work.put_keys(organization, KIND, &id.to_string(), &[]).await?;
    tell_outcome(change, &trial, passed, remarks).await?;
    Ok(wire::RecordRunbookTestResponse { test: Some(to_test(trial)), outcome: to_outcome(passed) })
}
