//! A suite as a state machine: random commands of people of all lines, repeats, duplicates, deliveries in any order
//! and crashes; what must hold holds after each step, and at the end nothing that was acknowledged is lost.
//!
//! `PROPTEST_CASES` and `PROPTEST_RNG_SEED` look deeper.

use handover::CrashPoint;
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner, contextualize_config};
use tests::{Databases, Stage};
use ticket::Line;

use crate::world::World;

/// Who is asked to do something on a ticket.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    /// The line that holds it.
    Holder,
    /// This line, whoever holds it.
    Line(Line),
}

/// What is done on a ticket.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    Escalate,
    EscalatePoorly,
    EscalateToNoZone,
    Return,
    Resolve,
    Assign,
    AskClient,
    Progress,
    Write,
    PutQuestion,
    Reply,
    Confirm,
    Reopen,
}

/// One step of a history. Numbers choose among what there is by then.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Ask,
    Register,
    Do { ticket: usize, at: At, deed: Deed, supervisor: bool },
    Repeat(usize),
    CopyLetters(Line),
    Redeliver(usize),
    Deliver(Line),
    Wake(Line),
    Kill(Line),
    Restart(Line),
    CrashAt(Line, CrashPoint),
    Wait(SignedDuration),
    Settle,
}

fn line() -> impl Strategy<Value = Line> {
    prop::sample::select(Line::ALL.to_vec())
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::Escalate),
        1 => Just(Deed::EscalatePoorly),
        1 => Just(Deed::EscalateToNoZone),
        4 => Just(Deed::Return),
        2 => Just(Deed::Resolve),
        1 => Just(Deed::Assign),
        2 => Just(Deed::AskClient),
        1 => Just(Deed::Progress),
        1 => Just(Deed::Write),
        1 => Just(Deed::PutQuestion),
        3 => Just(Deed::Reply),
        1 => Just(Deed::Confirm),
        1 => Just(Deed::Reopen),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let at = prop_oneof![5 => Just(At::Holder), 1 => line().prop_map(At::Line)];
    let pause = prop::sample::select(vec![
        SignedDuration::from_secs(1),
        SignedDuration::from_secs(31),
        SignedDuration::from_hours(5),
        SignedDuration::from_hours(24 * 3),
    ]);
    prop_oneof![
        1 => Just(Step::Ask),
        1 => Just(Step::Register),
        16 => (any::<usize>(), at, deed(), prop::bool::weighted(0.2))
            .prop_map(|(ticket, at, deed, supervisor)| Step::Do { ticket, at, deed, supervisor }),
        3 => any::<usize>().prop_map(Step::Repeat),
        2 => line().prop_map(Step::CopyLetters),
        2 => any::<usize>().prop_map(Step::Redeliver),
        4 => line().prop_map(Step::Deliver),
        1 => line().prop_map(Step::Wake),
        2 => line().prop_map(Step::Kill),
        4 => line().prop_map(Step::Restart),
        1 => (line(), prop::sample::select(CrashPoint::ALL.to_vec())).prop_map(|(line, point)| Step::CrashAt(line, point)),
        3 => pause.prop_map(Step::Wait),
        1 => Just(Step::Settle),
    ]
}

async fn live(databases: Databases, steps: Vec<Step>) {
    let stage = Stage::over(databases).await;
    let mut world = World::new(&stage);
    world.take(Step::Register).await;
    for step in steps {
        world.take(step).await;
        stage.holds().await;
    }
    world.comes_to_rest().await;
    stage.holds().await;
    world.has_lost_nothing().await;
}

/// Lives through `cases` histories, each over a fresh one of `databases`.
fn whatever_happens(cases: u32, databases: impl Fn() -> Databases) {
    let config = contextualize_config(Config {
        cases,
        rng_seed: RngSeed::Fixed(2026),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 10..40), |steps| {
            runtime.block_on(live(databases(), steps));
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn whatever_happens_in_whatever_order_everything_holds() {
    whatever_happens(24, Databases::sqlite);
}

#[test]
fn and_on_postgresql_too() {
    if Databases::postgres().is_some() {
        // Fewer: each takes schemas of its own, and what differs is only where the same statements run.
        whatever_happens(6, || Databases::postgres().expect("there was one a moment ago"));
    }
}
