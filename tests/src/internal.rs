//! A company's internal service for tests: over a real socket, by gRPC or HTTP. It does what it is asked once for each
//! request id, and counts both.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response as Answer};
use axum::routing::post;
use axum::{Json, Router};
use backends::{Address, Backends};
use proto::scenario::perform_response::Outcome;
use proto::scenario::scenario_service_server::{ScenarioService, ScenarioServiceServer};
use proto::scenario::{Done, NotNow, PerformRequest, PerformResponse, Refusal, ToldField};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
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

/// The service. What it has done outlives its being down.
pub struct Internal {
    state: Arc<Mutex<State>>,
    protocol: Protocol,
    addr: SocketAddr,
    task: Option<JoinHandle<()>>,
}

impl Internal {
    /// Starts one on a port that the system chooses.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start(protocol: Protocol) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let addr = listener.local_addr().expect("it has an address");
        let state = State { mood: Mood::Obeys, calls: Vec::new(), done: BTreeMap::new() };
        let mut service = Self { state: Arc::new(Mutex::new(state)), protocol, addr, task: None };
        service.serve(listener);
        service
    }

    /// The way to it, as `orders` and as `offers`.
    ///
    /// # Panics
    /// When its address is none.
    #[must_use]
    pub fn backends(&self) -> Backends {
        let url = match self.protocol {
            Protocol::Grpc => format!("grpc://{}", self.addr),
            Protocol::Http => format!("http://{}/perform", self.addr),
        };
        let address = |name: &str| Address {
            name: name.to_owned(),
            url: url.clone(),
            token: Some(SecretString::from(TOKEN.to_owned())),
        };
        Backends::at([address("orders"), address("offers")]).expect("these are addresses")
    }

    fn serve(&mut self, listener: TcpListener) {
        let state = self.state.clone();
        self.task = Some(match self.protocol {
            Protocol::Grpc => {
                let service = ScenarioServiceServer::new(Grpc(state));
                let incoming = TcpListenerStream::new(listener);
                tokio::spawn(async move {
                    let served = tonic::transport::Server::builder().add_service(service);
                    served.serve_with_incoming(incoming).await.expect("it serves");
                })
            }
            Protocol::Http => {
                let router = Router::new().route(
                    "/perform",
                    post(move |headers: HeaderMap, Json(body): Json<Value>| http(state.clone(), headers, body)),
                );
                tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") })
            }
        });
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
    /// # Panics
    /// When somebody else has its port.
    pub async fn start_again(&mut self) {
        let listener = TcpListener::bind(self.addr).await.expect("its port is free");
        self.serve(listener);
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
        "offer" => vec![("offer", "Смарт+".to_owned()), ("price", "450".to_owned())],
        "take-offer" => vec![("from", "1 октября".to_owned())],
        _ => vec![("order", format!("A-{number}"))],
    };
    (told.into_iter().map(|(field, value)| (field.to_owned(), value)).collect(), mood)
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
        let fields = request.fields.iter().map(|field| {
            use proto::scenario::field_value::Value as Given;
            let value = match field.value.clone().expect("a field that was left out is not there") {
                Given::Number(number) => json!(number),
                Given::YesNo(yes) => json!(yes),
                Given::Text(words) | Given::Date(words) | Given::Choice(words) => json!(words),
                Given::Email(words) | Given::Phone(words) => json!(words),
            };
            (field.field_id.clone(), value)
        });
        let fields = Value::Object(fields.collect());
        let PerformRequest { request_id, scenario, client, .. } = request;
        let (told, mood) = take(&self.0, Asked { id: request_id, scenario, client, fields });
        let field = |(field_id, text)| ToldField { field_id, text };
        let outcome = match mood {
            Mood::Obeys => Outcome::Done(Done { fields: told.into_iter().map(field).collect() }),
            Mood::Refuses(reason) => Outcome::Refused(Refusal { reason }),
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
        Mood::Mute => std::future::pending().await,
        Mood::Redirects => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/perform")]).into_response(),
        Mood::Floods => {
            Json(json!({ "outcome": "done", "fields": { "order": "A".repeat(1024 * 1024) } })).into_response()
        }
    }
}
