//! A line at work: its rules, its database, its plans and the way to the others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use jiff::SignedDuration;
use plan::Plan;
use rpc::Peer;
use rpc::identity::Caller;
use store::{RequestKey, Store, Version, Work};
use telemetry::carry::{self, TraceContext};
use ticket::{Actor, Clock, Line, OrganizationId, Ticket, TicketId};
use tokio::sync::{Notify, OnceCell, broadcast};
use tracing::{Instrument, Span, info_span};

use crate::backoff::Backoff;
use crate::caller::actor;
use crate::change::{Change, unchanged};
use crate::force_majeure::HEARD;
use crate::fuse::Fuse;
use crate::order::Order;
use crate::plans::Plans;
use crate::refused::Refused;
use crate::rules::Rules;

/// So many timers may ring before whoever measures looks at the first of them.
const RUNG_MAX: usize = 4096;

/// The way to the other lines.
pub type Peers = BTreeMap<Line, Peer>;

/// What a line needs beside its rules.
#[derive(Debug)]
pub struct Setup {
    /// Its database.
    pub store: Store,
    /// The plans in force.
    pub plans: Plans,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The way to the other lines.
    pub peers: Peers,
    /// How long to wait before a message is tried again.
    pub backoff: Backoff,
    /// Where a test stops it.
    pub fuse: Fuse,
}

/// A line at work. Clones share it.
#[derive(Clone)]
pub struct Desk(pub(crate) Arc<Inside>);

pub(crate) struct Inside {
    pub(crate) rules: Arc<dyn Rules>,
    pub(crate) store: Store,
    pub(crate) plans: Plans,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) peers: Peers,
    pub(crate) backoff: Backoff,
    pub(crate) fuse: Fuse,
    /// Something may be due: look at the outbox and the wake-ups again.
    pub(crate) nudge: Notify,
    /// How late each timer rang.
    pub(crate) rung: broadcast::Sender<SignedDuration>,
}

impl Desk {
    /// A line with these rules, set up so.
    #[must_use]
    pub fn new(rules: Arc<dyn Rules>, setup: Setup) -> Self {
        let Setup { store, plans, clock, peers, backoff, fuse } = setup;
        let (nudge, rung) = (Notify::new(), broadcast::Sender::new(RUNG_MAX));
        Self(Arc::new(Inside { rules, store, plans, clock, peers, backoff, fuse, nudge, rung }))
    }

    /// Which line this is.
    #[must_use]
    pub fn line(&self) -> Line {
        self.0.rules.line()
    }

    /// What only it does.
    #[must_use]
    pub fn rules(&self) -> &Arc<dyn Rules> {
        &self.0.rules
    }

    /// Its database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.0.clock.as_ref()
    }

    /// The plan of `organization`.
    ///
    /// # Errors
    /// [`Refused::OrganizationUnknown`].
    pub fn plan(&self, organization: &OrganizationId) -> Result<Arc<Plan>, Refused> {
        self.0.plans.of(organization)
    }

    /// The way to another line.
    ///
    /// # Errors
    /// [`Refused::PeerUnavailable`] when none was given.
    pub fn peer(&self, line: Line) -> Result<&Peer, Refused> {
        self.0.peers.get(&line).ok_or(Refused::PeerUnavailable(line))
    }

    /// A ticket of the caller's organization, as this line has it.
    ///
    /// # Errors
    /// [`Refused::TicketNotFound`].
    pub async fn find(&self, organization: &OrganizationId, id: TicketId) -> Result<(Ticket, Version), Refused> {
        // Reads open no span of their own; that of the call is the one to be searched by.
        Span::current().record("ticket", tracing::field::display(id));
        let found = self.0.store.ticket(organization, id).await?;
        found.ok_or_else(|| Refused::TicketNotFound(id.to_string()))
    }

    /// The id of the ticket that `order` makes here.
    #[must_use]
    pub fn new_ticket(&self, order: &Order) -> TicketId {
        let Order { caller, request_id, .. } = order;
        let now = self.0.clock.now();
        TicketId::of_request(&caller.organization, self.line(), &caller_name(caller), request_id, now)
    }

    /// Does what `order` asks on a ticket, once: a repeat returns what the first try returned.
    ///
    /// `job` runs in one transaction with its answer; what it returns is what the caller and every repeat gets.
    ///
    /// # Errors
    /// [`Refused::RequestIdReused`] when the request id came with another content; else what the job refuses.
    pub async fn change<R>(
        &self,
        order: &Order,
        ticket: TicketId,
        action: &'static str,
        job: impl for<'c, 'w> FnOnce(&'c Change<'w>) -> BoxFuture<'c, Result<R, Refused>> + Send + 'static,
    ) -> Result<R, Refused>
    where
        R: prost::Message + Default + 'static,
    {
        let span = self.journey_span(&order.caller.organization, ticket, action).await?;
        let expected = (order.expected > 0).then_some((ticket, order.expected));
        self.once_expecting(order, expected, job).instrument(span).await
    }

    /// As [`Desk::change`], for what makes a ticket: nothing of it is known yet.
    ///
    /// # Errors
    /// As [`Desk::change`].
    pub async fn once<R>(
        &self,
        order: &Order,
        job: impl for<'c, 'w> FnOnce(&'c Change<'w>) -> BoxFuture<'c, Result<R, Refused>> + Send + 'static,
    ) -> Result<R, Refused>
    where
        R: prost::Message + Default + 'static,
    {
        self.once_expecting(order, None, job).await
    }

    /// Refuses, unless the order is a repeat: that gets its first answer, or is told that it has another content.
    ///
    /// # Errors
    /// `why`, but for a repeat.
    pub async fn refuse<R>(&self, order: &Order, why: Refused) -> Result<R, Refused>
    where
        R: prost::Message + Default + 'static,
    {
        self.once(order, move |_| Box::pin(async move { Err(why) })).await
    }

    async fn once_expecting<R>(
        &self,
        order: &Order,
        expected: Option<(TicketId, u64)>,
        job: impl for<'c, 'w> FnOnce(&'c Change<'w>) -> BoxFuture<'c, Result<R, Refused>> + Send + 'static,
    ) -> Result<R, Refused>
    where
        R: prost::Message + Default + 'static,
    {
        let Order { caller, method, request_id, fingerprint, expected: _ } = order.clone();
        let key = RequestKey {
            organization: caller.organization.clone(),
            caller: caller_name(&caller),
            method: method.to_owned(),
            request_id: request_id.clone(),
        };
        let rules = Arc::clone(self.rules());
        self.work(&caller.organization, actor(&caller, self.line()), move |change| {
            Box::pin(async move {
                let along = [&[HEARD], rules.read_along()].concat();
                if let Some(known) = change.work.request(&key, &along).await? {
                    if known.fingerprint != fingerprint {
                        return Err(Refused::RequestIdReused(request_id));
                    }
                    return R::decode(known.answer.as_slice()).map_err(|_| damaged(&key));
                }
                if let Some((ticket, seen)) = expected {
                    unchanged(change, ticket, seen).await?;
                }
                let answer = job(change).await?;
                change.work.remember_request(&key, &fingerprint, answer.encode_to_vec(), change.now).await?;
                Ok(answer)
            })
        })
        .await
    }

    /// Runs `job` in one transaction for `organization`, in the name of `actor`. Repeats are the job's to know; a
    /// caller's order goes by [`Desk::change`].
    ///
    /// # Errors
    /// What the job refuses, or what the database says.
    pub async fn work<R: Send + 'static>(
        &self,
        organization: &OrganizationId,
        actor: Actor,
        job: impl for<'c, 'w> FnOnce(&'c Change<'w>) -> BoxFuture<'c, Result<R, Refused>> + Send + 'static,
    ) -> Result<R, Refused> {
        let plan = self.plan(organization)?;
        let (line, now, trace) = (self.line(), self.0.clock.now(), TraceContext::current());
        let done = self
            .0
            .store
            .write(move |work: &Work| {
                Box::pin(async move {
                    let change = Change {
                        work,
                        plan,
                        line,
                        now,
                        actor,
                        trace,
                        entries: Mutex::default(),
                        board: OnceCell::new(),
                        places: Mutex::default(),
                    };
                    let done = job(&change).await?;
                    change.write_log().await?;
                    Ok(done)
                })
            })
            .await;
        if matches!(done, Err(Refused::Halted)) {
            // A stopped process answers nobody.
            std::future::pending::<()>().await;
        }
        if done.is_ok() {
            self.0.nudge.notify_waiters();
        }
        done
    }

    /// A span in the ticket's own trace. Work that came in another trace links to that.
    ///
    /// # Errors
    /// What the database says.
    pub async fn journey_span(
        &self,
        organization: &OrganizationId,
        id: TicketId,
        action: &'static str,
    ) -> Result<Span, Refused> {
        let known = self.0.store.ticket(organization, id).await?;
        Ok(self.span(id, action, known.as_ref().map_or("", |(ticket, _)| &ticket.facts.trace)))
    }

    /// As [`Desk::journey_span`], where the ticket's traceparent is at hand.
    #[must_use]
    pub fn span(&self, id: TicketId, action: &'static str, traceparent: &str) -> Span {
        Span::current().record("ticket", tracing::field::display(id));
        let span = info_span!("ticket", otel.name = format!("ticket {action}"), ticket = %id, line = %self.line());
        let (here, home) = (TraceContext::current(), trace_context(traceparent));
        if home.trace_id().is_some() && home.trace_id() != here.trace_id() {
            carry::adopt(&span, &home);
            carry::link(&span, &here);
        }
        span
    }

    /// Makes the courier and the wake-ups look at once, such as after a test moved the clock.
    pub fn nudge(&self) {
        self.0.nudge.notify_waiters();
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("line", &self.line()).finish_non_exhaustive()
    }
}

/// The trace context that a ticket or a message carries.
pub(crate) fn trace_context(traceparent: &str) -> TraceContext {
    TraceContext { traceparent: traceparent.to_owned(), tracestate: String::new() }
}

/// Repeats are known per caller, so that one caller cannot see another's answers by guessing ids.
fn caller_name(caller: &Caller) -> String {
    format!("{}:{}", caller.role.name(), caller.subject)
}

fn damaged(key: &RequestKey) -> Refused {
    Refused::Store(store::StoreError::Corrupt {
        what: format!("the answer to request {}", key.request_id),
        why: "it does not decode as what the method returns".to_owned(),
    })
}
