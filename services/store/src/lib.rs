//! Where a service keeps its tickets: one database per service, the same tables in each.
//!
//! **Invariant:** this is the only crate that knows sea-orm, and nothing of sea-orm is in its public face. It knows
//! rows and transactions, not what may happen to a ticket: that is `ticket`'s. It sends nothing and starts no work of
//! its own but the one writer of an SQLite file.
//!
//! Everything is written through [`Store::write`], which runs a job with a [`Work`] in one transaction; reads that
//! need no transaction are methods of [`Store`]. Every method but those for the machinery of one service (claiming,
//! figures of all, audits) names the organization, so that organizations stay apart.
//!
//! - tickets, their versions and the line's own documents on them: [`Store::ticket`], [`Work::put`], [`Filter`]
//! - the log of events and how to follow it: [`Position`], [`Store::events`], [`Store::feed`]
//! - what is to be sent: [`Outgoing`], [`Work::enqueue`], [`Store::claim`]
//! - what was answered before: [`RequestKey`], [`Work::request`], [`Work::inbox_answer`]
//! - what happens by itself at an instant: [`Timer`], [`Work::set_timer`], [`Store::claim_timers`]
//! - documents by other keys than their ids: [`Work::put_keys`], [`Store::documents_by`]
//! - queues as people look through them, and who works: [`Wanted`], [`Store::queue`], [`Work::loads`]
//! - other names, numbers and documents: [`Work::alias`], [`Work::next_number`], [`Work::put_document`]

mod address;
mod connect;
mod decision;
mod document;
mod document_key;
mod error;
mod figures;
mod listing;
mod log;
mod mark;
mod memory;
mod migration;
mod names;
mod outbox;
#[cfg(test)]
mod query_plans;
mod queue;
mod queue_sql;
mod rows;
mod snapshot;
mod staff;
mod statements;
mod store;
pub mod testing;
mod tickets;
mod timer;
mod wake;
mod word;
mod work;
mod writer;

pub use connect::Options;
pub use decision::{DecisionEvents, DecisionPlace, DecisionsWanted};
pub use document_key::Keyed;
pub use error::{Cause, StoreError};
pub use figures::{Figures, QueueDepth};
pub use listing::{CustodyKind, Filter, Listing, PAGE_SIZE_MAX, Page, StateKind};
pub use log::{EVENTS_MAX, Position};
pub use mark::{Escalation, Mark, Viewer};
pub use memory::{Remembered, RequestKey};
pub use outbox::{Claimed, DeadLetter, Delivery, Outgoing};
pub use queue::{Counted, Queued, Range, Scope, Sort, Wanted};
pub use staff::{Away, Standing};
pub use statements::statements;
pub use store::{Store, Written};
pub use tickets::Version;
pub use timer::Timer;
pub use work::Work;
pub use writer::{BATCH_JOBS_MAX, QUEUE_JOBS_MAX};
