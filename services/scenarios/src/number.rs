//! Whole numbers, in digits or in words.

/// The numbers that clients write out, by their words.
const WRITTEN: [(i64, &[&str]); 13] = [
    (0, &["ноль", "zero"]),
    (1, &["один", "одна", "одну", "одно", "одной", "one"]),
    (2, &["два", "две", "двух", "two", "couple"]),
    (3, &["три", "трех", "three"]),
    (4, &["четыре", "четырех", "four"]),
    (5, &["пять", "пяти", "five"]),
    (6, &["шесть", "шести", "six"]),
    (7, &["семь", "семи", "seven"]),
    (8, &["восемь", "восьми", "eight"]),
    (9, &["девять", "девяти", "nine"]),
    (10, &["десять", "десяти", "десяток", "ten"]),
    (11, &["одиннадцать", "eleven"]),
    (12, &["двенадцать", "twelve", "dozen"]),
];

/// Longer ones are no amounts.
const DIGITS_MAX: usize = 12;

/// The one number of a text; none when there is none or there are several.
pub(crate) fn number(text: &str) -> Option<i64> {
    let lower = text.to_lowercase().replace('ё', "е");
    let signs: Vec<char> = lower.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < signs.len() {
        if signs[at].is_ascii_digit() {
            let is_negative = at > 0 && matches!(signs[at - 1], '-' | '−') && !follows_a_word(&signs, at - 1);
            let (digits, end) = digits(&signs, at);
            // Parts of a larger thing, such as 3.5 or a1, are no whole number.
            let part = |c: &char| c.is_alphanumeric() && !c.is_ascii_digit();
            let before = at.checked_sub(1).and_then(|before| signs.get(before)).is_some_and(part);
            let dotted =
                matches!(signs.get(end), Some('.' | ',')) && signs.get(end + 1).is_some_and(char::is_ascii_digit);
            if before || dotted || digits.len() > DIGITS_MAX {
                return None;
            }
            let number: i64 = digits.parse().ok()?;
            found.push(if is_negative { -number } else { number });
            at = end;
        } else {
            at += 1;
        }
    }
    let words = crate::words::words(&lower);
    found.extend(
        words.iter().filter_map(|word| {
            WRITTEN.iter().find(|(_, ways)| ways.contains(&word.as_str())).map(|(number, _)| *number)
        }),
    );
    found.dedup();
    if let [only] = found[..] { Some(only) } else { None }
}

/// The digits from `at` on, over the spaces between thousands, and where they end.
fn digits(signs: &[char], mut at: usize) -> (String, usize) {
    let (mut digits, mut is_grouped) = (String::new(), false);
    while let Some(sign) = signs.get(at) {
        let is_thousand = matches!(sign, ' ' | '\u{a0}')
            && (is_grouped || digits.len() <= 3)
            && (1..=3).all(|by| signs.get(at + by).is_some_and(char::is_ascii_digit))
            && !signs.get(at + 4).is_some_and(char::is_ascii_digit);
        if sign.is_ascii_digit() {
            digits.push(*sign);
        } else if is_thousand {
            is_grouped = true;
        } else {
            break;
        }
        at += 1;
    }
    (digits, at)
}

fn follows_a_word(signs: &[char], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| signs.get(before)).is_some_and(|sign| sign.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_digits_and_in_words() {
        for (text, wanted) in [
            ("3", 3),
            ("3 шт.", 3),
            ("три штуки, пожалуйста", 3),
            ("нужно 12шт", 12),
            ("two of them", 2),
            ("-4", -4),
            ("15 000 рублей", 15_000),
            ("1 000 000", 1_000_000),
            ("десяток", 10),
        ] {
            assert_eq!(number(text), Some(wanted), "{text}");
        }
        for text in ["", "много", "2 или 3", "3.5", "a1", "12345678901234567890", "один или два"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
