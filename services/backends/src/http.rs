//! A service that speaks HTTP and JSON, as `scenario_service.proto` says.

use std::time::Duration;

use proto::scenario::field_value::Value as Given;
use proto::scenario::perform_response::Outcome;
use proto::scenario::{Done, FieldValue, NotNow, PerformRequest, PerformResponse, Refusal, ToldField};
use proto::ticket::Language;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use telemetry::carry::TraceContext;

use crate::{ANSWER_BYTES_MAX, Failed, Unfit};

/// How long a connection may take to stand.
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);

/// A way to one service.
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
    pub(crate) fn at(name: &str, url: &str, token: Option<SecretString>) -> Result<Self, Unfit> {
        let wrong = |why: String| Unfit::Url { name: name.to_owned(), why };
        let url: Url = url.parse().map_err(|error| wrong(format!("is none ({error})")))?;
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

    pub(crate) async fn perform(&self, request: &PerformRequest) -> Result<PerformResponse, Failed> {
        let mut post =
            self.client.post(self.url.clone()).header("Idempotency-Key", &request.request_id).json(&body(request));
        if let Some(bearer) = &self.bearer {
            post = post.header(AUTHORIZATION, bearer.clone());
        }
        let trace = TraceContext::current();
        if !trace.traceparent.is_empty() {
            post = post.header("traceparent", trace.traceparent);
        }
        let response = post.send().await.map_err(|error| Failed::NotNow(why(error)))?;
        let status = response.status();
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
            return Err(if may_later { Failed::NotNow(why) } else { Failed::ForGood(why) });
        }
        let answer = serde_json::from_slice(&read(response).await?)
            .map_err(|error| Failed::ForGood(format!("its answer is not what was agreed: {error}")))?;
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
            Answer::NotNow { reason } => Outcome::NotNow(NotNow { reason }),
        };
        Ok(PerformResponse { outcome: Some(outcome) })
    }
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
async fn read(mut response: Response) -> Result<Vec<u8>, Failed> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Failed::NotNow(why(error)))? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Failed::ForGood(format!("its answer is longer than {ANSWER_BYTES_MAX} bytes")));
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
