//! The words that occur in articles, each once, and how to find those that look alike.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, HashMap},
    hash::BuildHasherDefault,
};

use crate::{
    term::{AsIs, Term, TermMap},
    words::Word,
};

/// Words are also compared by their pieces of this many characters, which survive typing errors and derivation.
const PIECES: [usize; 2] = [3, 5];

/// So many words that look alike are compared letter by letter.
const COMPARED_MAX: usize = 48;

/// Words that share less are not alike.
const ALIKE_SHARE_MIN: f32 = 0.2;

/// A word of the articles, by its place in the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FormId(u32);

impl FormId {
    /// Its place in tables beside the vocabulary.
    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }
}

/// A word as it is written in articles.
#[derive(Debug)]
pub(crate) struct Form {
    folded: Box<str>,
    stem: Box<str>,
    pub(crate) term: Term,
    pub(crate) pieces: Box<[Term]>,
}

/// All of them. Words stay when their articles go: those of living texts hardly change.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    places: HashMap<Term, FormId, BuildHasherDefault<AsIs>>,
    forms: Vec<Form>,
    with_piece: TermMap<Vec<FormId>>,
}

/// A form, and the share of a word's pieces that it has. The likest is the greatest, of equally like ones the first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alike {
    pub(crate) form: FormId,
    pub(crate) share: f32,
}

impl Ord for Alike {
    fn cmp(&self, other: &Self) -> Ordering {
        self.share.total_cmp(&other.share).then(other.form.cmp(&self.form))
    }
}

impl PartialOrd for Alike {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alike {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Alike {}

/// The forms that look like a word, the likest first: put in order as far as somebody asks.
pub(crate) struct Likest {
    first: Vec<Alike>,
    rest: BinaryHeap<Alike>,
}

impl Likest {
    /// The one at this place, from 0.
    fn at(&mut self, place: usize) -> Option<Alike> {
        while self.first.len() <= place {
            self.first.push(self.rest.pop()?);
        }
        self.first.get(place).copied()
    }

    /// All, the likest first.
    pub(crate) fn iter(&mut self) -> impl Iterator<Item = Alike> {
        let mut places = 0..;
        std::iter::from_fn(move || self.at(places.next()?))
    }
}

impl Vocabulary {
    /// The form of `word`, taken in when it is new.
    pub(crate) fn put(&mut self, word: &Word) -> FormId {
        let key = Term::of(&word.folded);
        if let Some(known) = self.places.get(&key) {
            return *known;
        }
        let form = FormId(u32::try_from(self.forms.len()).unwrap_or(u32::MAX));
        let pieces: Box<[Term]> = pieces(word).into();
        for piece in distinct(&pieces) {
            self.with_piece.entry(piece).or_default().push(form);
        }
        self.forms.push(Form {
            folded: word.folded.as_str().into(),
            stem: word.stem.as_str().into(),
            term: Term::of(&word.stem),
            pieces,
        });
        self.places.insert(key, form);
        form
    }

    pub(crate) fn form(&self, form: FormId) -> Option<&Form> {
        self.forms.get(form.place())
    }

    /// The stem of a form, as tantivy has it.
    pub(crate) fn stem(&self, form: FormId) -> &str {
        self.form(form).map_or("", |form| &form.stem)
    }

    /// How many forms there are.
    pub(crate) fn len(&self) -> usize {
        self.forms.len()
    }

    /// The forms that share pieces with `word`.
    pub(crate) fn alike(&self, word: &Word) -> Likest {
        let own = distinct(&pieces(word));
        let mut shared = vec![0_u16; self.forms.len()];
        let mut touched: Vec<FormId> = Vec::new();
        for form in own.iter().filter_map(|piece| self.with_piece.get(piece)).flatten() {
            let Some(shared) = shared.get_mut(form.place()) else { continue };
            if *shared == 0 {
                touched.push(*form);
            }
            *shared = shared.saturating_add(1);
        }
        // Of one that shares fewer pieces the share is too small, however short it is; most share one or two by chance.
        let least = ALIKE_SHARE_MIN * own.len() as f32 / (2.0 - ALIKE_SHARE_MIN);
        let alike = touched.into_iter().filter_map(|form| {
            let both = f32::from(shared.get(form.place()).copied()?);
            if both < least {
                return None;
            }
            let theirs = self.form(form).map_or(0, |form| form.pieces.len());
            // Dice: a word that merely contains this one is less like it than a form of it.
            let share = 2.0 * both / (own.len() + theirs).max(1) as f32;
            (share >= ALIKE_SHARE_MIN).then_some(Alike { form, share })
        });
        Likest { first: Vec::new(), rest: alike.collect() }
    }

    /// The forms that `word` may be a mistyped one of: of those that look like it and that `seen` lets pass, the nearest by
    /// letters, all equally near ones. `errors` are forgiven.
    pub(crate) fn nearest(
        &self,
        word: &Word,
        errors: usize,
        alike: &mut Likest,
        seen: impl Fn(&Form) -> bool,
    ) -> Vec<FormId> {
        let letters: Vec<char> = word.folded.chars().collect();
        let forms = alike.iter().filter_map(|alike| Some((alike.form, self.form(alike.form)?)));
        let likely = forms.filter(|(_, form)| errors_forgiven_in(&form.folded) && seen(form)).take(COMPARED_MAX);
        let measured = likely.filter_map(|(id, form)| {
            let theirs: Vec<char> = form.folded.chars().collect();
            let distance = errors_between(&letters, &theirs);
            (distance <= errors).then_some((distance, id))
        });
        let measured: Vec<(usize, FormId)> = measured.collect();
        let least = measured.iter().map(|(distance, _)| *distance).min();
        measured.into_iter().filter(|(distance, _)| Some(*distance) == least).map(|(_, form)| form).collect()
    }
}

/// The pieces of a word, its ends marked: `_ка кан … ат_ _кан …`. One shorter than a piece has none, and neither has
/// a code: half a code is no code.
pub(crate) fn pieces(word: &Word) -> Vec<Term> {
    if word.is_code() {
        return Vec::new();
    }
    let padded: Vec<char> = std::iter::once('_').chain(word.folded.chars()).chain(['_']).collect();
    let texts = PIECES.iter().flat_map(|length| padded.windows(*length));
    texts.map(|piece| Term::of(&piece.iter().collect::<String>())).collect()
}

/// Each of `terms` once.
pub(crate) fn distinct(terms: &[Term]) -> Vec<Term> {
    let mut each = terms.to_vec();
    each.sort_unstable();
    each.dedup();
    each
}

/// So many errors are forgiven in a word: one from 4 letters on, two from 8 on. In codes none.
pub(crate) fn errors_forgiven(word: &Word) -> Option<usize> {
    if word.is_exact() {
        return None;
    }
    match word.folded.chars().count() {
        0..4 => None,
        4..8 => Some(1),
        _ => Some(2),
    }
}

fn errors_forgiven_in(folded: &str) -> bool {
    folded.chars().nth(2).is_some() && !folded.contains(|character: char| character.is_ascii_digit())
}

/// How many letters were typed wrong, left out, added, or swapped with the next (optimal string alignment).
fn errors_between(one: &[char], other: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut now = vec![row + 1];
        for (column, theirs) in other.iter().enumerate() {
            let mut least =
                (last[column] + usize::from(letter != theirs)).min(last[column + 1] + 1).min(now[column] + 1);
            if row > 0 && column > 0 && one[row - 1] == *theirs && other[column - 1] == *letter {
                least = least.min(before_last[column - 1] + 1);
            }
            now.push(least);
        }
        before_last = std::mem::replace(&mut last, now);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{ALIKE_SHARE_MIN, Form, Term, Vocabulary, distinct, errors_between, pieces};
    use crate::words::words;

    #[test]
    fn the_likest_are_those_that_holding_against_each_finds() {
        let text = "принтер принтера принтеров печать печатать печатает распечатка отпечаток пароль пароля парольный \
             паром порох интернет интернета интерес винтер картридж картриджи кот код вода водород завод заводской";
        let mut vocabulary = Vocabulary::default();
        words(text).for_each(|word| _ = vocabulary.put(&word));
        for word in words("принтером распечатать парольная интернетный заводчане кот мы вод")
        {
            let own = distinct(&pieces(&word));
            let share = |form: &Form| {
                let theirs: Vec<Term> = distinct(&form.pieces);
                let both = own.iter().filter(|piece| theirs.contains(piece)).count() as f32;
                2.0 * both / (own.len() + form.pieces.len()).max(1) as f32
            };
            let all = vocabulary.forms.iter().enumerate().map(|(place, form)| (share(form), place));
            let mut all: Vec<(f32, usize)> = all.filter(|(share, _)| *share >= ALIKE_SHARE_MIN).collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for most in [1, 3, 100] {
                let mut alike = vocabulary.alike(&word);
                // Whoever asks again gets the same.
                for _ in 0..2 {
                    let found = alike.iter().map(|alike| (alike.share, alike.form.place())).take(most);
                    assert_eq!(found.collect::<Vec<_>>(), all[..most.min(all.len())], "{}", word.folded);
                }
            }
        }
    }

    #[test]
    fn a_swap_of_neighbours_is_one_error() {
        let between = |one: &str, other: &str| {
            errors_between(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>())
        };
        assert_eq!(between("принтеар", "принтера"), 1);
        assert_eq!(between("пороль", "пароль"), 1);
        assert_eq!(between("катридж", "картридж"), 1);
        assert_eq!(between("", "вход"), 4);
        assert_eq!(between("вход", "вход"), 0);
    }
}
