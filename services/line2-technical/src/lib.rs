//! Line 2, technical support: groups with zones of responsibility diagnose, fix, or hand up.
//!
//! **Invariant:** never writes to the client; what only the client can tell is asked through line 1.
//!
//! [`rules`](self) say what line 2 adds to the protocol, `intake` takes tickets in, `work` is its own daily work: the
//! `review` of the help given, the diagnosis, remote `session`s. `visit` serves field visits, and `booking` changes them.

mod booking;
mod files;
mod intake;
mod own;
mod review;
mod rules;
mod session;
mod visit;
mod visit_wire;
mod work;

use std::sync::Arc;

use handover::{Desk, Setup, custodian_service};
use proto::line2::intake_service_server::IntakeServiceServer;
use proto::line2::technical_service_server::TechnicalServiceServer;
use proto::line2::visit_service_server::VisitServiceServer;
use rpc::{Service, Stack, tuned};

pub use own::{Diagnosis, Entry, RemoteSession, Review};

/// Line 2 over this database.
#[must_use]
pub fn desk(setup: Setup) -> Desk {
    Desk::new(Arc::<rules::Technical>::default(), setup)
}

/// Line 2 as a service.
#[must_use]
pub fn service(desk: &Desk, stack: Stack) -> Service {
    let limits = stack.limits;
    let service = queues::add(desk, custodian_service(desk, stack), limits);
    known::add(desk, tally::add(desk, service, limits), limits)
        .add(tuned!(IntakeServiceServer::new(intake::Intake(desk.clone())), limits))
        .add(tuned!(TechnicalServiceServer::new(work::Work(desk.clone())), limits))
        .add(tuned!(VisitServiceServer::new(visit::Visits(desk.clone())), limits))
        .build()
}
