//! Checks of single fields from outside, and the limits they enforce.

/// One field that is wrong, and why; gathered, so that a caller learns of all at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {fault}")]
pub struct Violation {
    /// The field's path in the request, such as `evidence.zone`.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub fault: String,
}

impl Violation {
    /// `field` is wrong because of `fault`.
    #[must_use]
    pub fn new(field: impl Into<String>, fault: impl Into<String>) -> Self {
        Self { field: field.into(), fault: fault.into() }
    }
}

/// The longest text of a message, request or finding, in bytes; longer ones belong in an attachment.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// The longest single line (subject, product, name), in bytes.
pub const LINE_BYTES_MAX: usize = 512;

/// The most entries of a list in one message.
pub const LIST_MAX: usize = 200;

/// `text` without outer white space, if it is not empty, not over `max` bytes and free of NUL.
///
/// # Errors
/// The violation, naming `field`.
pub fn required(field: &str, text: &str, max: usize) -> Result<String, Violation> {
    match optional(field, text, max)? {
        Some(text) => Ok(text),
        None => Err(Violation::new(field, "is empty; it is required")),
    }
}

/// As [`required`], with `None` for an empty text.
///
/// # Errors
/// The violation, naming `field`.
pub fn optional(field: &str, text: &str, max: usize) -> Result<Option<String>, Violation> {
    let text = text.trim();
    if text.len() > max {
        return Err(Violation::new(field, format!("has {} bytes; at most {max} are taken", text.len())));
    }
    if text.contains('\0') {
        return Err(Violation::new(field, "holds a NUL character; remove it"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_bounded_and_free_of_nul() {
        assert_eq!(required("f", "  да ", 8).unwrap(), "да");
        assert!(required("f", " \n", 8).unwrap_err().fault.contains("empty"));
        assert!(required("f", "123456789", 8).unwrap_err().fault.contains("9 bytes"));
        assert!(required("f", "a\0b", 8).unwrap_err().fault.contains("NUL"));
        assert_eq!(optional("f", "", 8).unwrap(), None);
    }
}
