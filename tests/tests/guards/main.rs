//! What must not be possible: every RPC, called by everybody, with anything.
//!
//! The RPCs are found by reflection and their messages by descriptors, so that a new one is covered by itself.

mod access;
mod any_message;
mod apart;
mod bad_input;
mod callers;
mod client_contact;
mod fill;
mod peers;
mod raw;
mod repeated;
mod rpcs;
mod storage;
