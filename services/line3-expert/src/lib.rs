//! Line 3, the experts: find the root cause, make an action plan, carry it out, work with vendors.
//!
//! **Invariant:** never writes to the client; what only the client can tell is asked through line 1.
//!
//! [`rules`](self) say what line 3 adds to the protocol, `intake` takes tickets in, `work` is its own daily work.

mod intake;
mod own;
mod rules;
mod work;

use std::sync::Arc;

use handover::{Desk, Setup, custodian_service};
use proto::line3::expert_service_server::ExpertServiceServer;
use proto::line3::intake_service_server::IntakeServiceServer;
use rpc::{Service, Stack, tuned};

pub use own::Research;

/// Line 3 over this database.
#[must_use]
pub fn desk(setup: Setup) -> Desk {
    Desk::new(Arc::new(rules::Expert), setup)
}

/// Line 3 as a service.
#[must_use]
pub fn service(desk: &Desk, stack: Stack) -> Service {
    let limits = stack.limits;
    queues::add(desk, custodian_service(desk, stack), limits)
        .add(tuned!(IntakeServiceServer::new(intake::Intake(desk.clone())), limits))
        .add(tuned!(ExpertServiceServer::new(work::Work(desk.clone())), limits))
        .build()
}
