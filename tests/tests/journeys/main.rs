//! The whole suite in one process, called as anybody could call it.

mod record;
mod relay;
