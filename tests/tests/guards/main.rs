//! What must not be possible: every RPC, called by everybody, with anything.
//!
//! The RPCs are found by reflection and their messages by descriptors, so that a new one is covered by itself.

mod access;
mod apart;
mod callers;
mod client_contact;
mod fill;
mod raw;
mod rpcs;
