//! A question, ready to be searched with: its words as they were meant, and what else may stand for them.

use std::collections::{HashMap, HashSet};

use crate::{
    article::Viewer,
    keyboard::{in_other_layout, in_russian_letters},
    manner::manner_of,
    statistics::Statistics,
    stop_words::is_courtesy,
    synonyms::Synonyms,
    term::{Term, TermMap},
    vocabulary::{Alike, Form, FormId, Likest, Vocabulary, errors_forgiven, pieces},
    words::{Word, words},
};

/// So much of a question is read, in bytes.
pub const QUESTION_BYTES_MAX: usize = 64 * 1024;

/// So many distinct words of a question are searched for, the first ones; what a client asks stands before the log
/// that is pasted below it.
pub const QUESTION_WORDS_MAX: usize = 64;

/// So many distinct pieces of its words are compared, the first ones.
const QUESTION_PIECES_MAX: usize = 512;

/// So many stems are looked up in the index for a question, its own included.
pub(crate) const LOOKED_UP_MAX: usize = 192;

/// So many words that look alike are looked up for one of the question's, when there is room.
const ALIKE_MAX: usize = 8;

/// One that has less of its pieces is not worth it: what it brings in is hardly ever what was meant.
const ALIKE_SHARE_MIN: f32 = 0.4;

/// What a synonym counts beside the word itself.
const SYNONYM: f32 = 0.9;

/// What a word counts that the question's is a mistyped one of.
const MISTYPED: f32 = 0.5;

/// Longer runs without a space, in bytes, were not typed with a wrong layout.
const TYPED_BYTES_MAX: usize = 128;

/// What a question is read against.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) viewer: Viewer,
    pub(crate) stems: &'a Statistics,
    pub(crate) pieces: &'a Statistics,
    pub(crate) manners: &'a Statistics,
    /// The share of the articles that are asked for in some manner.
    pub(crate) with_manner: f32,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) synonyms: &'a Synonyms,
}

/// One word of a question.
pub(crate) struct Slot {
    pub(crate) word: Word,
    /// How much it says.
    pub(crate) rarity: f32,
    /// Its pieces, as places among the question's.
    pub(crate) pieces: Vec<usize>,
}

/// A word that an article may have instead of a slot's.
#[derive(Clone, Copy)]
pub(crate) struct Stand {
    pub(crate) slot: usize,
    /// What it counts; 1 for the word itself.
    pub(crate) worth: f32,
}

/// The question.
pub(crate) struct Question {
    pub(crate) slots: Vec<Slot>,
    /// By the stems of articles, for which slots they stand.
    pub(crate) stands: TermMap<Vec<Stand>>,
    /// How it is asked, as far as articles are asked for so.
    pub(crate) manner: Vec<Term>,
    /// What that counts beside another view: among bare titles, one that happens to have a small word has it by chance.
    pub(crate) manner_counts: f32,
    /// Its distinct pieces, with how much each says.
    pub(crate) pieces: Vec<f32>,
    pub(crate) piece_places: TermMap<usize>,
    /// Stems to look up in the index, with a weight each.
    pub(crate) look_up: Vec<(String, f32)>,
}

impl Question {
    pub(crate) fn read(text: &str, known: Known<'_>) -> Self {
        let text = &text[..text.floor_char_boundary(QUESTION_BYTES_MAX)];
        let mut alikes = Alikes { known, of: HashMap::new() };
        let asked = known.words_of(text, &mut alikes);
        let mut manner = manner_of(text);
        manner.retain(|term| known.manners.articles_with(*term, known.viewer) > 0);
        let mut question = Self {
            slots: Vec::new(),
            manner,
            manner_counts: known.with_manner,
            stands: TermMap::default(),
            pieces: Vec::new(),
            piece_places: TermMap::default(),
            look_up: Vec::new(),
        };
        for word in &asked {
            let places = pieces(word).into_iter().filter_map(|piece| question.place_of(piece, known)).collect();
            question.slots.push(Slot { word: word.clone(), rarity: 0.0, pieces: places });
        }
        for slot in 0..asked.len() {
            question.stand_ins(slot, &asked, &mut alikes);
        }
        for (slot, word) in asked.iter().enumerate() {
            question.weigh(slot, word, known);
        }
        question.look_alikes(&asked, &mut alikes);
        question
    }

    /// The place of `piece` among the question's; none when there are too many.
    fn place_of(&mut self, piece: Term, known: Known<'_>) -> Option<usize> {
        if let Some(place) = self.piece_places.get(&piece) {
            return Some(*place);
        }
        (self.pieces.len() < QUESTION_PIECES_MAX).then(|| {
            let with = known.pieces.articles_with(piece, known.viewer);
            self.pieces.push(known.pieces.rarity(with, known.viewer));
            self.piece_places.insert(piece, self.pieces.len() - 1);
            self.pieces.len() - 1
        })
    }

    /// Finds out what may stand for a slot: its stem, synonyms, and what it may be a mistyped one of.
    fn stand_ins(&mut self, slot: usize, asked: &[Word], alikes: &mut Alikes<'_>) {
        let Some(word) = asked.get(slot) else { return };
        let known = alikes.known;
        self.stand(&word.stem, Stand { slot, worth: 1.0 });
        if !known.knows(word) {
            for form in alikes.nearest(word) {
                self.stand(known.vocabulary.stem(form), Stand { slot, worth: MISTYPED });
            }
        }
        for synonymous in known.synonyms.of(&asked[slot..]) {
            for phrase in synonymous.others {
                let worth = SYNONYM / phrase.len().max(1) as f32;
                for word in phrase {
                    for slot in slot..slot + synonymous.taken {
                        self.stand(&word.stem, Stand { slot, worth });
                    }
                }
            }
        }
    }

    fn stand(&mut self, stem: &str, stand: Stand) {
        let stands = self.stands.entry(Term::of(stem)).or_default();
        if stands.iter().any(|known| known.slot == stand.slot) {
            return;
        }
        stands.push(stand);
        if self.look_up.len() < LOOKED_UP_MAX {
            self.look_up.push((stem.to_owned(), stand.worth));
        }
    }

    /// A word says as much as the commonest of what may stand for it: one that is nowhere is rare only when it
    /// is nothing else mistyped.
    fn weigh(&mut self, slot: usize, word: &Word, known: Known<'_>) {
        let is_for_slot = |stands: &[Stand]| stands.iter().any(|stand| stand.slot == slot && stand.worth >= MISTYPED);
        let own = known.stems.articles_with(Term::of(&word.stem), known.viewer);
        let others = self.stands.iter().filter(|(_, stands)| own == 0 && is_for_slot(stands));
        let with = others.map(|(term, _)| known.stems.articles_with(*term, known.viewer)).max().unwrap_or(own).max(own);
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.rarity = known.stems.rarity(with, known.viewer);
        }
    }

    /// Adds words that look like the question's to what is looked up: derived ones, compounds, further slips.
    fn look_alikes(&mut self, asked: &[Word], alikes: &mut Alikes<'_>) {
        let room = LOOKED_UP_MAX.saturating_sub(self.look_up.len()) / asked.len().max(1);
        if room == 0 {
            return;
        }
        let mut seen: HashSet<String> = self.look_up.iter().map(|(stem, _)| stem.clone()).collect();
        let known = alikes.known;
        for word in asked {
            let is_seen = |alike: &Alike| known.vocabulary.form(alike.form).is_some_and(|form| known.sees(form));
            let likest = alikes.of(word).iter().take_while(|alike| alike.share >= ALIKE_SHARE_MIN);
            for alike in likest.filter(is_seen).take(room.min(ALIKE_MAX)) {
                let stem = known.vocabulary.stem(alike.form);
                if seen.insert(stem.to_owned()) {
                    self.look_up.push((stem.to_owned(), alike.share * alike.share));
                }
            }
        }
    }
}

/// What looks like the words of a question. Each is held against the vocabulary once, however many ask.
struct Alikes<'a> {
    known: Known<'a>,
    of: HashMap<String, Likest>,
}

impl Alikes<'_> {
    fn of(&mut self, word: &Word) -> &mut Likest {
        let vocabulary = self.known.vocabulary;
        self.of.entry(word.folded.clone()).or_insert_with(|| vocabulary.alike(word))
    }

    /// What `word` may be a mistyped one of.
    fn nearest(&mut self, word: &Word) -> Vec<FormId> {
        let known = self.known;
        let Some(errors) = errors_forgiven(word) else { return Vec::new() };
        known.vocabulary.nearest(word, errors, self.of(word), |form| known.sees(form))
    }
}

impl Known<'_> {
    fn knows(self, word: &Word) -> bool {
        self.stems.articles_with(Term::of(&word.stem), self.viewer) > 0
    }

    fn sees(self, form: &Form) -> bool {
        self.stems.articles_with(form.term, self.viewer) > 0
    }

    /// The distinct words of a question as they were meant, courtesies only where there is nothing else.
    fn words_of(self, text: &str, alikes: &mut Alikes<'_>) -> Vec<Word> {
        let mut seen = HashSet::new();
        let all = text.split_whitespace().flat_map(|token| self.meant_by(token, alikes));
        let mut asked: Vec<Word> = all.filter(|word| seen.insert(word.stem.clone())).take(QUESTION_WORDS_MAX).collect();
        if asked.iter().any(|word| !is_courtesy(&word.folded)) {
            asked.retain(|word| !is_courtesy(&word.folded));
        }
        asked
    }

    /// The words of a run of characters as typed; or, when no article has any of them, as another layout or another
    /// alphabet gives them, if there they are known: exactly before nearly.
    fn meant_by(self, token: &str, alikes: &mut Alikes<'_>) -> Vec<Word> {
        let typed: Vec<Word> = words(token).take(QUESTION_WORDS_MAX).collect();
        let is_plain = typed.iter().all(|word| !word.is_exact() && !self.knows(word) && !is_courtesy(&word.folded));
        if typed.is_empty() || !is_plain || token.len() > TYPED_BYTES_MAX {
            return typed;
        }
        // A comma may be the key of `б`, or just a comma.
        let bare = token.trim_end_matches(['.', ',', '!', '?', ';', ':', '"', '\'']);
        let read = [in_other_layout(token), in_other_layout(bare), in_russian_letters(bare)];
        let readings: Vec<Vec<Word>> = read.into_iter().flatten().map(|read| words(&read).collect()).collect();
        let is_exact = |reading: &&Vec<Word>| reading.iter().all(|word| self.knows(word) || is_courtesy(&word.folded));
        if let Some(reading) = readings.iter().find(is_exact) {
            return reading.clone();
        }
        let mut is_near = |word: &Word| self.knows(word) || !alikes.nearest(word).is_empty();
        if typed.iter().any(&mut is_near) {
            return typed;
        }
        readings.into_iter().find(|reading| reading.iter().all(&mut is_near)).unwrap_or(typed)
    }
}
