//! Who stands behind the bridge: the vendors' own systems, or simulated ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use handover::Plans;
use jiff::SignedDuration;
use partner_simulator::{Conduct, Habits, Simulator};
use proto::partner::OpenCaseRequest;
use rpc::{Caller, Channel, KeyName, Keys, Peer, Role, ServiceName, as_caller};
use ticket::{Clock, Line};
use tonic::service::Routes;

use crate::failure::Failure;

/// How long a simulated vendor's token is good: as long as anything that a test does to the clock.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 3650);

/// Who stands behind the bridge.
#[derive(Debug, Clone)]
pub enum Vendors {
    /// A simulator for each vendor of the plans.
    Simulated(Conducts),
    /// The ways to the vendors' systems, by the vendors' ids.
    Real(BTreeMap<String, String>),
}

/// How simulated vendors behave.
#[derive(Clone)]
pub struct Conducts {
    /// Given a case, what its vendor does; by default what the text of the case asks for, else it obeys.
    pub choose: Arc<dyn Fn(&OpenCaseRequest) -> Conduct + Send + Sync>,
    /// Their pauses and the number of their first case.
    pub habits: Habits,
}

impl Default for Conducts {
    fn default() -> Self {
        Self { choose: Arc::new(Conduct::written_in), habits: Habits::default() }
    }
}

impl std::fmt::Debug for Conducts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conducts").field("first_case", &self.habits.first_case).finish_non_exhaustive()
    }
}

/// The bridge's ways to the vendors, and the simulators among them; both by the vendors' ids.
type Behind = (BTreeMap<String, Peer>, BTreeMap<String, Simulator>);

/// Who stands behind the bridge, connected. A vendor of two organizations works for the first.
pub(crate) fn behind(
    vendors: &Vendors,
    plans: &Plans,
    ways: &BTreeMap<Line, Channel>,
    keys: &Keys,
    clock: &Arc<dyn Clock>,
) -> Result<Behind, Failure> {
    let bridge = ServiceName::Line(Line::Vendor);
    let signer = keys.signer(bridge.key())?;
    let peer = |vendor: &str, channel| Peer::new(vendor, channel, signer.clone(), bridge, clock.clone());
    let conducts = match vendors {
        Vendors::Real(addresses) => {
            let mut partners = BTreeMap::new();
            for (vendor, address) in addresses {
                partners.insert(vendor.clone(), peer(vendor, rpc::dial(address)?));
            }
            return Ok((partners, BTreeMap::new()));
        }
        Vendors::Simulated(conducts) => conducts,
    };
    let authority = keys.signer(KeyName::Authority)?;
    let (mut partners, mut simulators) = (BTreeMap::new(), BTreeMap::new());
    for plan in plans.all() {
        for vendor in plan.vendors() {
            if simulators.contains_key(&vendor.id) {
                continue;
            }
            let caller = Caller {
                subject: vendor.id.clone(),
                organization: plan.organization().clone(),
                role: Role::Partner { vendor: vendor.id.clone() },
            };
            let to_bridge =
                as_caller(ways[&Line::Vendor].clone(), authority.token(&caller, clock.now(), TOKEN_LIFETIME));
            let choose = conducts.choose.clone();
            let simulator =
                Simulator::with_habits(&vendor.id, to_bridge, move |open| choose(open), conducts.habits.clone());
            // Without our layers: a vendor's system answers with statuses of its own, not with reasons of ours.
            let system = Channel::new(Routes::new(simulator.server()).prepare());
            partners.insert(vendor.id.clone(), peer(&vendor.id, system));
            simulators.insert(vendor.id.clone(), simulator);
        }
    }
    Ok((partners, simulators))
}
