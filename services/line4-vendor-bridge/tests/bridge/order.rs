//! Repeats, another order, gaps and lies.

use line4_vendor_bridge::{BondState, PARKED_MAX};
use partner_simulator::{Conduct, Lie};
use proto::partner::CaseEnvelope;

use crate::world::{Words, World, everywhere, reason};

#[tokio::test]
async fn duplicates_and_another_order_end_as_the_plain_story_does() {
    for conduct in [Conduct::Duplicates, Conduct::Reorders { seed: 0 }, Conduct::Reorders { seed: 7 }] {
        everywhere(async |world| {
            let partner = world.simulate(conduct.clone());
            world.with_case().await;
            world.settle(&partner).await;
            assert!(partner.answers().iter().all(|(_, answer)| answer.is_ok()), "{conduct:?} {:?}", partner.answers());
            assert_eq!(world.lines.resolutions.lock().unwrap().len(), 1, "{conduct:?}");
            assert_eq!(world.news(), ["У нас это тоже воспроизводится."], "{conduct:?}");
            let bond = world.bond().await;
            assert_eq!((bond.state, bond.heard, bond.parked.len()), (BondState::Closed, 4, 0), "{conduct:?}");
        })
        .await;
    }
}

/// The reasons with which a liar's messages are refused, in order, and how the bond stands at the end.
async fn caught(world: &World, lie: Lie) -> (Vec<&'static str>, BondState) {
    let partner = world.simulate(Conduct::Lies(lie));
    world.with_case().await;
    world.settle(&partner).await;
    let refused = partner.answers().into_iter().filter_map(|(_, answer)| answer.err());
    let reasons =
        refused.map(|status| rpc::reason_of(&status).expect("a refusal has a reason").as_str_name()).collect();
    (reasons, world.bond().await.state)
}

#[tokio::test]
async fn each_lie_is_refused_for_its_own_reason_and_the_truth_goes_on() {
    let nobodys = "bnd_ffffffffffffffffffffffffffffffff".to_owned();
    let lies = [
        (Lie::ForeignBond { bond: nobodys }, vec!["REASON_BOND_NOT_FOUND"]),
        (Lie::ForeignCase, vec!["REASON_BOND_CONFLICT"]),
        (Lie::Replays, vec!["REASON_REQUEST_ID_REUSED"]),
        (Lie::FixAfterClose, vec!["REASON_BOND_CLOSED"]),
        (Lie::ConjuresTokens, vec![]),
        (Lie::Oversized { bytes: 128 * 1024 }, vec!["REASON_FIELD_INVALID"]),
        (Lie::NulBytes, vec!["REASON_FIELD_INVALID"]),
    ];
    for (lie, reasons) in lies {
        everywhere(async |world| {
            assert_eq!(caught(&world, lie.clone()).await, (reasons.clone(), BondState::Closed), "{lie:?}");
            let solved = world.lines.resolutions.lock().unwrap().len();
            assert_eq!(solved, usize::from(lie != Lie::FixAfterClose), "{lie:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_comes_after_a_gap_waits() {
    everywhere(async |world| {
        let (refused, state) = caught(&world, Lie::Gaps).await;
        assert_eq!((refused, state), (vec![], BondState::Accepted));
        assert_eq!(world.bond().await.parked.keys().copied().collect::<Vec<_>>(), [3, 4]);
        assert!(world.lines.resolutions.lock().unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_early_message_is_acknowledged_as_waiting_and_one_too_early_is_refused() {
    everywhere(async |world| {
        world.quiet();
        world.with_case().await;
        let early = world.says(2, Words::Respond("две")).await.unwrap();
        assert!(early.waiting_for_earlier);
        assert_eq!(world.says(2, Words::Respond("две")).await.unwrap(), early);
        let other = CaseEnvelope { message_id: "other".to_owned(), ..world.envelope(2) };
        assert_eq!(reason(world.says_as("paysoft", other, Words::Respond("x")).await), "REASON_BOND_CONFLICT");
        assert_eq!(reason(world.says(PARKED_MAX + 1, Words::Respond("x")).await), "REASON_FIELD_INVALID");
        assert_eq!(reason(world.says(u32::MAX, Words::Respond("x")).await), "REASON_FIELD_INVALID");
        assert!(world.says(PARKED_MAX, Words::Respond("последнее")).await.unwrap().waiting_for_earlier);
        assert!(!world.says(1, Words::Accept).await.unwrap().waiting_for_earlier);
        world.deliver().await;
        assert_eq!(world.news(), ["две"]);
        let old = CaseEnvelope { message_id: "new".to_owned(), ..world.envelope(1) };
        assert_eq!(reason(world.says_as("paysoft", old, Words::Accept).await), "REASON_BOND_CONFLICT");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_field_by_field() {
    everywhere(async |world| {
        world.quiet();
        world.with_case().await;
        let before = world.bond().await;
        let good = world.envelope(1);
        let long = "m".repeat(129);
        let faulty = [
            CaseEnvelope { message_id: String::new(), ..good.clone() },
            CaseEnvelope { message_id: long, ..good.clone() },
            CaseEnvelope { message_id: "с пробелом".to_owned(), ..good.clone() },
            CaseEnvelope { sequence: 0, ..good.clone() },
            CaseEnvelope { bond_id: "bond".to_owned(), ..good.clone() },
            CaseEnvelope { partner_case_id: "x\0".to_owned(), ..good.clone() },
        ];
        for envelope in faulty {
            let answer = world.says_as("paysoft", envelope.clone(), Words::Respond("ok")).await;
            assert_eq!(reason(answer), "REASON_FIELD_INVALID", "{envelope:?}");
        }
        assert_eq!(reason(world.says_as("paysoft", good, Words::Respond(" ")).await), "REASON_FIELD_INVALID");
        assert_eq!(world.bond().await, before);
    })
    .await;
}

#[tokio::test]
async fn our_own_words_said_back_are_no_news() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        world.clock.advance(jiff::SignedDuration::from_hours(49));
        world.desk.wake_due().await;
        world.deliver().await;
        let reminder = partner.lines()[1].trim_start_matches("2 respond ").to_owned();
        world.says(1, Words::Respond(&reminder)).await.unwrap();
        world.says(2, Words::Respond("работаем")).await.unwrap();
        world.deliver().await;
        assert_eq!(world.news(), ["работаем"]);
    })
    .await;
}

#[tokio::test]
async fn the_first_case_id_stays_whatever_the_partner_answers_later() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        *partner.lies.lock().unwrap() = true;
        world.clock.advance(jiff::SignedDuration::from_hours(49));
        world.desk.wake_due().await;
        world.deliver().await;
        assert_eq!(partner.lines().len(), 2);
        assert_eq!(world.bond().await.partner_case_id.as_deref(), Some("CASE-1"));
        let other = CaseEnvelope { partner_case_id: "CASE-2".to_owned(), ..world.envelope(1) };
        assert_eq!(reason(world.says_as("paysoft", other, Words::Accept).await), "REASON_BOND_CONFLICT");
    })
    .await;
}
