//! Every error has a reason, whoever made it.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use proto::{
    errors::Reason,
    line0::{Article, PutArticlesRequest, knowledge_service_client::KnowledgeServiceClient},
    ticket::{WatchTicketRequest, WatchTicketResponse, ticket_service_client::TicketServiceClient},
};
use rpc::{
    Channel, Late, Problem, Refusal, Role, into_status, is_definite, metadata_of, reason_of, retry_after_of,
    violations_of,
};
use secrecy::ExposeSecret;
use ticket::field::Violation;
use tonic::{Code, Status, body::Body, codec::CompressionEncoding};
use tower::ServiceExt;

use crate::scene::{Desk, LINE0, Scene, Way, organization, question, said, title};

/// Any reason, with what belongs to it.
#[derive(Debug, thiserror::Error)]
#[error("so it is")]
struct Because(Reason);

impl Problem for Because {
    fn reason(&self) -> Reason {
        self.0
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("ticket", "tkt_1".to_owned())]
    }
}

fn every_reason() -> impl Iterator<Item = Reason> {
    (1..).map_while(|number| Reason::try_from(number).ok())
}

#[tokio::test]
async fn every_reason_arrives_as_it_was_given() {
    let scene = Scene::new();
    for way in Way::BOTH {
        for reason in every_reason() {
            let open = scene.open(way, LINE0, Desk::refusing(Because(reason))).await;
            let status = scene.supervisor(&open.channel).search_articles(question("?")).await.unwrap_err();
            assert_eq!(reason_of(&status), Some(reason), "{way:?}");
            assert_eq!(metadata_of(&status)["ticket"], "tkt_1");
            assert_eq!(retry_after_of(&status).is_some(), !is_definite(&status) && passes(reason), "{reason:?}");
        }
    }
}

/// Whether time alone mends it.
fn passes(reason: Reason) -> bool {
    use Reason::{ConcurrentChange, OutOfTime, Overloaded, PeerUnavailable, StorageUnavailable};
    matches!(reason, ConcurrentChange | OutOfTime | Overloaded | PeerUnavailable | StorageUnavailable)
}

#[test]
fn only_a_reason_that_no_retry_mends_is_definite() {
    let again = [
        Reason::Overloaded,
        Reason::OutOfTime,
        Reason::PeerUnavailable,
        Reason::StorageUnavailable,
        Reason::Unauthenticated,
        Reason::RoleNotAllowed,
        Reason::Internal,
        Reason::ConcurrentChange,
        Reason::OrganizationUnknown,
        Reason::MethodUnknown,
    ];
    for reason in every_reason() {
        assert_eq!(is_definite(&into_status(&Because(reason))), !again.contains(&reason), "{reason:?}");
    }
    assert!(!is_definite(&Status::from_error("connection reset".into())), "nothing of ours spoke");
}

#[test]
fn wrong_fields_are_listed_and_still_fit_in_a_header() {
    let few = vec![Violation::new("zone", "нет такой зоны"), Violation::new("product", "is empty")];
    assert_eq!(violations_of(&into_status(&Refusal::Fields(few.clone()))), few);

    let many = vec![Violation::new("линия", "ы".repeat(2000)); 500];
    let status = into_status(&Refusal::Fields(many));
    assert!(!violations_of(&status).is_empty());
    let headers =
        status.into_http::<()>().headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    assert!(headers < 8 * 1024, "{headers} bytes of headers");
}

#[derive(Debug, thiserror::Error)]
#[error("SELECT * FROM secret_table failed")]
struct Storage(Reason);

impl Problem for Storage {
    fn reason(&self) -> Reason {
        self.0
    }
}

#[test]
fn what_is_ours_to_know_does_not_leave() {
    for reason in [Reason::Internal, Reason::StorageUnavailable, Reason::Unspecified] {
        let status = into_status(&Storage(reason));
        assert!(!format!("{status:?}").contains("secret_table"), "{status:?}");
    }
}

/// Posts `body` as a gRPC request to `path`.
async fn post(scene: &Scene, channel: &Channel, path: &str, encoding: Option<&str>, body: Vec<u8>) -> Status {
    let token = scene.token(Role::Administrator);
    let mut request = http::Request::post(path)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {}", token.expose_secret()));
    if let Some(encoding) = encoding {
        request = request.header("grpc-encoding", encoding);
    }
    let request = request.body(Body::new(Full::from(body))).expect("a request");
    let response = channel.clone().oneshot(request).await.expect("our channels always answer");
    assert_eq!(response.status(), http::StatusCode::OK);
    let at_once = Status::from_header_map(response.headers());
    let collected = response.into_body().collect().await.expect("the body ends well");
    let later = collected.trailers().and_then(Status::from_header_map);
    at_once.or(later).expect("every answer has a status")
}

/// A gRPC message frame.
fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    [&[flag][..], &length.to_be_bytes(), message].concat()
}

#[tokio::test]
async fn what_the_library_refuses_has_a_reason_too() {
    let scene = Scene::new();
    let put = "/estafeta.line0.v1.KnowledgeService/PutArticles";
    let huge = framed(0, &vec![0; 5 * 1024 * 1024]);
    let cases = [
        ("no such method", "/estafeta.line0.v1.KnowledgeService/Drop", None, framed(0, &[]), Reason::MethodUnknown),
        ("no such service", "/estafeta.line9.v1.Nobody/Ask", None, framed(0, &[]), Reason::MethodUnknown),
        ("not a path of gRPC", "/", None, framed(0, &[]), Reason::MethodUnknown),
        (
            "served elsewhere",
            "/estafeta.line1.v1.ServiceDeskService/Reopen",
            None,
            framed(0, &[]),
            Reason::RoleNotAllowed,
        ),
        ("garbage", put, None, framed(0, b"\xff\xff\xff\xff"), Reason::MessageUnreadable),
        ("half a frame", put, None, vec![0, 0, 0, 0, 9, 1], Reason::MessageUnreadable),
        ("no message", put, None, vec![], Reason::MessageUnreadable),
        ("5 MiB", put, None, huge, Reason::MessageUnreadable),
        ("a wrong flag", put, None, framed(7, &[]), Reason::MessageUnreadable),
        ("an unknown compression", put, Some("br"), framed(1, b"x"), Reason::MessageUnreadable),
        ("gzip that is none", put, Some("gzip"), framed(1, b"x"), Reason::MessageUnreadable),
    ];
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, Desk::quiet()).await;
        for (what, path, encoding, body, reason) in &cases {
            let status = post(&scene, &open.channel, path, *encoding, body.clone()).await;
            assert_eq!(reason_of(&status), Some(*reason), "{way:?}, {what}: {status:?}");
        }
    }
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_even_when_it_travels_small() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, Desk::quiet()).await;
        let article = Article { body: "a".repeat(5 * 1024 * 1024), ..Article::default() };
        let request = PutArticlesRequest { articles: vec![article], ..PutArticlesRequest::default() };
        let editor = scene.client(&open.channel, Role::KnowledgeEditor);
        for mut client in [editor.clone(), editor.send_compressed(CompressionEncoding::Gzip)] {
            let status = client.put_articles(request.clone()).await.unwrap_err();
            assert_eq!(reason_of(&status), Some(Reason::MessageUnreadable), "{way:?}: {status:?}");
        }
    }
}

#[tokio::test]
async fn gzip_is_taken_and_given() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, Desk::answering(|_| async { Ok(said("да ".repeat(5000))) })).await;
        let mut client = scene
            .supervisor(&open.channel)
            .send_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Gzip);
        let answer = client.search_articles(question("?")).await.unwrap();
        assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), "gzip", "{way:?}");
        assert_eq!(title(answer), "да ".repeat(5000));
    }
}

#[tokio::test]
async fn a_panic_is_a_fault_of_ours_and_the_service_lives_on() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let desk = Desk::answering(|request| async move {
            assert_ne!(request.get_ref().question, "panic", "the secret of the house");
            Ok(said("alive"))
        });
        let desk = desk.watched(|| {
            futures::stream::unfold(0, |at| async move {
                tokio::task::yield_now().await; // so that the first is sent before the second is made
                assert_eq!(at, 0, "in the stream");
                Some((Ok(WatchTicketResponse::default()), 1))
            })
        });
        let open = scene.open(way, LINE0, desk).await;
        let mut client = scene.supervisor(&open.channel);
        let status = client.search_articles(question("panic")).await.unwrap_err();
        assert_eq!(reason_of(&status), Some(Reason::Internal), "{way:?}: {status:?}");
        assert!(!status.message().contains("secret"), "{status:?}");
        assert_eq!(title(client.search_articles(question("?")).await.unwrap()), "alive");

        let token = scene.token(Role::Supervisor);
        let mut watcher = TicketServiceClient::new(rpc::as_caller(open.channel.clone(), token));
        let mut events = watcher.watch_ticket(WatchTicketRequest::default()).await.unwrap().into_inner();
        assert!(events.message().await.unwrap().is_some());
        assert_eq!(reason_of(&events.message().await.unwrap_err()), Some(Reason::Internal), "{way:?}");
        assert_eq!(title(client.search_articles(question("?")).await.unwrap()), "alive");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named() {
    let scene = Scene::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let channel = rpc::dial(&format!("http://{nobody}")).unwrap();
    let peer = scene.peer("line 1", channel.clone(), LINE0);
    let status =
        KnowledgeServiceClient::new(peer.of(&organization())).search_articles(question("?")).await.unwrap_err();
    assert_eq!((status.code(), reason_of(&status)), (Code::Unavailable, Some(Reason::PeerUnavailable)));
    assert_eq!(metadata_of(&status)["peer"], nobody.to_string());
    assert_eq!(retry_after_of(&status), Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn what_is_not_an_address_is_not_dialled() {
    for wrong in ["", "line1", "ftp://127.0.0.1:1", "/path", "http://"] {
        assert!(rpc::dial(wrong).is_err(), "{wrong}");
    }
    for right in ["http://127.0.0.1:1", "https://127.0.0.1:1"] {
        assert!(rpc::dial(right).is_ok(), "{right}");
    }
}

#[tokio::test]
async fn a_place_is_empty_full_and_empty_again() {
    let scene = Scene::new();
    let late = Late::new("line 0");
    let mut client = scene.supervisor(&late.channel());
    let status = client.search_articles(question("?")).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::PeerUnavailable));
    assert_eq!(metadata_of(&status)["peer"], "line 0");

    late.connect(
        scene.service(LINE0, Desk::answering(|_| async { Ok(said("here")) }), rpc::Limits::default()).channel(),
    );
    assert_eq!(title(client.search_articles(question("?")).await.unwrap()), "here");

    late.disconnect();
    assert!(!is_definite(&client.search_articles(question("?")).await.unwrap_err()));
}
