//! How a client sounds, with what in the message says so.

use handover::{Sound, WORDS_MAX};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket::Mood;
use triage::{Sentiment, mood_of};

/// The mood of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The verdict.
    pub mood: Mood,
    /// From -1000 to 1000; 0 is no mood.
    pub score: i32,
    /// What in the message says so, in its order.
    pub words: Vec<String>,
    /// Whether there is abuse in it.
    pub swears: bool,
    /// When it was written.
    pub at: Timestamp,
}

impl Heard {
    /// How `text` sounds.
    pub(crate) fn in_text(text: &str, at: Timestamp) -> Self {
        let heard = mood_of(text);
        let mood = match heard.sentiment {
            Sentiment::Negative => Mood::Negative,
            Sentiment::Neutral => Mood::Neutral,
            Sentiment::Positive => Mood::Positive,
        };
        let words = heard.evidence.iter().filter_map(|evidence| text.get(evidence.span.clone()));
        Self {
            mood,
            // Between -1 and 1, so that nothing is cut off.
            score: (heard.score * 1000.0) as i32,
            words: words.take(WORDS_MAX).map(str::to_owned).collect(),
            swears: heard.swears(),
            at,
        }
    }

    /// What of it counts for the priority.
    pub(crate) fn sound(&self) -> Sound {
        Sound { mood: self.mood, score: self.score, words: self.words.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_made_the_mood_are_named() {
        let at = Timestamp::UNIX_EPOCH;
        let heard = Heard::in_text("Это просто ужас, третий день без связи!", at);
        assert_eq!(heard.mood, Mood::Negative);
        assert!(heard.score < 0 && heard.words.iter().any(|word| word == "ужас"), "{heard:?}");
        let heard = Heard::in_text("Подскажите адрес офиса", at);
        assert_eq!((heard.mood, heard.words.len()), (Mood::Neutral, 0));
    }
}
