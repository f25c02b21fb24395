//! Faults in annotations, found when the routes are made.

use prost_reflect::DescriptorPool;

use crate::{GatewayError, methods::Methods};

/// The contracts with `from` written as `to` wherever it stands.
fn changed(from: &str, to: &str) -> DescriptorPool {
    assert_eq!(from.len(), to.len(), "the bytes around it hold its length");
    let mut bytes = proto::DESCRIPTORS.to_vec();
    let mut at = 0;
    let mut found = 0;
    while let Some(offset) = bytes[at..].windows(from.len()).position(|window| window == from.as_bytes()) {
        at += offset;
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        at += to.len();
        found += 1;
    }
    assert!(found > 0, "{from} is not in the contracts");
    DescriptorPool::decode(bytes.as_slice()).expect("descriptors still")
}

#[test]
fn two_methods_with_one_route_are_refused() {
    let pool = changed("/v1/tickets/{ticket_id}:triage", "/v1/tickets/{ticket_id}:assign");
    let fault = Methods::of(&pool).expect_err("two assign");
    let GatewayError::SameRoute { route, .. } = &fault else { panic!("{fault}") };
    assert_eq!(route, "POST /v1/tickets/*:assign");
}

#[test]
fn a_broken_template_is_refused() {
    let pool = changed("/v1/tickets/{ticket_id}:triage", "/v1/tickets/{ticket_id?:triage");
    assert!(matches!(Methods::of(&pool), Err(GatewayError::Template { .. })));
}

#[test]
fn a_variable_that_is_no_field_is_refused() {
    let pool = changed("/v1/tickets/{ticket_id}:triage", "/v1/tickets/{tocket_id}:triage");
    assert!(matches!(Methods::of(&pool), Err(GatewayError::Unsupported { .. })));
}

#[test]
fn a_path_of_the_gateways_own_is_refused() {
    let pool = changed("/v1/questions", "/healthz/ions");
    let fault = Methods::of(&pool).expect_err("taken already");
    assert!(matches!(fault, GatewayError::Unsupported { .. }), "{fault}");
}

#[test]
fn the_contracts_as_they_are_fit() {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).expect("descriptors");
    let methods = Methods::of(&pool).expect("no two methods want the same requests");
    assert!(methods.routes().len() > 25);
}
