//! What a ticket is and what may happen to it.
//!
//! **Invariant:** this crate does no I/O and knows neither tonic nor sea-orm. Every function is total over its
//! arguments; time comes in through [`clock::Clock`] or as a value.
//!
//! Start at [`Ticket`]: its methods are the whole state machine of custody. [`line::Line`] says who the lines are,
//! [`topology::Topology`] who hands to whom, [`evidence`] what each hop demands, [`invariants`] what must always hold.

pub mod clock;
pub mod custody;
mod epoch;
pub mod event;
pub mod evidence;
pub mod facts;
pub mod field;
pub mod ids;
pub mod invariants;
pub mod journey;
pub mod line;
pub mod link;
pub mod priority;
pub mod raise;
pub mod resolution;
pub mod swarm;
pub mod topology;
pub mod transition;

pub use clock::{Clock, ManualClock, SystemClock};
pub use custody::{Assignment, Baton, Custody, HoldReason, Hop, Passage, Returns, State, Ticket, Wake, WakeReason};
pub use epoch::Epoch;
pub use event::{Actor, Event, EventBody, QueueEvent, ReleaseReason};
pub use evidence::Evidence;
pub use facts::{Channel, Contact, Facts, Kind, Language};
pub use ids::{
    AttachmentId, BondId, ClarificationId, ForceMajeureId, HandoverId, MajorIncidentId, MessageId, OrganizationId,
    ProblemId, RequestId, RunbookId, RunbookTestId, TicketId, TrendAlertId, VisitId,
};
pub use line::Line;
pub use link::LinkKind;
pub use priority::{Impact, Mood, Priority, Urgency};
pub use raise::{Raise, RaiseCause};
pub use resolution::{Resolution, ReturnReason};
pub use swarm::Collaborator;
pub use topology::Topology;
pub use transition::WrongState;
