//! Field visits: what one is, what may happen to it, when two clash, and how it looks in a calendar (RFC 5545).
//!
//! **Invariant:** no I/O, no plan, no gRPC. Who may be sent where and when is the caller's to say; this crate says what
//! follows.

mod calendar;
mod visit;

pub use calendar::{Method, Words, calendar};
pub use visit::{
    Answer, Booking, Journey, MINUTES_MAX, Place, TRAVEL_MINUTES_MAX, Unfit, Visit, WrongVisit, busy_search, is_moment,
    moment,
};
