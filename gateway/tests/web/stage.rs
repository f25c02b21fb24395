//! Sets the gateway up in front of two lines and calls it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use gateway::{Gate, Running, Settings, Upstreams};
use jiff::{SignedDuration, Timestamp};
use proto::{
    handover::custodian_service_server::CustodianServiceServer,
    line1::service_desk_service_server::ServiceDeskServiceServer, ticket::ticket_service_server::TicketServiceServer,
};
use rpc::{Caller, KeyName, Keys, Limits, Role, Service, ServiceName, Signer, Stack};
use secrecy::ExposeSecret;
use serde_json::Value;
use telemetry::Telemetry;
use tempfile::TempDir;
use ticket::{Clock, Line, clock::ManualClock};
use tokio::net::TcpListener;
use tower::{service_fn, util::BoxCloneSyncService};

use crate::desk::Desk;

/// A gateway in front of a service desk and a technical line.
pub(crate) struct Stage {
    pub(crate) running: Running,
    pub(crate) desk: Desk,
    pub(crate) url: String,
    pub(crate) clock: ManualClock,
    signer: Signer,
    pub(crate) http: reqwest::Client,
    _keys: TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let (desk, technical) = (Desk::of(Line::ServiceDesk), Desk::of(Line::Technical));
        Self::around(desk.clone(), technical.clone(), settings, None, |stack, desk, technical| {
            Upstreams::new()
                .with(Line::ServiceDesk, service(stack, Line::ServiceDesk, desk))
                .with(Line::Technical, service(stack, Line::Technical, technical))
        })
        .await
    }

    /// One that traces and counts.
    pub(crate) async fn told() -> Self {
        let settings = telemetry::Settings {
            service_name: "gateway".to_owned(),
            log_format: telemetry::LogFormat::Human,
            log_filter: "off".to_owned(),
        };
        let telemetry = telemetry::start(&settings, &|_| None).expect("telemetry starts");
        let desk = Desk::of(Line::ServiceDesk);
        Self::around(desk.clone(), desk, Settings::default(), Some(telemetry), |stack, desk, _| {
            Upstreams::new().with(Line::ServiceDesk, service(stack, Line::ServiceDesk, desk))
        })
        .await
    }

    /// A gateway in front of whatever there is.
    pub(crate) async fn in_front_of(upstreams: Upstreams) -> Self {
        let desk = Desk::of(Line::ServiceDesk);
        Self::around(desk.clone(), desk, Settings::default(), None, |_, _, _| upstreams).await
    }

    async fn around(
        desk: Desk,
        technical: Desk,
        settings: Settings,
        telemetry: Option<Telemetry>,
        upstreams: impl FnOnce(&Stack, &Desk, &Desk) -> Upstreams,
    ) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let keys = Keys::open(dir.path(), &KeyName::ALL).expect("keys");
        let clock = ManualClock::at("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
        let clock_of_all: Arc<dyn Clock> = Arc::new(clock.clone());
        let stack = Stack {
            service: ServiceName::Gateway,
            verifier: keys.verifier(),
            clock: clock_of_all.clone(),
            limits: Limits::default(),
        };
        let upstreams = upstreams(&stack, &desk, &technical);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let gate = Gate { verifier: keys.verifier(), clock: clock_of_all };
        let running = gateway::start(listener, upstreams, &settings, gate, telemetry).expect("the gateway starts");
        let url = format!("http://{}", running.addr());
        let signer = keys.signer(KeyName::Authority).expect("the key of people");
        // The client asks for one even where it speaks no TLS; whoever comes second finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { running, desk, url, clock, signer, http, _keys: dir }
    }

    /// What a supervisor shows.
    pub(crate) fn token(&self) -> String {
        self.token_of(Role::Supervisor)
    }

    pub(crate) fn token_of(&self, role: Role) -> String {
        let caller =
            Caller { subject: "anna".to_owned(), organization: "acme".parse().expect("an organization"), role };
        self.signer.token(&caller, self.clock.now(), SignedDuration::from_mins(10)).expose_secret().to_owned()
    }

    /// A request by a supervisor.
    pub(crate) fn request(&self, verb: &str, path: &str) -> reqwest::RequestBuilder {
        let verb = verb.parse().expect("a method");
        self.http.request(verb, format!("{}{path}", self.url)).bearer_auth(self.token())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.request("POST", path).json(&body)).await
    }

    pub(crate) async fn stop(self) {
        self.running.stop(Duration::from_secs(5)).await;
    }
}

/// The status and the JSON of an answer.
pub(crate) async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The service of a line behind the layers that every service has.
fn service(stack: &Stack, line: Line, desk: &Desk) -> rpc::Channel {
    let limits = stack.limits;
    let stack = Stack { service: ServiceName::Line(line), ..stack.clone() };
    Service::builder(stack)
        .add(rpc::tuned!(TicketServiceServer::new(desk.clone()), &limits))
        .add(rpc::tuned!(ServiceDeskServiceServer::new(desk.clone()), &limits))
        .add(rpc::tuned!(CustodianServiceServer::new(desk.clone()), &limits))
        .build()
        .channel()
}

/// What a line that answers everything with an empty message was asked.
pub(crate) type Asked = Arc<Mutex<Vec<(Line, String)>>>;

/// Such lines, all five.
pub(crate) fn echoes(asked: &Asked) -> Upstreams {
    Line::ALL.into_iter().fold(Upstreams::new(), |upstreams, line| {
        let asked = asked.clone();
        let channel = service_fn(move |request: http::Request<tonic::body::Body>| {
            asked.lock().expect("no panic").push((line, request.uri().path().to_owned()));
            let mut trailers = http::HeaderMap::new();
            trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
            let frames =
                [http_body::Frame::data(bytes::Bytes::from_static(&[0; 5])), http_body::Frame::trailers(trailers)];
            let body = http_body_util::StreamBody::new(futures::stream::iter(frames.map(Ok::<_, tonic::Status>)));
            let response = http::Response::builder()
                .header("content-type", "application/grpc")
                .body(tonic::body::Body::new(body))
                .expect("a response");
            std::future::ready(Ok::<_, std::convert::Infallible>(response))
        });
        upstreams.with(line, BoxCloneSyncService::new(channel))
    })
}
