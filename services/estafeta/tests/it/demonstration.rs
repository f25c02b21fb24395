//! The demonstration, as a user runs it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::scene::{err, out, ran, text};

fn names(journey: &Value) -> Vec<&str> {
    let lines = journey.as_array().expect("a journey is a list");
    lines.iter().map(|line| line.as_str().expect("of names")).collect()
}

#[test]
fn every_ticket_of_the_demonstration_ends_where_it_should() {
    let output = ran(&["demo", "--json"]);
    assert!(output.status.success(), "{}{}", out(&output), err(&output));
    let ends: Vec<Value> = out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let journeys: Vec<Vec<&str>> = ends.iter().map(|end| names(&end["journey"])).collect();
    for wanted in [
        &["SELF_SERVICE"][..],
        &["SELF_SERVICE", "SERVICE_DESK"],
        &["SELF_SERVICE", "SERVICE_DESK", "TECHNICAL", "SERVICE_DESK"],
        &["SELF_SERVICE", "SERVICE_DESK", "TECHNICAL", "EXPERT", "SERVICE_DESK"],
        &["SELF_SERVICE", "SERVICE_DESK", "TECHNICAL", "EXPERT", "VENDOR", "SERVICE_DESK"],
        &["SERVICE_DESK", "TECHNICAL", "SERVICE_DESK", "TECHNICAL", "SERVICE_DESK"],
        &["SERVICE_DESK", "TECHNICAL", "EXPERT", "VENDOR", "EXPERT", "SERVICE_DESK"],
    ] {
        assert!(journeys.iter().any(|journey| journey == wanted), "nobody went {wanted:?}");
    }
    // Line 0 did these by internal services: what the client reads is what a service answered.
    for told in ["Заказ A-1 принят: nano-SIM, 2 шт.", "Подключено: Офис 500+, действует с 1 октября."]
    {
        let by_service = |end: &&Value| end["resolution"].as_str().is_some_and(|done| done.contains(told));
        let end = ends.iter().find(by_service).unwrap_or_else(|| panic!("nobody read `{told}`"));
        assert_eq!(names(&end["journey"]), ["SELF_SERVICE"], "{end}");
    }
    let mut traces = BTreeSet::new();
    for end in &ends {
        assert_eq!((&end["state"], &end["organization"]), (&"CLOSED".into(), &"romashka".into()), "{end}");
        assert!(end["ticket"].as_str().unwrap().starts_with("tkt_"), "{end}");
        assert!(!end["resolution"].as_str().unwrap().is_empty(), "{end}");
        let trace = end["trace_id"].as_str().unwrap();
        assert!(trace.len() == 32 && traces.insert(trace.to_owned()), "each ticket has one trace of its own: {end}");
    }
}

#[test]
fn real_requests_are_answered_or_handed_over() {
    let dir = tempfile::tempdir().unwrap();
    let (requests, articles) = (dir.path().join("requests.csv"), dir.path().join("articles.jsonl"));
    std::fs::write(&requests, "кто,вопрос,статья\nа,\"Где мой заказ, скажите\",order\nб,Расскажите о вакансиях,none\n")
        .unwrap();
    std::fs::write(&articles, "{\"id\":\"order\",\"title\":\"Где мой заказ, скажите\",\"answer\":\"В пути.\"}\n{\"id\":\"pay\",\"title\":\"Чем можно оплатить\",\"answer\":\"Картой.\"}\n").unwrap();
    let output = ran(&[
        "demo",
        "--json",
        "--requests",
        text(&requests),
        "--knowledge",
        text(&articles),
        "--text-column",
        "вопрос",
        "--client-column",
        "кто",
        "--expected-column",
        "статья",
    ]);
    assert!(output.status.success(), "{}{}", out(&output), err(&output));
    let summary: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(
        (&summary["requests"], &summary["answered"], &summary["handed_over"]),
        (&2.into(), &1.into(), &1.into())
    );
    assert_eq!(summary["answered_right"], 1);
    assert_eq!((&summary["by_line"]["SELF_SERVICE"], &summary["by_line"]["SERVICE_DESK"]), (&1.into(), &1.into()));
}

#[test]
fn a_missing_column_is_named_with_those_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let requests = dir.path().join("requests.tsv");
    std::fs::write(&requests, "id\tquestion\n1\tГде заказ\n").unwrap();
    let output = ran(&["demo", "--requests", text(&requests)]);
    assert_eq!(output.status.code(), Some(2));
    let said = err(&output);
    assert!(said.contains("no column `text`") && said.contains("`id`, `question`"), "{said}");
}
