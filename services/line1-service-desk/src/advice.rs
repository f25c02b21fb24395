//! A client in distress: what is heard in the words and seen in the ticket, and what an agent can do about it.

use std::sync::LazyLock;

use handover::wire::{enums, instant};
use jiff::{SignedDuration, Timestamp};
use proto::line1 as wire;
use texts::Text;
use ticket::{Language, Mood, State, Ticket};

use crate::heard::Heard;
use crate::own::Home;

/// A ticket that is open for longer has waited for long.
const WAITING_LONG: SignedDuration = SignedDuration::from_hours(24);

/// So many messages of a client without a word of a person in between are repeated contact.
const UNANSWERED_MANY: usize = 3;

/// More words of a text are not looked at.
const WORDS_MAX: usize = 2_000;

/// What is heard, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Distress {
    /// Somebody may be in danger.
    Safety,
    /// No strength left.
    Despair,
    /// Abuse.
    Swearing,
    /// Anger.
    Anger,
    /// Again about the same.
    RepeatedContact,
    /// Waited for long.
    LongWaiting,
}

/// What was heard and by which words; none where the ticket says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) heard: Distress,
    pub(crate) words: Vec<String>,
}

/// The phrases of the resource, each as its words.
static PHRASES: LazyLock<Vec<(Distress, Vec<&str>)>> = LazyLock::new(|| {
    let lines = include_str!("distress.txt").lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let phrases = lines.filter_map(|line| {
        let (kind, words) = line.split_once(' ')?;
        let heard = match kind {
            "safety" => Distress::Safety,
            "despair" => Distress::Despair,
            "repeated" => Distress::RepeatedContact,
            "waiting" => Distress::LongWaiting,
            _ => return None,
        };
        Some((heard, words.split(' ').collect()))
    });
    phrases.collect()
});

/// What is heard in `text` alone, the most pressing first.
pub(crate) fn in_text(text: &str) -> Vec<Sign> {
    let folded = text.to_lowercase().replace('ё', "е").replace('’', "'");
    let words = folded.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    let words: Vec<&str> = words.take(WORDS_MAX).collect();
    let mut signs: Vec<Sign> = Vec::new();
    for (heard, phrase) in PHRASES.iter() {
        let stands = |window: &&[&str]| phrase.iter().zip(*window).all(|(wanted, word)| fits(wanted, word));
        if let Some(window) = words.windows(phrase.len()).find(stands) {
            note(&mut signs, *heard, vec![window.join(" ")]);
        }
    }
    let mood = Heard::in_text(text, Timestamp::UNIX_EPOCH);
    if mood.swears {
        note(&mut signs, Distress::Swearing, mood.words.clone());
    }
    if mood.mood == Mood::Negative {
        note(&mut signs, Distress::Anger, mood.words);
    }
    signs.sort_by_key(|sign| sign.heard);
    signs
}

/// What is heard from the client of `ticket`, in the last message and by what has happened.
pub(crate) fn of_ticket(ticket: &Ticket, home: &Home, now: Timestamp) -> Vec<Sign> {
    let last = home.conversation.iter().rev().find(|message| message.from_client);
    let mut signs = in_text(last.map_or(ticket.facts.text.as_str(), |message| message.text.as_str()));
    let unanswered = home.conversation.iter().rev().take_while(|message| message.from_client).count();
    if home.reopened > 0 || unanswered >= UNANSWERED_MANY {
        note(&mut signs, Distress::RepeatedContact, Vec::new());
    }
    let is_open = matches!(ticket.state, State::Open | State::OnHold { .. });
    if is_open && now.duration_since(ticket.facts.opened_at) > WAITING_LONG {
        note(&mut signs, Distress::LongWaiting, Vec::new());
    }
    signs.sort_by_key(|sign| sign.heard);
    signs
}

fn fits(wanted: &str, word: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == word, |beginning| word.starts_with(beginning))
}

fn note(signs: &mut Vec<Sign>, heard: Distress, words: Vec<String>) {
    match signs.iter_mut().find(|sign| sign.heard == heard) {
        Some(sign) => sign.words.extend(words),
        None => signs.push(Sign { heard, words }),
    }
}

/// The signs with what to do about each, in `language`.
pub(crate) fn to_advice(signs: Vec<Sign>, language: Language) -> Vec<wire::Advice> {
    let advice = signs.into_iter().map(|Sign { heard, words }| {
        let (heard, text) = match heard {
            Distress::Safety => (wire::Distress::Safety, Text::AdviceSafety),
            Distress::Despair => (wire::Distress::Despair, Text::AdviceDespair),
            Distress::Swearing => (wire::Distress::Swearing, Text::AdviceSwearing),
            Distress::Anger => (wire::Distress::Anger, Text::AdviceAnger),
            Distress::RepeatedContact => (wire::Distress::RepeatedContact, Text::AdviceRepeated),
            Distress::LongWaiting => (wire::Distress::LongWaiting, Text::AdviceWaiting),
        };
        wire::Advice { heard: heard as i32, words, text: text.plain(language).to_owned() }
    });
    advice.collect()
}

/// How a client sounds, on the wire.
pub(crate) fn to_heard(heard: Heard) -> wire::HeardMood {
    let Heard { mood, score, words, swears, at } = heard;
    wire::HeardMood { mood: enums::to_mood(mood), score, words, swears, at: Some(instant(at)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Vec<Distress> {
        in_text(text).into_iter().map(|sign| sign.heard).collect()
    }

    #[test]
    fn danger_comes_first_and_the_words_that_say_it_are_named() {
        let signs = in_text("Уже звонила вам! В подъезде пахнет газом, а вы ничего не делаете");
        assert_eq!(signs[0], Sign { heard: Distress::Safety, words: vec!["пахнет газом".into()] });
        assert!(signs.iter().any(|sign| sign.heard == Distress::RepeatedContact), "{signs:?}");
    }

    #[test]
    fn every_kind_of_distress_is_heard_in_both_languages() {
        for (text, wanted) in [
            ("у мамы кардиостимулятор, а связи нет", Distress::Safety),
            ("the router is on fire", Distress::Safety),
            ("Я больше не могу, нет сил", Distress::Despair),
            ("I'm desperate, please", Distress::Despair),
            ("Это просто ужас, отвратительно!", Distress::Anger),
            ("This is terrible, I am furious", Distress::Anger),
            ("Третий день сижу", Distress::LongWaiting),
            ("I am still waiting", Distress::LongWaiting),
            ("в который раз пишу", Distress::RepeatedContact),
        ] {
            assert!(heard(text).contains(&wanted), "{text}: {:?}", heard(text));
        }
    }

    #[test]
    fn a_calm_request_asks_for_no_advice() {
        assert_eq!(heard("Подскажите адрес офиса"), []);
        assert_eq!(heard("How do I change my tariff?"), []);
        assert_eq!(heard(""), []);
    }

    #[test]
    fn every_line_of_the_resource_is_read() {
        let lines = include_str!("distress.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(PHRASES.len(), lines);
    }
}
