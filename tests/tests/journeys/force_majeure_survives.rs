//! Force majeure survives what happens to lines and plans: one that was down, one that came later, deaths, a new plan.

use handover::{Board, CrashPoint, Plans};
use jiff::SignedDuration;
use plan::Plan;
use proto::line1::ForceMajeureState as At;
use tests::force_majeure::{declare, end, prolong, state};
use tests::{Databases, Stage, evidence, on_each_database};
use ticket::{Clock as _, Line};

const MANY: usize = 12;

async fn steps(stage: &Stage, line: Line, ticket: &str) -> Vec<u32> {
    let found = stage.people().ticket(line, ticket).await.expect("the ticket is there");
    found.facts.expect("it has facts").raises.into_iter().map(|raise| raise.steps).collect()
}

fn mins(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// A stage, and the plans of its suite.
async fn with_plans(databases: Databases, plan: &str) -> (Stage, Plans) {
    let mut plans = None;
    let stage = Stage::with(databases, plan, |config| {
        plans = Some(config.plans.clone());
        config
    });
    (stage.await, plans.expect("a suite has plans"))
}

/// What a line has heard that holds now.
async fn heard(stage: &Stage, line: Line) -> Option<String> {
    let desk = stage.suite.desk(line).expect("the line is up");
    let board = Board::of(desk.store(), stage.plan.organization()).await.expect("it can be read");
    board.holding(stage.clock.now()).map(|held| held.id.to_string())
}

#[tokio::test]
async fn a_line_that_was_down_learns_it_when_it_is_back() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        people.to_technical(&ticket, evidence::technical()).await.unwrap();
        stage.settle().await;
        let calm = steps(&stage, Line::Technical, &ticket).await;
        stage.suite.kill(Line::Technical);
        let id = declare(&stage, (0, 600)).await;
        stage.settle().await;
        stage.suite.restart(Line::Technical).await.expect("line 2 comes back");
        stage.after(mins(30)).await;
        assert_eq!(heard(&stage, Line::Technical).await, Some(id.clone()));
        assert!(steps(&stage, Line::Technical, &ticket).await.len() > calm.len(), "its ticket rises");

        // Nor does it hear that it was ended; its own end still counts there.
        stage.suite.kill(Line::Technical);
        stage.clock.advance(mins(600));
        stage.settle().await;
        stage.suite.restart(Line::Technical).await.expect("line 2 comes back");
        stage.settle().await;
        assert_eq!(heard(&stage, Line::Technical).await, None);
        assert_eq!(steps(&stage, Line::Technical, &ticket).await, calm);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn it_goes_on_over_a_restart_and_a_death_in_the_middle_and_ends_while_nobody_is_there() {
    for point in CrashPoint::RINGING {
        for databases in Databases::all() {
            let stage = Stage::over(databases).await;
            let mut tickets = Vec::new();
            for _ in 0..MANY {
                tickets.push(stage.people().register("Нет интернета").await);
            }
            stage.settle().await;
            declare(&stage, (0, 60)).await;
            stage.fuses[&Line::ServiceDesk].set(point);
            stage.settle().await;
            assert_eq!(stage.fuses[&Line::ServiceDesk].blown(), Some(point), "no crash, no test");
            stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
            // Longer than a lease.
            stage.after(mins(1)).await;
            for ticket in &tickets {
                assert_eq!(steps(&stage, Line::ServiceDesk, ticket).await, [1], "{point:?}");
            }
            // Nobody is there at its end; whoever comes later looks at the clock.
            stage.suite.kill(Line::ServiceDesk);
            stage.clock.advance(mins(600));
            stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
            stage.settle().await;
            for ticket in &tickets {
                assert_eq!(steps(&stage, Line::ServiceDesk, ticket).await, [0; 0], "{point:?}");
            }
            stage.holds().await;
        }
    }
}

#[tokio::test]
async fn two_replicas_begin_and_end_it_once() {
    on_each_database(async |stage| {
        let other = stage.replica().await;
        let ticket = stage.people().register("Нет интернета").await;
        declare(&stage, (30, 60)).await;
        let both = async || {
            let (one, two) = tokio::join!(stage.suite.settle(), other.settle());
            one.and(two).expect("both come to rest");
        };
        both().await;
        stage.clock.advance(mins(30));
        both().await;
        assert_eq!(steps(&stage, Line::ServiceDesk, &ticket).await, [1]);
        stage.suite.kill(Line::ServiceDesk);
        stage.clock.advance(mins(30));
        other.settle().await.expect("it comes to rest");
        stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
        assert_eq!(steps(&stage, Line::ServiceDesk, &ticket).await, [0; 0], "the other one ended it");
        let journey = stage.people().journey(&ticket).await.expect("the ticket is there");
        let said = |words: &str| journey.events.iter().filter(|event| event.summary.contains(words)).count();
        let each =
            ["raised to high: force majeure", "counts for it until", "raises it no longer", "counts for it no more"];
        assert_eq!(each.map(said), [1; 4], "{:?}", journey.events);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_plan_that_drops_the_profile_changes_nothing_of_what_was_declared() {
    for databases in Databases::all() {
        let (stage, plans) = with_plans(databases, plan::DEMO).await;
        let ticket = stage.people().register("Нет интернета").await;
        let id = declare(&stage, (0, 60)).await;
        stage.settle().await;
        let (without, _) = plan::DEMO.split_once("[[force_majeure]]").expect("the demonstration has some");
        plans.follow(Plan::parse("b.toml", without).expect("it has no faults"), stage.clock.now());
        prolong(&stage, &id, 120).await.expect("it is as it was declared");
        stage.after(mins(90)).await;
        let later = stage.people().register("Нет интернета").await;
        stage.settle().await;
        for ticket in [&ticket, &later] {
            assert_eq!(steps(&stage, Line::ServiceDesk, ticket).await, [1]);
        }
        end(&stage, &id).await.expect("it ends");
        stage.settle().await;
        assert_eq!(state(&stage, &id).await, At::Over);
        for ticket in [&ticket, &later] {
            assert_eq!(steps(&stage, Line::ServiceDesk, ticket).await, [0; 0]);
        }
        stage.holds().await;
    }
}

#[tokio::test]
async fn a_line_that_the_plan_gains_later_learns_it() {
    let without = tests::without_line_0();
    for databases in Databases::all() {
        let (stage, plans) = with_plans(databases, &without).await;
        let id = declare(&stage, (0, 600)).await;
        stage.settle().await;
        assert_eq!(heard(&stage, Line::Technical).await, Some(id.clone()));
        assert_eq!(heard(&stage, Line::SelfService).await, None, "there is no such line");
        plans.follow(Plan::parse("demo.toml", plan::DEMO).expect("it has no faults"), stage.clock.now());
        // A plan comes into force with the next look, or as here with a start; the second time nobody is new.
        for _ in 0..2 {
            stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
            stage.settle().await;
        }
        assert_eq!(heard(&stage, Line::SelfService).await, Some(id));
        stage.holds().await;
    }
}
