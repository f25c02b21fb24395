//! Texts cut into words, as clients spell them.

/// The words of a text in small letters without `ё`; signs that belong to a number or a word part stay inside.
pub(crate) fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('ё', "е");
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The same as one text, one space before, between and after them.
pub(crate) fn spaced(text: &str) -> String {
    words(text).iter().fold(" ".to_owned(), |spaced, word| spaced + word + " ")
}

/// Whether `phrase` stands in `spaced`, as whole words.
pub(crate) fn stands_in(spaced: &str, phrase: &str) -> bool {
    spaced.contains(&format!(" {phrase} "))
}

/// In longer messages a single word is about something else.
const WORDS_OF_A_CALL: usize = 5;

/// Whether the client wants to end it.
pub(crate) fn cancels(text: &str) -> bool {
    const CALLS: [&str; 15] = [
        "отмена",
        "отменить",
        "отмени",
        "отмените",
        "стоп",
        "передумал",
        "передумала",
        "не надо",
        "не нужно",
        "хватит",
        "cancel",
        "stop",
        "never mind",
        "nevermind",
        "forget it",
    ];
    let said = spaced(text);
    said.split_whitespace().count() <= WORDS_OF_A_CALL && CALLS.iter().any(|call| stands_in(&said, call))
}

/// Whether the client wants to leave a field out.
pub(crate) fn skips(text: &str) -> bool {
    let said = spaced(text);
    let skipped = ["пропустить", "пропусти", "дальше", "нет", "не знаю", "skip", "next", "no", "none"];
    skipped.contains(&said.trim()) || (said.trim().is_empty() && text.trim() == "-")
}

/// Yes or no, when it is one of them.
pub(crate) fn yes_or_no(text: &str) -> Option<bool> {
    const YES: [&str; 20] = [
        "да",
        "ага",
        "угу",
        "верно",
        "конечно",
        "ок",
        "окей",
        "хорошо",
        "давайте",
        "давай",
        "подтверждаю",
        "согласен",
        "согласна",
        "yes",
        "yep",
        "yeah",
        "sure",
        "ok",
        "okay",
        "correct",
    ];
    const NO: [&str; 10] =
        ["не верно", "не так", "не то", "нет", "неверно", "неправильно", "not right", "no", "nope", "wrong"];
    let said = spaced(text);
    // A no may have the word of a yes in it.
    let rest = NO.iter().fold(said.clone(), |rest, way| rest.replace(&format!(" {way} "), " "));
    let (yes, no) = (YES.iter().any(|way| stands_in(&rest, way)), rest != said);
    // Longer messages say more than that.
    (said.split_whitespace().count() <= WORDS_OF_A_CALL && yes != no).then_some(yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_and_an_answer_are_told_from_mere_words() {
        for text in ["Отмена", "отмени, пожалуйста", "я передумала", "CANCEL", "never mind", "Нет, не надо"]
        {
            assert!(cancels(text), "{text}");
        }
        for text in ["", "нет", "отменяю встречу, поэтому доставку перенесите на другой день", "завтра"]
        {
            assert!(!cancels(text), "{text}");
        }
        for (text, said) in [("Да!", true), ("да, верно", true), ("Нет.", false), ("не верно", false), ("sure", true)]
        {
            assert_eq!(yes_or_no(text), Some(said), "{text}");
        }
        for text in ["", "да нет", "может быть", "три", "да я вообще не понимаю о чём речь"]
        {
            assert_eq!(yes_or_no(text), None, "{text}");
        }
        assert!(skips("-") && skips("Пропустить") && !skips("") && !skips("улица Скипа"));
    }
}
