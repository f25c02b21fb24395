//! Takes what identifies a client out of a text before a vendor sees it, and puts it back into the vendor's reply.
//!
//! [`redact`] replaces each personal datum by a token such as `[EMAIL-1]` and remembers the original in a [`Map`] that stays inside;
//! [`restore`] turns the tokens of a reply back; [`leaks`] is the last gate before sending: after [`redact`] it finds nothing.
//!
//! **Tokens.** The same spelling of the same datum always has the same token. Another spelling of it (`8 495 123 45 67` after
//! `+7 (495) 123-45-67`) has the same number with a spelling suffix, `[PHONE-1.2]`: the vendor sees that it is one phone, and a reply gets back
//! the exact spelling. Text that merely looks like a token is left as it stands and its number is never issued, so it cannot be taken for one.
//! A token that the map has already issued means its original, in whichever text it stands; that is what makes [`redact`] idempotent.
//!
//! **Not this crate's work.** It is a set of patterns and checksums, not a language model: a bare name in an unusual form, a nickname, a postal address
//! or a trade name is found only when the caller gives it as [`Known`]. It does no I/O and knows no other crate of the workspace.

mod address;
mod find;
mod first_name;
mod harmless;
mod kind;
mod map;
mod name;
mod number;
mod phone;
mod redact;
mod scan;
mod secret;

pub use kind::{Kind, UnknownKind};
pub use map::{InvalidToken, Map, Token};
pub use redact::{Known, Rules, leaks, redact, restore};
