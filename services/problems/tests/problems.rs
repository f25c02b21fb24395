//! What may happen to a problem, in every order.

use jiff::Timestamp;
use jiff::civil::date;
use problems::{Cause, Method, Problem, Stage, StepState, WrongProblem};
use proptest::prelude::*;

fn problem() -> Problem {
    let id = "prb_00000000000000000000000000000001".parse().expect("it is well formed");
    let text = |text: &str| text.to_owned();
    Problem::open(id, text("VPN drops"), text("every hour"), text("vpn"), text("igor"), Timestamp::UNIX_EPOCH)
}

fn cause() -> Cause {
    let (causes, evidence) = (vec!["a timer of 3600 s".to_owned()], vec!["the log of the gate".to_owned()]);
    Cause { method: Method::FiveWhys, causes, evidence, by: "igor".to_owned(), at: Timestamp::UNIX_EPOCH }
}

fn step(what: &str) -> (String, String, jiff::civil::Date) {
    (what.to_owned(), "igor".to_owned(), date(2026, 9, 14))
}

#[test]
fn the_last_step_resolves_it() {
    let (mut problem, now) = (problem(), Timestamp::UNIX_EPOCH);
    assert_eq!(problem.plan(vec![step("a")], String::new(), now), Err(WrongProblem::NoCause));
    problem.find_cause(cause(), now).expect("it is open");
    assert_eq!(problem.stage(), Stage::KnownError);
    problem.plan(vec![step("a"), step("b"), step("c")], "wait an hour".to_owned(), now).expect("the cause is known");
    problem.move_step(1, StepState::Done, now).expect("it is open");
    problem.move_step(2, StepState::Dropped { why: "not needed".to_owned() }, now).expect("it is open");
    assert_eq!((problem.stage(), problem.told), (Stage::Resolving, 0));
    assert_eq!(problem.move_step(1, StepState::Doing, now), Err(WrongProblem::NoStep(1)));
    problem.move_step(3, StepState::Done, now).expect("it is open");
    assert_eq!((problem.stage(), problem.told), (Stage::Resolved, 1));
    let solution = problem.solution.clone().expect("it is resolved");
    assert_eq!(
        (solution.done, solution.how_to_verify.as_str()),
        (vec!["a".to_owned(), "c".to_owned()], "wait an hour")
    );
    problem.reopen("it drops again".to_owned(), now).expect("it is resolved");
    problem.plan(vec![step("d")], "wait a day".to_owned(), now).expect("it is open");
    assert_eq!(problem.plan.steps.last().map(|step| step.number), Some(4), "numbers are not given twice");
}

#[test]
fn a_plan_of_which_nothing_was_done_resolves_nothing() {
    let (mut problem, now) = (problem(), Timestamp::UNIX_EPOCH);
    problem.find_cause(cause(), now).expect("it is open");
    problem.plan(vec![step("a")], String::new(), now).expect("the cause is known");
    problem.move_step(1, StepState::Dropped { why: "wrong".to_owned() }, now).expect("it is open");
    assert_eq!((problem.stage(), problem.solution), (Stage::KnownError, None));
}

#[derive(Debug, Clone)]
enum Deed {
    Cause,
    WorkAround,
    Plan(usize),
    Move(u32, u8),
    Reopen,
    Cancel,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => Just(Deed::Cause),
        1 => Just(Deed::WorkAround),
        2 => (1..4_usize).prop_map(Deed::Plan),
        8 => (1..8_u32, 0..3_u8).prop_map(|(number, to)| Deed::Move(number, to)),
        1 => Just(Deed::Reopen),
        1 => Just(Deed::Cancel),
    ]
}

proptest! {
    /// In whatever order: it is resolved only with a cause and something done, a refusal changes nothing, what is over
    /// stays over but for a reopening, and whenever the news changes in what tickets wait for, they are told.
    #[test]
    fn nothing_is_resolved_by_accident(deeds in prop::collection::vec(deed(), 0..60)) {
        let (mut problem, now) = (problem(), Timestamp::UNIX_EPOCH);
        for deed in deeds {
            let before = problem.clone();
            let done = match &deed {
                Deed::Cause => problem.find_cause(cause(), now),
                Deed::WorkAround => problem.work_around("restart".to_owned(), now),
                Deed::Plan(steps) => problem.plan(vec![step("x"); *steps], "look".to_owned(), now),
                Deed::Move(number, 0) => problem.move_step(*number, StepState::Doing, now),
                Deed::Move(number, 1) => problem.move_step(*number, StepState::Done, now),
                Deed::Move(number, _) => problem.move_step(*number, StepState::Dropped { why: "no".to_owned() }, now),
                Deed::Reopen => problem.reopen("again".to_owned(), now),
                Deed::Cancel => problem.cancel("none".to_owned(), now),
            };
            if done.is_err() {
                prop_assert_eq!(&problem, &before);
                continue;
            }
            if problem.stage() == Stage::Resolved {
                prop_assert!(problem.cause.is_some() && problem.plan.is_complete());
            }
            if matches!(before.stage(), Stage::Resolved | Stage::Cancelled) {
                prop_assert!(before.stage() == Stage::Resolved && matches!(deed, Deed::Reopen));
            }
            let is_over = |problem: &Problem| (problem.solution.is_some(), problem.cancelled.is_some());
            let changed = is_over(&before) != is_over(&problem) || matches!(deed, Deed::WorkAround);
            prop_assert_eq!(changed, problem.told > before.told);
            let numbers: Vec<_> = problem.plan.steps.iter().map(|step| step.number).collect();
            prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", numbers);
        }
    }
}
