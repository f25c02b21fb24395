//! How a layer is written here: an async function around what is inside of it, answering whatever happens.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture, stream};
use http_body::{Body as _, Frame};
use http_body_util::StreamBody;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service, ServiceExt};

use crate::problem::{Problem, into_status};

pub(crate) type Request = http::Request<Body>;
pub(crate) type Response = http::Response<Body>;

/// The name of the header or trailer that holds the code of an answer.
pub(crate) const GRPC_STATUS: &str = "grpc-status";

/// What is inside of a layer.
pub(crate) trait Inner:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<S> Inner for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
}

/// What one layer does to a call. Clones are cheap and share their state.
pub(crate) trait Step: Clone + Send + Sync + 'static {
    fn run<S: Inner>(self, request: Request, inner: S) -> impl Future<Output = Response> + Send;
}

/// A [`Step`] as tower knows layers.
#[derive(Clone)]
pub(crate) struct Around<T>(pub(crate) T);

impl<T: Clone, S> Layer<S> for Around<T> {
    type Service = Stage<T, S>;

    fn layer(&self, inner: S) -> Stage<T, S> {
        Stage { step: self.0.clone(), inner }
    }
}

/// A [`Step`] with what is inside of it.
#[derive(Clone)]
pub(crate) struct Stage<T, S> {
    step: T,
    inner: S,
}

impl<T: Step, S: Inner> Service<Request> for Stage<T, S> {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(())) // what is inside is made ready for each call
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.step.clone().run(request, self.inner.clone()).map(Ok).boxed()
    }
}

/// The answer of what is inside.
pub(crate) async fn answer<S: Inner>(inner: S, request: Request) -> Response {
    match inner.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The answer that refuses a call.
pub(crate) fn refuse(problem: &dyn Problem) -> Response {
    into_status(problem).into_http()
}

/// The end of an answer that went wrong after it had begun.
pub(crate) fn tail(problem: &dyn Problem) -> Frame<Bytes> {
    trailers(&into_status(problem))
}

pub(crate) fn trailers(status: &Status) -> Frame<Bytes> {
    let mut trailers = http::HeaderMap::new();
    // Fails only for messages that are no header; these are percent-encoded.
    let _ = status.add_header(&mut trailers);
    Frame::trailers(trailers)
}

/// The code that headers or trailers hold, if they end an answer.
pub(crate) fn code(headers: &http::HeaderMap) -> Option<Code> {
    Some(Code::from_bytes(headers.get(GRPC_STATUS)?.as_bytes()))
}

/// What polling a body gives.
pub(crate) type Polled = Poll<Option<Result<Frame<Bytes>, Status>>>;

/// The response with a body that `poll` makes of the present one. An answer that has ended already stays as it is.
pub(crate) fn rebody(
    response: Response,
    mut poll: impl FnMut(Pin<&mut Body>, &mut Context<'_>) -> Polled + Send + 'static,
) -> Response {
    if response.body().is_end_stream() {
        return response;
    }
    response.map(|mut body| Body::new(StreamBody::new(stream::poll_fn(move |cx| poll(Pin::new(&mut body), cx)))))
}
