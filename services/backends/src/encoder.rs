//! A sentence encoder: texts go in, vectors come out, by the JSON of `POST /v1/embeddings` that common encoder servers speak.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use telemetry::measure::meters;

use crate::http::{Http, not_agreed};
use crate::{Failed, Unfit, cut};

/// How long a vector is waited for where nothing else is said.
pub const PATIENCE: Duration = Duration::from_millis(150);

/// After so many vectors in a row that did not come none is asked for as long as this: each would cost a client [`PATIENCE`].
const FAILURES_MAX: u32 = 3;
const REST: SignedDuration = SignedDuration::from_secs(30);

/// The most texts of one call; common servers take no more.
pub const BATCH_MAX: usize = 32;

/// The longest vectors that are taken.
const DIMENSIONS_MAX: usize = 4_096;

/// The bytes of a number in an answer, with what stands around it; twice what the longest are seen to have.
const NUMBER_BYTES: usize = 32;

/// The bytes of an answer beside its numbers.
const FRAME_BYTES: usize = 4_096;

/// Vectors, and what made them.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The encoder, as its answer names it, else as the settings do; empty where nobody does.
    pub encoder: String,
    /// One for each text, all as long.
    pub vectors: Vec<Vec<f32>>,
}

/// A sentence encoder. Clones share its connections.
#[derive(Clone)]
pub struct Encoder(Arc<Inside>);

struct Inside {
    http: Http,
    model: Option<String>,
    patience: Duration,
    /// Whether the last call failed, so that the log tells of a change and not of every request.
    is_away: AtomicBool,
    rest: Mutex<Rest>,
}

/// Whether an encoder that gives no vectors is left alone.
#[derive(Debug, Default)]
struct Rest {
    /// How many vectors in a row did not come.
    failures: u32,
    until: Option<Timestamp>,
}

impl Rest {
    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// Takes in whether a vector that was asked for at `now` came.
    fn take_in(&mut self, came: bool, now: Timestamp) {
        self.failures = if came { 0 } else { self.failures.saturating_add(1) };
        self.until = (self.failures >= FAILURES_MAX).then(|| now.saturating_add(REST).unwrap_or(Timestamp::MAX));
    }
}

/// Neither the credential prints, nor an address that may have one in it.
impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("model", &self.0.model).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    model: String,
    data: Vec<Datum>,
}

#[derive(Deserialize)]
struct Datum {
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl Encoder {
    /// The encoder at `url`, which means `/v1/embeddings` there unless it has a path; `model` is what it is asked for, where
    /// it has several. One text is waited for as long as `patience`.
    ///
    /// # Errors
    /// When the address is none.
    pub fn at(
        url: &str,
        model: Option<String>,
        token: Option<SecretString>,
        patience: Duration,
    ) -> Result<Self, Unfit> {
        let mut url: Url = url.parse().map_err(|error| Unfit::Encoder(format!("is none ({error})")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Unfit::Encoder("has a scheme that it does not speak".to_owned()));
        }
        if url.path() == "/" {
            url.set_path("/v1/embeddings");
        }
        let http = Http::at(url, token, Unfit::Encoder)?;
        Ok(Self(Arc::new(Inside { http, model, patience, is_away: AtomicBool::new(false), rest: Mutex::default() })))
    }

    /// The vector of one text; none where it did not come in time or is no vector, of which the log tells once. When that
    /// happened three times in a row, nothing is asked for half a minute from `now` on, and then again.
    pub async fn vector(&self, text: &str, now: Timestamp) -> Option<Encoded> {
        let rest = || self.0.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if !rest().is_over(now) {
            return None;
        }
        let encoded = self.encode(&[text], self.0.patience).await.ok();
        rest().take_in(encoded.is_some(), now);
        encoded
    }

    /// The vectors of at most [`BATCH_MAX`] texts, in their order; waits for at most `patience`. Every call is counted.
    ///
    /// # Errors
    /// When there are none.
    pub async fn encode(&self, texts: &[&str], patience: Duration) -> Result<Encoded, Failed> {
        let begun = Instant::now();
        let called = rpc::deadline::within(patience, self.call(texts)).await;
        let encoded = called.unwrap_or_else(|_| Err(Failed::not_now("it did not answer in time")));
        let outcome = match &encoded {
            Ok(_) => "answered",
            Err(Failed::NotNow { .. }) => "away",
            Err(Failed::ForGood(_)) => "unfit",
        };
        meters().encoder_asked(outcome, begun.elapsed().as_secs_f64());
        let was_away = self.0.is_away.swap(encoded.is_err(), Ordering::Relaxed);
        match &encoded {
            Err(problem) if !was_away => {
                tracing::warn!(%problem, "the encoder gives no vectors; requests are judged by their words alone");
            }
            Ok(_) if was_away => tracing::info!("the encoder gives vectors again"),
            Ok(_) | Err(_) => {}
        }
        encoded
    }

    async fn call(&self, texts: &[&str]) -> Result<Encoded, Failed> {
        if texts.len() > BATCH_MAX {
            return Err(Failed::ForGood(format!("{} texts are more than {BATCH_MAX}", texts.len())));
        }
        let mut body = json!({ "input": texts });
        if let Some(model) = &self.0.model {
            body["model"] = json!(model);
        }
        let bytes_max = FRAME_BYTES + texts.len() * DIMENSIONS_MAX * NUMBER_BYTES;
        let (answer, _) = self.0.http.post(None, &body, bytes_max).await?;
        let Answer { model, data } = serde_json::from_slice(&answer).map_err(not_agreed)?;
        let mut encoder = if model.is_empty() { self.0.model.clone().unwrap_or_default() } else { model };
        cut(&mut encoder);
        Ok(Encoded { encoder, vectors: in_order(data, texts.len())? })
    }
}

/// The vectors in the order of the texts, if there is one for each and they can be vectors.
fn in_order(data: Vec<Datum>, texts: usize) -> Result<Vec<Vec<f32>>, Failed> {
    let unfit = |why: &str| Failed::ForGood(format!("its answer is not what was agreed: {why}"));
    let mut vectors: Vec<Option<Vec<f32>>> = vec![None; texts];
    for (place, Datum { index, embedding }) in data.into_iter().enumerate() {
        let to = vectors.get_mut(index.unwrap_or(place)).ok_or_else(|| unfit("there are more vectors than texts"))?;
        if to.replace(embedding).is_some() {
            return Err(unfit("a text has two vectors"));
        }
    }
    let vectors: Option<Vec<Vec<f32>>> = vectors.into_iter().collect();
    let vectors = vectors.ok_or_else(|| unfit("there are fewer vectors than texts"))?;
    let dimensions = vectors.first().map_or(0, Vec::len);
    if !(1..=DIMENSIONS_MAX).contains(&dimensions) || vectors.iter().any(|vector| vector.len() != dimensions) {
        return Err(unfit("a vector has another length than can be"));
    }
    let is_vector =
        |vector: &Vec<f32>| vector.iter().all(|part| part.is_finite()) && vector.iter().any(|part| *part != 0.0);
    if !vectors.iter().all(is_vector) {
        return Err(unfit("a vector has no direction"));
    }
    Ok(vectors)
}
