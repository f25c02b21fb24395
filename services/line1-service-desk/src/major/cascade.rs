//! What is to be done to all children: a few in each transaction, by a durable timer, so that a process that dies goes on
//! where it stood.

use handover::{Change, Refused};
use jiff::SignedDuration;
use serde_json::Value;
use store::{Timer, Version};

use super::children::{join, keep_up};
use super::incident::{Child, Incident, Stage};
use super::kept::{self, BY_INCIDENT, CHILD, KIND, TIMER};

/// So many tickets are written in one transaction.
const AT_ONCE: u32 = 20;

/// After so many seconds those that were between two lines are looked at again.
const AGAIN_SECONDS: i64 = 5;

/// The next tickets become children, or the next children are brought to where their incident stands.
pub(crate) async fn rang(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let found = change.work.document(change.organization(), KIND, &timer.id).await?;
    let Some((mut incident, read)): Option<(Incident, Version)> = found else { return Ok(()) };
    let takes_in = matches!(incident.stage, Stage::Open | Stage::Resolved) && incident.waits() > 0;
    let pause = if takes_in {
        take_in(change, &mut incident).await?
    } else if let Some(after) = incident.sweep.clone() {
        sweep(change, &mut incident, &after).await?
    } else if incident.aside > 0 {
        0
    } else {
        return Ok(());
    };
    if incident.waiting.is_empty() && incident.aside > 0 {
        let next = kept::next_aside(change, &mut incident).await?;
        // Of one that was rejected they are forgotten.
        if incident.stage != Stage::Rejected {
            incident.waiting.extend(next);
        }
    }
    kept::save(change, &mut incident, Some(read)).await?;
    if incident.waits() == 0 && incident.sweep.is_none() {
        return Ok(());
    }
    let due = change.now.saturating_add(SignedDuration::from_secs(pause)).unwrap_or(change.now);
    change.set_timer(TIMER, timer.id.clone(), None, due, Value::Null).await
}

/// The next that wait become children; for how many seconds the rest may wait.
async fn take_in(change: &Change<'_>, incident: &mut Incident) -> Result<i64, Refused> {
    let many = incident.waiting.len().min(AT_ONCE as usize);
    let mut tickets: Vec<_> = incident.waiting.drain(..many).collect();
    // Always in the same order, so that two who write several tickets do not wait for each other.
    tickets.sort_unstable();
    let mut under_way = Vec::new();
    for ticket in tickets {
        if !join(change, incident, ticket).await? {
            under_way.push(ticket);
        }
    }
    let pause = if under_way.len() == many { AGAIN_SECONDS } else { 0 };
    incident.waiting.extend(under_way);
    Ok(pause)
}

/// The next children behind `after` are brought to where the incident stands; for how many seconds the rest may wait.
async fn sweep(change: &Change<'_>, incident: &mut Incident, after: &str) -> Result<i64, Refused> {
    let (organization, id) = (change.organization(), incident.id.to_string());
    let known = change.work.documents_by::<Child>(organization, CHILD, BY_INCIDENT, &id, Some(after), AT_ONCE).await?;
    let mut all_arrived = true;
    for (_, Child { ticket, .. }, _) in &known {
        // It cannot have left meanwhile: whoever lets it go has the incident first.
        let Some((mut child, read)) = kept::child(change, incident.id, *ticket).await? else { continue };
        let before = child.clone();
        all_arrived &= keep_up(change, incident, &mut child, false).await?;
        if child != before {
            kept::save_child(change, incident.id, &child, Some(read)).await?;
        }
    }
    if !all_arrived {
        // The rest waits for those that are on their way between two lines, which is seldom and short.
        return Ok(AGAIN_SECONDS);
    }
    incident.sweep = known.last().filter(|_| known.len() == AT_ONCE as usize).map(|(last, ..)| last.clone());
    Ok(0)
}
