//! Line 1, the service desk: registers, triages, works the checklist, and owns the client contact to the end.
//!
//! **Invariant:** the only line that writes to the client. It keeps the home record of every ticket that a person has
//! to see; how to reach the client never leaves it.
//!
//! [`rules`](self) say what line 1 adds to the protocol, `intake` takes tickets from line 0, `work` is its own daily
//! work, of which `register`, `contact` and `checklist` are parts, `record` what its people keep on a ticket, `major` what
//! many tickets have in common, and `force_majeure` the one switch for all of them.

mod advice;
mod attachment;
mod casework;
mod checklist;
mod contact;
mod conversation;
mod force_majeure;
mod heard;
mod intake;
mod language;
mod learned;
mod likeness;
mod major;
mod merge;
mod own;
mod problem;
mod progress;
mod record;
mod register;
mod replay;
mod rules;
mod satisfaction;
mod senior;
mod shelf;
mod sorting;
mod split;
mod thanks;
mod visit;
mod work;

use std::sync::Arc;

use attachments::Vault;
use backends::Encoder;
use handover::{Desk, Setup, custodian_service, decision_service};
use proto::line1::attachment_service_server::AttachmentServiceServer;
use proto::line1::casework_service_server::CaseworkServiceServer;
use proto::line1::client_visit_service_server::ClientVisitServiceServer;
use proto::line1::conversation_service_server::ConversationServiceServer;
use proto::line1::force_majeure_service_server::ForceMajeureServiceServer;
use proto::line1::intake_service_server::IntakeServiceServer;
use proto::line1::major_incident_service_server::MajorIncidentServiceServer;
use proto::line1::model_service_server::ModelServiceServer;
use proto::line1::record_service_server::RecordServiceServer;
use proto::line1::service_desk_service_server::ServiceDeskServiceServer;
use rpc::{Service, Stack, tuned};

pub use heard::Heard;
pub use language::language_of;
pub use learned::Given;
pub use major::Membership;
pub use own::{Home, Link, Message, Note, Question, Rating};
pub use replay::{Replay, Sorted};

/// Line 1 over this database; `encoder` makes vectors of requests, where there is one.
#[must_use]
pub fn desk(setup: Setup, encoder: Option<Encoder>) -> Desk {
    Desk::new(Arc::new(rules::ServiceDesk::new(encoder)), setup)
}

/// Line 1 as a service, with the files of tickets in `vault`.
#[must_use]
pub fn service(desk: &Desk, stack: Stack, vault: Vault) -> Service {
    let limits = stack.limits;
    let service = queues::add(desk, custodian_service(desk, stack), limits);
    known::add(desk, tally::add(desk, service, limits), limits)
        .add(decision_service(desk, limits))
        .add(tuned!(IntakeServiceServer::new(intake::Intake(desk.clone())), limits))
        .add(tuned!(ServiceDeskServiceServer::new(work::Work(desk.clone())), limits))
        .add(tuned!(CaseworkServiceServer::new(casework::Casework(desk.clone())), limits))
        .add(tuned!(ConversationServiceServer::new(conversation::Conversation(desk.clone())), limits))
        .add(tuned!(MajorIncidentServiceServer::new(major::MajorIncidents(desk.clone())), limits))
        .add(tuned!(ModelServiceServer::new(learned::Models(desk.clone())), limits))
        .add(tuned!(ForceMajeureServiceServer::new(force_majeure::ForceMajeures(desk.clone())), limits))
        .add(tuned!(RecordServiceServer::new(record::Records(desk.clone())), limits))
        .add(tuned!(AttachmentServiceServer::new(attachment::Attachments(desk.clone(), vault)), limits))
        .add(tuned!(ClientVisitServiceServer::new(visit::Visits(desk.clone())), limits))
        .build()
}
