//! What a partner says while the ticket is elsewhere, on its way, or waiting for the client.

use line4_vendor_bridge::BondState;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::handover::relay_service_client::RelayServiceClient;
use proto::handover::{CustodianServiceReturnRequest, NotifyResolutionRequest, ReturnReason};
use proto::ticket::Resolution;
use ticket::custody::{Custody, HoldReason, State};
use ticket::evidence::VendorEvidence;
use ticket::{EventBody, Line, WakeReason};

use crate::world::{Words, World, everywhere, plain, reason};

async fn returned_by_a_person(world: &World) {
    let mut custodian = CustodianServiceClient::new(world.called_by_agent());
    let request = CustodianServiceReturnRequest {
        request_id: "back".to_owned(),
        ticket_id: world.ticket.to_string(),
        reason: ReturnReason::SolvedMeanwhile as i32,
        asked_for: "проверить у себя".to_owned(),
        expected_version: 0,
    };
    custodian.r#return(request).await.unwrap();
}

#[tokio::test]
async fn a_fix_solves_although_we_wait_for_the_client() {
    everywhere(async |world| {
        world.quiet();
        world.with_case().await;
        world.says(1, Words::Ask("какая сборка?")).await.unwrap();
        assert!(matches!(world.held().await.state, State::OnHold { reason: HoldReason::Client { .. }, .. }));
        world.says(2, Words::Fix("обновить")).await.unwrap();
        world.deliver().await;
        assert!(matches!(world.held().await.custody, Custody::PassedOn { to: Line::ServiceDesk, .. }));
        assert!(world.lines.resolutions.lock().unwrap()[0].resolution.as_ref().unwrap().workaround);
    })
    .await;
}

#[tokio::test]
async fn the_first_answer_does_not_end_the_wait_for_the_second() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        world.says(1, Words::Ask("какая сборка?")).await.unwrap();
        world.deliver().await;
        world.says(2, Words::Ask("с каких пор?")).await.unwrap();
        let State::OnHold { reason: second, .. } = world.held().await.state else { panic!("it waits") };
        world.answers("сборка 7").await;
        let State::OnHold { reason, .. } = world.held().await.state else { panic!("it still waits") };
        assert_eq!(reason, second);
        world.answers("со вторника").await;
        assert!(matches!(world.held().await.state, State::OnHold { reason: HoldReason::Vendor, .. }));
        assert_eq!(world.bond().await.state, BondState::Accepted);
        assert_eq!(partner.lines()[1..], ["2 respond сборка 7", "3 respond со вторника"]);
    })
    .await;
}

#[tokio::test]
async fn after_the_ticket_has_left_the_words_of_the_partner_are_only_kept() {
    everywhere(async |world| {
        world.quiet();
        world.with_case().await;
        world.says(1, Words::Fix("обновить")).await.unwrap();
        world.says(2, Words::Respond("и перезагрузить")).await.unwrap();
        world.says(3, Words::Ask("помогло?")).await.unwrap();
        world.says(4, Words::Close("")).await.unwrap();
        world.deliver().await;
        assert!(world.news().is_empty() && world.lines.questions.lock().unwrap().is_empty());
        assert!(world.lines.returns.lock().unwrap().is_empty());
        let log = world.log().await;
        for words in ["и перезагрузить", "помогло?"] {
            let kept = |body: &EventBody| matches!(body, EventBody::PartnerSaid { text, .. } if text == words);
            assert!(log.iter().any(kept), "{words} is in the log: {log:?}");
        }
        assert_eq!(world.bond().await.state, BondState::Closed);
    })
    .await;
}

#[tokio::test]
async fn words_that_come_while_the_ticket_is_in_flight_change_no_custody() {
    everywhere(async |world| {
        world.quiet();
        world.with_case().await;
        world.line3.disconnect();
        returned_by_a_person(&world).await;
        assert!(matches!(world.held().await.custody, Custody::HandingOver { to: Line::Expert, .. }));
        world.says(1, Words::Reject("не наше")).await.unwrap();
        assert!(matches!(world.held().await.custody, Custody::HandingOver { to: Line::Expert, .. }));
        assert_eq!(world.bond().await.state, BondState::Rejected);
    })
    .await;
}

#[tokio::test]
async fn a_partner_is_told_when_a_person_takes_the_ticket_back() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        returned_by_a_person(&world).await;
        world.deliver().await;
        assert_eq!(partner.lines()[1..], ["2 close Обращение закрыто: заявку забрала наша сторона."]);
        assert_eq!(world.bond().await.state, BondState::Closed);
        assert_eq!(reason(world.says(1, Words::Respond("а мы ещё ищем")).await), "REASON_BOND_CLOSED");
        world.says(1, Words::Close("хорошо")).await.unwrap();
        assert_eq!(world.lines.returns.lock().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_solution_found_elsewhere_ends_an_open_case() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        let notice = NotifyResolutionRequest {
            envelope: Some(world.envelope_of_line1("solved")),
            resolution: Some(Resolution {
                by: proto::ticket::Line::Technical as i32,
                root_cause: "кабель".to_owned(),
                done: "заменён".to_owned(),
                workaround: false,
                how_to_verify: "проверить".to_owned(),
                steps_to_verify: Vec::new(),
                knowledge: String::new(),
            }),
        };
        let mut relay = RelayServiceClient::new(world.called_by_line(Line::ServiceDesk));
        relay.notify_resolution(notice).await.unwrap();
        world.deliver().await;
        assert_eq!(partner.lines()[1..], ["2 close Обращение закрыто: вопрос решён на нашей стороне."]);
        assert_eq!(world.bond().await.state, BondState::Closed);
    })
    .await;
}

#[tokio::test]
async fn a_forced_owner_decides_what_follows_a_rejection() {
    everywhere(async |world| {
        world.quiet();
        world.offer(4, plain(), Some("s.orlova".to_owned())).await;
        world.deliver().await;
        world.says(1, Words::Reject("не наше")).await.unwrap();
        let ticket = world.held().await;
        assert_eq!((ticket.custody, ticket.state), (Custody::Held, State::Open));
        assert_eq!(ticket.wake.unwrap().reason, WakeReason::QueueDeadline);
        assert!(world.lines.returns.lock().unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn each_vendor_has_a_bond_of_its_own() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        let first = world.bond().await;
        returned_by_a_person(&world).await;
        world.offer_at(6, VendorEvidence { vendor: "cloudcore".to_owned(), ..plain() }).await;
        world.deliver().await;
        let second = world.bond().await;
        assert_eq!((second.vendor.as_str(), second.sent), ("cloudcore", 1));
        assert_ne!(second.id, first.id);
        let mut read: Vec<_> = partner.lines().iter().map(|line| line.chars().take(7).collect::<String>()).collect();
        // Two vendors' messages have no order between them.
        read.sort();
        assert_eq!(read, ["1 open ", "1 open ", "2 close"]);
        let late = world.says(1, Words::Respond("мы всё нашли")).await;
        assert_eq!(reason(late), "REASON_BOND_CLOSED", "the first vendor's case stays over");
    })
    .await;
}
