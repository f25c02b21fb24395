//! The lines behind the gateway, called with bytes: no code per method.

use std::{collections::BTreeMap, time::Duration};

use bytes::{Buf, BufMut, Bytes};
use futures::{Stream, StreamExt, future::BoxFuture, stream};
use http::{HeaderMap, HeaderName, header};
use rpc::{Channel, Refusal};
use telemetry::carry;
use ticket::Line;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tonic::{
    Status,
    client::Grpc,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataMap,
};

use crate::{methods::Method, problem::Problem};

/// The longest answer taken from a line, in bytes: a page of 200 tickets with the longest of texts, and some.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What of a request goes along to the line, as it came. The trace follows by itself.
const PASSED_ON: [HeaderName; 3] =
    [header::AUTHORIZATION, HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

/// The ways to the lines. A line without one is not there as far as the web can tell.
#[derive(Clone, Default)]
pub struct Upstreams(BTreeMap<Line, Channel>);

impl std::fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Upstreams {
    /// No line at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces the way to `line`: a bare one ([`rpc::dial`], [`rpc::Service::channel`]), since the gateway
    /// passes the caller's own token on.
    #[must_use]
    pub fn with(mut self, line: Line, channel: Channel) -> Self {
        self.0.insert(line, channel);
        self
    }

    /// Whether there is a way to `line`.
    pub(crate) fn has(&self, line: Line) -> bool {
        self.0.contains_key(&line)
    }

    /// A call of `method` at `line`, with what `headers` say beside the message.
    pub(crate) fn call<'a>(&self, method: &'a Method, line: Line, headers: &HeaderMap) -> Result<Call<'a>, Problem> {
        let channel = self.0.get(&line).ok_or_else(|| Problem::nowhere(&method.path))?;
        let mut along = HeaderMap::new();
        for name in PASSED_ON {
            if let Some(value) = headers.get(&name) {
                along.insert(name, value.clone());
            }
        }
        carry::inject(&mut along);
        Ok(Call { method, line, channel: channel.clone(), headers: along })
    }
}

/// One call on its way to a line.
pub(crate) struct Call<'a> {
    method: &'a Method,
    line: Line,
    channel: Channel,
    headers: HeaderMap,
}

/// Messages as a stream; its first refusal is its end.
pub(crate) type Messages = futures::stream::BoxStream<'static, Result<Bytes, Problem>>;

impl Call<'_> {
    fn request(&self, message: Bytes, until: Option<Instant>) -> tonic::Request<Bytes> {
        let mut request = tonic::Request::new(message);
        *request.metadata_mut() = MetadataMap::from_headers(self.headers.clone());
        if let Some(until) = until {
            request.set_timeout(until.saturating_duration_since(Instant::now()));
        }
        request
    }

    async fn ready(&self) -> Grpc<Channel> {
        let mut grpc = Grpc::new(self.channel.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(ANSWER_BYTES_MAX);
        match grpc.ready().await {
            Ok(()) => grpc,
            Err(never) => match never {},
        }
    }

    /// The path as tonic wants it.
    fn path(&self) -> Result<http::uri::PathAndQuery, Problem> {
        self.method.path.parse().map_err(|_| Problem::internal(format!("{} is no path", self.method.path)))
    }

    /// Calls a method with one answer, and waits for it until `until`.
    pub(crate) async fn unary(self, message: Bytes, until: Instant) -> Result<Bytes, Problem> {
        let answer = timeout_at(until, async {
            let request = self.request(message, Some(until));
            let mut grpc = self.ready().await;
            grpc.unary(request, self.path()?, Raw).await.map_err(|status| Problem::from_line(self.line, status))
        });
        Ok(answer.await.map_err(|_| Problem::from(Refusal::OutOfTime))??.into_inner())
    }

    /// Calls a method with a stream of answers. The stream has to begin within `opening`; it lasts until `until`, if
    /// there is such, and ends with a refusal when `drain` says that the gateway is going down.
    pub(crate) async fn streaming(
        self,
        message: Bytes,
        opening: Duration,
        until: Option<Instant>,
        drain: CancellationToken,
    ) -> Result<Messages, Problem> {
        let line = self.line;
        let begins = Instant::now() + opening;
        let answer = timeout_at(until.map_or(begins, |until| until.min(begins)), async {
            let request = self.request(message, until);
            let mut grpc = self.ready().await;
            grpc.server_streaming(request, self.path()?, Raw).await.map_err(|status| Problem::from_line(line, status))
        });
        let messages = answer.await.map_err(|_| Problem::from(Refusal::OutOfTime))??.into_inner();
        let messages = messages.map(move |message| message.map_err(|status| Problem::from_line(line, status)));
        Ok(until_the_end(messages, drain, until).boxed())
    }
}

/// `messages` until the first refusal; a gateway that goes down, and a deadline, are such.
fn until_the_end(
    messages: impl Stream<Item = Result<Bytes, Problem>> + Send + 'static,
    drain: CancellationToken,
    until: Option<Instant>,
) -> impl Stream<Item = Result<Bytes, Problem>> + Send + 'static {
    let drained: BoxFuture<'static, Problem> = Box::pin(async move {
        drain.cancelled_owned().await;
        Refusal::GoingDown.into()
    });
    let late: BoxFuture<'static, Problem> = match until {
        Some(until) => Box::pin(async move {
            tokio::time::sleep_until(until).await;
            Refusal::OutOfTime.into()
        }),
        None => Box::pin(std::future::pending()),
    };
    let ends = futures::future::select(drained, late);
    stream::unfold(Some((messages.boxed(), ends)), |open| async move {
        let (mut messages, mut ends) = open?;
        let next = tokio::select! {
            biased;
            // What is there goes out first.
            next = messages.next() => next?,
            end = &mut ends => Err(end.factor_first().0),
        };
        let open = next.is_ok().then_some((messages, ends));
        Some((next, open))
    })
}

/// Passes messages as they are.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
