//! The closed list of reasons: each one is given somewhere, explained, and named where a caller looks for it.

use std::collections::BTreeSet;

use proto::errors::Reason;

use crate::contracts::{Contracts, names_in};
use crate::tree::{files_in, has_word, none, read};

const LIST: &str = "proto/estafeta/errors/v1/errors.proto";

/// Names every reason, to give each a code; that alone is no use of one.
const TABLE_OF_CODES: &str = "services/rpc/src/problem.rs";

/// Every reason without its prefix, and the comment above it.
fn reasons() -> Vec<(String, String)> {
    let contracts = Contracts::read();
    let list = contracts.enums().into_iter().find(|of| of.name() == "Reason").expect("the contracts have reasons");
    let all = list.values().filter(|value| value.number() != Reason::Unspecified as i32);
    all.map(|value| {
        let comment = contracts.comment(&list.parent_file(), value.path());
        (value.name().trim_start_matches("REASON_").to_owned(), comment)
    })
    .collect()
}

/// The reasons that any RPC may return, from the head of the list.
fn general() -> Vec<String> {
    let text = read(LIST).replace("\n//", " ");
    let head = text.split("Any RPC may return").nth(1).expect("the list says what any RPC may return");
    names_in(head.split(';').next().unwrap_or(head))
}

/// `TICKET_NOT_FOUND` as Rust spells it: `TicketNotFound`.
fn in_rust(reason: &str) -> String {
    let words = reason.split('_').map(|word| word[..1].to_owned() + &word[1..].to_lowercase());
    words.collect()
}

#[test]
fn every_reason_is_given_by_somebody() {
    let mut sources = files_in("services", ".rs");
    sources.extend(files_in("gateway", ".rs"));
    sources.retain(|file| file.path.contains("/src/") && file.path != TABLE_OF_CODES);
    let given = |reason: &str| {
        let name = format!("Reason::{}", in_rust(reason));
        sources.iter().any(|file| has_word(&file.text, &name))
    };
    let unused = reasons().into_iter().map(|(reason, _)| reason).filter(|reason| !given(reason));
    none(unused.collect(), "nobody gives these reasons; do, or take them out of the list (and reserve their numbers):");
}

#[test]
fn every_reason_is_explained() {
    let bare = reasons().into_iter().filter(|(_, comment)| comment.len() < 10).map(|(reason, _)| reason);
    none(bare.collect(), "say in errors.proto what each of these means and which metadata comes along:");
}

#[test]
fn every_reason_is_named_where_a_caller_looks() {
    let rpcs = Contracts::read().rpcs();
    let named: BTreeSet<String> = rpcs.iter().flat_map(|rpc| rpc.reasons()).chain(general()).collect();
    let hidden = reasons().into_iter().map(|(reason, _)| reason).filter(|reason| !named.contains(reason));
    let what = "name each of these in the `Reasons:` of the RPCs that return it, or at the head of errors.proto:";
    none(hidden.collect(), what);
}

#[test]
fn every_reason_that_is_named_exists() {
    let known: BTreeSet<String> = reasons().into_iter().map(|(reason, _)| reason).collect();
    let mut unknown: Vec<String> = Vec::new();
    for rpc in Contracts::read().rpcs() {
        let strange = rpc.reasons().into_iter().filter(|reason| !known.contains(reason));
        unknown.extend(strange.map(|reason| format!("{}: {reason}", rpc.path)));
    }
    let strange = general().into_iter().filter(|reason| !known.contains(reason));
    unknown.extend(strange.map(|reason| format!("{LIST}: {reason}")));
    none(unknown, "these are not in the list of reasons:");
}

#[test]
fn what_any_rpc_may_return_is_not_said_again() {
    let general = general();
    let mut again = Vec::new();
    for rpc in Contracts::read().rpcs() {
        let repeated = rpc.reasons().into_iter().filter(|reason| general.contains(reason));
        again.extend(repeated.map(|reason| format!("{}: {reason}", rpc.path)));
    }
    none(again, "the head of errors.proto says these for every RPC; leave them out:");
}
