//! What differs between the lines.

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use plan::Plan;
use proto::scenario::PerformResponse;
use store::{Outgoing, Timer};
use ticket::custody::Passage;
use ticket::event::{Brought, Decline};
use ticket::{
    ClarificationId, Epoch, Evidence, Facts, Line, OrganizationId, Resolution, Ticket, Wake, WakeReason, WrongState,
};
use tonic::Status;

use crate::arrangement::Arranged;
use crate::carrying::Undelivered;
use crate::change::Change;
use crate::desk::Desk;
use crate::parcel::PartnerParcel;
use crate::receiving::Arrival;
use crate::refused::Refused;
use crate::sound::Sound;
use crate::waking::wake_again;

/// What another line said, without custody moving.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// A line wants to know something from the client. Only line 1 hears this.
    Question {
        /// Which question.
        clarification: ClarificationId,
        /// Who asks.
        by: Line,
        /// The epoch at which the asking line held the ticket.
        epoch: Epoch,
        /// What.
        question: String,
        /// When the asking line stops waiting; none when it does not.
        due: Option<Timestamp>,
    },
    /// The client's answer to this line's question.
    Answer {
        /// Which question.
        clarification: ClarificationId,
        /// What.
        answer: String,
        /// How it sounds; none when the sender does not listen.
        sound: Option<Sound>,
    },
    /// How it goes. Only line 1 hears this.
    Progress {
        /// Who.
        by: Line,
        /// What; empty when only custody moved.
        text: String,
        /// The epoch at which the sender took over, when that is the news.
        took_over: Option<Epoch>,
    },
    /// The client wrote something.
    ClientMessage {
        /// What.
        text: String,
        /// How it sounds; none when the sender does not listen.
        sound: Option<Sound>,
    },
    /// What solved it.
    Resolution {
        /// How.
        resolution: Resolution,
    },
    /// Something about an arrangement with the client.
    Arranged(Arranged),
}

/// What is done to one of many tickets and touches what only its line keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnDeed {
    /// Tags come and go.
    Tag {
        /// Those it gets.
        add: BTreeSet<String>,
        /// Those it loses.
        remove: BTreeSet<String>,
    },
    /// A resolved one is closed without the client's word.
    Close,
}

impl OwnDeed {
    /// Its words in messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Tag { .. } => "tag",
            Self::Close => "close",
        }
    }
}

/// What a vendor's side answered to a message that was delivered to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The vendor's id of the case, if it has one.
    pub partner_case_id: String,
}

/// What a line found out about a ticket before it takes it over; only the line knows what it is.
pub type Foresight = Option<Box<dyn Any + Send>>;

/// A line's own part in the protocol. Everything here but [`Rules::foresee`], [`Rules::carry`], [`Rules::perform`],
/// [`Rules::plan_came`] and [`Rules::follow`] runs inside a transaction.
#[async_trait]
pub trait Rules: Any + Send + Sync {
    /// Which line this is.
    fn line(&self) -> Line;

    /// The documents, by kind and id, at which most changes of this line look: they are read with a change's first statement.
    fn read_along(&self) -> &[(&str, &str)] {
        &[]
    }

    /// What the line has against a handover whose evidence is complete; none when it takes it.
    fn object(&self, plan: &Plan, brought: &Brought) -> Option<Decline> {
        let _ = (plan, brought);
        None
    }

    /// A ticket was offered, and may be taken over next: whatever computes or asks others is done here, so that no transaction
    /// waits for it. It may have come before.
    async fn foresee(&self, desk: &Desk, facts: &Facts, arrival: &Arrival) -> Foresight {
        let _ = (desk, facts, arrival);
        None
    }

    /// The line has just taken the ticket over; `foresight` is what [`Rules::foresee`] found out.
    async fn took_over(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        arrival: &Arrival,
        foresight: Foresight,
    ) -> Result<(), Refused> {
        let _ = (change, ticket, arrival, foresight);
        Ok(())
    }

    /// A person of this line solved a ticket that stays here for the client's confirmation. Only line 1 hears this.
    async fn solved(&self, change: &Change<'_>, ticket: &Ticket, resolution: &Resolution) -> Result<(), Refused> {
        let _ = (change, ticket, resolution);
        Ok(())
    }

    /// A person of this line is about to hand the ticket up with this evidence; what the caller left out and the line has
    /// on record may be put in.
    async fn complete(&self, change: &Change<'_>, ticket: &Ticket, evidence: Evidence) -> Result<Evidence, Refused> {
        let _ = (change, ticket);
        Ok(evidence)
    }

    /// A person of this line is about to offer the ticket to another line; what the line has against it.
    async fn leaving(&self, change: &Change<'_>, ticket: &Ticket, passage: Passage) -> Result<(), Refused> {
        let _ = (change, ticket, passage);
        Ok(())
    }

    /// Another line has taken over a ticket that was held here; the copy is read-only from now on.
    async fn left(&self, change: &Change<'_>, ticket: &Ticket) -> Result<(), Refused> {
        let _ = (change, ticket);
        Ok(())
    }

    /// A person of this line does this to one of many tickets, within a change that will put it. What is refused must have
    /// written nothing.
    async fn deed(&self, change: &Change<'_>, ticket: &mut Ticket, deed: &OwnDeed) -> Result<(), Refused> {
        let _ = change;
        let problem = WrongState::Refused { action: deed.name(), state: "at another line than the service desk" };
        Err(Refused::State { ticket: ticket.facts.id, problem })
    }

    /// Another line said something about a ticket of which this line has a record, held or not.
    async fn told(&self, change: &Change<'_>, ticket: &mut Ticket, told: &Told) -> Result<(), Refused> {
        let _ = (change, ticket, told);
        Ok(())
    }

    /// A deadline of a ticket held here has passed. Returns the next wake-up; none only when the ticket is closed or
    /// was offered to another line.
    async fn woke(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        reason: WakeReason,
    ) -> Result<Option<Wake>, Refused> {
        wake_again(change, ticket, reason).await
    }

    /// The ticket was put into a queue of this line; a person may be chosen for it. Runs within a change that will put it.
    async fn queued(&self, change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
        let _ = (change, ticket);
        Ok(())
    }

    /// A timer that this line set has come due, and is gone; what comes next is set anew. Runs again from the start when
    /// the process dies in it.
    async fn rang(&self, change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
        let _ = (change, timer);
        Ok(())
    }

    /// A plan is in force: of each organization when the line starts, and whenever one has changed. May be called more than once
    /// for the same plan, on every replica.
    async fn plan_came(&self, desk: &Desk, organization: &OrganizationId) -> Result<(), Refused> {
        let _ = (desk, organization);
        Ok(())
    }

    /// Reads on in the line's own log, outside of a transaction, and does what follows; how many events there were. Called again
    /// and again on every replica, which agree among themselves who does it.
    async fn follow(&self, desk: &Desk, plan: &Arc<Plan>) -> Result<usize, Refused> {
        let _ = (desk, plan);
        Ok(0)
    }

    /// Delivers a message to a vendor's side. Only the bridge has such messages.
    async fn carry(&self, desk: &Desk, parcel: PartnerParcel, message: &Outgoing) -> Result<Carried, Status> {
        let _ = (desk, parcel, message);
        Err(rpc::into_status(&rpc::Refusal::Unreadable {
            what: "a message to a partner, outside the bridge".to_owned(),
        }))
    }

    /// Lets an internal service do what a message asks of it, for the `attempts`th time and outside of a transaction; what it
    /// answered is recorded by [`Rules::performed`]. Only line 0 has such messages.
    ///
    /// An error means: again later.
    async fn perform(&self, desk: &Desk, message: &Outgoing, attempts: u32) -> Result<PerformResponse, Undelivered> {
        let _ = (desk, message, attempts);
        let what = "a message to an internal service, outside self-service".to_owned();
        Err(rpc::into_status(&rpc::Refusal::Unreadable { what }).into())
    }

    /// An internal service has answered, or will not be asked again.
    async fn performed(&self, change: &Change<'_>, message: &Outgoing, answer: PerformResponse) -> Result<(), Refused> {
        let _ = (change, message, answer);
        Ok(())
    }

    /// A message was delivered to a vendor's side.
    async fn carried(&self, change: &Change<'_>, message: &Outgoing, carried: &Carried) -> Result<(), Refused> {
        let _ = (change, message, carried);
        Ok(())
    }
}
