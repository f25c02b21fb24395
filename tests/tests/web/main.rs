//! The whole suite as the web sees it: REST, events, Connect and gRPC-Web.

mod away;
mod browser;
mod events;
mod protocols;
mod work;
