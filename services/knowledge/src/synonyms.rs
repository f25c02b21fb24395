//! What an organization calls the same thing.

use std::collections::HashMap;

use crate::{
    KnowledgeError,
    term::Term,
    words::{Word, words},
};

/// An organization has so many groups of synonyms at most.
pub const SYNONYM_GROUPS_MAX: usize = 10_000;

/// A synonym has so many words at most, and a group so many synonyms.
pub const SYNONYM_WORDS_MAX: usize = 8;

/// Groups of words and phrases that mean the same to one organization: `["впн", "vpn", "удалённый доступ"]`.
#[derive(Debug, Clone, Default)]
pub struct Synonyms {
    /// The phrases that begin with a stem, as places in `groups`.
    beginning: HashMap<Term, Vec<(usize, usize)>>,
    groups: Vec<Vec<Vec<Word>>>,
}

/// A phrase of a question that has synonyms.
pub(crate) struct Synonymous<'a> {
    /// How many words of the question it takes.
    pub(crate) taken: usize,
    /// The other phrases of the group.
    pub(crate) others: Vec<&'a [Word]>,
}

impl Synonyms {
    /// Takes the groups in. A group of fewer than two phrases with words says nothing and is passed over.
    pub fn new<G, S>(groups: impl IntoIterator<Item = G>) -> Result<Self, KnowledgeError>
    where
        G: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut synonyms = Self::default();
        for group in groups {
            let mut phrases: Vec<Vec<Word>> = Vec::new();
            for phrase in group {
                let phrase: Vec<Word> = words(phrase.as_ref()).take(SYNONYM_WORDS_MAX + 1).collect();
                if phrase.len() > SYNONYM_WORDS_MAX || phrases.len() == SYNONYM_WORDS_MAX {
                    return Err(KnowledgeError::SynonymGroup { group: synonyms.groups.len() });
                }
                if !phrase.is_empty() && !phrases.contains(&phrase) {
                    phrases.push(phrase);
                }
            }
            if phrases.len() > 1 {
                if synonyms.groups.len() == SYNONYM_GROUPS_MAX {
                    return Err(KnowledgeError::Synonyms);
                }
                synonyms.put(phrases);
            }
        }
        Ok(synonyms)
    }

    fn put(&mut self, phrases: Vec<Vec<Word>>) {
        let group = self.groups.len();
        for (phrase, words) in phrases.iter().enumerate() {
            if let Some(first) = words.first() {
                self.beginning.entry(Term::of(&first.stem)).or_default().push((group, phrase));
            }
        }
        self.groups.push(phrases);
    }

    /// The synonyms of what `asked` begins with.
    pub(crate) fn of<'a>(&'a self, asked: &[Word]) -> impl Iterator<Item = Synonymous<'a>> {
        let first = asked.first().map(|word| Term::of(&word.stem));
        let places = first.and_then(|first| self.beginning.get(&first)).into_iter().flatten();
        places.filter_map(move |(group, place)| {
            let phrases = self.groups.get(*group)?;
            let phrase = phrases.get(*place)?;
            let is_here =
                asked.len() >= phrase.len() && phrase.iter().zip(asked).all(|(one, other)| one.stem == other.stem);
            let others = phrases.iter().enumerate().filter(|(other, _)| other != place);
            is_here.then(|| Synonymous {
                taken: phrase.len(),
                others: others.map(|(_, words)| words.as_slice()).collect(),
            })
        })
    }
}
