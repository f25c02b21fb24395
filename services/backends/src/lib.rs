//! A company's internal services, which do what a scenario is for, and its sentence encoder: where they are, with which
//! credential they are called, and how they answer.
//!
//! **Invariant:** only what the settings name is called; nothing that a service says is followed anywhere else, and
//! nothing of it is longer than the limits here. A credential is in no message and in no log.

mod encoder;
mod http;
mod pause;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use proto::scenario::perform_response::Outcome;
use proto::scenario::scenario_service_client::ScenarioServiceClient;
use proto::scenario::{PerformRequest, PerformResponse};
use rpc::{Channel, as_caller, dial};
use secrecy::SecretString;
use ticket::field::LINE_BYTES_MAX;
use tonic::{Code, Status};

use crate::http::Http;
pub use crate::pause::Pause;

pub use encoder::{BATCH_MAX, Encoded, Encoder, PATIENCE};

/// The largest answer that is taken, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long an answer is waited for where nothing else is said.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// The most fields of one answer.
pub const ANSWER_FIELDS_MAX: usize = 50;

/// Where a service is: `grpc://`, `grpcs://`, `http://` or `https://`, and what shows who calls.
#[derive(Clone)]
pub struct Address {
    /// The name that plans have for it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The token that it asks for; none when it asks for nothing.
    pub token: Option<SecretString>,
}

/// Neither the credential prints, nor an address that may have one in it.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a service cannot be called at all.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// Its address has a scheme that nobody speaks, or is none.
    #[error(
        "the address of the service `{name}` {why}; write one such as grpc://orders:7000 or https://orders/perform"
    )]
    Url {
        /// Which.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The encoder's address is none, or has a scheme that it does not speak.
    #[error("the address of the encoder {0}; write one such as http://127.0.0.1:8080 or https://encoder/v1/embeddings")]
    Encoder(String),
    /// It has two addresses.
    #[error("the service `{0}` has two addresses")]
    Twice(String),
    /// The machine lacks what TLS needs.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}

/// Why a service did not tell what came of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It may later.
    #[error("{why}")]
    NotNow {
        /// What happened.
        why: String,
        /// When it wants to be called again; none where it does not say.
        pause: Option<Pause>,
    },
    /// It will not, however often it is asked.
    #[error("{0}")]
    ForGood(String),
}

impl Failed {
    /// It may later, and does not say when.
    #[must_use]
    pub fn not_now(why: impl Into<String>) -> Self {
        Self::NotNow { why: why.into(), pause: None }
    }
}

#[derive(Clone)]
enum Way {
    Grpc(Channel),
    Http(Http),
}

/// The internal services by their names. Clones share their connections.
#[derive(Clone, Default)]
pub struct Backends(Arc<BTreeMap<String, Way>>);

impl fmt::Debug for Backends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Backends {
    /// The services at these addresses, connected when first called. Must be called inside of a Tokio runtime.
    ///
    /// # Errors
    /// When an address is none.
    pub fn at(addresses: impl IntoIterator<Item = Address>) -> Result<Self, Unfit> {
        let mut ways = BTreeMap::new();
        for Address { name, url, token } in addresses {
            let wrong = |why: &str| Unfit::Url { name: name.clone(), why: why.to_owned() };
            let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("has no scheme"))?;
            let way = match scheme {
                "grpc" | "grpcs" => {
                    let secure = if scheme == "grpcs" { "https" } else { "http" };
                    // The reason says what is wrong; the address itself is not repeated.
                    let channel = dial(&format!("{secure}://{rest}")).map_err(|error| wrong(&error.reason))?;
                    Way::Grpc(match token {
                        Some(token) => as_caller(channel, token),
                        None => channel,
                    })
                }
                "http" | "https" => {
                    let wrong = |why: String| wrong(&why);
                    let url = url.parse().map_err(|error| wrong(format!("is none ({error})")))?;
                    Way::Http(Http::at(url, token, wrong)?)
                }
                _ => return Err(wrong("has a scheme that nobody speaks")),
            };
            if ways.insert(name.clone(), way).is_some() {
                return Err(Unfit::Twice(name));
            }
        }
        Ok(Self(Arc::new(ways)))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Lets the service `name` do what `request` says; waits for at most `patience`. Only what is done or refused comes
    /// back, cut to the limits.
    ///
    /// # Errors
    /// When it is not known what came of it.
    pub async fn perform(&self, name: &str, request: PerformRequest, patience: Duration) -> Result<Outcome, Failed> {
        let Some(way) = self.0.get(name) else {
            return Err(Failed::ForGood("the settings have no address of the service".to_owned()));
        };
        let called = rpc::deadline::within(patience, async {
            match way {
                Way::Grpc(channel) => grpc(channel.clone(), request).await,
                Way::Http(http) => http.perform(&request).await,
            }
        });
        let response = called.await.map_err(|_| Failed::not_now("it did not answer in time"))??;
        match response.outcome {
            Some(Outcome::Done(mut done)) => {
                if done.fields.len() > ANSWER_FIELDS_MAX {
                    return Err(Failed::ForGood(format!("it told {} fields", done.fields.len())));
                }
                done.fields.iter_mut().for_each(|field| cut(&mut field.text));
                Ok(Outcome::Done(done))
            }
            Some(Outcome::Refused(mut refusal)) => {
                cut(&mut refusal.reason);
                Ok(Outcome::Refused(refusal))
            }
            Some(Outcome::NotNow(mut not_now)) => {
                cut(&mut not_now.reason);
                Err(Failed::not_now(not_now.reason))
            }
            None => Err(Failed::ForGood("its answer has no outcome".to_owned())),
        }
    }
}

/// One line, and not too long.
fn cut(words: &mut String) {
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line[..line.floor_char_boundary(LINE_BYTES_MAX)].trim().clone_into(words);
}

async fn grpc(channel: Channel, request: PerformRequest) -> Result<PerformResponse, Failed> {
    let client = ScenarioServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX);
    match { client }.perform(request).await {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => Err(failed(&status)),
    }
}

fn failed(status: &Status) -> Failed {
    let mut why = status.message().to_owned();
    cut(&mut why);
    let why = format!("{:?}: {why}", status.code());
    match status.code() {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented => Failed::ForGood(why),
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => Failed::NotNow { why, pause: Pause::of_status(status) },
    }
}
