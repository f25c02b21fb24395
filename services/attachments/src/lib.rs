//! Files that belong to tickets: kept by their content under a directory of their own, outside of the tables.
//!
//! **Invariant:** no path is made of anything that came from outside. A file's place is its organization and its SHA-256;
//! what people call it is a name in the tables. Knows no gRPC, no plan and no database.
//!
//! [`Vault`] keeps the bytes, [`kind`] tells what they are by their signature, [`name`] tidies what people call them.

mod digest;
pub mod kind;
pub mod name;
mod vault;

pub use digest::Digest;
pub use vault::{Content, Sealed, UNFINISHED_HOURS, Vault, VaultError};
