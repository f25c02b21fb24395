//! Credentials: in URLs, beside words such as `password`, and those that show themselves by their form; and the names people sign in with.

use std::sync::LazyLock;

use regex::Regex;

use crate::scan::{self, Span};

static USER_INFO: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)[a-z][a-z0-9+.-]*://([^\s/?#]+)@").expect("a fixed pattern"));
static QUERY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?xi)[?&\#](?:[\w-]*(?:token|secret|password|passwd|pwd|signature|credential|api[_-]?key|apikey|session|jwt)[\w-]*|key|sig|sid|auth|otp|login|user|username)
        =([^\s&;\#"'<>]+)"#,
    )
    .expect("a fixed pattern")
});
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)-----BEGIN\x20[A-Z\x20]*PRIVATE\x20KEY-----(?s:.*?)(?:-----END\x20[A-Z\x20]*PRIVATE\x20KEY-----|\z)
        | \beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?
        | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
        | \b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|sk-)[A-Za-z0-9_-]{16,}",
    )
    .expect("a fixed pattern")
});
static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{8,})").expect("a fixed pattern"));
static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?xi)(?:
        (?P<strict>password|passwd|\bpwd|passphrase|парол(?:ь|я|ем|ю)|кодовое\x20слово|\bпин(?:-?код)?|\bpin(?:\x20?code)?|\bcvv2?|\bcvc2?)
        | (?:secret|секрет|token|токен|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|license[_-]?key|\bkey|\bключ(?:\x20(?:доступа|api|лицензии))?|\botp|\bкод(?:\x20(?:из\x20смс|подтверждения|доступа)))
        )["']?(?P<tie>\x20{0,3}[=:]\x20{0,3}|\x20{1,3}(?:is|это|—|–|-)\x20{1,3}|\x20{1,3})["'«]?"#,
    )
    .expect("a fixed pattern")
});
static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?xi)\b(?:login|username|user\x20?name|user\x20?id|uid|логин|имя\x20пользователя|уч[её]тная\x20запись)["']?\x20*[:=]\x20*["'«]?([^\s,;&"'<>«»]+)"#,
    )
    .expect("a fixed pattern")
});
static HOME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)[\\/](?:users|home|пользователи)[\\/]+([^\\/\s:;,"'<>|()]+)"#).expect("a fixed pattern")
});

/// What stands where a secret would and is none.
const NO_SECRETS: [&str; 40] = [
    "null",
    "none",
    "nil",
    "true",
    "false",
    "undefined",
    "empty",
    "required",
    "expired",
    "invalid",
    "incorrect",
    "wrong",
    "missing",
    "not",
    "is",
    "yes",
    "no",
    "ok",
    "the",
    "a",
    "не",
    "нет",
    "да",
    "неверный",
    "неверен",
    "неправильный",
    "истек",
    "истёк",
    "устарел",
    "просрочен",
    "сброшен",
    "изменен",
    "изменён",
    "пустой",
    "принят",
    "отклонен",
    "отклонён",
    "обязателен",
    "от",
    "для",
];

/// Accounts that every installation has.
const NOBODY: [&str; 22] = [
    "root",
    "admin",
    "administrator",
    "администратор",
    "system",
    "public",
    "default",
    "shared",
    "all",
    "guest",
    "nobody",
    "postgres",
    "runner",
    "app",
    "user",
    "www-data",
    "nginx",
    "service",
    "null",
    "none",
    "не",
    "нет",
];

/// A longer value is judged by its beginning, so that time stays linear; bytes.
const JUDGED_MAX: usize = 256;

/// `user:password` before the host, and secret parameters.
pub(crate) fn in_urls(text: &str) -> Vec<Span> {
    let users = scan::each(&USER_INFO, text, |found| Some(found.get(1)?.range()));
    let parameters = scan::each(&QUERY, text, |found| {
        found.get(1).filter(|value| !is_no_secret(value.as_str())).map(|value| value.range())
    });
    scan::merged([users, parameters])
}

/// Passwords, tokens, keys and codes.
pub(crate) fn secrets(text: &str) -> Vec<Span> {
    let formed = scan::each(&FORM, text, |found| Some(found.get(0)?.range()));
    let sent = scan::each(&SCHEME, text, |found| {
        found.get(1).filter(|value| looks_random(value.as_str())).map(|value| value.range())
    });
    scan::merged([formed, sent, beside_words(text)])
}

/// What stands after `password:`, `token =`, `ключ` and their like.
fn beside_words(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(found) = BESIDE.captures_at(text, at) {
        let (Some(whole), Some(tie)) = (found.get(0), found.name("tie")) else { break };
        let ends = |c: char| c.is_whitespace() || ",;&\"'<>«»".contains(c);
        let judged =
            text[whole.end()..].chars().take_while(|c| !ends(*c)).take(JUDGED_MAX).map(char::len_utf8).sum::<usize>();
        at = whole.end();
        if is_secret(found.name("strict").is_some(), tie.as_str().trim(), &text[at..at + judged]) {
            let end = text[at..].find(ends).map_or(text.len(), |length| at + length);
            spans.push(at..end);
            at = end;
        }
    }
    spans
}

/// The surer the word before it and what ties the two, the less a value must look like a secret.
fn is_secret(strict: bool, tie: &str, word: &str) -> bool {
    let length = word.chars().count();
    match tie {
        _ if is_no_secret(word) => false,
        "=" if strict => true,
        ":" if strict => length >= 3,
        "=" | ":" => length >= 4 && looks_random(word) && !word.to_uppercase().starts_with("HK"),
        "" => strict && length >= 4 && mixed(word),
        _ => length >= 4 && (strict && looks_random(word) || mixed(word)),
    }
}

/// Names of accounts after the word, and in the path of a home folder.
pub(crate) fn logins(text: &str) -> Vec<Span> {
    let personal = |word: &str| {
        !NOBODY.contains(&word.to_lowercase().trim_end_matches('.')) && word.chars().any(char::is_alphanumeric)
    };
    let named =
        scan::each(&LOGIN, text, |found| found.get(1).filter(|name| personal(name.as_str())).map(|name| name.range()));
    let homes =
        scan::each(&HOME, text, |found| found.get(1).filter(|name| personal(name.as_str())).map(|name| name.range()));
    scan::merged([named, homes])
}

fn is_no_secret(word: &str) -> bool {
    let bare = word.trim_end_matches(['.', '!', '?', ')', ']']).to_lowercase();
    NO_SECRETS.contains(&bare.as_str()) || !word.chars().any(char::is_alphanumeric)
}

/// Nobody's word: it has a digit, a sign, or capitals after small letters.
fn looks_random(word: &str) -> bool {
    let small = word.find(char::is_lowercase);
    let camel = small.is_some_and(|at| word[at..].chars().any(char::is_uppercase));
    word.chars().any(|c| c.is_ascii_digit() || "!@#$%^&*+~".contains(c)) || camel
}

/// Letters and digits together, as in a password and not in a number or a word.
fn mixed(word: &str) -> bool {
    word.chars().any(char::is_alphabetic) && word.chars().any(|c| c.is_ascii_digit())
}
