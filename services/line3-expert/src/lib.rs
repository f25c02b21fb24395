//! Line 3, the experts: find the root cause, make an action plan, carry it out, work with vendors.
//!
//! **Invariant:** never writes to the client; what only the client can tell is asked through line 1.
//!
//! [`rules`](self) say what line 3 adds to the protocol, `intake` takes tickets in, `work` is its own daily work on a
//! ticket. `problem` serves what is behind many tickets; `linked` keeps it, and tells the tickets. `runbook` serves
//! what is written for the lines below; `shelved` keeps it, and tells them of it, and of workarounds;
//! `newcomers` tells a line that the plan did not have before.

mod intake;
mod linked;
mod newcomers;
mod own;
mod problem;
mod problem_wire;
mod rules;
mod runbook;
mod runbook_wire;
mod shelved;
mod work;

use std::sync::Arc;

use handover::{Desk, Setup, custodian_service};
use proto::line3::expert_service_server::ExpertServiceServer;
use proto::line3::intake_service_server::IntakeServiceServer;
use proto::line3::problem_service_server::ProblemServiceServer;
use proto::line3::runbook_service_server::RunbookServiceServer;
use rpc::{Service, Stack, tuned};

pub use own::Research;

/// Line 3 over this database.
#[must_use]
pub fn desk(setup: Setup) -> Desk {
    Desk::new(Arc::<rules::Expert>::default(), setup)
}

/// Line 3 as a service.
#[must_use]
pub fn service(desk: &Desk, stack: Stack) -> Service {
    let limits = stack.limits;
    let service = queues::add(desk, custodian_service(desk, stack), limits);
    known::add_expertise(desk, tally::add(desk, service, limits), Arc::new(runbook::Experts), limits)
        .add(tuned!(IntakeServiceServer::new(intake::Intake(desk.clone())), limits))
        .add(tuned!(ExpertServiceServer::new(work::Work(desk.clone())), limits))
        .add(tuned!(ProblemServiceServer::new(problem::Problems(desk.clone())), limits))
        .add(tuned!(RunbookServiceServer::new(runbook::Runbooks(desk.clone())), limits))
        .build()
}
