//! What the store promises, on SQLite always and on PostgreSQL where `ESTAFETA_TEST_POSTGRES` names a server.

mod fixture;
mod following;
mod keeping;
mod opening;
mod remembering;
mod sending;
mod timers;
mod writing;
