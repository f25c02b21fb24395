//! The topics of one organization, and which of them have what in common with a request, without looking at each.

use std::collections::HashMap;

use serde::{Deserialize, Serialize, Serializer};

use crate::topic::{Frequencies, Topic};

/// Topics, and for each feature the places of those that have it. A topic's features are changed only here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Vec<Topic>")]
pub(crate) struct Topics {
    all: Vec<Topic>,
    with: HashMap<u64, Vec<usize>>,
}

impl Serialize for Topics {
    /// What has a feature is found again from the topics.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

impl From<Vec<Topic>> for Topics {
    fn from(all: Vec<Topic>) -> Self {
        let mut topics = Self::default();
        for topic in all {
            topics.push(topic);
        }
        topics
    }
}

impl Topics {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Topic> {
        self.all.iter()
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Topic> {
        self.all.get(place)
    }

    /// One with this number.
    pub(crate) fn place_of(&self, id: u64) -> Option<usize> {
        self.all.iter().position(|topic| topic.id == id)
    }

    /// All of them, to change what is known of their members.
    pub(crate) fn members_mut(&mut self) -> impl Iterator<Item = &mut Topic> {
        self.all.iter_mut()
    }

    /// One of them, to change what is known of its members.
    pub(crate) fn member_mut(&mut self, place: usize) -> Option<&mut Topic> {
        self.all.get_mut(place)
    }

    /// The topic that is likest to a request, of those that are at least `least` like it.
    ///
    /// A topic cannot be liker than the part of the request's weight that it has: of the cosine, by the inequality of Cauchy
    /// and Schwarz, the root of that part. Most topics have too little for a closer look.
    pub(crate) fn likest(&self, request: &[u64], least: f32, frequencies: &Frequencies) -> Option<usize> {
        let (mut shared, mut whole) = (vec![0.0f32; self.all.len()], 0.0f32);
        for feature in request {
            let weight = frequencies.weight(*feature);
            whole += weight;
            for place in self.with.get(feature).into_iter().flatten() {
                if let Some(shared) = shared.get_mut(*place) {
                    *shared += weight;
                }
            }
        }
        let at_most = |shared: f32| (shared / whole).sqrt();
        let mut worth_a_look: Vec<(usize, f32)> =
            shared.into_iter().map(at_most).enumerate().filter(|(_, most)| *most >= least).collect();
        worth_a_look.sort_by(|one, other| other.1.total_cmp(&one.1));
        let (mut best, mut found) = (least, None);
        for (place, most) in worth_a_look {
            if most < best {
                break;
            }
            let likeness = self.all.get(place).map_or(0.0, |topic| topic.likeness(request, frequencies));
            if likeness >= best {
                (best, found) = (likeness, Some(place));
            }
        }
        found
    }

    pub(crate) fn push(&mut self, topic: Topic) -> usize {
        let place = self.all.len();
        self.enter(&topic, place);
        self.all.push(topic);
        place
    }

    /// Takes a topic out; the last one takes its place.
    pub(crate) fn remove(&mut self, place: usize) -> Option<Topic> {
        let last = self.all.pop()?;
        self.leave(&last, self.all.len());
        if place == self.all.len() {
            return Some(last);
        }
        let gone = std::mem::replace(self.all.get_mut(place)?, last.clone());
        self.leave(&gone, place);
        self.enter(&last, place);
        Some(gone)
    }

    /// Lets a topic take a request in.
    pub(crate) fn follow(&mut self, place: usize, request: &[u64]) {
        let Some(topic) = self.all.get_mut(place) else { return };
        let before: Vec<u64> = topic.features().collect();
        topic.follow(request);
        let after: Vec<u64> = topic.features().collect();
        for gone in before.iter().filter(|feature| after.binary_search(feature).is_err()) {
            self.drop_one(*gone, place);
        }
        for new in after.iter().filter(|feature| before.binary_search(feature).is_err()) {
            self.with.entry(*new).or_default().push(place);
        }
    }

    fn enter(&mut self, topic: &Topic, place: usize) {
        for feature in topic.features() {
            self.with.entry(feature).or_default().push(place);
        }
    }

    fn leave(&mut self, topic: &Topic, place: usize) {
        for feature in topic.features() {
            self.drop_one(feature, place);
        }
    }

    fn drop_one(&mut self, feature: u64, place: usize) {
        if let Some(places) = self.with.get_mut(&feature) {
            places.retain(|known| *known != place);
            if places.is_empty() {
                self.with.remove(&feature);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever comes, goes and is read again: what the index finds is what a look at every topic finds.
        #[test]
        fn the_likest_is_found_without_looking_at_each(
            steps in prop::collection::vec((prop::collection::btree_set(0u64..60, 1..12), 0usize..40, any::<bool>()), 1..60)
        ) {
            let (mut topics, mut frequencies) = (Topics::default(), Frequencies::default());
            for (number, (features, place, removes)) in steps.into_iter().enumerate() {
                let features: Vec<u64> = features.into_iter().collect();
                frequencies.count(&features);
                let likeness = |place: usize| topics.all[place].likeness(&features, &frequencies);
                let best = (0..topics.len()).map(likeness).fold(0.0f32, f32::max);
                let found = topics.likest(&features, 0.42, &frequencies);
                prop_assert_eq!(found.map(likeness), (best >= 0.42).then_some(best));
                match found {
                    Some(found) => topics.follow(found, &features),
                    None => _ = topics.push(Topic::new(number as u64, &features, Timestamp::UNIX_EPOCH)),
                }
                if removes {
                    topics.remove(place);
                }
                if number % 20 == 0 {
                    topics = serde_json::from_value(serde_json::to_value(&topics).unwrap()).unwrap();
                }
            }
        }
    }
}
