//! Line 4, the bridge to the vendors: exchanges cases with partners' systems, at the level of the company's experts.
//!
//! **Invariant:** nothing that identifies a client crosses to a partner, unless the plan allows that kind of data for
//! that vendor; and the bridge never writes to the client: what only the client can tell is asked through line 1.
//!
//! A *bond* ties a ticket to a partner's case, one for each ticket and vendor, whatever is retried. A ticket that comes
//! to the same vendor again continues its bond: the partner reads of it in a further message, and keeps its case.
//!
//! `rules` say what line 4 adds to the protocol, `intake` takes tickets in, `work` is its own daily work. `outgoing` is
//! everything that goes to a partner, through the `boundary` where texts are redacted; `partner` reads what a partner
//! says, and `incoming` acts on it, in the partner's order. `own` is what is kept on a ticket.

mod boundary;
mod incoming;
mod intake;
mod outgoing;
mod own;
mod partner;
mod rules;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use handover::{Desk, Setup, custodian_service};
use proto::partner::partner_bridge_service_server::PartnerBridgeServiceServer;
use proto::vendor::intake_service_server::IntakeServiceServer;
use proto::vendor::vendor_bridge_service_server::VendorBridgeServiceServer;
use rpc::{Peer, Service, Stack, tuned};

pub use own::{Bond, BondState, Exchanged, Own, PARKED_MAX};

/// The way to each vendor's `PartnerDeskService`, by the vendor's id in the plan. What is for a vendor without one
/// stays in the outbox and is tried again.
pub type Partners = BTreeMap<String, Peer>;

/// Line 4 over this database.
#[must_use]
pub fn desk(setup: Setup, partners: Partners) -> Desk {
    Desk::new(Arc::new(rules::Bridge { partners, tally: tally::Tally::default() }), setup)
}

/// Line 4 as a service, for the other lines, for its own people, and for partners.
#[must_use]
pub fn service(desk: &Desk, stack: Stack) -> Service {
    let limits = stack.limits;
    tally::add(desk, custodian_service(desk, stack), limits)
        .add(tuned!(IntakeServiceServer::new(intake::Intake(desk.clone())), limits))
        .add(tuned!(VendorBridgeServiceServer::new(work::Work(desk.clone())), limits))
        .add(tuned!(PartnerBridgeServiceServer::new(partner::PartnerBridge(desk.clone())), limits))
        .build()
}
