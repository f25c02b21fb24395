//! The watch over one organization's requests.

use chance::at_least;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ticket::TicketId;

use crate::baseline::{Baseline, MINUTES_MAX};
use crate::sketch::{features, hash};
use crate::topic::{Fading, Frequencies, Member, RECENT_MAX, Topic};
use crate::topics::Topics;

/// Topics kept of one organization; the least is forgotten for a new one.
pub const TOPICS_MAX: usize = 400;
/// From this likeness on, a request belongs to a topic.
const ALIKE: f32 = 0.42;
/// From this likeness on, two topics are one in other words; looked at before a candidate is told.
const SAME: f32 = 0.35;
/// From this part on, what is said belongs to an announcement.
const CONTAINED: f32 = 0.5;
/// How much is taken for granted of a topic never seen, in requests, out of how many.
const PRIOR: (f64, f64) = (0.5, 40.0);
/// However much was seen of a topic, its rate moves by itself: as a gamma distribution of at most this shape.
const SHAPE_MAX: f64 = 12.0;
/// What chance brings about more rarely than this is none. A busy organization is asked some 10⁵ times a week.
const CHANCE_MAX: f64 = 1e-7;
/// How long a rejected candidate stays away, unless it grows by [`GREW`].
const MUTED_HOURS: i64 = 72;
const GREW: u32 = 4;
/// Tickets of a candidate that are named; the rest is counted.
const NAMED_MAX: usize = 1_000;

/// The number of a topic within one organization's watch.
pub type TopicId = u64;

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The ticket it became.
    pub ticket: TicketId,
    /// Whose it is; the same client counts once within the longest window.
    pub client: &'a str,
    /// When it came.
    pub at: Timestamp,
    /// What it says.
    pub text: &'a str,
    /// What else is known, such as category and product; empty ones do not count.
    pub fields: &'a [&'a str],
}

/// What a plan says about mass incidents.
#[derive(Debug, Clone)]
pub struct Settings {
    /// So many requests at least, of different clients.
    pub least: u32,
    /// So many times what is expected, at least.
    pub factor: f64,
    /// The window. A sixth and four times of it are looked at too, for the sudden and the slow.
    pub window: SignedDuration,
    /// The organization's zone, for the hour of the week.
    pub zone: TimeZone,
    /// Announced waves, such as mailings.
    pub waves: Vec<Wave>,
}

/// Something announced that makes many people write, and is no incident.
#[derive(Debug, Clone)]
pub struct Wave {
    /// What it is called.
    pub name: String,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// What it is about, in its own words.
    pub about: String,
}

/// More similar requests than expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Of which topic.
    pub topic: TopicId,
    /// How many different clients wrote within the window.
    pub count: u32,
    /// How many were to be expected.
    pub expected: f64,
    /// The chance of so many, were all as usual.
    pub chance: f64,
    /// The window, in minutes.
    pub window_minutes: i64,
    /// When the first request of the window came.
    pub since: Timestamp,
    /// The announced wave it belongs to; then it is no incident.
    pub wave: Option<String>,
    /// The tickets of the window, oldest first, at most 1,000.
    pub tickets: Vec<TicketId>,
    /// Whether it was told before, and has doubled since.
    pub grew: bool,
}

/// What became of one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// The topic it belongs to; none when it says too little.
    pub topic: Option<TopicId>,
    /// Whether it is the first of its client within the longest window.
    pub counts: bool,
    /// The topics that turned out to be that one in other words; their numbers are gone.
    pub joined: Vec<TopicId>,
    /// A candidate that this request made, or doubled.
    pub candidate: Option<Candidate>,
}

/// What is known about one organization's requests.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Watch {
    topics: Topics,
    next: TopicId,
    frequencies: Frequencies,
    baseline: Baseline,
    /// How many requests came before the windows, of all topics.
    total: Fading,
}

impl Watch {
    /// Takes one request in. Requests come in the order of the log; a clock that went back does no harm.
    pub fn observe(&mut self, request: &Request<'_>, settings: &Settings) -> Observed {
        let Request { ticket, client, at, text, fields } = *request;
        self.baseline.count(at, &settings.zone);
        let features = features(text, fields);
        if features.is_empty() {
            return Observed::default();
        }
        self.frequencies.count(&features);
        let longest = windows(settings).into_iter().max().unwrap_or_default();
        let slot = self.place(&features, at);
        for topic in self.topics.members_mut() {
            topic.forget(at - longest, &mut self.total);
        }
        let Some(topic) = self.topics.member_mut(slot) else { return Observed::default() };
        topic.last = topic.last.max(at);
        let client = hash(4, client);
        let counts = topic.recent.iter().all(|known| known.client != client);
        if counts {
            if topic.recent.len() == RECENT_MAX {
                topic.recent.pop_front();
            }
            topic.recent.push_back(Member { at, ticket, client });
        }
        let (id, mut joined) = (topic.id, Vec::new());
        let candidate = self.judge(slot, at, settings, &mut joined);
        // Of topics that are one, the one known longest keeps its number.
        let topic = joined.iter().copied().chain([id]).min();
        joined.extend([id]);
        joined.retain(|gone| Some(*gone) != topic);
        Observed { topic, counts, joined, candidate }
    }

    /// Whether a request is about what `about` says: half of the words of the one are the other's.
    #[must_use]
    pub fn belongs(&self, about: &str, request: &str) -> bool {
        self.frequencies.containment(&features(about, &[]), &features(request, &[])) >= CONTAINED
    }

    /// A person said that a candidate is no incident: it stays away, unless it becomes much larger.
    pub fn reject(&mut self, topic: TopicId, now: Timestamp) {
        if let Some(topic) = self.topics.members_mut().find(|known| known.id == topic) {
            let until = now.saturating_add(SignedDuration::from_hours(MUTED_HOURS)).unwrap_or(Timestamp::MAX);
            let many = u32::try_from(topic.recent.len()).unwrap_or(u32::MAX);
            topic.muted = Some((until, many.saturating_mul(GREW)));
            // What was rejected is how it usually is.
            topic.alarm = None;
        }
    }

    /// A person said that an incident is over: what comes from now on is another one, once it is enough.
    pub fn begin_anew(&mut self, topic: TopicId) {
        if let Some(topic) = self.topics.members_mut().find(|known| known.id == topic) {
            // It was no usual time, so that nothing is learned from it.
            topic.recent.clear();
            topic.alarm = None;
        }
    }

    /// The topic of a request: the likest, or a new one.
    fn place(&mut self, features: &[u64], at: Timestamp) -> usize {
        if let Some(slot) = self.topics.likest(features, ALIKE, &self.frequencies) {
            self.topics.follow(slot, features);
            return slot;
        }
        if self.topics.len() >= TOPICS_MAX {
            let worths = self.topics.iter().map(|topic| topic.worth(at)).enumerate();
            if let Some((least, _)) = worths.min_by(|one, other| one.1.total_cmp(&other.1)) {
                self.topics.remove(least);
            }
        }
        self.next += 1;
        self.topics.push(Topic::new(self.next, features, at))
    }

    fn judge(
        &mut self,
        slot: usize,
        at: Timestamp,
        settings: &Settings,
        joined: &mut Vec<TopicId>,
    ) -> Option<Candidate> {
        let mut surprise = self.surprise(slot, at, settings)?;
        let id = self.topics.get(slot)?.id;
        let (mut slot, mut id) = (slot, id);
        // What looks new may be the usual in other words. The topic that is known longer keeps its number and its words.
        while let Some(other) = self.same_as(slot) {
            let (keep, gone) = if self.topics.get(other)?.id < id { (other, slot) } else { (slot, other) };
            id = self.topics.get(keep)?.id;
            let gone = self.topics.remove(gone)?;
            slot = self.topics.place_of(id)?;
            joined.extend([id, gone.id]);
            self.topics.member_mut(slot)?.absorb(gone, at);
            surprise = self.surprise(slot, at, settings)?;
        }
        let Surprise { window, count, expected, chance } = surprise;
        let topic = self.topics.get(slot)?;
        let from = topic.recent.partition_point(|member| member.at <= at - window);
        let tickets: Vec<TicketId> = topic.recent.range(from..).take(NAMED_MAX).map(|member| member.ticket).collect();
        let since = topic.recent.get(from).map_or(at, |member| member.at);
        let grew = topic.alarm.is_some();
        let common = topic.common();
        let wave = settings.waves.iter().find(|wave| self.announces(wave, at, &common)).map(|wave| wave.name.clone());
        let window_minutes = window.as_mins();
        let topic = self.topics.member_mut(slot)?;
        topic.alarm = Some(count);
        Some(Candidate { topic: id, count, expected, chance, window_minutes, since, wave, tickets, grew })
    }

    /// The window in which the topic surprises most, where it does.
    fn surprise(&self, slot: usize, at: Timestamp, settings: &Settings) -> Option<Surprise> {
        let (topic, total) = (self.topics.get(slot)?, self.total.at(at));
        if topic.muted.is_some_and(|(until, many)| at < until && (topic.recent.len() as u64) < u64::from(many)) {
            return None;
        }
        let found = windows(settings).into_iter().filter_map(|window| {
            let count = topic.count_since(at - window);
            // Where everything is more than usual, no single topic stands out: the rest of the volume is the measure.
            let others = f64::from(self.baseline.observed(at, window).saturating_sub(count));
            let volume = self.baseline.expected(at, window, &settings.zone).max(others).max(1.0);
            let seen = topic.before.at(at) + PRIOR.0;
            let expected = seen * volume / (total + PRIOR.1);
            if count < settings.least || f64::from(count) < settings.factor * expected {
                return None;
            }
            let chance = at_least(count, expected, seen.min(SHAPE_MAX));
            (chance <= CHANCE_MAX).then_some(Surprise { window, count, expected, chance })
        });
        let most = found.min_by(|one, other| one.chance.total_cmp(&other.chance))?;
        let told = topic.alarm.is_some_and(|told| most.count < told.saturating_mul(2));
        (!told).then_some(most)
    }

    /// Another topic that is the same as this one in other words.
    fn same_as(&self, slot: usize) -> Option<usize> {
        let topic = self.topics.get(slot)?;
        let others = self.topics.iter().enumerate().filter(|(_, other)| other.id != topic.id);
        let alike = others.map(|(other, known)| (other, topic.likeness_to(known, &self.frequencies)));
        let best = alike.max_by(|one, other| one.1.total_cmp(&other.1))?;
        (best.1 >= SAME).then_some(best.0)
    }

    /// Whether an announced wave is about what the members of a topic have in common.
    fn announces(&self, wave: &Wave, at: Timestamp, common: &[u64]) -> bool {
        let is_on = (wave.from..wave.until).contains(&at);
        is_on && self.frequencies.containment(&features(&wave.about, &[]), common) >= CONTAINED
    }
}

/// More than chance brings about.
struct Surprise {
    window: SignedDuration,
    count: u32,
    expected: f64,
    chance: f64,
}

/// The windows that are looked at, shortest first.
fn windows(settings: &Settings) -> [SignedDuration; 3] {
    let most = SignedDuration::from_mins(MINUTES_MAX);
    let window = settings.window.clamp(SignedDuration::from_mins(6), most);
    [window / 6, window, (window * 4).min(most)]
}
