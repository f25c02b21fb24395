//! Patience goes along, shrinks, and ends what outlives it.

use std::time::Duration;

use proto::{
    errors::Reason,
    line0::knowledge_service_client::KnowledgeServiceClient,
    ticket::{WatchTicketRequest, ticket_service_client::TicketServiceClient},
};
use rpc::{Refusal, Role, as_caller, deadline, reason_of};
use secrecy::ExposeSecret;
use tokio::time::{Instant, advance};
use tonic::Request;

use crate::scene::{Desk, LINE0, LINE1, Scene, Way, organization, question, said, title};

/// Says how many milliseconds are left.
fn watching_the_clock() -> Desk {
    Desk::answering(|_| async {
        let left = deadline::remaining().map_or(0, |left| left.as_millis());
        Ok(said(left.to_string()))
    })
}

async fn left(client: &mut KnowledgeServiceClient<rpc::Channel>, patience: Option<Duration>) -> u64 {
    let mut request = Request::new(question("how long?"));
    if let Some(patience) = patience {
        request.set_timeout(patience);
    }
    title(client.search_articles(request).await.expect("an answer")).parse().expect("a number")
}

#[tokio::test]
async fn a_call_has_its_callers_patience_and_never_more_than_is_usual() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, watching_the_clock()).await;
        let mut client = scene.supervisor(&open.channel);
        let usual = left(&mut client, None).await;
        assert!((5_000..=10_000).contains(&usual), "{way:?}: {usual} of the ten seconds of a call");
        let little = left(&mut client, Some(Duration::from_secs(2))).await;
        assert!((1..=2_000).contains(&little), "{way:?}: {little}");
        let much = left(&mut client, Some(Duration::from_secs(3600))).await;
        assert!((5_000..=10_000).contains(&much), "{way:?}: {much}");
        let background = deadline::within(Duration::from_secs(3), left(&mut client, None)).await.unwrap();
        assert!((1..=3_000).contains(&background), "{way:?}: {background}");
    }
}

#[tokio::test(start_paused = true)]
async fn at_the_second_hop_there_is_less() {
    let scene = Scene::new();
    let second = scene.open(Way::Process, LINE0, watching_the_clock()).await;
    let channel = as_caller(second.channel.clone(), scene.token(Role::Supervisor));
    let first = Desk::answering(move |_| {
        let mut client = KnowledgeServiceClient::new(channel.clone());
        async move {
            advance(Duration::from_secs(3)).await; // its own work
            Ok(said(title(client.search_articles(question("how long?")).await?)))
        }
    });
    let first = scene.open(Way::Process, LINE1, first).await;
    let mut client = scene.supervisor(&first.channel);
    assert_eq!(left(&mut client, Some(Duration::from_secs(8))).await, 5_000);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_cut_off_in_time_on_either_side() {
    let scene = Scene::new();
    let open = scene.open(Way::Process, LINE0, Desk::silent()).await;
    let began = Instant::now();
    // The caller keeps the time itself.
    let status = scene.supervisor(&open.channel).search_articles(question("?")).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::OutOfTime));
    assert_eq!(began.elapsed().as_secs(), deadline::CALL_MAX.as_secs());

    // And so does the service, for a caller who keeps none.
    let token = scene.token(Role::Supervisor);
    for (asked, held) in [(None, deadline::DEFAULT), (Some("2S"), Duration::from_secs(2)), (Some("9H"), deadline::MAX)]
    {
        let mut request = Request::new(question("?"));
        let bearer = format!("Bearer {}", token.expose_secret()).parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
        if let Some(asked) = asked {
            request.metadata_mut().insert("grpc-timeout", asked.parse().unwrap());
        }
        let began = Instant::now();
        let status = KnowledgeServiceClient::new(open.channel.clone()).search_articles(request).await.unwrap_err();
        assert_eq!(reason_of(&status), Some(Reason::OutOfTime));
        assert_eq!(began.elapsed().as_secs(), held.as_secs());
    }
}

#[tokio::test]
async fn over_a_socket_a_handler_that_hangs_is_cut_off_too() {
    let scene = Scene::new();
    let open = scene.open(Way::Socket, LINE0, Desk::silent()).await;
    let mut request = Request::new(question("?"));
    request.set_timeout(Duration::from_millis(50));
    let status = scene.supervisor(&open.channel).search_articles(request).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::OutOfTime));
}

#[tokio::test(start_paused = true)]
async fn a_stream_lasts_as_long_as_its_caller_wants() {
    let scene = Scene::new();
    let open = scene.open(Way::Process, LINE0, Desk::quiet()).await;
    let mut watcher = TicketServiceClient::new(as_caller(open.channel.clone(), scene.token(Role::Supervisor)));
    let mut patient = watcher.watch_ticket(WatchTicketRequest::default()).await.unwrap().into_inner();
    let week = tokio::time::timeout(Duration::from_secs(7 * 24 * 3600), patient.message());
    assert!(week.await.is_err(), "nothing happened, and nothing ended it");

    let mut request = Request::new(WatchTicketRequest::default());
    request.set_timeout(Duration::from_secs(60));
    let began = Instant::now();
    let mut hurried = watcher.watch_ticket(request).await.unwrap().into_inner();
    assert_eq!(reason_of(&hurried.message().await.unwrap_err()), Some(Reason::OutOfTime));
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn background_work_has_a_deadline_of_its_own_within_that_around_it() {
    assert_eq!(deadline::remaining(), None);
    let inner = deadline::within(Duration::from_secs(5), async {
        deadline::within(Duration::from_secs(60), async { deadline::remaining() }).await
    });
    assert_eq!(inner.await, Ok(Ok(Some(Duration::from_secs(5)))));
    let late = deadline::within(Duration::from_secs(1), std::future::pending::<()>()).await;
    assert_eq!(late, Err(Refusal::OutOfTime));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_any_time_left_is_not_even_sent() {
    let scene = Scene::new();
    let desk = Desk::answering(|_| async { panic!("nobody was to call") });
    let open = scene.open(Way::Process, LINE0, desk).await;
    let mut client = scene.supervisor(&open.channel);
    let mut request = Request::new(question("?"));
    request.set_timeout(Duration::ZERO);
    let status = client.search_articles(request).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::OutOfTime));
}

#[tokio::test]
async fn a_deadline_that_is_none_is_refused() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, Desk::quiet()).await;
        for wrong in ["soon", "1", "S", "-1S", "1x", "123456789S", "1.5S", "+5S"] {
            let mut request = Request::new(question("?"));
            request.metadata_mut().insert("grpc-timeout", wrong.parse().unwrap());
            let status = KnowledgeServiceClient::new(open.channel.clone()).search_articles(request).await.unwrap_err();
            assert_eq!(reason_of(&status), Some(Reason::MessageUnreadable), "{way:?}: {wrong}");
        }
        let peer = scene.peer("line 0", open.channel.clone(), LINE1);
        let mut request = Request::new(question("?"));
        request.metadata_mut().insert("grpc-timeout", "soon".parse().unwrap());
        let status = KnowledgeServiceClient::new(peer.of(&organization())).search_articles(request).await.unwrap_err();
        assert_eq!(reason_of(&status), Some(Reason::MessageUnreadable));
    }
}
