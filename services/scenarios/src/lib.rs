//! A talk that fills in a scenario: what a client said so far as typed values, what is asked next, and when it is enough.
//!
//! **Invariant:** no I/O and no clock. What today is, is an argument; what a scenario asks for is the plan's.
//!
//! [`Run`] is the talk; `read` makes values of words, `date` and `number` those that are hard to read.

mod date;
mod number;
mod read;
mod run;
mod value;
mod words;

pub use read::read;
pub use run::{Next, Run, Stage};
pub use value::Value;
