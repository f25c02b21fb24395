//! The server every service runs.

/// A way to one service, over the network or in process: both go through the very same layers.
pub type Channel = tower::util::BoxCloneSyncService<
    http::Request<tonic::body::Body>,
    http::Response<tonic::body::Body>,
    tower::BoxError,
>;
