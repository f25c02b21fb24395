//! Major incidents and their children in the database.

use handover::{Change, Notice, Recipient, Refused};
use plan::Template;
use proto::errors::Reason;
use serde_json::Value;
use store::{Store, Version};
use texts::Text;
use ticket::{Language, Line, MajorIncidentId, OrganizationId, TicketId};

use super::incident::{Answer, Child, Incident, Stage};

/// The kind of the documents.
pub(crate) const KIND: &str = "major-incident";
/// The kind of the timers that do to all children what is to be done; the id of one is its incident.
pub(crate) const TIMER: &str = "major-incident";
/// The key by stage.
pub(crate) const BY_STAGE: &str = "stage";
/// Its value for candidates and open ones.
pub(crate) const LIVE: &str = "live";
/// Its value for those of which the watch is to hear that they are none, or over.
pub(crate) const UNHEARD: &str = "unheard";

/// The kind of the documents of children, and their key by incident.
pub(crate) const CHILD: &str = "major-incident-child";
pub(crate) const BY_INCIDENT: &str = "incident";

/// The kind of the documents of tickets that wait; they have the keys of children.
const ASIDE: &str = "major-incident-waiting";

/// So many tickets that wait stand in the incident, which is written whole whenever one comes or goes; the rest stand aside.
const AT_HAND: usize = 20;

/// What is wrong with a major incident.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IncidentRefused {
    #[error("there is no major incident {0}")]
    NotFound(MajorIncidentId),
    #[error("major incident {id} is {}: cannot {action} it", .stage.name())]
    WrongState { id: MajorIncidentId, action: &'static str, stage: Stage },
    #[error("{ticket} is a child of {incident}; detach it there first")]
    ChildOfAnother { ticket: TicketId, incident: MajorIncidentId },
}

impl rpc::Problem for IncidentRefused {
    fn reason(&self) -> Reason {
        match self {
            Self::NotFound(_) => Reason::MajorIncidentNotFound,
            Self::WrongState { .. } => Reason::MajorIncidentWrongState,
            Self::ChildOfAnother { .. } => Reason::ChildOfAnother,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotFound(id) => vec![("incident", id.to_string())],
            Self::WrongState { id, action, stage } => {
                vec![("incident", id.to_string()), ("action", (*action).to_owned()), ("stage", stage.name().to_owned())]
            }
            Self::ChildOfAnother { ticket, incident } => {
                vec![("ticket", ticket.to_string()), ("incident", incident.to_string())]
            }
        }
    }
}

impl From<IncidentRefused> for Refused {
    fn from(problem: IncidentRefused) -> Self {
        Self::Own(Box::new(problem))
    }
}

/// A major incident, to be read.
pub(crate) async fn find(
    store: &Store,
    organization: &OrganizationId,
    id: MajorIncidentId,
) -> Result<Incident, Refused> {
    let found = store.document(organization, KIND, &id.to_string()).await?;
    found.map(|(incident, _)| incident).ok_or_else(|| IncidentRefused::NotFound(id).into())
}

/// A major incident, to be changed. It is locked before its tickets are, everywhere.
pub(crate) async fn load(change: &Change<'_>, id: MajorIncidentId) -> Result<(Incident, Version), Refused> {
    let found = change.work.document(change.organization(), KIND, &id.to_string()).await?;
    found.ok_or_else(|| IncidentRefused::NotFound(id).into())
}

/// The same, where it must be at `stage` for an `action`.
pub(crate) async fn load_at(
    change: &Change<'_>,
    id: MajorIncidentId,
    stage: Stage,
    action: &'static str,
) -> Result<(Incident, Version), Refused> {
    let (incident, read) = load(change, id).await?;
    if incident.stage != stage {
        return Err(IncidentRefused::WrongState { id, action, stage: incident.stage }.into());
    }
    Ok((incident, read))
}

/// Writes a major incident with its keys; tickets beyond [`AT_HAND`] stand aside from then on.
pub(crate) async fn save(change: &Change<'_>, incident: &mut Incident, read: Option<Version>) -> Result<(), Refused> {
    set_aside(change, incident).await?;
    let (organization, id) = (change.organization(), incident.id.to_string());
    change.work.put_document(organization, KIND, &id, incident, read).await?;
    let mut keys = vec![(BY_STAGE, incident.stage.name().to_owned())];
    if incident.stage.is_live() {
        keys.push((BY_STAGE, LIVE.to_owned()));
    }
    if incident.is_unheard {
        keys.push((BY_STAGE, UNHEARD.to_owned()));
    }
    Ok(change.work.put_keys(organization, KIND, &id, &keys).await?)
}

/// Lets the timer begin anew with what is to be done to all children.
pub(crate) async fn cascade(change: &Change<'_>, id: MajorIncidentId) -> Result<(), Refused> {
    change.set_timer(TIMER, id.to_string(), None, change.now, Value::Null).await
}

/// The id of the document of a child.
pub(crate) fn child_key(incident: MajorIncidentId, ticket: TicketId) -> String {
    format!("{incident}.{ticket}")
}

async fn set_aside(change: &Change<'_>, incident: &mut Incident) -> Result<(), Refused> {
    let organization = change.organization();
    for ticket in incident.waiting.split_off(incident.waiting.len().min(AT_HAND)) {
        let id = child_key(incident.id, ticket);
        if change.work.document::<TicketId>(organization, ASIDE, &id).await?.is_some() {
            continue;
        }
        change.work.put_document(organization, ASIDE, &id, &ticket, None).await?;
        change.work.put_keys(organization, ASIDE, &id, &[(BY_INCIDENT, incident.id.to_string())]).await?;
        incident.aside = incident.aside.saturating_add(1);
    }
    Ok(())
}

/// The next of those that stand aside, in the order of their registration; they stand there no more.
pub(crate) async fn next_aside(change: &Change<'_>, incident: &mut Incident) -> Result<Vec<TicketId>, Refused> {
    let (organization, id, many) = (change.organization(), incident.id.to_string(), AT_HAND as u32);
    let found = change.work.documents_by::<TicketId>(organization, ASIDE, BY_INCIDENT, &id, None, many).await?;
    for (id, ..) in &found {
        change.work.delete_document(organization, ASIDE, id).await?;
    }
    let left = incident.aside.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
    incident.aside = if found.is_empty() { 0 } else { left };
    Ok(found.into_iter().map(|(_, ticket, _)| ticket).collect())
}

/// Whether a ticket stood aside; it does no more.
pub(crate) async fn take_from_aside(
    change: &Change<'_>,
    incident: &mut Incident,
    ticket: TicketId,
) -> Result<bool, Refused> {
    let id = child_key(incident.id, ticket);
    let stood = incident.aside > 0 && change.work.delete_document(change.organization(), ASIDE, &id).await?;
    incident.aside -= u32::from(stood);
    Ok(stood)
}

/// A child of it, to be changed.
pub(crate) async fn child(
    change: &Change<'_>,
    incident: MajorIncidentId,
    ticket: TicketId,
) -> Result<Option<(Child, Version)>, Refused> {
    Ok(change.work.document(change.organization(), CHILD, &child_key(incident, ticket)).await?)
}

/// Writes a child.
pub(crate) async fn save_child(
    change: &Change<'_>,
    incident: MajorIncidentId,
    child: &Child,
    read: Option<Version>,
) -> Result<(), Refused> {
    let id = child_key(incident, child.ticket);
    change.work.put_document(change.organization(), CHILD, &id, child, read).await?;
    if read.is_none() {
        let keys = [(BY_INCIDENT, incident.to_string())];
        change.work.put_keys(change.organization(), CHILD, &id, &keys).await?;
    }
    Ok(())
}

/// It is one, by the word of `by`: its tickets become children, their clients get the plan's answer, the groups of line 1
/// are told.
pub(crate) async fn open(change: &Change<'_>, incident: &mut Incident, by: String) -> Result<(), Refused> {
    incident.open(by, change.now);
    let answer = change.plan.mass().and_then(|rules| change.plan.template(rules.answer.as_deref()?));
    if let Some(Template { text, .. }) = answer {
        let (ru, en) = (text.ru.clone(), text.en.clone());
        incident.answers.push(Answer { by: "plan".to_owned(), at: change.now, ru, en, is_template: true });
    }
    cascade(change, incident.id).await?;
    let clients = incident.clients.max(incident.waits()).to_string();
    tell_groups(change, Text::NoticeIncidentOpen, &[("incident", &incident.title), ("clients", &clients)]).await
}

/// One notice to each group of line 1. Groups of other lines are told there, once a child is theirs.
pub(crate) async fn tell_groups(change: &Change<'_>, text: Text, fields: &[(&str, &str)]) -> Result<(), Refused> {
    for group in change.plan.groups().filter(|group| group.line == Line::ServiceDesk) {
        tell(change, Recipient::Group(group.id.clone()), text, fields).await?;
    }
    Ok(())
}

/// One notice, about no single ticket.
pub(crate) async fn tell(
    change: &Change<'_>,
    to: Recipient,
    text: Text,
    fields: &[(&str, &str)],
) -> Result<(), Refused> {
    let (ru, en) = (text.with(Language::Russian, fields), text.with(Language::English, fields));
    change.notify(Notice { to, topic: "major-incident", ticket: None, ru, en }).await
}
