//! HTTP and JSON: one address that is posted to; and a service that speaks them as `scenario_service.proto` says.

use std::time::Duration;

use proto::scenario::field_value::Value as Given;
use proto::scenario::perform_response::Outcome;
use proto::scenario::{Done, FieldValue, PerformRequest, PerformResponse, Refusal, ToldField};
use proto::ticket::Language;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use telemetry::carry::TraceContext;

use crate::{ANSWER_BYTES_MAX, Failed, Pause, Unfit, cut};

/// How long a connection may take to stand.
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);

/// A way to one address.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client,
    url: Url,
    bearer: Option<HeaderValue>,
}

/// What a service answers.
#[derive(Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
enum Answer {
    Done {
        #[serde(default)]
        fields: Map<String, Value>,
    },
    Refused {
        #[serde(default)]
        reason: String,
    },
    NotNow {
        #[serde(default)]
        reason: String,
    },
}

impl Http {
    /// `wrong` makes a fault of what is wrong with the address or its credential.
    pub(crate) fn at(url: Url, token: Option<SecretString>, wrong: impl Fn(String) -> Unfit) -> Result<Self, Unfit> {
        let bearer = |token: SecretString| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| wrong("has a credential that cannot stand in a header".to_owned()))?;
            value.set_sensitive(true);
            Ok(value)
        };
        // Whoever comes second finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            // Where the settings point is where the client's data goes, and nowhere else.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_PATIENCE)
            .build()
            .map_err(|error| Unfit::Client(error.to_string()))?;
        Ok(Self { client, url, bearer: token.map(bearer).transpose()? })
    }

    /// Posts `body`, under `key` where a repeat must be known; the answer, of at most `bytes_max`, and when the service wants to
    /// be called again, if it says so.
    pub(crate) async fn post(
        &self,
        key: Option<&str>,
        body: &Value,
        bytes_max: usize,
    ) -> Result<(Vec<u8>, Option<Pause>), Failed> {
        let mut post = self.client.post(self.url.clone()).json(body);
        if let Some(key) = key {
            post = post.header("Idempotency-Key", key);
        }
        if let Some(bearer) = &self.bearer {
            post = post.header(AUTHORIZATION, bearer.clone());
        }
        let trace = TraceContext::current();
        if !trace.traceparent.is_empty() {
            post = post.header("traceparent", trace.traceparent);
        }
        let response = post.send().await.map_err(|error| Failed::not_now(why(error)))?;
        let (status, pause) = (response.status(), Pause::of_headers(response.headers()));
        if !status.is_success() {
            let may_later = status.is_server_error()
                || matches!(
                    status,
                    // A repeat that comes while the first is at work meets a conflict.
                    StatusCode::REQUEST_TIMEOUT
                        | StatusCode::CONFLICT
                        | StatusCode::TOO_EARLY
                        | StatusCode::TOO_MANY_REQUESTS
                );
            let why = format!("it answered {status}");
            return Err(if may_later { Failed::NotNow { why, pause } } else { Failed::ForGood(why) });
        }
        Ok((read(response, bytes_max).await?, pause))
    }

    pub(crate) async fn perform(&self, request: &PerformRequest) -> Result<PerformResponse, Failed> {
        let (answer, pause) = self.post(Some(&request.request_id), &body(request), ANSWER_BYTES_MAX).await?;
        let answer = serde_json::from_slice(&answer).map_err(not_agreed)?;
        let outcome = match answer {
            Answer::Done { fields } => {
                let shown = |value: Value| match value {
                    Value::String(words) => words,
                    other => other.to_string(),
                };
                let told = |(field_id, value)| ToldField { field_id, text: shown(value) };
                let fields = fields.into_iter().map(told).collect();
                Outcome::Done(Done { fields })
            }
            Answer::Refused { reason } => Outcome::Refused(Refusal { reason }),
            Answer::NotNow { reason: mut why } => {
                cut(&mut why);
                return Err(Failed::NotNow { why, pause });
            }
        };
        Ok(PerformResponse { outcome: Some(outcome) })
    }
}

pub(crate) fn not_agreed(error: serde_json::Error) -> Failed {
    Failed::ForGood(format!("its answer is not what was agreed: {error}"))
}

/// What happened, with its cause and without the address.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// The answer, as far as it may be long.
async fn read(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, Failed> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Failed::not_now(why(error)))? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(Failed::ForGood(format!("its answer is longer than {bytes_max} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn body(request: &PerformRequest) -> Value {
    let PerformRequest { request_id, organization, scenario, ticket_id, client, language, fields } = request;
    let given = |FieldValue { field_id, value }: &FieldValue| {
        let value = match value.as_ref()? {
            Given::Text(words)
            | Given::Date(words)
            | Given::Choice(words)
            | Given::Email(words)
            | Given::Phone(words) => {
                json!(words)
            }
            Given::Number(number) => json!(number),
            Given::YesNo(yes) => json!(yes),
        };
        Some((field_id.clone(), value))
    };
    let language = match Language::try_from(*language).unwrap_or_default() {
        Language::English => "en",
        Language::Russian | Language::Unspecified => "ru",
    };
    json!({
        "organization": organization,
        "scenario": scenario,
        "request_id": request_id,
        "ticket_id": ticket_id,
        "client": client,
        "language": language,
        "fields": fields.iter().filter_map(given).collect::<Map<String, Value>>(),
    })
}
