//! The one binary of the suite, as a library, so that tests can compose a whole suite.
//!
//! - [`suite`]: everything in one process; `up`, `demo` and the tests are made of it.
//! - [`serve`]: one service in its own process. [`running`]: how those find each other.
//! - [`settings`]: what can be set, by flags, environment and file. [`cli`]: the commands.
//! - [`audit`], [`plans`], [`ticket_work`], [`learning`], [`whatif`], [`trends`], [`force_majeure`], [`demo`], [`up`]: commands.
//!
//! **Invariant:** this crate decides nothing about tickets; it composes the services, and its commands call them as
//! anybody could.

mod article_wire;
pub mod articles;
pub mod audit;
pub mod bench;
pub mod cli;
pub mod demo;
pub mod eval;
pub mod failure;
pub mod force_majeure;
pub mod learning;
mod line1;
mod lines;
pub mod people;
pub mod plans;
pub mod process;
pub mod reload;
pub mod running;
pub mod serve;
mod services;
pub mod settings;
pub mod suite;
pub mod target;
pub mod ticket_work;
pub mod trends;
pub mod up;
pub mod whatif;
mod wire_json;

pub use failure::Failure;
pub use suite::{Config, Suite};
