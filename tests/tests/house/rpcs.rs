//! The rules of the API, held against every RPC, message and enum of the contracts (`proto/README.md`).

use std::collections::BTreeMap;

use prost_reflect::MessageDescriptor;

use crate::contracts::{Contracts, Rpc};
use crate::tree::none;

/// By one of these a receiver knows a repeat.
const KNOWN_BY: [&str; 4] = ["request_id", "baton", "envelope", "letter"];

fn faults(wrong: impl Fn(&Rpc) -> Option<&'static str>) -> Vec<String> {
    let rpcs = Contracts::read().rpcs();
    assert!(rpcs.len() > 30, "only {} RPCs were found", rpcs.len());
    rpcs.iter().filter_map(|rpc| wrong(rpc).map(|fault| format!("{}: {fault}", rpc.path))).collect()
}

fn has(message: &MessageDescriptor, field: &str) -> bool {
    message.get_field_by_name(field).is_some()
}

#[test]
fn every_rpc_is_documented() {
    let undocumented = faults(|rpc| {
        let said = |part| rpc.says(part).is_some_and(|text| text.len() > 3);
        if !rpc.comment.starts_with(&format!("{} ", rpc.method.name())) {
            Some("its comment does not begin with its name")
        } else if !said("When:") {
            Some("its comment does not say `When:` to call it")
        } else if !said("Retry:") {
            Some("its comment does not say what a `Retry:` does")
        } else if !said("Reasons:") {
            Some("its comment does not list its `Reasons:` (`none of its own`, where it has none)")
        } else {
            None
        }
    });
    none(undocumented, "write these comments in the protos:");
}

#[test]
fn every_rpc_says_who_may_call_it() {
    let open = faults(|rpc| match rpc.access.as_deref() {
        None => Some("it has no access rule, so that it is refused to everybody"),
        Some(rule) if rule.chars().all(char::is_lowercase) => Some("its access rule allows no role"),
        Some(_) => None,
    });
    none(open, "set option (estafeta.access.v1.access):");
}

#[test]
fn a_route_belongs_to_one_rpc() {
    let mut routes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for rpc in Contracts::read().rpcs() {
        let Some(route) = rpc.route else { continue };
        // The name of a variable tells no two paths apart.
        let shape: String = route.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect();
        routes.entry(shape).or_default().push(rpc.path);
    }
    let shared = routes.into_iter().filter(|(_, rpcs)| rpcs.len() > 1);
    let shared = shared.map(|(route, rpcs)| format!("{route}: {}", rpcs.join(", ")));
    none(shared.collect(), "give each of these a route of its own:");
}

#[test]
fn what_changes_something_can_be_repeated() {
    let unrepeatable = faults(|rpc| {
        let request = rpc.method.input();
        (!rpc.reads() && !KNOWN_BY.iter().any(|field| has(&request, field)))
            .then_some("its request has neither request_id nor baton nor envelope nor letter")
    });
    none(unrepeatable, "give these a request_id, so that a repeat gets the first answer:");
}

#[test]
fn what_is_got_changes_nothing() {
    let changing = faults(|rpc| {
        let got = rpc.route.as_deref().map(|route| route.starts_with("GET "))?;
        (got != rpc.reads()).then_some("its verb and its name do not agree on whether it changes something")
    });
    none(changing, "GET is for Get, List, Search, Watch and Explain, and for these only:");
}

#[test]
fn every_list_comes_in_pages() {
    let whole = faults(|rpc| {
        let listing = ["List", "Search"].iter().any(|verb| rpc.method.name().starts_with(verb));
        let (request, response) = (rpc.method.input(), rpc.method.output());
        let paged = has(&request, "page_size") && has(&request, "page_token") && has(&response, "next_page_token");
        (listing && !paged).then_some("it lacks page_size, page_token or next_page_token")
    });
    none(whole, "give these pages:");
}

#[test]
fn every_rpc_has_a_request_and_a_response_of_its_own() {
    let rpcs = Contracts::read().rpcs();
    let mut uses: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for rpc in &rpcs {
        for message in [rpc.method.input(), rpc.method.output()] {
            uses.entry(message.full_name().to_owned()).or_default().push(&rpc.path);
        }
    }
    let shared = uses.into_iter().filter(|(_, users)| users.len() > 1);
    let shared = shared.map(|(message, users)| format!("{message}: {}", users.join(", ")));
    none(shared.collect(), "give each RPC messages of its own, so that each can grow alone:");
}

#[test]
fn every_service_message_and_enum_is_explained() {
    let contracts = Contracts::read();
    let mut bare = Vec::new();
    let mut check = |name: &str, comment: String| {
        if comment.is_empty() {
            bare.push(name.to_owned());
        }
    };
    for service in contracts.services() {
        check(service.full_name(), contracts.comment(&service.parent_file(), service.path()));
    }
    for message in contracts.messages() {
        check(message.full_name(), contracts.comment(&message.parent_file(), message.path()));
    }
    for of in contracts.enums() {
        check(of.full_name(), contracts.comment(&of.parent_file(), of.path()));
    }
    none(bare, "say above each of these what it is:");
}
