//! Names of persons: Russian full names by the patronymic, initials or a known first name; others by the words that announce a name.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    first_name::is_first_name,
    scan::{self, Span},
};

/// After these stands a name, whatever it looks like.
static SURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)(?:\bменя\x20зовут|\b(?:мо[её]\x20)имя|\bфио|\bф\.и\.о\.|\bконтактное\x20лицо|\bmy\x20name\x20is|\bfull\x20name|\bcontact\x20person|\bmr\.?|\bmrs\.?|\bms\.)\x20{0,2}[:=—–-]?\x20{0,2}
        | (?:\bс\x20уважением|\b(?:best|kind|warm)\x20regards|\bregards|\bsincerely|\byours\x20truly)[,.!]?\s{0,4}(?:[—–-]\x20)?",
    )
    .expect("a fixed pattern")
});

/// After these a name may stand, and something else as well.
static LIKELY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)\b(?:клиент|пользовател|абонент|заявител|сотрудни[кц]|коллег|инженер|директор|бухгалтер|менеджер|гражданин|господин|госпож)(?:ь|а|я|у|ю|ом|ем|е|и|ка|ке|ку|кой)?\x20{0,2}[:—–-]?\x20{1,2}
        | \b(?:имя|от|автор|звонил[аи]?|обратил(?:ся|ась)|уважаем(?:ый|ая)|здравствуйте,?|это|зовут|вас\x20беспокоит|на\x20связи)\x20{0,2}[:—–-]?\x20{1,2}
        | \b(?:customer|client|user|employee|caller|contact|name|from|reported\x20by|called\x20by|dear|hi|hello|i\x20am|i['’]m|this\x20is|it\x20is|attn)\x20{0,2}[:—–,-]?\x20{1,2}
        | \b(?:thanks|thank\x20you|cheers|спасибо|best|заранее\x20благодарю)[,.!]?\s{1,4}",
    )
    .expect("a fixed pattern")
});

/// Capitalised words that stand beside a name, or where one would, and belong to none; in small letters.
const NO_NAMES: &str = "клиент клиента клиенту клиентом клиентка пользователь пользователя пользователю пользователем абонент абонента заявитель сотрудник сотрудника \
    сотрудница инженер инженера директор директора менеджер менеджера бухгалтер бухгалтера коллега уважаемый уважаемая уважаемые здравствуйте привет добрый \
    доброе день утро вечер от для это здесь сегодня вчера завтра имя фио отчество фамилия господин госпожа гражданин спасибо ооо оао пао зао ао ип служба отдел \
    команда поддержка поддержки администрация администратор группа компания техподдержка звонил звонила звонит обратился обратилась сообщил сообщила просит \
    просил просила написал написала контакт контактное лицо автор ответственный исполнитель прошу у мой моя мы я но и а не на с после когда если тел телефон \
    паспорт снилс инн почта адрес договор заявка обращение ошибка сервер система сервис модуль версия \
    support team service desk helpdesk it department office manager engineer senior junior lead director head the your our all sir madam customer client user \
    employee mr mrs ms dr dear hi hello from contact name and or but not everyone there i we is phone tel email mobile company ltd inc llc gmbh \
    server windows linux microsoft google error version product not wrong missing";

/// Endings of Russian surnames that few other words have.
const SURNAME: [&str; 32] = [
    "ов",
    "ова",
    "ову",
    "овым",
    "овой",
    "ове",
    "ев",
    "ева",
    "еву",
    "евым",
    "евой",
    "еве",
    "ёв",
    "ёва",
    "ский",
    "ская",
    "скому",
    "ского",
    "ским",
    "скую",
    "ской",
    "цкий",
    "цкая",
    "цкого",
    "цкому",
    "цкой",
    "енко",
    "дзе",
    "швили",
    "юк",
    "чук",
    "янц",
];

/// Endings that make a surname only beside a first name.
const SURNAME_BESIDE: [&str; 20] = [
    "ин", "ина", "ину", "иным", "иной", "ын", "ына", "ыну", "ыным", "ук", "ян", "яна", "ко", "ич", "ых", "их", "ец",
    "як", "ман", "ер",
];

/// Endings of patronymics in all cases.
const PATRONYMIC: [&str; 24] = [
    "ович",
    "овича",
    "овичу",
    "овичем",
    "овиче",
    "евич",
    "евича",
    "евичу",
    "евичем",
    "евиче",
    "ьич",
    "ьича",
    "ьичу",
    "ьичом",
    "овна",
    "овны",
    "овне",
    "овну",
    "овной",
    "евна",
    "евны",
    "евне",
    "евну",
    "евной",
];
const PATRONYMIC_RARE: [&str; 5] = ["ична", "ичны", "ичне", "ичну", "ичной"];

/// Longer rows of capitalised words are headings or names of products.
const NAME_WORDS_MAX: usize = 3;

struct Word {
    span: Span,
    small: String,
    /// One capital with its full stop.
    initial: bool,
    capital: bool,
    cyrillic: bool,
    /// Only a blank or two stand between this word and the one before.
    joined: bool,
}

/// The names of persons in `text`.
pub(crate) fn names(text: &str) -> Vec<Span> {
    let words = words(text);
    let mut spans: Vec<Span> = (0..words.len()).filter_map(|at| russian(&words, at)).collect();
    for (pattern, sure) in [(&SURE, true), (&LIKELY, false)] {
        for cue in pattern.find_iter(text) {
            let first = words.partition_point(|word| word.span.start < cue.end());
            let announces = scan::before(text, cue.start()).is_none_or(|c| !c.is_alphanumeric());
            if announces && words.get(first).is_some_and(|word| word.span.start == cue.end()) {
                spans.extend(announced(&words, first, sure));
            }
        }
    }
    scan::merged([spans])
}

/// A name that shows itself, with the word at `at` as its first name, patronymic's owner or surname before initials.
fn russian(words: &[Word], at: usize) -> Option<Span> {
    let word = &words[at];
    let back = |steps: usize| {
        let from = at.checked_sub(steps)?;
        words[from + 1..=at].iter().all(|word| word.joined).then(|| &words[from])
    };
    let ahead =
        |steps: usize| words.get(at + 1..=at + steps)?.iter().all(|word| word.joined).then(|| &words[at + steps]);
    let named = |word: Option<&Word>| word.is_some_and(Word::may_be_name);
    let surname = |word: Option<&Word>| {
        word.is_some_and(|word| word.may_be_name() && (word.ends(&SURNAME) || word.ends(&SURNAME_BESIDE)))
    };
    let start = |steps: usize| back(steps).map_or(word.span.start, |first| first.span.start);
    let end = |steps: usize| ahead(steps).map_or(word.span.end, |last| last.span.end);

    if word.initial {
        let single = !back(1).is_some_and(|word| word.initial);
        let second = ahead(1).is_some_and(|word| word.initial);
        let before = single && named(back(1)) && back(1).is_some_and(|word| word.cyrillic);
        if single && second && before {
            return Some(start(1)..end(1));
        }
        let after = ahead(2).filter(|word| word.cyrillic && word.may_be_name());
        return after.filter(|_| single && second).map(|last| word.span.start..last.span.end);
    }
    if !word.cyrillic || !word.may_be_name() {
        return None;
    }
    if word.is_patronymic() && named(back(1)) {
        let from = if named(back(2)) { start(2) } else { start(1) };
        let to = if !named(back(2)) && surname(ahead(1)) { end(1) } else { word.span.end };
        return Some(from..to);
    }
    if is_first_name(&word.small) && !ahead(1).is_some_and(Word::is_patronymic) {
        if named(ahead(1)) && ahead(1).is_some_and(|word| word.cyrillic) {
            return Some(word.span.start..end(1));
        }
        if surname(back(1)) {
            return Some(start(1)..word.span.end);
        }
        if ahead(1).is_some_and(|word| word.initial) && !surname(ahead(1)) {
            return Some(word.span.start..end(1));
        }
    }
    None
}

/// The name that begins with the word at `first`, after words that announce one.
fn announced(words: &[Word], first: usize, sure: bool) -> Option<Span> {
    let mut taken: Vec<&Word> = Vec::new();
    for (place, word) in words[first..].iter().take(NAME_WORDS_MAX).enumerate() {
        let follows = place == 0 || word.joined && word.cyrillic == taken[0].cyrillic;
        let small = sure
            && !word.capital
            && !is_no_name(&word.small)
            && if place == 0 {
                is_first_name(&word.small)
            } else {
                !taken[0].capital && (word.ends(&SURNAME) || word.is_patronymic())
            };
        if !follows || !(word.initial || word.may_be_name() || small) {
            break;
        }
        taken.push(word);
    }
    let whole = taken.iter().any(|word| !word.initial);
    let likely = taken.iter().any(|word| {
        word.initial && taken.len() > 1 && word.cyrillic
            || is_first_name(&word.small)
            || word.is_patronymic()
            || word.cyrillic && word.ends(&SURNAME)
    });
    (whole && (sure || likely)).then_some(())?;
    Some(taken.first()?.span.start..taken.last()?.span.end)
}

impl Word {
    /// Capitalised, not an abbreviation, and not one of the words that stand beside names.
    fn may_be_name(&self) -> bool {
        self.capital && !self.initial && self.small.chars().count() > 1 && !is_no_name(&self.small)
    }

    fn is_patronymic(&self) -> bool {
        self.ends(&PATRONYMIC) || self.ends(&PATRONYMIC_RARE)
    }

    fn ends(&self, endings: &[&str]) -> bool {
        self.cyrillic
            && endings
                .iter()
                .any(|ending| self.small.strip_suffix(ending).is_some_and(|stem| stem.chars().count() >= 2))
    }
}

fn is_no_name(small: &str) -> bool {
    static WORDS: LazyLock<std::collections::HashSet<&str>> = LazyLock::new(|| NO_NAMES.split_whitespace().collect());
    WORDS.contains(small)
}

/// The words of `text`: letters with hyphens and apostrophes inside.
fn words(text: &str) -> Vec<Word> {
    static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\p{L}+(?:['’-]\p{L}+)*").expect("a fixed pattern"));
    let mut words: Vec<Word> = Vec::new();
    for found in WORD.find_iter(text) {
        let word = found.as_str();
        let capital = word.starts_with(char::is_uppercase);
        let abbreviation = word.chars().all(char::is_uppercase) && word.chars().count() <= 3;
        let initial = capital && word.chars().count() == 1 && scan::after(text, found.end()) == Some('.');
        let touches = |c: Option<char>| c.is_some_and(|c| c.is_numeric() || c == '_');
        let broken = touches(scan::before(text, found.start())) || touches(scan::after(text, found.end()));
        let end = found.end() + usize::from(initial);
        let joined = words.last().is_some_and(|last| {
            let gap = &text[last.span.end..found.start()];
            gap.len() <= 3 && gap.chars().all(|c| c == ' ' || c == '\u{a0}') && (!gap.is_empty() || last.initial)
        });
        words.push(Word {
            span: found.start()..end,
            small: word.to_lowercase(),
            initial,
            capital: capital && (initial || !abbreviation) && !broken,
            cyrillic: word.starts_with(|c: char| matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё')),
            joined,
        });
    }
    words
}
