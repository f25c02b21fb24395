//! Runbooks: how to deal with something, written by experts, tried by somebody of the lines below, and only then published.
//!
//! **Invariant:** no I/O, no plan, no gRPC. What is published has passed a test by a person who did not write it. Who may do
//! what, and who is told, is the caller's to say.

mod guide;
mod runbook;
mod test;

pub use guide::{GUIDE_BYTES_MAX, Guide, GuideStep};
pub use runbook::{Edition, Published, Review, Runbook, Stage, State, WrongRunbook};
pub use test::{TESTS_MAX, Test, Verdict};
