//! How a message of the client sounds, and what that does to the ticket at the line that holds it.
//!
//! Line 1 listens; what it heard travels with the message, so that every line raises by the same measure.

use proto::handover as hand;
use texts::Text;
use ticket::field::LINE_BYTES_MAX;
use ticket::{Custody, Language, Mood, Raise, RaiseCause, State, Ticket};

use crate::change::Change;
use crate::refused::Refused;
use crate::wire::{Reader, enums};

/// Nobody reads more words than this.
pub const WORDS_MAX: usize = 16;

/// A mood with what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// The verdict.
    pub mood: Mood,
    /// From -1000 to 1000; 0 is no mood.
    pub score: i32,
    /// What in the message says so, in its order.
    pub words: Vec<String>,
}

impl Sound {
    /// As it travels.
    #[must_use]
    pub fn to_wire(&self) -> hand::Sound {
        hand::Sound { mood: enums::to_mood(self.mood), score: self.score, words: self.words.clone() }
    }

    /// As it came; none when it did not come, or has faults, which go to `reader`.
    pub(crate) fn read(reader: &mut Reader, sound: Option<hand::Sound>) -> Option<Self> {
        let hand::Sound { mood, score, words } = sound?;
        let mood = enums::mood(reader, "sound.mood", mood, true);
        if !(-1000..=1000).contains(&score) {
            reader.wrong("sound.score", format!("{score} is not between -1000 and 1000"));
        }
        if words.len() > WORDS_MAX {
            reader.wrong("sound.words", format!("has {} words; at most {WORDS_MAX} are read", words.len()));
        }
        let words = words.iter().take(WORDS_MAX).map(|word| reader.text("sound.words", word, LINE_BYTES_MAX)).collect();
        Some(Self { mood: mood?, score, words })
    }
}

impl Change<'_> {
    /// Lets the client's mood raise a ticket that is worked on here, as the plan says. A raise stays until the client sounds
    /// content: a bare fact between two outbursts is no better mood. The ticket is not written.
    ///
    /// # Errors
    /// What the database says.
    pub async fn raise_by_mood(&self, ticket: &mut Ticket, sound: &Sound) -> Result<(), Refused> {
        if ticket.custody != Custody::Held || !matches!(ticket.state, State::Open | State::OnHold { .. }) {
            return Ok(());
        }
        let by_mood = ticket.facts.raises.iter().find(|raise| raise.cause == RaiseCause::Mood);
        let before = by_mood.map_or(0, |raise| raise.steps);
        match self.plan.mood_step(sound.score) {
            Some(step) if step.steps > before => {
                self.raise(ticket, raise(sound, step.steps)).await?;
            }
            None if sound.mood == Mood::Positive => {
                self.lower(ticket, &RaiseCause::Mood).await?;
            }
            Some(_) | None => {}
        }
        Ok(())
    }
}

fn raise(sound: &Sound, steps: u8) -> Raise {
    let said = |language| with_words(Text::MoodRaised.plain(language), &sound.words);
    let (ru, en) = (said(Language::Russian), said(Language::English));
    Raise { cause: RaiseCause::Mood, steps, ru, en }
}

/// A reason with the words that made it, as long as a reason may be.
#[must_use]
pub fn with_words(reason: &str, words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("«{word}»")).collect();
    let whole = if words.is_empty() { reason.to_owned() } else { format!("{reason}: {}", words.join(", ")) };
    whole[..whole.floor_char_boundary(LINE_BYTES_MAX)].to_owned()
}
