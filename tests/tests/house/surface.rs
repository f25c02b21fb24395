//! What goes over the wire, as a text under review.

use std::env;
use std::fs;

use prost_reflect::{Cardinality, FieldDescriptor, Kind};

use crate::contracts::Contracts;
use crate::tree::{none, root};

const GOLDEN: &str = "proto/surface.txt";

/// Set to `1`, the text is written anew instead of compared.
const BLESS: &str = "ESTAFETA_BLESS";

#[test]
fn the_wire_is_as_it_was() {
    let present = surface();
    let path = root().join(GOLDEN);
    if env::var(BLESS).is_ok_and(|value| value == "1") {
        fs::write(&path, present.join("\n") + "\n").unwrap_or_else(|error| panic!("{GOLDEN}: {error}"));
        return;
    }
    // Git may have given the lines another ending.
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let golden: Vec<&str> = golden.lines().collect();
    let gone = golden.iter().filter(|line| !present.iter().any(|other| other == *line));
    let new = present.iter().filter(|line| !golden.contains(&line.as_str()));
    let changed = gone.map(|line| format!("- {line}")).chain(new.map(|line| format!("+ {line}")));
    let what = format!(
        "the wire differs from {GOLDEN}. A line that goes or changes breaks callers of the last release (see \
         proto/README.md); when all of this is meant, run `{BLESS}=1 cargo test -p tests --test house` and commit it:"
    );
    none(changed.collect(), &what);
}

/// One line for each RPC, access rule, route, field and enum value, sorted: the order in a file is not on the wire.
fn surface() -> Vec<String> {
    let contracts = Contracts::read();
    let mut lines = Vec::new();
    for rpc in contracts.rpcs() {
        let (path, method) = (&rpc.path, &rpc.method);
        let stream = |on: bool| if on { "stream " } else { "" };
        lines.push(format!(
            "rpc {path} {}.{} -> {}.{}",
            stream(method.is_client_streaming()),
            method.input().full_name(),
            stream(method.is_server_streaming()),
            method.output().full_name()
        ));
        lines.extend(rpc.access.iter().map(|rule| format!("access {path} {rule}")));
        lines.extend(rpc.route.iter().map(|route| format!("route {path} {route}")));
    }
    for message in contracts.messages() {
        lines.extend(message.fields().map(|field| line_of(&field)));
    }
    for of in contracts.enums() {
        lines.extend(of.values().map(|value| format!("value {} = {}", value.full_name(), value.number())));
    }
    lines.sort();
    lines
}

fn line_of(field: &FieldDescriptor) -> String {
    let label = match (field.cardinality(), field.containing_oneof()) {
        (Cardinality::Repeated, _) => "repeated".to_owned(),
        (Cardinality::Required, _) => "required".to_owned(),
        (Cardinality::Optional, Some(choice)) => format!("oneof {}", choice.name()),
        (Cardinality::Optional, None) => "one".to_owned(),
    };
    let kind = match field.kind() {
        Kind::Message(message) => format!(".{}", message.full_name()),
        Kind::Enum(of) => format!(".{}", of.full_name()),
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    format!("field {} = {} {label} {kind}", field.full_name(), field.number())
}
