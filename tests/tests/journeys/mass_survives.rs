//! Mass incidents survive what happens to line 1: two replicas, a restart, a death in the middle of it.

use handover::CrashPoint;
use jiff::SignedDuration;
use proto::line1::MajorIncidentStage as At;
use proto::ticket::State;
use tests::{Databases, Stage, major, on_each_database};
use ticket::Line;

const OUTAGE: &str = "Не проходит оплата картой на терминале";

/// More than are written in one transaction, twice over.
const MANY: usize = 45;

#[tokio::test]
async fn two_replicas_find_it_once_and_the_other_goes_on_where_one_dies() {
    on_each_database(async |stage| {
        let other = stage.replica().await;
        let both = async || {
            let (one, two) = (stage.suite.desk(Line::ServiceDesk), other.desk(Line::ServiceDesk));
            let follow = async |desk: Option<handover::Desk>| match desk {
                Some(desk) => desk.follow_log().await,
                None => 0,
            };
            tokio::join!(follow(one), follow(two));
        };
        let outage = major::say(&stage, 0..major::LEAST - 1, OUTAGE).await;
        let outage = [outage, {
            both().await;
            major::say(&stage, 4..8, OUTAGE).await
        }]
        .concat();
        let found = async || {
            both().await;
            !major::list(&stage, At::Candidate).await.is_empty()
        };
        major::until(&stage, "a candidate", found).await;
        for _ in 0..3 {
            both().await;
        }
        let candidates = major::list(&stage, At::Candidate).await;
        assert_eq!(candidates.len(), 1, "{candidates:?}");
        let id = candidates[0].incident_id.clone();
        major::accept(&stage, &id).await;
        major::joined(&stage, &id, outage.len()).await;

        // Whichever has the watch: one of them dies, and comes back to a watch that the other may have.
        stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
        let late = major::says(&stage, "client-late", OUTAGE).await;
        stage.clock.advance(SignedDuration::from_mins(1));
        let all = async || {
            both().await;
            major::get(&stage, &id).await.children as usize == outage.len() + 1
        };
        major::until(&stage, "the late one joins", all).await;
        assert!(major::children(&stage, &id).await.contains(&late));
        assert_eq!(major::list(&stage, At::Unspecified).await.len(), 1);
        assert_eq!(major::read(&stage, &[late], "Это не только у вас").await, [1]);

        // With nothing more to read they leave it at that, and do not take turns.
        let lease = async || {
            let desk = other.desk(Line::ServiceDesk).expect("it is up");
            let known =
                desk.store().document::<serde_json::Value>(stage.plan.organization(), "mass-lease", "one").await;
            known.expect("it can be read").expect("somebody has had it").1
        };
        let idle = async || {
            for _ in 0..5 {
                stage.clock.advance(SignedDuration::from_secs(15));
                both().await;
            }
            lease().await
        };
        assert_eq!(idle().await, idle().await);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_read_before_a_restart_counts_after_it() {
    on_each_database(async |stage| {
        major::say(&stage, 0..major::LEAST - 1, OUTAGE).await;
        stage.settle().await;
        stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
        stage.clock.advance(SignedDuration::from_mins(1));
        major::say(&stage, 10..11, OUTAGE).await;
        let told = async || major::list(&stage, At::Candidate).await.len() == 1;
        major::until(&stage, "the fifth makes a candidate", told).await;
    })
    .await;
}

#[tokio::test]
async fn line_1_dies_while_all_are_solved_and_each_is_solved_and_told_once() {
    for point in CrashPoint::RINGING {
        for databases in Databases::all() {
            let stage = Stage::over(databases).await;
            let id = major::candidate(&stage, OUTAGE).await;
            major::say(&stage, 100..100 + MANY - major::LEAST, OUTAGE).await;
            major::joined(&stage, &id, MANY).await;
            let tickets = major::children(&stage, &id).await;
            major::write(&stage, &id, "Кабель найден, чиним").await;
            major::resolve(&stage, &id).await;
            stage.fuses[&Line::ServiceDesk].set(point);
            stage.settle().await;
            assert_eq!(stage.fuses[&Line::ServiceDesk].blown(), Some(point), "no crash, no test");
            stage.holds().await;
            stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
            // Longer than a lease.
            stage.after(SignedDuration::from_mins(1)).await;
            for ticket in &tickets {
                assert_eq!(major::state(&stage, ticket).await, State::Resolved, "{point:?}");
            }
            assert_eq!(major::read(&stage, &tickets, "Кабель найден").await, vec![1; MANY], "{point:?}");
            assert_eq!(major::read(&stage, &tickets, "кабель сварен").await, vec![1; MANY], "{point:?}");
            stage.holds().await;
        }
    }
}
