//! The mood of one message, with the words that made it.
//!
//! A lexicon of support language in Russian and English, and a few rules of how words turn each other: negation, strength,
//! irony, capitals. A model trained on labelled messages sees what the rules found ([`crate::View::Mood`]) beside the words.

mod lexicon;

use std::ops::Range;

use crate::token::{Kind, Token, tokens};
use lexicon::{LEXICON, Turn};

/// So far back, in words, a negation is looked for.
const NEGATION_WORDS: usize = 3;

/// The longest phrase that is looked for, in words.
const PHRASE_WORDS_MAX: usize = 5;

/// Sums below this, either way, are no mood.
const MOOD_MIN: f32 = 1.0;

/// A word of this weight or less is abuse or worse.
const SWEARING: f32 = -3.0;

/// How a client sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sentiment {
    /// Displeased.
    Negative,
    /// Neither, or both alike.
    Neutral,
    /// Pleased.
    Positive,
}

/// Why a piece of text counted as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// A word or phrase of the lexicon.
    Word,
    /// The same, turned by a negation before it.
    Negated,
    /// A kind word that is meant otherwise.
    Irony,
    /// An emoticon or emoji.
    Sign,
    /// Many question or exclamation marks.
    Marks,
    /// Most of the message is in capitals.
    Capitals,
}

/// A piece of the message that carries a mood.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Where, in bytes.
    pub span: Range<usize>,
    /// From about -6 to 6; below 0 is negative.
    pub weight: f32,
    /// Why it counts.
    pub why: Why,
}

/// What the rules found in a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Mood {
    /// The verdict.
    pub sentiment: Sentiment,
    /// From -1 to 1; 0 is no mood.
    pub score: f32,
    /// In the order of the text.
    pub evidence: Vec<Evidence>,
}

/// Reads the mood of `text` by the lexicon and its rules.
///
/// # Examples
/// ```
/// use triage::{Sentiment, mood_of};
/// assert_eq!(mood_of("Опять ничего не работает, сколько можно!!!").sentiment, Sentiment::Negative);
/// assert_eq!(mood_of("Not bad at all, thank you").sentiment, Sentiment::Positive);
/// ```
pub fn mood_of(text: &str) -> Mood {
    mood_of_tokens(text, &tokens(text))
}

/// The same for a text that is cut already.
pub(crate) fn mood_of_tokens(text: &str, tokens: &[Token]) -> Mood {
    let mut reader = Reader { text, tokens, evidence: Vec::new(), irony: false };
    reader.read();
    reader.capitals();
    reader.turn_irony();
    let sum: f32 = reader.evidence.iter().map(|evidence| evidence.weight).sum();
    let sentiment = match sum {
        sum if sum <= -MOOD_MIN => Sentiment::Negative,
        sum if sum >= MOOD_MIN => Sentiment::Positive,
        _ => Sentiment::Neutral,
    };
    // Two strong words make about 0.9; more only come nearer to 1.
    Mood { sentiment, score: sum / (sum * sum + 8.0).sqrt(), evidence: reader.evidence }
}

impl Mood {
    /// Whether there is abuse in the message.
    pub fn swears(&self) -> bool {
        self.evidence.iter().any(|evidence| evidence.why == Why::Word && evidence.weight <= SWEARING)
    }

    /// What a trained model is told of it: a few named numbers, none above 4.
    pub(crate) fn marks(&self) -> impl Iterator<Item = (u8, u8)> {
        let sum = |wanted: fn(f32) -> bool| -> f32 {
            self.evidence.iter().map(|evidence| evidence.weight).filter(|weight| wanted(*weight)).sum()
        };
        let step = |sum: f32| (sum.abs().ceil() as u8).min(4);
        let of = |why: Why| u8::from(self.evidence.iter().any(|evidence| evidence.why == why));
        let last = self.evidence.last().map_or(0, |last| if last.weight < 0.0 { 1 } else { 2 });
        let marks = [
            (0, step(sum(|weight| weight < 0.0))),
            (1, step(sum(|weight| weight > 0.0))),
            (2, self.sentiment as u8),
            (3, last),
            (4, of(Why::Irony)),
            (5, of(Why::Capitals)),
            (6, of(Why::Negated)),
            (7, of(Why::Marks)),
            (8, u8::from(self.swears())),
        ];
        marks.into_iter()
    }
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    evidence: Vec<Evidence>,
    irony: bool,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut at = 0;
        let mut read_until = 0;
        while let Some(token) = self.tokens.get(at) {
            let ahead: Vec<(usize, &str)> = self.ahead(at).collect();
            let stems: Vec<&str> = ahead.iter().map(|(_, stem)| *stem).collect();
            let end_of = |length: usize| ahead.get(length.saturating_sub(1)).map_or(at, |(last, _)| *last);
            let mut last = at;
            if token.span.start < read_until {
                // A part of a sign that was read.
            } else if let Some(length) = LEXICON.irony(&stems) {
                last = end_of(length);
                self.irony = true;
                let end = self.tokens.get(last).unwrap_or(token).span.end;
                self.evidence.push(Evidence { span: token.span.start..end, weight: -0.5, why: Why::Irony });
            } else if let Some((length, weight)) = LEXICON.phrase(&stems) {
                last = end_of(length);
                let end = self.tokens.get(last).unwrap_or(token).span.end;
                self.word(at, token.span.start..end, weight);
            } else if token.kind == Kind::Mark || token.kind == Kind::Word {
                read_until = self.sign_or_word(at, token);
            }
            at = last + 1;
        }
    }

    /// The tokens from `at` on, commas left out, as far as a phrase may reach.
    fn ahead(&self, at: usize) -> impl Iterator<Item = (usize, &str)> {
        let tokens = self.tokens.iter().enumerate().skip(at).filter(|(_, token)| token.folded != ",");
        tokens.take(PHRASE_WORDS_MAX).map(|(at, token)| (at, token.stem.as_str()))
    }

    /// Takes a token as a sign, as repeated marks or as a word; says up to which byte it was read.
    fn sign_or_word(&mut self, at: usize, token: &Token) -> usize {
        let rest = self.text.get(token.span.start..).unwrap_or_default();
        if token.kind == Kind::Word {
            if let Some(weight) = LEXICON.word(&token.folded, &token.stem) {
                self.word(at, token.span.clone(), weight);
            }
            return token.span.end;
        }
        let many = rest.chars().take_while(|mark| matches!(mark, '!' | '?')).count();
        if let Some((length, weight)) = LEXICON.sign(rest) {
            let span = token.span.start..token.span.start + length;
            self.evidence.push(Evidence { span: span.clone(), weight, why: Why::Sign });
            return span.end;
        }
        if many >= 3 {
            let span = token.span.start..token.span.start + many;
            let before: f32 = self.evidence.iter().map(|evidence| evidence.weight).sum();
            let weight = if before > 0.0 { 0.5 } else { -0.5 };
            self.evidence.push(Evidence { span: span.clone(), weight, why: Why::Marks });
            return span.end;
        }
        token.span.end
    }

    /// Takes the word or phrase that begins at token `at`, turned by what stands before it.
    fn word(&mut self, at: usize, span: Range<usize>, weight: f32) {
        let mut weight = weight;
        let mut why = Why::Word;
        let before = self.tokens.get(..at).unwrap_or_default().iter().rev().take(NEGATION_WORDS);
        for (distance, token) in before.enumerate() {
            match LEXICON.turn(&token.stem) {
                _ if token.kind != Kind::Word => break,
                Some(Turn::Negator) => {
                    // "Not good" is bad, and "not bad" is hardly more than neutral.
                    weight *= if weight > 0.0 { -1.0 } else { -0.5 };
                    why = Why::Negated;
                    break;
                }
                Some(Turn::Stronger) if distance == 0 => weight *= 1.5,
                Some(Turn::Weaker) if distance == 0 => weight *= 0.5,
                Some(Turn::But) => break,
                Some(Turn::Stronger | Turn::Weaker) | None => {}
            }
        }
        if self.text.get(span.clone()).is_some_and(is_shouted) {
            weight *= 1.3;
        }
        self.evidence.push(Evidence { span, weight, why });
    }

    /// A message mostly in capitals is shouted.
    fn capitals(&mut self) {
        let words = || self.tokens.iter().filter(|token| token.kind == Kind::Word && token.folded.chars().count() > 2);
        let is_shout = |token: &&Token| self.text.get(token.span.clone()).is_some_and(is_shouted);
        let shouted = words().filter(is_shout).count();
        if shouted >= 3
            && shouted * 2 > words().count()
            && let (Some(first), Some(last)) = (words().find(is_shout), words().rfind(is_shout))
        {
            self.evidence.push(Evidence { span: first.span.start..last.span.end, weight: -1.0, why: Why::Capitals });
        }
    }

    /// Kind words beside a mark of irony, or in quotation marks, are meant otherwise; thanks beside a complaint are manners.
    fn turn_irony(&mut self) {
        let negative: f32 = self.evidence.iter().map(|evidence| evidence.weight.min(0.0)).sum();
        for evidence in self.evidence.iter_mut().filter(|evidence| evidence.weight > 0.0 && evidence.why != Why::Marks)
        {
            let before = self.text.get(..evidence.span.start).unwrap_or_default().chars().next_back();
            let after = self.text.get(evidence.span.end..).unwrap_or_default().chars().next();
            let is_quoted = matches!((before, after), (Some('"' | '«' | '“'), Some('"' | '»' | '”')));
            if is_quoted || (self.irony && evidence.why == Why::Word) {
                evidence.weight *= -0.8;
                evidence.why = Why::Irony;
            } else if negative <= -2.0 && evidence.weight <= 1.0 {
                evidence.weight *= 0.3;
            }
        }
    }
}

/// Whether a word is written in capitals, and long enough not to be an abbreviation.
fn is_shouted(word: &str) -> bool {
    let letters = || word.chars().filter(|letter| letter.is_alphabetic());
    letters().count() > 3 && letters().all(char::is_uppercase)
}
