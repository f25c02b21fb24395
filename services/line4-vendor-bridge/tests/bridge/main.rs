//! The bridge on real storage, between a line 1 and a line 3 that note what they are told, and a partner's system.

mod boundary;
mod cases;
mod custody;
mod order;
mod others;
mod outbox;
mod world;
