//! News of a major incident: told by line 1 to the custodian of a child, who raises it and learns what solved the incident.

use jiff::Timestamp;
use proto::handover as hand;
use rpc::identity::Caller;
use texts::Text;
use ticket::event::{ChildStanding, IncidentNews};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{Custody, Language, Line, MajorIncidentId, Raise, RaiseCause, State, Ticket};

use crate::arrangement::{Arranged, ArrangementParcel};
use crate::change::Change;
use crate::desk::Desk;
use crate::messages::{For, Head};
use crate::notice::{Notice, Recipient};
use crate::parcel::Parcel;
use crate::refused::Refused;
use crate::relay::verified_head;
use crate::rules::Told;
use crate::wire::Reader;

/// The kind of documents that say when a recipient heard of a major incident, or of its end.
const TOLD: &str = "major-incident-told";

/// What a major incident does to the priority of a child.
#[must_use]
pub fn raise_of_incident(incident: MajorIncidentId, title: &str, steps: u8) -> Raise {
    let said = |language| {
        let mut words = Text::MassRaised.with(language, &[("incident", title)]);
        words.truncate(words.floor_char_boundary(LINE_BYTES_MAX));
        words
    };
    let (ru, en) = (said(Language::Russian), said(Language::English));
    Raise { cause: RaiseCause::Mass { incident: incident.to_string() }, steps, ru, en }
}

/// Tells the line that holds a ticket what a major incident means for it, within a change of line 1. `step` is what causes it.
///
/// # Errors
/// What the database says.
pub async fn tell_incident(
    change: &Change<'_>,
    ticket: &Ticket,
    to: Line,
    news: IncidentNews,
    step: &str,
) -> Result<(), Refused> {
    let parcel = Parcel::Arrangement(ArrangementParcel::MajorIncident);
    let IncidentNews { incident, title, standing } = news;
    let envelope = change.envelope(ticket, parcel, to, &format!("{incident}:{step}"));
    let mut message = hand::TellMajorIncidentRequest {
        envelope: Some(envelope.clone()),
        incident_id: incident.to_string(),
        title,
        ..hand::TellMajorIncidentRequest::default()
    };
    match standing {
        ChildStanding::Joined { steps } => {
            message.set_standing(hand::ChildStanding::Joined);
            message.steps = steps.into();
        }
        ChildStanding::Left => message.set_standing(hand::ChildStanding::Left),
        ChildStanding::Resolved { done, how_to_verify } => {
            message.set_standing(hand::ChildStanding::Resolved);
            (message.done, message.how_to_verify) = (done, how_to_verify);
        }
    }
    change.send(ticket, to, parcel, &envelope, &message).await
}

/// Hears it, once. Only line 1 knows of major incidents.
pub(crate) async fn hear(
    desk: &Desk,
    caller: &Caller,
    request: hand::TellMajorIncidentRequest,
) -> Result<hand::TellMajorIncidentResponse, Refused> {
    let message = request.clone();
    let mut reader = Reader::default();
    let hand::TellMajorIncidentRequest { envelope, incident_id, title, standing, steps, done, how_to_verify } = request;
    let head = Head::read(&mut reader, envelope);
    let incident = reader.id::<MajorIncidentId>("incident_id", &incident_id);
    let title = reader.text("title", &title, LINE_BYTES_MAX);
    let done = reader.optional("done", &done, TEXT_BYTES_MAX).unwrap_or_default();
    let how_to_verify = reader.optional("how_to_verify", &how_to_verify, TEXT_BYTES_MAX).unwrap_or_default();
    let standing = match hand::ChildStanding::try_from(standing) {
        Ok(hand::ChildStanding::Joined) => u8::try_from(steps).ok().map(|steps| ChildStanding::Joined { steps }),
        Ok(hand::ChildStanding::Left) => Some(ChildStanding::Left),
        Ok(hand::ChildStanding::Resolved) => Some(ChildStanding::Resolved { done, how_to_verify }),
        Ok(hand::ChildStanding::Unspecified) | Err(_) => None,
    };
    if standing.is_none() {
        reader.wrong("standing", "is unset or unknown, or raises by more steps than a priority has");
    }
    let (head, (incident, standing)) = reader.finish(head.zip(incident.zip(standing)))?;
    let head = verified_head(caller, head, "TellMajorIncident")?;
    only_of_owner(head.from)?;
    let told = Told::Arranged(Arranged::MajorIncident { news: IncidentNews { incident, title, standing } });
    let done = hand::TellMajorIncidentResponse { message_id: head.id.to_string() };
    let heard = desk.hear(head, For::Custodian, told, &message, done.clone()).await?;
    Ok(heard.unwrap_or(done))
}

/// Nobody but line 1 knows which tickets have one cause.
fn only_of_owner(from: Line) -> Result<(), Refused> {
    if from == Line::OWNER {
        return Ok(());
    }
    let role = format!("a sender that is not {}", Line::OWNER);
    Err(rpc::Refusal::RoleNotAllowed { method: "TellMajorIncident".to_owned(), role }.into())
}

/// What follows for a ticket that is held here. It is not written.
pub(crate) async fn follow(change: &Change<'_>, ticket: &mut Ticket, news: &IncidentNews) -> Result<(), Refused> {
    let is_worked_on = ticket.custody == Custody::Held && matches!(ticket.state, State::Open | State::OnHold { .. });
    if !is_worked_on {
        return Ok(());
    }
    let IncidentNews { incident, title, standing } = news;
    match standing {
        ChildStanding::Joined { steps } => {
            change.raise(ticket, raise_of_incident(*incident, title, *steps)).await?;
            tell_once(change, ticket, news, Text::NoticeIncidentJoined, &[("incident", title)]).await
        }
        ChildStanding::Left => {
            change.lower(ticket, &RaiseCause::Mass { incident: incident.to_string() }).await.map(|_| ())
        }
        ChildStanding::Resolved { done, how_to_verify: _ } => {
            let fields = [("incident", title.as_str()), ("done", done.as_str())];
            tell_once(change, ticket, news, Text::NoticeIncidentOver, &fields).await
        }
    }
}

/// Whose ticket it is hears of it with the first of their tickets, and not of each.
async fn tell_once(
    change: &Change<'_>,
    ticket: &Ticket,
    news: &IncidentNews,
    text: Text,
    fields: &[(&str, &str)],
) -> Result<(), Refused> {
    let group = ticket.assignment.group.clone().map(Recipient::Group);
    let to = group.unwrap_or_else(|| Recipient::who_works(&ticket.assignment));
    let is_over = matches!(news.standing, ChildStanding::Resolved { .. });
    let id = format!("{}|{}|{is_over}", news.incident, to.name());
    change.work.alone(change.organization(), &format!("{TOLD} {id}")).await?;
    if change.work.document::<Timestamp>(change.organization(), TOLD, &id).await?.is_some() {
        return Ok(());
    }
    change.work.put_document(change.organization(), TOLD, &id, &change.now, None).await?;
    let (ru, en) = (text.with(Language::Russian, fields), text.with(Language::English, fields));
    change.notify(Notice { to, topic: "major-incident", ticket: None, ru, en }).await
}
