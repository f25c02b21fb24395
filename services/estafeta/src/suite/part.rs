//! One line at work: its database, its service, and what it does by itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use attachments::Vault;
use backends::{Backends, Encoder};
use handover::{Backoff, Desk, Fuse, Peers, Plans, Setup};
use rpc::{Channel, Keys, Peer, Refusal, Running, Service, ServiceName, Stack};
use store::Store;
use telemetry::Telemetry;
use ticket::{Clock, Line};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{ServiceExt, service_fn, util::BoxCloneSyncService};
use tracing::warn;

use crate::failure::Failure;
use crate::settings::Database;
use crate::suite::figures;

/// What it takes to start a line, and to start it again.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) line: Line,
    pub(crate) database: Database,
    pub(crate) plans: Plans,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) peers: Peers,
    /// The vendors' systems; for the bridge.
    pub(crate) partners: BTreeMap<String, Peer>,
    /// The company's internal services; for line 0.
    pub(crate) backends: Backends,
    /// The company's sentence encoder; for line 1.
    pub(crate) encoder: Option<Encoder>,
    pub(crate) backoff: Backoff,
    pub(crate) keys: Keys,
    /// The directory of the files of tickets; for line 1.
    pub(crate) attachments: PathBuf,
    /// Whether it delivers and wakes by itself.
    pub(crate) background: bool,
    pub(crate) telemetry: Option<Telemetry>,
}

/// A line at work. Dropping it is a crash: whatever it does ends where it is.
pub(crate) struct Part {
    pub(crate) desk: Desk,
    service: Service,
    running: Option<Running>,
    inside: TaskTracker,
    cut: CancellationToken,
    stop: CancellationToken,
    background: Vec<JoinHandle<()>>,
}

/// How often the directory of attachments is swept of what nobody finished.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

async fn sweep(vault: Vault, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = vault.sweep(clock.now()).await {
            warn!(error = &error as &dyn std::error::Error, "the directory of attachments cannot be swept");
        }
    }
}

/// The ways to other lines, as `line` takes them.
///
/// # Errors
/// When the key of `line` was not opened.
pub(crate) fn peers(
    line: Line,
    ways: &BTreeMap<Line, Channel>,
    keys: &Keys,
    clock: &Arc<dyn Clock>,
) -> Result<Peers, Failure> {
    let this = ServiceName::Line(line);
    let signer = keys.signer(this.key())?;
    let others = ways.iter().filter(|(other, _)| **other != line);
    let peer = |(other, way): (&Line, &Channel)| {
        (*other, Peer::new(other.name(), way.clone(), signer.clone(), this, clock.clone()))
    };
    Ok(others.map(peer).collect())
}

impl Recipe {
    /// Opens the database and starts the line, on `listener` too if there is one.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub(crate) async fn start(&self, fuse: Fuse, listener: Option<TcpListener>) -> Result<Part, Failure> {
        let line = self.line;
        let store = Store::open(self.database.url()).await.map_err(|error| Failure::Store { line, error })?;
        let setup = Setup {
            store,
            plans: self.plans.clone(),
            clock: self.clock.clone(),
            peers: self.peers.clone(),
            backoff: self.backoff.clone(),
            fuse: fuse.clone(),
        };
        let stack = Stack {
            service: ServiceName::Line(line),
            verifier: self.keys.verifier(),
            clock: self.clock.clone(),
            limits: rpc::Limits::default(),
        };
        let vault = Vault::new(self.attachments.clone());
        let (desk, service) = self.line_of(setup, stack, vault.clone());
        if let Err(error) = desk.keep_plans().await {
            // The line works without them; the past is then asked of the plan of now.
            warn!(%line, error = &error as &dyn std::error::Error, "the plans before this one cannot be read or kept");
        }
        for plan in self.plans.all() {
            // The plan may have changed while the line was down.
            if let Err(error) = desk.rules().plan_came(&desk, plan.organization()).await {
                warn!(%line, error = &error as &dyn std::error::Error, "what follows from the plan is not done");
            }
        }
        let running = match listener {
            Some(listener) => Some(rpc::serve(listener, service.clone(), self.telemetry.clone()).await),
            None => None,
        };
        let (cut, stop) = (CancellationToken::new(), CancellationToken::new());
        let mut background = Vec::new();
        if self.background {
            background.push(tokio::spawn(desk.clone().run(stop.clone())));
            background.push(tokio::spawn(figures::record(desk.clone(), stop.clone())));
            if line == Line::ServiceDesk {
                background.push(tokio::spawn(sweep(vault, self.clock.clone(), stop.clone())));
            }
        }
        // What is stopped by its fuse is dead to others, too.
        let dead = cut.clone();
        background.push(tokio::spawn(async move {
            tokio::select! {
                () = fuse.wait() => dead.cancel(),
                () = dead.cancelled() => {}
            }
        }));
        Ok(Part { desk, service, running, inside: TaskTracker::new(), cut, stop, background })
    }

    fn line_of(&self, setup: Setup, stack: Stack, vault: Vault) -> (Desk, Service) {
        match self.line {
            Line::SelfService => {
                let desk = line0_self_service::desk(setup, self.backends.clone());
                let service = line0_self_service::service(&desk, stack);
                (desk, service)
            }
            Line::ServiceDesk => {
                let desk = line1_service_desk::desk(setup, self.encoder.clone());
                let service = line1_service_desk::service(&desk, stack, vault);
                (desk, service)
            }
            Line::Technical => {
                let desk = line2_technical::desk(setup);
                let service = line2_technical::service(&desk, stack);
                (desk, service)
            }
            Line::Expert => {
                let desk = line3_expert::desk(setup);
                let service = line3_expert::service(&desk, stack);
                (desk, service)
            }
            Line::Vendor => {
                let desk = line4_vendor_bridge::desk(setup, self.partners.clone().into_iter().collect());
                let service = line4_vendor_bridge::service(&desk, stack);
                (desk, service)
            }
        }
    }
}

impl Part {
    /// Where it listens, if it does.
    pub(crate) fn addr(&self) -> Option<SocketAddr> {
        self.running.as_ref().map(Running::addr)
    }

    /// The way in, in process: for as long as the part is up, and counted, so that it can be waited for.
    pub(crate) fn channel(&self) -> Channel {
        let (service, inside, cut) = (self.service.channel(), self.inside.clone(), self.cut.clone());
        let name = self.desk.line();
        BoxCloneSyncService::new(service_fn(move |request| {
            let (service, counted, cut) = (service.clone(), inside.token(), cut.clone());
            async move {
                let _counted = counted;
                tokio::select! {
                    biased;
                    answer = service.oneshot(request) => answer,
                    () = cut.cancelled() => {
                        let gone = Refusal::PeerUnavailable { peer: name.to_string(), why: "it has stopped".to_owned() };
                        Ok(rpc::into_status(&gone).into_http())
                    }
                }
            }
        }))
    }

    /// Says when it cannot do anything any more: it was dropped, stopped, or its fuse has blown.
    pub(crate) fn cut(&self) -> CancellationToken {
        self.cut.clone()
    }

    /// Stops: nothing new is taken, calls may finish for `patience`, what is claimed from the outbox is delivered or
    /// given back, the database is closed.
    pub(crate) async fn stop(mut self, patience: Duration) {
        match self.running.take() {
            Some(running) => running.stop(patience).await,
            None => {
                self.inside.close();
                // Whoever is still inside then is cut below.
                let _ = tokio::time::timeout(patience, self.inside.wait()).await;
            }
        }
        self.stop.cancel();
        self.cut.cancel();
        for task in std::mem::take(&mut self.background) {
            let abort = task.abort_handle();
            if tokio::time::timeout(patience, task).await.is_err() {
                tracing::warn!(line = %self.desk.line(), "a delivery was still running; its lease will run out");
                abort.abort();
            }
        }
        if let Err(error) = self.desk.store().clone().close().await {
            tracing::warn!(line = %self.desk.line(), error = &error as &dyn std::error::Error, "the database did not close well");
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.cut.cancel();
        self.stop.cancel();
        for task in &self.background {
            task.abort();
        }
    }
}
