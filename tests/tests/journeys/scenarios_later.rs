//! A service says when it wants to be called again, and line 0 keeps to it within the limits of the plan.

use jiff::SignedDuration;
use proto::line0::reply::Outcome;
use proto::ticket::State;
use tests::internal::{Internal, Mood, Protocol, backends};
use tests::people::id_of;
use tests::{Databases, Stage};
use ticket::Line;

/// The demonstration's plan, with a service that is called three times, at pauses of two minutes at most.
fn plan() -> String {
    let limited = plan::DEMO.replacen("tries = 8", "tries = 3\npause_seconds = 120", 1);
    assert_ne!(limited, plan::DEMO, "the plan says it");
    limited
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// A client orders something, and is told that it is under way.
async fn ordered(stage: &Stage) -> String {
    let people = stage.people();
    let asked = people.ask("Закажите сим карту: nano, 3 шт., на завтра").await.expect("line 0 answers");
    let ticket = id_of(asked.ticket.as_ref());
    let reply = people.follow_up(&ticket, "да").await.expect("line 0 answers").reply.expect("a reply");
    assert_eq!(reply.outcome(), Outcome::Working, "{reply:?}");
    ticket
}

async fn is_closed(stage: &Stage, ticket: &str) -> bool {
    let ticket = stage.people().ticket(Line::SelfService, ticket).await.expect("the ticket is there");
    ticket.state() == State::Closed
}

#[tokio::test]
async fn a_service_is_called_again_when_it_says_and_not_later_than_the_plan_allows() {
    for protocol in Protocol::ALL {
        // Shown when it fails: which of both it was.
        println!("{protocol:?}");
        let service = Internal::start(protocol).await.expect("there is a port");
        let backends = backends(&service);
        let stage = Stage::with(Databases::sqlite(), &plan(), |mut config| {
            config.backends = backends;
            config
        })
        .await;

        service.set(Mood::Later(90));
        let ticket = ordered(&stage).await;
        service.set(Mood::Obeys);
        stage.after(seconds(89)).await;
        assert_eq!(service.calls().len(), 1, "it said 90 seconds");
        stage.after(seconds(1)).await;
        assert_eq!((service.calls().len(), service.done()), (2, 1));
        assert!(is_closed(&stage, &ticket).await);

        service.set(Mood::Later(3600));
        let ticket = ordered(&stage).await;
        service.set(Mood::Obeys);
        stage.after(seconds(119)).await;
        assert_eq!((service.calls().len(), is_closed(&stage, &ticket).await), (3, false));
        stage.after(seconds(1)).await;
        assert_eq!((service.calls().len(), is_closed(&stage, &ticket).await), (4, true), "the plan's longest pause");

        // Nor is it called at once because it says so.
        service.set(Mood::Later(0));
        ordered(&stage).await;
        stage.settle().await;
        assert_eq!(service.calls().len(), 5);
        stage.holds().await;
    }
}
