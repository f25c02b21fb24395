//! Line 0 calls an internal service over TLS: real processes, a real handshake, and an authority of the test's own.
//!
//! The certificates in `tests/tls` are for 127.0.0.1 and good until 2126; `service.pem` is signed by `ca.pem`.

use std::path::Path;

use internal_simulator::Internal;
use proto::line0::reply::Outcome;
use proto::line0::self_service_service_client::SelfServiceServiceClient;
use proto::line0::{AskRequest, FollowUpRequest, Reply};
use proto::ticket::decision_service_client::DecisionServiceClient;
use proto::ticket::{Channel, DecisionKind, ListDecisionsRequest};
use rpc::{KeyName, Keys, Role};
use secrecy::ExposeSecret;

use crate::scene::{Serving, at};

/// What line 0 says when the service's order was confirmed, by a process that trusts `authority`; and why it gave up, if it did.
async fn ordered(service: &Internal, authority: &str) -> (Reply, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    let (data, plan, token) = (dir.path(), dir.path().join("plan.toml"), dir.path().join("orders.token"));
    std::fs::write(&plan, plan::DEMO.replacen("tries = 8", "tries = 1", 1)).expect("the directory is ours");
    std::fs::write(&token, Internal::token().expose_secret()).expect("the directory is ours");
    Keys::open(&data.join("keys"), &[KeyName::Authority]).expect("the directory is ours");
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(authority);
    let backend =
        [format!("--backend=orders={}", service.url()), format!("--backend-token=orders={}", token.display())];
    let line0 = Serving::start_in(&[("SSL_CERT_FILE", &authority)], "line0", data, &plan, &backend);

    let mut client = SelfServiceServiceClient::new(at(&line0.address, data, Role::Client));
    let text = "Закажите сим карту: nano, 3 шт., на завтра".into();
    let asked = client
        .ask(AskRequest { request_id: "r-1".into(), text, channel: Channel::Chat.into(), ..AskRequest::default() })
        .await
        .expect("line 0 answers");
    let ticket_id = asked.into_inner().ticket.and_then(|ticket| ticket.facts).expect("a ticket").ticket_id;
    let yes = FollowUpRequest {
        request_id: "r-2".into(),
        ticket_id: ticket_id.clone(),
        text: "да".into(),
        ..FollowUpRequest::default()
    };
    let reply = client.follow_up(yes).await.expect("line 0 answers").into_inner().reply.expect("a reply");
    let request = ListDecisionsRequest { ticket_id, kind: DecisionKind::Scenario.into(), ..Default::default() };
    let mut decisions = DecisionServiceClient::new(at(&line0.address, data, Role::Supervisor));
    let decisions = decisions.list_decisions(request).await.expect("line 0 answers").into_inner().decisions;
    (reply, decisions.into_iter().filter(|one| one.field == "end").map(|one| one.value).collect())
}

#[tokio::test]
async fn a_service_is_called_over_tls_and_only_where_its_authority_is_trusted() {
    let (certificate, key) = (include_str!("../tls/service.pem"), include_str!("../tls/service.key"));
    let service = Internal::start_secured(certificate, key).await.unwrap();
    let (reply, gave_up) = ordered(&service, "ca.pem").await;
    assert_eq!((reply.outcome(), gave_up.as_slice()), (Outcome::Answered, [].as_slice()), "{}", reply.text);
    assert!(reply.text.contains("Заказ A-1 принят"), "{}", reply.text);

    let (reply, gave_up) = ordered(&service, "other-ca.pem").await;
    assert_eq!((reply.outcome(), service.calls().len()), (Outcome::HandedOver, 1), "nothing was told to a stranger");
    assert!(gave_up.len() == 1 && gave_up[0].contains("certificate"), "{gave_up:?}");
}
