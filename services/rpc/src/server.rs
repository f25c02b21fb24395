//! One service: its RPCs behind the layers that every service has.

use std::{convert::Infallible, sync::Arc};

use futures::FutureExt;
use telemetry::measure;
use ticket::Clock;
use tonic::{body::Body, server::NamedService, service::Routes};
use tonic_health::server::HealthReporter;
use tower::{ServiceBuilder as Layers, util::BoxCloneSyncService};

use crate::{
    Channel,
    admission::{Allow, Identify},
    deadline::Incoming,
    details::Explain,
    gate::Gate,
    identity::ServiceName,
    layer::Around,
    panic::CatchPanic,
    token::Verifier,
    trace::{Measure, TraceIncoming},
};

/// What the layers need; one per service.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Which service this is; an agent may call only that of the agent's own line.
    pub service: ServiceName,
    /// Whose tokens are believed.
    pub verifier: Verifier,
    /// Against which tokens expire.
    pub clock: Arc<dyn Clock>,
    /// How much is taken on.
    pub limits: Limits,
}

/// How much a service takes on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls that run at once, streams apart; one more is refused with `OVERLOADED`.
    pub concurrent: usize,
    /// Streams that are open at once; one more is refused with `OVERLOADED`.
    pub streams: usize,
    /// The longest message taken, in bytes after decompression; applied by [`tuned!`](crate::tuned).
    pub message_bytes: usize,
}

impl Default for Limits {
    /// 1,024 calls, 4,096 streams, messages of 4 MiB.
    fn default() -> Self {
        Self { concurrent: 1024, streams: 4096, message_bytes: 4 * 1024 * 1024 }
    }
}

/// Sets a generated server or client up as the suite does: gzip both ways, and messages of at most
/// [`Limits::message_bytes`]. They have no trait in common, so this is a macro over methods that each of them has.
///
/// ```ignore
/// rpc::Service::builder(stack).add(rpc::tuned!(KnowledgeServiceServer::new(desk), &limits)).build()
/// ```
#[macro_export]
macro_rules! tuned {
    ($generated:expr, $limits:expr) => {
        $generated
            .accept_compressed(::tonic::codec::CompressionEncoding::Gzip)
            .send_compressed(::tonic::codec::CompressionEncoding::Gzip)
            .max_decoding_message_size($limits.message_bytes)
    };
}

/// A service with its layers; the same in process and over the network. Clones are the same service.
#[derive(Clone)]
pub struct Service {
    name: ServiceName,
    pub(crate) channel: Channel,
    pub(crate) gate: Gate,
    pub(crate) limits: Limits,
    health: HealthReporter,
    rpcs: Arc<[&'static str]>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("name", &self.name).field("rpcs", &self.rpcs).finish_non_exhaustive()
    }
}

/// A [`Service`] that is being put together.
#[derive(Debug)]
pub struct ServiceBuilder {
    stack: Stack,
    routes: Routes,
    rpcs: Vec<&'static str>,
}

impl ServiceBuilder {
    /// Adds a generated server, set up by [`tuned!`](crate::tuned).
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "it adds to a list; nobody writes builder + server")]
    pub fn add<S>(mut self, server: S) -> Self
    where
        S: tower::Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(server);
        self.rpcs.push(S::NAME);
        self
    }

    /// Adds health (everything serves) and reflection (of what was added), and puts the layers around.
    ///
    /// Metrics are recorded only when telemetry was started before.
    pub fn build(self) -> Service {
        let Self { stack: Stack { service, verifier, clock, limits }, routes, rpcs } = self;
        let (health, health_server) = tonic_health::server::health_reporter();
        let mut v1 = tonic_reflection::server::Builder::configure();
        let mut v1alpha = tonic_reflection::server::Builder::configure();
        for name in &rpcs {
            v1 = v1.with_service_name(*name);
            v1alpha = v1alpha.with_service_name(*name);
        }
        for file in [proto::DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET] {
            v1 = v1.register_encoded_file_descriptor_set(file);
            v1alpha = v1alpha.register_encoded_file_descriptor_set(file);
        }
        let descriptors = "the descriptors were made when this program was built";
        let routes = routes
            .add_service(health_server)
            .add_service(v1.build_v1().expect(descriptors))
            .add_service(v1alpha.build_v1alpha().expect(descriptors))
            .prepare();

        let gate = Gate::new(&limits);
        // In the order in which a request meets them.
        let layered = Layers::new()
            // First, so that whatever happens to the call is seen in its trace, with the ids in every log line.
            .layer(Around(TraceIncoming { service }))
            // Then, so that refusals count and time spent in the layers below is part of the figure.
            .layer(Around(Measure { meters: measure::meters() }))
            // Around everything that answers, so that no status leaves without a reason.
            .layer(Around(Explain))
            // Inside of those three, so that a panic is traced, counted and explained like any other fault of ours.
            .layer(Around(CatchPanic))
            // Before anything that costs: refusing must stay cheap when we are drowning.
            .layer(Around(gate.clone()))
            // Before identity: the caller's patience runs from the moment we take the call on.
            .layer(Around(Incoming))
            // Who calls; everything inside may ask.
            .layer(Around(Identify { verifier, clock }))
            // Last: whether the caller may, by the rule beside the RPC.
            .layer(Around(Allow { serving: service.line() }))
            .service(routes);
        let channel = BoxCloneSyncService::new(layered);

        let service = Service { name: service, channel, gate, limits, health, rpcs: rpcs.into() };
        service.report(true).now_or_never().expect("nobody else holds the lock of a reporter just made");
        service
    }
}

impl Service {
    /// Starts to put a service together.
    pub fn builder(stack: Stack) -> ServiceBuilder {
        ServiceBuilder { stack, routes: Routes::default(), rpcs: Vec::new() }
    }

    /// Which service it is.
    pub fn name(&self) -> ServiceName {
        self.name
    }

    /// The way to it in process, through the very same layers. Wrap it in a [`Peer`](crate::Peer) or
    /// [`as_caller`](crate::as_caller), as one from [`dial`](crate::dial).
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Tells the health service whether this one serves.
    pub(crate) async fn report(&self, serves: bool) {
        use tonic_health::ServingStatus::{NotServing, Serving};
        for name in self.rpcs.iter().copied().chain([""]) {
            self.health.set_service_status(name, if serves { Serving } else { NotServing }).await;
        }
    }
}
