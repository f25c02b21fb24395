//! Who may know whom inside the workspace, and where the heavy libraries are at home.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use crate::tree::{files_in, none, root};

/// Who may know whom. A missing arrow is a rule.
const ARROWS: &[(&str, &[&str])] = &[
    ("ticket", &[]),
    ("deadline", &["ticket"]),
    ("chance", &[]),
    ("trends", &["ticket", "chance"]),
    ("plan", &["ticket", "deadline", "trends"]),
    ("texts", &["ticket", "deadline"]),
    ("scenarios", &["ticket", "plan"]),
    ("visits", &["ticket"]),
    ("problems", &["ticket"]),
    ("runbooks", &["ticket"]),
    ("attachments", &["ticket"]),
    ("redaction", &[]),
    ("knowledge", &[]),
    ("triage", &[]),
    ("evaluation", &["triage", "knowledge", "mass", "trends"]),
    ("mass", &["ticket", "chance"]),
    ("proto", &[]),
    ("telemetry", &[]),
    ("rpc", &["ticket", "proto", "telemetry"]),
    ("store", &["ticket"]),
    ("handover", &["ticket", "plan", "deadline", "texts", "proto", "rpc", "store", "telemetry"]),
    ("queues", &["ticket", "plan", "texts", "proto", "rpc", "store", "handover"]),
    ("backends", &["ticket", "proto", "rpc", "telemetry"]),
    ("known", &["ticket", "runbooks", "texts", "knowledge", "proto", "rpc", "store", "handover"]),
    ("tally", &["ticket", "plan", "texts", "triage", "trends", "proto", "rpc", "store", "handover"]),
    // No line knows another. What differs between their arrows is what only one of them does.
    (
        "line0-self-service",
        &[
            "ticket",
            "plan",
            "texts",
            "proto",
            "rpc",
            "store",
            "handover",
            "tally",
            "telemetry",
            "knowledge",
            "triage",
            "redaction",
            "known",
            "scenarios",
            "backends",
        ],
    ),
    (
        "line1-service-desk",
        &[
            "ticket",
            "attachments",
            "backends",
            "known",
            "plan",
            "texts",
            "triage",
            "mass",
            "proto",
            "rpc",
            "store",
            "handover",
            "tally",
            "queues",
            "telemetry",
        ],
    ),
    (
        "line2-technical",
        &[
            "ticket",
            "plan",
            "texts",
            "visits",
            "known",
            "proto",
            "rpc",
            "store",
            "handover",
            "tally",
            "queues",
            "telemetry",
        ],
    ),
    (
        "line3-expert",
        &[
            "ticket",
            "plan",
            "problems",
            "runbooks",
            "known",
            "texts",
            "proto",
            "rpc",
            "store",
            "handover",
            "tally",
            "queues",
            "telemetry",
        ],
    ),
    (
        "line4-vendor-bridge",
        &["ticket", "plan", "texts", "proto", "rpc", "store", "handover", "tally", "telemetry", "redaction"],
    ),
    ("partner-simulator", &["proto", "rpc", "telemetry", "texts", "ticket"]),
    ("internal-simulator", &["proto", "rpc"]),
    ("gateway", &["ticket", "proto", "rpc", "telemetry"]),
    ("estafeta", EVERYTHING),
    ("tests", EVERYTHING),
];

/// What the binary composes, and the tests look at. Nobody knows the tests.
const EVERYTHING: &[&str] = &[
    "ticket",
    "deadline",
    "plan",
    "texts",
    "scenarios",
    "visits",
    "problems",
    "runbooks",
    "attachments",
    "redaction",
    "knowledge",
    "triage",
    "chance",
    "mass",
    "trends",
    "evaluation",
    "proto",
    "telemetry",
    "rpc",
    "store",
    "handover",
    "queues",
    "known",
    "backends",
    "tally",
    "line0-self-service",
    "line1-service-desk",
    "line2-technical",
    "line3-expert",
    "line4-vendor-bridge",
    "partner-simulator",
    "internal-simulator",
    "gateway",
    "estafeta",
];

/// Whom a crate may know in its own tests beside those.
const ARROWS_OF_TESTS: &[(&str, &[&str])] = &[("line4-vendor-bridge", &["partner-simulator"])];

/// Libraries that one crate keeps from everybody else; one that reads and one that writes may both be at home.
const HOMES: &[(&str, &str)] = &[
    ("sea-orm", "store"),
    ("sea-orm-migration", "store"),
    ("icalendar", "plan"),
    ("icalendar", "visits"),
    ("rrule", "plan"),
    ("tantivy", "knowledge"),
    ("connectrpc", "gateway"),
    ("jsonwebtoken", "rpc"),
    ("opentelemetry", "telemetry"),
    ("opentelemetry_sdk", "telemetry"),
];

/// What knows nothing of the network.
const WITHOUT_GRPC: [&str; 17] = [
    "ticket",
    "deadline",
    "plan",
    "texts",
    "scenarios",
    "visits",
    "problems",
    "runbooks",
    "attachments",
    "redaction",
    "knowledge",
    "triage",
    "chance",
    "mass",
    "trends",
    "evaluation",
    "store",
];

/// Used by generated code alone, where a look into the sources does not see them.
const USED_BY_GENERATED: &[(&str, &[&str])] = &[("proto", &["prost", "prost-types", "tonic", "tonic-prost"])];

fn workspace() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("the manifests of the workspace can be read")
}

fn listed<'a>(table: &'a [(&str, &'a [&str])], name: &str) -> Option<&'a [&'a str]> {
    table.iter().find(|(known, _)| *known == name).map(|(_, list)| *list)
}

#[test]
fn nobody_knows_whom_the_arrows_do_not_allow() {
    let mut faults = Vec::new();
    for package in workspace().packages {
        let name = package.name.as_str();
        let Some(allowed) = listed(ARROWS, name) else {
            faults.push(format!("{name} has no arrows; write down whom it may know"));
            continue;
        };
        for known in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            let in_tests = known.kind == DependencyKind::Development
                && listed(ARROWS_OF_TESTS, name).is_some_and(|list| list.contains(&known.name.as_str()));
            if !allowed.contains(&known.name.as_str()) && !in_tests {
                faults.push(format!("{name} -> {} ({})", known.name, known.kind));
            }
        }
    }
    none(faults, "these arrows are not in the table of tests/house/arrows.rs; do without them, or say why there:");
}

#[test]
fn every_arrow_begins_and_ends_at_a_crate() {
    let packages = workspace().packages;
    let exists = |name: &str| packages.iter().any(|package| package.name.as_str() == name);
    let named = ARROWS.iter().chain(ARROWS_OF_TESTS).flat_map(|(from, to)| std::iter::once(from).chain(to.iter()));
    let gone = named.filter(|name| !exists(name)).map(ToString::to_string);
    none(gone.collect(), "the table of tests/house/arrows.rs names crates that are gone; take them out:");
}

#[test]
fn what_is_declared_is_used() {
    let mut faults = Vec::new();
    for package in workspace().packages {
        let by_generated = listed(USED_BY_GENERATED, package.name.as_str()).unwrap_or_default();
        for known in package.dependencies.iter().filter(|known| !by_generated.contains(&known.name.as_str())) {
            let path = format!("{}::", known.rename.as_ref().unwrap_or(&known.name).replace('-', "_"));
            if !sources(&package, known.kind).iter().any(|text| begins_a_path(text, &path)) {
                faults.push(format!("{} declares {} ({}) and does not use it", package.name, known.name, known.kind));
            }
        }
    }
    none(faults, "take these out of the manifests, or move them to the dev-dependencies:");
}

/// The texts of the package that a dependency of this kind can serve.
fn sources(package: &Package, kind: DependencyKind) -> Vec<String> {
    let folder = package.manifest_path.parent().expect("a manifest stands in a folder");
    let folder = folder.strip_prefix(root()).expect("the package is of this workspace").as_str();
    let below: &[&str] = match kind {
        DependencyKind::Build => &["build.rs"],
        DependencyKind::Normal if package.name.as_str() != "tests" => &["src"],
        _ => &["src", "tests", "examples", "benches"],
    };
    let there = below.iter().map(|name| format!("{folder}/{name}")).filter(|path| root().join(path).exists());
    there.flat_map(|path| files_in(&path, ".rs")).map(|file| file.text).collect()
}

fn begins_a_path(text: &str, path: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.match_indices(path).any(|(at, _)| !text[..at].ends_with(part_of_word))
}

#[test]
fn heavy_libraries_stay_at_home() {
    let mut faults = Vec::new();
    for package in workspace().packages {
        for known in package.dependencies.iter().filter(|known| known.kind != DependencyKind::Development) {
            let homes = HOMES.iter().filter(|(library, _)| *library == known.name).map(|(_, home)| *home);
            let homes: Vec<&str> = homes.collect();
            if !homes.is_empty() && !homes.contains(&package.name.as_str()) {
                let homes = homes.join(" and ");
                faults.push(format!("{} knows {}, which is for {homes} alone", package.name, known.name));
            }
        }
    }
    none(faults, "ask the library's home for what is needed instead:");
}

#[test]
fn the_domain_knows_nothing_of_grpc() {
    let mut faults = Vec::new();
    for package in workspace().packages {
        let without = WITHOUT_GRPC.contains(&package.name.as_str());
        for known in package.dependencies.iter().filter(|_| without) {
            if known.name.starts_with("tonic") || known.name.starts_with("prost") {
                faults.push(format!("{} knows {}", package.name, known.name));
            }
        }
    }
    none(faults, "keep gRPC out of these; what goes over the wire is converted in `handover`:");
}
