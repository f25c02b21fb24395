//! What the suite's tests stand on: a whole suite in one process, a clock that a test moves, and people at work.
//!
//! **Invariant:** everything here goes through the public RPCs and their layers; nothing reaches into a line but
//! through [`estafeta::Suite`].

pub mod articles;
pub mod encoder;
pub mod evidence;
pub mod files;
pub mod force_majeure;
pub mod internal;
pub mod learning;
pub mod major;
mod on_site;
pub mod people;
pub mod problems;
pub mod runbooks;
pub mod stage;
pub mod trends;

pub use people::People;
pub use stage::{Databases, Stage, on_each_database, without_line_0};

/// A client of HTTP, as a browser or a scraper is one.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn http() -> reqwest::Client {
    // The client asks for one even where it speaks no TLS; whoever comes second finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}
