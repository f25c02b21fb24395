//! Whose mood is heard, and by which words.

use proptest::prelude::*;
use triage::Sentiment::{self, Negative, Neutral, Positive};
use triage::{Why, mood_of};

fn all_are(wanted: Sentiment, texts: &[&str]) {
    for text in texts {
        let mood = mood_of(text);
        assert_eq!(mood.sentiment, wanted, "{text}: {mood:?}");
    }
}

#[test]
fn complaints_are_negative() {
    all_are(
        Negative,
        &[
            "Опять ничего не работает, сколько можно ждать!!!",
            "Ваш сервис — просто ужас, деньги списали, никто не отвечает",
            "This is the worst support I have ever seen",
            "My card was charged twice and nobody answers, I am fed up",
            "верните деньги, мошенники",
            "😡😡😡",
        ],
    );
}

#[test]
fn thanks_are_positive() {
    all_are(
        Positive,
        &[
            "Спасибо большое, всё заработало!",
            "Отличная поддержка, очень быстро помогли",
            "Great job, thank you so much",
            "👍🎉",
        ],
    );
}

#[test]
fn plain_questions_have_no_mood() {
    all_are(
        Neutral,
        &["Как изменить адрес доставки?", "Where can I find my invoice?", "", "12345", "Принтер в кабинете 305"],
    );
}

#[test]
fn a_negation_turns_what_it_stands_before() {
    all_are(Negative, &["мне не нравится ваше приложение", "I am not happy with it", "не очень хорошо и не удобно"]);
    let mood = mood_of("Это не плохо");
    assert!(mood.evidence.iter().any(|evidence| evidence.why == Why::Negated && evidence.weight > 0.0), "{mood:?}");
}

#[test]
fn kind_words_that_are_meant_otherwise_do_not_please() {
    all_are(
        Negative,
        &["Ага, конечно, отличный сервис", "Ваша «замечательная» поддержка", "oh great, just perfect, lol"],
    );
}

#[test]
fn shouting_weighs_more_than_saying() {
    assert!(mood_of("ПОЧЕМУ НИЧЕГО НЕ РАБОТАЕТ").score < mood_of("почему ничего не работает").score);
}

#[test]
fn abuse_is_told_from_displeasure() {
    assert!(mood_of("вы идиоты").swears());
    assert!(!mood_of("медленно работает").swears());
}

#[test]
fn every_mood_shows_the_words_that_made_it() {
    let text = "Спасибо, но долго ждать";
    let words: Vec<&str> = mood_of(text).evidence.into_iter().map(|evidence| &text[evidence.span]).collect();
    assert_eq!(words, ["Спасибо", "долго", "ждать"]);
}

proptest! {
    #[test]
    fn any_text_has_a_mood_within_bounds(text in "\\PC{0,80}") {
        let mood = mood_of(&text);
        prop_assert!((-1.0..=1.0).contains(&mood.score));
        for evidence in mood.evidence {
            prop_assert!(text.get(evidence.span).is_some());
        }
    }
}
