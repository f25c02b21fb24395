//! Reads on in line 1's log and finds candidates: one replica at a time, which the others take over from when its lease ends.
//!
//! What is known stands in memory, and from time to time in a snapshot together with the place in the log that it is of. A
//! candidate is told in the transaction that writes a snapshot, so that no restart tells it twice, and none is lost: whoever
//! reads a snapshot reads on from its place. The lease says up to which place was acted; what is read again before that is
//! only learned from.

use std::collections::HashMap;
use std::sync::Arc;

use handover::{Change, Desk, Recipient, Refused};
use jiff::{SignedDuration, Timestamp};
use mass::{Request, Settings, TopicId, Watch, Wave};
use plan::{MassRules, Plan};
use serde::{Deserialize, Serialize};
use store::{Position, Version};
use texts::Text;
use ticket::event::Brought;
use ticket::{Actor, Event, EventBody, Line, MajorIncidentId, OrganizationId, Ticket, TicketId};
use tokio::sync::Mutex;
use tokio::task::yield_now;

use super::incident::{Incident, Stage};
use super::kept::{self, BY_STAGE, KIND, LIVE, UNHEARD};
use super::lease;

/// The lease is renewed when less than this is left of it.
const RENEW: SignedDuration = SignedDuration::from_secs(10);

/// What is known is written down after so many requests, or so long, whichever comes first.
const SAVED_AFTER_REQUESTS: u32 = 1_000;
const SAVED_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// What is read of the log at once. Small, so that nobody waits for what is written of it.
const EVENTS_AT_ONCE: u32 = 100;

/// Nobody is told what the log says of so long ago: it is learned from.
const STALE: SignedDuration = SignedDuration::from_hours(6);

/// More than so many candidates and open incidents at a time are not compared with what comes.
const LIVE_MAX: u32 = 200;

/// The kind of the document with what is known; there is one for an organization.
const WATCH: &str = "mass-watch";
const ONE: &str = "one";

/// What is known, and of which place in the log.
#[derive(Debug, Serialize, Deserialize)]
struct Snapshot {
    at: String,
    watch: Watch,
}

/// The watches that this replica has.
#[derive(Default)]
pub(crate) struct Follower(Mutex<HashMap<OrganizationId, Mine>>);

/// The watch of one organization, as long as nobody else has it.
struct Mine {
    lease: Version,
    until: Timestamp,
    /// What comes before in the log was acted on.
    acted: Position,
    watch: Watch,
    /// Up to where the watch has read.
    at: Position,
    saved: Option<Version>,
    saved_at: Timestamp,
    /// Requests since then.
    unsaved: u32,
}

/// A live incident, as much of it as says what belongs to it.
struct Live {
    id: MajorIncidentId,
    topic: Option<TopicId>,
    /// Empty unless it is open and was declared by hand.
    about: String,
}

/// What is to be written of what was read, in this order.
#[derive(Default)]
struct Found {
    /// Topics that turned out to be another one.
    joined: Vec<(MajorIncidentId, TopicId)>,
    new: Vec<Incident>,
    /// Tickets, and whether they are the first of their client.
    tickets: Vec<(MajorIncidentId, TicketId, bool)>,
    /// What people have rejected or resolved, of which the watch has heard now.
    heard: Vec<MajorIncidentId>,
}

impl Follower {
    /// Reads on in the log of one organization; how many events there were.
    pub(crate) async fn follow(&self, desk: &Desk, plan: &Arc<Plan>) -> Result<usize, Refused> {
        let Some(rules) = plan.mass() else { return Ok(0) };
        let organization = plan.organization();
        let mut all = self.0.lock().await;
        let mut mine = match all.remove(organization) {
            Some(mine) if lease::read(desk, organization).await?.is_some_and(|(_, held)| held == mine.lease) => mine,
            _ => match take(desk, organization).await? {
                Some(mine) => mine,
                None => return Ok(0),
            },
        };
        // What was read and could not be written is forgotten: it is read again from the snapshot.
        let read = read_on(desk, plan, rules, &mut mine).await?;
        all.insert(organization.clone(), mine);
        Ok(read)
    }
}

/// Takes the watch when nobody has it and there is something to read.
async fn take(desk: &Desk, organization: &OrganizationId) -> Result<Option<Mine>, Refused> {
    let (store, now) = (desk.store(), desk.clock().now());
    let known = lease::read(desk, organization).await?;
    let acted = known.as_ref().map_or(Ok(Position::START), |(lease, _)| lease.acted.parse())?;
    let is_free = known.is_none_or(|(lease, _)| lease.until <= now);
    if !is_free || store.feed(Some(organization), acted, 1).await?.is_empty() {
        return Ok(None);
    }
    let by = Actor::Line { line: desk.line() };
    let taken = desk.work(organization, by, move |change| Box::pin(async move { lease::take(change).await })).await?;
    let Some((lease, until, acted)) = taken else { return Ok(None) };
    let (at, watch, saved) = match store.document::<Snapshot>(organization, WATCH, ONE).await? {
        Some((Snapshot { at, watch }, version)) => (at.parse()?, watch, Some(version)),
        None => (Position::START, Watch::default(), None),
    };
    Ok(Some(Mine { lease, until, acted, watch, at, saved, saved_at: now, unsaved: 0 }))
}

async fn read_on(desk: &Desk, plan: &Arc<Plan>, rules: &MassRules, mine: &mut Mine) -> Result<usize, Refused> {
    let (store, organization, now) = (desk.store(), plan.organization(), desk.clock().now());
    let events = store.feed(Some(organization), mine.at, EVENTS_AT_ONCE).await?;
    let read = events.len();
    let Some((end, _)) = events.last() else {
        // Before the lease ends it says that there is nothing to read, so that no other takes it for that.
        if mine.at > mine.acted {
            write(desk, organization, mine, Found::default(), now).await?;
        }
        return Ok(0);
    };
    let end = *end;
    let requests: Vec<_> = events.into_iter().filter(|(_, event)| is_request(event)).collect();
    let mut found = Found::default();
    if !requests.is_empty() {
        let mut live = live(desk, organization).await?;
        for (id, topic, stage) in decided(desk, organization).await? {
            match stage {
                Stage::Rejected => mine.watch.reject(topic, now),
                Stage::Candidate | Stage::Open | Stage::Resolved => mine.watch.begin_anew(topic),
            }
            found.heard.push(id);
        }
        let settings = settings(plan, rules);
        for (position, event) in requests {
            let Some((ticket, _)) = store.ticket(organization, event.ticket).await? else { continue };
            let is_new = position > mine.acted && now.duration_since(event.at) <= STALE;
            look(desk, plan, mine, &settings, &mut live, &mut found, (&ticket, event.at, is_new)).await?;
            mine.unsaved += 1;
            // To compare takes a while, and others of this process have something to do, too.
            yield_now().await;
        }
    }
    mine.at = end;
    write(desk, organization, mine, found, now).await?;
    Ok(read)
}

/// A request that has just come to line 1: registered here, or handed over by line 0.
fn is_request(event: &Event) -> bool {
    match &event.body {
        EventBody::Registered { .. } => event.line == Line::ServiceDesk,
        EventBody::TookOver { from: Line::SelfService, with: Brought::Evidence { .. }, .. } => true,
        _ => false,
    }
}

async fn live(desk: &Desk, organization: &OrganizationId) -> Result<Vec<Live>, Refused> {
    let found = desk.store().documents_by::<Incident>(organization, KIND, BY_STAGE, LIVE, None, LIVE_MAX).await?;
    let live = found.into_iter().map(|(_, incident, _)| Live {
        id: incident.id,
        topic: incident.topic,
        about: if incident.stage == Stage::Open { incident.about } else { String::new() },
    });
    Ok(live.collect())
}

async fn decided(
    desk: &Desk,
    organization: &OrganizationId,
) -> Result<Vec<(MajorIncidentId, TopicId, Stage)>, Refused> {
    let found = desk.store().documents_by::<Incident>(organization, KIND, BY_STAGE, UNHEARD, None, LIVE_MAX).await?;
    let decided = found.into_iter().filter_map(|(_, incident, _)| Some((incident.id, incident.topic?, incident.stage)));
    Ok(decided.collect())
}

fn settings(plan: &Plan, rules: &MassRules) -> Settings {
    let waves = rules.waves.iter().map(|wave| Wave {
        name: wave.name.in_language(plan.profile().language).to_owned(),
        from: wave.from,
        until: wave.until,
        about: format!("{}\n{}", wave.about.ru, wave.about.en),
    });
    Settings {
        least: rules.least,
        factor: rules.factor,
        window: rules.window,
        zone: plan.profile().time_zone.clone(),
        waves: waves.collect(),
    }
}

/// Looks at one request. What it says is learned; what follows from it is noted when it `is_new`.
async fn look(
    desk: &Desk,
    plan: &Plan,
    mine: &mut Mine,
    settings: &Settings,
    live: &mut Vec<Live>,
    found: &mut Found,
    (ticket, at, is_new): (&Ticket, Timestamp, bool),
) -> Result<(), Refused> {
    let facts = &ticket.facts;
    let text = format!("{}\n{}", facts.subject, facts.text);
    let fields = [facts.category.as_deref().unwrap_or_default(), facts.product.as_deref().unwrap_or_default()];
    let request = Request { ticket: facts.id, client: &facts.client, at, text: &text, fields: &fields };
    let observed = mine.watch.observe(&request, settings);
    for known in live.iter_mut() {
        if let (Some(topic), Some(of)) = (known.topic, observed.topic)
            && observed.joined.contains(&topic)
        {
            known.topic = Some(of);
            found.joined.push((known.id, of));
        }
    }
    let belongs = |known: &&Live| {
        (known.topic.is_some() && known.topic == observed.topic)
            || (!known.about.is_empty() && mine.watch.belongs(&known.about, &text))
    };
    let to = live.iter().find(belongs).map(|known| known.id);
    if let Some(id) = to.filter(|_| is_new) {
        found.tickets.push((id, facts.id, observed.counts));
    }
    let stale = desk.clock().now().duration_since(at) > STALE;
    let Some(candidate) = observed.candidate.filter(|_| to.is_none() && !stale) else { return Ok(()) };
    let (organization, now) = (plan.organization(), desk.clock().now());
    let id = MajorIncidentId::of(organization, "watch", &format!("{}:{at}", candidate.topic), now);
    let first = candidate.tickets.first().copied().unwrap_or(facts.id);
    let first = desk.store().ticket(organization, first).await?;
    let title = first.map_or_else(|| facts.subject.clone(), |(first, _)| first.facts.subject);
    let (topic, wave, grew) = (candidate.topic, candidate.wave.clone(), candidate.grew);
    let steps = plan.mass().map_or(0, |rules| rules.raise);
    let mut incident = Incident::noticed(id, title, candidate, (steps, plan.version().to_string()), now);
    match wave {
        // It was told when it began.
        Some(_) if grew => return Ok(()),
        Some(wave) => {
            let why = Text::WaveAnnounced.with(plan.profile().language, &[("wave", &wave)]);
            incident.reject(by_plan(plan), why, now);
        }
        None => live.push(Live { id, topic: Some(topic), about: String::new() }),
    }
    found.new.push(incident);
    Ok(())
}

fn by_plan(plan: &Plan) -> String {
    format!("plan {}", plan.version())
}

/// Writes what was found, the place up to which was read, and what is known, as far as any of it is due.
async fn write(
    desk: &Desk,
    organization: &OrganizationId,
    mine: &mut Mine,
    found: Found,
    now: Timestamp,
) -> Result<(), Refused> {
    let is_told = !found.new.is_empty() || !found.heard.is_empty();
    let is_old = mine.unsaved >= SAVED_AFTER_REQUESTS || now.duration_since(mine.saved_at) >= SAVED_AFTER;
    let saves = is_told || (is_old && mine.unsaved > 0);
    let acts = is_told || !found.tickets.is_empty() || !found.joined.is_empty();
    if !acts && !saves && mine.until.duration_since(now) > RENEW {
        return Ok(());
    }
    let at = mine.at.to_string();
    let (acted, had, saved) = (at.clone(), mine.lease, mine.saved);
    let snapshot = saves.then(|| Snapshot { at, watch: mine.watch.clone() });
    let by = Actor::Line { line: desk.line() };
    let ((lease, until), saved) = desk
        .work(organization, by, move |change| {
            Box::pin(async move {
                // First of all: whoever has lost the lease writes nothing.
                let renewed = lease::put(change, acted, Some(had)).await?;
                let saved = match &snapshot {
                    Some(kept) => Some(change.work.put_document(change.organization(), WATCH, ONE, kept, saved).await?),
                    None => saved,
                };
                tell(change, found).await?;
                Ok::<_, Refused>((renewed, saved))
            })
        })
        .await?;
    (mine.lease, mine.until, mine.acted, mine.saved) = (lease, until, mine.at, saved);
    if saves {
        (mine.saved_at, mine.unsaved) = (now, 0);
    }
    Ok(())
}

async fn tell(change: &Change<'_>, found: Found) -> Result<(), Refused> {
    let Found { joined, new, tickets, heard } = found;
    for mut incident in new {
        kept::save(change, &mut incident, None).await?;
        if incident.stage == Stage::Candidate {
            tell_people(change, &incident).await?;
            accept_if_large(change, incident.id).await?;
        }
    }
    for id in heard {
        let (mut incident, read) = kept::load(change, id).await?;
        incident.is_unheard = false;
        kept::save(change, &mut incident, Some(read)).await?;
    }
    for (id, topic) in joined {
        let (mut incident, read) = kept::load(change, id).await?;
        incident.topic = Some(topic);
        kept::save(change, &mut incident, Some(read)).await?;
    }
    let mut touched: Vec<MajorIncidentId> = tickets.iter().map(|(id, ..)| *id).collect();
    touched.sort_unstable();
    touched.dedup();
    for id in touched {
        let (mut incident, read) = kept::load(change, id).await?;
        // Somebody may have decided while this was read.
        if !incident.stage.is_live() {
            continue;
        }
        tickets.iter().filter(|(of, ..)| *of == id).for_each(|(_, ticket, counts)| incident.add(*ticket, *counts));
        kept::save(change, &mut incident, Some(read)).await?;
        if incident.stage == Stage::Open {
            kept::cascade(change, id).await?;
        } else {
            accept_if_large(change, id).await?;
        }
    }
    Ok(())
}

/// A candidate is told to the people of line 1 and to those who answer for it.
async fn tell_people(change: &Change<'_>, incident: &Incident) -> Result<(), Refused> {
    let clients = incident.clients.to_string();
    let fields = [("incident", incident.title.as_str()), ("clients", clients.as_str())];
    kept::tell_groups(change, Text::NoticeIncidentCandidate, &fields).await?;
    kept::tell(change, Recipient::Supervisors, Text::NoticeIncidentCandidate, &fields).await
}

/// From the size on that the plan names no person is needed.
async fn accept_if_large(change: &Change<'_>, id: MajorIncidentId) -> Result<(), Refused> {
    let (mut incident, read) = kept::load(change, id).await?;
    let from = change.plan.mass().and_then(|rules| rules.accept_from);
    if incident.stage != Stage::Candidate || from.is_none_or(|from| incident.clients < from) {
        return Ok(());
    }
    kept::open(change, &mut incident, by_plan(&change.plan)).await?;
    kept::save(change, &mut incident, Some(read)).await
}
