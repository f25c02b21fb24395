//! What was told to be otherwise than usual.

use handover::{Change, Desk, Notice, Recipient, Refused};
use jiff::Timestamp;
use proto::errors::Reason;
use serde::{Deserialize, Serialize};
use store::{Keyed, Store, Version};
use ticket::{Line, OrganizationId, TrendAlertId};
use trends::cause::Cause;
use trends::watch;

/// The kind of the documents.
const KIND: &str = "trend-alert";

/// The keys by which they are listed, with when they were told as their value, the latest first.
const ALL: &str = "all";
const OPEN: &str = "open";

/// The topic of the notices.
const TOPIC: &str = "trend-alert";

/// Behind every value of those keys, which are digits.
const END: &str = "~";

/// Something that was otherwise than usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: TrendAlertId,
    /// At which line.
    pub line: Line,
    /// What, and by how much.
    pub change: watch::Change,
    /// What carries it, most first.
    pub causes: Vec<Cause>,
    /// The same in words, in Russian.
    pub ru: String,
    /// In English.
    pub en: String,
    /// The end of the hours in which it showed.
    pub told_at: Timestamp,
    /// When it was as usual again; none while it is not.
    pub over_at: Option<Timestamp>,
    /// Who looks after it, and since when.
    pub acknowledged: Option<(String, Timestamp)>,
    /// What they noted.
    pub note: String,
    /// The version of the plan by which it was judged.
    pub plan: String,
}

/// What is wrong with an alert.
#[derive(Debug, thiserror::Error)]
#[error("there is no alert {0} at this line")]
struct NotFound(TrendAlertId);

impl rpc::Problem for NotFound {
    fn reason(&self) -> Reason {
        Reason::TrendAlertNotFound
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("alert", self.0.to_string())]
    }
}

impl Alert {
    /// Keeps a new one, and tells of it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn raise(&self, change: &Change<'_>) -> Result<(), Refused> {
        self.save(change, None).await?;
        tell(change, &self.ru, &self.en).await
    }

    /// Keeps one as it stands now.
    pub(crate) async fn save(&self, change: &Change<'_>, read: Option<Version>) -> Result<(), Refused> {
        let (organization, id) = (change.organization(), self.id.to_string());
        change.work.put_document(organization, KIND, &id, self, read).await?;
        let place = format!("{:019}", i64::MAX.saturating_sub(self.told_at.as_microsecond().max(0)));
        let mut keys = vec![(ALL, place.clone())];
        if self.over_at.is_none() {
            keys.push((OPEN, place));
        }
        Ok(change.work.put_keys(organization, KIND, &id, &keys).await?)
    }

    /// One to be changed.
    pub(crate) async fn load(change: &Change<'_>, id: TrendAlertId) -> Result<(Self, Version), Refused> {
        let found = change.work.document::<Self>(change.organization(), KIND, &id.to_string()).await?;
        found.ok_or_else(|| Refused::Own(Box::new(NotFound(id))))
    }
}

/// Those behind `after`, the newest first; their keys are their places.
pub(crate) async fn list(
    store: &Store,
    organization: &OrganizationId,
    open_only: bool,
    after: Option<(&str, &str)>,
    size: u32,
) -> Result<Vec<Keyed<Alert>>, Refused> {
    let name = if open_only { OPEN } else { ALL };
    Ok(store.documents_between(organization, KIND, name, ("", END), after, size).await?)
}

/// The latest ones, over or not, the newest first.
pub(crate) async fn latest(store: &Store, organization: &OrganizationId) -> Result<Vec<Alert>, Refused> {
    let found = list(store, organization, false, None, 100).await?;
    Ok(found.into_iter().map(|(_, _, alert, _)| alert).collect())
}

/// Those that are not over.
pub(crate) async fn open(desk: &Desk, organization: &OrganizationId) -> Result<Vec<(Alert, Version)>, Refused> {
    // One for each alarm, and some that the plan has no more.
    let found = list(desk.store(), organization, true, None, 100).await?;
    Ok(found.into_iter().map(|(_, _, alert, read)| (alert, read)).collect())
}

/// Tells the supervisors, and the groups of this line that the plan names.
pub(crate) async fn tell(change: &Change<'_>, ru: &str, en: &str) -> Result<(), Refused> {
    let groups = change.plan.trends().groups.iter().filter_map(|id| change.plan.group(id));
    let groups = groups.filter(|group| group.line == change.line).map(|group| Recipient::Group(group.id.clone()));
    for to in std::iter::once(Recipient::Supervisors).chain(groups.collect::<Vec<_>>()) {
        change.notify(Notice { to, topic: TOPIC, ticket: None, ru: ru.to_owned(), en: en.to_owned() }).await?;
    }
    Ok(())
}
