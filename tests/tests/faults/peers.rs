//! A line beside a peer that answers slowly, refuses, or is gone.

use std::time::Duration;

use handover::Backoff;
use jiff::SignedDuration;
use proto::handover::declined::Cause;
use proto::handover::outcome::Standing;
use proto::ticket as wire;
use proto::ticket::{Custody, TicketEvent};
use tests::{Databases, Stage, evidence};
use ticket::{Clock, Line};

use crate::scripted::{Manner, Pair};

#[test]
fn pauses_double_up_to_a_bound_and_are_never_nothing() {
    let millis = |chance: f64| {
        let backoff = Backoff::new(std::sync::Arc::new(move || chance));
        (1..=10).map(|failed| backoff.wait(failed).as_millis()).collect::<Vec<_>>()
    };
    assert_eq!(millis(1.0), [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
    assert_eq!(millis(0.5), [100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000]);
    assert_eq!(millis(0.0), [50; 10]);
    let longest = Backoff::new(std::sync::Arc::new(|| 1.0)).wait(u32::MAX);
    assert_eq!(longest, SignedDuration::from_secs(30));
}

#[tokio::test]
async fn a_line_that_is_away_is_asked_ever_more_rarely_and_takes_over_when_it_is_back() {
    Pair::on_each_database(1.0, async |pair| {
        pair.line2_does(|_| Manner::IsAway);
        let ticket = pair.register("one").await;
        let answer = pair.escalate(&ticket, None).await.unwrap();
        assert_eq!(answer.outcome.unwrap().standing(), Standing::Pending);

        let mut pauses = Vec::new();
        for tries in 1..=10 {
            assert_eq!(pair.line2.heard.borrow().len(), tries, "one try at each instant that is due");
            let due = pair.desk.store().next_due().await.unwrap().expect("it is never forgotten");
            let pause = due.duration_since(pair.clock.now());
            pauses.push(pause.as_millis());
            pair.clock.advance(pause - SignedDuration::from_millis(1));
            assert_eq!(pair.desk.deliver_due().await, 0, "and none before");
            pair.clock.advance(SignedDuration::from_millis(1));
            if tries == 10 {
                pair.line2_does(|_| Manner::Accepts);
            }
            assert_eq!(pair.desk.deliver_due().await, 1);
        }
        assert_eq!(pauses, [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
        let repeated = pair.escalate(&ticket, None).await.unwrap();
        assert_eq!(repeated.outcome.unwrap().standing(), Standing::Accepted);
        assert_eq!(repeated.ticket.unwrap().custody(), Custody::PassedOn);
        assert_eq!(pair.desk.store().next_due().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_for_good_brings_the_ticket_back() {
    Pair::on_each_database(1.0, async |pair| {
        pair.line2_does(|_| Manner::Refuses);
        let ticket = pair.register("one").await;
        let answer = pair.escalate(&ticket, None).await.unwrap();
        let outcome = answer.outcome.unwrap();
        assert_eq!(outcome.standing(), Standing::Declined);
        assert_eq!(outcome.declined.unwrap().cause(), Cause::Unreadable);
        assert_eq!(answer.ticket.unwrap().custody(), Custody::Held);
        assert_eq!(pair.desk.store().next_due().await.unwrap(), None, "and it is not asked again");
    })
    .await;
}

#[tokio::test]
async fn a_line_that_hangs_costs_a_caller_no_more_than_the_deadline() {
    Pair::on_each_database(1.0, async |pair| {
        pair.line2_does(|_| Manner::Hangs);
        let ticket = pair.register("one").await;
        let answer = pair.escalate(&ticket, Some(Duration::from_secs(5))).await;
        let answer = answer.expect("an answer in time, not OUT_OF_TIME");
        assert_eq!(answer.outcome.unwrap().standing(), Standing::Pending);
        assert_eq!(answer.ticket.unwrap().custody(), Custody::HandingOver);
        assert_eq!(*pair.line2.heard.borrow(), [ticket], "it was asked, and did not answer");
    })
    .await;
}

#[tokio::test]
async fn a_delivery_that_hangs_holds_up_no_other_ticket() {
    Pair::on_each_database(1.0, async |pair| {
        pair.line2_does(|_| Manner::IsAway);
        let (first, second) = (pair.register("one").await, pair.register("two").await);
        for ticket in [&first, &second] {
            pair.escalate(ticket, None).await.unwrap();
        }
        let hanging = first.clone();
        pair.line2_does(move |ticket| if ticket == hanging { Manner::Hangs } else { Manner::Accepts });
        pair.clock.advance(SignedDuration::from_secs(1));
        let passed = async {
            let mut changes = pair.desk.store().changes();
            let (organization, id) = ("romashka".parse().unwrap(), second.parse().unwrap());
            loop {
                let (ticket, _) = pair.desk.find(&organization, id).await.unwrap();
                if matches!(ticket.custody, ticket::Custody::PassedOn { .. }) {
                    return;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::select! {
            _ = pair.desk.deliver_due() => panic!("the first delivery hangs"),
            () = passed => {}
        }
        assert_eq!(pair.line2.heard.borrow()[2..].len(), 2, "both were offered once more");
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_about_one_ticket_arrives_in_its_order_after_the_line_was_down() {
    for databases in Databases::all() {
        let stage = Stage::over(databases).await;
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        stage.suite.kill(Line::Technical);
        let outcome = people.to_technical(&ticket, evidence::technical()).await.unwrap();
        assert_eq!(outcome.standing(), Standing::Pending);
        for text in ["первое", "второе", "третье"] {
            people.reply(&ticket, text).await.unwrap();
            // The first of them is tried, and fails, while the others wait behind it.
            stage.after(SignedDuration::from_secs(10)).await;
        }
        stage.holds().await;
        stage.suite.restart(Line::Technical).await.unwrap();
        stage.after(SignedDuration::from_mins(1)).await;
        let journey = people.journey(&ticket).await.unwrap();
        let there = journey.events.iter().filter(|event| event.line() == wire::Line::Technical);
        let heard: Vec<&TicketEvent> =
            there.filter(|event| matches!(event.what.as_str(), "took-over" | "client-wrote")).collect();
        let texts: Vec<&str> = ["took-over", "первое", "второе", "третье"].to_vec();
        assert_eq!(heard.len(), texts.len());
        for (event, text) in heard.iter().zip(texts) {
            assert!(event.what == text || event.detail_json.contains(text), "{text} in its turn: {event:?}");
        }
        stage.holds().await;
    }
}
