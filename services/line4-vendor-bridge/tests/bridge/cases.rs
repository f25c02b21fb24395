//! How a case goes, from the first word to the last.

use handover::wire::enums;
use line4_vendor_bridge::BondState;
use partner_simulator::{Conduct, FromBridge};
use proto::handover::answer::Outcome;
use proto::vendor::GetBondRequest;
use proto::vendor::RespondRequest;
use proto::vendor::vendor_bridge_service_client::VendorBridgeServiceClient;
use ticket::custody::{Custody, HoldReason, State};
use ticket::{Line, ReturnReason, WakeReason};

use crate::world::{Words, everywhere, plain};

#[tokio::test]
async fn an_obedient_partner_solves_the_ticket() {
    everywhere(async |world| {
        let partner = world.simulate(Conduct::Obeys);
        world.with_case().await;
        world.settle(&partner).await;
        assert!(partner.answers().iter().all(|(_, answer)| answer.is_ok()), "{:?}", partner.answers());
        assert_eq!(world.lines.resolutions.lock().unwrap().len(), 1);
        let bond = world.bond().await;
        assert_eq!(bond.state, BondState::Closed);
        assert_eq!(bond.partner_case_id.as_deref(), Some("CASE-1001"));
        assert!(matches!(world.held().await.custody, Custody::PassedOn { to: Line::ServiceDesk, .. }));
        assert_eq!(partner.received().len(), 1, "a partner with a fix is not told to stop");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_vendor_is_declined_by_name() {
    everywhere(async |world| {
        let Outcome::Declined(why) =
            world.offer_at(4, ticket::evidence::VendorEvidence { vendor: "nobody".into(), ..plain() }).await
        else {
            panic!("nobody can be asked")
        };
        assert_eq!(why.cause(), proto::handover::declined::Cause::VendorUnknown);
        assert_eq!(why.named, "nobody");
    })
    .await;
}

#[tokio::test]
async fn what_the_partner_asks_goes_through_line_1_and_comes_back_redacted() {
    everywhere(async |world| {
        let partner = world.simulate(Conduct::Asks);
        world.with_case().await;
        let asked = async {
            while world.lines.questions.lock().unwrap().is_empty() {
                world.deliver().await;
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), asked).await.expect("line 1 is asked");
        assert!(matches!(world.held().await.state, State::OnHold { reason: HoldReason::Client { .. }, .. }));
        assert!(matches!(world.bond().await.state, BondState::InformationRequested { .. }));

        world.answers("сборка 7.4.2, отвечала Мария Иванова, maria@example.com").await;
        world.settle(&partner).await;
        let said: Vec<_> = partner.received().iter().map(|received| received.message.clone()).collect();
        let FromBridge::Respond(answer) = &said[1] else { panic!("the answer follows the case: {said:?}") };
        assert!(answer.text.contains("сборка 7.4.2") && answer.text.contains("[EMAIL-1]"), "{}", answer.text);
        assert!(!answer.text.contains("maria@") && !answer.text.contains("Иванова"), "{}", answer.text);
        let news = world.news();
        assert!(news[0].contains("Мария Иванова, maria@example.com"), "line 1 reads the data again: {news:?}");
        assert_eq!(world.bond().await.state, BondState::Closed);
    })
    .await;
}

#[tokio::test]
async fn a_rejected_case_goes_back_to_the_line_that_sent_it() {
    everywhere(async |world| {
        let partner = world.simulate(Conduct::Rejects);
        world.with_case().await;
        world.settle(&partner).await;
        let returned = world.lines.returns.lock().unwrap()[0].clone();
        assert_eq!(returned.reason, enums::to_return_reason(ReturnReason::RejectedByVendor));
        assert_eq!(returned.asked_for, "Договор этого не покрывает.");
        assert_eq!(returned.baton.unwrap().to, enums::to_line(Line::Expert));
        assert_eq!(world.bond().await.state, BondState::Rejected);
        assert_eq!(partner.received().len(), 1, "who turned it down is not told to stop");
    })
    .await;
}

#[tokio::test]
async fn a_case_that_ends_without_a_fix_goes_back_too() {
    everywhere(async |world| {
        world.quiet();
        world.with_case().await;
        world.says(1, Words::Accept).await.unwrap();
        world.says(2, Words::Close("")).await.unwrap();
        let returned = world.lines.returns.lock().unwrap()[0].clone();
        assert_eq!(returned.reason, enums::to_return_reason(ReturnReason::OutOfScope));
        assert!(returned.asked_for.starts_with("Вендор закрыл обращение"), "{}", returned.asked_for);
        assert_eq!(world.bond().await.state, BondState::Closed);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_comes_again_goes_on_with_its_case() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        world.says(1, Words::Reject("не наше")).await.unwrap();
        let outcome =
            world.offer_at(6, ticket::evidence::VendorEvidence { asked: "посмотреть ещё раз".into(), ..plain() }).await;
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        world.deliver().await;
        let read = partner.lines();
        assert_eq!(read.len(), 2, "{read:?}");
        assert!(read[1].starts_with("2 respond Обращение снова открыто."), "{read:?}");
        assert!(read[1].ends_with("посмотреть ещё раз"), "{read:?}");
        assert_eq!(world.bond().await.state, BondState::Offered);
        world.says(2, Words::Fix("обновить шлюз")).await.unwrap();
        assert_eq!(world.lines.resolutions.lock().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_silent_vendor_is_reminded_and_the_ticket_wakes_again() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        for reminders in 1..=2 {
            world.clock.advance(jiff::SignedDuration::from_hours(49));
            assert_eq!(world.desk.wake_due().await, 1);
            world.deliver().await;
            let read = partner.lines();
            assert_eq!(read.len(), 1 + reminders, "{read:?}");
            assert!(read[reminders].contains("Мы ждём вашего ответа"), "{read:?}");
        }
        let wake = world.held().await.wake.unwrap();
        assert_eq!(wake.reason, WakeReason::VendorSilence);
    })
    .await;
}

#[tokio::test]
async fn what_an_agent_writes_is_read_once_and_redacted() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        let mut bridge = VendorBridgeServiceClient::new(world.called_by_agent());
        let request = RespondRequest {
            request_id: "r1".to_owned(),
            ticket_id: world.ticket.to_string(),
            text: "журнал у a.petrova@example.com".to_owned(),
            expected_version: 0,
        };
        let first = bridge.respond(request.clone()).await.unwrap().into_inner();
        assert_eq!(bridge.respond(request).await.unwrap().into_inner(), first);
        world.deliver().await;
        assert_eq!(partner.lines()[1..], ["2 respond журнал у [EMAIL-1]"]);
        let shown = bridge.get_bond(GetBondRequest { ticket_id: world.ticket.to_string() }).await.unwrap().into_inner();
        let bond = shown.bond.unwrap();
        assert_eq!(bond.partner_case_id, "CASE-1");
        assert_eq!(bond.messages.len(), 2);
        let named: Vec<_> = partner.envelopes.lock().unwrap().iter().map(|e| e.partner_case_id.clone()).collect();
        assert_eq!(named, ["", "CASE-1"], "the case id is filled in once it is known");
    })
    .await;
}
