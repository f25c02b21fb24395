//! What survives when process parts die, peers fall silent, and people and deliveries come in any order.

mod calls;
mod chance;
mod command;
mod crashes;
mod homecoming;
mod letters;
mod peers;
mod ringing;
mod scripted;
mod world;
