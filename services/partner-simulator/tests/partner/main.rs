//! The partner's system between a bridge that notes every call and the bridge's own calls, in one process.

mod bridge;
mod conducts;
mod desk;
