//! What crosses the vendor boundary, and who sees it.

use line4_vendor_bridge::BondState;
use partner_simulator::Conduct;
use rpc::Role;
use ticket::evidence::VendorEvidence;

use crate::world::{CLIENT, VENDOR, Words, everywhere, plain, reason, say};

/// What identifies somebody in [`telling`].
const DATA: [&str; 9] = [
    "ivan.petrov@example.com",
    "+7 (495) 123-45-67",
    "4111 1111 1111 1111",
    "Иванов Иван Иванович",
    "10.2.33.1",
    "Qwe123!",
    "7707083893",
    CLIENT,
    "EST-000042",
];

/// Evidence that tells everything about everybody.
fn telling() -> VendorEvidence {
    let [email, phone, card, name, address, password, taxpayer, client, number] = DATA;
    VendorEvidence {
        hypothesis: format!("карта {card} отклонена, {name} в списке, адрес {address}"),
        reproduction: format!("войти как {email}, пароль: {password}, позвонить {phone}"),
        business_impact: format!("ИНН {taxpayer}, {client} ждёт по заявке {number}"),
        asked: format!("написать на {email}"),
        ..plain()
    }
}

#[tokio::test]
async fn nothing_that_identifies_a_client_crosses_and_the_fix_comes_back_whole() {
    everywhere(async |world| {
        let partner = world.simulate(Conduct::Obeys);
        world.offer_at(4, telling()).await;
        world.deliver().await;
        world.settle(&partner).await;
        let crossed: Vec<_> =
            partner.received().iter().map(|it| format!("{:?} {:?}", it.headers, it.message)).collect();
        assert!(!crossed.is_empty());
        for datum in DATA {
            assert!(crossed.iter().all(|text| !text.contains(datum)), "{datum} crossed: {crossed:?}");
        }
        assert!(crossed[0].contains("[EMAIL-1]") && crossed[0].contains("[CARD-1]"), "{crossed:?}");
        let resolution = world.lines.resolutions.lock().unwrap()[0].resolution.clone().unwrap();
        for datum in ["ivan.petrov@example.com", "+7 (495) 123-45-67", "4111 1111 1111 1111", "Иванов Иван Иванович"]
        {
            assert!(resolution.how_to_verify.contains(datum), "{datum} is restored: {}", resolution.how_to_verify);
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_plan_allows_a_vendor_is_left_as_it_is() {
    everywhere(async |world| {
        let partner = world.quiet();
        let asked = "проверить 10.2.33.1 и ivan.petrov@example.com".to_owned();
        world.offer_at(4, VendorEvidence { vendor: "cloudcore".into(), asked, ..plain() }).await;
        world.deliver().await;
        assert_eq!(partner.lines(), ["1 open проверить 10.2.33.1 и [EMAIL-1]"]);
    })
    .await;
}

#[tokio::test]
async fn a_client_message_reaches_the_partner_without_the_client() {
    everywhere(async |world| {
        let partner = world.quiet();
        world.with_case().await;
        let message = proto::handover::ForwardClientMessageRequest {
            envelope: Some(world.envelope_of_line1("wrote")),
            text: "всё ещё не работает, звоните 8 495 123 45 67".to_owned(),
            sound: None,
        };
        let channel = world.called_by_line(ticket::Line::ServiceDesk);
        let mut relay = proto::handover::relay_service_client::RelayServiceClient::new(channel);
        relay.forward_client_message(message).await.unwrap();
        world.deliver().await;
        assert_eq!(partner.lines()[1..], ["2 respond всё ещё не работает, звоните [PHONE-1]"]);
    })
    .await;
}

#[tokio::test]
async fn another_vendors_partner_sees_no_bond_and_no_other_organization_does() {
    everywhere(async |world| {
        world.quiet();
        world.with_case().await;
        let before = world.bond().await;
        let theirs = world.says_as("cloudcore", world.envelope(1), Words::Accept).await;
        assert_eq!(reason(theirs), "REASON_BOND_NOT_FOUND");
        let elsewhere = world.called_by(Role::Partner { vendor: VENDOR.to_owned() }, "fialka");
        assert_eq!(reason(say(elsewhere, world.envelope(1), Words::Accept).await), "REASON_BOND_NOT_FOUND");
        let agent = say(world.called_by_agent(), world.envelope(1), Words::Accept).await;
        assert_eq!(reason(agent), "REASON_ROLE_NOT_ALLOWED");
        assert_eq!(world.bond().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_partner_cannot_conjure_data() {
    everywhere(async |world| {
        world.quiet();
        world.with_case().await;
        world.says(1, Words::Fix("спросите [EMAIL-7]")).await.unwrap();
        let resolution = world.lines.resolutions.lock().unwrap()[0].resolution.clone().unwrap();
        assert_eq!(resolution.done, "спросите [EMAIL-7]");
        assert_eq!(world.bond().await.state, BondState::FixProposed);
    })
    .await;
}
