//! Following a ticket: as events or lines, over breaks, to the end.

use std::time::Duration;

use gateway::Settings;
use serde_json::{Value, json};

use crate::stage::{Stage, read};

const EVENTS: &str = "/v1/tickets/tkt_1/events";

/// An open stream and what of it was not read yet.
struct Reading {
    response: reqwest::Response,
    rest: String,
}

impl Reading {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        Self { response, rest: String::new() }
    }

    /// The next block up to `end`, or what is left when the stream is over.
    async fn until(&mut self, end: &str) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.rest.split_once(end) {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.rest = rest;
                return Some(block);
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.rest.push_str(std::str::from_utf8(&chunk).expect("whole letters")),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// The next event: its name, id and data.
    async fn event(&mut self) -> Option<(String, String, Value)> {
        loop {
            let block = self.until("\n\n").await?;
            let field = |name: &str| {
                let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                line.map(|value| value.trim_start().to_owned()).unwrap_or_default()
            };
            if !field("data").is_empty() {
                let data = serde_json::from_str(&field("data")).expect("JSON");
                return Some((field("event"), field("id"), data));
            }
        }
    }
}

#[tokio::test]
async fn a_browser_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let stage = Stage::new().await;
    stage.desk.happened(4);
    stage.desk.break_after(Some(2));

    let mut seen = Vec::new();
    let mut first = Reading::of(stage.request("GET", EVENTS)).await;
    assert_eq!(first.response.headers()["content-type"], "text/event-stream");
    for _ in 0..2 {
        let (name, id, data) = first.event().await.expect("an event");
        assert_eq!((name.as_str(), &data["event"]["resumeToken"]), ("", &json!(id)));
        seen.push((id, data["event"]["summary"].clone()));
    }
    let (name, id, problem) = first.event().await.expect("the break");
    assert_eq!((name.as_str(), id.as_str(), &problem["reason"]), ("error", "", &json!("OVERLOADED")));
    assert!(first.event().await.is_none(), "the stream ends with the break");

    // As an EventSource does: the same address, and what was seen last in a header, which wins over the address.
    stage.desk.break_after(None);
    let again = stage.request("GET", &format!("{EVENTS}?resumeToken=after-1")).header("Last-Event-ID", &seen[1].0);
    let mut second = Reading::of(again).await;
    for _ in 0..2 {
        let (_, id, data) = second.event().await.expect("an event");
        seen.push((id, data["event"]["summary"].clone()));
    }
    // What happens now comes now.
    stage.desk.happened(5);
    let (_, id, data) = second.event().await.expect("a live event");
    seen.push((id, data["event"]["summary"].clone()));

    let all: Vec<_> = (1..=5).map(|n| (format!("after-{n}"), json!(format!("событие {n}")))).collect();
    assert_eq!(seen, all);
    assert_eq!(stage.desk.watched(), ["", "after-2"]);
    drop((first, second));
    stage.stop().await;
}

#[tokio::test]
async fn lines_of_json_hold_the_same() {
    let stage = Stage::new().await;
    stage.desk.happened(3);
    stage.desk.break_after(Some(3));
    let request =
        stage.request("GET", &format!("{EVENTS}?resume_token=after-1")).header("accept", "application/x-ndjson");
    let mut reading = Reading::of(request).await;
    assert_eq!(reading.response.headers()["content-type"], "application/x-ndjson");
    let mut line = async || serde_json::from_str::<Value>(&reading.until("\n").await.expect("a line")).expect("JSON");
    assert_eq!(line().await["event"]["resumeToken"], "after-2");
    assert_eq!(line().await["event"]["resumeToken"], "after-3");
    stage.desk.happened(4);
    assert_eq!(line().await["problem"]["reason"], "OVERLOADED");
    stage.stop().await;
}

#[tokio::test]
async fn what_is_refused_before_the_first_event_is_a_status() {
    let stage = Stage::new().await;
    let (status, problem) = stage.get("/v1/tickets/tkt_none/events").await;
    assert_eq!((status, &problem["reason"]), (404, &json!("TICKET_NOT_FOUND")), "{problem}");
    // The stream is open and breaks before it says anything.
    stage.desk.happened(1);
    stage.desk.break_after(Some(0));
    let (status, problem) = stage.get(EVENTS).await;
    assert_eq!((status, &problem["reason"]), (503, &json!("OVERLOADED")), "{problem}");
    stage.stop().await;
}

#[tokio::test]
async fn a_silent_stream_says_that_it_is_there() {
    let settings = Settings { heartbeat: Duration::from_millis(20), ..Settings::default() };
    let stage = Stage::with(settings).await;
    let mut reading = Reading::of(stage.request("GET", EVENTS)).await;
    let beginning = reading.until("\n\n").await.expect("a beginning");
    assert!(beginning.contains("retry: 1000"), "{beginning}");
    for _ in 0..2 {
        let comment = reading.until("\n\n").await.expect("a heartbeat");
        assert!(comment.starts_with(':'), "{comment}");
    }
    drop(reading);
    stage.stop().await;
}

#[tokio::test]
async fn only_so_many_streams_are_open_at_once() {
    let stage = Stage::with(Settings { streams_max: 1, ..Settings::default() }).await;
    stage.desk.happened(1);
    let mut first = Reading::of(stage.request("GET", EVENTS)).await;
    first.event().await.expect("an event");
    let (status, problem) = read(stage.request("GET", EVENTS)).await;
    assert_eq!((status, &problem["reason"]), (503, &json!("OVERLOADED")), "{problem}");
    assert_eq!(stage.get("/v1/tickets/tkt_1").await.0, 200, "calls go on");
    stage.desk.break_after(Some(1));
    drop(first);
    stage.stop().await;
}

#[tokio::test]
async fn a_stream_lasts_as_long_as_its_reader_said() {
    let stage = Stage::new().await;
    stage.desk.happened(1);
    let mut reading = Reading::of(stage.request("GET", EVENTS).header("Request-Timeout", "1")).await;
    reading.event().await.expect("an event");
    let (name, _, problem) = reading.event().await.expect("the end");
    assert_eq!((name.as_str(), &problem["reason"]), ("error", &json!("OUT_OF_TIME")));
    stage.stop().await;
}
