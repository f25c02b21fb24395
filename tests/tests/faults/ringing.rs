//! A line dies while a timer rings, at every step of it: the timer rings again, and what it does is done once.

use handover::CrashPoint;
use jiff::SignedDuration;
use proto::handover::HoldRequest;
use proto::handover::clock_service_client::ClockServiceClient;
use tests::{Databases, Stage};
use ticket::{Clock as _, Line};

/// What happened at line 2 by itself: ends of holds, warnings and breaches, as JSON.
async fn by_itself(stage: &Stage, ticket: &str) -> Vec<String> {
    let journey = stage.people().journey(ticket).await.expect("line 1 tells the journey");
    let events = journey.events.into_iter().filter(|event| event.line == i32::from(Line::Technical.number()) + 1);
    events.filter(|event| event.what == "clock" || event.what == "hold").map(|event| event.detail_json).collect()
}

async fn dies_at(stage: &Stage, point: CrashPoint) -> Vec<String> {
    let people = stage.people();
    let ticket = people.ticket_at(Line::Technical).await;
    let until = stage.clock.now() + SignedDuration::from_hours(1);
    let request = HoldRequest {
        request_id: people.request_id(),
        ticket_id: ticket.clone(),
        reason: "vendor".into(),
        until: Some(prost_types::Timestamp { seconds: until.as_second(), nanos: 0 }),
        note: String::new(),
        expected_version: 0,
    };
    ClockServiceClient::new(people.at(Line::Technical)).hold(request).await.expect("it can be held");
    stage.settle().await;

    // The hold ends at the one, and what was promised is broken at the other.
    for (pause, crashes) in [(SignedDuration::from_hours(2), true), (SignedDuration::from_hours(24 * 10), false)] {
        if crashes {
            stage.fuses[&Line::Technical].set(point);
        }
        stage.after(pause).await;
        if crashes {
            assert_eq!(stage.fuses[&Line::Technical].blown(), Some(point), "no crash, no test");
        }
        stage.holds().await;
        stage.suite.restart(Line::Technical).await.expect("it starts again");
        // Longer than a lease.
        stage.after(SignedDuration::from_mins(1)).await;
    }
    stage.holds().await;
    by_itself(stage, &ticket).await
}

#[tokio::test]
async fn a_timer_that_rings_survives_every_crash_and_what_it_does_is_done_once() {
    for point in CrashPoint::RINGING {
        for databases in Databases::all() {
            // Shown when it fails: which of the six it was.
            println!("dies at {point:?}");
            let told = dies_at(&Stage::over(databases).await, point).await;
            assert_eq!(told.iter().filter(|event| event.contains("ended")).count(), 1, "{told:?}");
            let mut each = told.clone();
            each.sort();
            each.dedup();
            assert_eq!(each.len(), told.len(), "told twice: {told:?}");
            assert!(told.iter().any(|event| event.contains("breached")), "{told:?}");
        }
    }
}
