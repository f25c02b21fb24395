//! How a line counts its own log, as it grows, and tells what is otherwise than usual.
//!
//! **Invariant:** nothing here changes a ticket or asks for many. What was counted and up to where the log was read change in
//! one transaction, so that a crash counts nothing twice and misses nothing; it is the place in the log, written over what was
//! read of it, that two replicas cannot both move on.
//!
//! Each line calls [`Tally::follow`] when its log has grown, and serves what was counted by [`add`]. What is counted says the
//! crate `trends`; `portion` applies a few events, `kept` says where it stands, `follow` writes it, `lookout` compares with the
//! weeks before, `alert` is what is told, `read` answers.

mod alert;
mod follow;
mod kept;
mod lookout;
mod portion;
mod read;
mod service;
mod wire;
mod words;

use handover::Desk;
use proto::trends::trend_service_server::TrendServiceServer;
use rpc::server::ServiceBuilder;
use rpc::{Limits, tuned};

pub use alert::Alert;
pub use follow::Tally;

/// Adds to a line what it counts.
#[must_use]
pub fn add(desk: &Desk, builder: ServiceBuilder, limits: Limits) -> ServiceBuilder {
    builder.add(tuned!(TrendServiceServer::new(service::Trends(desk.clone())), limits))
}
