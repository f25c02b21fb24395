//! A client who hears nothing for as long as the plan allows is told how it goes.

use handover::{Change, Refused};
use jiff::Timestamp;
use serde_json::Value;
use store::Timer;
use texts::Text;
use ticket::{HoldReason, State, Ticket};

use crate::own::Home;
use crate::rules::write_to_client;

/// The kind of the timer.
pub(crate) const TIMER: &str = "progress";

/// The kind of documents that say when a client was last told so, on whichever ticket; the id of one is the client.
const TOLD: &str = "progress-told";

/// Somebody or something has just spoken to the client; the silence is counted from here.
pub(crate) async fn arm(change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
    if matches!(ticket.state, State::Resolved { .. } | State::Closed { .. }) {
        return Ok(());
    }
    let Some(due) = change.plan.progress_due(change.now) else { return Ok(()) };
    let id = ticket.facts.id;
    change.set_timer(TIMER, id.to_string(), Some(id), due, Value::Null).await
}

/// A person has spoken to the client: what was told automatically counts anew.
pub(crate) async fn spoke(change: &Change<'_>, ticket: &Ticket, home: &mut Home) -> Result<(), Refused> {
    home.told_by_itself = 0;
    arm(change, ticket).await
}

/// Nothing was said for as long as the plan allows.
pub(crate) async fn rang(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let Some(id) = timer.ticket else { return Ok(()) };
    let (ticket, _) = change.ticket(id).await?;
    let waits_for_client = match &ticket.state {
        // The client has had the last word to expect: the end.
        State::Resolved { .. } | State::Closed { .. } => return Ok(()),
        State::OnHold { reason: HoldReason::Client { .. }, .. } => true,
        State::OnHold { reason: HoldReason::Vendor | HoldReason::Reason { .. }, .. } | State::Open => false,
    };
    let mut home: Home = change.work.own(change.organization(), id).await?;
    if waits_for_client || home.waits_for_client() {
        return arm(change, &ticket).await;
    }
    // The same words again and again are no news; a person has to find better ones.
    if home.told_by_itself >= change.plan.conversation().progress_most {
        return Ok(());
    }
    if told_elsewhere(change, &ticket.facts.client).await? {
        return arm(change, &ticket).await;
    }
    home.told_by_itself += 1;
    let line = Text::of_line(home.custodian(&ticket)).plain(ticket.facts.language).to_owned();
    let fields = [("number", ticket.facts.number.clone().unwrap_or_default()), ("line", line)];
    write_to_client(change, &ticket, &mut home, Text::Progress, &fields).await?;
    Ok(change.work.put_own(change.organization(), id, &home).await?)
}

/// Whether the client was told how it goes on another ticket within the time that the plan allows; where not, notes that
/// they are told now. Whoever has many tickets, as in a mass incident, is not told once for each.
async fn told_elsewhere(change: &Change<'_>, client: &str) -> Result<bool, Refused> {
    let organization = change.organization();
    change.work.alone(organization, &format!("{TOLD} {client}")).await?;
    let known = change.work.document::<Timestamp>(organization, TOLD, client).await?;
    let counts = |at: Timestamp| change.plan.progress_due(at).is_some_and(|due| due > change.now);
    if known.is_some_and(|(at, _)| counts(at)) {
        return Ok(true);
    }
    let read = known.map(|(_, read)| read);
    change.work.put_document(organization, TOLD, client, &change.now, read).await?;
    Ok(false)
}
