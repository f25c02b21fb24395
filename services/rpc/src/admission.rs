//! The two layers that let a caller in: who it is, then whether it may.

use std::sync::Arc;

use ticket::{Clock, Line};

use crate::{
    access::{self, AccessTable},
    identity::Caller,
    layer::{Inner, Request, Response, Step, answer, refuse},
    refusal::Refusal,
    token::{TokenError, Verifier},
};

/// Finds out who is calling and tells everything inside.
#[derive(Clone)]
pub(crate) struct Identify {
    pub(crate) verifier: Verifier,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Step for Identify {
    async fn run<S: Inner>(self, mut request: Request, inner: S) -> Response {
        if access::is_open(request.uri().path()) {
            return answer(inner, request).await;
        }
        let known = bearer(&request).and_then(|token| self.verifier.verify(token, self.clock.now()));
        match known {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                answer(inner, request).await
            }
            Err(error) => refuse(&Refusal::Unauthenticated(error)),
        }
    }
}

fn bearer(request: &Request) -> Result<&str, TokenError> {
    let value = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match value.and_then(|value| value.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        Some(_) | None => Err(TokenError::Missing),
    }
}

/// Applies the rule that stands beside the RPC.
#[derive(Clone)]
pub(crate) struct Allow {
    pub(crate) serving: Option<Line>,
}

impl Step for Allow {
    async fn run<S: Inner>(self, request: Request, inner: S) -> Response {
        let path = request.uri().path();
        if !access::is_open(path) {
            let known = request.extensions().get::<Caller>();
            let allowed = known
                .ok_or(Refusal::Unauthenticated(TokenError::Missing))
                .and_then(|caller| AccessTable::contracts().check(path, self.serving, caller));
            if let Err(refusal) = allowed {
                return refuse(&refusal);
            }
        }
        answer(inner, request).await
    }
}
