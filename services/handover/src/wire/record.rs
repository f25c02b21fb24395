//! Tickets, batons, answers and events, both ways.

use proto::{handover as hand, ticket as wire};
use ticket::event::{Brought, Decline};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::journey::Stay;
use ticket::{
    Actor, Assignment, Baton, Custody, Epoch, Event, Facts, HandoverId, Hop, Language, Resolution, Returns, State,
    Ticket,
};

use super::{Reader, enums, instant, raise, summary, to_instant};

/// A ticket on the wire, as the line that keeps this record knows it.
#[must_use]
pub fn to_ticket(ticket: &Ticket, version: u64) -> wire::Ticket {
    let (custody, custodian) = match ticket.custody {
        Custody::Held => (wire::Custody::Held, ticket.line),
        Custody::HandingOver { to, .. } => (wire::Custody::HandingOver, to),
        Custody::PassedOn { to, .. } => (wire::Custody::PassedOn, to),
    };
    let (state, resolution) = match &ticket.state {
        State::Open => (wire::State::Open, None),
        State::OnHold { .. } => (wire::State::OnHold, None),
        State::Resolved { resolution, .. } => (wire::State::Resolved, Some(resolution)),
        State::Closed { resolution, .. } => (wire::State::Closed, Some(resolution)),
    };
    let Assignment { zone, group, assignee, forced } = ticket.assignment.clone();
    wire::Ticket {
        facts: Some(to_facts(ticket.facts.clone())),
        line: enums::to_line(ticket.line),
        custody: custody as i32,
        custodian: enums::to_line(custodian),
        state: state as i32,
        epoch: ticket.epoch.number(),
        hops: ticket.hops.iter().map(to_hop).collect(),
        returns: ticket.returns.iter().map(to_returns).collect(),
        assignment: Some(wire::Assignment {
            zone: zone.unwrap_or_default(),
            group: group.unwrap_or_default(),
            assignee: assignee.unwrap_or_default(),
            forced,
        }),
        reopened: ticket.reopened,
        resolution: resolution.or(ticket.outcome.as_ref()).cloned().map(to_resolution),
        wakes_at: ticket.wake.as_ref().map(|wake| instant(wake.at)),
        changed_at: Some(instant(ticket.changed_at)),
        version,
        collaborators: ticket.collaborators.iter().map(super::queue::to_collaborator).collect(),
    }
}

fn to_hop(hop: &Hop) -> wire::Hop {
    wire::Hop { line: enums::to_line(hop.line), epoch: hop.epoch.number(), at: Some(instant(hop.at)) }
}

fn to_returns(returns: &Returns) -> wire::Returns {
    wire::Returns { from: enums::to_line(returns.from), to: enums::to_line(returns.to), count: returns.count }
}

/// What is known about a ticket, on the wire.
#[must_use]
pub fn to_facts(facts: Facts) -> wire::Facts {
    let Facts {
        id,
        organization,
        number,
        kind,
        subject,
        text,
        language,
        client,
        impact,
        urgency,
        priority,
        mood,
        category,
        product,
        environment,
        opened_at,
        trace,
        raises,
    } = facts;
    wire::Facts {
        ticket_id: id.to_string(),
        organization: organization.to_string(),
        number: number.unwrap_or_default(),
        kind: enums::to_kind(kind),
        subject,
        text,
        language: enums::to_language(language),
        client,
        impact: enums::to_impact(impact),
        urgency: enums::to_urgency(urgency),
        priority: enums::to_priority(priority),
        mood: enums::to_mood(mood),
        category: category.unwrap_or_default(),
        product: product.unwrap_or_default(),
        environment: environment.unwrap_or_default(),
        opened_at: Some(instant(opened_at)),
        trace,
        raises: raises.into_iter().map(raise::to_raise).collect(),
    }
}

fn facts(reader: &mut Reader, given: Option<wire::Facts>) -> Option<Facts> {
    let wire::Facts {
        ticket_id,
        organization,
        number,
        kind,
        subject,
        text,
        language,
        client,
        impact,
        urgency,
        priority,
        mood,
        category,
        product,
        environment,
        opened_at,
        trace,
        raises,
    } = reader.given("baton.facts", given)?;
    let id = reader.id("baton.facts.ticket_id", &ticket_id);
    let organization = reader.id("baton.facts.organization", &organization);
    let kind = enums::kind(reader, "baton.facts.kind", kind, true);
    let impact = enums::impact(reader, "baton.facts.impact", impact, true);
    let urgency = enums::urgency(reader, "baton.facts.urgency", urgency, true);
    let priority = enums::priority(reader, "baton.facts.priority", priority, true);
    let mood = enums::mood(reader, "baton.facts.mood", mood, true);
    let opened_at = to_instant(reader, "baton.facts.opened_at", opened_at);
    let number = reader.optional("baton.facts.number", &number, LINE_BYTES_MAX);
    let subject = reader.text("baton.facts.subject", &subject, LINE_BYTES_MAX);
    let text = reader.text("baton.facts.text", &text, TEXT_BYTES_MAX);
    let language = enums::language(reader, "baton.facts.language", language, true).unwrap_or(Language::Russian);
    let client = reader.text("baton.facts.client", &client, LINE_BYTES_MAX);
    let category = reader.optional("baton.facts.category", &category, LINE_BYTES_MAX);
    let product = reader.optional("baton.facts.product", &product, LINE_BYTES_MAX);
    let environment = reader.optional("baton.facts.environment", &environment, LINE_BYTES_MAX);
    let trace = reader.optional("baton.facts.trace", &trace, LINE_BYTES_MAX).unwrap_or_default();
    let raises = raise::raises(reader, "baton.facts.raises", raises);
    Some(Facts {
        id: id?,
        organization: organization?,
        number,
        kind: kind?,
        subject,
        text,
        language,
        client,
        impact: impact?,
        urgency: urgency?,
        priority: priority?,
        mood: mood?,
        category,
        product,
        environment,
        opened_at: opened_at?,
        trace,
        raises,
    })
}

/// A baton on the wire.
#[must_use]
pub fn to_baton(baton: Baton) -> hand::Baton {
    let handover_id = baton.id().to_string();
    let Baton { facts, from, to, epoch, hops, returns, forced_owner, reopened } = baton;
    hand::Baton {
        handover_id,
        facts: Some(to_facts(facts)),
        from: enums::to_line(from),
        to: enums::to_line(to),
        epoch: epoch.number(),
        hops: hops.iter().map(to_hop).collect(),
        returns: returns.iter().map(to_returns).collect(),
        forced_owner: forced_owner.unwrap_or_default(),
        reopened,
    }
}

/// A baton from the wire; its id must be the one that follows from ticket and epoch.
pub fn baton(reader: &mut Reader, given: Option<hand::Baton>) -> Option<Baton> {
    let hand::Baton { handover_id, facts: known, from, to, epoch, hops, returns, forced_owner, reopened } =
        reader.given("baton", given)?;
    let facts = facts(reader, known);
    let from = enums::line(reader, "baton.from", from, true);
    let to = enums::line(reader, "baton.to", to, true);
    let epoch = epoch_of(reader, "baton.epoch", epoch);
    let hops: Vec<Hop> = reader.list("baton.hops", hops).into_iter().filter_map(|given| hop(reader, given)).collect();
    let returns =
        reader.list("baton.returns", returns).into_iter().filter_map(|given| returned(reader, given)).collect();
    let forced_owner = reader.optional("baton.forced_owner", &forced_owner, LINE_BYTES_MAX);
    let baton = Baton { facts: facts?, from: from?, to: to?, epoch: epoch?, hops, returns, forced_owner, reopened };
    if reader.id::<HandoverId>("baton.handover_id", &handover_id).is_some_and(|given| given != baton.id()) {
        reader.wrong("baton.handover_id", "does not follow from the ticket and the epoch");
    }
    if !baton.hops.is_sorted_by(|a, b| a.epoch < b.epoch)
        || baton.hops.last().is_none_or(|hop| hop.epoch >= baton.epoch)
    {
        reader.wrong("baton.hops", "are empty, or their epochs do not grow up to the baton's");
    }
    Some(baton)
}

pub(crate) fn epoch_of(reader: &mut Reader, name: &str, number: u32) -> Option<Epoch> {
    let epoch = Epoch::new(number);
    if epoch.is_none() {
        reader.wrong(name, "is 0; epochs count from 1");
    }
    epoch
}

fn hop(reader: &mut Reader, given: wire::Hop) -> Option<Hop> {
    let wire::Hop { line, epoch, at } = given;
    let line = enums::line(reader, "baton.hops.line", line, true);
    let epoch = epoch_of(reader, "baton.hops.epoch", epoch);
    let at = to_instant(reader, "baton.hops.at", at);
    Some(Hop { line: line?, epoch: epoch?, at: at? })
}

fn returned(reader: &mut Reader, given: wire::Returns) -> Option<Returns> {
    let wire::Returns { from, to, count } = given;
    let from = enums::line(reader, "baton.returns.from", from, true);
    let to = enums::line(reader, "baton.returns.to", to, true);
    Some(Returns { from: from?, to: to?, count })
}

/// What solved a ticket, on the wire.
#[must_use]
pub fn to_resolution(resolution: Resolution) -> wire::Resolution {
    let Resolution { by, root_cause, done, workaround, how_to_verify, steps_to_verify, knowledge } = resolution;
    wire::Resolution {
        by: enums::to_line(by),
        root_cause,
        done,
        workaround,
        how_to_verify,
        knowledge: knowledge.unwrap_or_default(),
        steps_to_verify,
    }
}

/// Steps in words, none of them empty.
pub(crate) fn steps(reader: &mut Reader, name: &str, given: Vec<String>) -> Vec<String> {
    reader.list(name, given).iter().map(|step| reader.text(name, step, TEXT_BYTES_MAX)).collect()
}

/// What solved a ticket, from the wire.
pub fn resolution(reader: &mut Reader, given: Option<wire::Resolution>) -> Option<Resolution> {
    let wire::Resolution { by, root_cause, done, workaround, how_to_verify, knowledge, steps_to_verify } =
        reader.given("resolution", given)?;
    let by = enums::line(reader, "resolution.by", by, true);
    let root_cause = reader.text("resolution.root_cause", &root_cause, TEXT_BYTES_MAX);
    let done = reader.text("resolution.done", &done, TEXT_BYTES_MAX);
    let how_to_verify = reader.text("resolution.how_to_verify", &how_to_verify, TEXT_BYTES_MAX);
    let knowledge = reader.optional("resolution.knowledge", &knowledge, TEXT_BYTES_MAX);
    let steps_to_verify = steps(reader, "resolution.steps_to_verify", steps_to_verify);
    Some(Resolution { by: by?, root_cause, done, workaround, how_to_verify, steps_to_verify, knowledge })
}

/// Why a handover was turned down, on the wire.
#[must_use]
pub fn to_declined(why: &Decline) -> hand::Declined {
    use hand::declined::Cause;
    let mut declined = hand::Declined::default();
    let cause = match why {
        Decline::EvidenceMissing { fields } => {
            declined.missing = fields.iter().map(|field| field.name().to_owned()).collect();
            Cause::EvidenceMissing
        }
        Decline::NotInTopology => Cause::NotInTopology,
        Decline::Stale { present } => {
            declined.present_epoch = present.number();
            Cause::StaleEpoch
        }
        Decline::UnknownZone { zone } => {
            declined.named.clone_from(zone);
            Cause::ZoneUnknown
        }
        Decline::UnknownVendor { vendor } => {
            declined.named.clone_from(vendor);
            Cause::VendorUnknown
        }
        Decline::Unreadable { fault } => {
            declined.named.clone_from(fault);
            Cause::Unreadable
        }
    };
    declined.set_cause(cause);
    declined
}

/// Why a handover was turned down, from the receiver; a cause nobody here knows counts as unreadable.
#[must_use]
pub fn declined(given: hand::Declined) -> Decline {
    use hand::declined::Cause;
    let hand::Declined { cause, missing, present_epoch, named } = given;
    match Cause::try_from(cause) {
        Ok(Cause::EvidenceMissing) => {
            let known = |name: &String| ticket::evidence::EvidenceField::ALL.iter().find(|f| f.name() == name).copied();
            Decline::EvidenceMissing { fields: missing.iter().filter_map(known).collect() }
        }
        Ok(Cause::NotInTopology) => Decline::NotInTopology,
        Ok(Cause::StaleEpoch) => Decline::Stale { present: Epoch::new(present_epoch).unwrap_or(Epoch::FIRST) },
        Ok(Cause::ZoneUnknown) => Decline::UnknownZone { zone: named },
        Ok(Cause::VendorUnknown) => Decline::UnknownVendor { vendor: named },
        Ok(Cause::Unreadable) => Decline::Unreadable { fault: named },
        Ok(Cause::Unspecified) | Err(_) => Decline::Unreadable { fault: format!("cause {cause}") },
    }
}

/// Who did it, in one word.
#[must_use]
pub fn actor_name(actor: &Actor) -> String {
    match actor {
        Actor::Client => "client".to_owned(),
        Actor::Person { subject } => subject.clone(),
        Actor::Line { line } => line.name().to_owned(),
        Actor::Partner { vendor } => format!("partner:{vendor}"),
    }
}

/// An event on the wire.
#[must_use]
pub fn to_event(event: &Event, resume_token: String) -> wire::TicketEvent {
    let detail = serde_json::to_value(&event.body).unwrap_or_default();
    let what = detail.get("what").and_then(|what| what.as_str()).unwrap_or_default().to_owned();
    wire::TicketEvent {
        resume_token,
        ticket_id: event.ticket.to_string(),
        line: enums::to_line(event.line),
        epoch: event.epoch.number(),
        at: Some(instant(event.at)),
        actor: actor_name(&event.actor),
        summary: summary::of(event.line, &event.body),
        what,
        detail_json: detail.to_string(),
        trace_id: event.trace_id.clone(),
    }
}

/// A stay on the wire.
#[must_use]
pub fn to_stay(stay: &Stay) -> wire::Stay {
    let why = match &stay.brought {
        Some(Brought::Evidence { .. }) => "evidence".to_owned(),
        Some(Brought::Return { reason, .. }) => format!("return: {}", reason.name()),
        Some(Brought::Resolution { .. }) => "resolution".to_owned(),
        None if stay.epoch == Epoch::FIRST => "registered".to_owned(),
        None => String::new(),
    };
    wire::Stay {
        line: enums::to_line(stay.line),
        epoch: stay.epoch.number(),
        from: Some(instant(stay.from)),
        until: stay.until.map(instant),
        why,
        evidence_json: stay
            .brought
            .as_ref()
            .and_then(|brought| serde_json::to_string(brought).ok())
            .unwrap_or_default(),
    }
}
