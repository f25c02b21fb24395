//! The whole suite in one process, called as anybody could call it.

mod deadlines;
mod record;
mod relay;
