//! The internal services of the demonstration's company.

use backends::Address;
use handover::Plans;
use internal_simulator::{Internal, Protocol};

use crate::demo::demo_plan;
use crate::failure::Failure;

/// Starts a simulated service for each that the demonstration's scenarios want and `addresses` do not have, by gRPC and by
/// HTTP in turn, and adds where it is. Dropped, they are gone.
///
/// # Errors
/// When there is no port for one.
pub(crate) async fn simulate(addresses: &mut Vec<Address>, plans: &Plans) -> Result<Vec<Internal>, Failure> {
    // Other organizations have no service that merely plays.
    let Ok(plan) = plans.of(demo_plan()?.organization()) else { return Ok(Vec::new()) };
    let mut simulated = Vec::new();
    for scenario in plan.scenarios() {
        if addresses.iter().any(|at| at.name == scenario.service) {
            continue;
        }
        let protocol = Protocol::ALL[simulated.len() % Protocol::ALL.len()];
        let service = Internal::start(protocol)
            .await
            .map_err(|error| Failure::Given(format!("there is no port for `{}`: {error}", scenario.service)))?;
        addresses.push(Address { name: scenario.service.clone(), url: service.url(), token: Some(Internal::token()) });
        simulated.push(service);
    }
    Ok(simulated)
}
