//! What the log of a line says, added up: by hour, zone, category, product, channel and language; and when it is otherwise
//! than usual, and by what.
//!
//! **Invariant:** no I/O, and time is an argument. Whatever is counted here is a sum of whole numbers, so that the order in
//! which pages are merged does not matter, and a mean is made when it is read.
//!
//! A [`Card`] knows as what one ticket was counted, and takes one event after another; what follows is added to a [`Sheet`].
//!
//! **By which date, in which cell.** Each thing counts at the hour in which it happened: a reopening when the ticket was opened
//! again, not when it had come; only [`Count::StaysClosed`] and [`Count::AskedAgain`] count at the hour of the answer, since they
//! say what that answer was worth. All that is known of a ticket counts in the cell of what it is taken for by the present facts: when its
//! category is corrected, everything that was counted of it moves there. The last mood counts at the client's last message.
//!
//! [`watch`] compares an hour, a quarter of a day, a day and a week with the same hours of the weeks before; [`cause`] says who carries
//! the difference; [`simulation`] makes up weeks to measure both by.

pub mod card;
pub mod cause;
mod cell;
mod count;
mod figure;
mod page;
mod period;
pub mod simulation;
pub mod watch;

pub use card::{Card, Seen};
pub use cell::{Cell, NAMES_MAX, Names, OTHERS, Side};
pub use count::{Count, Counts};
pub use figure::{Figure, Measure};
pub use page::{Page, Sheet};
pub use period::{Period, begin_of_hour, hour_of};
pub use watch::Alarm;
