//! The deadline arithmetic against worked examples, a slow and obvious reference, and the known mistakes of others.

mod agreements;
mod by_hand;
mod examples;
mod holds;
mod hours;
mod logs;
mod properties;
mod reference;
mod world;
