//! Which RPCs there are: those of the contracts, and those that a line says it serves.

use std::sync::LazyLock;

use futures::StreamExt;
use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};
use proto::access::Access;
use tests::Stage;
use ticket::Line;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(proto::DESCRIPTORS).expect("the descriptors are those of this build"));

/// One RPC of the contracts.
#[derive(Debug, Clone)]
pub(crate) struct Rpc {
    /// `/package.Service/Method`.
    pub(crate) path: String,
    pub(crate) method: MethodDescriptor,
    pub(crate) rule: Access,
}

impl Rpc {
    fn new(method: MethodDescriptor) -> Self {
        let option = POOL.get_extension_by_name("estafeta.access.v1.access").expect("the option is in the contracts");
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let rule = match method.options().get_extension(&option).as_ref() {
            prost_reflect::Value::Message(rule) => rule.transcode_to().expect("the rule is an Access"),
            other => panic!("the rule of {path} is {other:?}"),
        };
        Self { path, method, rule }
    }

    /// What it takes.
    pub(crate) fn input(&self) -> MessageDescriptor {
        self.method.input()
    }

    /// Whether what it takes has a field of this name.
    pub(crate) fn takes(&self, field: &str) -> bool {
        self.input().get_field_by_name(field).is_some()
    }
}

/// Every RPC of the contracts.
pub(crate) fn contracts() -> Vec<Rpc> {
    POOL.services().flat_map(|service| service.methods().collect::<Vec<_>>()).map(Rpc::new).collect()
}

/// The RPCs that `line` says it serves, by reflection: anyone may ask.
pub(crate) async fn served(stage: &Stage, line: Line) -> Vec<Rpc> {
    let mut reflection = ServerReflectionClient::new(stage.suite.channel(line));
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let asked = tokio_stream::iter([request]);
    let mut answers = reflection.server_reflection_info(asked).await.expect("reflection is open").into_inner();
    let answer = answers.next().await.expect("reflection answers").expect("it knows its services");
    let ServerReflectionResponse { message_response: Some(MessageResponse::ListServicesResponse(list)), .. } = answer
    else {
        panic!("reflection answered something else: {answer:?}");
    };
    let ours = list.service.into_iter().filter(|service| !service.name.starts_with("grpc."));
    let methods = ours.flat_map(|service| {
        let found = POOL.services().find(|known| known.full_name() == service.name);
        found
            .unwrap_or_else(|| panic!("{line} serves {}, which no contract has", service.name))
            .methods()
            .collect::<Vec<_>>()
    });
    methods.map(Rpc::new).collect()
}

/// Every RPC of every line, with the line.
pub(crate) async fn everywhere(stage: &Stage) -> Vec<(Line, Rpc)> {
    let mut all = Vec::new();
    for line in Line::ALL {
        let served = served(stage, line).await;
        assert!(!served.is_empty(), "{line} serves nothing");
        all.extend(served.into_iter().map(|rpc| (line, rpc)));
    }
    all
}
