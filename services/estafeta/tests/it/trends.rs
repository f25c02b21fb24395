//! How it goes, from a terminal, over services in processes of their own.

use rpc::{KeyName, Keys};
use serde_json::Value;

use crate::scene::{Serving, err, out, ran, text};

/// How often is looked whether the line has read its log.
const LOOKS_MAX: usize = 200;

#[test]
fn trends_are_shown_over_the_lines_and_those_that_are_away_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (data, plan) = (dir.path(), dir.path().join("plan.toml"));
    std::fs::write(&plan, plan::DEMO).unwrap();
    let _line1 = Serving::start("line1", data, &plan, &[]);
    Keys::open(&data.join("keys"), &[KeyName::Authority]).unwrap();
    let own = ["--data", text(data), "--organization", "romashka"];
    let register = ["register", "--client", "client-17", "--text", "Связь рвётся каждые сорок минут"];
    let registered = ran(&[&["ticket"], own.as_slice(), register.as_slice()].concat());
    assert!(registered.status.success(), "{}", err(&registered));

    let json = [&["trends"], own.as_slice(), &["--line", "line1", "--period", "hour", "--json"]].concat();
    let counted = || {
        let told: Value = serde_json::from_str(&out(&ran(&json))).expect("it prints JSON");
        assert_eq!(told["lines"][0]["line"], "service-desk");
        let points = told["lines"][0]["trends"]["series"][0]["points"].as_array().expect("a series").clone();
        assert_eq!(points.len(), 14, "the last hours");
        points.iter().any(|point| point["count"] == "1")
    };
    assert!((0..LOOKS_MAX).any(|_| counted()), "it is never counted");

    let table = ran(&[&["trends"], own.as_slice(), &["--by", "channel"]].concat());
    assert_eq!(table.status.code(), Some(1), "four lines are away");
    let shown = out(&table);
    assert!(shown.contains("service-desk, counted until") && shown.contains("registered: "), "{shown}");
    assert!(shown.contains('█') && shown.contains("technical: no answer"), "{shown}");
}
