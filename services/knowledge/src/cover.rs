//! How much of a question an article covers, seen in several ways, each by BM25 as a share of what an article that is
//! about nothing else would get.
//!
//! Each view errs in its own way, and what several agree on is mostly so: they count alike (a fusion by sum), so that
//! there are no weights to fit to one organization's questions.

use crate::{
    entry::Entry,
    manner,
    nearby::Nearby,
    question::{Known, Question},
    statistics::Usual,
    term::Sieve,
    vocabulary::FormId,
};

/// From how often a term is repeated to how much it counts: at this many times it counts half of what it ever can.
const SATURATION: f32 = 1.2;

/// How much a text longer than the average is marked down for its length: 0 not at all, 1 in full.
const LENGTH: f32 = 0.75;

/// What a term in the answer counts beside one in the title or in a known question.
const BODY: f32 = 0.5;

/// What word order counts beside the other views: it speaks only when it agrees.
const PAIRS: f32 = 0.5;

/// A word that isn't in an article was still meant by it when it asks with so much of its pieces.
const PIECES_FOR_A_MATCH: f32 = 0.6;

/// An article that has all codes of a question counts so much more than one that has none: more than
/// all the views together.
const CODES: f32 = 2.0;

/// What an article covers of a question; each about 0 to 1, 0 for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Views {
    /// Whole words, in all of it.
    pub(crate) stems: f32,
    /// Pieces of words, in all of it.
    pub(crate) pieces: f32,
    /// Pieces of words, in what is asked.
    pub(crate) asks: f32,
    /// Pieces of words, in the passage that has the most.
    pub(crate) passage: f32,
    /// Neighbouring words that are neighbours in the article too.
    pub(crate) pairs: f32,
    /// Whole words, in what is asked.
    pub(crate) ask_stems: f32,
    /// The other way round: the share of the words of what is asked that the question has.
    pub(crate) back: f32,
    /// How many words the question has.
    pub(crate) words: f32,
    /// How it is asked, in small words.
    pub(crate) manner: f32,
    /// The words that stand close together in the answer.
    pub(crate) nearby: f32,
    /// The share of the question's codes.
    pub(crate) codes: f32,
    /// All of these together.
    pub(crate) covered: f32,
}

/// What a word of an article is to the question.
#[derive(Default)]
struct Role {
    slots: Vec<(usize, f32)>,
    pieces: Vec<(usize, f32)>,
}

/// How often something is in an article.
#[derive(Clone, Copy, Default)]
struct Times {
    ask: f32,
    body: f32,
}

/// Holds articles against one question.
pub(crate) struct Cover<'a> {
    question: &'a Question,
    rarities: Vec<f32>,
    /// Most pieces of most words are none of the question's.
    sieve: Sieve,
    known: Known<'a>,
    stems: Usual,
    pieces: Usual,
    /// By forms, the place of their role; 0 where that is not known yet.
    role_of: Vec<u32>,
    roles: Vec<Role>,
}

/// What came of one article.
pub(crate) struct Covered {
    pub(crate) views: Views,
    /// The words of the question that the article has.
    pub(crate) matched: Vec<String>,
}

impl<'a> Cover<'a> {
    pub(crate) fn new(question: &'a Question, known: Known<'a>) -> Self {
        Self {
            question,
            rarities: question.slots.iter().map(|slot| slot.rarity).collect(),
            sieve: Sieve::of(question.piece_places.keys()),
            known,
            stems: known.stems.usual(known.viewer),
            pieces: known.pieces.usual(known.viewer),
            role_of: vec![0; known.vocabulary.len()],
            roles: Vec::new(),
        }
    }

    /// What `entry` covers; `None` when it has no word of the question.
    pub(crate) fn of(&mut self, entry: &Entry) -> Option<Covered> {
        let question = self.question;
        let mut slots = vec![Times::default(); question.slots.len()];
        let mut pieces = vec![Times::default(); question.pieces.len()];
        let mut follows = vec![false; question.slots.len()];
        let (mut before, mut asked_for): (Option<u32>, u16) = (None, 0);
        for form in &entry.ask {
            let role = self.role(*form);
            self.count(role, |times| &mut times.ask, &mut slots, &mut pieces);
            let is_asked = self.role_at(role).is_some_and(|role| !role.slots.is_empty());
            asked_for = asked_for.saturating_add(u16::from(is_asked));
            self.note_pair(before.replace(role), role, &mut follows);
        }
        let back = f32::from(asked_for) / entry.ask.len().max(1) as f32;
        before = None;
        let asks = pieces.iter().zip(&question.pieces).map(|(times, rarity)| (times.ask, *rarity));
        let best = saturated(asks, norm(entry.piece_lengths.ask, self.pieces.passage));
        let (passage, nearby) = self.body(entry, &mut slots, &mut pieces, &mut follows, &mut before);

        let matched = self.matched(&slots, &pieces);
        if matched.is_empty() {
            return None;
        }
        let rarities = || self.rarities.iter().copied();
        let in_all =
            |times: &Times, ask_norm: f32, body_norm: f32| times.ask / ask_norm + BODY * times.body / body_norm;
        let (stem_norm, body_norm) =
            (norm(entry.stem_lengths.ask, self.stems.ask), norm(entry.stem_lengths.body, self.stems.body));
        let stems = saturated(slots.iter().map(|times| in_all(times, stem_norm, body_norm)).zip(rarities()), 1.0);
        let (ask_norm, body_norm) =
            (norm(entry.piece_lengths.ask, self.pieces.ask), norm(entry.piece_lengths.body, self.pieces.body));
        let of_pieces = || pieces.iter().zip(question.pieces.iter().copied());
        let views = Views {
            stems,
            pieces: saturated(of_pieces().map(|(times, rarity)| (in_all(times, ask_norm, body_norm), rarity)), 1.0),
            asks: saturated(of_pieces().map(|(times, rarity)| (times.ask, rarity)), ask_norm),
            passage: passage.max(best),
            pairs: self.pairs(&follows),
            ask_stems: saturated(slots.iter().map(|times| times.ask).zip(rarities()), stem_norm),
            back,
            words: question.slots.len() as f32,
            manner: manner::likeness(&question.manner, &entry.manner, self.known.manners, self.known.viewer),
            nearby,
            codes: self.codes(&slots),
            covered: 0.0,
        };
        Some(Covered { views: views.together(question), matched })
    }

    /// Counts the words of the answer; returns what the best two neighbouring passages cover, and how
    /// much of the question stands close together.
    fn body(
        &mut self,
        entry: &Entry,
        slots: &mut [Times],
        pieces: &mut [Times],
        follows: &mut [bool],
        before: &mut Option<u32>,
    ) -> (f32, f32) {
        let rarities = self.rarities.clone();
        let mut nearby = Nearby::new(&rarities);
        let (mut best, mut begin): (f32, usize) = (0.0, 0);
        let (mut here, mut last) = (vec![Times::default(); pieces.len()], vec![Times::default(); pieces.len()]);
        let (mut last_pieces, mut last_speaks) = (0, false);
        for passage in &entry.passages {
            let mut speaks = false;
            for form in entry.body.get(begin..passage.end).into_iter().flatten() {
                let role = self.role(*form);
                speaks |= role != SILENT;
                self.count(role, |times| &mut times.body, slots, &mut here);
                nearby.read(self.slots_of(role));
                self.note_pair(before.replace(role), role, follows);
            }
            begin = passage.end;
            if speaks || last_speaks {
                let both = here.iter().zip(&last).map(|(here, last)| here.body + last.body);
                let read = both.zip(self.question.pieces.iter().copied());
                best = best.max(saturated(read, norm(passage.pieces.saturating_add(last_pieces), self.pieces.passage)));
            }
            if speaks {
                pieces.iter_mut().zip(&here).for_each(|(all, here)| all.body += here.body);
            }
            std::mem::swap(&mut here, &mut last);
            // What stood before the last one is not needed any more.
            if last_speaks {
                here.fill(Times::default());
            }
            (last_pieces, last_speaks) = (passage.pieces, speaks);
        }
        (best, nearby.most())
    }

    /// The words of the question that a word is, or may be meant as.
    fn slots_of(&self, role: u32) -> impl Iterator<Item = usize> {
        self.role_at(role).into_iter().flat_map(|role| role.slots.iter().map(|(slot, _)| *slot))
    }

    /// The place of the role of `form`.
    fn role(&mut self, form: FormId) -> u32 {
        match self.role_of.get(form.place()) {
            Some(0) | None => {}
            Some(known) => return *known,
        }
        let role = self.read(form);
        let place = if role.slots.is_empty() && role.pieces.is_empty() {
            SILENT
        } else {
            self.roles.push(role);
            u32::try_from(self.roles.len()).unwrap_or(SILENT)
        };
        if let Some(known) = self.role_of.get_mut(form.place()) {
            *known = place;
        }
        place
    }

    fn read(&self, form: FormId) -> Role {
        let Some(form) = self.known.vocabulary.form(form) else { return Role::default() };
        let stands = self.question.stands.get(&form.term).map(Vec::as_slice).unwrap_or_default();
        let slots: Vec<(usize, f32)> = stands.iter().map(|stand| (stand.slot, stand.worth)).collect();
        let own = form.pieces.iter().filter(|piece| self.sieve.lets_pass(**piece));
        let own = own.filter_map(|piece| self.question.piece_places.get(piece));
        let mut pieces: Vec<(usize, f32)> = own.map(|place| (*place, 1.0)).collect();
        // What stands for another word has that word's pieces.
        for stand in stands.iter().filter(|stand| stand.worth < 1.0) {
            let all = self.question.slots.get(stand.slot).map(|slot| slot.pieces.as_slice()).unwrap_or_default();
            let missing: Vec<usize> =
                all.iter().copied().filter(|place| pieces.iter().all(|(has, _)| has != place)).collect();
            pieces.extend(missing.into_iter().map(|place| (place, stand.worth)));
        }
        Role { slots, pieces }
    }

    fn count(&self, role: u32, part: impl Fn(&mut Times) -> &mut f32, slots: &mut [Times], pieces: &mut [Times]) {
        let Some(role) = self.role_at(role) else { return };
        for (places, times) in [(&role.slots, slots), (&role.pieces, pieces)] {
            for (place, worth) in places {
                if let Some(times) = times.get_mut(*place) {
                    *part(times) += worth;
                }
            }
        }
    }

    fn role_at(&self, place: u32) -> Option<&Role> {
        self.roles.get((place as usize).checked_sub(1)?)
    }

    /// Notes which slots follow the one before them here as they do in the question.
    fn note_pair(&self, before: Option<u32>, now: u32, follows: &mut [bool]) {
        let (Some(before), Some(now)) = (before.and_then(|before| self.role_at(before)), self.role_at(now)) else {
            return;
        };
        for (slot, _) in &now.slots {
            if before.slots.iter().any(|(earlier, _)| earlier + 1 == *slot)
                && let Some(follows) = follows.get_mut(*slot)
            {
                *follows = true;
            }
        }
    }

    fn pairs(&self, follows: &[bool]) -> f32 {
        let slots = &self.question.slots;
        let weighed = slots.windows(2).zip(follows.iter().skip(1)).map(|(pair, follows)| {
            let rarity: f32 = pair.iter().map(|slot| slot.rarity).sum();
            (if *follows { rarity } else { 0.0 }, rarity)
        });
        let (has, all) = weighed.fold((0.0, 0.0), |(has, all), (one, of)| (has + one, all + of));
        if all > 0.0 { has / all } else { 0.0 }
    }

    fn codes(&self, slots: &[Times]) -> f32 {
        let codes = self.question.slots.iter().zip(slots).filter(|(slot, _)| slot.word.is_code());
        let (has, all) = codes.fold((0.0, 0.0), |(has, all), (_, times)| {
            (has + f32::from(u8::from(times.ask + times.body > 0.0)), all + 1.0)
        });
        if all > 0.0 { has / all } else { 0.0 }
    }

    /// The words that the article has, or asks with nearly like it: a long answer has the pieces of every word.
    fn matched(&self, slots: &[Times], pieces: &[Times]) -> Vec<String> {
        let has = |place: &usize| pieces.get(*place).is_some_and(|times| times.ask > 0.0);
        let matched = self.question.slots.iter().zip(slots).filter(|(slot, times)| {
            let shared = slot.pieces.iter().filter(|place| has(place)).count();
            times.ask + times.body > 0.0
                || (shared > 0
                    && !slot.word.is_exact()
                    && shared as f32 >= PIECES_FOR_A_MATCH * slot.pieces.len() as f32)
        });
        matched.map(|(slot, _)| slot.word.folded.clone()).collect()
    }
}

/// The role of a word that has nothing to do with the question.
const SILENT: u32 = u32::MAX;

impl Views {
    /// Adds up the views that can speak about `question`.
    fn together(mut self, question: &Question) -> Self {
        let (mut sum, mut of) = (self.stems, 1.0);
        if !question.pieces.is_empty() {
            sum += self.pieces + self.asks + self.passage;
            of += 3.0;
        }
        if question.slots.len() > 1 {
            sum += PAIRS * self.pairs;
            of += PAIRS;
        }
        if !question.manner.is_empty() {
            sum += question.manner_counts * self.manner;
            of += question.manner_counts;
        }
        self.covered = sum / of + CODES * self.codes;
        self
    }
}

fn norm(length: u32, usual: f32) -> f32 {
    1.0 - LENGTH + LENGTH * length as f32 / usual
}

/// BM25 over how often terms occur and how rare they are, as a share of the whole.
fn saturated(terms: impl Iterator<Item = (f32, f32)>, norm: f32) -> f32 {
    let (has, all) = terms.fold((0.0, 0.0), |(has, all), (times, rarity)| {
        let times = times / norm;
        (has + rarity * times * (1.0 + SATURATION) / (times + SATURATION), all + rarity)
    });
    if all > 0.0 { has / all } else { 0.0 }
}
