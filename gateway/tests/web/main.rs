//! The gateway on a real port, in front of real services behind their real layers.

mod connect;
mod desk;
mod events;
mod fields;
mod guards;
mod openapi;
mod rest;
mod stage;
