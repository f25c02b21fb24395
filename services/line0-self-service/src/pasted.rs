//! Long messages: what a person wrote, among what a machine did.

/// Messages up to so many bytes are a person's.
const PLAIN_BYTES_MAX: usize = 3000;

/// So many bytes of a person's own words are looked up.
const WORDS_BYTES_MAX: usize = 2000;

/// A log has so many lines of a machine at least.
const LOG_LINES_MIN: usize = 10;

/// What begins or marks the lines of machines.
const MARKS: [&str; 14] = [
    "ERROR",
    "WARN",
    "INFO",
    "DEBUG",
    "TRACE",
    "FATAL",
    "Exception",
    "Traceback",
    "error:",
    "0x",
    "::",
    "==",
    "<?xml",
    "\\x",
];

/// A message with a log in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pasted {
    /// What the person wrote; may be empty.
    pub(crate) words: String,
}

impl Pasted {
    /// The log in `text`; none when a person wrote all of it. Looks at each line once.
    pub(crate) fn in_text(text: &str) -> Option<Self> {
        if text.len() <= PLAIN_BYTES_MAX {
            return None;
        }
        let (of_machine, of_person): (Vec<&str>, Vec<&str>) =
            text.lines().filter(|line| !line.trim().is_empty()).partition(|line| is_of_machine(line));
        if of_machine.len() < LOG_LINES_MIN {
            return None;
        }
        let words = of_person.join("\n");
        Some(Self { words: words[..words.floor_char_boundary(WORDS_BYTES_MAX)].to_owned() })
    }
}

fn is_of_machine(line: &str) -> bool {
    let line = line.trim();
    let begins = line.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '[' | '{' | '<' | '#' | '}'))
        || line.starts_with("at ");
    if MARKS.iter().any(|mark| line.contains(mark)) {
        return true;
    }
    let (mut letters, mut all) = (0, 0);
    for sign in line.chars() {
        letters += usize::from(sign.is_alphabetic() || sign == ' ');
        all += 1;
    }
    // A person's numbered line has mostly letters; that of a machine has numbers and signs.
    letters * 10 < all * 6 || (begins && letters * 10 < all * 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_person_are_found_in_a_log() {
        let log = "2026-09-14 12:00:01.123 ERROR pppd[314]: timeout waiting for PADO packets (0x8863)\n".repeat(600);
        let text = format!("Роутер не подключается к сети, вот журнал:\n{log}Что делать дальше?");
        let pasted = Pasted::in_text(&text).expect("there is a log");
        assert_eq!(pasted.words, "Роутер не подключается к сети, вот журнал:\nЧто делать дальше?");
    }

    #[test]
    fn a_long_letter_is_no_log() {
        assert_eq!(Pasted::in_text(&"Вчера вечером пропал интернет, и до сих пор его нет.\n".repeat(100)), None);
        assert_eq!(Pasted::in_text("2026 ERROR"), None);
    }
}
