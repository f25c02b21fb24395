//! What a major incident does to one ticket: it makes it a child, keeps it up with the others, or lets it go.

use std::collections::BTreeMap;

use handover::{Change, Refused, raise_of_incident, tell_everyone, tell_incident};
use plan::{Template, Text as Words};
use ticket::event::{ChildStanding, DeskEvent, IncidentNews};
use ticket::{Custody, EventBody, Line, RaiseCause, State, Ticket, TicketId, WakeReason, WrongState};

use super::incident::{Answer, Child, Incident, Membership};
use super::kept::{self, IncidentRefused};
use crate::own::Home;
use crate::rules::{tell_solved, write_by_itself};

/// Who can change a ticket now, as line 1 knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Here,
    By(Line),
    /// Between two lines: whoever asks comes again.
    Nobody,
}

fn held(ticket: &Ticket, home: &Home) -> Held {
    match ticket.custody {
        Custody::Held => Held::Here,
        Custody::HandingOver { .. } => Held::Nobody,
        Custody::PassedOn { .. } => Held::By(home.custodian(ticket)),
    }
}

fn is_worked_on(ticket: &Ticket) -> bool {
    matches!(ticket.state, State::Open | State::OnHold { .. })
}

/// What is against a ticket's becoming a child; nothing when it is one already.
pub(crate) fn obstacle(incident: &Incident, ticket: &Ticket, home: &Home) -> Option<Refused> {
    let id = ticket.facts.id;
    if let Some(of) = home.incident.as_ref().filter(|of| of.incident != incident.id) {
        return Some(IncidentRefused::ChildOfAnother { ticket: id, incident: of.incident }.into());
    }
    // A copy of what another line has stays as it was handed over.
    (!is_worked_on(ticket)).then(|| {
        let problem = WrongState::Refused { action: "attach", state: ticket.state.name() };
        Refused::State { ticket: id, problem }
    })
}

/// Makes a ticket a child; false when it must wait until it has arrived somewhere. What cannot be one is passed over.
pub(crate) async fn join(change: &Change<'_>, incident: &mut Incident, id: TicketId) -> Result<bool, Refused> {
    let (ticket, _) = change.ticket(id).await?;
    let home: Home = change.work.own(change.organization(), id).await?;
    if held(&ticket, &home) == Held::Nobody {
        return Ok(false);
    }
    let is_child = kept::child(change, incident.id, id).await?.is_some();
    if is_child || obstacle(incident, &ticket, &home).is_some() {
        return Ok(true);
    }
    // It gets the last answer, and nothing that was news before it came.
    let told = incident.answers.len().saturating_sub(1);
    let mut child = Child { ticket: id, told, steps: 0, over: false };
    incident.children += 1;
    keep_up(change, incident, &mut child, true).await?;
    kept::save_child(change, incident.id, &child, None).await?;
    Ok(true)
}

/// Brings a child to where its incident stands; false when it must wait until it has arrived somewhere.
pub(crate) async fn keep_up(
    change: &Change<'_>,
    incident: &Incident,
    child: &mut Child,
    is_new: bool,
) -> Result<bool, Refused> {
    let is_over = incident.resolution.is_some() && !child.over;
    if !is_new && !is_over && child.steps == incident.steps && child.told == incident.answers.len() {
        return Ok(true);
    }
    let id = child.ticket;
    let (mut ticket, read) = change.ticket(id).await?;
    let mut home: Home = change.work.own(change.organization(), id).await?;
    let held = held(&ticket, &home);
    if held == Held::Nobody {
        return Ok(false);
    }
    if is_new || child.steps != incident.steps {
        let standing = ChildStanding::Joined { steps: incident.steps };
        tell_custodian(change, &ticket, held, incident, standing.clone(), "joined").await?;
        if held == Held::Here && is_worked_on(&ticket) {
            change.raise(&mut ticket, raise_of_incident(incident.id, &incident.title, incident.steps)).await?;
        }
        if is_new {
            note(change, &ticket, incident, standing).await?;
        }
        child.steps = incident.steps;
    }
    home.incident = Some(Membership { incident: incident.id, title: incident.title.clone(), steps: incident.steps });
    for answer in incident.answers.iter().skip(child.told) {
        write(change, &ticket, &mut home, answer).await?;
    }
    child.told = incident.answers.len();
    if let Some((resolution, _)) = incident.resolution.as_ref().filter(|_| is_over) {
        let (done, how_to_verify) = (resolution.done.clone(), resolution.how_to_verify.clone());
        let standing = ChildStanding::Resolved { done, how_to_verify };
        note(change, &ticket, incident, standing.clone()).await?;
        if held == Held::Here && is_worked_on(&ticket) {
            let wake = change.wake_in(change.plan.auto_close(), WakeReason::AutoClose);
            ticket.resolve(resolution.clone(), wake, change.now).map_err(Refused::state(id))?;
            change.log(&ticket, EventBody::Resolved { resolution: resolution.clone() }).await?;
            tell_solved(change, &ticket, &mut home, resolution).await?;
            tell_everyone(change, &ticket, resolution).await?;
        } else {
            tell_custodian(change, &ticket, held, incident, standing, "over").await?;
        }
        (child.over, home.incident) = (true, None);
    }
    change.work.put_own(change.organization(), id, &home).await?;
    change.touch(&mut ticket, read).await?;
    Ok(true)
}

/// Lets a child go its own way; false when it was none.
pub(crate) async fn leave(change: &Change<'_>, incident: &mut Incident, id: TicketId) -> Result<bool, Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    let waited = incident.waits();
    incident.waiting.retain(|waiting| *waiting != id);
    kept::take_from_aside(change, incident, id).await?;
    let key = kept::child_key(incident.id, id);
    if !change.work.delete_document(change.organization(), kept::CHILD, &key).await? {
        return Ok(incident.waits() < waited);
    }
    incident.children = incident.children.saturating_sub(1);
    let mut home: Home = change.work.own(change.organization(), id).await?;
    if home.incident.as_ref().is_some_and(|of| of.incident == incident.id) {
        home.incident = None;
        let held = held(&ticket, &home);
        match held {
            Held::Here => {
                change.lower(&mut ticket, &RaiseCause::Mass { incident: incident.id.to_string() }).await?;
            }
            Held::By(_) => tell_custodian(change, &ticket, held, incident, ChildStanding::Left, "left").await?,
            Held::Nobody => return Err(Refused::ConcurrentChange(id)),
        }
        note(change, &ticket, incident, ChildStanding::Left).await?;
        change.work.put_own(change.organization(), id, &home).await?;
        change.touch(&mut ticket, read).await?;
    }
    Ok(true)
}

/// The line that has just taken a child over is told what it is a part of.
pub(crate) async fn tell_next(change: &Change<'_>, ticket: &Ticket, home: &Home, line: Line) -> Result<(), Refused> {
    let Some(Membership { incident, title, steps }) = home.incident.clone() else { return Ok(()) };
    let news = IncidentNews { incident, title, standing: ChildStanding::Joined { steps } };
    tell_incident(change, ticket, line, news, &format!("moved:{}", change.now)).await
}

async fn tell_custodian(
    change: &Change<'_>,
    ticket: &Ticket,
    held: Held,
    incident: &Incident,
    standing: ChildStanding,
    step: &str,
) -> Result<(), Refused> {
    let Held::By(line) = held else { return Ok(()) };
    let news = IncidentNews { incident: incident.id, title: incident.title.clone(), standing };
    tell_incident(change, ticket, line, news, &format!("{step}:{}", change.now)).await
}

async fn note(
    change: &Change<'_>,
    ticket: &Ticket,
    incident: &Incident,
    standing: ChildStanding,
) -> Result<(), Refused> {
    let news = IncidentNews { incident: incident.id, title: incident.title.clone(), standing };
    change.log_by_itself(ticket, EventBody::Desk(DeskEvent::Incident { news })).await
}

/// Writes an answer to the client of a child, in the client's language. Whose ticket is over has had the last word.
async fn write(change: &Change<'_>, ticket: &Ticket, home: &mut Home, answer: &Answer) -> Result<(), Refused> {
    if !is_worked_on(ticket) {
        return Ok(());
    }
    let Answer { by, at: _, ru, en, is_template } = answer;
    let words = Words { ru: ru.clone(), en: en.clone() };
    let text = if *is_template {
        let template = Template { id: by.clone(), name: words.clone(), text: words, fields: Vec::new() };
        let known = [("number", ticket.facts.number.clone().unwrap_or_default()), ("name", home.contact.name.clone())];
        let known: BTreeMap<String, String> = known.map(|(id, value)| (id.to_owned(), value)).into();
        template.render(ticket.facts.language, &known).text
    } else {
        words.in_language(ticket.facts.language).to_owned()
    };
    write_by_itself(change, ticket, home, text).await
}
