//! Calls of any RPC with any bytes.

use std::time::Duration;

use prost::bytes::{Buf, BufMut};
use rpc::Channel;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status};

/// How long the first message of a stream may take: one that follows a ticket waits for what happens next.
const FIRST_MESSAGE: Duration = Duration::from_millis(300);

/// Messages as they are.
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}

/// Calls `path` with `message`: its answer, or the first message of a stream; empty when a stream stays silent.
pub(crate) async fn call(channel: Channel, path: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let mut grpc = tonic::client::Grpc::new(channel).max_decoding_message_size(usize::MAX);
    grpc.ready().await.expect("a channel is always ready");
    let path = path.parse().expect("the path of an RPC is one of HTTP");
    let mut answers = grpc.server_streaming(Request::new(message), path, Bytes).await?.into_inner();
    match tokio::time::timeout(FIRST_MESSAGE, answers.message()).await {
        Ok(answer) => answer.map(Option::unwrap_or_default),
        Err(_) => Ok(Vec::new()),
    }
}
