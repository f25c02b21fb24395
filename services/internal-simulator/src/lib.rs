//! A company's internal service as the demonstration and the tests see it: over a real socket, by gRPC or HTTP. It does
//! what it is asked once for each request id, and counts both; in a bad [`Mood`] it refuses, stalls and lies.
//!
//! **Invariant:** this crate knows nothing of line 0 but the contract, keeps everything in memory, and reads no clock.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response as Answer};
use axum::routing::post;
use axum::{Json, Router};
use proto::errors::Reason;
use proto::scenario::perform_response::Outcome;
use proto::scenario::scenario_service_server::{ScenarioService, ScenarioServiceServer};
use proto::scenario::{Done, NotNow, PerformRequest, PerformResponse, Refusal, ToldField};
use rpc::Problem;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, async_trait};

/// What a caller has to show.
const TOKEN: &str = "internal-s3cret";

/// What it does with the next requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    /// Does them.
    Obeys,
    /// Refuses them for this reason.
    Refuses(String),
    /// Says that it cannot do them now.
    Busy,
    /// Says so, and that it wants to be called again after so many seconds.
    Later(u32),
    /// Does them and never answers.
    Mute,
    /// HTTP: sends the caller elsewhere.
    Redirects,
    /// Answers with more than anybody takes.
    Floods,
}

/// One request, by its id, with its scenario, client and fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The request id.
    pub id: String,
    /// The scenario.
    pub scenario: String,
    /// Who the client is.
    pub client: String,
    /// What the client gave, as JSON.
    pub fields: Value,
}

#[derive(Debug)]
struct State {
    mood: Mood,
    calls: Vec<Asked>,
    done: BTreeMap<String, usize>,
}

/// How it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `ScenarioService`.
    Grpc,
    /// JSON by POST.
    Http,
}

impl Protocol {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Grpc, Self::Http];
}

/// The service. What it has done outlives its being down; dropped, it is gone.
#[derive(Debug)]
pub struct Internal {
    state: Arc<Mutex<State>>,
    protocol: Protocol,
    tls: Option<ServerTlsConfig>,
    addr: SocketAddr,
    task: Option<JoinHandle<()>>,
}

impl Internal {
    /// Starts one on a port of 127.0.0.1 that the system chooses.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start(protocol: Protocol) -> io::Result<Self> {
        Self::start_with(protocol, None).await
    }

    /// Starts one that is called by gRPC over TLS, and shows this certificate; both in PEM.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start_secured(certificate: &str, key: &str) -> io::Result<Self> {
        let tls = ServerTlsConfig::new().identity(Identity::from_pem(certificate, key));
        Self::start_with(Protocol::Grpc, Some(tls)).await
    }

    async fn start_with(protocol: Protocol, tls: Option<ServerTlsConfig>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let state = State { mood: Mood::Obeys, calls: Vec::new(), done: BTreeMap::new() };
        let mut service = Self { state: Arc::new(Mutex::new(state)), protocol, tls, addr, task: None };
        service.serve(listener)?;
        Ok(service)
    }

    /// Where it is, as the setting `--backend` has it.
    #[must_use]
    pub fn url(&self) -> String {
        match self.protocol {
            Protocol::Grpc if self.tls.is_some() => format!("grpcs://{}", self.addr),
            Protocol::Grpc => format!("grpc://{}", self.addr),
            Protocol::Http => format!("http://{}/perform", self.addr),
        }
    }

    /// What a caller has to show.
    #[must_use]
    pub fn token() -> SecretString {
        SecretString::from(TOKEN.to_owned())
    }

    fn serve(&mut self, listener: TcpListener) -> io::Result<()> {
        let state = self.state.clone();
        self.task = Some(match self.protocol {
            Protocol::Grpc => {
                let service = ScenarioServiceServer::new(Grpc(state));
                let incoming = TcpListenerStream::new(listener);
                let mut server = Server::builder();
                if let Some(tls) = &self.tls {
                    server = server.tls_config(tls.clone()).map_err(io::Error::other)?;
                }
                let server = server.add_service(service);
                // Whoever calls a service that serves no more sees that it is down.
                tokio::spawn(async move { drop(server.serve_with_incoming(incoming).await) })
            }
            Protocol::Http => {
                let router = Router::new().route(
                    "/perform",
                    post(move |headers: HeaderMap, Json(body): Json<Value>| http(state.clone(), headers, body)),
                );
                tokio::spawn(async move { drop(axum::serve(listener, router).await) })
            }
        });
        Ok(())
    }

    /// Takes it down: nobody listens, and nobody answers.
    pub async fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // An aborted task says so.
            let _ = task.await;
        }
    }

    /// Brings it up again where it was.
    ///
    /// # Errors
    /// When somebody else has its port.
    pub async fn start_again(&mut self) -> io::Result<()> {
        self.serve(TcpListener::bind(self.addr).await?)
    }

    /// What it does with the next requests.
    pub fn set(&self, mood: Mood) {
        lock(&self.state).mood = mood;
    }

    /// Every request there was, repeats too.
    #[must_use]
    pub fn calls(&self) -> Vec<Asked> {
        lock(&self.state).calls.clone()
    }

    /// How many were done.
    #[must_use]
    pub fn done(&self) -> usize {
        lock(&self.state).done.len()
    }
}

impl Drop for Internal {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a request in; what is told of it, and the mood it was met with.
fn take(state: &Mutex<State>, asked: Asked) -> (HashMap<String, String>, Mood) {
    let mut state = lock(state);
    state.calls.push(asked.clone());
    let mood = state.mood.clone();
    if !matches!(mood, Mood::Obeys | Mood::Mute) {
        return (HashMap::new(), mood);
    }
    let next = state.done.len() + 1;
    let number = *state.done.entry(asked.id).or_insert(next);
    let told = match asked.scenario.as_str() {
        // Made for who asks: an office has another one than a home.
        "offer" if asked.client.starts_with("office-") => {
            vec![("offer", "Офис 500+".to_owned()), ("price", "2900".to_owned())]
        }
        "offer" => vec![("offer", "Смарт+".to_owned()), ("price", "450".to_owned())],
        "take-offer" => vec![("from", "1 октября".to_owned())],
        _ => vec![("order", format!("A-{number}"))],
    };
    (told.into_iter().map(|(field, value)| (field.to_owned(), value)).collect(), mood)
}

/// It wants to be called again after so many seconds.
#[derive(Debug)]
struct Later(u32);

impl fmt::Display for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not now; again in {} s", self.0)
    }
}

impl std::error::Error for Later {}

impl Problem for Later {
    fn reason(&self) -> Reason {
        Reason::Overloaded
    }

    fn retry_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(u64::from(self.0)))
    }
}

struct Grpc(Arc<Mutex<State>>);

#[async_trait]
impl ScenarioService for Grpc {
    async fn perform(&self, request: Request<PerformRequest>) -> Result<Response<PerformResponse>, Status> {
        let shown = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
        if shown != Some(&format!("Bearer {TOKEN}")) {
            return Err(rpc::into_status(&rpc::Refusal::Unreadable { what: "no token".to_owned() }));
        }
        let request = request.into_inner();
        let fields = request.fields.iter().filter_map(|field| {
            use proto::scenario::field_value::Value as Given;
            let value = match field.value.clone()? {
                Given::Number(number) => json!(number),
                Given::YesNo(yes) => json!(yes),
                Given::Text(words) | Given::Date(words) | Given::Choice(words) => json!(words),
                Given::Email(words) | Given::Phone(words) => json!(words),
            };
            Some((field.field_id.clone(), value))
        });
        let fields = Value::Object(fields.collect());
        let PerformRequest { request_id, scenario, client, .. } = request;
        let (told, mood) = take(&self.0, Asked { id: request_id, scenario, client, fields });
        let field = |(field_id, text)| ToldField { field_id, text };
        let outcome = match mood {
            Mood::Obeys => Outcome::Done(Done { fields: told.into_iter().map(field).collect() }),
            Mood::Refuses(reason) => Outcome::Refused(Refusal { reason }),
            Mood::Later(seconds) => return Err(rpc::into_status(&Later(seconds))),
            Mood::Busy | Mood::Redirects => Outcome::NotNow(NotNow { reason: "busy".to_owned() }),
            Mood::Mute => std::future::pending().await,
            Mood::Floods => Outcome::Done(Done { fields: vec![field(("order".to_owned(), "A".repeat(1024 * 1024)))] }),
        };
        Ok(Response::new(PerformResponse { outcome: Some(outcome) }))
    }
}

async fn http(state: Arc<Mutex<State>>, headers: HeaderMap, body: Value) -> Answer {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if header("authorization") != format!("Bearer {TOKEN}") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let id = header("idempotency-key");
    if id != text("request_id") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let asked = Asked { id, scenario: text("scenario"), client: text("client"), fields: body["fields"].clone() };
    let (told, mood) = take(&state, asked);
    match mood {
        Mood::Obeys => Json(json!({ "outcome": "done", "fields": told })).into_response(),
        Mood::Refuses(reason) => Json(json!({ "outcome": "refused", "reason": reason })).into_response(),
        Mood::Busy => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Later(seconds) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, seconds.to_string())]).into_response()
        }
        Mood::Mute => std::future::pending().await,
        Mood::Redirects => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/perform")]).into_response(),
        Mood::Floods => {
            Json(json!({ "outcome": "done", "fields": { "order": "A".repeat(1024 * 1024) } })).into_response()
        }
    }
}
