//! An article as the search has it: its words by their places in the vocabulary, in passages.

use crate::{
    Article,
    manner::manner_of,
    statistics::{Counts, Lengths},
    term::Term,
    vocabulary::{FormId, Vocabulary, distinct},
    words::words,
};

/// A sentence shorter than this, in bytes, belongs to the next.
const PASSAGE_BYTES_MIN: usize = 40;

/// A text without stops is cut after so many bytes.
const PASSAGE_BYTES_MAX: usize = 600;

/// An answer has so many passages at most; what comes after belongs to the last.
const PASSAGES_MAX: usize = 128;

/// A few sentences of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passage {
    /// Where in the body it ends, in words.
    pub(crate) end: usize,
    /// How many pieces its words have.
    pub(crate) pieces: u32,
}

/// An article with its words.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) article: Article,
    /// The words of title, questions and synonyms.
    pub(crate) ask: Box<[FormId]>,
    /// The distinct stems of these.
    pub(crate) ask_stems: Box<[Term]>,
    /// How they ask, in small words.
    pub(crate) manner: Box<[Term]>,
    /// The words of the answer.
    pub(crate) body: Box<[FormId]>,
    pub(crate) passages: Box<[Passage]>,
    pub(crate) stem_lengths: Lengths,
    pub(crate) piece_lengths: Lengths,
}

impl Entry {
    pub(crate) fn new(article: Article, vocabulary: &mut Vocabulary) -> Self {
        let ask: Box<[FormId]> = article.asks().flat_map(words).map(|word| vocabulary.put(&word)).collect();
        let stems: Vec<Term> = ask.iter().filter_map(|form| vocabulary.form(*form)).map(|form| form.term).collect();
        let manner: Vec<Term> = article.asks().flat_map(manner_of).collect();
        let mut body: Vec<FormId> = Vec::new();
        let mut passages: Vec<Passage> = Vec::new();
        for text in passages_of(&article.body) {
            let begin = body.len();
            body.extend(words(text).map(|word| vocabulary.put(&word)));
            if body.len() > begin {
                passages.push(Passage { end: body.len(), pieces: pieces_in(&body[begin..], vocabulary) });
            }
        }
        let all: u32 = passages.iter().map(|passage| passage.pieces).sum();
        let asked = pieces_in(&ask, vocabulary);
        let passage_count = count(passages.len());
        let stem_lengths = Lengths { ask: count(ask.len()), body: count(body.len()), passages: 0, passage_count };
        // What is asked counts as a passage too, and each passage is read together with the next.
        let read = asked.saturating_add(all.saturating_mul(2));
        let piece_lengths = Lengths { ask: asked, body: all, passages: read, passage_count: passage_count + 1 };
        Self {
            article,
            ask,
            ask_stems: distinct(&stems).into(),
            manner: distinct(&manner).into(),
            body: body.into(),
            passages: passages.into(),
            stem_lengths,
            piece_lengths,
        }
    }

    /// Counts the article in.
    pub(crate) fn add_to(&self, counts: &mut Counts, vocabulary: &Vocabulary) {
        let (stems, pieces) = self.terms(vocabulary);
        counts.stems.add(self.article.audience, &stems, self.stem_lengths);
        counts.pieces.add(self.article.audience, &pieces, self.piece_lengths);
        if !self.manner.is_empty() {
            counts.manners.add(self.article.audience, &self.manner, Lengths::default());
        }
    }

    /// Counts the article out.
    pub(crate) fn remove_from(&self, counts: &mut Counts, vocabulary: &Vocabulary) {
        let (stems, pieces) = self.terms(vocabulary);
        counts.stems.remove(self.article.audience, &stems, self.stem_lengths);
        counts.pieces.remove(self.article.audience, &pieces, self.piece_lengths);
        if !self.manner.is_empty() {
            counts.manners.remove(self.article.audience, &self.manner, Lengths::default());
        }
    }

    /// The stems and the pieces of its words, once each.
    fn terms(&self, vocabulary: &Vocabulary) -> (Vec<Term>, Vec<Term>) {
        let mut places: Vec<FormId> = self.ask.iter().chain(&self.body).copied().collect();
        places.sort_unstable();
        places.dedup();
        let forms = || places.iter().filter_map(|place| vocabulary.form(*place));
        let stems: Vec<Term> = forms().map(|form| form.term).collect();
        let pieces: Vec<Term> = forms().flat_map(|form| form.pieces.iter().copied()).collect();
        (distinct(&stems), distinct(&pieces))
    }
}

fn pieces_in(words: &[FormId], vocabulary: &Vocabulary) -> u32 {
    count(words.iter().filter_map(|word| vocabulary.form(*word)).map(|form| form.pieces.len()).sum())
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Cuts a text at the ends of sentences and of lines.
fn passages_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut left = PASSAGES_MAX;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        left = left.saturating_sub(1);
        let is_end = |at: usize, character: char| match character {
            '\n' => at >= PASSAGE_BYTES_MIN,
            ' ' => {
                let stops = rest[..at].ends_with(['.', '!', '?', ';', ':']);
                at >= PASSAGE_BYTES_MAX || (stops && at >= PASSAGE_BYTES_MIN)
            }
            _ => false,
        };
        let end = rest.char_indices().find(|(at, character)| left > 0 && is_end(*at, *character));
        let (passage, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        rest = after;
        Some(passage)
    })
}

#[cfg(test)]
mod tests {
    use super::{PASSAGES_MAX, passages_of};

    #[test]
    fn passages_are_sentences_and_lose_nothing() {
        let text = "Откройте раздел подбора и нажмите «Добавить». Раз. Затем заполните поля анкеты кандидата!\nГотово";
        let passages: Vec<&str> = passages_of(text).collect();
        assert_eq!(passages.len(), 3, "{passages:?}");
        assert_eq!(passages.concat(), text);
        let long = "слово ".repeat(40_000);
        assert_eq!(passages_of(&long).count(), PASSAGES_MAX);
        assert_eq!(passages_of(&long).map(str::len).sum::<usize>(), long.len());
    }
}
