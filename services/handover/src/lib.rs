//! How a ticket changes hands: one protocol for every pair of lines, with an outbox and an inbox.
//!
//! **Invariant:** this crate knows no line's own rules. What differs between lines is behind [`Rules`]; what moves
//! custody is only here. A line is a [`Desk`] with its rules.
//!
//! The four steps of a handover, and where they are:
//! (a) [`Desk::hand_up`], [`Desk::hand_back`], [`Desk::hand_in`] (`sending`): the ticket is offered and the offer is
//!     in the outbox, in one transaction;
//! (b) [`courier`]: the outbox delivers until there is a definite answer;
//! (c) [`Desk::receive`] (`receiving`): the receiver checks, stores ticket and receipt, or declines, in one transaction;
//! (d) `settling`: the sender records the receipt, or takes the ticket back.

mod arrangement;
mod backoff;
mod bulletin;
mod caller;
mod carrying;
mod change;
mod clarification;
mod clocks;
mod courier;
mod custodian;
mod deadlines;
mod decisions;
mod desk;
mod force_majeure;
mod fuse;
mod hold;
mod inbox;
mod incident_news;
mod letters;
mod messages;
mod notice;
mod order;
mod parcel;
mod plans;
mod problem_news;
mod raising;
mod reading;
mod receiving;
mod refused;
mod relay;
mod rounds;
mod rules;
mod sending;
mod settling;
mod sound;
mod waking;
pub mod wire;

pub use arrangement::{Arranged, ArrangementParcel, Arrangements, answer_visit, tell_visit};
pub use backoff::Backoff;
pub use bulletin::tell_force_majeure;
pub use caller::{actor, answer, sending_line};
pub use carrying::Undelivered;
pub use change::Change;
pub use clarification::answered;
pub use clocks::TIMER as CLOCK_TIMER;
pub use custodian::Custodian;
pub use decisions::Decisions;
pub use desk::{Desk, Peers, Setup};
pub use force_majeure::{Board, ForceMajeure};
pub use fuse::{CrashPoint, Fuse};
pub use hold::{HOLD_MAX, hold, resume};
pub use incident_news::{raise_of_incident, tell_incident};
pub use letters::LetterHead;
pub use messages::{ask, report};
pub use notice::{Notice, Recipient};
pub use order::{Order, fingerprint, ticket_id};
pub use parcel::{ExpertiseParcel, Parcel, PartnerParcel, ticket_of};
pub use plans::{Known, Plans, plans_in};
pub use problem_news::tell_problem;
pub use reading::{Reading, page_size};
pub use receiving::{Arrival, known_answer, tell_everyone};
pub use refused::Refused;
pub use relay::{Relay, verified};
pub use rules::{Carried, Foresight, OwnDeed, Rules, Told};
pub use sending::{Sent, offer_back, offer_solved, offer_up};
pub use sound::{Sound, WORDS_MAX, with_words};
pub use waking::wake_again;

use proto::handover::arrangement_service_server::ArrangementServiceServer;
use proto::handover::bulletin_service_server::BulletinServiceServer;
use proto::handover::clock_service_server::ClockServiceServer;
use proto::handover::custodian_service_server::CustodianServiceServer;
use proto::handover::notice_service_server::NoticeServiceServer;
use proto::handover::relay_service_server::RelayServiceServer;
use proto::ticket::decision_service_server::DecisionServiceServer;
use proto::ticket::ticket_service_server::TicketServiceServer;
use rpc::server::ServiceBuilder;
use rpc::{Limits, Service, Stack, tuned};
use ticket::Line;

/// Starts a line's service with what every line serves: its tickets, what other lines say to it, and what it tells its people.
#[must_use]
pub fn line_service(desk: &Desk, stack: Stack) -> ServiceBuilder {
    let limits = stack.limits;
    Service::builder(stack)
        .add(tuned!(TicketServiceServer::new(Reading(desk.clone())), limits))
        .add(tuned!(RelayServiceServer::new(Relay(desk.clone())), limits))
        .add(tuned!(ArrangementServiceServer::new(Arrangements(desk.clone())), limits))
        .add(tuned!(NoticeServiceServer::new(inbox::Notices(desk.clone())), limits))
        .add(tuned!(BulletinServiceServer::new(bulletin::Bulletins(desk.clone())), limits))
}

/// The service over what this line decided without a person, for the lines that do.
#[must_use]
pub fn decision_service(desk: &Desk, limits: Limits) -> DecisionServiceServer<Decisions> {
    tuned!(DecisionServiceServer::new(Decisions(desk.clone())), limits)
}

/// As [`line_service`], for lines 1 to 4, where people hold tickets.
#[must_use]
pub fn custodian_service(desk: &Desk, stack: Stack) -> ServiceBuilder {
    let limits = stack.limits;
    let service = line_service(desk, stack).add(tuned!(CustodianServiceServer::new(Custodian(desk.clone())), limits));
    if desk.line() == Line::Vendor {
        // There a ticket waits for its vendor, and for nothing else.
        return service;
    }
    service.add(tuned!(ClockServiceServer::new(hold::Clocks(desk.clone())), limits))
}
