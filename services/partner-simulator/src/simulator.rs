//! The partner's system as a whole: what a test or the demonstration holds in its hands.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto::partner::{Acknowledgement, OpenCaseRequest, partner_desk_service_server::PartnerDeskServiceServer};
use telemetry::carry::{self, TraceContext};
use tokio::{sync::watch, task::JoinSet};
use tonic::{Request, Status};

use crate::{
    Conduct, FromBridge, Received, Sent,
    call::Bridge,
    play::{Over, Play},
    refusal::Refusal,
    state::{Heard, State},
};

type Backoff = dyn Fn(u32) -> Option<Duration> + Send + Sync;
type Chooses = dyn Fn(&OpenCaseRequest) -> Conduct + Send + Sync;

/// The pauses of the default [`Habits`]: doubled from the first to the longest, about a minute in all.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LONGEST: Duration = Duration::from_secs(2);
const REPEATS_MAX: u32 = 36;

/// What is the same in all cases of a partner.
#[derive(Clone)]
pub struct Habits {
    /// The number in the first case's id, `CASE-1001` by default; the next ones count on. A bridge that remembers an
    /// earlier run needs numbers that were not used then.
    pub first_case: u32,
    /// Given how often a message has failed in a row (from 1), how long to wait before it is repeated; `None` gives the
    /// case up. By default about a minute in all.
    pub backoff: Arc<Backoff>,
}

impl Default for Habits {
    fn default() -> Self {
        let backoff = |failed: u32| {
            let pause = PAUSE_FIRST.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)));
            (failed <= REPEATS_MAX).then_some(pause.min(PAUSE_LONGEST))
        };
        Self { first_case: 1001, backoff: Arc::new(backoff) }
    }
}

/// A vendor's system. Clones are cheap and are the same system.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    vendor: String,
    bridge: Bridge,
    habits: Habits,
    conduct: Box<Chooses>,
    state: watch::Sender<State>,
    /// One for each case; `None` once stopped.
    plays: Mutex<Option<JoinSet<()>>>,
}

impl Simulator {
    /// The system of `vendor`, which calls `bridge` (with the partner's token in it) and behaves in each case as
    /// `conduct` says of it. It needs a Tokio runtime from the first call on.
    pub fn new(
        vendor: &str,
        bridge: rpc::Channel,
        conduct: impl Fn(&OpenCaseRequest) -> Conduct + Send + Sync + 'static,
    ) -> Self {
        Self::with_habits(vendor, bridge, conduct, Habits::default())
    }

    /// The same with habits of its own.
    pub fn with_habits(
        vendor: &str,
        bridge: rpc::Channel,
        conduct: impl Fn(&OpenCaseRequest) -> Conduct + Send + Sync + 'static,
        habits: Habits,
    ) -> Self {
        Self(Arc::new(Inner {
            vendor: vendor.to_owned(),
            bridge: Bridge::new(bridge),
            state: watch::Sender::new(State::new(habits.first_case)),
            habits,
            conduct: Box::new(conduct),
            plays: Mutex::new(Some(JoinSet::new())),
        }))
    }

    /// The service that the bridge calls, tuned as the suite's own. Who is calling is for the server around it to check.
    pub fn server(&self) -> PartnerDeskServiceServer<Self> {
        rpc::tuned!(PartnerDeskServiceServer::new(self.clone()), &rpc::Limits::default())
    }

    /// Everything that the bridge has sent, in the order of arrival: what crossed the boundary.
    pub fn received(&self) -> Vec<Received> {
        self.0.state.borrow().received.clone()
    }

    /// Every message sent, in the order of their answers, and the last answer to each: a failure stands here only if
    /// the message was given up or refused.
    pub fn answers(&self) -> Vec<(Sent, Result<Acknowledgement, Status>)> {
        self.0.state.borrow().answers.clone()
    }

    /// Waits until nothing more is to be said about `bond`: the conduct is acted out, or given up because the bridge
    /// could not be reached, or the bridge closed the case while the partner was waiting. A case that has not come yet
    /// is waited for, and one that [`stop`](Self::stop) cut off never settles: bound it by a timeout.
    pub async fn settled(&self, bond: &str) {
        self.until(|state| state.cases.get(bond).is_some_and(|case| case.settled)).await;
    }

    /// Lets a case that [stalls](Conduct::Stalls) go on; the nudge may come before the case or before it stalls.
    pub fn nudge(&self, bond: &str) {
        self.0.state.send_modify(|state| _ = state.nudged.insert(bond.to_owned()));
    }

    /// Ends all work in the middle of whatever it is and returns when it has ended. From then on the bridge's calls are
    /// refused as `UNAVAILABLE`; what was [received](Self::received) and [answered](Self::answers) can still be read
    /// from clones.
    pub async fn stop(self) {
        let plays = self.plays().take();
        if let Some(mut plays) = plays {
            plays.shutdown().await;
        }
    }

    /// Takes a call of the bridge in, begins the case if this opens it, and returns the case's id.
    pub(crate) fn hear(&self, request: Request<FromBridge>) -> Result<String, Refusal> {
        let (metadata, _, message) = request.into_parts();
        let headers = metadata.clone().into_headers();
        let trace = carry::received(&headers);

        let mut plays = self.plays();
        let Some(plays) = plays.as_mut() else { return Err(Refusal::Stopped) };
        while plays.try_join_next().is_some() {}
        let bond_id = message.envelope().map(|envelope| envelope.bond_id.clone()).unwrap_or_default();
        let mut heard = Err(Refusal::NoEnvelope);
        self.0.state.send_modify(|state| {
            let mut headers = metadata;
            headers.remove("authorization");
            state.received.push(Received { headers, message: message.clone() });
            heard = state.hear(message, trace);
        });
        let Heard { partner_case_id, opened } = heard?;
        if let Some((open, trace)) = opened {
            let conduct = (self.0.conduct)(&open);
            let mut play = Play::new(self.clone(), bond_id.clone(), partner_case_id.clone(), open, &trace);
            let simulator = self.clone();
            plays.spawn(async move {
                if let Err(over) = play.act(conduct).await {
                    tracing::info!(bond = bond_id, ?over, "a partner's case ends early");
                }
                simulator.settle(&bond_id);
            });
        }
        Ok(partner_case_id)
    }

    pub(crate) fn vendor(&self) -> &str {
        &self.0.vendor
    }

    pub(crate) fn bridge(&self) -> &Bridge {
        &self.0.bridge
    }

    pub(crate) fn backoff(&self) -> &Backoff {
        &*self.0.habits.backoff
    }

    /// Notes what the bridge answered.
    pub(crate) fn note(&self, sent: Sent, answer: Result<Acknowledgement, Status>) {
        self.0.state.send_modify(|state| state.answers.push((sent, answer)));
    }

    /// How many answers of the bridge have come about `bond`.
    pub(crate) fn heard(&self, bond: &str) -> usize {
        self.0.state.borrow().cases.get(bond).map_or(0, |case| case.heard.len())
    }

    /// The first answer about `bond` after the `before` first ones, with its trace.
    pub(crate) async fn answered(&self, bond: &str, before: usize) -> Result<(String, TraceContext), Over> {
        self.until(|state| state.cases.get(bond).is_some_and(|case| case.closed || case.heard.len() > before)).await;
        let state = self.0.state.borrow();
        state.cases.get(bond).and_then(|case| case.heard.get(before).cloned()).ok_or(Over::Closed)
    }

    /// Waits for the nudge about `bond`.
    pub(crate) async fn nudged(&self, bond: &str) -> Result<(), Over> {
        self.until(|state| state.nudged.contains(bond) || state.cases.get(bond).is_some_and(|case| case.closed)).await;
        if self.0.state.borrow().nudged.contains(bond) { Ok(()) } else { Err(Over::Closed) }
    }

    fn settle(&self, bond: &str) {
        self.0.state.send_modify(|state| {
            if let Some(case) = state.cases.get_mut(bond) {
                case.settled = true;
            }
        });
    }

    async fn until(&self, reached: impl Fn(&State) -> bool) {
        let mut changes = self.0.state.subscribe();
        let reached = changes.wait_for(|state| reached(state)).await.map(drop);
        reached.expect("the sender lives in `self`");
    }

    fn plays(&self) -> MutexGuard<'_, Option<JoinSet<()>>> {
        self.0.plays.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
