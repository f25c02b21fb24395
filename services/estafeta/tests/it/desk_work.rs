//! A day at the desks, from a terminal, over services in processes of their own.

use std::path::Path;
use std::process::Output;

use rpc::{KeyName, Keys};
use serde_json::Value;

use crate::scene::{Serving, err, out, ran, text};

/// `estafeta ticket …` on the suite in `data`.
fn ticket(data: &Path, arguments: &[&str]) -> Output {
    ran(&[&["ticket", "--data", text(data), "--organization", "romashka"], arguments].concat())
}

/// What such a command prints, as JSON.
fn told(data: &Path, arguments: &[&str]) -> Value {
    let output = ticket(data, &[&["--json"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}{}", out(&output), err(&output));
    serde_json::from_str(&out(&output)).expect("it prints JSON")
}

#[test]
fn a_ticket_is_worked_on_from_a_terminal_and_its_files_survive_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (data, plan) = (dir.path(), dir.path().join("plan.toml"));
    std::fs::write(&plan, plan::DEMO).unwrap();
    let start = |target| Serving::start(target, data, &plan, &[]);
    let (line1, _line2) = (start("line1"), start("line2"));
    // Where services run by themselves, whoever gives people their tokens has this key.
    Keys::open(&data.join("keys"), &[KeyName::Authority]).unwrap();

    let registered = told(data, &["register", "--client", "client-17", "--text", "Связь рвётся каждые сорок минут"]);
    let id = registered["ticket"]["facts"]["ticketId"].as_str().expect("it has an id").to_owned();
    let queued = ticket(data, &["queue"]);
    assert!(out(&queued).contains(&id), "{}{}", out(&queued), err(&queued));
    assert!(out(&ticket(data, &["queue", "--line", "line2"])).contains("nothing waits at line2"));

    told(data, &["reassign", &id, "--assignee", "a.petrova", "--why", "она знает этого клиента", "--insist"]);
    let held = told(data, &["hold", &id, "--reason", "vendor", "--note", "ждём провайдера"]);
    assert_eq!(held["ticket"]["state"], "STATE_ON_HOLD");
    assert_eq!(told(data, &["resume", &id])["ticket"]["state"], "STATE_OPEN");
    let taken = told(data, &["take-over", &id, "--why", "срочно"]);
    assert_ne!(taken["ticket"]["assignment"]["assignee"], "a.petrova");
    assert!(!told(data, &["call-supervisor", &id, "--why", "клиент просит"])["supervisor"].is_null());
    let visits = ticket(data, &["visits", &id]);
    assert!(err(&visits).contains("there is no ticket"), "line 2 never had it: {}", err(&visits));

    // A log of more than two parts.
    let log: Vec<u8> = b"12:00:01 link down\n".iter().copied().cycle().take(1_200_000).collect();
    let file = data.join("журнал.log");
    std::fs::write(&file, &log).unwrap();
    let attached = told(data, &["attach", &id, text(&file), "--request-id", "log-1"]);
    assert_eq!(attached["attachment"]["bytes"], "1200000");
    assert_eq!(told(data, &["attach", &id, text(&file), "--request-id", "log-1"]), attached, "a repeat adds nothing");
    drop(line1);
    let _line1 = start("line1");
    let listed = ticket(data, &["attachments", &id]);
    assert_eq!(out(&listed).lines().count(), 1, "{}{}", out(&listed), err(&listed));
    let attachment = attached["attachment"]["attachmentId"].as_str().expect("it has an id");
    let copy = data.join("copy.log");
    let fetched = ticket(data, &["fetch", &id, attachment, "--to", text(&copy)]);
    assert!(fetched.status.success(), "{}", err(&fetched));
    assert!(std::fs::read(&copy).unwrap() == log);
    let again = ticket(data, &["fetch", &id, attachment, "--to", text(&copy)]);
    assert!(err(&again).contains("is there already"), "nothing is written over: {}", err(&again));

    std::fs::write(data.join("вирус.png"), b"MZ\x90\0").unwrap();
    let refused = ticket(data, &["attach", &id, text(&data.join("вирус.png"))]);
    assert!(!refused.status.success() && err(&refused).contains("is not taken"), "{}", err(&refused));
    let shown = out(&ticket(data, &["show", &id]));
    assert!(shown.contains("журнал.log was attached (1200000 bytes)"), "{shown}");
}
