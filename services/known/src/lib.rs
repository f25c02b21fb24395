//! What line 3 knows, at the lines below: known errors and runbooks, offered by how like they are to a ticket, and runbooks to
//! be tried.
//!
//! **Invariant:** no ticket is changed here, and nothing of it is for clients. What is kept came from line 3 by its outbox; this
//! crate decides nothing about it but which is newer.
//!
//! Line 3 tells by [`tell_item`] and [`tell_test`]. Each line takes in what it [`Learns`], by [`add_expertise`]; lines 1 and
//! 2 serve it to their people, which [`add`] does.

mod expertise;
mod item;
mod service;
mod shelf;
mod tell;
mod trial;
pub mod wire;

use std::sync::Arc;

use handover::Desk;
use proto::handover::expertise_service_server::ExpertiseServiceServer;
use proto::handover::known_service_server::KnownServiceServer;
use rpc::server::ServiceBuilder;
use rpc::{Limits, tuned};

pub use expertise::{Learns, Outcome};
pub use item::{Item, ItemId, ItemNews, keep};
pub use shelf::article;
pub use tell::{BELOW, tell_item, tell_item_to, tell_test};
pub use trial::Trial;

/// Adds to line 1 or 2 what its people know from line 3.
#[must_use]
pub fn add(desk: &Desk, builder: ServiceBuilder, limits: Limits) -> ServiceBuilder {
    let known = service::Known(desk.clone(), shelf::Shelves::default());
    let builder = builder.add(tuned!(KnownServiceServer::new(known), limits));
    add_expertise(desk, builder, Arc::new(expertise::Desks), limits)
}

/// Adds to a line what it learns from others.
#[must_use]
pub fn add_expertise(desk: &Desk, builder: ServiceBuilder, learns: Arc<dyn Learns>, limits: Limits) -> ServiceBuilder {
    let expertise = expertise::Expertise { desk: desk.clone(), learns };
    builder.add(tuned!(ExpertiseServiceServer::new(expertise), limits))
}
