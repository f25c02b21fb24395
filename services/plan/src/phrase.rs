//! Phrases that a rule looks for in a text, and how they are found there.

use std::ops::Range;

/// No more words of a text are looked at; what a client wants to say is said by then.
const WORDS_MAX: usize = 5_000;

/// Words that stand one after the other. Case, ё and signs between them do not matter; a word written with `*` at its
/// end stands for every word that begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase(Vec<Wanted>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    word: String,
    is_beginning: bool,
}

impl Wanted {
    fn is(&self, word: &str) -> bool {
        if self.is_beginning { word.starts_with(&self.word) } else { word == self.word }
    }
}

impl Phrase {
    /// The phrase that `text` says; none when there is no word in it.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let wanted: Vec<Wanted> = spans(text)
            .map(|span| Wanted {
                word: folded(text.get(span.clone()).unwrap_or_default()),
                is_beginning: text.get(span.end..).is_some_and(|rest| rest.starts_with('*')),
            })
            .collect();
        (!wanted.is_empty()).then_some(Self(wanted))
    }

    /// Where it first stands in the text.
    pub(crate) fn find<'t>(&self, words: &Words<'t>) -> Option<&'t str> {
        let first = self.0.first()?;
        // The sorted words make this quick, however many phrases a plan has.
        let from = words.sorted.partition_point(|at| words.word(*at) < first.word.as_str());
        let candidates = words.sorted.get(from..)?.iter().take_while(|at| first.is(words.word(**at)));
        let at = candidates.filter(|at| self.stands_at(**at, words)).min()?;
        let begins = words.words.get(*at)?.1.start;
        let ends = words.words.get(at + self.0.len() - 1)?.1.end;
        words.text.get(begins..ends)
    }

    fn stands_at(&self, at: usize, words: &Words<'_>) -> bool {
        let there = words.words.get(at..at + self.0.len());
        there.is_some_and(|there| self.0.iter().zip(there).all(|(wanted, (word, _))| wanted.is(word)))
    }
}

/// A text cut into words, ready to be searched.
#[derive(Debug)]
pub(crate) struct Words<'t> {
    text: &'t str,
    words: Vec<(String, Range<usize>)>,
    /// The places of the words, by their spelling.
    sorted: Vec<usize>,
}

impl<'t> Words<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let words: Vec<(String, Range<usize>)> = spans(text)
            .take(WORDS_MAX)
            .map(|span| (folded(text.get(span.clone()).unwrap_or_default()), span))
            .collect();
        let mut sorted: Vec<usize> = (0..words.len()).collect();
        sorted.sort_by(|one, other| {
            let word = |at: &usize| words.get(*at).map(|(word, _)| word.as_str());
            word(one).cmp(&word(other))
        });
        Self { text, words, sorted }
    }

    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |(word, _)| word.as_str())
    }
}

fn spans(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let begins = rest + text.get(rest..)?.find(char::is_alphanumeric)?;
        let word = text.get(begins..)?;
        let ends = begins + word.find(|c: char| !c.is_alphanumeric()).unwrap_or(word.len());
        rest = ends;
        Some(begins..ends)
    })
}

fn folded(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).map(|c| if c == 'ё' { 'е' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(phrase: &str, text: &'t str) -> Option<&'t str> {
        Phrase::of(phrase).expect("there are words in it").find(&Words::of(text))
    }

    #[test]
    fn words_are_found_whole_and_side_by_side_however_they_are_written() {
        assert_eq!(found("нет интернета", "У нас опять НЕТ,  интернета!"), Some("НЕТ,  интернета"));
        assert_eq!(found("нет интернета", "интернета всё нет"), None);
        assert_eq!(found("сети", "соцсети не открываются"), None);
        assert_eq!(found("счет", "Пришёл счёт"), Some("счёт"));
        assert_eq!(found("wi-fi", "Где мой Wi Fi?"), Some("Wi Fi"));
    }

    #[test]
    fn a_star_stands_for_any_ending() {
        assert_eq!(found("пожар*", "В серверной пожарная тревога"), Some("пожарная"));
        assert_eq!(found("пожар", "В серверной пожарная тревога"), None);
        assert_eq!(found("все офис*", "Не работает: все офисы"), Some("все офисы"));
        assert_eq!(Phrase::of(" ** "), None);
    }
}
