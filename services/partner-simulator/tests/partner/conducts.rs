//! What the partner says under each conduct, to the last number.

use partner_simulator::{Conduct, Lie, Says};
use proto::partner::CloseRequest;
use telemetry::{LogFormat, Settings};
use tonic::Code;

use crate::bridge::{BOND, Bridge, Call, desk, envelope, in_trace, open, opening, response, soon};

/// What is said until the case is settled by a bridge that judges so.
async fn said_to(bridge: &Bridge, conduct: Conduct) -> Vec<String> {
    let partner = bridge.partner(conduct);
    assert_eq!(open(&partner).await, "CASE-1001");
    soon(partner.settled(BOND)).await;
    assert_eq!(partner.answers().len(), bridge.calls().len(), "each message has one answer");
    bridge.lines()
}

/// Refuses the second call for good.
fn refusing_the_second() -> Bridge {
    Bridge::judging(|calls| if calls.len() == 2 { Err(Code::InvalidArgument) } else { Ok(()) })
}

#[tokio::test]
async fn an_obedient_partner_accepts_fixes_and_closes() {
    let bridge = Bridge::willing();
    assert_eq!(said_to(&bridge, Conduct::Obeys).await, ["Accept 1 id 1", "Fix 2 id 2", "Close 3 id 3"]);
    for Call { envelope, .. } in bridge.calls() {
        assert_eq!((envelope.bond_id.as_str(), envelope.partner_case_id.as_str()), (BOND, "CASE-1001"));
    }
    assert!(bridge.calls()[1].text.contains("[EMAIL-1]"), "a fix quotes the tokens of the case");
}

#[tokio::test]
async fn an_asking_partner_waits_for_the_answer() {
    let bridge = Bridge::willing();
    let partner = bridge.partner(Conduct::Asks);
    open(&partner).await;
    assert_eq!(bridge.heard(2).await, ["Accept 1 id 1", "Ask 2 id 2"]);

    desk(&partner).respond(response(BOND, 2, "build 7, says [PHONE-1]")).await.expect("taken");
    soon(partner.settled(BOND)).await;
    assert_eq!(bridge.lines()[2..], ["Respond 3 id 3", "Fix 4 id 4", "Close 5 id 5"]);
    assert!(bridge.calls()[2].text.contains("build 7, says [PHONE-1]"));
}

#[tokio::test]
async fn a_case_that_is_closed_while_the_partner_waits_is_over() {
    for conduct in [Conduct::Asks, Conduct::Stalls] {
        let bridge = Bridge::willing();
        let partner = bridge.partner(conduct);
        open(&partner).await;
        let close = CloseRequest { envelope: envelope(BOND, 2), text: "taken back".to_owned() };
        desk(&partner).close(close).await.expect("taken");
        soon(partner.settled(BOND)).await;
        assert!(bridge.calls().iter().all(|call| ["Accept", "Ask"].contains(&call.rpc)), "{:?}", bridge.lines());
    }
}

#[tokio::test]
async fn a_rejecting_partner_says_nothing_else() {
    assert_eq!(said_to(&Bridge::willing(), Conduct::Rejects).await, ["Reject 1 id 1"]);
}

#[tokio::test]
async fn a_stalling_partner_goes_on_when_nudged() {
    let bridge = Bridge::willing();
    let partner = bridge.partner(Conduct::Stalls);
    open(&partner).await;
    let settled = partner.settled(BOND);
    tokio::pin!(settled);
    bridge.heard(1).await;
    assert!(waits(&mut settled).await, "it stalls");
    partner.nudge(BOND);
    soon(settled).await;
    assert_eq!(bridge.lines(), ["Accept 1 id 1", "Fix 2 id 2", "Close 3 id 3"]);
}

/// Whether `future` still waits after everything else that could run has run for a while.
async fn waits(future: &mut (impl Future<Output = ()> + Unpin)) -> bool {
    for _ in 0..100 {
        tokio::select! {
            biased;
            () = &mut *future => return false,
            () = tokio::task::yield_now() => {}
        }
    }
    true
}

#[tokio::test]
async fn a_nudge_may_come_before_the_case() {
    let bridge = Bridge::willing();
    let partner = bridge.partner(Conduct::Stalls);
    partner.nudge(BOND);
    open(&partner).await;
    soon(partner.settled(BOND)).await;
    assert_eq!(bridge.calls().len(), 3);
}

#[tokio::test]
async fn a_duplicating_partner_repeats_ids_at_once_and_late() {
    let bridge = Bridge::willing();
    let lines = [
        "Accept 1 id 1",
        "Accept 1 id 1",
        "Respond 2 id 2",
        "Respond 2 id 2",
        "Accept 1 id 1",
        "Fix 3 id 3",
        "Fix 3 id 3",
        "Respond 2 id 2",
        "Close 4 id 4",
        "Close 4 id 4",
        "Fix 3 id 3",
    ];
    assert_eq!(said_to(&bridge, Conduct::Duplicates).await, lines);
}

#[tokio::test]
async fn a_reordering_partner_follows_its_seed() {
    let reversed = ["Close 4 id 4", "Fix 3 id 3", "Respond 2 id 2", "Accept 1 id 1"];
    assert_eq!(said_to(&Bridge::willing(), Conduct::Reorders { seed: 0 }).await, reversed);

    let own_order = ["Accept 1 id 1", "Respond 2 id 2", "Fix 3 id 3", "Close 4 id 4"];
    let mut orders = std::collections::HashSet::new();
    for seed in 0..200 {
        let lines = said_to(&Bridge::willing(), Conduct::Reorders { seed }).await;
        assert_eq!(lines, said_to(&Bridge::willing(), Conduct::Reorders { seed }).await, "seed {seed}");
        assert_ne!(lines, own_order, "seed {seed}");
        let mut sorted = lines.clone();
        sorted.sort_by_key(|line| own_order.iter().position(|own| own == line));
        assert_eq!(sorted, own_order, "seed {seed}");
        orders.insert(lines);
    }
    assert_eq!(orders.len(), 4 * 3 * 2 - 1, "every other order has a seed");
}

#[tokio::test]
async fn a_partner_speaks_about_a_bond_that_is_not_its() {
    let foreign = "bnd_00000000000000000000000000000002";
    let bridge = refusing_the_second();
    let lie = Conduct::Lies(Lie::ForeignBond { bond: foreign.to_owned() });
    assert_eq!(said_to(&bridge, lie).await, ["Accept 1 id 1", "Fix 2 id 2", "Fix 2 id 3", "Close 3 id 4"]);
    let bonds: Vec<_> = bridge.calls().into_iter().map(|call| call.envelope.bond_id).collect();
    assert_eq!(bonds, [BOND, foreign, BOND, BOND]);
}

#[tokio::test]
async fn a_partner_changes_its_case_midway() {
    let bridge = refusing_the_second();
    let lines = said_to(&bridge, Conduct::Lies(Lie::ForeignCase)).await;
    assert_eq!(lines, ["Accept 1 id 1", "Fix 2 id 2", "Fix 2 id 3", "Close 3 id 4"]);
    let cases: Vec<_> = bridge.calls().into_iter().map(|call| call.envelope.partner_case_id).collect();
    assert_eq!(cases, ["CASE-1001", Lie::FOREIGN_CASE, "CASE-1001", "CASE-1001"]);
}

#[tokio::test]
async fn a_partner_replays_an_id_with_other_content() {
    let lines = said_to(&refusing_the_second(), Conduct::Lies(Lie::Replays)).await;
    assert_eq!(lines, ["Accept 1 id 1", "Reject 1 id 1", "Fix 2 id 2", "Close 3 id 3"]);
}

#[tokio::test]
async fn a_partner_fixes_after_it_closed() {
    let lines = said_to(&Bridge::willing(), Conduct::Lies(Lie::FixAfterClose)).await;
    assert_eq!(lines, ["Accept 1 id 1", "Close 2 id 2", "Fix 3 id 3"]);
}

#[tokio::test]
async fn a_partner_conjures_a_token() {
    let bridge = Bridge::willing();
    let lines = said_to(&bridge, Conduct::Lies(Lie::ConjuresTokens)).await;
    assert_eq!(lines, ["Accept 1 id 1", "Fix 2 id 2", "Close 3 id 3"]);
    assert_eq!(bridge.calls()[1].text.matches(Lie::CONJURED_TOKEN).count(), 3);
}

#[tokio::test]
async fn a_refused_lie_uses_no_number_and_a_believed_one_does() {
    for (lie, text) in
        [(Lie::Oversized { bytes: 100_000 }, "x".repeat(100_000)), (Lie::NulBytes, "before\0after".into())]
    {
        let refusing = refusing_the_second();
        let lines = said_to(&refusing, Conduct::Lies(lie.clone())).await;
        assert_eq!(lines, ["Accept 1 id 1", "Respond 2 id 2", "Fix 2 id 3", "Close 3 id 4"]);
        assert_eq!(refusing.calls()[1].text, text);

        let lines = said_to(&Bridge::willing(), Conduct::Lies(lie)).await;
        assert_eq!(lines, ["Accept 1 id 1", "Respond 2 id 2", "Fix 3 id 3", "Close 4 id 4"]);
    }
}

#[tokio::test]
async fn a_partner_leaves_a_number_out() {
    let lines = said_to(&Bridge::willing(), Conduct::Lies(Lie::Gaps)).await;
    assert_eq!(lines, ["Accept 1 id 1", "Fix 3 id 2", "Close 4 id 3"]);
}

#[tokio::test]
async fn a_bridge_that_was_away_still_gets_every_message() {
    let bridge = Bridge::judging(|calls| match calls.len() {
        1 => Err(Code::Unavailable),
        2 => Err(Code::DeadlineExceeded),
        5 => Err(Code::Aborted),
        _ => Ok(()),
    });
    let partner = bridge.partner(Conduct::Obeys);
    open(&partner).await;
    soon(partner.settled(BOND)).await;
    let lines = ["Accept 1 id 1", "Accept 1 id 1", "Accept 1 id 1", "Fix 2 id 2", "Close 3 id 3", "Close 3 id 3"];
    assert_eq!(bridge.lines(), lines);
    let answers = partner.answers();
    assert_eq!(answers.len(), 3, "one answer to each message, the last");
    for (sent, answer) in answers {
        assert_eq!(answer.expect("delivered").message_id, sent.envelope.message_id);
    }
}

#[tokio::test]
async fn a_bridge_that_stays_away_is_given_up() {
    let bridge = Bridge::judging(|_| Err(Code::Unavailable));
    let partner = bridge.partner(Conduct::Obeys);
    open(&partner).await;
    soon(partner.settled(BOND)).await;
    assert_eq!(bridge.lines(), ["Accept 1 id 1"; 4], "once and three repeats");
    let [(sent, answer)] = partner.answers().try_into().expect("one message");
    assert!(matches!(sent.says, Says::Accept { .. }));
    assert_eq!(answer.map_err(|status| status.code()), Err(Code::Unavailable));
}

#[tokio::test]
async fn a_refusal_is_noted_and_not_repeated() {
    let bridge = refusing_the_second();
    let partner = bridge.partner(Conduct::Obeys);
    open(&partner).await;
    soon(partner.settled(BOND)).await;
    assert_eq!(bridge.lines(), ["Accept 1 id 1", "Fix 2 id 2", "Close 3 id 3"]);
    let codes: Vec<_> =
        partner.answers().into_iter().map(|(_, answer)| answer.err().map(|status| status.code())).collect();
    assert_eq!(codes, [None, Some(Code::InvalidArgument), None]);
}

#[tokio::test]
async fn the_partners_work_is_in_the_trace_of_the_call_that_caused_it() {
    let settings =
        Settings { service_name: "test".to_owned(), log_format: LogFormat::Human, log_filter: "off".to_owned() };
    telemetry::start(&settings, &|_| None).expect("telemetry starts");
    let (opened, answered) = ("4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c");
    let place = |trace: &str| format!("00-{trace}-00f067aa0ba902b7-01");

    let bridge = Bridge::willing();
    let partner = bridge.partner(Conduct::Asks);
    desk(&partner).open_case(in_trace(opening(BOND), &place(opened))).await.expect("taken");
    bridge.heard(2).await;
    desk(&partner).respond(in_trace(response(BOND, 2, "build 7"), &place(answered))).await.expect("taken");
    soon(partner.settled(BOND)).await;

    let calls = bridge.calls();
    let traces: Vec<_> = calls.iter().map(|call| call.trace.as_deref().expect("a trace")).collect();
    assert_eq!(traces, [opened, opened, answered, answered, answered]);
    assert!(
        partner.received().iter().all(|call| !call.headers.contains_key("authorization")),
        "no credentials are kept"
    );
}
