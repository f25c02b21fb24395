//! The whole suite in one process, called as anybody could call it.

mod clarifications;
mod deadlines;
mod record;
mod relay;
mod technical;
mod visits;
