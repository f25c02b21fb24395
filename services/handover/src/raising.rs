//! What raises a ticket's priority above the plan's matrix, within a change of the line that holds it.

use ticket::event::PriorityEvent;
use ticket::{EventBody, Raise, RaiseCause, Ticket, WakeReason};

use crate::change::Change;
use crate::refused::Refused;

impl Change<'_> {
    /// Lets a cause raise `ticket`, and says so in its log; its clocks follow. Nothing happens when the same cause has
    /// already raised it so. The ticket is not written.
    ///
    /// # Errors
    /// What the database says.
    pub async fn raise(&self, ticket: &mut Ticket, raise: Raise) -> Result<bool, Refused> {
        if !ticket.facts.raise(raise.clone()) {
            return Ok(false);
        }
        self.reckon(ticket);
        let (category, priority) = (ticket.facts.category.clone().unwrap_or_default(), ticket.facts.priority);
        let plan = self.plan.version().to_string();
        let event = PriorityEvent::Raised { raise, category, priority, plan };
        self.log_by_itself(ticket, EventBody::Priority(event)).await?;
        Ok(true)
    }

    /// Takes a cause away, and says so in the ticket's log. Nothing happens when it was not there. The ticket is not
    /// written.
    ///
    /// # Errors
    /// What the database says.
    pub async fn lower(&self, ticket: &mut Ticket, cause: &RaiseCause) -> Result<bool, Refused> {
        if !ticket.facts.lower(cause) {
            return Ok(false);
        }
        self.reckon(ticket);
        let (category, priority) = (ticket.facts.category.clone().unwrap_or_default(), ticket.facts.priority);
        let plan = self.plan.version().to_string();
        let event = PriorityEvent::Lowered { cause: cause.clone(), category, priority, plan };
        self.log_by_itself(ticket, EventBody::Priority(event)).await?;
        Ok(true)
    }

    fn reckon(&self, ticket: &mut Ticket) {
        let (impact, urgency) = (ticket.facts.impact, ticket.facts.urgency);
        ticket.facts.reckon(self.plan.priority(impact, urgency));
        // It may be looked at sooner than it would have been, never later.
        let sooner = self.queue_wake(ticket);
        if let Some(wake) = &mut ticket.wake
            && wake.reason == WakeReason::QueueDeadline
        {
            wake.at = wake.at.min(sooner.at);
        }
        ticket.changed_at = self.now;
    }
}
