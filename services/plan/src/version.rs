//! Which plan it is.

use std::fmt;

use sha2::{Digest, Sha256};

/// The version of a plan: the SHA-256 of its text, so that the same text is the same version everywhere.
///
/// Shown short, as `plan-1a2b3c4d`; [`PlanVersion::as_str`] has all of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlanVersion(String);

impl PlanVersion {
    /// The version of the plan with this text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// All 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plan-{:.8}", self.0)
    }
}
