//! The binary and the suite, from outside.

mod articles;
mod commands;
mod demonstration;
mod desk_work;
mod force_majeure;
mod learning;
mod processes;
mod reload;
mod ringing;
mod scene;
mod suites;
mod tls;
mod trends;
