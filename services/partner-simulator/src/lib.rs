//! A vendor's system as the demonstration and the tests see it: it obeys, stalls, duplicates, reorders and lies.
//!
//! A [`Simulator`] serves `PartnerDeskService` and answers the bridge over `PartnerBridgeService`, in the way that the
//! [`Conduct`] of the case says. Whatever it does on purpose it does in a fixed order: ids come from counters, the order
//! of [`Conduct::Reorders`] from a seed, and one case has one message on its way at a time.
//!
//! As a listener it is strict and honest under every conduct: it acts on the bridge's messages in their order, answers
//! a repeat as it did first, and refuses what breaks the contract, so that a faulty bridge shows.
//!
//! **Invariant:** this crate knows nothing of the bridge but the contract, keeps everything in memory, and reads no
//! clock: how long it waits before it repeats a message is an argument.

mod call;
mod conduct;
mod desk;
mod letters;
mod message;
mod play;
mod refusal;
mod simulator;
mod state;

pub use conduct::{Conduct, Lie};
pub use message::{FromBridge, Received, Says, Sent};
pub use simulator::{Habits, Simulator};
