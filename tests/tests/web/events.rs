//! Following a ticket live, over a break, to the end of the gateway.

use proto::ticket::WatchTicketRequest;
use proto::ticket::ticket_service_client::TicketServiceClient;
use serde_json::{Value, json};
use tests::{Databases, Stage, evidence};
use ticket::Line;
use tokio::time::timeout;

use crate::browser::{PATIENCE, listening, post, register, request};

/// An open stream of events and what of it was not read yet.
struct Reading {
    response: reqwest::Response,
    rest: Vec<u8>,
}

/// An event: its name, its id and its data.
type Event = (String, String, Value);

impl Reading {
    async fn of(stage: &Stage, ticket: &str, after: Option<&str>) -> Self {
        let agent = stage.people().agent(Line::ServiceDesk);
        let mut request = request(stage, &agent, "GET", &format!("/v1/tickets/{ticket}/events"));
        if let Some(after) = after {
            request = request.header("Last-Event-ID", after);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &"text/event-stream".parse().expect("a header"))
        );
        Self { response, rest: Vec::new() }
    }

    /// The next event; none when the stream has ended cleanly.
    async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.rest.drain(..end + 2).collect();
                let block = String::from_utf8(block).expect("UTF-8");
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                    line.map(|value| value.trim_start().to_owned()).unwrap_or_default()
                };
                if !field("data").is_empty() {
                    let data = serde_json::from_str(&field("data")).expect("JSON");
                    return Some((field("event"), field("id"), data));
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("the stream goes on");
            self.rest.extend_from_slice(&chunk.expect("the stream does not break off")?);
        }
    }

    /// What the next `count` events say happened, each with its id.
    async fn happened(&mut self, count: usize) -> Vec<(String, String)> {
        let mut seen = Vec::new();
        for _ in 0..count {
            let (name, id, data) = self.event().await.expect("an event");
            assert_eq!(name, "", "{data}");
            seen.push((id, data["event"]["what"].as_str().expect("what happened").to_owned()));
        }
        seen
    }
}

/// The same by gRPC: all that happened so far.
async fn watched(stage: &Stage, ticket: &str, count: usize) -> Vec<(String, String)> {
    let mut tickets = TicketServiceClient::new(stage.people().at(Line::ServiceDesk));
    let watch = WatchTicketRequest { ticket_id: ticket.to_owned(), resume_token: String::new() };
    let mut stream = tickets.watch_ticket(watch).await.expect("a stream").into_inner();
    let mut seen = Vec::new();
    while seen.len() < count {
        let next = timeout(PATIENCE, stream.message()).await.expect("the stream goes on");
        let event = next.expect("the stream does not break").expect("an event").event.expect("an event");
        seen.push((event.resume_token, event.what));
    }
    seen
}

#[tokio::test]
async fn a_stream_that_was_cut_goes_on_without_a_gap_or_a_repeat() {
    for databases in Databases::all() {
        let stage = listening(databases).await;
        let people = stage.people();
        let client = people.client("client-17");
        let ticket = register(&stage, &client).await;
        let reply = async |text: &str| {
            post(&stage, &client, &format!("/v1/tickets/{ticket}:reply"), json!({"text": text})).await
        };

        let mut first = Reading::of(&stage, &ticket, None).await;
        let mut seen = first.happened(1).await;
        assert_eq!(seen[0].1, "registered");
        reply("раз").await;
        while seen.last().is_some_and(|(_, what)| what != "client-wrote") {
            seen.extend(first.happened(1).await);
        }
        drop(first); // the connection is cut

        reply("два").await;
        people.to_technical(&ticket, evidence::technical()).await.expect("it is not refused");
        let mut second = Reading::of(&stage, &ticket, seen.last().map(|(id, _)| id.as_str())).await;
        reply("три").await;
        stage.settle().await;
        people.resolve(Line::Technical, &ticket).await.expect("it is not refused");
        stage.settle().await;
        post(&stage, &client, &format!("/v1/tickets/{ticket}:confirm"), json!({})).await;
        // The last thing is that the client was asked how content they are.
        while seen.last().is_some_and(|(_, what)| what != "desk") {
            seen.extend(second.happened(1).await);
        }

        assert_eq!(seen, watched(&stage, &ticket, seen.len()).await, "the web and gRPC tell the same");
        let journey = people.journey(&ticket).await.expect("a journey");
        let here = journey.events.iter().filter(|event| event.line() == proto::ticket::Line::ServiceDesk);
        let in_journey: Vec<_> = here.map(|event| event.what.as_str()).collect();
        assert_eq!(seen.iter().map(|(_, what)| what.as_str()).collect::<Vec<_>>(), in_journey, "nothing is left out");
        let said = seen.iter().filter(|(_, what)| what == "client-wrote").count();
        assert_eq!(said, 3, "before, during and after the break: {seen:?}");

        // Going down is told, and ends the stream well.
        let stopping = stage.suite.stop(PATIENCE);
        let ending = async {
            let (name, _, problem) = second.event().await.expect("the end is told");
            assert_eq!((name.as_str(), &problem["reason"]), ("error", &json!("OVERLOADED")));
            assert!(second.event().await.is_none(), "and is the end");
        };
        timeout(PATIENCE, futures::future::join(stopping, ending)).await.expect("an open stream holds nothing up");
    }
}
