//! What people call a file, made harmless.

/// The longest name, in bytes: what file systems take.
pub const NAME_BYTES_MAX: usize = 255;

/// `given` as a name that can be shown and saved anywhere: the part behind the last slash, without control characters,
/// marks that turn the direction of writing, and what file systems forbid. None when nothing is left.
#[must_use]
pub fn tidy(given: &str) -> Option<String> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or(given);
    let harmless = last.chars().filter(|c| !c.is_control() && !turns(*c));
    let harmless: String = harmless.map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    // A leading dot would hide it, a trailing one is lost on Windows.
    let name = harmless.trim_matches(|c: char| c == '.' || c.is_whitespace());
    (!name.is_empty()).then(|| shorten(name))
}

/// Marks that make `gpj.exe` look like `exe.jpg`, and others that nobody sees.
fn turns(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{061c}')
}

/// Cuts before the extension, which says what opens it.
fn shorten(name: &str) -> String {
    if name.len() <= NAME_BYTES_MAX {
        return name.to_owned();
    }
    let extension = name.rfind('.').map(|dot| &name[dot..]).filter(|rest| rest.len() <= 16).unwrap_or("");
    let mut end = NAME_BYTES_MAX - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_only_a_name() {
        assert_eq!(tidy("снимок экрана.png").as_deref(), Some("снимок экрана.png"));
        assert_eq!(tidy("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(tidy("C:\\Users\\Анна\\лог.txt").as_deref(), Some("лог.txt"));
        assert_eq!(tidy("фото\u{202e}gpj.exe").as_deref(), Some("фотоgpj.exe"));
        assert_eq!(tidy(" .. "), None);
        assert_eq!(tidy("a\0b\nc"), Some("abc".to_owned()));
        let long = format!("{}.docx", "я".repeat(300));
        let short = tidy(&long).unwrap();
        assert!(short.len() <= NAME_BYTES_MAX && short.ends_with("я.docx"), "{short}");
    }

    proptest! {
        #[test]
        fn no_name_leads_anywhere(given in any::<String>()) {
            if let Some(name) = tidy(&given) {
                prop_assert!(name.len() <= NAME_BYTES_MAX && !name.is_empty());
                prop_assert!(!name.contains(['/', '\\', '\0']) && name != "." && name != "..");
            }
        }
    }
}
