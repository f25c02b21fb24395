//! Line 0 dies at every step of a call of an internal service: the service is asked again under the same id, what it does
//! is done once, and the client is told.

use handover::CrashPoint;
use jiff::SignedDuration;
use tests::internal::{Internal, Protocol, backends};
use tests::people::id_of;
use tests::{Databases, Stage};
use ticket::Line;

/// The claimed, the called, the half recorded and the recorded call.
const POINTS: [CrashPoint; 4] =
    [CrashPoint::BeforeDelivery, CrashPoint::BeforeSettle, CrashPoint::WithinSettle, CrashPoint::AfterSettle];

async fn dies_at(stage: &Stage, service: &Internal, point: CrashPoint) {
    let people = stage.people();
    let answer = people.ask("Закажите сим карту: nano, 3 шт., на завтра").await.expect("line 0 answers");
    let ticket = id_of(answer.ticket.as_ref());
    stage.fuses[&Line::SelfService].set(point);
    people.follow_up(&ticket, "да").await.expect_err("it died");
    assert_eq!(stage.fuses[&Line::SelfService].blown(), Some(point), "no crash, no test");
    stage.suite.restart(Line::SelfService).await.expect("it starts again");
    // Longer than a lease.
    stage.after(SignedDuration::from_mins(1)).await;
    let ticket = people.ticket(Line::SelfService, &ticket).await.expect("the ticket is there");
    assert_eq!(ticket.state(), proto::ticket::State::Closed);
    assert_eq!(service.done(), 1, "{point:?}");
    let calls = service.calls();
    assert!(calls.iter().all(|call| call.id == calls[0].id), "{calls:?}");
    let twice = matches!(point, CrashPoint::BeforeSettle | CrashPoint::WithinSettle);
    assert_eq!(calls.len(), if twice { 2 } else { 1 }, "{point:?}");
    stage.holds().await;
}

#[tokio::test]
async fn a_call_survives_every_crash_and_nothing_is_ordered_twice() {
    for point in POINTS {
        for protocol in Protocol::ALL {
            for databases in Databases::all() {
                // Shown when it fails: which of the sixteen it was.
                println!("dies at {point:?}, {protocol:?}");
                let service = Internal::start(protocol).await.expect("there is a port");
                let backends = backends(&service);
                let stage = Stage::with(databases, plan::DEMO, |mut config| {
                    config.backends = backends;
                    config
                })
                .await;
                dies_at(&stage, &service, point).await;
            }
        }
    }
}
