//! The company's internal services: one simulator that does what all of them are for.

use backends::{Address, Backends};
pub use internal_simulator::{Internal, Mood, Protocol};

/// The way to `service`, as `orders` and as `offers`.
///
/// # Panics
/// When its address is none.
#[must_use]
pub fn backends(service: &Internal) -> Backends {
    let address = |name: &str| Address { name: name.to_owned(), url: service.url(), token: Some(Internal::token()) };
    Backends::at([address("orders"), address("offers")]).expect("these are addresses")
}
