//! The server every service runs: ordered tower layers, errors, deadlines, identity; and the way to call another.
//!
//! A service hands its generated servers to [`server::Service::builder`], then to [`serve`](serve::serve). Whoever
//! calls it takes a [`Channel`]: [`client::dial`] over the network or [`server::Service::channel`] in process, given
//! an identity by [`client::Peer`] or [`client::as_caller`]. Handlers ask [`caller`] who calls, [`deadline::remaining`]
//! how long there is, and turn every error into a status with [`into_status`].
//!
//! **Invariant:** this crate knows no line, no store and no plan; it decides who may call what only by the rules that
//! stand in the protos.

pub mod about;
pub mod access;
pub mod client;
pub mod deadline;
pub mod identity;
pub mod keys;
pub mod late;
pub mod problem;
pub mod refusal;
pub mod serve;
pub mod server;
pub mod token;

mod admission;
mod code;
mod details;
mod gate;
mod layer;
mod panic;
mod trace;

pub use about::about;
pub use client::{Peer, as_caller, dial};
pub use code::code_name;
pub use identity::{Caller, Role, ServiceName, caller};
pub use keys::{KeyError, KeyName, Keys};
pub use late::Late;
pub use problem::{Problem, into_status, is_definite, metadata_of, reason_of, retry_after_of, violations_of};
pub use refusal::Refusal;
pub use serve::{Running, serve};
pub use server::{Limits, Service, Stack};
pub use token::{Signer, Verifier};

/// A way to one service, over the network or in process: both go through the very same layers.
///
/// A generated client takes it as it is (`LineClient::new(channel)`). It answers every call: what fails on the way is a
/// response with a status. (With a boxed error here the compiler could not see that the future of a call is `Send`.)
pub type Channel = tower::util::BoxCloneSyncService<
    http::Request<tonic::body::Body>,
    http::Response<tonic::body::Body>,
    std::convert::Infallible,
>;
