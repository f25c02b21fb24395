//! The bridge on real storage, between a line 1 and a line 3 that note what they are told, and a partner's system.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod boundary;
mod cases;
mod custody;
mod order;
mod others;
mod outbox;
mod world;
