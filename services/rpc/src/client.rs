//! Calling another service: over the network or in process, with an identity, a trace and a deadline.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderValue, Uri, header::AUTHORIZATION};
use http_body::Body as _;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use ticket::{Clock, OrganizationId};
use tonic::transport::{ClientTlsConfig, Endpoint};
use tower::{ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};

use crate::{
    Channel,
    deadline::Outgoing,
    identity::{Caller, Role, ServiceName},
    layer::{Around, Inner, Request, Response, Step, answer, rebody, refuse, tail},
    refusal::Refusal,
    token::Signer,
    trace::TraceOutgoing,
};

/// How long a connection may take to stand.
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);

/// How often a connection is asked whether it is still there; without that, one that was cut stays dead.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(20);

/// How long it may take to say yes.
const KEEP_ALIVE_PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of headers taken with an answer; details of errors travel there.
const HEADER_BYTES_MAX: u32 = 64 * 1024;

/// How long a service's token for one organization is good.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// A token that is good for less than this is not used any more.
const TOKEN_REST: SignedDuration = SignedDuration::from_mins(1);

/// The most tokens kept; beyond that all are minted anew.
const TOKENS_MAX: usize = 1024;

/// Why an address cannot be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{uri}` is not a service's address ({reason}); write one such as http://127.0.0.1:7101")]
pub struct DialError {
    /// What was given.
    pub uri: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A way to the service at `uri` (`http://host:port`, or `https` with the system's roots), connected when first called, and again when it was cut.
/// Must be called inside of a Tokio runtime. What fails on the way is answered as `PEER_UNAVAILABLE`.
///
/// # Errors
/// When `uri` is no such address.
pub fn dial(uri: &str) -> Result<Channel, DialError> {
    let wrong = |reason: String| DialError { uri: uri.to_owned(), reason };
    let parsed: Uri = uri.parse().map_err(|error: http::uri::InvalidUri| wrong(error.to_string()))?;
    let is_secure = match parsed.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        Some(_) | None => return Err(wrong("its scheme is neither http nor https".to_owned())),
    };
    let peer = parsed.authority().map(ToString::to_string).ok_or_else(|| wrong("it names no host".to_owned()))?;
    let mut endpoint = Endpoint::from(parsed);
    if is_secure {
        let tls = ClientTlsConfig::new().with_native_roots();
        endpoint = endpoint.tls_config(tls).map_err(|error| wrong(error.to_string()))?;
    }
    let channel = endpoint
        .connect_timeout(CONNECT_PATIENCE)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE_EVERY)
        .keep_alive_timeout(KEEP_ALIVE_PATIENCE)
        .keep_alive_while_idle(true)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .connect_lazy();
    Ok(boxed(answering(channel, peer.into())))
}

/// `channel` for somebody who has a token already, such as a command or a test; with trace and deadline as well.
pub fn as_caller(channel: Channel, token: SecretString) -> Channel {
    let bearer = Fixed(Arc::from(bearer(&token)));
    outgoing("the service".into(), bearer, channel)
}

/// Another service, as one service of the suite calls it. Clones share their tokens.
#[derive(Clone)]
pub struct Peer(Arc<Inside>);

struct Inside {
    name: Arc<str>,
    channel: Channel,
    signer: Signer,
    as_service: ServiceName,
    clock: Arc<dyn Clock>,
    tokens: Mutex<HashMap<OrganizationId, (HeaderValue, Timestamp)>>,
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Peer").field(&self.0.name).finish()
    }
}

impl Peer {
    /// The service `name` (as errors and traces call it) behind `channel`, called by `as_service` with tokens that
    /// `signer` mints; its key has to be that service's own.
    pub fn new(
        name: impl Into<String>,
        channel: Channel,
        signer: Signer,
        as_service: ServiceName,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let name = name.into().into();
        Self(Arc::new(Inside { name, channel, signer, as_service, clock, tokens: Mutex::default() }))
    }

    /// The name given.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The way to it on behalf of `organization`: each call carries a token for it, the trace, and what is left of
    /// the deadline. May be kept; tokens are renewed.
    pub fn of(&self, organization: &OrganizationId) -> Channel {
        let bearer = Minted { peer: self.0.clone(), organization: organization.clone() };
        outgoing(self.0.name.clone(), bearer, self.0.channel.clone())
    }
}

impl Inside {
    fn bearer(&self, organization: &OrganizationId) -> Result<HeaderValue, Refusal> {
        let now = self.clock.now();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let last = now.saturating_add(TOKEN_LIFETIME).unwrap_or(Timestamp::MAX);
        if let Some((token, until)) = tokens.get(organization)
            && now.saturating_add(TOKEN_REST).is_ok_and(|then| then < *until)
            // Else it is of a time that has not come, and nobody would believe it: the clock was set back.
            && *until <= last
        {
            return Ok(token.clone());
        }
        if tokens.len() >= TOKENS_MAX {
            tokens.clear();
        }
        let caller = Caller {
            subject: self.as_service.name().to_owned(),
            organization: organization.clone(),
            role: Role::Service { name: self.as_service },
        };
        let token = bearer(&self.signer.token(&caller, now, TOKEN_LIFETIME))?;
        tokens.insert(organization.clone(), (token.clone(), last));
        Ok(token)
    }
}

/// The header that shows `token`; it does not print.
fn bearer(token: &SecretString) -> Result<HeaderValue, Refusal> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
        .map_err(|_| Refusal::Unauthenticated(crate::token::TokenError::Malformed))?;
    value.set_sensitive(true);
    Ok(value)
}

/// `channel` with the layers of a caller, in the order in which a request meets them.
fn outgoing<B: Step>(peer: Arc<str>, bearer: B, channel: Channel) -> Channel {
    let layered = ServiceBuilder::new()
        // First, so that a call that is not even sent is seen.
        .layer(Around(TraceOutgoing { peer: peer.clone() }))
        // Before the token: its making takes from the patience, too.
        .layer(Around(Outgoing))
        .layer(Around(bearer))
        .service(answering(channel, peer));
    boxed(layered)
}

fn boxed(service: impl Inner) -> Channel {
    BoxCloneSyncService::new(service)
}

/// `channel`, answering for `peer` when that fails or goes away in the middle of its answer.
fn answering<S>(channel: S, peer: Arc<str>) -> impl Inner
where
    S: tower::Service<Request, Response = Response, Future: Send> + Clone + Send + Sync + 'static,
    S::Error: Into<tower::BoxError>,
{
    service_fn(move |request: Request| {
        let (channel, peer) = (channel.clone(), peer.clone());
        async move {
            let away = move |error: &(dyn std::error::Error + 'static)| match deepest(error) {
                // The transport reads our grpc-timeout, too, and may be the first to notice.
                cause if cause.is::<tonic::TimeoutExpired>() => Refusal::OutOfTime,
                cause => Refusal::PeerUnavailable { peer: peer.to_string(), why: cause.to_string() },
            };
            Ok::<_, Infallible>(match channel.oneshot(request).await {
                Err(error) => refuse(&away(&*error.into())),
                Ok(response) => rebody(response, move |body, cx| {
                    body.poll_frame(cx).map(|polled| polled.map(|frame| frame.or_else(|error| Ok(tail(&away(&error))))))
                }),
            })
        }
    })
}

/// The first cause: transports wrap what happened in `transport error`.
fn deepest<'a>(mut error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    while let Some(cause) = error.source() {
        error = cause;
    }
    error
}

/// Shows one token with each call.
#[derive(Clone)]
struct Fixed(Arc<Result<HeaderValue, Refusal>>);

impl Step for Fixed {
    async fn run<S: Inner>(self, request: Request, inner: S) -> Response {
        shown((*self.0).clone(), request, inner).await
    }
}

/// Shows a token of our own for one organization with each call.
#[derive(Clone)]
struct Minted {
    peer: Arc<Inside>,
    organization: OrganizationId,
}

impl Step for Minted {
    async fn run<S: Inner>(self, request: Request, inner: S) -> Response {
        shown(self.peer.bearer(&self.organization), request, inner).await
    }
}

async fn shown<S: Inner>(bearer: Result<HeaderValue, Refusal>, mut request: Request, inner: S) -> Response {
    match bearer {
        Ok(bearer) => {
            request.headers_mut().insert(AUTHORIZATION, bearer);
            answer(inner, request).await
        }
        Err(refusal) => refuse(&refusal),
    }
}
