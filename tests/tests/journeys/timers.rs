//! Timers ring, all of them and each once: in any number, on any replica, and however the clock jumps.

use handover::{CLOCK_TIMER, Desk, Refused};
use jiff::{SignedDuration, Timestamp};
use proto::handover::HoldRequest;
use proto::handover::clock_service_client::ClockServiceClient;
use store::Timer;
use tests::{Stage, evidence, on_each_database};
use ticket::{Actor, Clock as _, Line, RequestId, TicketId};

/// More than any batch in which timers are claimed.
const MANY: usize = 1_000;

/// Timers of the clocks of tickets that nobody knows any more, a millisecond apart: they ring, and that is all.
async fn set_many(stage: &Stage, desk: &Desk) -> Timestamp {
    let (organization, first) = (stage.plan.organization().clone(), stage.clock.now());
    let timer = |number: usize| {
        let request: RequestId = format!("gone-{number}").parse().expect("a request id");
        let id = TicketId::of_request(&organization, desk.line(), "nobody", &request, first);
        let due = first + SignedDuration::from_millis(i64::try_from(number).expect("a small number"));
        let (kind, payload) = (CLOCK_TIMER.to_owned(), serde_json::Value::Null);
        Timer { organization: organization.clone(), kind, id: id.to_string(), ticket: Some(id), due, payload }
    };
    let timers: Vec<Timer> = (0..MANY).map(timer).collect();
    let set = desk.work(stage.plan.organization(), Actor::Line { line: desk.line() }, move |change| {
        Box::pin(async move { Ok::<(), Refused>(change.work.set_timers(&timers).await?) })
    });
    set.await.expect("timers can be set");
    first
}

fn desk(stage: &Stage, line: Line) -> Desk {
    stage.suite.desk(line).expect("the line is up")
}

/// How late each timer was that `rung` tells of.
fn all(rung: &mut tokio::sync::broadcast::Receiver<SignedDuration>) -> Vec<SignedDuration> {
    std::iter::from_fn(|| rung.try_recv().ok()).collect()
}

/// A ticket of line 2 that is on hold for a client until then.
async fn held_until(stage: &Stage, pause: SignedDuration) -> String {
    let people = stage.people();
    let ticket = people.register("Сломался роутер").await;
    people.to_technical(&ticket, evidence::technical()).await.expect("complete evidence is taken");
    let until = stage.clock.now() + pause;
    let request = HoldRequest {
        request_id: people.request_id(),
        ticket_id: ticket.clone(),
        reason: "client".into(),
        until: Some(prost_types::Timestamp { seconds: until.as_second(), nanos: until.subsec_nanosecond() }),
        note: String::new(),
        expected_version: 0,
    };
    ClockServiceClient::new(people.at(Line::Technical)).hold(request).await.expect("it can be held");
    stage.settle().await;
    ticket
}

/// The events of the ticket with this name at `line`, as JSON, without when they happened.
async fn told(stage: &Stage, ticket: &str, line: Line, what: &str) -> Vec<String> {
    let journey = stage.people().journey(ticket).await.expect("the ticket is there");
    let number = i32::from(line.number()) + 1;
    let of = journey.events.into_iter().filter(|event| event.what == what && event.line == number);
    of.map(|event| event.detail_json).collect()
}

/// Fails when the same was told twice.
fn once(told: &[String]) {
    let mut seen = std::collections::BTreeSet::new();
    let again: Vec<&String> = told.iter().filter(|one| !seen.insert(*one)).collect();
    assert!(again.is_empty(), "told twice: {again:?}");
}

/// How often a hold has ended.
async fn ended(stage: &Stage, ticket: &str) -> usize {
    told(stage, ticket, Line::Technical, "hold").await.iter().filter(|event| event.contains("ended")).count()
}

#[tokio::test]
async fn a_thousand_timers_due_at_once_all_ring_and_the_longest_due_first() {
    on_each_database(async |stage| {
        let desk = desk(&stage, Line::ServiceDesk);
        let mut rung = desk.punctuality();
        set_many(&stage, &desk).await;
        stage.clock.advance(SignedDuration::from_hours(1));
        let (mut batches, mut before) = (0, None);
        loop {
            let due = desk.ring_due().await;
            let late = all(&mut rung);
            assert_eq!(late.len(), due, "each of a batch rings");
            if due == 0 {
                break;
            }
            let (least, most) = (*late.iter().min().unwrap(), *late.iter().max().unwrap());
            assert!(before.is_none_or(|before| most < before), "the next batch was due later");
            (batches, before) = (batches + due, Some(least));
        }
        assert_eq!(batches, MANY, "no silent cap");
        assert_eq!(desk.store().next_timer().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn two_replicas_share_a_thousand_timers_and_ring_each_once() {
    on_each_database(async |stage| {
        let replica = stage.replica().await;
        let (one, other) = (desk(&stage, Line::ServiceDesk), replica.desk(Line::ServiceDesk).unwrap());
        let (mut of_one, mut of_other) = (one.punctuality(), other.punctuality());
        set_many(&stage, &one).await;
        stage.clock.advance(SignedDuration::from_hours(1));
        loop {
            let (one, other) = tokio::join!(one.ring_due(), other.ring_due());
            if one + other == 0 {
                break;
            }
        }
        let (one, other) = (all(&mut of_one).len(), all(&mut of_other).len());
        assert_eq!(one + other, MANY);
        assert!(one > 0 && other > 0, "both work: {one} and {other}");
        replica.stop(std::time::Duration::from_secs(5)).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_replica_had_claimed_when_it_died_is_rung_by_the_other_when_the_lease_is_over() {
    on_each_database(async |stage| {
        let desk = desk(&stage, Line::ServiceDesk);
        let mut rung = desk.punctuality();
        set_many(&stage, &desk).await;
        stage.clock.advance(SignedDuration::from_hours(1));
        let now = stage.clock.now();
        // As a replica does that is killed right behind it.
        let lost = desk.store().claim_timers(now, now + SignedDuration::from_secs(30), 64).await.unwrap();
        stage.settle().await;
        assert_eq!(all(&mut rung).len(), MANY - lost.len());
        stage.after(SignedDuration::from_secs(30)).await;
        assert_eq!(all(&mut rung).len(), lost.len());
    })
    .await;
}

#[tokio::test]
async fn what_could_not_be_rung_is_tried_again_soon_and_not_only_when_its_lease_is_over() {
    on_each_database(async |stage| {
        let ticket = held_until(&stage, SignedDuration::from_hours(2)).await;
        stage.databases.tamper(Line::Technical, "UPDATE ticket SET document = '?' || document").await;
        stage.after(SignedDuration::from_hours(2)).await;
        stage.databases.tamper(Line::Technical, "UPDATE ticket SET document = substr(document, 2)").await;
        assert_eq!(ended(&stage, &ticket).await, 0, "its ticket could not be read");
        stage.after(SignedDuration::from_secs(1)).await;
        assert_eq!(ended(&stage, &ticket).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_clock_set_forward_and_back_loses_nothing_and_tells_nothing_twice() {
    on_each_database(async |stage| {
        let ticket = held_until(&stage, SignedDuration::from_hours(2)).await;
        let unheld = stage.people().register("Нет интернета").await;
        // Set back before anything is due, it is due later by the wall, and no less.
        stage.after(SignedDuration::from_hours(-1)).await;
        stage.after(SignedDuration::from_mins(150)).await;
        assert_eq!(ended(&stage, &ticket).await, 0);
        // Set forward by half a year, and back.
        stage.after(SignedDuration::from_hours(24 * 180)).await;
        assert_eq!(ended(&stage, &ticket).await, 1);
        let before = told(&stage, &unheld, Line::ServiceDesk, "clock").await;
        assert!(before.iter().any(|event| event.contains("breached")), "{before:?}");
        stage.after(SignedDuration::from_hours(-24 * 180)).await;
        for _ in 0..48 {
            stage.after(SignedDuration::from_hours(1)).await;
        }
        assert_eq!(ended(&stage, &ticket).await, 1, "what has ended does not end again");
        assert_eq!(told(&stage, &unheld, Line::ServiceDesk, "clock").await, before, "nor is a promise broken again");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_timer_claimed_before_the_clock_was_set_back_rings_when_it_is_due() {
    on_each_database(async |stage| {
        let ticket = held_until(&stage, SignedDuration::from_hours(2)).await;
        let until = stage.clock.now() + SignedDuration::from_hours(2);
        let line2 = desk(&stage, Line::Technical);
        let early = until + SignedDuration::from_hours(5);
        // By a clock that was five hours ahead.
        let claimed = line2.store().claim_timers(early, early, 64).await.unwrap();
        assert!(claimed.iter().any(|timer| timer.due == until), "{claimed:?}");
        stage.after(SignedDuration::from_hours(8)).await;
        assert_eq!(ended(&stage, &ticket).await, 1, "not lost");
    })
    .await;
}

#[tokio::test]
async fn clocks_that_have_no_timer_get_one_when_a_plan_comes_into_force() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        people.to_technical(&ticket, evidence::technical()).await.expect("complete evidence is taken");
        stage.settle().await;
        for line in [Line::ServiceDesk, Line::Technical] {
            // As after a plan that promised nothing.
            stage.databases.tamper(line, "DELETE FROM timer").await;
            desk(&stage, line).reckon_anew(stage.plan.organization()).await.unwrap();
        }
        stage.settle().await;
        stage.after(SignedDuration::from_hours(24 * 20)).await;
        for (line, party) in [(Line::ServiceDesk, "client"), (Line::Technical, "technical")] {
            let told = told(&stage, &ticket, line, "clock").await;
            let breached = |event: &&String| event.contains("breached") && event.contains(&format!("\"{party}\""));
            assert!(told.iter().any(|event| breached(&event)), "{line}: {told:?}");
            once(&told);
        }
    })
    .await;
}
