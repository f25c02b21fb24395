//! What many requests have in common.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ticket::TicketId;

/// Features kept of a topic; the rarest fall away.
const FEATURES_MAX: usize = 120;
/// Counted members that a topic remembers one by one; beyond these the oldest is forgotten, which no longer matters
/// once that many came together.
pub(crate) const RECENT_MAX: usize = 2_000;
/// A topic follows the way people write of it: a new member weighs at least this part.
const FOLLOWS: f32 = 0.02;
/// In how small a part of the members a feature may occur, and still be kept.
const RARE: f32 = 0.04;
/// Half of what a topic is known for is forgotten in this time.
const HALF_LIFE_DAYS: f64 = 14.0;
/// Buckets of the frequencies of features.
const BUCKETS: usize = 8_192;
/// An announcement is compared as if so many requests without its words had come before: those that it brings about would
/// else make its own words look like everybody's.
const UNSEEN: f32 = 1_000.0;
/// From so many requests on, the frequencies are halved, so that they follow.
const DOCUMENTS_MAX: f32 = 30_000.0;

/// A request that counts: the first of its client within the longest window.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) at: Timestamp,
    pub(crate) ticket: TicketId,
    pub(crate) client: u64,
}

/// A number that fades: half of it is gone after [`HALF_LIFE_DAYS`].
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Fading {
    value: f64,
    at: Timestamp,
}

impl Fading {
    pub(crate) fn at(self, now: Timestamp) -> f64 {
        let days = now.duration_since(self.at).as_secs_f64().max(0.0) / 86_400.0;
        self.value * (-days / HALF_LIFE_DAYS).exp2()
    }

    pub(crate) fn add(&mut self, amount: f64, now: Timestamp) {
        *self = Self { value: self.at(now) + amount, at: now.max(self.at) };
    }
}

/// How many requests had a feature, roughly: features share buckets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Frequencies {
    buckets: Vec<f32>,
    documents: f32,
}

impl Default for Frequencies {
    fn default() -> Self {
        Self { buckets: vec![0.0; BUCKETS], documents: 0.0 }
    }
}

impl Frequencies {
    pub(crate) fn count(&mut self, features: &[u64]) {
        self.documents += 1.0;
        for feature in features {
            if let Some(bucket) = self.buckets.get_mut(slot(*feature)) {
                *bucket += 1.0;
            }
        }
        if self.documents > DOCUMENTS_MAX {
            self.documents /= 2.0;
            self.buckets.iter_mut().for_each(|bucket| *bucket /= 2.0);
        }
    }

    /// How much of one of two lots of features is in the other; the larger of both parts. Both are sorted.
    pub(crate) fn containment(&self, one: &[u64], other: &[u64]) -> f32 {
        let weight = |feature: &u64| ((self.documents + UNSEEN) / (self.count_of(*feature) + 1.0)).ln().max(0.0);
        let whole = |of: &[u64]| of.iter().map(weight).sum::<f32>();
        let both = one.iter().filter(|feature| other.binary_search(feature).is_ok()).map(weight).sum::<f32>();
        let smaller = whole(one).min(whole(other));
        if smaller > 0.0 { both / smaller } else { 0.0 }
    }

    /// How much a feature tells: the inverse document frequency (K. Spärck Jones, 1972), squared for a product of two.
    pub(crate) fn weight(&self, feature: u64) -> f32 {
        ((self.documents + 2.0) / (self.count_of(feature) + 1.0)).ln().max(0.05).powi(2)
    }

    fn count_of(&self, feature: u64) -> f32 {
        self.buckets.get(slot(feature)).copied().unwrap_or_default()
    }
}

fn slot(feature: u64) -> usize {
    usize::try_from(feature % BUCKETS as u64).unwrap_or(0)
}

/// Requests that are alike.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Topic {
    pub(crate) id: u64,
    /// Sorted by feature: which part of the members has it.
    features: Vec<(u64, f32)>,
    /// How many members made these parts.
    members: f32,
    /// How many came before the windows, outside of incidents.
    pub(crate) before: Fading,
    /// Those within the longest window, oldest first.
    pub(crate) recent: VecDeque<Member>,
    /// When the last one came.
    pub(crate) last: Timestamp,
    /// A candidate goes on: how many it was last told with.
    pub(crate) alarm: Option<u32>,
    /// A person said that it is none: until when, and unless it grows to how many.
    pub(crate) muted: Option<(Timestamp, u32)>,
}

impl Topic {
    pub(crate) fn new(id: u64, features: &[u64], at: Timestamp) -> Self {
        let features = features.iter().take(FEATURES_MAX).map(|feature| (*feature, 1.0)).collect();
        let (before, recent) = (Fading::default(), VecDeque::new());
        Self { id, features, members: 1.0, before, recent, last: at, alarm: None, muted: None }
    }

    /// The cosine between a request and what its members have in common, weighed by how much each feature tells.
    pub(crate) fn likeness(&self, request: &[u64], frequencies: &Frequencies) -> f32 {
        let (mut both, mut topic, mut wanted) = (0.0f32, 0.0f32, request.iter().peekable());
        for (feature, part) in &self.features {
            while wanted.next_if(|next| **next < *feature).is_some() {}
            let weight = frequencies.weight(*feature);
            topic += weight * part * part;
            if wanted.next_if(|next| **next == *feature).is_some() {
                both += weight * part;
            }
        }
        let whole: f32 = request.iter().map(|feature| frequencies.weight(*feature)).sum();
        if topic * whole > 0.0 { both / (topic * whole).sqrt() } else { 0.0 }
    }

    /// Its features, sorted.
    pub(crate) fn features(&self) -> impl Iterator<Item = u64> {
        self.features.iter().map(|(feature, _)| *feature)
    }

    /// What at least half of the members have in common.
    pub(crate) fn common(&self) -> Vec<u64> {
        self.features.iter().filter(|(_, part)| *part >= 0.5).map(|(feature, _)| *feature).collect()
    }

    /// The same between what the members of two topics have in common.
    pub(crate) fn likeness_to(&self, other: &Self, frequencies: &Frequencies) -> f32 {
        let (mut both, mut one, mut two) = (0.0f32, 0.0f32, 0.0f32);
        let mut theirs = other.features.iter().peekable();
        for (feature, part) in &self.features {
            while let Some((only, part)) = theirs.next_if(|next| next.0 < *feature) {
                two += frequencies.weight(*only) * part * part;
            }
            let weight = frequencies.weight(*feature);
            one += weight * part * part;
            if let Some((_, their)) = theirs.next_if(|next| next.0 == *feature) {
                two += weight * their * their;
                both += weight * part * their;
            }
        }
        two += theirs.map(|(feature, part)| frequencies.weight(*feature) * part * part).sum::<f32>();
        if one * two > 0.0 { both / (one * two).sqrt() } else { 0.0 }
    }

    /// Takes over what was known of a topic that is the same in other words.
    pub(crate) fn absorb(&mut self, other: Self, now: Timestamp) {
        let Self { id: _, features: _, members, before, recent, last, alarm, muted } = other;
        self.before.add(before.at(now), now);
        let known: Vec<u64> = self.recent.iter().map(|member| member.client).collect();
        self.recent.extend(recent.into_iter().filter(|member| !known.contains(&member.client)));
        self.recent.make_contiguous().sort_by_key(|member| (member.at, member.ticket));
        let over = self.recent.len().saturating_sub(RECENT_MAX);
        self.recent.drain(..over);
        self.members += members;
        self.last = self.last.max(last);
        self.alarm = self.alarm.max(alarm);
        self.muted = self.muted.max(muted);
    }

    /// Takes a request in.
    pub(crate) fn follow(&mut self, request: &[u64]) {
        self.members += 1.0;
        let part = (1.0 / self.members).max(FOLLOWS);
        let mut merged = Vec::with_capacity(self.features.len() + request.len());
        let mut wanted = request.iter().peekable();
        for (feature, known) in &self.features {
            while let Some(new) = wanted.next_if(|next| **next < *feature) {
                merged.push((*new, part));
            }
            let has = wanted.next_if(|next| **next == *feature).is_some();
            merged.push((*feature, known + (f32::from(u8::from(has)) - known) * part));
        }
        merged.extend(wanted.map(|new| (*new, part)));
        merged.retain(|(_, part)| *part >= RARE.min(0.5 / self.members));
        if merged.len() > FEATURES_MAX {
            merged.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            merged.truncate(FEATURES_MAX);
            merged.sort_by_key(|(feature, _)| *feature);
        }
        self.features = merged;
    }

    /// Lets go what left the longest window; what was no incident is what to expect from now on.
    pub(crate) fn forget(&mut self, before: Timestamp, total: &mut Fading) {
        while let Some(member) = self.recent.pop_front_if(|member| member.at <= before) {
            if self.alarm.is_none() {
                self.before.add(1.0, member.at);
                total.add(1.0, member.at);
            }
        }
        if self.recent.is_empty() {
            self.alarm = None;
        }
    }

    /// How many counted members came after `since`.
    pub(crate) fn count_since(&self, since: Timestamp) -> u32 {
        let from = self.recent.partition_point(|member| member.at <= since);
        u32::try_from(self.recent.len() - from).unwrap_or(u32::MAX)
    }

    /// How much the topic is worth keeping at `now`.
    pub(crate) fn worth(&self, now: Timestamp) -> f64 {
        let rest = now.duration_since(self.last) < SignedDuration::from_hours(24);
        self.before.at(now) + self.recent.len() as f64 + f64::from(u8::from(rest))
    }
}
