//! Delivery to a partner that is away, forgets to answer, or refuses.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};

use partner_simulator::Conduct;
use proto::vendor::vendor_bridge_service_client::VendorBridgeServiceClient;
use proto::vendor::{ListDeadLettersRequest, ReplayDeadLetterRequest};
use rpc::Channel;
use ticket::Line;
use tonic::service::Routes;
use tower::{ServiceExt, service_fn};

use crate::world::everywhere;

#[tokio::test]
async fn a_partner_that_was_away_gets_its_case_when_it_is_back() {
    everywhere(async |world| {
        world.offer_at(4, crate::world::plain()).await;
        world.deliver().await;
        assert_eq!(world.bond().await.partner_case_id, None);
        let partner = world.quiet();
        world.deliver().await;
        assert!(partner.lines().is_empty(), "it is not asked again at once");
        world.clock.advance(jiff::SignedDuration::from_secs(60));
        world.deliver().await;
        assert_eq!(partner.lines(), ["1 open исправить шлюз"]);
        assert_eq!(world.bond().await.partner_case_id.as_deref(), Some("CASE-1"));
    })
    .await;
}

#[tokio::test]
async fn a_case_whose_answer_was_lost_is_sent_again_and_is_still_one_case() {
    everywhere(async |world| {
        let partner = world.simulate(Conduct::Stalls);
        let (inner, lost) = (Channel::new(Routes::new(partner.server())), std::sync::Arc::new(AtomicBool::new(false)));
        world.partner.connect(Channel::new(service_fn(move |request| {
            let (inner, lost) = (inner.clone(), lost.clone());
            async move {
                let answer = inner.oneshot(request).await?;
                if lost.swap(true, Ordering::SeqCst) {
                    return Ok::<_, Infallible>(answer);
                }
                let away = rpc::Refusal::PeerUnavailable { peer: "it".to_owned(), why: "cut".to_owned() };
                Ok(rpc::into_status(&away).into_http())
            }
        })));
        world.with_case().await;
        world.clock.advance(jiff::SignedDuration::from_secs(60));
        world.deliver().await;
        let received = partner.received();
        assert_eq!(received.len(), 2);
        assert_eq!(received[0].message, received[1].message, "the repeat has the same id, number and words");
        partner.nudge(&world.bond_id());
        world.settle(&partner).await;
        let cases: std::collections::BTreeSet<_> =
            partner.answers().into_iter().map(|(sent, _)| sent.envelope.partner_case_id).collect();
        assert_eq!(cases.len(), 1);
        assert_eq!(world.lines.resolutions.lock().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_a_partner_refuses_for_good_is_a_dead_letter_until_it_is_replayed() {
    everywhere(async |world| {
        let partner = world.quiet();
        *partner.refuses.lock().unwrap() = true;
        world.with_case().await;
        let mut bridge = VendorBridgeServiceClient::new(world.called_by_agent());
        let list = ListDeadLettersRequest { page_size: 1, page_token: String::new() };
        let page = bridge.list_dead_letters(list.clone()).await.unwrap().into_inner();
        let letter = page.dead_letters[0].clone();
        assert_eq!((letter.to.as_str(), letter.kind.as_str()), ("partner:paysoft", "partner-open"));
        assert!(letter.error.contains("our contract has run out"), "{}", letter.error);
        let next = ListDeadLettersRequest { page_token: page.next_page_token, ..list.clone() };
        assert!(bridge.list_dead_letters(next).await.unwrap().into_inner().dead_letters.is_empty());

        let abroad = world.called_by(rpc::Role::Agent { line: Line::Vendor }, "fialka");
        let mut abroad = VendorBridgeServiceClient::new(abroad);
        assert!(abroad.list_dead_letters(list.clone()).await.unwrap().into_inner().dead_letters.is_empty());
        let replay = ReplayDeadLetterRequest { request_id: "again".to_owned(), message_id: letter.message_id };
        let refused = abroad.replay_dead_letter(replay.clone()).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused).unwrap().as_str_name(), "REASON_MESSAGE_NOT_FOUND");

        *partner.refuses.lock().unwrap() = false;
        let first = bridge.replay_dead_letter(replay.clone()).await.unwrap().into_inner();
        world.deliver().await;
        assert_eq!(partner.lines(), ["1 open исправить шлюз"]);
        assert!(bridge.list_dead_letters(list).await.unwrap().into_inner().dead_letters.is_empty());
        assert_eq!(bridge.replay_dead_letter(replay).await.unwrap().into_inner(), first);
        let garbage = ListDeadLettersRequest { page_size: 1, page_token: "x".to_owned() };
        let refused = bridge.list_dead_letters(garbage).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused).unwrap().as_str_name(), "REASON_PAGE_TOKEN_INVALID");
    })
    .await;
}
