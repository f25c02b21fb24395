//! Major incidents: many clients have the same trouble.
//!
//! [`incident`] is what one is and what may happen to it, `kept` how it stands in the database, `follow` reads the log and
//! finds candidates, `lease` says which replica does, `children` is what it does to a ticket, `cascade` does that to all of
//! them, and `service` answers people.

mod cascade;
mod children;
mod follow;
mod incident;
mod kept;
mod lease;
mod service;
mod wire;

pub use incident::Membership;

pub(crate) use cascade::rang;
pub(crate) use children::tell_next;
pub(crate) use follow::Follower;
pub(crate) use kept::TIMER;
pub(crate) use service::MajorIncidents;
