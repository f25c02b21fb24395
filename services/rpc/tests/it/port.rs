//! What a port says to those who watch over a service.

use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rpc::{Limits, Service};
use telemetry::{LogFormat, Settings, Telemetry};
use tokio::net::TcpListener;
use tokio_stream::StreamExt;
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use crate::scene::{Desk, LINE0, Scene, Way, question};

fn telemetry() -> Telemetry {
    let settings =
        Settings { service_name: "rpc-test".to_owned(), log_format: LogFormat::Human, log_filter: "off".to_owned() };
    telemetry::start(&settings, &|_| None).expect("telemetry starts once in this process")
}

async fn get(addr: std::net::SocketAddr, path: &str, http2: bool) -> (u16, String) {
    let client: Client<_, Full<bytes::Bytes>> = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
    let response = client.get(format!("http://{addr}{path}").parse().expect("an address")).await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a whole answer").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn health_and_metrics_are_pages_without_a_token() {
    let telemetry = telemetry();
    let scene = Scene::new();
    let service: Service = scene.service(LINE0, Desk::quiet(), Limits::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let running = rpc::serve(listener, service.clone(), Some(telemetry)).await;

    scene.supervisor(&service.channel()).search_articles(question("?")).await.unwrap();
    let over_the_wire = rpc::dial(&format!("http://{}", running.addr())).unwrap();
    scene.supervisor(&over_the_wire).search_articles(question("?")).await.unwrap();
    proto::line0::knowledge_service_client::KnowledgeServiceClient::new(over_the_wire)
        .search_articles(question("?"))
        .await
        .unwrap_err();
    for http2 in [false, true] {
        assert_eq!(get(running.addr(), "/healthz", http2).await, (200, "ok\n".to_owned()));
        let (status, page) = get(running.addr(), "/metrics", http2).await;
        assert_eq!(status, 200);
        let series = |code: &str| {
            page.lines().any(|line| {
                line.starts_with("estafeta_rpc_requests_total")
                    && line.contains(r#"method="SearchArticles""#)
                    && line.contains(&format!(r#"code="{code}""#))
            })
        };
        assert!(series("OK") && series("UNAUTHENTICATED"), "{page}");
        assert_eq!(get(running.addr(), "/", http2).await.0, 404);
    }
}

#[tokio::test]
async fn reflection_lists_what_is_served() {
    let scene = Scene::new();
    for way in Way::BOTH {
        let open = scene.open(way, LINE0, Desk::quiet()).await;
        let ask = ServerReflectionRequest {
            message_request: Some(MessageRequest::ListServices(String::new())),
            ..ServerReflectionRequest::default()
        };
        let mut answers = ServerReflectionClient::new(open.channel)
            .server_reflection_info(tokio_stream::once(ask))
            .await
            .unwrap()
            .into_inner();
        let answer = answers.next().await.unwrap().unwrap().message_response.unwrap();
        let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
        let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
        assert!(names.contains(&"estafeta.line0.v1.KnowledgeService".to_owned()), "{way:?}: {names:?}");
        assert!(!names.contains(&"estafeta.line1.v1.ServiceDeskService".to_owned()), "{way:?}: {names:?}");
    }
}
