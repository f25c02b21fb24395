//! How the partner takes what the bridge sends.

use partner_simulator::{Conduct, FromBridge};
use proto::partner::{CaseEnvelope, OpenCaseRequest, RespondRequest};
use tonic::Code;

use crate::bridge::{BOND, Bridge, desk, envelope, open, opening, response, soon};

#[tokio::test]
async fn a_bond_that_is_opened_twice_is_one_case() {
    let bridge = Bridge::willing();
    let partner = bridge.partner(Conduct::Obeys);
    assert_eq!(open(&partner).await, "CASE-1001");
    assert_eq!(open(&partner).await, "CASE-1001", "the same message");
    let mut again = opening(BOND);
    again.envelope.as_mut().expect("set").message_id = "another".to_owned();
    let answer = desk(&partner).open_case(again).await.expect("taken");
    assert_eq!(answer.into_inner().partner_case_id, "CASE-1001", "another message about the same bond");

    soon(partner.settled(BOND)).await;
    assert_eq!(bridge.calls().len(), 3, "one case is acted out once");
    assert_eq!(partner.received().len(), 3, "repeats are noted too");
}

#[tokio::test]
async fn cases_are_numbered_in_the_order_of_their_bonds() {
    let partner = Bridge::willing().partner(Conduct::Rejects);
    for (bond, case) in [(BOND, "CASE-1001"), ("bnd_0000000000000000000000000000000a", "CASE-1002")] {
        let answer = desk(&partner).open_case(opening(bond)).await.expect("taken");
        assert_eq!(answer.into_inner().partner_case_id, case);
    }
}

#[tokio::test]
async fn messages_that_come_early_wait_for_their_turn() {
    let bridge = Bridge::willing();
    let partner = bridge.partner(Conduct::Asks);
    desk(&partner).respond(response(BOND, 3, "second")).await.expect("kept aside");
    desk(&partner).respond(response(BOND, 2, "first")).await.expect("kept aside");
    assert!(bridge.calls().is_empty(), "no case yet");
    assert_eq!(open(&partner).await, "CASE-1001", "the bond has had its case id since the first message");

    // Both came before the question, so neither is its answer.
    bridge.heard(2).await;
    desk(&partner).respond(response(BOND, 4, "the answer")).await.expect("taken");
    soon(partner.settled(BOND)).await;
    assert!(bridge.calls()[2].text.ends_with("the answer"), "{:?}", bridge.calls()[2]);
}

#[tokio::test]
async fn a_repeat_may_have_learned_the_case_id() {
    let partner = Bridge::willing().partner(Conduct::Rejects);
    open(&partner).await;
    let mut repeat = opening(BOND);
    repeat.envelope.as_mut().expect("set").partner_case_id = "CASE-1001".to_owned();
    desk(&partner).open_case(repeat).await.expect("the same message");
}

#[tokio::test]
async fn a_bridge_that_breaks_the_contract_is_refused() {
    let partner = Bridge::willing().partner(Conduct::Rejects);
    open(&partner).await;
    let refused = async |envelope: Option<CaseEnvelope>, text: &str| {
        let request = RespondRequest { envelope, text: text.to_owned() };
        desk(&partner).respond(request).await.expect_err("refused").code()
    };
    let head = |change: fn(&mut CaseEnvelope)| {
        let mut head = envelope(BOND, 2);
        change(head.as_mut().expect("set"));
        head
    };
    assert_eq!(refused(None, "").await, Code::InvalidArgument);
    assert_eq!(refused(head(|head| head.message_id.clear()), "").await, Code::InvalidArgument);
    assert_eq!(refused(head(|head| head.message_id = "é".to_owned()), "").await, Code::InvalidArgument);
    assert_eq!(refused(head(|head| head.bond_id = "CASE-1001".to_owned()), "").await, Code::InvalidArgument);
    assert_eq!(refused(head(|head| head.sequence = 0), "").await, Code::InvalidArgument);
    assert_eq!(refused(head(|head| head.sequence = 1), "").await, Code::FailedPrecondition, "1 was the opening");
    assert_eq!(refused(head(|head| head.partner_case_id = "CASE-9".to_owned()), "").await, Code::FailedPrecondition);

    desk(&partner).respond(response(BOND, 2, "build 7")).await.expect("taken");
    desk(&partner).respond(response(BOND, 2, "build 7")).await.expect("a repeat");
    assert_eq!(refused(envelope(BOND, 2), "build 8").await, Code::AlreadyExists);
}

#[tokio::test]
async fn everything_that_crossed_the_boundary_can_be_read() {
    let partner = Bridge::willing().partner(Conduct::Rejects);
    let open = OpenCaseRequest {
        envelope: envelope(BOND, 1),
        product: "a".to_owned(),
        version: "b".to_owned(),
        contract: "c".to_owned(),
        hypothesis: "d".to_owned(),
        reproduction: "e".to_owned(),
        business_impact: "f".to_owned(),
        asked: "g".to_owned(),
    };
    desk(&partner).open_case(open.clone()).await.expect("taken");
    desk(&partner).respond(response("no bond", 1, "h")).await.expect_err("refused");
    let received = partner.received();
    assert_eq!(received[0].message, FromBridge::OpenCase(open));
    assert_eq!(received[0].message.text(), "a\nb\nc\nd\ne\nf\ng");
    assert_eq!(received[1].message.text(), "h", "what was refused has crossed all the same");
}

#[tokio::test]
async fn a_stopped_partner_refuses_calls_and_says_no_more() {
    let bridge = Bridge::willing();
    let partner = bridge.partner(Conduct::Stalls);
    open(&partner).await;
    bridge.heard(1).await;
    soon(partner.clone().stop()).await;
    partner.nudge(BOND);
    let refusal = desk(&partner).open_case(opening(BOND)).await.expect_err("stopped");
    assert_eq!(refusal.code(), Code::Unavailable);
    assert_eq!(bridge.lines(), ["Accept 1 id 1"]);
    assert_eq!(partner.received().len(), 1);
}
