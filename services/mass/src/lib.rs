//! Finds mass incidents: more similar requests than this hour of the week lets one expect.
//!
//! **Invariant:** no I/O, and time is an argument. [`Watch`] takes one request after another and needs bounded memory,
//! however many there are; what it knows can be stored and read again. The same requests give the same answer, so
//! that a copy that is fed the same log agrees.
//!
//! `sketch` makes a text comparable, `topic` gathers what is alike, `baseline` learns the volume of each hour of the
//! week, and `watch` puts them together; how unlikely a number is says the crate `chance`.

mod baseline;
pub mod simulation;
mod sketch;
mod topic;
mod topics;
mod watch;

pub use watch::{Candidate, Observed, Request, Settings, TOPICS_MAX, TopicId, Watch, Wave};
