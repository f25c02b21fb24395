//! What kind of message a client wrote, by its words alone: nothing is searched here, and nothing it says is obeyed.

use std::collections::HashMap;
use std::sync::LazyLock;

use triage::mood_of;

/// A mood of this score or less is anger; measured from -1 to 1.
const ANGER: f32 = -0.8;

/// In longer messages, in words, a single word is about something else.
const WORDS_OF_A_CALL: usize = 8;

/// A choice is said in so many words at most.
const WORDS_OF_A_CHOICE: usize = 6;

/// So many questions of one message are looked up.
const QUESTIONS_MAX: usize = 5;

/// A question has so many words at least.
const WORDS_OF_A_QUESTION: usize = 2;

/// Kindness that wants an answer in kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Courtesy {
    Greeting,
    Thanks,
    Farewell,
}

/// What is listed under `[name]` in `phrases.txt`.
fn phrases(name: &str) -> &'static [&'static str] {
    static ALL: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
        let mut all: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut section = "";
        for line in include_str!("phrases.txt").lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(name) => section = name,
                None => {
                    let phrases = line.split(',').map(str::trim).filter(|phrase| !phrase.is_empty());
                    all.entry(section).or_default().extend(phrases);
                }
            }
        }
        all
    });
    ALL.get(name).map_or(&[], Vec::as_slice)
}

/// The words of a text in small letters, one space before, between and after them.
fn spaced(text: &str) -> String {
    let lower = text.to_lowercase().replace('ё', "е");
    let words = lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |spaced, word| spaced + word + " ")
}

fn words(spaced: &str) -> usize {
    spaced.split_whitespace().count()
}

/// Whether `phrase` stands in `spaced`, from the beginning of a word.
fn begins_in(spaced: &str, phrase: &str) -> bool {
    spaced.contains(&format!(" {phrase}"))
}

fn stands_in(spaced: &str, phrase: &str) -> bool {
    spaced.contains(&format!(" {phrase} "))
}

/// Whether a client asks for a person rather than for an answer.
pub(crate) fn wants_person(text: &str) -> bool {
    let said = spaced(text);
    if phrases("calls").iter().any(|call| begins_in(&said, call)) {
        return true;
    }
    words(&said) <= WORDS_OF_A_CALL
        && phrases("calling-words").iter().any(|word| stands_in(&said, word))
        && !phrases("not-calling").iter().any(|other| stands_in(&said, other))
}

/// Whether the message has neither a letter nor a digit: signs and pictures.
pub(crate) fn is_wordless(text: &str) -> bool {
    !text.contains(char::is_alphanumeric)
}

/// The kindness that is all of the message; none where it says anything else.
pub(crate) fn courtesy(text: &str) -> Option<Courtesy> {
    let mut said = spaced(text);
    let mut heard = None;
    let kinds = [
        (Courtesy::Thanks, phrases("thanks")),
        (Courtesy::Farewell, phrases("farewells")),
        (Courtesy::Greeting, phrases("greetings")),
    ];
    for (courtesy, phrases) in kinds {
        for phrase in phrases {
            if stands_in(&said, phrase) {
                said = said.replace(&format!(" {phrase} "), " ");
                heard = heard.or(Some(courtesy));
            }
        }
    }
    for filler in phrases("fillers") {
        said = said.replace(&format!(" {filler} "), " ");
    }
    heard.filter(|_| said.trim().is_empty())
}

/// Whether the client is angry: nothing automatic makes that better.
pub(crate) fn is_angry(text: &str) -> bool {
    let mood = mood_of(text);
    mood.swears() || mood.score <= ANGER
}

/// Whether the client asks how an own request stands.
pub(crate) fn asks_status(text: &str) -> bool {
    let said = spaced(text);
    words(&said) <= WORDS_OF_A_CALL && phrases("status").iter().any(|phrase| stands_in(&said, phrase))
}

/// Whether the client says that nothing offered fits.
pub(crate) fn none_fits(text: &str) -> bool {
    let said = spaced(text);
    let plain_no = matches!(said.trim(), "нет" | "no" | "0" | "другое" | "other");
    plain_no
        || (words(&said) <= WORDS_OF_A_CHOICE && phrases("none-fits").iter().any(|phrase| stands_in(&said, phrase)))
}

/// Which of `names` the client chose, by its number or by its words; none when that is not told.
pub(crate) fn chosen(text: &str, names: &[String]) -> Option<usize> {
    const ORDINALS: [&[&str]; 4] = [
        &["1", "первая", "первый", "первое", "первую", "first", "one"],
        &["2", "вторая", "второй", "второе", "вторую", "second", "two"],
        &["3", "третья", "третий", "третье", "третью", "third", "three"],
        &["4", "четвертая", "четвертый", "четвертое", "четвертую", "fourth", "four"],
    ];
    let said = spaced(text);
    let count = words(&said);
    if count == 0 {
        return None;
    }
    if count <= WORDS_OF_A_CHOICE {
        let numbers = ORDINALS.iter().take(names.len());
        let numbered = numbers.enumerate().filter(|(_, ways)| ways.iter().any(|way| stands_in(&said, way)));
        if let [(place, _)] = numbered.collect::<Vec<_>>()[..] {
            return Some(place);
        }
        if names.len() == 1 && matches!(said.trim(), "да" | "yes" | "ок" | "ok") {
            return Some(0);
        }
    }
    let spelled = names.iter().map(|name| spaced(name));
    let named = spelled.enumerate().filter(|(_, name)| name.trim().len() > 2 && said.contains(name.as_str()));
    if let [(place, _)] = named.collect::<Vec<_>>()[..] { Some(place) } else { None }
}

/// The questions of a message that has several; empty when it has one.
pub(crate) fn questions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(end) = rest.find('?') {
            let (question, after) = rest.split_at(end + 1);
            // What comes before within the same line is told, not asked.
            let begin = question.rfind(['.', '!']).map_or(0, |sign| sign + 1);
            found.push(question[begin..].trim().to_owned());
            rest = after;
        }
    }
    found.retain(|question| words(&spaced(question)) >= WORDS_OF_A_QUESTION);
    found.truncate(QUESTIONS_MAX);
    if found.len() > 1 { found } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_called_in_many_wordings_and_not_by_chance() {
        for text in [
            "Дайте оператора!",
            "оператор",
            "хочу поговорить с человеком",
            "human please",
            "Talk to an AGENT",
            "соедините с оператором, пожалуйста, я уже третий раз пишу одно и то же, и никто не помогает",
            "Позовите специалиста",
            "нужен живой человек",
            "I want to speak to a real person about my bill, not a chat",
            "переключите на сотрудника",
            "get me a human",
            "representative",
        ] {
            assert!(wants_person(text), "{text}");
        }
        for text in [
            "Как сбросить пароль?",
            "Программа user agent пишет ошибку 500 и дальше не пускает никого",
            "",
            "Какой у вас оператор связи?",
            "Сколько стоит на одного человека?",
            "price per person",
        ] {
            assert!(!wants_person(text), "{text}");
        }
    }

    #[test]
    fn kindness_alone_is_told_from_kindness_with_a_question() {
        for (text, kind) in [
            ("Здравствуйте!", Courtesy::Greeting),
            ("Добрый день, есть кто?", Courtesy::Greeting),
            ("hi there", Courtesy::Greeting),
            ("Спасибо большое, всё заработало!", Courtesy::Thanks),
            ("Thank you very much", Courtesy::Thanks),
            ("Спасибо, до свидания", Courtesy::Thanks),
            ("До свидания", Courtesy::Farewell),
            ("bye", Courtesy::Farewell),
        ] {
            assert_eq!(courtesy(text), Some(kind), "{text}");
        }
        for text in ["Здравствуйте, нет интернета", "Спасибо, не помогло", "hello, my router blinks", "", "🙂"]
        {
            assert_eq!(courtesy(text), None, "{text}");
        }
    }

    #[test]
    fn a_choice_is_read_by_number_ordinal_and_name() {
        let names = ["Роутер".to_owned(), "Личный кабинет".to_owned()];
        for (text, place) in [("1", 0), ("вторая", 1), ("the first one", 0), ("про личный кабинет", 1), ("2)", 1)]
        {
            assert_eq!(chosen(text, &names), Some(place), "{text}");
        }
        for text in ["", "3", "1 или 2", "не знаю", "роутер и личный кабинет"] {
            assert_eq!(chosen(text, &names), None, "{text}");
        }
        assert!(none_fits("Ничего не подходит") && none_fits("none of these") && none_fits("нет"));
        assert!(!none_fits("нет интернета"));
    }

    #[test]
    fn several_questions_are_told_from_one() {
        let two = questions("Добрый день! Как сбросить пароль? И почему не приходит счёт?");
        assert_eq!(two, ["Как сбросить пароль?", "И почему не приходит счёт?"]);
        assert!(questions("Как сбросить пароль? А?").is_empty());
        assert!(questions("Нет интернета.").is_empty());
    }

    #[test]
    fn anger_is_heard_and_mere_trouble_is_not() {
        assert!(is_angry("Это просто ужас, отвратительный сервис, сколько можно издеваться!!!"));
        assert!(is_angry("This is the worst service ever, terrible, I am furious!!!"));
        assert!(!is_angry("Не работает интернет"));
        assert!(!is_angry("My router does not work"));
    }
}
