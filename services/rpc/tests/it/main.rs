//! A real service of the contracts, behind the real layers, in process and over sockets.

mod deadlines;
mod errors;
mod identity;
mod keys;
mod load;
mod port;
mod scene;
mod traces;
