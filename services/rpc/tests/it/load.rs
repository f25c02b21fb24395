//! What is too much is refused, and what is inside when a service stops gets its time.

use std::{sync::Arc, time::Duration};

use proto::{
    errors::Reason,
    ticket::{WatchTicketRequest, ticket_service_client::TicketServiceClient},
};
use rpc::{Limits, Role, as_caller, dial, reason_of, retry_after_of};
use tokio::{net::TcpListener, sync::Notify};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::scene::{Desk, LINE0, Scene, Way, question, said, title};

/// A desk that says when it has begun, and answers when it may.
fn waiting() -> (Desk, Arc<Notify>, Arc<Notify>) {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, wait) = (begun.clone(), go.clone());
    let desk = Desk::answering(move |_| {
        told.notify_one();
        let wait = wait.clone();
        async move {
            wait.notified().await;
            Ok(said("done"))
        }
    });
    (desk, begun, go)
}

#[tokio::test]
async fn one_call_too_many_is_refused_and_the_next_is_not() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let (desk, begun, go) = waiting();
        let limits = Limits { concurrent: 1, streams: 1, ..Limits::default() };
        let open = scene.open_limited(way, LINE0, desk, limits).await;
        let client = scene.supervisor(&open.channel);
        let mut first = client.clone();
        let first = tokio::spawn(async move { first.search_articles(question("?")).await });
        begun.notified().await;

        let status = client.clone().search_articles(question("?")).await.unwrap_err();
        assert_eq!(reason_of(&status), Some(Reason::Overloaded), "{way:?}");
        assert!(retry_after_of(&status).is_some());
        let healthy = HealthClient::new(open.channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
        assert_eq!(healthy.into_inner().status(), ServingStatus::Serving, "being full is not being ill");

        go.notify_one();
        assert_eq!(title(first.await.unwrap().unwrap()), "done");
        go.notify_one();
        assert_eq!(title(client.clone().search_articles(question("?")).await.unwrap()), "done");
    }
}

#[tokio::test]
async fn streams_have_room_of_their_own_until_they_are_dropped() {
    let scene = Scene::new();
    let limits = Limits { concurrent: 1, streams: 1, ..Limits::default() };
    let open = scene.open_limited(Way::Process, LINE0, Desk::quiet(), limits).await;
    let mut watcher = TicketServiceClient::new(as_caller(open.channel.clone(), scene.token(Role::Supervisor)));
    let stream = watcher.watch_ticket(WatchTicketRequest::default()).await.unwrap();
    let status = watcher.watch_ticket(WatchTicketRequest::default()).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::Overloaded));
    scene.supervisor(&open.channel).search_articles(question("?")).await.unwrap();
    drop(stream);
    watcher.watch_ticket(WatchTicketRequest::default()).await.unwrap();
}

#[tokio::test]
async fn stopping_lets_a_call_finish_ends_streams_and_takes_nothing_new() {
    let scene = Scene::new();
    let (desk, begun, go) = waiting();
    let mut open = scene.open(Way::Socket, LINE0, desk).await;
    let running = open.running.take().unwrap();
    let addr = running.addr();
    let client = scene.supervisor(&open.channel);
    let inside = scene.supervisor(&open.service.channel());
    let mut calls = Vec::new();
    for mut client in [client.clone(), inside.clone()] {
        calls.push(tokio::spawn(async move { client.search_articles(question("?")).await }));
        begun.notified().await;
    }
    let mut watcher = TicketServiceClient::new(as_caller(open.channel.clone(), scene.token(Role::Supervisor)));
    let mut events = watcher.watch_ticket(WatchTicketRequest::default()).await.unwrap().into_inner();
    let mut health =
        HealthClient::new(open.channel.clone()).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::Serving);

    let stopping = tokio::spawn(running.stop(Duration::from_secs(20)));
    assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert_eq!(reason_of(&events.message().await.unwrap_err()), Some(Reason::Overloaded), "streams end at once");
    let status = inside.clone().search_articles(question("?")).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::Overloaded), "nothing new in process");
    let status = scene.supervisor(&dial(&format!("http://{addr}")).unwrap()).search_articles(question("?")).await;
    assert_eq!(reason_of(&status.unwrap_err()), Some(Reason::PeerUnavailable), "and nothing new from outside");
    assert!(!stopping.is_finished(), "it waits for the calls inside");

    go.notify_one();
    go.notify_one();
    for call in calls {
        let answer = tokio::spawn(async { call.await.unwrap() }).await.unwrap();
        assert_eq!(title(answer.unwrap()), "done");
        go.notify_one();
    }
    stopping.await.unwrap();
    TcpListener::bind(addr).await.expect("the port is free again");
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut() {
    let scene = Scene::new();
    let (desk, begun, _go) = waiting();
    let mut open = scene.open(Way::Socket, LINE0, desk).await;
    let running = open.running.take().unwrap();
    let mut calls = Vec::new();
    for channel in [open.channel.clone(), open.service.channel()] {
        let mut client = scene.supervisor(&channel);
        calls.push(tokio::spawn(async move { client.search_articles(question("?")).await }));
        begun.notified().await;
    }
    running.stop(Duration::ZERO).await;
    for call in calls {
        assert!(!rpc::is_definite(&call.await.unwrap().unwrap_err()));
    }
}

#[tokio::test]
async fn a_cut_connection_comes_back_by_itself() {
    let scene = Scene::new();
    let mut open = scene.open(Way::Socket, LINE0, Desk::answering(|_| async { Ok(said("first")) })).await;
    let running = open.running.take().unwrap();
    let addr = running.addr();
    let mut client = scene.supervisor(&open.channel);
    assert_eq!(title(client.search_articles(question("?")).await.unwrap()), "first");
    running.stop(Duration::ZERO).await;
    assert_eq!(reason_of(&client.search_articles(question("?")).await.unwrap_err()), Some(Reason::PeerUnavailable));

    let second = scene.service(LINE0, Desk::answering(|_| async { Ok(said("second")) }), Limits::default());
    let _running = rpc::serve(TcpListener::bind(addr).await.unwrap(), second, None).await;
    assert_eq!(title(client.search_articles(question("?")).await.unwrap()), "second");
}
