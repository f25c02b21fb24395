//! Queues: who works on which ticket of a line, how tickets find their person, and how people look through them.
//!
//! **Invariant:** custody never moves here. Everything is within one line, and nobody's ticket is ever out of sight: one
//! without a group is seen by everybody of the line, one without a person by its whole group, all by supervisors.
//!
//! Start at [`enter`], by which a line puts a ticket into a queue. Which person gets it is [`choice`], a total function;
//! what happens by itself is [`rang`], for the timers of this crate, and [`plan_came`].

pub mod choice;
mod deed;
mod entering;
mod filter;
mod hands;
mod people;
mod staff;
mod swarm;
mod views;

use handover::Desk;
use proto::queue::queue_service_server::QueueServiceServer;
use proto::queue::staff_service_server::StaffServiceServer;
use proto::queue::swarm_service_server::SwarmServiceServer;
use proto::queue::view_service_server::ViewServiceServer;
use rpc::server::ServiceBuilder;
use rpc::{Limits, tuned};

pub use entering::{enter, plan_came, rang};
pub use staff::most_room;

/// Adds the services of queues to those of a line.
#[must_use]
pub fn add(desk: &Desk, builder: ServiceBuilder, limits: Limits) -> ServiceBuilder {
    builder
        .add(tuned!(QueueServiceServer::new(hands::Hands(desk.clone())), limits))
        .add(tuned!(StaffServiceServer::new(people::People(desk.clone())), limits))
        .add(tuned!(SwarmServiceServer::new(swarm::Swarm(desk.clone())), limits))
        .add(tuned!(ViewServiceServer::new(views::Views(desk.clone())), limits))
}
